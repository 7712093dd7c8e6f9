//! Abilities as marks: the reference group's mean is 500 and its deviation 100, as ENEM reports them.

use serde::Serialize;

/// The numbers look like ENEM's and are not ENEM's: INEP's scale is fixed by its own items, its reference group of 2009 and an
/// equating that is not public. Marks of two exams can be compared only if their parameters are on one scale.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
pub struct Scale {
    pub mean: f64,
    pub deviation: f64,
    /// The reference group's abilities.
    pub reference_mean: f64,
    pub reference_deviation: f64,
}

impl Default for Scale {
    /// The reference group is that whose abilities are standard normal: those on whom the questions were calibrated.
    fn default() -> Self {
        Scale { mean: 500.0, deviation: 100.0, reference_mean: 0.0, reference_deviation: 1.0 }
    }
}

impl Scale {
    pub fn mark(&self, theta: f64) -> f64 {
        self.mean + self.error(theta - self.reference_mean)
    }

    /// A deviation of abilities in marks.
    pub fn error(&self, deviation: f64) -> f64 {
        self.deviation * deviation / self.reference_deviation
    }
}
