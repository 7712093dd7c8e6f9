//! Abilities for given parameters: the mean of the posterior (expected a posteriori; Bock and Mislevy 1982).

use super::patterns::{Patterns, Scored};
use super::posterior::for_each;
use super::{Parameters, Quadrature};
use serde::Serialize;

/// On the scale on which abilities have mean 0 and deviation 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
pub struct Ability {
    pub theta: f64,
    /// Deviation of the posterior.
    pub error: f64,
}

/// Of each student, in order; None of who answered none of the questions. `items` are the questions' parameters.
pub fn abilities(scored: &Scored, items: &[Parameters], quadrature: &Quadrature) -> Vec<Option<Ability>> {
    let answered = |i: usize| (0..scored.questions()).any(|j| scored.get(i, j).is_some());
    let mut all = vec![None; scored.students()];
    for_each(&Patterns::of(scored), items, quadrature, |student, posterior, _| {
        let mean: f64 = posterior.iter().zip(&quadrature.nodes).map(|(p, t)| p * t).sum();
        let variance: f64 = posterior.iter().zip(&quadrature.nodes).map(|(p, t)| p * (t - mean).powi(2)).sum();
        all[student] = answered(student).then_some(Ability { theta: mean, error: variance.sqrt() });
    });
    all
}
