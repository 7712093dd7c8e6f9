//! What is in each bubble, measured against this page's own paper and ink.

mod judge;
mod measure;

pub use judge::{Judged, judge};
pub use measure::{Measured, Writing, measure, writing};
