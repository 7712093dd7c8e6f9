//! Lines, ellipses and rectangles on a colour picture, antialiased, for annotated pages.
//!
//! Places may lie outside the picture or be no numbers at all (a wrong registration sends them anywhere): what falls
//! outside is clipped before any loop, what is not finite is not drawn.

use super::rgb::{Color, Rgb};
use crate::units::{Point, Px};

/// A pen: its colour, how much it covers (1 is all) and how wide it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pen {
    pub color: Color,
    pub alpha: f64,
    pub width_px: f64,
}

impl Pen {
    pub const fn new(color: Color, width_px: f64) -> Self {
        Pen { color, alpha: 1.0, width_px }
    }

    pub const fn alpha(self, alpha: f64) -> Self {
        Pen { alpha, ..self }
    }
}

/// An ellipse in any position: its centre and two conjugate half-diameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ellipse {
    pub centre: Point<Px>,
    pub a: (f64, f64),
    pub b: (f64, f64),
}

impl Ellipse {
    pub fn circle(centre: Point<Px>, r: f64) -> Self {
        Ellipse { centre, a: (r, 0.0), b: (0.0, r) }
    }

    /// The ellipse whose half-diameters are longer by `px` each.
    pub fn grown(self, px: f64) -> Self {
        let longer = |(x, y): (f64, f64)| {
            let length = x.hypot(y);
            let f = if length > 0.0 { (length + px) / length } else { 1.0 };
            (x * f, y * f)
        };
        Ellipse { a: longer(self.a), b: longer(self.b), ..self }
    }

    fn half_extent(&self) -> (f64, f64) {
        (self.a.0.hypot(self.b.0), self.a.1.hypot(self.b.1))
    }
}

impl Rgb {
    pub fn fill_rect(&mut self, from: Point<Px>, to: Point<Px>, color: Color, alpha: f64) {
        let (x0, x1) = (from.x.min(to.x), from.x.max(to.x));
        let (y0, y1) = (from.y.min(to.y), from.y.max(to.y));
        let cover = |low: f64, high: f64, i: usize| (high.min(i as f64 + 1.0) - low.max(i as f64)).clamp(0.0, 1.0);
        self.each_pixel((x0, y0), (x1, y1), |x, y| {
            Some((color, alpha * cover(x0, x1, x as usize) * cover(y0, y1, y as usize)))
        });
    }

    pub fn line(&mut self, from: Point<Px>, to: Point<Px>, pen: Pen) {
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let length2 = dx * dx + dy * dy;
        let reach = pen.width_px / 2.0 + 1.0;
        let low = (from.x.min(to.x) - reach, from.y.min(to.y) - reach);
        let high = (from.x.max(to.x) + reach, from.y.max(to.y) + reach);
        self.each_pixel(low, high, |x, y| {
            let (px, py) = (x + 0.5 - from.x, y + 0.5 - from.y);
            let t = if length2 > 0.0 { ((px * dx + py * dy) / length2).clamp(0.0, 1.0) } else { 0.0 };
            let distance = (px - t * dx).hypot(py - t * dy);
            Some((pen.color, pen.alpha * (pen.width_px / 2.0 + 0.5 - distance).clamp(0.0, 1.0)))
        });
    }

    /// The closed line through the corners.
    pub fn polygon(&mut self, corners: &[Point<Px>], pen: Pen) {
        for (i, &from) in corners.iter().enumerate() {
            self.line(from, corners[(i + 1) % corners.len()], pen);
        }
    }

    pub fn arrow(&mut self, from: Point<Px>, to: Point<Px>, pen: Pen) {
        self.line(from, to, pen);
        let length = from.distance(&to);
        if length < 1.0 {
            return;
        }
        let (ux, uy) = ((to.x - from.x) / length, (to.y - from.y) / length);
        let head = (3.0 * pen.width_px).max(5.0).min(length);
        for side in [0.5, -0.5] {
            let back = Point::new(to.x - head * (ux - side * uy), to.y - head * (uy + side * ux));
            self.line(to, back, pen);
        }
    }

    pub fn ring(&mut self, e: Ellipse, pen: Pen) {
        self.ellipse(e, pen.width_px / 2.0, |distance| {
            (pen.color, pen.alpha * (pen.width_px / 2.0 + 0.5 - distance.abs()).clamp(0.0, 1.0))
        });
    }

    pub fn disc(&mut self, e: Ellipse, color: Color, alpha: f64) {
        self.ellipse(e, 0.0, |distance| (color, alpha * (0.5 - distance).clamp(0.0, 1.0)));
    }

