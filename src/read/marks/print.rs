//! What is printed in bubbles, learned from the page itself.
//!
//! A sheet that is not ours prints letters as dark as any pen. All bubbles of a label show the same letter, and most of
//! them are empty: what those have in common, place by place, is print. A place under black print says nothing about a
//! mark and is left out; under lighter print it counts as far as it is darker than that.

use std::collections::{BTreeMap, BTreeSet};

/// Ink of print at each place of a bubble's inside; 1 where print hides what else there is.
pub type Pattern = Vec<f64>;

/// What print each label has; of labels that are not here it could not be learned.
pub type Patterns = BTreeMap<String, Pattern>;

/// The inside of every bubble, by the set of labels that its field has, and by label.
#[derive(Default)]
pub struct Learner {
    bubbles: BTreeMap<String, BTreeMap<String, Vec<Inside>>>,
}

/// Ink at places in rows, None outside the bubble.
pub type Inside = Vec<Option<f64>>;

/// A label of fewer bubbles, or fewer that look empty, is not learned: several of them may be marked.
const ENOUGH: usize = 5;
/// Empty bubbles of a label have about this much more ink than the emptiest quarter of them, at most.
const ALIKE: f64 = 0.10;
/// No letter has more ink, nor so much more than the lightest beside it.
const MOST_INK: f64 = 0.58;
const LETTERS_DIFFER: f64 = 0.30;
/// A letter leaves a third of the inside nearly free, as no filled mark does.
const FREE: f64 = 0.25;
/// Print of more ink than this hides what is written over it; it is subtracted where it has less.
const HIDES: f64 = 0.2;
/// Places that are always looked at, those with the least print: a third of the inside.
const LEFT: usize = 40;

impl Learner {
    pub fn note(&mut self, labels: &str, label: &str, inside: Inside) {
        self.bubbles.entry(labels.to_owned()).or_default().entry(label.to_owned()).or_default().push(inside);
    }

    /// `side` is the number of places in a row.
    pub fn patterns(self, side: usize) -> Patterns {
        let mut all = Patterns::new();
        for labels in self.bubbles.into_values() {
            let empty: Vec<_> = labels.into_iter().filter_map(|(l, b)| Some((l, emptiest(b)?))).collect();
            let lightest = empty.iter().map(|(_, (ink, _))| *ink).fold(f64::MAX, f64::min);
            let letters = empty.into_iter().filter(|(_, (ink, _))| *ink < MOST_INK.min(lightest + LETTERS_DIFFER));
            all.extend(letters.filter_map(|(label, (_, bubbles))| Some((label, pattern(&bubbles, side)?))));
        }
        all
    }
}

fn mean(inside: &Inside) -> f64 {
    let (sum, n) = inside.iter().flatten().fold((0.0, 0usize), |(s, n), v| (s + v, n + 1));
    sum / n.max(1) as f64
}

/// The bubbles that are as light as the lightest quarter of them, and how light that is.
fn emptiest(mut all: Vec<Inside>) -> Option<(f64, Vec<Inside>)> {
    all.sort_by(|a, b| mean(a).total_cmp(&mean(b)));
    let quarter = mean(all.get(all.len() / 4)?);
    let alike = all.iter().take_while(|b| mean(b) < quarter + ALIKE).count();
    all.truncate(alike);
    (all.len() >= ENOUGH).then_some((quarter, all))
}

/// The upper part of what empty bubbles show at each place and beside it, so that a letter printed a little aside is
/// within it. None where what they have in common is no letter.
fn pattern(bubbles: &[Inside], side: usize) -> Option<Pattern> {
    const UPPER: f64 = 0.7;
    const BESIDE: f64 = 0.7;
    let places = bubbles.first().map_or(0, Vec::len);
    let mut values = vec![0.0; bubbles.len()];
    let shown: Vec<f64> = (0..places)
        .map(|i| {
            values.iter_mut().zip(bubbles).for_each(|(v, b)| *v = b[i].unwrap_or(0.0));
            let rank = (UPPER * (values.len() - 1) as f64) as usize;
            *values.select_nth_unstable_by(rank, f64::total_cmp).1
        })
        .collect();
    let at = |i: Option<usize>| i.and_then(|i| shown.get(i)).copied().unwrap_or(0.0);
    let wide: Vec<f64> = (0..places)
        .map(|i| {
            let beside = [i.checked_sub(1), Some(i + 1), i.checked_sub(side), Some(i + side)];
            beside.into_iter().map(|b| BESIDE * at(b)).fold(shown[i], f64::max)
        })
        .collect();
    // What of the inside has the least print.
    let lightest = |print: &[f64]| {
        let mut inside: Vec<f64> = (0..places).filter(|&i| bubbles[0][i].is_some()).map(|i| print[i]).collect();
        inside.sort_by(f64::total_cmp);
        inside.get(LEFT.min(inside.len().saturating_sub(1))).copied()
    };
    let hides = lightest(&wide)?.max(HIDES);
    let free = lightest(&shown)? < FREE;
    free.then(|| wide.into_iter().map(|print| if print > hides { 1.0 } else { print }).collect())
}

/// Ink that a mark adds to print; None where print hides it.
pub fn above(ink: f64, print: f64) -> Option<f64> {
    (print < 1.0).then(|| ((ink - print) / (1.0 - print)).max(0.0))
}

/// Labels of bubbles whose print could not be learned: in them a letter can't be told from a mark that is not full.
pub fn unlearned<'l>(labels: impl Iterator<Item = &'l str>, patterns: &Patterns) -> BTreeSet<String> {
    labels.filter(|l| !patterns.contains_key(*l)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn print_is_what_empty_bubbles_have_in_common() {
        let mut learner = Learner::default();
        let inside = |letter: f64, mark: f64| -> Inside {
            (0..81).map(|i| Some(if i % 9 == 4 { letter } else { mark })).collect()
        };
        for _ in 0..6 {
            learner.note("AB", "A", inside(0.8, 0.0));
        }
        learner.note("AB", "A", inside(0.9, 0.9));
        learner.note("AB", "B", inside(0.8, 0.0));
        let patterns = learner.patterns(9);
        assert_eq!(patterns["A"][4], 1.0);
        assert_eq!((patterns["A"][0], patterns["A"][7]), (0.0, 0.0));
        assert_eq!(unlearned(["A", "B"].into_iter(), &patterns), BTreeSet::from(["B".to_owned()]));
        assert_eq!((above(0.9, 1.0), above(0.25, 0.25), above(0.75, 0.5)), (None, Some(0.0), Some(0.5)));
    }

    #[test]
    fn a_label_that_is_mostly_marked_is_not_learned() {
        let mut learner = Learner::default();
        for i in 0..8 {
            learner.note("AB", "A", vec![Some(if i < 7 { 0.6 } else { 0.1 }); 81]);
            learner.note("AB", "B", vec![Some(0.1); 81]);
        }
        let patterns = learner.patterns(9);
        assert!(!patterns.contains_key("A") && patterns.contains_key("B"));
    }
}
