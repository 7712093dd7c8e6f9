//! A picture of which only what is looked at has been decoded.
//!
//! Whoever samples a place says so first ([`Partial::need`]); what nobody needs costs no inverse transform.

use super::jpeg::Index;
use super::{Gray, reduce};
use crate::units::{Point, Px};
use std::cell::Cell;
use std::sync::Arc;

#[derive(Clone)]
pub struct Partial {
    gray: Gray,
    /// A JPEG gives it for nothing; from pixels it is made once.
    eighth: Option<Gray>,
    source: Option<Source>,
}

#[derive(Clone)]
struct Source {
    index: Arc<Index>,
    /// Which cells are decoded, row by row.
    known: Vec<bool>,
    across: usize,
    /// Of a cell, in pixels: a block wide and a row of MCUs high.
    cell: (usize, usize),
}

/// A rectangle of pixels; may reach beyond the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    pub x0: f64,
    pub y0: f64,
    pub x1: f64,
    pub y1: f64,
}

impl Window {
    /// The least window that holds all points, and `margin` pixels around.
    pub fn around(points: impl IntoIterator<Item = Point<Px>>, margin: f64) -> Self {
        let nothing = Window { x0: f64::MAX, y0: f64::MAX, x1: f64::MIN, y1: f64::MIN };
        let hull = points.into_iter().fold(nothing, |w, p| Window {
            x0: w.x0.min(p.x),
            y0: w.y0.min(p.y),
            x1: w.x1.max(p.x),
            y1: w.y1.max(p.y),
        });
        Window { x0: hull.x0 - margin, y0: hull.y0 - margin, x1: hull.x1 + margin, y1: hull.y1 + margin }
    }
}

impl std::fmt::Debug for Partial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = if self.source.is_some() { "in parts" } else { "whole" };
        write!(f, "{:?}, {what}", self.gray)
    }
}

impl Partial {
    pub fn whole(gray: Gray) -> Self {
        Partial { gray, eighth: None, source: None }
    }

    /// Nothing but the eighth is there at first, whose pixels may reach beyond the picture at its right and lower edges.
    pub fn of(index: Index) -> Self {
        let cell = index.cell();
        let (across, down) = (index.width().div_ceil(cell.0), index.height().div_ceil(cell.1));
        let mut pixels = SPARE.take();
        pixels.resize(index.width() * index.height(), 0);
        let gray = Gray::from_vec(index.width(), index.height(), pixels);
        Partial {
            gray,
            eighth: Some(index.eighth.clone()),
            source: Some(Source { known: vec![false; across * down], across, cell, index: Arc::new(index) }),
        }
    }

    /// The picture as far as it is decoded.
    pub fn gray(&self) -> &Gray {
        &self.gray
    }

    /// At 1/8 scale.
    pub fn eighth(&mut self) -> &Gray {
        self.eighth.get_or_insert_with(|| reduce(&self.gray, 8))
    }

    /// Whether all of the picture has been decoded.
    pub fn is_whole(&self) -> bool {
        self.source.is_none()
    }

    /// Decodes what of a window is not there yet.
    pub fn need(&mut self, window: Window) {
        let Some(source) = &mut self.source else { return };
        let cells = |from: f64, to: f64, cell: usize, pixels: usize| {
            let from = (from.max(0.0) as usize).min(pixels);
            let to = (to.max(0.0).ceil() as usize + 1).min(pixels);
            from / cell..to.div_ceil(cell)
        };
        let columns = cells(window.x0, window.x1, source.cell.0, self.gray.width);
        for row in cells(window.y0, window.y1, source.cell.1, self.gray.height) {
            let mut column = columns.start;
            while column < columns.end {
                let known = &mut source.known[row * source.across..(row + 1) * source.across];
                let run = known[column..columns.end].iter().take_while(|k| !**k).count();
                if run > 0 {
                    known[column..column + run].fill(true);
                    let x = column * source.cell.0..(column + run) * source.cell.0;
                    source.index.decode_into(&mut self.gray, x, row * source.cell.1..(row + 1) * source.cell.1);
                }
                column += run + 1;
            }
        }
    }

    /// Decodes the rest.
    pub fn all(&mut self) -> &Gray {
        let (w, h) = (self.gray.width as f64, self.gray.height as f64);
        self.need(Window { x0: 0.0, y0: 0.0, x1: w, y1: h });
        self.source = None;
        &self.gray
    }

    pub fn into_whole(mut self) -> Gray {
        self.all();
        std::mem::replace(&mut self.gray, Gray::new(0, 0, 0))
    }
}

thread_local! {
    /// The pixels of the last page, all zero again: to have new ones made zero costs as much as a twentieth of reading
    /// a page.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl Drop for Partial {
    fn drop(&mut self) {
        let Some(source) = &self.source else { return };
        let (width, (cell, high)) = (self.gray.width, source.cell);
        for (rows, known) in self.gray.data.chunks_mut(width * high).zip(source.known.chunks(source.across)) {
            let mut column = 0;
            for run in known.chunk_by(|a, b| a == b) {
                let (from, to) = (column * cell, ((column + run.len()) * cell).min(width));
                if run[0] {
                    rows.chunks_mut(width).for_each(|row| row[from..to].fill(0));
                }
                column += run.len();
            }
        }
        SPARE.set(std::mem::take(&mut self.gray.data));
    }
}
