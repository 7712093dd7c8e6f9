//! Where on the scale each student probably is, given the questions' parameters.

use super::patterns::Patterns;
use super::{Parameters, Quadrature};

/// log P and log (1 − P) of each question at each node.
pub(super) struct Curves {
    pub right: Vec<Vec<f64>>,
    pub wrong: Vec<Vec<f64>>,
}

impl Curves {
    pub fn of(items: &[Parameters], quadrature: &Quadrature) -> Self {
        let at = |f: &dyn Fn(f64) -> f64| {
            let curve = |item: &Parameters| quadrature.nodes.iter().map(|&t| f(item.probability(t)).ln()).collect();
            items.iter().map(curve).collect()
        };
        // A curve so steep that it reaches 1 in floating point still has a logarithm.
        Curves { right: at(&|p| p.max(1e-300)), wrong: at(&|p| (1.0 - p).max(1e-300)) }
    }
}

/// The logarithms of the patterns' likelihoods, a row of nodes for each.
fn rows(patterns: &Patterns, curves: &Curves, nodes: usize) -> Vec<f64> {
    let mut rows = vec![0.0; patterns.all.len() * nodes];
    for (pattern, row) in patterns.all.iter().zip(rows.chunks_exact_mut(nodes)) {
        for (j, response) in pattern.responses.iter().enumerate() {
            let curve = match response {
                Some(true) => &curves.right[pattern.first + j],
                Some(false) => &curves.wrong[pattern.first + j],
                None => continue,
            };
            row.iter_mut().zip(curve).for_each(|(sum, log)| *sum += log);
        }
    }
    rows
}

/// Calls `each` with every student's number, the posterior over the nodes, which it may spoil, and the logarithm of the
/// marginal likelihood.
pub(super) fn for_each(
    patterns: &Patterns,
    items: &[Parameters],
    quadrature: &Quadrature,
    mut each: impl FnMut(usize, &mut [f64], f64),
) {
    let nodes = quadrature.nodes.len();
    let rows = rows(patterns, &Curves::of(items, quadrature), nodes);
    let prior: Vec<f64> = quadrature.weights.iter().map(|w| w.ln()).collect();
    let mut posterior = vec![0.0; nodes];
    for student in 0..patterns.students() {
        posterior.copy_from_slice(&prior);
        for &pattern in patterns.student(student) {
            let row = &rows[pattern as usize * nodes..][..nodes];
            posterior.iter_mut().zip(row).for_each(|(sum, log)| *sum += log);
        }
        let most = posterior.iter().copied().fold(f64::MIN, f64::max);
        // What is e^40 times less probable than the most probable adds nothing.
        posterior.iter_mut().for_each(|p| *p = if *p < most - 40.0 { 0.0 } else { (*p - most).exp() });
        let sum: f64 = posterior.iter().sum();
        posterior.iter_mut().for_each(|p| *p /= sum);
        each(student, &mut posterior, most + sum.ln());
    }
}
