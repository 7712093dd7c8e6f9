//! How often each way of the cascade was needed.

use super::{Attempt, CASCADE};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StageCount {
    pub stage: &'static str,
    /// Pages on which it was tried.
    pub tried: u64,
    /// Pages of which it gave an identity.
    pub decoded: u64,
}

/// In the cascade's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Stages(Vec<StageCount>);

impl Default for Stages {
    fn default() -> Self {
        Stages(CASCADE.iter().map(|&(stage, ..)| StageCount { stage, tried: 0, decoded: 0 }).collect())
    }
}

impl Stages {
    /// Counts what was tried on a page.
    pub fn count(&mut self, attempts: &[Attempt]) {
        for attempt in attempts {
            if let Some(counted) = self.0.iter_mut().find(|c| c.stage == attempt.stage) {
                counted.tried += 1;
                counted.decoded += u64::from(attempt.decoded);
            }
        }
    }

    pub fn add(&mut self, other: &Stages) {
        for (sum, more) in self.0.iter_mut().zip(&other.0) {
            sum.tried += more.tried;
            sum.decoded += more.decoded;
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &StageCount> {
        self.0.iter()
    }
}
