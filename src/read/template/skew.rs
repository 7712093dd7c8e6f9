//! The picture's border turned by the skew of what is on it, for paper that was fed askew and whose edges are not seen. Lines
//! of print give sharp profiles only along their own direction (Postl, "Detection of linear oblique structures", 1986).

use super::outline::{Quad, border};
use super::rectify::{Darkness, Pyramid};
use crate::units::Point;

const SEARCH_SIDE_PX: usize = 600;
const MOST_DEG: f64 = 5.0;
const STEP_DEG: f64 = 0.1;
/// Less is within what every hypothesis allows for.
const LEAST_DEG: f64 = 0.3;
const MOST_POINTS: usize = 30_000;

/// A scanner's glass is larger than the paper by some millimetres: the paper's proportions are known, so only its size is not.
const SIZES: [f64; 6] = [1.0, 0.99, 0.98, 0.97, 0.96, 0.95];

/// Paper of these proportions, width by height, in the middle of the picture: as askew as its print is, and of any size that
/// can be.
pub fn skewed(pyramid: &Pyramid, aspect: f64) -> Vec<Quad> {
    let quad = border(pyramid);
    let (w, h) = (quad[2].x, quad[2].y);
    let aspect = if (w < h) == (aspect < 1.0) { aspect } else { 1.0 / aspect };
    let deg = skew_deg(pyramid).filter(|deg| deg.abs() >= LEAST_DEG).unwrap_or(0.0);
    let (s, c) = deg.to_radians().sin_cos();
    let largest = w.min(h * aspect);
    let sized = |size: f64| {
        let half = (0.5 * size * largest, 0.5 * size * largest / aspect);
        [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)].map(|(x, y)| {
            let (x, y) = (x * half.0, y * half.1);
            Point::new(0.5 * w + c * x - s * y, 0.5 * h + s * x + c * y)
        })
    };
    SIZES.map(sized).into()
}

/// Degrees clockwise, None where no direction stands out.
fn skew_deg(pyramid: &Pyramid) -> Option<f64> {
    let (view, _) = pyramid.at_least(SEARCH_SIDE_PX);
    let dark = Darkness::of(view, SEARCH_SIDE_PX as f64 / 20.0);
    let inked = dark.data.iter().enumerate().filter(|(_, d)| **d > 0.15);
    let points: Vec<(f64, f64)> = inked.map(|(i, _)| ((i % dark.width) as f64, (i / dark.width) as f64)).collect();
    let points: Vec<_> = points.iter().step_by(points.len() / MOST_POINTS + 1).collect();
    let bins = 2 * (dark.width + dark.height);
    let mut rows = vec![0u32; bins];
    let mut columns = vec![0u32; bins];
    let steps = (MOST_DEG / STEP_DEG) as i32;
    let sharpness: Vec<f64> = (-steps..=steps)
        .map(|k| {
            let (s, c) = (f64::from(k) * STEP_DEG).to_radians().sin_cos();
            rows.fill(0);
            columns.fill(0);
            let middle = bins as f64 / 2.0;
            for (x, y) in &points {
                rows[(middle + c * y - s * x) as usize] += 1;
                columns[(middle + c * x + s * y) as usize] += 1;
            }
            let sum = |h: &[u32]| h.iter().map(|&n| f64::from(n) * f64::from(n)).sum::<f64>();
            sum(&rows) + sum(&columns)
        })
        .collect();
    let best = (0..sharpness.len()).max_by(|&a, &b| sharpness[a].total_cmp(&sharpness[b]))?;
    let mean = sharpness.iter().sum::<f64>() / sharpness.len() as f64;
    (sharpness[best] > 1.15 * mean).then_some((best as i32 - steps) as f64 * STEP_DEG)
}
