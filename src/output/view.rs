//! The page as a person holds it: upright, not mirrored, at a height that fits a screen.

use crate::raster::Gray;
use crate::raster::draw::Ellipse;
use crate::read::warp::Warp;
use crate::sheet::Bubble;
use crate::units::{Homography, Mm, Point, Px};

/// A map from a picture's pixels to those of the view: a turn by quarters, perhaps a mirror, and a scale.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    pub width: usize,
    pub height: usize,
    /// The quarter turn or mirror: each row has one 1 or -1.
    turn: [[i8; 2]; 2],
    /// Size of the picture once scaled, before it is turned.
    scaled: (usize, usize),
    map: Homography<Px, Px>,
}

const TURNS: [[[i8; 2]; 2]; 8] = [
    [[1, 0], [0, 1]],
    [[0, 1], [-1, 0]],
    [[-1, 0], [0, -1]],
    [[0, -1], [1, 0]],
    [[-1, 0], [0, 1]],
    [[1, 0], [0, -1]],
    [[0, 1], [1, 0]],
    [[0, -1], [-1, 0]],
];

impl View {
    /// At most `height_px` high and enlarged at most `enlarge` times. Without a warp the picture stays as it is.
    pub fn new(picture: &Gray, warp: Option<&Warp>, height_px: usize, enlarge: f64) -> Self {
        let (w, h) = (picture.width as f64, picture.height as f64);
        let turn = warp.and_then(|warp| upright(warp, Point::new(w / 2.0, h / 2.0))).unwrap_or(TURNS[0]);
        let lies = turn[0][0] == 0;
        let (upright_w, upright_h) = if lies { (h, w) } else { (w, h) };
        let limit = height_px as f64;
        let scale = (limit / upright_h).min(2.0 * limit / upright_w).min(enlarge);
        let side = |n: f64| ((n * scale).round() as usize).max(1);
        let scaled = (side(w), side(h));
        let (width, height) = if lies { (scaled.1, scaled.0) } else { scaled };
        let [[a, b], [c, d]] = turn.map(|row| row.map(f64::from));
        let (sx, sy) = (scaled.0 as f64 / w, scaled.1 as f64 / h);
        let map = Homography::new([
            a * sx,
            b * sy,
            if a + b < 0.0 { width as f64 } else { 0.0 },
            c * sx,
            d * sy,
            if c + d < 0.0 { height as f64 } else { 0.0 },
            0.0,
            0.0,
            1.0,
        ]);
        View { width, height, turn, scaled, map }
    }

    /// Moves everything down, under a header.
    pub fn under(mut self, header_px: usize) -> Self {
        self.map.m[5] += header_px as f64;
        self
    }

    pub fn place(&self, p: Point<Px>) -> Point<Px> {
        self.map.apply(p)
    }

    pub fn on_paper(&self, warp: &Warp, x_mm: f64, y_mm: f64) -> Point<Px> {
        self.place(warp.to_picture(Point::new(x_mm, y_mm)))
    }

    /// View pixels a millimetre at a place of the paper.
    pub fn px_per_mm(&self, warp: &Warp, at: Point<Mm>) -> f64 {
        warp.px_per_mm(at) * self.map.determinant().abs().sqrt()
    }

    /// The bubble's outline, its half-axes times `factor`.
    pub fn bubble(&self, warp: &Warp, b: &Bubble, factor: f64) -> Ellipse {
        let j = warp.base.jacobian(Point::new(b.x, b.y));
        let m = &self.map.m;
        let axis = |x: f64, y: f64| {
            let (px, py) = (j[0][0] * x + j[0][1] * y, j[1][0] * x + j[1][1] * y);
            (m[0] * px + m[1] * py, m[3] * px + m[4] * py)
        };
        Ellipse { centre: self.on_paper(warp, b.x, b.y), a: axis(b.rx * factor, 0.0), b: axis(0.0, b.ry * factor) }
    }

    /// The whole picture, upright.
    pub fn picture(&self, of: &Gray) -> Gray {
        let scaled = resized(of, self.scaled.0, self.scaled.1);
        let mut out = Gray::new(self.width, self.height, 255);
        let source = |a: i8, b: i8, x: usize, y: usize| match (a, b) {
            (1, _) => x,
            (-1, _) => self.width - 1 - x,
            (_, 1) => y,
            _ => self.height - 1 - y,
        };
        // The inverse of a turn is its transpose.
        let [[a, b], [c, d]] = self.turn;
        for y in 0..self.height {
            for x in 0..self.width {
                out.data[y * self.width + x] = scaled.get(source(a, c, x, y), source(b, d, x, y));
            }
        }
        out
    }
}

