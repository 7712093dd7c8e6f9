//! Rich text to pieces, by typst: nothing else knows of it.
//!
//! ```text
//! Vec<Block> -> data.json ─┐
//! template.typ ────────────┴-> typst -> frames -> trace -> Piece (what is drawn where, in points)
//! ```
//!
//! An item is a page of its own, as wide as its column and as high as it needs. Text reaches typst as data only, so there
//! is no markup that it could break out of; typst sees no file but the template, the data and our typefaces.

mod budget;
#[cfg(feature = "booklets")]
mod trace;
#[cfg(feature = "booklets")]
mod world;

pub use budget::Budget;

use super::booklet::Piece;
use super::rich::model::{Align, Block};
use crate::contain::contain;
use serde::Serialize;
use std::sync::mpsc;
use std::time::Duration;

/// The typography that all items share. Lengths are in points, or parts of the type's size.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Setting {
    /// By family, the first that has a letter sets it.
    pub fonts: Vec<&'static str>,
    pub size: f64,
    /// Between lines, beside what the typeface's own height takes.
    pub leading: f64,
    /// Between paragraphs.
    pub spacing: f64,
    pub justify: bool,
    /// Bounds of a picture.
    pub widest: f64,
    pub tallest: f64,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Item<'a> {
    pub width: f64,
    pub align: Align,
    /// Where the setting justifies: short texts look better ragged, and are set faster.
    pub justify: bool,
    pub blocks: &'a [Block],
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TypesetError {
    #[error("takes longer than {0:?} to typeset")]
    TooLong(Duration),
    #[error("can't be typeset: {0}")]
    Refused(String),
}

/// Recursion in typst follows that of the text.
const STACK_BYTES: usize = 64 << 20;

/// A piece for each item. What can't be typeset is said for each item alone, and does not keep the others back.
pub fn typeset(items: &[Item], setting: &Setting, budget: &mut Budget) -> Vec<Result<Piece, TypesetError>> {
    budget::share(items, budget, &mut |items, limit| all(items, setting, limit))
}

#[derive(Serialize)]
struct Data<'a> {
    #[serde(flatten)]
    setting: &'a Setting,
    items: &'a [Item<'a>],
}

fn all(items: &[Item], setting: &Setting, limit: Duration) -> Result<Vec<Piece>, TypesetError> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let data = serde_json::to_vec(&Data { setting, items }).map_err(|e| TypesetError::Refused(e.to_string()))?;
    let (send, receive) = mpsc::channel();
    // Threads of its own: what takes too long goes on in them, and would hold those that typst shares.
    let threads = if items.len() > 1 { 0 } else { 1 };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK_BYTES);
    // A panic is told by the channel's end.
    let pool = pool.build().map_err(|e| TypesetError::Refused(e.to_string()))?;
    pool.spawn(move || {
        if let Ok(pieces) = contain(|| compile(data)) {
            // Nobody waits any more where the limit has passed.
            let _ = send.send(pieces);
        }
    });
    match receive.recv_timeout(limit) {
        Ok(pieces) => pieces.map_err(TypesetError::Refused),
        Err(mpsc::RecvTimeoutError::Timeout) => Err(TypesetError::TooLong(limit)),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(TypesetError::Refused("the typesetter stopped".into())),
    }
}

#[cfg(feature = "booklets")]
fn compile(data: Vec<u8>) -> Result<Vec<Piece>, String> {
    world::Sources::new(data).compile().map(|document| trace::pieces(&document))
}

#[cfg(not(feature = "booklets"))]
fn compile(_: Vec<u8>) -> Result<Vec<Piece>, String> {
    Err("this program was built without booklets; build it with the feature `booklets`".into())
}
