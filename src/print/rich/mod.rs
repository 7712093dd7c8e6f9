//! What a question says: HTML, MathML and LaTeX as the platform holds them, read into plain data.
//!
//! ```text
//! HTML ─ html5ever ─┬─ text, lists, tables ──────────────┐
//!                   ├─ MathML, Wiris « » ─ mathml ───────┼-> Vec<Block>, Pictures, warnings
//!                   └─ \( … \) ─ latex ─ MathML ─ mathml ┘
//! ```
//!
//! No script runs and nothing is fetched but by the [`Source`] that the caller gives.

pub mod content;
mod context;
mod foreign;
mod gaps;
pub mod html;
pub mod latex;
mod markup;
pub mod mathml;
pub mod model;
pub mod picture;
#[cfg(test)]
mod snippets;
mod symbol;
pub mod text;

pub use context::Context;
pub use gaps::with_gaps;
pub use picture::{Folder, NoSource, Pictures, Source};
