//! What is in each bubble, measured against this page's own paper and ink.

mod judge;
mod measure;
mod writing;

pub use judge::{Judged, judge};
pub use measure::{Measured, measure};
pub use writing::{Writing, writing};
