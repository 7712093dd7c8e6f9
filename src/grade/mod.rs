//! What answers are worth under a key, and which rule says so.
//!
//! ```text
//! KEY.json -> Key (checked) -> Form (one version, one language) ─┐
//! fields of a layout, versions.json -> Places ───────────────────┼-> Graded
//! answers of a sheet, its pages joined ──────────────────────────┘
//! ```
//!
//! Pure and exact: a doubtful answer is worth nothing until a person has decided it, and the grade says that it waits. To
//! grade anew under another key takes answers alone, no picture and no reading. `evaluation` is for templates of
//! OMRChecker's, which know streaks.

pub mod answer;
pub mod evaluation;
mod form;
mod graded;
mod grader;
mod key;
mod number;
pub mod paper;
mod places;
pub mod roll;
mod rounding;
mod rules;
pub mod versions;

pub use answer::{Answer, Shape, Status};
pub use graded::{Detail, Graded, Marked, Part, Sitting, Standing};
pub use grader::Grader;
pub use key::{Annulment, Effect, Group, Key, KeyError, Question};
pub use number::{Exact, Points};
pub use paper::{Joined, Owner, Page, Paper};
pub use places::Places;
pub use rules::{Verdict, Why};

#[cfg(test)]
mod tests;
