//! From bytes to answers.

pub mod result;
pub mod warp;
