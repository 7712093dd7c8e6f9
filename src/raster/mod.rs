//! Pictures: gray to measure on, colour to show people. Nothing here knows what a sheet is.

pub mod blobs;
pub mod draw;
pub mod gray;
pub mod jpeg;
pub mod partial;
pub mod reduce;
pub mod rgb;
pub mod streaks;
pub mod text;

pub use gray::Gray;
pub use partial::{Partial, Window};
pub use reduce::reduce;
pub use rgb::Rgb;
pub use streaks::Streaks;
