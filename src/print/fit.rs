//! Text that must not leave its place: set narrower, then abbreviated, then cut.

use crate::units::MM_PER_POINT;

/// The narrowest that letters are set, as a part of their width.
const NARROWEST: f64 = 0.8;
/// Words that join names, and are left out before a name is abbreviated.
const JOINING: [&str; 7] = ["da", "das", "de", "di", "do", "dos", "e"];

/// What text is measured with: a typeface, or the subset of one, which is faster.
pub trait Measure {
    /// Width of a text in ems.
    fn width(&self, text: &str) -> f64;
}

/// A text as it will be set, and how wide its letters are (1: as designed).
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    pub text: String,
    pub condense: f64,
}

pub fn width_mm(face: &impl Measure, size_pt: f64, text: &str) -> f64 {
    face.width(text) * size_pt * MM_PER_POINT
}

/// A person's name: middle names become initials, from the longest on, and the first and last stay whole.
pub fn name(face: &impl Measure, size_pt: f64, room_mm: f64, name: &str) -> Fitted {
    let fits = |text: &str| condense(face, size_pt, room_mm, text);
    if let Some(condense) = fits(name) {
        return Fitted { text: name.to_owned(), condense };
    }
    let mut words: Vec<String> = name.split_whitespace().map(str::to_owned).collect();
    if words.len() > 2 {
        let last = words.len() - 1;
        let kept = |(i, w): (usize, &String)| {
            (i == 0 || i == last || !JOINING.contains(&w.to_lowercase().as_str())).then(|| w.clone())
        };
        words = words.iter().enumerate().filter_map(kept).collect();
        loop {
            let text = words.join(" ");
            if let Some(condense) = fits(&text) {
                return Fitted { text, condense };
            }
            let last = words.len() - 1;
            let longest = (1..last).filter(|&i| !words[i].ends_with('.')).max_by_key(|&i| words[i].chars().count());
            let Some(i) = longest else { break };
            words[i] = words[i].chars().take(1).chain(['.']).collect();
        }
    }
    cut(face, size_pt, room_mm, &words.join(" "))
}

/// Any other text: what does not fit ends in an ellipsis.
pub fn line(face: &impl Measure, size_pt: f64, room_mm: f64, text: &str) -> Fitted {
    match condense(face, size_pt, room_mm, text) {
        Some(condense) => Fitted { text: text.to_owned(), condense },
        None => cut(face, size_pt, room_mm, text),
    }
}

fn condense(face: &impl Measure, size_pt: f64, room_mm: f64, text: &str) -> Option<f64> {
    let width = width_mm(face, size_pt, text);
    let factor = if width > room_mm { room_mm / width } else { 1.0 };
    // Rounded down to a hundredth: what is printed.
    let factor = (factor * 100.0).floor() / 100.0;
    (factor >= NARROWEST).then_some(factor)
}

fn cut(face: &impl Measure, size_pt: f64, room_mm: f64, text: &str) -> Fitted {
    let mut kept: Vec<char> = text.chars().collect();
    while !kept.is_empty() {
        kept.pop();
        let text = kept.iter().collect::<String>().trim_end().to_owned() + "…";
        if let Some(condense) = condense(face, size_pt, room_mm, &text) {
            return Fitted { text, condense };
        }
    }
    Fitted { text: String::new(), condense: 1.0 }
}

/// Breaks a text into lines of at most `room_mm`, at spaces.
pub fn paragraph(face: &impl Measure, size_pt: f64, room_mm: f64, text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width_mm(face, size_pt, &format!("{line} {word}")) <= room_mm => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::typeface::Style;
    use proptest::prelude::*;

    #[test]
    fn middle_names_are_abbreviated_longest_first() {
        let fitted = name(Style::Bold.face(), 11.0, 55.0, "Maria Eduarda Vasconcelos de Albuquerque Cavalcanti");
        assert_eq!(fitted.text, "Maria Eduarda V. A. Cavalcanti");
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_its_room(text in "\\PC{0,80}", room in 5.0..90.0_f64) {
            for fitted in [name(Style::Bold.face(), 11.0, room, &text), line(Style::Regular.face(), 9.0, room, &text)] {
                prop_assert!(fitted.condense >= NARROWEST && fitted.condense <= 1.0);
            }
            let n = name(Style::Bold.face(), 11.0, room, &text);
            prop_assert!(width_mm(Style::Bold.face(), 11.0, &n.text) * n.condense <= room + 1e-9);
        }
    }
}
