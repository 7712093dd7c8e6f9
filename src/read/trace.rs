//! What the reader saw on its way to a reading: kept only when somebody asks to see its reasoning.

use crate::units::{Mm, Point, Px};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    pub marks: Vec<MarkTrace>,
    pub codes: Vec<CodeTrace>,
    pub anchors: Vec<AnchorTrace>,
    /// Half-axes of the ellipse sampled in a bubble, as a share of the bubble's own. 0 where none was sampled.
    pub window: f64,
}

/// A registration mark: where it is on the paper and where it was found, if it was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MarkTrace {
    pub expected: Point<Mm>,
    pub found: Option<Point<Px>>,
    /// Whether it counted for the registration.
    pub ok: bool,
}

/// A window in which a code was looked for, its corners in order around it.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeTrace {
    pub name: String,
    pub corners: [Point<Px>; 4],
    pub decoded: bool,
}

/// A small square on which registration was refined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnchorTrace {
    pub expected: Point<Mm>,
    pub found: Option<Point<Px>>,
}
