//! What a picture of an eighth of the size tells of a bubble: mostly that nothing was done to it.
//!
//! In that picture each pixel is the mean of 8 × 8, so the sum over a bubble and its rim is all the ink there is, wherever
//! the pixels' borders fall. Bubbles of a label have the same print, so one that has no more and no less than is usual
//! is empty, its outline not covered, and need not be decoded.

use super::place::Local;
use crate::raster::Gray;
use std::f64::consts::PI;

/// By how much the picture is reduced.
pub const FACTOR: usize = 8;
/// Pixels along a bubble's half-axes from which on its pixels in the reduced picture tell it from its neighbours.
const LEAST_HALF_AXIS_PX: f64 = 2.0 * FACTOR as f64;
/// What is summed up, in half-axes: the outline reaches to 1.1, and pixels are a third wide at 300 dpi.
const RIM: f64 = 1.3;
/// Where paper is looked for.
const PAPER: (f64, f64) = (1.1, 1.6);

/// Ink in and on a bubble.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glance {
    /// In all, print included, as a part of the bubble's area.
    pub ink: f64,
    /// Of the darkest pixel.
    pub darkest: f64,
    /// Gray of the paper around.
    pub paper: f64,
}

/// None where the bubble is too small in the picture, or not wholly in it.
pub fn glance(eighth: &Gray, local: &Local) -> Option<Glance> {
    let [[a, b], [c, d]] = local.j;
    let det = a * d - b * c;
    if a.hypot(c).min(b.hypot(d)) < LEAST_HALF_AXIS_PX {
        return None;
    }
    let f = FACTOR as f64;
    let (rx, ry) = (PAPER.1 * a.hypot(b), PAPER.1 * c.hypot(d));
    let (x0, y0) = ((local.x - rx) / f, (local.y - ry) / f);
    let (x1, y1) = ((local.x + rx) / f, (local.y + ry) / f);
    if x0 < 0.0 || y0 < 0.0 || x1 >= eighth.width as f64 || y1 >= eighth.height as f64 {
        return None;
    }
    let (x0, x1) = (x0 as usize, x1 as usize);
    let (mut around, mut n) = ([0u8; 256], 0);
    let (mut sum, mut count, mut blackest) = (0.0, 0.0, f64::MAX);
    for y in y0 as usize..=y1 as usize {
        let dy = (y as f64 + 0.5) * f - local.y;
        for (x, &gray) in (x0..=x1).zip(&eighth.row(y)[x0..=x1]) {
            let dx = (x as f64 + 0.5) * f - local.x;
            let (u, v) = ((d * dx - b * dy) / det, (a * dy - c * dx) / det);
            let r2 = u * u + v * v;
            if r2 <= RIM * RIM {
                (sum, count, blackest) = (sum + f64::from(gray), count + 1.0, blackest.min(gray.into()));
            }
            if r2 > PAPER.0 * PAPER.0 && r2 <= PAPER.1 * PAPER.1 && n < around.len() {
                around[n] = gray;
                n += 1;
            }
        }
    }
    if n == 0 {
        return None;
    }
    let paper = f64::from(*around[..n].select_nth_unstable(n * 4 / 5).1).max(1.0);
    let pixel = f * f / (PI * det.abs());
    Some(Glance { ink: (count * paper - sum) / paper * pixel, darkest: 1.0 - blackest / paper, paper })
}

/// Which of the bubbles of one label have no more and no less ink than is usual, and so are empty.
pub fn like_the_empty(label: &[Glance]) -> Vec<bool> {
    const MORE: f64 = 0.03;
    const LESS: f64 = 0.02;
    const DARKER: f64 = 0.12;
    /// Ink that print has at most.
    const PRINT: f64 = 0.3;
    const ENOUGH: usize = 4;
    if label.len() < ENOUGH {
        return vec![false; label.len()];
    }
    let quartile = |value: fn(&Glance) -> f64| {
        let mut all: Vec<f64> = label.iter().map(value).collect();
        *all.select_nth_unstable_by(label.len() / 4, f64::total_cmp).1
    };
    let (ink, darkest) = (quartile(|g| g.ink), quartile(|g| g.darkest));
    let usual = |g: &Glance| ink < PRINT && g.ink - ink < MORE && ink - g.ink < LESS && g.darkest - darkest < DARKER;
    label.iter().map(usual).collect()
}
