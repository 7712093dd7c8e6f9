//! What is in each bubble, measured against this page's own paper and ink.

mod judge;
mod measure;
mod print;
mod writing;

pub use judge::{Judged, judge};
pub use measure::{Measured, measure, measure_dark_print};
pub use writing::{Writing, writing};
