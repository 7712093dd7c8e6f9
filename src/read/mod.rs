//! From bytes to answers.

pub mod pages;
pub mod result;
pub mod warp;
