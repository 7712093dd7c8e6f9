//! Where a place on the paper is in the picture: a homography, and on it a smooth local correction where paper curls or
//! was fed unevenly.

use crate::units::{Homography, Mm, Point, Px};

/// A local correction known at some place of the paper: how far (in pixels) the truth is from the homography.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    pub at: Point<Mm>,
    pub dx_px: f64,
    pub dy_px: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Warp {
    pub base: Homography<Mm, Px>,
    shifts: Vec<Shift>,
    /// How far a shift reaches, in millimetres.
    reach_mm: f64,
}

impl Warp {
    pub fn new(base: Homography<Mm, Px>) -> Self {
        Warp { base, shifts: Vec::new(), reach_mm: 1.0 }
    }

    pub fn with_shifts(base: Homography<Mm, Px>, shifts: Vec<Shift>, reach_mm: f64) -> Self {
        Warp { base, shifts, reach_mm }
    }

    pub fn shifts(&self) -> &[Shift] {
        &self.shifts
    }

    /// Shepard's inverse distance weighting (*Proc. ACM National Conf.*, 1968), softened at `reach_mm / 4`.
    pub fn to_picture(&self, p: Point<Mm>) -> Point<Px> {
        let q = self.base.apply(p);
        if self.shifts.is_empty() {
            return q;
        }
        let soft = (self.reach_mm / 4.0).powi(2);
        let (mut sum, mut dx, mut dy) = (0.0, 0.0, 0.0);
        for s in &self.shifts {
            let d2 = (s.at.x - p.x).powi(2) + (s.at.y - p.y).powi(2);
            let w = 1.0 / (d2 + soft).powi(2);
            (sum, dx, dy) = (sum + w, dx + w * s.dx_px, dy + w * s.dy_px);
        }
        Point::new(q.x + dx / sum, q.y + dy / sum)
    }

    /// Pixels per millimetre around a place: the square root of the change of area.
    pub fn px_per_mm(&self, p: Point<Mm>) -> f64 {
        let j = self.base.jacobian(p);
        (j[0][0] * j[1][1] - j[0][1] * j[1][0]).abs().sqrt()
    }
}
