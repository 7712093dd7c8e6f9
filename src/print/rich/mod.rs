//! What a question says: HTML, MathML and LaTeX as the platform holds them, read into plain data.
//!
//! ```text
//! HTML ─ html5ever ─┬─ text, lists, tables ──────────────┐
//!                   ├─ MathML, Wiris « » ─ mathml ───────┼-> Vec<Block>, Pictures, warnings
//!                   └─ \( … \) ─ latex ─ MathML ─ mathml ┘
//! ```
//!
//! No script runs and nothing is fetched but by the [`Source`] that the caller gives.

pub mod model;
pub mod content;

#[derive(Default)]
pub struct Pictures(pub Vec<model::PictureData>);

pub trait Source {
    fn fetch(&self, reference: &str) -> Result<Vec<u8>, String>;
}

pub struct NoSource;
impl Source for NoSource {
    fn fetch(&self, _: &str) -> Result<Vec<u8>, String> {
        Err("none".into())
    }
}

pub struct Context<'s> {
    pub path: String,
    pub warnings: Vec<crate::json::Fault>,
    pub pictures: Pictures,
    pub source: &'s dyn Source,
    pub gray: bool,
}
