//! Word writes the letters of its symbol fonts in Unicode's private use area, U+F020 to U+F0FF, where no other font has them.

/// Adobe's Symbol, from 0x20 and from 0xA0 (Unicode's `VENDORS/ADOBE/symbol.txt`); a space stands for what is no sign.
const LOW: &str = " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼";
const HIGH: &str = "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊⟨®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪ ⟩∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭";

/// What a letter of Word's means. Two of Wingdings' are known by being no text in Symbol; what is a bullet there and “not”
/// in Symbol stays as it is, to be told as a letter that nobody has.
pub fn plain(c: char) -> char {
    let Some(code) = u32::from(c).checked_sub(0xF000).filter(|code| (0x20..=0xFF).contains(code)) else { return c };
    match code {
        0xA7 => '▪',
        0xFC => '✓',
        0xD8 => c,
        0x20 => ' ',
        _ => {
            let (letters, first) = if code < 0xA0 { (LOW, 0x20) } else { (HIGH, 0xA0) };
            letters.chars().nth((code - first) as usize).filter(|&found| found != ' ').unwrap_or(c)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_words_symbol_fonts_are_known() {
        let read: String =
            "\u{f061}\u{f0b7}\u{f0a3}\u{f0b3}\u{f0ce}\u{f0d6}\u{f0fe}\u{f0a7}".chars().map(plain).collect();
        assert_eq!(read, "α•≤≥∈√⎭▪");
        let kept = "aé\u{f0d8}\u{f0f0}\u{f07f}\u{f100}\u{f01f}";
        assert_eq!(kept.chars().map(plain).collect::<String>(), kept);
    }
}
