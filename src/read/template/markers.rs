//! The four markers of `CropOnMarkers`, found by normalised cross-correlation (Lewis, "Fast Normalized
//! Cross-Correlation", 1995) of the marker's picture at several sizes.

use super::format::Markers;
use super::outline::{Quad, area};
use super::rectify::Pyramid;
use crate::raster::gray::Gray;
use crate::units::{Point, Px};

/// Side of the marker while it is looked for.
const TEMPLATE_PX: usize = 11;
/// Ratio between the sizes that are tried: a marker 7 % off still correlates well.
const SIZE_STEP: f64 = 1.15;
const LEAST_CORRELATION: f64 = 0.4;
const MOST_PEAKS: usize = 24;
const MOST_QUADS: usize = 4;

#[derive(Clone, Copy, Debug)]
pub struct Peak {
    pub at: Point<Px>,
    pub size_px: f64,
    pub correlation: f64,
}

/// Quadrilaterals of four markers' centres, the best first. `aspect` is the template's width over its height.
pub fn marker_quads(pyramid: &Pyramid, markers: &Markers, aspect: f64) -> Vec<Quad> {
    let peaks = peaks(pyramid, markers);
    let full = pyramid.level(0);
    let whole = (full.width * full.height) as f64;
    let mut quads: Vec<(f64, Quad)> = Vec::new();
    for a in 0..peaks.len() {
        for b in a + 1..peaks.len() {
            for c in b + 1..peaks.len() {
                for d in c + 1..peaks.len() {
                    let four = [peaks[a], peaks[b], peaks[c], peaks[d]];
                    if let Some(quad) = judge(four, whole, aspect, markers.width_ratio) {
                        quads.push(quad);
                    }
                }
            }
        }
    }
    quads.sort_by(|a, b| b.0.total_cmp(&a.0));
    quads.truncate(MOST_QUADS);
    quads.into_iter().map(|(_, q)| q).collect()
}

fn judge(four: [Peak; 4], whole: f64, aspect: f64, ratio: f64) -> Option<(f64, Quad)> {
    let sizes = four.map(|p| p.size_px);
    let (small, large) = (sizes.iter().copied().fold(f64::MAX, f64::min), sizes.iter().copied().fold(0.0, f64::max));
    if large > 1.6 * small {
        return None;
    }
    let centre = four.iter().fold((0.0, 0.0), |s, p| (s.0 + p.at.x / 4.0, s.1 + p.at.y / 4.0));
    let mut around = four;
    let angle = |p: &Peak| (p.at.y - centre.1).atan2(p.at.x - centre.0);
    around.sort_by(|p, q| angle(p).total_cmp(&angle(q)));
    let points = around.map(|p| (p.at.x, p.at.y));
    let edge = |i: usize| (points[(i + 1) % 4].0 - points[i].0, points[(i + 1) % 4].1 - points[i].1);
    let mut lengths = [0.0; 4];
    for (i, length) in lengths.iter_mut().enumerate() {
        let ((ax, ay), (bx, by)) = (edge(i), edge((i + 1) % 4));
        *length = ax.hypot(ay);
        let product = *length * bx.hypot(by);
        if ax * by - ay * bx <= 0.0 || (ax * bx + ay * by).abs() > 0.5 * product {
            return None;
        }
    }
    let (w, h) = ((lengths[0] + lengths[2]) / 2.0, (lengths[1] + lengths[3]) / 2.0);
    let size = sizes.iter().sum::<f64>() / 4.0;
    let off = |x: f64| x.ln().abs();
    // Seen either way up, the sides should be in the template's proportion, and in the marker's to the sheet's width.
    let (upright, turned) = (off(w / h / aspect), off(h / w / aspect));
    let proportion = upright.min(turned);
    if area(&points) < 0.02 * whole || proportion > 0.6 || w.min(h) < 2.5 * size {
        return None;
    }
    // The sheet is somewhat wider than the rectangle of its markers.
    let width = if upright <= turned { w } else { h };
    let scale = off(1.12 * width / (ratio * size));
    let score = four.iter().map(|p| p.correlation).sum::<f64>() - 0.8 * proportion - 0.4 * (scale - 0.3).max(0.0);
    Some((score, around.map(|p| p.at)))
}

fn peaks(pyramid: &Pyramid, markers: &Markers) -> Vec<Peak> {
    let full = pyramid.level(0);
    let (short, long) = (full.width.min(full.height) as f64, full.width.max(full.height) as f64);
    // The sheet takes between a quarter and the whole of the picture.
    let smallest = (0.25 * short / markers.width_ratio).max(5.0);
    let largest = 1.15 * long / markers.width_ratio;
    let patterns = patterns(&markers.image);
    let mut peaks: Vec<Peak> = Vec::new();
    let mut size = smallest;
    while size <= largest {
        let shrink = size / TEMPLATE_PX as f64;
        let view = resize(pyramid, shrink);
        for pattern in &patterns {
            correlate(&view, pattern, |x, y, correlation| {
                let at = Point::new(x * shrink, y * shrink);
                peaks.push(Peak { at, size_px: size, correlation });
            });
        }
        size *= SIZE_STEP;
    }
    peaks.sort_by(|a, b| b.correlation.total_cmp(&a.correlation));
    let mut kept: Vec<Peak> = Vec::new();
    for p in peaks {
        if kept.len() < MOST_PEAKS && kept.iter().all(|k| k.at.distance(&p.at) > 0.6 * k.size_px.max(p.size_px)) {
            kept.push(p);
        }
    }
    kept
}

