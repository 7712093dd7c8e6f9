//! What a picture of an eighth of the size tells of a bubble: mostly that nothing was done to it, or that it is full.
//!
//! In that picture each pixel is the mean of 8 × 8, so the sum over a bubble and its rim is all the ink there is, wherever
//! the pixels' borders fall. Bubbles of a label have the same print, so one that has no more and no less than is usual
//! is empty, its outline not covered, and need not be decoded; nor need one that is black all over, with no more around
//! it than around the others.

use super::judge::PENCIL;
use super::place::Local;
use crate::raster::Gray;
use fearless_simd::{Level, Simd, dispatch};
use std::f64::consts::PI;

/// By how much the picture is reduced.
pub const FACTOR: usize = 8;
/// Pixels along a bubble's half-axes from which on its pixels in the reduced picture tell it from its neighbours.
const LEAST_HALF_AXIS_PX: f64 = 2.0 * FACTOR as f64;
/// What is summed up, in half-axes: the outline reaches to 1.1, and pixels are a third wide at 300 dpi.
const RIM: f32 = 1.3;
/// Pixels whose middles are here lie within the outline.
const INSIDE: f32 = 0.7;
/// Where strokes that leave the bubble are seen: a full mark spills to 1.3 half-axes.
const BEYOND: (f32, f32) = (1.5, 1.75);
/// Where paper is looked for.
const PAPER: (f32, f32) = (1.1, 1.6);
/// Pixels across what is looked at, at most: up to 400 dpi.
const ACROSS: usize = 16;

/// Ink in and on a bubble: 0 for paper and 1 for nothing reflected at all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glance {
    /// In all, print included, as a part of the bubble's area.
    pub ink: f64,
    /// Of the darkest pixel.
    pub darkest: f64,
    /// Of the pixels inside: their mean, and the lightest.
    pub inside: f64,
    pub lightest: f64,
    /// Of the darkest pixel beyond.
    pub beyond: f64,
    /// Gray of the paper around.
    pub paper: f64,
}

/// At each bubble; None where it is too small in the picture, or not wholly in it.
pub fn glances<'l>(eighth: &Gray, locals: impl Iterator<Item = &'l Local<'l>>) -> Vec<Option<Glance>> {
    dispatch!(Level::new(), simd => all(simd, eighth, locals))
}

#[inline(always)]
fn all<'l, S: Simd>(simd: S, eighth: &Gray, locals: impl Iterator<Item = &'l Local<'l>>) -> Vec<Option<Glance>> {
    simd.vectorize(
        #[inline(always)]
        || locals.map(|local| glance(eighth, local)).collect(),
    )
}

