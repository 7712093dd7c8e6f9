//! What is in each bubble, measured against this page's own paper and ink.

mod glance;
mod judge;
mod measure;
mod place;
mod writing;

pub use judge::{HIDDEN, Judged, NOTHING, PENCIL, Usual, judge};
pub use measure::{Measured, measure};
pub use writing::{Writing, writing};