/// The turn after which the paper's axes point right and down. None when the warp says nothing sensible there.
fn upright(warp: &Warp, centre: Point<Px>) -> Option<[[i8; 2]; 2]> {
    let middle = warp.base.inverse()?.apply(centre);
    let j = warp.base.jacobian(middle);
    if !j.iter().flatten().all(|v| v.is_finite()) {
        return None;
    }
    let agreement =
        |t: &[[i8; 2]; 2]| -> f64 { (0..2).map(|r| (0..2).map(|k| f64::from(t[r][k]) * j[k][r]).sum::<f64>()).sum() };
    TURNS.into_iter().max_by(|s, t| agreement(s).total_cmp(&agreement(t)))
}

/// Smaller by the mean of what each pixel covers, larger by bilinear samples.
fn resized(of: &Gray, width: usize, height: usize) -> Gray {
    if (width, height) == (of.width, of.height) {
        return of.clone();
    }
    let mut out = Gray::new(width, height, 255);
    let (sx, sy) = (of.width as f64 / width as f64, of.height as f64 / height as f64);
    let span = |i: usize, s: f64, n: usize| {
        let from = ((i as f64 * s) as usize).min(n - 1);
        from..((((i + 1) as f64) * s) as usize).clamp(from + 1, n)
    };
    for y in 0..height {
        for x in 0..width {
            out.data[y * width + x] = if sx > 1.0 {
                let (columns, rows) = (span(x, sx, of.width), span(y, sy, of.height));
                let n = columns.len() * rows.len();
                let sum: usize =
                    rows.map(|r| of.row(r)[columns.clone()].iter().map(|&v| usize::from(v)).sum::<usize>()).sum();
                (sum / n) as u8
            } else {
                of.sample(Point::new((x as f64 + 0.5) * sx, (y as f64 + 0.5) * sy)).round() as u8
            };
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Mm;

    /// A picture of 60 × 80 mm at 2 px/mm with a dark spot at (10, 20) mm, shown in each of the eight ways.
    #[test]
    fn each_way_of_scanning_is_turned_upright() {
        let ways: [[f64; 6]; 8] = [
            [2.0, 0.0, 0.0, 0.0, 2.0, 0.0],
            [0.0, -2.0, 160.0, 2.0, 0.0, 0.0],
            [-2.0, 0.0, 120.0, 0.0, -2.0, 160.0],
            [0.0, 2.0, 0.0, -2.0, 0.0, 120.0],
            [-2.0, 0.0, 120.0, 0.0, 2.0, 0.0],
            [2.0, 0.0, 0.0, 0.0, -2.0, 160.0],
            [0.0, 2.0, 0.0, 2.0, 0.0, 0.0],
            [0.0, -2.0, 160.0, -2.0, 0.0, 120.0],
        ];
        for (i, m) in ways.into_iter().enumerate() {
            let base: Homography<Mm, Px> = Homography::new([m[0], m[1], m[2], m[3], m[4], m[5], 0.0, 0.0, 1.0]);
            let lies = m[0] == 0.0;
            let mut picture = if lies { Gray::new(160, 120, 255) } else { Gray::new(120, 160, 255) };
            let spot = base.apply(Point::new(10.0, 20.0));
            for y in 0..picture.height {
                for x in 0..picture.width {
                    if Point::new(x as f64 + 0.5, y as f64 + 0.5).distance(&spot) < 4.0 {
                        picture.row_mut(y)[x] = 0;
                    }
                }
            }
            let warp = Warp::new(base);
            for height in [160, 80, 240] {
                let view = View::new(&picture, Some(&warp), height, 2.0);
                assert_eq!((view.width, view.height), (height * 3 / 4, height), "way {i}");
                let shown = view.picture(&picture);
                let at = view.on_paper(&warp, 10.0, 20.0);
                let s = height as f64 / 80.0;
                assert!(at.distance(&Point::new(10.0 * s, 20.0 * s)) < 1e-6, "way {i}: {at:?}");
                assert!(shown.sample(at) < 10.0, "way {i} at {height}");
                let e = view.bubble(
                    &warp,
                    &Bubble { label: "A".into(), x: 10.0, y: 20.0, rx: 2.0, ry: 1.0, row: None, column: None },
                    1.0,
                );
                assert!((e.a.0 - 2.0 * s).abs() < 1e-6 && (e.b.1 - s).abs() < 1e-6, "way {i}: {e:?}");
            }
        }
    }

    #[test]
    fn strange_shapes_stay_small() {
        for (w, h) in [(1, 1), (9000, 1), (1, 9000)] {
            let view = View::new(&Gray::new(w, h, 0), None, 100, 1.0);
            assert!(view.width <= 200 && view.height <= 100);
            assert_eq!(view.picture(&Gray::new(w, h, 0)).get(0, 0), 0);
        }
        let flat = Warp::new(Homography::new([0.0; 9]));
        assert_eq!(View::new(&Gray::new(9, 9, 0), Some(&flat), 100, 1.0).width, 9);
    }
}
