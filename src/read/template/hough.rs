//! Sheets whose paper is no brighter than the desk somewhere (a shadow over one side, a light desk): the outline from
//! long straight edges, by the Hough transform with gradient direction (Duda & Hart, *CACM*, 1972; O'Gorman & Clowes,
//! 1976). Gradients are taken relative to the brightness there, so that a shadow weakens no side.

use super::rectify::Pyramid;
use crate::raster::gray::Gray;

const SEARCH_SIDE_PX: usize = 260;
const ANGLES: usize = 180;
const MOST_LINES: usize = 18;
/// A relative step in brightness that counts as an edge, and one beyond which it counts no more.
const EDGE: f32 = 0.04;
const STRONG_EDGE: f32 = 0.25;

#[derive(Clone, Copy, Debug)]
struct Line {
    /// Direction of the normal in radians, and distance from the origin along it.
    angle: f64,
    rho: f64,
}

type Corners = [(f64, f64); 4];

/// Quadrilaterals of long edges in pixels of the whole picture, in no order.
pub fn line_quads(pyramid: &Pyramid) -> Vec<Corners> {
    let (view, shrink) = pyramid.at_least(SEARCH_SIDE_PX);
    let lines = lines(view);
    let (w, h) = (view.width as f64, view.height as f64);
    // Opposite sides: nearly parallel and well apart.
    let mut pairs: Vec<(Line, Line)> = Vec::new();
    for (i, a) in lines.iter().enumerate() {
        for b in &lines[i + 1..] {
            let turn = (a.angle - b.angle).abs();
            let (turn, rho_b) =
                if turn > std::f64::consts::FRAC_PI_2 { (std::f64::consts::PI - turn, -b.rho) } else { (turn, b.rho) };
            if turn < 0.45 && (a.rho - rho_b).abs() > 0.15 * w.min(h) {
                pairs.push((*a, *b));
            }
        }
    }
    let mut quads = Vec::new();
    for (i, (a, b)) in pairs.iter().enumerate() {
        for (c, d) in &pairs[i + 1..] {
            let corner = |p: &Line, q: &Line| {
                crossing(p, q).filter(|&(x, y)| x > -0.03 * w && y > -0.03 * h && x < 1.03 * w && y < 1.03 * h)
            };
            if let (Some(p), Some(q), Some(r), Some(s)) = (corner(a, c), corner(c, b), corner(b, d), corner(d, a)) {
                let quad = [p, q, r, s];
                let turning =
                    (0..4).map(|k| quad[k].0 * quad[(k + 1) % 4].1 - quad[(k + 1) % 4].0 * quad[k].1).sum::<f64>();
                let quad = if turning < 0.0 { [p, s, r, q] } else { quad };
                quads.push(quad.map(|(x, y)| (x * shrink, y * shrink)));
            }
        }
    }
    quads
}

fn crossing(a: &Line, b: &Line) -> Option<(f64, f64)> {
    let ((sa, ca), (sb, cb)) = (a.angle.sin_cos(), b.angle.sin_cos());
    let d = ca * sb - sa * cb;
    // Sides meet at 60° to 120°.
    (d.abs() > 0.5).then(|| ((a.rho * sb - b.rho * sa) / d, (b.rho * ca - a.rho * cb) / d))
}

fn lines(view: &Gray) -> Vec<Line> {
    let (w, h) = (view.width, view.height);
    let diagonal = ((w * w + h * h) as f64).sqrt().ceil() as usize;
    let bins = 2 * diagonal + 1;
    let mut votes = vec![0.0f32; ANGLES * bins];
    let trig: Vec<(f64, f64)> = (0..ANGLES).map(|k| angle(k).sin_cos()).collect();
    for y in 2..h.saturating_sub(2) {
        for x in 2..w.saturating_sub(2) {
            let at = |dx: usize, dy: usize| f32::from(view.get(x + dx - 1, y + dy - 1));
            let gx = at(2, 0) + 2.0 * at(2, 1) + at(2, 2) - at(0, 0) - 2.0 * at(0, 1) - at(0, 2);
            let gy = at(0, 2) + 2.0 * at(1, 2) + at(2, 2) - at(0, 0) - 2.0 * at(1, 0) - at(2, 0);
            let bright = at(0, 0).max(at(2, 0)).max(at(0, 2)).max(at(2, 2)).max(at(1, 1)) + 8.0;
            let steep = (gx * gx + gy * gy).sqrt() / (4.0 * bright);
            if steep < EDGE {
                continue;
            }
            let middle = (f64::from(gy).atan2(f64::from(gx)) / std::f64::consts::PI * ANGLES as f64).round() as i32;
            for k in middle - 3..=middle + 3 {
                let k = k.rem_euclid(ANGLES as i32) as usize;
                let (s, c) = trig[k];
                let rho = (x as f64 + 0.5) * c + (y as f64 + 0.5) * s;
                votes[k * bins + (rho + diagonal as f64).round() as usize] += steep.min(STRONG_EDGE);
            }
        }
    }
    let mut found: Vec<Line> = Vec::new();
    while found.len() < MOST_LINES {
        let Some((best, &most)) = votes.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)) else { break };
        // An edge as long as a sixth of the view's shorter side.
        if most < EDGE * w.min(h) as f32 / 6.0 {
            break;
        }
        let (k, r) = (best / bins, best % bins);
        found.push(Line { angle: angle(k), rho: r as f64 - diagonal as f64 });
        for dk in -6..=6i32 {
            let turned = k as i32 + dk;
            let wrapped = turned.rem_euclid(ANGLES as i32) as usize;
            // Half a turn of the normal changes the distance's sign.
            let r = if wrapped as i32 == turned { r } else { bins - 1 - r };
            votes[wrapped * bins..][..bins][r.saturating_sub(5)..(r + 6).min(bins)].fill(0.0);
        }
    }
    found
}

fn angle(k: usize) -> f64 {
    k as f64 / ANGLES as f64 * std::f64::consts::PI
}
