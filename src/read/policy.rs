//! What a school makes of marks: from what was recognised to what counts.

use super::calibration::Calibration;
use super::result::MarkState;
use crate::json::{Fault, Faults, Object};
use serde_json::Value;

/// What turns marks into answers. The defaults send to a person what is not plain; `docs/policy.md` has the format.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// A field that is right less probably than this is doubtful.
    pub least_confidence: f64,
    /// What counts, by the kind of mark.
    pub marks: Vec<(MarkState, Counts)>,
    /// Whether two marks where one is asked for go to a person, or are `multiple`.
    pub doubt_multiple: bool,
    pub calibration: Calibration,
}

/// What a kind of mark counts for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counts {
    /// By how probably it was meant.
    #[default]
    Measured,
    Always,
    Never,
    /// A person looks at every one.
    Doubtful,
}

/// The least confidence where a school says nothing. On the simulated pages, of the fields that say less three in four are
/// right all the same, and of those that say more one in 40,000 is wrong (docs/accuracy.md has the curve).
pub const LEAST_CONFIDENCE: f64 = 0.99;

/// Kinds of mark that a school may decide about, by their names in results.
const KINDS: [(&str, MarkState); 5] = [
    ("faint", MarkState::Faint),
    ("crossed", MarkState::Crossed),
    ("checked", MarkState::Checked),
    ("erased", MarkState::Erased),
    ("cancelled", MarkState::Cancelled),
];

impl Default for Policy {
    fn default() -> Self {
        Policy {
            least_confidence: LEAST_CONFIDENCE,
            marks: Vec::new(),
            doubt_multiple: false,
            calibration: Calibration::default(),
        }
    }
}

impl Policy {
    /// Reads a policy, or says everything that is wrong with it.
    pub fn from_json(json: &[u8]) -> Result<Self, Vec<Fault>> {
        let fault = |message: String| vec![Fault { path: String::new(), message }];
        let value: Value = serde_json::from_slice(json).map_err(|e| fault(format!("not JSON: {e}")))?;
        let mut faults = Faults::default();
        let mut policy = Policy::default();
        let mut o = Object::new(&value, "", &mut faults);
        if let Some(least) = o.number("least_confidence", 0.5..=0.9999, &mut faults) {
            policy.least_confidence = least;
        }
        policy.doubt_multiple = o.word("multiple", &[("multiple", false), ("doubtful", true)], &mut faults);
        if let Some(marks) = o.get("marks") {
            let mut marks = Object::new(marks, "marks", &mut faults);
            let words = [
                ("measured", Counts::Measured),
                ("always", Counts::Always),
                ("never", Counts::Never),
                ("doubtful", Counts::Doubtful),
            ];
            policy.marks = KINDS.map(|(name, state)| (state, marks.word(name, &words, &mut faults))).to_vec();
            marks.finish(&mut faults);
        }
        o.finish(&mut faults);
        if faults.0.is_empty() { Ok(policy) } else { Err(faults.0) }
    }

    pub fn counts(&self, state: MarkState) -> Counts {
        self.marks.iter().find(|m| m.0 == state).map_or(Counts::Measured, |m| m.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_and_its_faults_are_named() {
        let policy =
            Policy::from_json(br#"{"least_confidence": 0.999, "multiple": "doubtful", "marks": {"crossed": "never"}}"#)
                .unwrap();
        assert_eq!((policy.least_confidence, policy.doubt_multiple), (0.999, true));
        assert_eq!(policy.counts(MarkState::Crossed), Counts::Never);
        assert_eq!(policy.counts(MarkState::Faint), Counts::Measured);
        assert_eq!(Policy::from_json(b"{}").unwrap().least_confidence, LEAST_CONFIDENCE);
        let faults =
            Policy::from_json(br#"{"least_confidence": 2, "marks": {"crossed": "sometimes", "filled": "never"}}"#);
        let faults: Vec<String> = faults.unwrap_err().iter().map(|f| f.path.clone()).collect();
        assert_eq!(faults, ["least_confidence", "marks.crossed", "marks.filled"]);
    }
}
