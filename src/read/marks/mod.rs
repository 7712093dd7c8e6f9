//! What is in each bubble, measured against this page's own paper and ink.

mod glance;
mod judge;
mod lettered;
mod measure;
mod place;
mod print;
mod writing;

pub use judge::{HIDDEN, Judged, NOTHING, PENCIL, Usual, judge};
pub use lettered::measure_dark_print;
pub use measure::{Measured, measure};
pub use writing::{Writing, writing};
