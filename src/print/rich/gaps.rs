//! The blanks of a cloze: a run of underscores in its text.

use super::model::{Block, Inline};
use super::text::map_text;

/// Fewer underscores are text.
const FEWEST: usize = 3;
/// In millimetres, of an underscore, and of the narrowest and widest blank.
const UNDERSCORE_MM: f64 = 4.0;
const WIDTH_MM: std::ops::RangeInclusive<f64> = 18.0..=60.0;

pub fn with_gaps(blocks: Vec<Block>) -> Vec<Block> {
    map_text(blocks, &parts)
}

fn parts(text: &str) -> Vec<Inline> {
    let mut parts = Vec::new();
    let mut said = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('_') {
        let run = rest[at..].bytes().take_while(|b| *b == b'_').count();
        if run < FEWEST {
            said.push_str(&rest[..at + run]);
        } else {
            said.push_str(&rest[..at]);
            if !said.is_empty() {
                parts.push(Inline::Text { text: std::mem::take(&mut said) });
            }
            let width = (UNDERSCORE_MM * run as f64).clamp(*WIDTH_MM.start(), *WIDTH_MM.end());
            parts.push(Inline::Gap { width });
        }
        rest = &rest[at + run..];
    }
    said.push_str(rest);
    if !said.is_empty() {
        parts.push(Inline::Text { text: said });
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_underscores_are_blanks() {
        let text = |text: &str| Inline::Text { text: text.into() };
        let said = parts("a_b ___ c ________");
        assert_eq!(said, [text("a_b "), Inline::Gap { width: 18.0 }, text(" c "), Inline::Gap { width: 32.0 }]);
    }
}
