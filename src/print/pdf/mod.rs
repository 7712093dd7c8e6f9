//! A PDF 1.7 file (ISO 32000-1) written as a stream: nothing is held but where each object lies, so memory does not
//! grow with the pages, and nothing is written twice, so it can go to any [`std::io::Write`].
//!
//! ```text
//! any PDF page -> Base (a form, written once) ─┐
//! per-page operators ──────────────────────────┴-> Writer::page -> page tree, object streams, xref stream
//!                    Conformance, About -> XMP, output condition, information ─┘
//! ```

pub mod base;
pub mod conformance;
pub mod font;
mod intent;
pub mod metadata;
pub mod number;
pub mod object;
mod pages;
pub mod writer;

pub use base::{Base, BaseError, Imported};
pub use conformance::Conformance;
pub use metadata::About;
pub use writer::{Effort, Finished, Packed, Writer};
