//! Item response theory: how probably a student of an ability has a question right.

mod calibrate;
mod eap;
mod mstep;
mod patterns;
mod posterior;
mod quadrature;
mod squarem;

pub use calibrate::{Calibration, Options, calibrate};
pub use eap::{Ability, abilities};
pub use mstep::{Beta, Guess, Normal, Prior, Priors};
pub use patterns::Scored;
pub use quadrature::Quadrature;

use serde::{Deserialize, Serialize};

/// Birnbaum's three-parameter logistic model (1968): P(θ) = c + (1 − c) / (1 + e^(−a (θ − b))).
///
/// Parameters of the normal metric have 1.7 in the exponent: multiply their `a` by it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Discrimination.
    pub a: f64,
    /// Difficulty: where the curve is half-way between c and 1.
    pub b: f64,
    /// What guessing is worth: the probability of the weakest.
    pub c: f64,
}

impl Parameters {
    pub fn probability(&self, theta: f64) -> f64 {
        self.c + (1.0 - self.c) / (1.0 + (-self.a * (theta - self.b)).exp())
    }

    /// Fisher information.
    pub fn information(&self, theta: f64) -> f64 {
        let p = self.probability(theta);
        let part = (p - self.c) / (1.0 - self.c);
        self.a * self.a * (1.0 - p) / p * part * part
    }

    /// Whether it is a curve that rises from a probability under 1.
    pub fn is_sound(&self) -> bool {
        self.a.is_finite() && self.a > 0.0 && self.b.is_finite() && (0.0..1.0).contains(&self.c)
    }
}
