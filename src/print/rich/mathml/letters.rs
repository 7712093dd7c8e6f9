//! Letters' variants: named by `mathvariant`, or as letters of their own, which are taken back to plain ones.

use crate::print::rich::model::Variant;
use unicode_normalization::UnicodeNormalization;

pub fn variant(name: &str) -> Option<Variant> {
    Some(match name.trim() {
        "normal" => Variant::Upright,
        "italic" => Variant::Italic,
        "bold" => Variant::Bold,
        "bold-italic" => Variant::BoldItalic,
        "double-struck" => Variant::DoubleStruck,
        "script" | "bold-script" => Variant::Script,
        "fraktur" | "bold-fraktur" => Variant::Fraktur,
        "sans-serif" | "bold-sans-serif" | "sans-serif-italic" | "sans-serif-bold-italic" => Variant::SansSerif,
        "monospace" => Variant::Monospace,
        _ => return None,
    })
}

/// The plain letters, and the variant of the first that has one.
pub fn plain(text: &str) -> (String, Variant) {
    let found = text.chars().find_map(of_letter).unwrap_or_default();
    let letters = text.chars().flat_map(|c| {
        let plain = of_letter(c).and_then(|_| c.nfkc().next());
        plain.unwrap_or(c).nfc()
    });
    (letters.collect(), found)
}

/// Mathematical Alphanumeric Symbols: alphabets one after the other, with holes that Letterlike Symbols fill.
fn of_letter(c: char) -> Option<Variant> {
    use Variant::*;
    const LATIN: [Variant; 13] = [
        Bold,
        Italic,
        BoldItalic,
        Script,
        Script,
        Fraktur,
        DoubleStruck,
        Fraktur,
        SansSerif,
        SansSerif,
        SansSerif,
        SansSerif,
        Monospace,
    ];
    const GREEK: [Variant; 5] = [Bold, Italic, BoldItalic, SansSerif, SansSerif];
    const DIGITS: [Variant; 5] = [Bold, DoubleStruck, SansSerif, SansSerif, Monospace];
    let at = |first: u32, size: u32| ((c as u32 - first) / size) as usize;
    match c {
        '\u{1D400}'..='\u{1D6A3}' => LATIN.get(at(0x1D400, 52)).copied(),
        '\u{1D6A4}' | '\u{1D6A5}' => Some(Italic),
        '\u{1D6A8}'..='\u{1D7C9}' => GREEK.get(at(0x1D6A8, 58)).copied(),
        '\u{1D7CE}'..='\u{1D7FF}' => DIGITS.get(at(0x1D7CE, 10)).copied(),
        'ℎ' => Some(Italic),
        'ℬ' | 'ℰ' | 'ℱ' | 'ℋ' | 'ℐ' | 'ℒ' | 'ℳ' | 'ℛ' | 'ℯ' | 'ℊ' | 'ℴ' => Some(Script),
        'ℭ' | 'ℌ' | 'ℑ' | 'ℜ' | 'ℨ' => Some(Fraktur),
        'ℂ' | 'ℍ' | 'ℕ' | 'ℙ' | 'ℚ' | 'ℝ' | 'ℤ' => Some(DoubleStruck),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_their_own_are_plain_ones_of_a_variant() {
        let cases = [
            ("𝐀", "A", Variant::Bold),
            ("𝑥", "x", Variant::Italic),
            ("𝒜", "A", Variant::Script),
            ("ℝ", "R", Variant::DoubleStruck),
            ("𝔤", "g", Variant::Fraktur),
            ("𝛼", "α", Variant::Italic),
            ("𝟙", "1", Variant::DoubleStruck),
            ("𝚣𝟿", "z9", Variant::Monospace),
            ("sen", "sen", Variant::Natural),
            ("ℏ", "ℏ", Variant::Natural),
        ];
        for (written, text, variant) in cases {
            assert_eq!(plain(written), (text.to_owned(), variant), "{written}");
        }
    }
}