#[inline(always)]
fn glance(eighth: &Gray, local: &Local) -> Option<Glance> {
    let [[a, b], [c, d]] = local.j;
    let det = a * d - b * c;
    if a.hypot(c).min(b.hypot(d)) < LEAST_HALF_AXIS_PX {
        return None;
    }
    let f = FACTOR as f64;
    let reach = f64::from(BEYOND.1);
    let (rx, ry) = (reach * a.hypot(b), reach * c.hypot(d));
    let (x0, y0) = ((local.x - rx) / f, (local.y - ry) / f);
    let (x1, y1) = ((local.x + rx) / f, (local.y + ry) / f);
    if x0 < 0.0 || y0 < 0.0 || x1 >= eighth.width as f64 || y1 >= eighth.height as f64 {
        return None;
    }
    let (x0, x1) = (x0 as usize, x1 as usize);
    if x1 - x0 >= ACROSS || y1 - y0 >= (ACROSS - 1) as f64 {
        return None;
    }
    // Along a row, (u, v) in half-axes goes on by the same step. Whole numbers of pixels are summed, so that the order
    // does not matter and sixteen are summed at once.
    let (du, dv) = ((d * f / det) as f32, (-c * f / det) as f32);
    let dx = (x0 as f64 + 0.5) * f - local.x;
    let (mut around, mut n) = ([0u8; ACROSS * ACROSS], 0);
    let (mut sum, mut count, mut blackest) = (0u32, 0u32, 255u8);
    let (mut inside, mut within, mut lightest, mut beyond) = (0u32, 0u32, 0u8, 255u8);
    for y in y0 as usize..=y1 as usize {
        let dy = (y as f64 + 0.5) * f - local.y;
        let (u, v) = (((d * dx - b * dy) / det) as f32, ((a * dy - c * dx) / det) as f32);
        let mut pixels = [0u8; ACROSS];
        let row = &eighth.row(y)[x0..=x1];
        pixels[..row.len()].copy_from_slice(row);
        let r2: [f32; ACROSS] = std::array::from_fn(|i| {
            let (u, v) = (u + i as f32 * du, v + i as f32 * dv);
            // Beyond the row nothing is looked at.
            if i < row.len() { u * u + v * v } else { f32::MAX }
        });
        for (&r2, &gray) in r2.iter().zip(&pixels) {
            let (on, deep) = (r2 <= RIM * RIM, r2 <= INSIDE * INSIDE);
            let far = r2 > BEYOND.0 * BEYOND.0 && r2 <= BEYOND.1 * BEYOND.1;
            sum += if on { u32::from(gray) } else { 0 };
            count += u32::from(on);
            blackest = blackest.min(if on { gray } else { 255 });
            inside += if deep { u32::from(gray) } else { 0 };
            within += u32::from(deep);
            lightest = lightest.max(if deep { gray } else { 0 });
            beyond = beyond.min(if far { gray } else { 255 });
        }
        for (&r2, &gray) in r2.iter().zip(&pixels[..row.len()]) {
            // Always written, and kept where it counts: no branch to be guessed wrong.
            around[n] = gray;
            n += usize::from(r2 > PAPER.0 * PAPER.0 && r2 <= PAPER.1 * PAPER.1);
        }
    }
    if n == 0 || within == 0 {
        return None;
    }
    let paper = f64::from(*around[..n].select_nth_unstable(n * 4 / 5).1).max(1.0);
    let pixel = f * f / (PI * det.abs());
    let ink = |gray: f64| 1.0 - gray / paper;
    Some(Glance {
        ink: (f64::from(count) * paper - f64::from(sum)) / paper * pixel,
        darkest: ink(blackest.into()),
        inside: ink(f64::from(inside) / f64::from(within)),
        lightest: ink(lightest.into()),
        beyond: ink(beyond.into()),
        paper,
    })
}

/// What bubbles of one label usually are.
pub struct Label {
    ink: f64,
    darkest: f64,
    beyond: f64,
}

impl Label {
    /// From the lower quartiles: most are empty. None where there are too few to tell, or all have much ink.
    pub fn of(glances: &[Glance]) -> Option<Self> {
        /// Ink that print has at most.
        const PRINT: f64 = 0.3;
        const ENOUGH: usize = 4;
        if glances.len() < ENOUGH {
            return None;
        }
        let quartile = |value: fn(&Glance) -> f64| {
            let mut all: Vec<f64> = glances.iter().map(value).collect();
            *all.select_nth_unstable_by(glances.len() / 4, f64::total_cmp).1
        };
        let label =
            Label { ink: quartile(|g| g.ink), darkest: quartile(|g| g.darkest), beyond: quartile(|g| g.beyond) };
        (label.ink < PRINT).then_some(label)
    }

    /// Whether a bubble has no more and no less ink than is usual.
    pub fn is_empty(&self, g: &Glance) -> bool {
        const MORE: f64 = 0.03;
        const LESS: f64 = 0.02;
        const DARKER: f64 = 0.12;
        g.ink - self.ink < MORE && self.ink - g.ink < LESS && g.darkest - self.darkest < DARKER
    }

    /// Whether a bubble is black all over, and nothing goes on beyond it. `black` is the gray of solid ink as a part of
    /// that of paper.
    pub fn is_full(&self, g: &Glance, black: f64) -> bool {
        /// Of solid ink. Over a bubble that a ballpoint has filled the mean is 0.7 to 0.85, and no pixel under 0.5.
        const FULL: f64 = 0.62;
        const NO_GAP: f64 = 0.5;
        /// A stroke of 0.4 mm that leaves the bubble darkens a pixel by a third.
        const CLEAR: f64 = 0.1;
        let solid = 1.0 - black;
        g.inside > FULL * solid
            && g.lightest > NO_GAP * solid
            && g.darkest > PENCIL * solid
            && g.beyond - self.beyond < CLEAR
    }
}
