//! A sheet's corners from its sides. Close to each corner both sides are laid through the edge that the picture shows
//! there: so a corner that is folded or rounded is where it would be, and a side that curls bends no corner.

use super::outline::Quad;
use super::rectify::Pyramid;
use crate::raster::gray::Gray;
use crate::units::{Point, Px};

const SEARCH_SIDE_PX: usize = 1000;
/// How far from the rough side the edge is looked for, as a share of the view's longer side.
const REACH: f64 = 0.012;
const SAMPLES: usize = 40;

/// None where a side shows no edge to lay a line through.
pub fn sharpen(pyramid: &Pyramid, quad: &Quad) -> Option<Quad> {
    let (view, shrink) = pyramid.at_least(SEARCH_SIDE_PX);
    let rough = quad.map(|p| (p.x / shrink, p.y / shrink));
    let mut corners = [Point::new(0.0, 0.0); 4];
    for (i, corner) in corners.iter_mut().enumerate() {
        let before = line(view, rough[i], rough[(i + 3) % 4])?;
        let after = line(view, rough[i], rough[(i + 1) % 4])?;
        let ((p, d), (q, e)) = (before, after);
        let cross = d.0 * e.1 - d.1 * e.0;
        if cross.abs() < 0.5 {
            return None;
        }
        let t = ((q.0 - p.0) * e.1 - (q.1 - p.1) * e.0) / cross;
        let (x, y) = (p.0 + t * d.0, p.1 + t * d.1);
        let far = REACH * 2.5 * view.width.max(view.height) as f64;
        if (x - rough[i].0).hypot(y - rough[i].1) > far {
            return None;
        }
        *corner = Point::new(x * shrink, y * shrink);
    }
    Some(corners)
}

type Line = ((f64, f64), (f64, f64));

/// The edge along the first part of the side from `a` to `b`: a point on it and its unit direction.
fn line(view: &Gray, a: (f64, f64), b: (f64, f64)) -> Option<Line> {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = dx.hypot(dy);
    if length < 20.0 {
        return None;
    }
    let (dx, dy) = (dx / length, dy / length);
    let (nx, ny) = (-dy, dx);
    let reach = (REACH * view.width.max(view.height) as f64).ceil() as i32;
    let mut found: Vec<(f64, f64)> = Vec::new();
    for k in 0..SAMPLES {
        // The very corner is left out: it may be folded.
        let t = length * (0.03 + 0.42 * k as f64 / SAMPLES as f64);
        let at = |d: f64| Point::<Px>::new(a.0 + t * dx + d * nx, a.1 + t * dy + d * ny);
        let profile: Vec<f64> = (-reach - 2..=reach + 2).map(|d| view.sample(at(f64::from(d)))).collect();
        let steps: Vec<f64> = profile.windows(5).map(|w| ((w[3] + w[4]) - (w[0] + w[1])).abs() / 2.0).collect();
        let strongest = (0..steps.len()).max_by(|&i, &j| steps[i].total_cmp(&steps[j]))?;
        if steps[strongest] > 12.0 {
            found.push((t, strongest as f64 - f64::from(reach)));
        }
    }
    if found.len() < SAMPLES / 2 {
        return None;
    }
    // Theil–Sen: no quarter of the points, such as print or a shadow beside the edge, can bend it.
    let mut slopes: Vec<f64> = Vec::new();
    for (i, p) in found.iter().enumerate() {
        slopes.extend(found[i + 1..].iter().filter(|q| q.0 - p.0 > 1.0).map(|q| (q.1 - p.1) / (q.0 - p.0)));
    }
    let slope = median(&mut slopes)?;
    let offset = median(&mut found.iter().map(|p| p.1 - slope * p.0).collect::<Vec<_>>())?;
    // Then least squares on what agrees, for the part of a pixel.
    let close: Vec<_> = found.iter().filter(|p| (p.1 - offset - slope * p.0).abs() < 2.0).collect();
    let n = close.len() as f64;
    if n < SAMPLES as f64 * 0.35 {
        return None;
    }
    let (mt, md) = (close.iter().map(|p| p.0).sum::<f64>() / n, close.iter().map(|p| p.1).sum::<f64>() / n);
    let tt = close.iter().map(|p| (p.0 - mt).powi(2)).sum::<f64>();
    let slope = if tt > 1.0 { close.iter().map(|p| (p.0 - mt) * (p.1 - md)).sum::<f64>() / tt } else { slope };
    let offset = md - slope * mt;
    let at = (a.0 + offset * nx, a.1 + offset * ny);
    let direction = (dx + slope * nx, dy + slope * ny);
    let norm = direction.0.hypot(direction.1);
    Some((at, (direction.0 / norm, direction.1 / norm)))
}

fn median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f64::total_cmp).1)
}
