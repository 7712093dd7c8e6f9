//! Field labels of the OMRChecker format: `roll1..9` stands for `roll1`, `roll2`, … `roll9`.

/// More than any sheet has; it bounds what a range can ask for.
const LONGEST_RANGE: u32 = 1000;

/// One entry of `fieldLabels` or of a custom label, written out.
pub fn expand(text: &str) -> Result<Vec<String>, String> {
    let Some(dots) = text.find("..") else { return Ok(vec![text.to_owned()]) };
    let (head, tail) = (&text[..dots], text[dots..].trim_start_matches('.'));
    let prefix = head.trim_end_matches(|c: char| c.is_ascii_digit());
    let bounds = (head[prefix.len()..].parse::<u32>(), tail.parse::<u32>());
    // A sentence may hold dots of its own; only a digit on either side makes a range.
    if head.len() == prefix.len() && !tail.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(vec![text.to_owned()]);
    }
    let (Ok(first), Ok(last)) = bounds else {
        return Err(format!("“{text}” is not a range; one like q1..10 is expected"));
    };
    if prefix.is_empty() || last <= first || last - first >= LONGEST_RANGE {
        return Err(format!(
            "“{text}” is not a range; a name, then a first number below the last (at most {LONGEST_RANGE} of them), \
             like q1..10, is expected"
        ));
    }
    Ok((first..=last).map(|n| format!("{prefix}{n}")).collect())
}

/// The name and the number of a label like `q12`; no name for a label without a number.
pub fn numbered(label: &str) -> (Option<&str>, u64) {
    let name = label.trim_end_matches(|c: char| c.is_ascii_digit());
    match label[name.len()..].parse() {
        Ok(number) => (Some(name), number),
        Err(_) => (None, 0),
    }
}

/// Names with runs of numbers written as ranges: what [`expand`] takes apart again.
pub fn compressed<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    // The last name's prefix, and the first and last number of its run.
    let mut run: Option<(&str, u64, u64)> = None;
    for name in names {
        let (prefix, number) = numbered(name);
        // `q01` is not what a range makes.
        let plain = prefix.filter(|p| !p.is_empty() && format!("{p}{number}") == name);
        match (plain, &mut run) {
            (Some(p), Some((prefix, first, last)))
                if p == *prefix && number == *last + 1 && number - *first < u64::from(LONGEST_RANGE) =>
            {
                *last = number;
                if let Some(text) = out.last_mut() {
                    *text = format!("{p}{first}..{last}");
                }
            }
            _ => {
                out.push(name.to_owned());
                run = plain.map(|p| (p, number, number));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_written_out_and_names_kept() {
        assert_eq!(expand("q1..3").unwrap(), ["q1", "q2", "q3"]);
        assert_eq!(expand("q5_1...2").unwrap(), ["q5_1", "q5_2"]);
        assert_eq!(expand("Medium").unwrap(), ["Medium"]);
        assert_eq!(expand("How was it? Tell us...").unwrap(), ["How was it? Tell us..."]);
    }

    #[test]
    fn runs_of_numbers_are_written_as_ranges() {
        let names = ["q1", "q2", "q3", "q5", "q06", "q07", "Medium", "r9", "r10", "4", "5", "a.1", "a.2"];
        let short = compressed(names.into_iter());
        assert_eq!(short, ["q1..3", "q5", "q06", "q07", "Medium", "r9..10", "4", "5", "a.1..2"]);
        let long: Vec<String> = short.iter().flat_map(|s| expand(s).unwrap()).collect();
        assert_eq!(long, names);
    }

    #[test]
    fn ranges_that_are_none_are_refused() {
        for text in ["q9..1", "q1..x", "1..5", "q1..999999999999", "q1..4000000", "q2..2"] {
            assert!(expand(text).is_err(), "{text}");
        }
    }
}
