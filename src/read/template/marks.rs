//! How dark each bubble is. A foreign sheet prints outlines, letters and shades as dark as it likes and has no
//! calibration patch: so a bubble is held against others of its value, against the paper around it, and against the pen
//! that this page was filled with.

use super::rectify::Darkness;

/// The inside that is measured, as a share of the template's bubble: free of most outlines.
const INSIDE: f64 = 0.8;

/// Squared distance from the centre, in half axes, beyond which only what strikes a bubble out is drawn.
const CORNER: f64 = 1.55 * 1.55;

/// Darkness inside and around one bubble: 0 is the paper there, 1 is black.
#[derive(Clone, Copy, Debug, Default)]
pub struct Probe {
    pub mean: f64,
    /// Lower quartile over the inside: only a bubble that is filled all over has a dark lightest quarter.
    pub lower: f64,
    /// Mean over the ring just outside.
    pub ring: f64,
    /// Mean at the corners further out, the second lightest of the four: strokes that run over on one side do not darken
    /// it, and those that strike a bubble out do.
    pub corner: f64,
    /// Median over that ring: the ground that is printed there, if any, without the outline.
    pub ground: f64,
}

/// `cell` is the half size of the neighbourhood that is still this bubble's.
pub fn probe(dark: &Darkness, (x, y): (f64, f64), (rx, ry): (f64, f64), cell: (f64, f64)) -> Probe {
    let (wx, wy) = (cell.0.min(1.5 * rx).max(rx), cell.1.min(1.5 * ry).max(ry));
    let range =
        |c: f64, r: f64, n: usize| ((c - r).floor().max(0.0) as usize)..((c + r).ceil().max(0.0) as usize).min(n);
    let mut inside: Vec<f32> = Vec::new();
    let mut ring: Vec<f32> = Vec::new();
    let mut corners = [(0.0, 0usize); 4];
    for py in range(y, wy, dark.height) {
        for px in range(x, wx, dark.width) {
            let (dx, dy) = (px as f64 + 0.5 - x, py as f64 + 0.5 - y);
            let d = dark.data[py * dark.width + px];
            if (dx / (INSIDE * rx)).powi(2) + (dy / (INSIDE * ry)).powi(2) <= 1.0 {
                inside.push(d);
            } else if dx.abs() <= wx && dy.abs() <= wy && (dx / rx).powi(2) + (dy / ry).powi(2) > 1.1 {
                ring.push(d);
                if (dx / rx).powi(2) + (dy / ry).powi(2) > CORNER {
                    let corner = &mut corners[usize::from(dx > 0.0) + 2 * usize::from(dy > 0.0)];
                    *corner = (corner.0 + f64::from(d), corner.1 + 1);
                }
            }
        }
    }
    if inside.is_empty() {
        return Probe::default();
    }
    inside.sort_by(f32::total_cmp);
    ring.sort_by(f32::total_cmp);
    let mut corners = corners.map(|(sum, n)| sum / n.max(1) as f64);
    corners.sort_by(f64::total_cmp);
    let at = |share: usize| f64::from(inside[inside.len() * share / 100]);
    Probe {
        mean: inside.iter().map(|&v| f64::from(v)).sum::<f64>() / inside.len() as f64,
        lower: at(25),
        ring: ring.iter().map(|&v| f64::from(v)).sum::<f64>() / ring.len().max(1) as f64,
        corner: corners[1],
        ground: ring.get(ring.len() / 2).map_or(0.0, |&v| f64::from(v)),
    }
}

/// Otsu's threshold (*IEEE Trans. SMC*, 1979) on a handful of numbers: where the between-class variance is largest.
pub fn otsu(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let total: f64 = sorted.iter().sum();
    let n = sorted.len() as f64;
    let mut sum = 0.0;
    let mut best = (0.0, f64::MAX);
    for i in 0..sorted.len().saturating_sub(1) {
        sum += sorted[i];
        let k = (i + 1) as f64;
        let apart = (total - sum) / (n - k) - sum / k;
        let between = k * (n - k) * apart * apart;
        if between > best.0 {
            best = (between, (sorted[i] + sorted[i + 1]) / 2.0);
        }
    }
    best.1
}

pub fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(((share * sorted.len() as f64) as usize).min(sorted.len().saturating_sub(1))).copied()
}