/// The marker in the orientations that look different, centred and of unit length.
fn patterns(image: &Gray) -> Vec<Vec<f32>> {
    const N: usize = TEMPLATE_PX;
    let mut base = vec![0.0f32; N * N];
    for y in 0..N {
        for x in 0..N {
            // Box average over the pixel's footprint in the marker.
            let span = |i: usize, n: usize| (i * n / N, ((i + 1) * n / N).max(i * n / N + 1).min(n));
            let ((x0, x1), (y0, y1)) = (span(x, image.width), span(y, image.height));
            let mut sum = 0.0;
            for row in y0..y1 {
                sum += image.row(row)[x0..x1].iter().map(|&v| f32::from(v)).sum::<f32>();
            }
            base[y * N + x] = sum / ((x1 - x0) * (y1 - y0)) as f32;
        }
    }
    let mean = base.iter().sum::<f32>() / (N * N) as f32;
    base.iter_mut().for_each(|v| *v -= mean);
    let length = base.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-6);
    base.iter_mut().for_each(|v| *v /= length);
    let mut found: Vec<Vec<f32>> = Vec::new();
    for k in 0..8 {
        let turned: Vec<f32> = (0..N * N)
            .map(|i| {
                let (mut x, mut y) = (i % N, i / N);
                if k & 1 != 0 {
                    x = N - 1 - x;
                }
                if k & 2 != 0 {
                    y = N - 1 - y;
                }
                if k & 4 != 0 { base[x * N + y] } else { base[y * N + x] }
            })
            .collect();
        let alike = |p: &Vec<f32>| p.iter().zip(&turned).map(|(a, b)| a * b).sum::<f32>() > 0.9;
        if !found.iter().any(alike) {
            found.push(turned);
        }
    }
    found
}

/// The picture reduced by any factor, from the pyramid's next larger level.
fn resize(pyramid: &Pyramid, shrink: f64) -> Gray {
    let level = (shrink.max(1.0).log2().floor() as usize).min(pyramid.levels() - 1);
    let source = pyramid.level(level);
    let step = shrink / (1u64 << level) as f64;
    let (w, h) = (((source.width as f64 / step) as usize).max(1), ((source.height as f64 / step) as usize).max(1));
    let mut out = Gray::new(w, h, 0);
    for y in 0..h {
        for (x, v) in out.row_mut(y).iter_mut().enumerate() {
            *v = source.sample(Point::new((x as f64 + 0.5) * step, (y as f64 + 0.5) * step)) as u8;
        }
    }
    out
}

/// Calls `found` with the sub-pixel place of each local maximum.
fn correlate(view: &Gray, pattern: &[f32], mut found: impl FnMut(f64, f64, f64)) {
    const N: usize = TEMPLATE_PX;
    if view.width <= N || view.height <= N {
        return;
    }
    let (w, h) = (view.width - N + 1, view.height - N + 1);
    // Running sums for the mean and the variance under the window.
    let mut sums = vec![(0u64, 0u64); (view.width + 1) * (view.height + 1)];
    for y in 0..view.height {
        let (mut s, mut q) = (0u64, 0u64);
        for x in 0..view.width {
            let v = u64::from(view.get(x, y));
            (s, q) = (s + v, q + v * v);
            let above = sums[y * (view.width + 1) + x + 1];
            sums[(y + 1) * (view.width + 1) + x + 1] = (above.0 + s, above.1 + q);
        }
    }
    let floats: Vec<f32> = view.data.iter().map(|&v| f32::from(v)).collect();
    let mut scores = vec![0.0f32; w * h];
    let mut line = vec![0.0f32; w];
    for y in 0..h {
        line.fill(0.0);
        for (r, taps) in pattern.chunks_exact(N).enumerate() {
            let row = &floats[(y + r) * view.width..][..view.width];
            for (c, &tap) in taps.iter().enumerate() {
                line.iter_mut().zip(&row[c..]).for_each(|(l, &v)| *l += tap * v);
            }
        }
        for x in 0..w {
            let at = |x: usize, y: usize| sums[y * (view.width + 1) + x];
            let (a, b, c, d) = (at(x + N, y + N), at(x, y + N), at(x + N, y), at(x, y));
            let n = (N * N) as f32;
            let (s, q) = ((a.0 + d.0 - b.0 - c.0) as f32, (a.1 + d.1 - b.1 - c.1) as f32);
            let spread = q - s * s / n;
            // A standard deviation under 10 gray levels is no black marker on paper.
            scores[y * w + x] = if spread > 100.0 * n { line[x] / spread.sqrt() } else { 0.0 };
        }
    }
    for y in 1..h.saturating_sub(1) {
        for x in 1..w.saturating_sub(1) {
            let v = scores[y * w + x];
            if f64::from(v) < LEAST_CORRELATION {
                continue;
            }
            let at = |dx: usize, dy: usize| scores[(y + dy - 1) * w + x + dx - 1];
            if (0..9).any(|k| at(k % 3, k / 3) > v) {
                continue;
            }
            let vertex = |a: f32, b: f32| {
                let bend = a - 2.0 * v + b;
                if bend < -1e-6 { f64::from((0.5 * (a - b) / bend).clamp(-0.5, 0.5)) } else { 0.0 }
            };
            let half = N as f64 / 2.0;
            let (px, py) = (vertex(at(0, 1), at(2, 1)), vertex(at(1, 0), at(1, 2)));
            found(x as f64 + half + px, y as f64 + half + py, f64::from(v));
        }
    }
}
