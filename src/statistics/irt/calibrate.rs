//! Parameters from answers alone: marginal maximum likelihood by EM (Bock and Aitkin 1981), with priors.

use super::mstep::{Expected, Free, Guess, Prior, improve, log_prior, parameters};
use super::patterns::{Patterns, Scored};
use super::posterior::for_each;
use super::{Parameters, Quadrature, squarem};

#[derive(Clone, Debug)]
pub struct Options {
    pub quadrature: Quadrature,
    /// It has converged when an EM step moves no parameter (log a, b, logit c) by more.
    pub tolerance: f64,
    /// EM steps, at most.
    pub steps: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options { quadrature: Quadrature::coarse(), tolerance: 1e-4, steps: 500 }
    }
}

#[derive(Clone, Debug)]
pub struct Calibration {
    /// None of a question that all who answered it answered alike: it says nothing about its curve.
    pub items: Vec<Option<Parameters>>,
    pub log_likelihood: f64,
    pub steps: usize,
    pub converged: bool,
}

/// Everything that an EM step needs.
struct Em<'a> {
    patterns: Patterns,
    priors: &'a [Prior],
    quadrature: &'a Quadrature,
    steps: usize,
}

/// Where an EM step began and where it led.
struct Step {
    to: Vec<Free>,
    /// At its beginning.
    log_likelihood: f64,
    log_posterior: f64,
}

/// The scale is that on which the students' abilities have mean 0 and deviation 1. `priors` are of each question.
pub fn calibrate(scored: &Scored, priors: &[Prior], options: &Options) -> Calibration {
    let varies = |&j: &usize| matches!(scored.counts(j), (all, right) if right > 0 && right < all);
    let used: Vec<usize> = (0..scored.questions()).filter(varies).collect();
    let mut items = vec![None; scored.questions()];
    if used.is_empty() {
        return Calibration { items, log_likelihood: 0.0, steps: 0, converged: true };
    }
    let some = scored.some(&used);
    let own: Vec<Prior> = used.iter().map(|&j| priors[j]).collect();
    let start: Vec<Free> = own.iter().enumerate().map(|(j, prior)| guess(some.counts(j), prior)).collect();
    let mut em = Em { patterns: Patterns::of(&some), priors: &own, quadrature: &options.quadrature, steps: 0 };
    let (found, log_likelihood, converged) = em.climb(start, options);
    for ((&j, x), prior) in used.iter().zip(&found).zip(&own) {
        items[j] = Some(parameters(x, prior));
    }
    Calibration { items, log_likelihood, steps: em.steps, converged }
}

/// Where to begin: a slope of 1, and the difficulty that the share of right answers, less guesses, would have with it.
fn guess((all, right): (usize, usize), prior: &Prior) -> Free {
    let c = match prior.c {
        Guess::Fixed(c) => c,
        Guess::Estimated(Some(beta)) => (beta.alpha - 1.0) / (beta.alpha + beta.beta - 2.0),
        Guess::Estimated(None) => 0.1,
    };
    let share = ((right as f64 / all as f64 - c) / (1.0 - c)).clamp(0.03, 0.97);
    let c = c.clamp(0.01, 0.5);
    [0.0, -1.2 * (share / (1.0 - share)).ln(), (c / (1.0 - c)).ln()]
}

impl Em<'_> {
    /// To the top, in cycles of two steps and a jump. A jump that leads down is not taken.
    fn climb(&mut self, start: Vec<Free>, options: &Options) -> (Vec<Free>, f64, bool) {
        let mut x0 = start;
        let mut first = self.step(&x0);
        loop {
            if moved(&x0, &first.to) < options.tolerance {
                return (first.to, first.log_likelihood, true);
            }
            if self.steps >= options.steps {
                return (first.to, first.log_likelihood, false);
            }
            let second = self.step(&first.to);
            let jump = squarem::ahead(&x0, &first.to, &second.to);
            let after = self.step(&jump);
            (x0, first) = if after.log_posterior >= second.log_posterior {
                (jump, after)
            } else {
                let plain = self.step(&second.to);
                (second.to, plain)
            };
        }
    }

    fn step(&mut self, x: &[Free]) -> Step {
        self.steps += 1;
        let items: Vec<Parameters> = x.iter().zip(self.priors).map(|(x, prior)| parameters(x, prior)).collect();
        let nodes = self.quadrature.nodes.len();
        // How many students of each pattern there are at each node.
        let mut counts = vec![0.0; self.patterns.all.len() * nodes];
        let mut log_likelihood = 0.0;
        for_each(&self.patterns, &items, self.quadrature, |student, posterior, log| {
            log_likelihood += log;
            for &pattern in self.patterns.student(student) {
                let row = &mut counts[pattern as usize * nodes..][..nodes];
                row.iter_mut().zip(&*posterior).for_each(|(count, p)| *count += p);
            }
        });
        let mut answered = vec![vec![0.0; nodes]; items.len()];
        let mut right = answered.clone();
        for (pattern, row) in self.patterns.all.iter().zip(counts.chunks_exact(nodes)) {
            for (j, response) in pattern.responses.iter().enumerate() {
                let Some(is_right) = response else { continue };
                add(&mut answered[pattern.first + j], row);
                if *is_right {
                    add(&mut right[pattern.first + j], row);
                }
            }
        }
        let prior: f64 = items.iter().zip(self.priors).map(|(item, prior)| log_prior(item, prior)).sum();
        let better = |(j, x): (usize, &Free)| {
            let counts = Expected { answered: &answered[j], right: &right[j] };
            improve(*x, &counts, self.quadrature, &self.priors[j])
        };
        let to = x.iter().enumerate().map(better).collect();
        Step { to, log_likelihood, log_posterior: log_likelihood + prior }
    }
}

fn add(sum: &mut [f64], row: &[f64]) {
    sum.iter_mut().zip(row).for_each(|(s, r)| *s += r);
}

fn moved(from: &[Free], to: &[Free]) -> f64 {
    let both = from.iter().zip(to).flat_map(|(a, b)| a.iter().zip(b));
    both.fold(0.0, |most: f64, (a, b)| most.max((a - b).abs()))
}
