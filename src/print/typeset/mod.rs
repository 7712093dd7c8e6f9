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

#[cfg(all(test, feature = "booklets"))]
mod tests {
    use super::*;
    use crate::print::booklet::piece::What;
    use crate::print::rich::{Context, NoSource, Pictures, html};

    /// Every glyph that a formula is set with and how far to the right it stands, and how high the formula is.
    fn set(formula: &str) -> (Vec<(u16, f64)>, f64) {
        let mut context = Context::new(&NoSource, Pictures::new(false));
        let blocks = html::read(formula, &mut context);
        let setting = Setting {
            fonts: vec!["IBM Plex Serif", "IBM Plex Math"],
            size: 10.0,
            leading: 0.65,
            spacing: 0.9,
            justify: false,
            widest: 300.0,
            tallest: 300.0,
        };
        let item = Item { width: 300.0, align: Align::Natural, justify: false, blocks: &blocks };
        let mut budget = Budget::new(Duration::from_secs(60));
        let piece = typeset(&[item], &setting, &mut budget).remove(0).expect("it is set");
        let mut glyphs = Vec::new();
        for drawn in &piece.drawn {
            if let What::Text { run, .. } = &drawn.what {
                let mut x = drawn.at.e;
                for glyph in &run.glyphs {
                    glyphs.push((glyph.id, x + glyph.dx * run.size));
                    x += glyph.advance * run.size;
                }
            }
        }
        (glyphs, piece.height)
    }

    fn last(formula: &str) -> (u16, f64) {
        *set(formula).0.last().expect("a glyph")
    }

    #[test]
    fn a_phantom_takes_the_room_of_what_it_hides() {
        let (glyphs, height) = set(r"\(x\phantom{y^2}z\)");
        assert_eq!(glyphs.len(), 2);
        let shown = set(r"\(xy^2z\)");
        assert!((glyphs[1].1 - shown.0[3].1).abs() < 0.01 && (height - shown.1).abs() < 0.01, "{glyphs:?}, {shown:?}");
        let (low, high, wide) =
            (set(r"\[\sqrt{x}\]"), set(r"\[\sqrt{\vphantom{\frac{a}{b}}x}\]"), set(r"\[\sqrt{\frac{a}{b}}\]"));
        assert!(high.1 > low.1 + 5.0 && (high.1 - wide.1).abs() < 2.0, "{} {} {}", low.1, high.1, wide.1);
        let (plain, wide) = (last(r"\(xz\)"), last(r"\(x\hphantom{\frac{aa}{b}}z\)"));
        assert!(wide.1 > plain.1 + 5.0, "{plain:?}, {wide:?}");
    }

    #[test]
    fn what_is_in_a_box_is_still_mathematics() {
        assert_eq!(last(r"\(\boxed{x}\)").0, last(r"\(x\)").0);
        let (inline, display) = (set(r"\(\boxed{\frac{a}{b}}\)"), set(r"\[\boxed{\frac{a}{b}}\]"));
        assert!(display.1 > inline.1 + 3.0, "{} {}", inline.1, display.1);
    }
}
