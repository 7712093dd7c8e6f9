//! From what the rules of judging say of a mark to how often that was so.
//!
//! Rules order marks well, but the numbers they give are only an order. What a number is worth was measured: over
//! simulated pages of all sets, each as often as another, the part of the marks given about that number that were meant,
//! and of the fields that were right. A curve that never falls through those points is fitted (isotonic regression by
//! pooling adjacent violators: Barlow et al., *Statistical Inference under Order Restrictions*, 1972), and read
//! between them in a straight line of log-odds, in which 0.9 is as far from 0.99 as 0.99 is from 0.999. `gabarito accuracy --calibrate` makes `calibration.json` again.

use serde::{Deserialize, Serialize};

/// Observations that a point of the curve rests on, at least.
const ENOUGH: f64 = 100.0;

/// One curve: from a number of the rules to a probability, neither ever falling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve(Vec<(f64, f64)>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// That a mark was meant.
    pub marks: Curve,
    /// That what a field says is right.
    pub fields: Curve,
}

impl Default for Calibration {
    fn default() -> Self {
        serde_json::from_slice(include_bytes!("calibration.json")).expect("our own calibration is sound")
    }
}

impl Calibration {
    /// Leaves the numbers of the rules as they are: what a calibration is fitted on.
    pub fn none() -> Self {
        Calibration { marks: Curve(Vec::new()), fields: Curve(Vec::new()) }
    }
}

impl Curve {
    /// Fits what was so in `observed`: a number of the rules, and whether it was.
    pub fn fit(mut observed: Vec<(f64, bool)>) -> Self {
        observed.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut blocks: Vec<Block> = Vec::new();
        for same in observed.chunk_by(|a, b| a.0 == b.0) {
            let so = same.iter().filter(|o| o.1).count() as f64;
            let block = Block { n: same.len() as f64, said: same[0].0, so };
            match blocks.last_mut() {
                Some(last) if last.n < ENOUGH => last.take(&block),
                _ => blocks.push(block),
            }
            while let [.., before, last] = &mut blocks[..]
                && (before.part() >= last.part() || last.n < ENOUGH && before.n < ENOUGH)
            {
                before.take(last);
                blocks.pop();
            }
        }
        Curve(blocks.iter().map(|b| (b.said, b.part())).collect())
    }

    /// The probability that a number of the rules stands for.
    pub fn at(&self, said: f64) -> f64 {
        let next = self.0.partition_point(|p| p.0 < said);
        match (next.checked_sub(1).map(|i| self.0[i]), self.0.get(next)) {
            (None, None) => said,
            (None, Some(&(_, first))) => first,
            (Some((_, last)), None) => last,
            (Some(a), Some(&b)) => {
                let part = (log_odds(said) - log_odds(a.0)) / (log_odds(b.0) - log_odds(a.0)).max(1e-9);
                let odds = log_odds(a.1) + part.clamp(0.0, 1.0) * (log_odds(b.1) - log_odds(a.1));
                1.0 / (1.0 + (-odds).exp())
            }
        }
    }
}

fn log_odds(p: f64) -> f64 {
    const LEAST: f64 = 1e-7;
    let p = p.clamp(LEAST, 1.0 - LEAST);
    (p / (1.0 - p)).ln()
}

/// Numbers that are taken together.
struct Block {
    n: f64,
    /// Their mean.
    said: f64,
    so: f64,
}

impl Block {
    /// Of all those that could have been seen, not only of those that were: never 0 and never 1 (Krichevsky and
    /// Trofimov, "The performance of universal encoding", 1981).
    fn part(&self) -> f64 {
        (self.so + 0.5) / (self.n + 1.0)
    }

    fn take(&mut self, other: &Block) {
        self.said = (self.n * self.said + other.n * other.said) / (self.n + other.n);
        (self.n, self.so) = (self.n + other.n, self.so + other.so);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn says_what_was_seen() {
        let mut rng = fastrand::Rng::with_seed(1);
        let observed: Vec<(f64, bool)> = (0..40_000)
            .map(|_| (rng.u8(0..=20), rng.f64()))
            .map(|(s, r)| (f64::from(s) / 20.0, r))
            .map(|(s, r)| (s, r < s * s))
            .collect();
        let curve = Curve::fit(observed);
        for said in [0.3, 0.5, 0.8, 0.95] {
            assert!((curve.at(said) - said * said).abs() < 0.03, "{said}: {}", curve.at(said));
        }
    }

    #[test]
    fn our_own_is_sound() {
        let c = Calibration::default();
        for curve in [&c.marks, &c.fields] {
            assert!(curve.0.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1));
            assert!(curve.0.iter().all(|p| (0.0..=1.0).contains(&p.0) && (0.0..1.0).contains(&p.1)));
        }
    }

    proptest! {
        #[test]
        fn never_falls(observed in prop::collection::vec((0u8..50, any::<bool>()), 1..2000), a in 0.0..1.0, b in 0.0..1.0) {
            let curve = Curve::fit(observed.into_iter().map(|(s, so)| (f64::from(s) / 50.0, so)).collect());
            let (low, high) = if a < b { (a, b) } else { (b, a) };
            prop_assert!(curve.at(low) <= curve.at(high));
        }
    }
}
