//! Pictures of an exam as SVG: readable in light and in dark, and told in words to who can't see them.

mod curve;
mod distractors;
mod frame;
mod histogram;
mod words;

pub use curve::item_curve;
pub use distractors::distractors;
pub use histogram::histogram;
pub use words::Language;
