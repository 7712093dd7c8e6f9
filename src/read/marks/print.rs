//! What is printed in bubbles, learned from the page itself.
//!
//! A sheet that is not ours prints letters as dark as any pen. All bubbles of a label show the same letter, and most of
//! them are empty: what those have in common, place by place, is print. A place under black print says nothing about a
//! mark and is left out; under lighter print it counts as far as it is darker than that.

use std::collections::BTreeMap;

/// Ink of print at each place of a bubble's inside.
pub type Pattern = Vec<f64>;

#[derive(Default)]
pub struct Learner {
    /// By label, the inside of each bubble that looks empty.
    empty: BTreeMap<String, Vec<Vec<f64>>>,
}

impl Learner {
    /// Takes note of a bubble, unless so much of it is dark that no letter is.
    pub fn note(&mut self, label: &str, inside: Vec<f64>) {
        const LIGHT: f64 = 0.18;
        const MOSTLY: f64 = 0.55;
        let light = inside.iter().filter(|&&ink| ink < LIGHT).count();
        if light as f64 >= MOSTLY * inside.len() as f64 {
            self.empty.entry(label.to_owned()).or_default().push(inside);
        }
    }

    /// The upper part of what empty bubbles of a label show, so that a letter printed a little aside is within it. Of
    /// fewer than five, several may be lightly marked: their letters then count as ink, and send them to a person.
    pub fn patterns(self) -> BTreeMap<String, Pattern> {
        const ENOUGH: usize = 5;
        const UPPER: f64 = 0.7;
        let pattern = |bubbles: &Vec<Vec<f64>>| -> Pattern {
            let places = bubbles.iter().map(Vec::len).min().unwrap_or(0);
            let mut values = vec![0.0; bubbles.len()];
            (0..places)
                .map(|i| {
                    values.iter_mut().zip(bubbles).for_each(|(v, b)| *v = b[i]);
                    let rank = (UPPER * (values.len() - 1) as f64) as usize;
                    *values.select_nth_unstable_by(rank, f64::total_cmp).1
                })
                .collect()
        };
        self.empty.iter().filter(|(_, b)| b.len() >= ENOUGH).map(|(label, b)| (label.clone(), pattern(b))).collect()
    }
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
