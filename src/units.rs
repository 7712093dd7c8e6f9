//! Lengths and places, typed by the space that they are measured in.
//!
//! The paper is in millimetres from its top-left corner, a picture in pixels from the top-left corner of its first
//! pixel (so the first pixel's centre is at 0.5, 0.5). Both have x to the right and y down. The type parameter keeps
//! one from being taken for the other.

use std::marker::PhantomData;

/// Millimetres on the paper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mm;

/// Pixels of one picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Px;

pub const MM_PER_INCH: f64 = 25.4;
pub const MM_PER_POINT: f64 = 25.4 / 72.0;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point<U> {
    pub x: f64,
    pub y: f64,
    unit: PhantomData<U>,
}

impl<U> Point<U> {
    pub const fn new(x: f64, y: f64) -> Self {
        Point { x, y, unit: PhantomData }
    }

    pub fn distance(&self, other: &Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// The square of the distance: for comparing, at a tenth of the time.
    pub fn distance2(&self, other: &Self) -> f64 {
        (self.x - other.x).powi(2) + (self.y - other.y).powi(2)
    }
}

/// A projective map from one plane to another: the pinhole model of Hartley & Zisserman, *Multiple View Geometry*,
/// section 2.3. Row-major, acting on column vectors (x, y, 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Homography<From, To> {
    pub m: [f64; 9],
    direction: PhantomData<(From, To)>,
}

impl<A, B> Homography<A, B> {
    pub const fn new(m: [f64; 9]) -> Self {
        Homography { m, direction: PhantomData }
    }

    pub const fn identity() -> Self {
        Self::new([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0])
    }

    pub fn apply(&self, p: Point<A>) -> Point<B> {
        let m = &self.m;
        let w = m[6] * p.x + m[7] * p.y + m[8];
        Point::new((m[0] * p.x + m[1] * p.y + m[2]) / w, (m[3] * p.x + m[4] * p.y + m[5]) / w)
    }

    pub fn then<C>(&self, next: &Homography<B, C>) -> Homography<A, C> {
        let (a, b) = (&next.m, &self.m);
        let mut m = [0.0; 9];
        for r in 0..3 {
            for c in 0..3 {
                m[3 * r + c] = (0..3).map(|k| a[3 * r + k] * b[3 * k + c]).sum();
            }
        }
        Homography::new(m)
    }

    pub fn determinant(&self) -> f64 {
        let m = &self.m;
        m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6])
    }

    /// None for a map that flattens the plane.
    pub fn inverse(&self) -> Option<Homography<B, A>> {
        let (m, d) = (&self.m, self.determinant());
        if !d.is_normal() {
            return None;
        }
        let c = [
            m[4] * m[8] - m[5] * m[7],
            m[2] * m[7] - m[1] * m[8],
            m[1] * m[5] - m[2] * m[4],
            m[5] * m[6] - m[3] * m[8],
            m[0] * m[8] - m[2] * m[6],
            m[2] * m[3] - m[0] * m[5],
            m[3] * m[7] - m[4] * m[6],
            m[1] * m[6] - m[0] * m[7],
            m[0] * m[4] - m[1] * m[3],
        ];
        Some(Homography::new(c.map(|v| v / d)))
    }

    /// Partial derivatives at `p`: ((dx'/dx, dx'/dy), (dy'/dx, dy'/dy)), in target units per source unit.
    pub fn jacobian(&self, p: Point<A>) -> [[f64; 2]; 2] {
        let m = &self.m;
        let w = m[6] * p.x + m[7] * p.y + m[8];
        let q = self.apply(p);
        [[(m[0] - q.x * m[6]) / w, (m[1] - q.x * m[7]) / w], [(m[3] - q.y * m[6]) / w, (m[4] - q.y * m[7]) / w]]
    }

    /// The least-squares map through pairs of places, by the direct linear transform on normalised coordinates
    /// (Hartley, "In Defense of the Eight-Point Algorithm", 1997). `weights` says how much each pair counts.
    /// None under four pairs, or when they do not span the plane.
    pub fn fit(pairs: &[(Point<A>, Point<B>)], weights: &[f64]) -> Option<Self> {
        if pairs.len() < 4 || pairs.len() != weights.len() {
            return None;
        }
        let (sa, ta) = normaliser(pairs.iter().map(|p| (p.0.x, p.0.y)));
        let (sb, tb) = normaliser(pairs.iter().map(|p| (p.1.x, p.1.y)));
        // h33 is fixed at 1: in centred coordinates the centre of the marks never lies on the horizon.
        let mut normal = [[0.0; 9]; 8];
        for ((a, b), &w) in pairs.iter().zip(weights) {
            let (x, y) = (sa * (a.x - ta.0), sa * (a.y - ta.1));
            let (u, v) = (sb * (b.x - tb.0), sb * (b.y - tb.1));
            let rows = [[x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u], [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v]];
            for row in rows {
                for i in 0..8 {
                    for j in 0..9 {
                        normal[i][j] += w * row[i] * row[j];
                    }
                }
            }
        }
        let h = solve(normal)?;
        let to_norm: Homography<A, A> = Homography::new([sa, 0.0, -sa * ta.0, 0.0, sa, -sa * ta.1, 0.0, 0.0, 1.0]);
        let from_norm: Homography<B, B> = Homography::new([1.0 / sb, 0.0, tb.0, 0.0, 1.0 / sb, tb.1, 0.0, 0.0, 1.0]);
        let middle: Homography<A, B> = Homography::new([h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1.0]);
        let whole = to_norm.then(&middle).then(&from_norm);
        let scale = whole.m[8];
        if !scale.is_normal() {
            return None;
        }
        Some(Homography::new(whole.m.map(|v| v / scale)))
    }
}

