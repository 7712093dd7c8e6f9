//! A few words as large as their place lets them be: what is read from two metres.

use super::Filled;
use crate::print::draw::Align;
use crate::print::fit;
use crate::print::typeface::Style;
use crate::sheet::frame::Area;
use crate::units::MM_PER_POINT;
use std::ops::Range;

/// From line to line, and below the last for descenders, in ems.
const LEADING: f64 = 1.08;
const DESCENT: f64 = 0.2;
const LEAST_PT: f64 = 7.0;

/// The text on as many lines as make it largest, and those of like length, from the area's top left.
pub fn headline(style: Style, largest_pt: f64, area: &Area, text: &str) -> Vec<Filled<'static>> {
    let words = Words::new(style, text);
    let cap = style.face().cap_height();
    let mut best: Option<(f64, Vec<Range<usize>>)> = None;
    // From one line to many. Of breaks into as many lines the last, with the shortest lines, is taken.
    for room in words.lengths() {
        let Some(lines) = words.broken(room) else { break };
        let high = cap + LEADING * (lines.len() - 1) as f64 + DESCENT;
        let widest = lines.iter().map(|line| words.length(line)).fold(f64::MIN_POSITIVE, f64::max);
        let size_pt = (area.w / widest).min(area.h / high) / MM_PER_POINT;
        let size_pt = size_pt.min(largest_pt);
        if best.as_ref().is_none_or(|(b, was)| size_pt > *b || size_pt == *b && lines.len() == was.len()) {
            best = Some((size_pt, lines));
        }
    }
    let Some((size_pt, lines)) = best else { return Vec::new() };
    let size_pt = size_pt.max(LEAST_PT);
    let set = |(i, line): (usize, Range<usize>)| {
        let y = area.y + (cap + LEADING * i as f64) * size_pt * MM_PER_POINT;
        // A hair more than it needs.
        Filled::new(style, size_pt, Align::Left, (area.x, y, area.w + 0.05), words.text[line].join(" "))
    };
    lines.into_iter().enumerate().map(set).collect()
}

/// Words and their lengths in ems. A dash is no word: it ends the one before it.
struct Words {
    text: Vec<String>,
    lengths: Vec<f64>,
    space: f64,
}

impl Words {
    fn new(style: Style, text: &str) -> Self {
        let ems = |text: &str| fit::Measure::width(style.face(), text);
        let mut words: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            match words.last_mut() {
                Some(before) if !word.contains(char::is_alphanumeric) => *before += &format!(" {word}"),
                _ => words.push(word.to_owned()),
            }
        }
        let lengths = words.iter().map(|word| ems(word)).collect();
        Words { text: words, lengths, space: ems(" ") }
    }

    fn length(&self, line: &Range<usize>) -> f64 {
        self.lengths[line.clone()].iter().sum::<f64>() + self.space * line.len().saturating_sub(1) as f64
    }

    /// Of all lines that there can be, from the longest.
    fn lengths(&self) -> Vec<f64> {
        let n = self.text.len();
        let mut all: Vec<f64> =
            (0..n).flat_map(|a| (a + 1..=n).map(move |b| a..b)).map(|line| self.length(&line)).collect();
        all.sort_by(|a, b| b.total_cmp(a));
        all
    }

    /// Into lines of at most `room` ems. None where a word is longer.
    fn broken(&self, room: f64) -> Option<Vec<Range<usize>>> {
        let mut lines: Vec<Range<usize>> = Vec::new();
        for (i, &length) in self.lengths.iter().enumerate() {
            if length > room {
                return None;
            }
            match lines.last_mut() {
                // Sums in another order differ by a hair.
                Some(line) if self.length(&(line.start..i + 1)) <= room + 1e-9 => line.end = i + 1,
                _ => lines.push(i..i + 1),
            }
        }
        Some(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLACE: Area = Area::new(17.0, 79.0, 176.0, 42.0);

    fn lines(text: &str) -> Vec<String> {
        headline(Style::Bold, 124.0, &PLACE, text).into_iter().map(|line| line.text.into_owned()).collect()
    }

    #[test]
    fn a_short_name_stands_on_one_line_and_a_long_one_is_broken_evenly() {
        assert_eq!(lines("Sala 12"), ["Sala 12"]);
        assert_eq!(lines("Laboratório de Informática 2 – Bloco B"), ["Laboratório de", "Informática 2 – Bloco B"]);
        assert_eq!(lines("Laboratório – Bloco – Anexo"), ["Laboratório –", "Bloco – Anexo"]);
        assert_eq!(lines(" "), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn a_headline_says_all_and_stays_in_its_place(text in "[A-Za-zçã]{1,12}( [A-Za-z0-9]{1,12}){0,9}") {
            let set = headline(Style::Bold, 124.0, &PLACE, &text);
            let said: Vec<&str> = set.iter().map(|line| line.text.as_ref()).collect();
            prop_assert_eq!(said.join(" "), text);
            let size_pt = set[0].slot.size_pt;
            prop_assert!(size_pt > 2.0 * LEAST_PT);
            for line in &set {
                prop_assert!(line.slot.size_pt == size_pt && line.slot.y <= PLACE.bottom());
                prop_assert!(line.fitted(Style::Bold.face()).1.text == line.text);
            }
        }
    }
}
