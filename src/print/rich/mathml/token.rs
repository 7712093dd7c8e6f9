//! Letters, numbers and words of a formula, and widths of spaces.

use super::{Reader, letters};
use crate::print::rich::model::Math;
use crate::print::rich::symbol;
use scraper::ElementRef;
use unicode_normalization::UnicodeNormalization;

impl Reader<'_, '_> {
    pub(super) fn token(&mut self, element: ElementRef) -> Option<Math> {
        let written = element.text().collect::<String>();
        let mut text = text_of(&written)?;
        if element.value().name() == "mtext" {
            text = apart(&written, text);
        }
        let named = element.attr("mathvariant").and_then(letters::variant).or(self.variant);
        let (text, variant) = letters::plain(&text);
        let variant = named.unwrap_or(variant);
        Some(match element.value().name() {
            "mi" => Math::Identifier { text, variant },
            "mn" => Math::Number { text, variant },
            _ => Math::Text { text, variant },
        })
    }
}

/// A token's text as XML has it: white space around it is none. A no-break space is kept.
pub fn text_of(text: &str) -> Option<String> {
    let shown = |c: &char| !(c.is_control() || ('\u{2061}'..='\u{2064}').contains(c) || *c == '\u{200b}');
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let text: String = words.join(" ").nfc().map(symbol::plain).filter(shown).collect();
    (!text.is_empty()).then_some(text)
}

/// Words with the spaces that were typed before and after them. XML has none there, but authors do not know: in
/// `<mtext>se </mtext><mi>x</mi>` the words and the letter are two.
fn apart(written: &str, words: String) -> String {
    let typed = |around: &str| if around.contains(' ') && !around.contains('\n') { "\u{a0}" } else { "" };
    let before = written.len() - written.trim_ascii_start().len();
    let after = written.trim_ascii_end().len();
    format!("{}{words}{}", typed(&written[..before]), typed(&written[after..]))
}

/// A width in ems; what is not known is none.
pub fn em(width: &str) -> f64 {
    const WIDEST: f64 = 40.0;
    let named = |eighteenths: f64| eighteenths / 18.0;
    let width = width.trim();
    match width {
        "veryverythinmathspace" => return named(1.0),
        "verythinmathspace" => return named(2.0),
        "thinmathspace" => return named(3.0),
        "mediummathspace" => return named(4.0),
        "thickmathspace" => return named(5.0),
        "verythickmathspace" => return named(6.0),
        "veryverythickmathspace" => return named(7.0),
        _ => {}
    }
    let digits = width.trim_end_matches(|c: char| c.is_alphabetic() || c == '%');
    let number: f64 = digits.trim().parse().unwrap_or(0.0);
    let ems = match &width[digits.len()..] {
        "em" => number,
        "ex" => number * 0.43,
        "mu" => number / 18.0,
        "px" | "" => number / 16.0,
        "pt" => number / 12.0,
        "in" => number * 6.0,
        "cm" => number * 6.0 / 2.54,
        "mm" => number * 6.0 / 25.4,
        _ => 0.0,
    };
    if ems.is_finite() { ems.clamp(-WIDEST, WIDEST) } else { 0.0 }
}
