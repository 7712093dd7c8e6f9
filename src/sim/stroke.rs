//! Strokes of a pen: polylines with pressure, laid one over another as ink density before the paper takes them.

use crate::raster::Gray;

/// A place on the paper in millimetres, and how hard the pen is pressed there (1 is normal).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Touch {
    pub x: f64,
    pub y: f64,
    pub pressure: f64,
}

/// Ink laid over a window of the page: the number of pen passes at each pixel, 1 being one pass at normal pressure.
pub struct Layer {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
    pub passes: Vec<f32>,
    px_per_mm: f64,
    scratch: Vec<f32>,
}

impl Layer {
    /// The window of `page` within `reach_mm` of the centre; None where that misses the page.
    pub fn around(page: &Gray, px_per_mm: f64, centre: (f64, f64), reach: (f64, f64)) -> Option<Self> {
        let span = |c: f64, r: f64, n: usize| {
            let low = ((c - r) * px_per_mm).floor().clamp(0.0, n as f64) as usize;
            let high = ((c + r) * px_per_mm).ceil().clamp(0.0, n as f64) as usize;
            (low, high.saturating_sub(low))
        };
        let (left, width) = span(centre.0, reach.0, page.width);
        let (top, height) = span(centre.1, reach.1, page.height);
        if width == 0 || height == 0 {
            return None;
        }
        let zeros = vec![0.0; width * height];
        Some(Layer { left, top, width, height, passes: zeros.clone(), px_per_mm, scratch: zeros })
    }

    /// Lays one stroke of the given line width. A stroke never darkens itself; a later one darkens what lies there.
    pub fn stroke(&mut self, points: &[Touch], width_mm: f64) {
        let (mut x0, mut y0, mut x1, mut y1) = (self.width, self.height, 0, 0);
        for pair in points.windows(2) {
            let [a, b] = [pair[0], pair[1]].map(|t| {
                let x = t.x * self.px_per_mm - self.left as f64;
                let y = t.y * self.px_per_mm - self.top as f64;
                (x, y, t.pressure)
            });
            // A harder press flattens the ball or the lead a little.
            let half = |p: f64| 0.5 * width_mm * self.px_per_mm * (0.8 + 0.2 * p.clamp(0.0, 1.6));
            let reach = half(a.2.max(b.2)) + 1.0;
            let range = |p: f64, q: f64, n: usize| {
                let low = (p.min(q) - reach).floor().clamp(0.0, n as f64) as usize;
                let high = (p.max(q) + reach).ceil().clamp(0.0, n as f64) as usize;
                (low, high.max(low))
            };
            let (left, right) = range(a.0, b.0, self.width);
            let (top, bottom) = range(a.1, b.1, self.height);
            (x0, y0, x1, y1) = (x0.min(left), y0.min(top), x1.max(right), y1.max(bottom));
            let (dx, dy) = (b.0 - a.0, b.1 - a.1);
            let length2 = (dx * dx + dy * dy).max(1e-9);
            for y in top..bottom {
                let row = &mut self.scratch[y * self.width..][..self.width];
                for (x, out) in row.iter_mut().enumerate().take(right).skip(left) {
                    let (px, py) = (x as f64 + 0.5 - a.0, y as f64 + 0.5 - a.1);
                    let t = ((px * dx + py * dy) / length2).clamp(0.0, 1.0);
                    let (ex, ey) = (px - t * dx, py - t * dy);
                    let distance = (ex * ex + ey * ey).sqrt();
                    let pressure = a.2 + t * (b.2 - a.2);
                    let cover = (half(pressure) - distance + 0.5).clamp(0.0, 1.0);
                    *out = out.max((cover * pressure) as f32);
                }
            }
        }
        for y in y0..y1 {
            let row = y * self.width;
            for i in row + x0..row + x1.max(x0) {
                self.passes[i] += self.scratch[i];
                self.scratch[i] = 0.0;
            }
        }
    }

    /// Replaces each pixel of the page under the layer by `ink(x_px, y_px, value, passes)`.
    pub fn apply(&self, page: &mut Gray, mut ink: impl FnMut(usize, usize, f64, f64) -> f64) {
        for y in 0..self.height {
            let row = &mut page.row_mut(self.top + y)[self.left..][..self.width];
            for (x, (value, &passes)) in row.iter_mut().zip(&self.passes[y * self.width..]).enumerate() {
                if passes > 0.0 {
                    let new = ink(self.left + x, self.top + y, f64::from(*value), f64::from(passes));
                    *value = (new + 0.5).clamp(0.0, 255.0) as u8;
                }
            }
        }
    }
}

/// A smooth line through the points (Catmull & Rom 1974), with a touch about every `step_mm`.
pub fn smooth(points: &[Touch], step_mm: f64) -> Vec<Touch> {
    let at = |i: isize| points[i.clamp(0, points.len() as isize - 1) as usize];
    let mut line = Vec::new();
    for i in 0..points.len() as isize - 1 {
        let (a, b, c, d) = (at(i - 1), at(i), at(i + 1), at(i + 2));
        let n = ((c.x - b.x).hypot(c.y - b.y) / step_mm).ceil().clamp(1.0, 100.0) as usize;
        for k in 0..n {
            let t = k as f64 / n as f64;
            let spline = |a: f64, b: f64, c: f64, d: f64| {
                let cubic = 3.0 * b - 3.0 * c + d - a;
                b + 0.5 * t * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * cubic))
            };
            let pressure = b.pressure + t * (c.pressure - b.pressure);
            line.push(Touch { x: spline(a.x, b.x, c.x, d.x), y: spline(a.y, b.y, c.y, d.y), pressure });
        }
    }
    line.extend(points.last());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stroke_covers_its_width_and_lies_where_it_was_drawn() {
        let page = Gray::new(200, 100, 255);
        let mut layer = Layer::around(&page, 10.0, (10.0, 5.0), (10.0, 5.0)).unwrap();
        let touch = |x, y| Touch { x, y, pressure: 1.0 };
        layer.stroke(&[touch(2.0, 5.0), touch(18.0, 5.0)], 1.0);
        let column: f32 = (0..100).map(|y| layer.passes[y * 200 + 100]).sum();
        assert!((column - 10.0).abs() < 0.6, "{column}");
        layer.stroke(&[touch(10.0, 1.0), touch(10.0, 9.0)], 1.0);
        assert!((layer.passes[50 * 200 + 100] - 2.0).abs() < 1e-3);
    }

    #[test]
    fn strokes_off_the_page_are_harmless() {
        let page = Gray::new(20, 20, 255);
        assert!(Layer::around(&page, 10.0, (50.0, 50.0), (1.0, 1.0)).is_none());
        let mut layer = Layer::around(&page, 10.0, (1.0, 1.0), (5.0, 5.0)).unwrap();
        layer.stroke(&[Touch { x: -9.0, y: -9.0, pressure: 1.0 }, Touch { x: 90.0, y: 95.0, pressure: 2.0 }], 0.5);
    }
}