/// Scale and centre that bring the points to the origin at a mean distance of √2.
fn normaliser(points: impl Iterator<Item = (f64, f64)> + Clone) -> (f64, (f64, f64)) {
    let n = points.clone().count() as f64;
    let (sx, sy) = points.clone().fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
    let (cx, cy) = (sx / n, sy / n);
    let mean = points.map(|p| (p.0 - cx).hypot(p.1 - cy)).sum::<f64>() / n;
    (if mean > 0.0 { std::f64::consts::SQRT_2 / mean } else { 1.0 }, (cx, cy))
}

/// Gaussian elimination with partial pivoting of an N × (N + 1) system. None when it is singular.
pub fn solve<const N: usize, const M: usize>(mut a: [[f64; M]; N]) -> Option<[f64; N]> {
    const { assert!(M == N + 1) };
    for col in 0..N {
        let pivot = (col..N).max_by(|&i, &j| a[i][col].abs().total_cmp(&a[j][col].abs()))?;
        if a[pivot][col].abs() < 1e-12 {
            return None;
        }
        a.swap(col, pivot);
        for row in col + 1..N {
            let f = a[row][col] / a[col][col];
            let above = a[col];
            for (v, p) in a[row].iter_mut().zip(above).skip(col) {
                *v -= f * p;
            }
        }
    }
    let mut x = [0.0; N];
    for row in (0..N).rev() {
        let known: f64 = (row + 1..N).map(|k| a[row][k] * x[k]).sum();
        x[row] = (a[row][N] - known) / a[row][row];
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fit_finds_the_map_that_made_the_pairs() {
        let truth: Homography<Mm, Px> = Homography::new([11.8, 0.3, 40.0, -0.2, 11.7, 25.0, 1e-4, -2e-4, 1.0]);
        let pairs: Vec<_> = [(10.0, 10.0), (200.0, 10.0), (200.0, 287.0), (10.0, 287.0), (105.0, 148.0)]
            .map(|(x, y)| Point::new(x, y))
            .map(|p| (p, truth.apply(p)))
            .to_vec();
        let found = Homography::fit(&pairs, &[1.0; 5]).unwrap();
        let back = found.inverse().unwrap();
        for (a, b) in &pairs {
            assert!(found.apply(*a).distance(b) < 1e-6);
            assert!(back.apply(*b).distance(a) < 1e-6);
        }
    }

    #[test]
    fn points_on_a_line_fit_nothing() {
        let pairs: Vec<_> =
            (0..5).map(|i| (Point::<Mm>::new(i as f64, 0.0), Point::<Px>::new(i as f64, 0.0))).collect();
        assert!(Homography::fit(&pairs, &[1.0; 5]).is_none());
    }
}
