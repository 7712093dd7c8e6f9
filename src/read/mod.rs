//! From bytes to answers.

pub mod result;
pub mod template;
pub mod warp;
