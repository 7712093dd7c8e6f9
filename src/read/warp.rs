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

/// A bend of the whole page: what a cylinder of paper adds to a homography, as polynomials of the place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Bow {
    dx_px: [f64; TERMS],
    dy_px: [f64; TERMS],
}

const TERMS: usize = 5;
/// Millimetres that count as 1 in the polynomials, and where they have their middle.
const BOW_UNIT_MM: f64 = 150.0;
const BOW_MIDDLE_MM: (f64, f64) = (105.0, 148.5);

fn terms(p: Point<Mm>) -> [f64; TERMS] {
    let (u, v) = ((p.x - BOW_MIDDLE_MM.0) / BOW_UNIT_MM, (p.y - BOW_MIDDLE_MM.1) / BOW_UNIT_MM);
    [1.0, u * u, v * v, u * u * v, u * v * v]
}

impl Bow {
    /// Least squares with a little ridge, so that few marks don't bend a page wildly.
    fn fit(shifts: &[Shift]) -> Self {
        const RIDGE: f64 = 0.01;
        let solved = |value: fn(&Shift) -> f64| {
            let mut normal = [[0.0; TERMS + 1]; TERMS];
            for s in shifts {
                let t = terms(s.at);
                for i in 0..TERMS {
                    for j in 0..TERMS {
                        normal[i][j] += t[i] * t[j];
                    }
                    normal[i][TERMS] += t[i] * value(s);
                }
            }
            for (i, row) in normal.iter_mut().enumerate() {
                row[i] += RIDGE;
            }
            crate::units::solve(normal).unwrap_or_default()
        };
        Bow { dx_px: solved(|s| s.dx_px), dy_px: solved(|s| s.dy_px) }
    }

    fn at(&self, p: Point<Mm>) -> (f64, f64) {
        let t = terms(p);
        let sum = |c: &[f64; TERMS]| c.iter().zip(&t).map(|(c, t)| c * t).sum();
        (sum(&self.dx_px), sum(&self.dy_px))
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Warp {
    pub base: Homography<Mm, Px>,
    bow: Option<Bow>,
    /// What is left beyond homography and bow.
    shifts: Vec<Shift>,
    /// How far a shift reaches, in millimetres.
    reach_mm: f64,
}

impl Warp {
    pub fn new(base: Homography<Mm, Px>) -> Self {
        Warp { base, bow: None, shifts: Vec::new(), reach_mm: 1.0 }
    }

    /// `shifts` are from the homography.
    pub fn with_shifts(base: Homography<Mm, Px>, shifts: Vec<Shift>, reach_mm: f64) -> Self {
        Warp { base, bow: None, shifts, reach_mm }
    }

    /// As [`Warp::with_shifts`], with a bend of the whole page fitted to the shifts first: for paper that curls, whose
    /// middle is far from where its edges would have it.
    pub fn bowed(base: Homography<Mm, Px>, shifts: Vec<Shift>, reach_mm: f64) -> Self {
        let bow = Bow::fit(&shifts);
        let shifts = shifts
            .into_iter()
            .map(|s| {
                let (dx, dy) = bow.at(s.at);
                Shift { dx_px: s.dx_px - dx, dy_px: s.dy_px - dy, ..s }
            })
            .collect();
        Warp { base, bow: Some(bow), shifts, reach_mm }
    }

    /// What is left beyond homography and bow, where it was measured.
    pub fn shifts(&self) -> &[Shift] {
        &self.shifts
    }

    /// Shepard's inverse distance weighting (*Proc. ACM National Conf.*, 1968), softened at `reach_mm / 4`.
    pub fn to_picture(&self, p: Point<Mm>) -> Point<Px> {
        let q = self.base.apply(p);
        let (bx, by) = self.bow.map_or((0.0, 0.0), |b| b.at(p));
        if self.shifts.is_empty() {
            return Point::new(q.x + bx, q.y + by);
        }
        let soft = (self.reach_mm / 4.0).powi(2);
        let (mut sum, mut dx, mut dy) = (0.0, 0.0, 0.0);
        for s in &self.shifts {
            let d2 = (s.at.x - p.x).powi(2) + (s.at.y - p.y).powi(2);
            let w = 1.0 / (d2 + soft).powi(2);
            (sum, dx, dy) = (sum + w, dx + w * s.dx_px, dy + w * s.dy_px);
        }
        Point::new(q.x + bx + dx / sum, q.y + by + dy / sum)
    }

    /// Pixels per millimetre around a place: the square root of the change of area.
    pub fn px_per_mm(&self, p: Point<Mm>) -> f64 {
        let j = self.base.jacobian(p);
        (j[0][0] * j[1][1] - j[0][1] * j[1][0]).abs().sqrt()
    }
}