    /// `ink` takes the distance from the outline in pixels, to first order (Taubin, *IEEE PAMI* 13, 1991): f / |∇f|.
    fn ellipse(&mut self, e: Ellipse, beyond: f64, ink: impl Fn(f64) -> (Color, f64)) {
        let d = e.a.0 * e.b.1 - e.a.1 * e.b.0;
        if !d.is_normal() {
            return;
        }
        let (w, h) = e.half_extent();
        let low = (e.centre.x - w - beyond - 1.0, e.centre.y - h - beyond - 1.0);
        let high = (e.centre.x + w + beyond + 1.0, e.centre.y + h + beyond + 1.0);
        self.each_pixel(low, high, |x, y| {
            let (px, py) = (x + 0.5 - e.centre.x, y + 0.5 - e.centre.y);
            let (u, v) = ((px * e.b.1 - py * e.b.0) / d, (py * e.a.0 - px * e.a.1) / d);
            let f = u.hypot(v);
            let slope = ((u * e.b.1 - v * e.a.1) / d).hypot((v * e.a.0 - u * e.b.0) / d);
            // At the very centre f has no slope; there it is deep inside.
            let distance = if slope > 0.0 { (f - 1.0) * f / slope } else { -w.min(h) };
            Some(ink(distance))
        });
    }

    fn each_pixel(&mut self, low: (f64, f64), high: (f64, f64), ink: impl Fn(f64, f64) -> Option<(Color, f64)>) {
        if ![low.0, low.1, high.0, high.1].iter().all(|v| v.is_finite()) {
            return;
        }
        let clip =
            |from: f64, to: f64, n: usize| (from.floor().max(0.0) as usize)..(to.ceil().max(0.0) as usize).min(n);
        for y in clip(low.1, high.1, self.height) {
            for x in clip(low.0, high.0, self.width) {
                if let Some((color, alpha)) = ink(x as f64, y as f64)
                    && alpha > 0.0
                {
                    self.blend(x, y, color, alpha);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Color = [255, 0, 0];
    const WHITE: Color = [255; 3];

    fn red_pixels(p: &Rgb) -> f64 {
        p.data.chunks_exact(3).map(|c| 1.0 - f64::from(c[1]) / 255.0).sum()
    }

    #[test]
    fn areas_are_those_of_geometry() {
        let centre = Point::new(50.3, 49.8);
        let mut p = Rgb::new(100, 100, WHITE);
        p.disc(Ellipse { centre, a: (20.0, 10.0), b: (-5.0, 10.0) }, RED, 1.0);
        let truth = std::f64::consts::PI * (20.0 * 10.0 + 5.0 * 10.0);
        assert!((red_pixels(&p) / truth - 1.0).abs() < 0.02, "{} {truth}", red_pixels(&p));

        let mut p = Rgb::new(100, 100, WHITE);
        p.ring(Ellipse::circle(centre, 30.0), Pen::new(RED, 3.0));
        assert!((red_pixels(&p) / (std::f64::consts::TAU * 30.0 * 3.0) - 1.0).abs() < 0.02);
        assert_eq!(p.get(50, 50), WHITE);

        let mut p = Rgb::new(100, 100, WHITE);
        p.line(Point::new(10.0, 10.0), Point::new(80.0, 60.0), Pen::new(RED, 2.0));
        assert!((red_pixels(&p) / (2.0 * 70_f64.hypot(50.0)) - 1.0).abs() < 0.05);

        let mut p = Rgb::new(100, 100, WHITE);
        p.fill_rect(Point::new(10.5, 10.0), Point::new(20.0, 20.0), RED, 1.0);
        assert!((red_pixels(&p) - 95.0).abs() < 0.5);
    }

    #[test]
    fn places_beyond_the_picture_or_without_sense_are_no_harm() {
        let mut p = Rgb::new(10, 10, WHITE);
        for bad in [f64::NAN, f64::INFINITY, -f64::INFINITY, 1e300, -1e300] {
            let at = Point::new(bad, 5.0);
            p.line(Point::new(5.0, 5.0), at, Pen::new(RED, 2.0));
            p.arrow(at, at, Pen::new(RED, 2.0));
            p.ring(Ellipse::circle(at, 3.0), Pen::new(RED, 2.0));
            p.ring(Ellipse::circle(Point::new(5.0, 5.0), bad), Pen::new(RED, 2.0));
            p.disc(Ellipse { centre: at, a: (bad, bad), b: (bad, 0.0) }, RED, 1.0);
            p.fill_rect(at, Point::new(-1.0, -1.0), RED, 0.0);
            p.polygon(&[at], Pen::new(RED, 1.0));
        }
        p.polygon(&[], Pen::new(RED, 1.0));
    }
}
