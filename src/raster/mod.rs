//! Pictures as rows of gray pixels. Nothing here knows what a sheet is.

pub mod gray;

pub use gray::Gray;
