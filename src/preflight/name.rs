//! Whether a name stands on a page: whole, with initials in its middle, or cut.

/// Whether one of the texts is the name as it may have been set.
pub fn is_among(name: &str, texts: &[String]) -> bool {
    let mut words = name.split(' ');
    let first = words.next().unwrap_or_default();
    let last = words.next_back().unwrap_or(first);
    texts.iter().any(|text| match text.strip_suffix('…') {
        Some(cut) => alike(first, cut.split(' ').next().unwrap_or_default(), |word, shown| word.starts_with(shown)),
        None => {
            let mut shown = text.split(' ');
            let begins = shown.next().unwrap_or_default();
            alike(first, begins, |a, b| a == b) && alike(last, shown.next_back().unwrap_or(begins), |a, b| a == b)
        }
    })
}

/// Letters of other alphabets may be drawn like ours, and be taken for these: a word with one can be anything.
fn alike(word: &str, shown: &str, same: fn(&str, &str) -> bool) -> bool {
    let plain = |c: char| c.is_ascii_alphabetic() || ('À'..='ÿ').contains(&c);
    !word.chars().all(plain) || !shown.is_empty() && same(word, shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_as_it_is_set_and_no_other_is() {
        let name = "Íris Guimarães de Araújo";
        let shown = |text: &str| is_among(name, &["2026".to_owned(), text.to_owned()]);
        assert!([name, "Íris G. Araújo", "Íris Guimar…", "Ír…"].into_iter().all(shown));
        assert!(
            !["João Guimarães de Araújo", "Íris", "Íris Guimarães de Sá", "Iris Araújo", "J…", "…"]
                .into_iter()
                .any(shown)
        );
        assert!(
            is_among("Ана Pavlova", &["Aнa Pavlova".to_owned()]) && !is_among("Ана Pavlova", &["Ana Sá".to_owned()])
        );
        assert!(is_among("Íris", &["Íris".to_owned()]) && !is_among("Íris", &[]));
    }
}
