//! What is printed in bubbles, learned from the page itself.
//!
//! A sheet that is not ours prints letters as dark as any pen. All bubbles of a label show the same letter, and most of
//! them are empty: what those have in common, place by place, is print. A place under black print says nothing about a
//! mark and is left out; under lighter print it counts as far as it is darker than that.

use std::collections::BTreeMap;

/// Ink of print at each place of a bubble's inside.
pub type Pattern = Vec<f64>;

/// The inside of every bubble, by label.
#[derive(Default)]
pub struct Learner {
    bubbles: BTreeMap<String, Vec<Vec<f64>>>,
}

/// A label of fewer bubbles, or fewer that look empty, is not learned: several of them may be marked. Its letter then
/// counts as ink, and sends the field to a person.
const ENOUGH: usize = 5;
/// Empty bubbles of a label have about this much more ink than the emptiest quarter of them, at most.
const ALIKE: f64 = 0.10;
/// No letter has more ink, nor so much more than the page's lightest.
const MOST_INK: f64 = 0.42;
const LETTERS_DIFFER: f64 = 0.20;

impl Learner {
    pub fn note(&mut self, label: &str, inside: Vec<f64>) {
        self.bubbles.entry(label.to_owned()).or_default().push(inside);
    }

    pub fn patterns(self) -> BTreeMap<String, Pattern> {
        let empty: BTreeMap<String, (f64, Vec<Vec<f64>>)> =
            self.bubbles.into_iter().filter_map(|(label, all)| Some((label, emptiest(all)?))).collect();
        let lightest = empty.values().map(|(ink, _)| *ink).fold(f64::MAX, f64::min);
        let letters = empty.iter().filter(|(_, (ink, _))| *ink < MOST_INK.min(lightest + LETTERS_DIFFER));
        letters.map(|(label, (_, bubbles))| (label.clone(), pattern(bubbles))).collect()
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The bubbles that are as light as the lightest quarter of them, and how light that is.
fn emptiest(mut all: Vec<Vec<f64>>) -> Option<(f64, Vec<Vec<f64>>)> {
    all.sort_by(|a, b| mean(a).total_cmp(&mean(b)));
    let quarter = mean(all.get(all.len() / 4)?);
    let alike = all.iter().take_while(|b| mean(b) < quarter + ALIKE).count();
    all.truncate(alike);
    (all.len() >= ENOUGH).then_some((quarter, all))
}

/// The upper part of what bubbles show at each place, so that a letter printed a little aside is within it.
fn pattern(bubbles: &[Vec<f64>]) -> Pattern {
    const UPPER: f64 = 0.7;
    let places = bubbles.iter().map(Vec::len).min().unwrap_or(0);
    let mut values = vec![0.0; bubbles.len()];
    (0..places)
        .map(|i| {
            values.iter_mut().zip(bubbles).for_each(|(v, b)| *v = b[i]);
            let rank = (UPPER * (values.len() - 1) as f64) as usize;
            *values.select_nth_unstable_by(rank, f64::total_cmp).1
        })
        .collect()
}

/// Ink that a mark adds to print; None where print alone is as dark as a mark.
pub fn above(ink: f64, print: f64) -> Option<f64> {
    const BLACK: f64 = 0.45;
    (print < BLACK).then(|| ((ink - print) / (1.0 - print)).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn print_is_what_empty_bubbles_have_in_common() {
        let mut learner = Learner::default();
        let letter = [0.0, 0.9, 0.3, 0.0, 0.0, 0.0];
        for _ in 0..6 {
            learner.note("A", letter.to_vec());
        }
        learner.note("A", vec![0.9; 6]);
        learner.note("B", letter.to_vec());
        let patterns = learner.patterns();
        assert_eq!((patterns["A"].as_slice(), patterns.get("B")), (letter.as_slice(), None));
        assert_eq!((above(0.9, 0.9), above(0.3, 0.3), above(0.65, 0.3)), (None, Some(0.0), Some(0.5)));
    }
}
