//! Pictures as rows of gray pixels. Nothing here knows what a sheet is.

pub mod blobs;
pub mod gray;
pub mod jpeg;
pub mod reduce;

pub use gray::Gray;
pub use reduce::reduce;
