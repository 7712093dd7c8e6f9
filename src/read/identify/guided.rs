//! A symbol whose place is known: its modules sampled through the registration. Needs no intact finder pattern.

use crate::raster::{Gray, Window};
use crate::sheet::frame::Area;
use crate::units::{Homography, Mm, Point, Px};

/// A symbol's fixed shape: modules along its side, and the modules whose colour is always the same.
pub struct Shape {
    pub size: usize,
    /// Row, column, dark.
    pub fixed: Vec<(usize, usize, bool)>,
}

/// The map from modules (column, row, from the symbol's corner) to the picture, moved to where the fixed modules agree.
pub struct Placed<'a> {
    picture: &'a Gray,
    shape: &'a Shape,
    corners: [Point<Px>; 4],
    map: Homography<Mm, Px>,
}

impl<'a> Placed<'a> {
    /// All that may be sampled: the symbol slides by 1.6 modules, and each corner may bend by 1.4 more.
    pub fn window(shape: &Shape, area: &Area, sheet: &Homography<Mm, Px>, bend: bool) -> Window {
        let corners = corners(area, sheet);
        let side = (0..4).map(|i| corners[i].distance(&corners[(i + 1) % 4])).fold(0.0, f64::max);
        let modules = if bend { 4.0 } else { 2.2 };
        Window::around(corners, modules * side / shape.size as f64 + 2.0)
    }

    /// None where the symbol is not wholly in the picture.
    pub fn at(picture: &'a Gray, shape: &'a Shape, area: &Area, sheet: &Homography<Mm, Px>) -> Option<Self> {
        let corners = corners(area, sheet);
        if !corners.iter().all(|&c| picture.contains(c)) {
            return None;
        }
        let map = map(shape.size, &corners)?;
        Some(Placed { picture, shape, corners, map })
    }

    /// Moves the whole symbol by up to a module, as the fixed modules ask.
    pub fn slide(&mut self) {
        const STEPS: i32 = 3;
        for step in [0.4, 0.13] {
            // Corners moved together move every place alike, so the map need not be fitted for each trial.
            let fixed: Vec<(Point<Px>, bool)> =
                self.shape.fixed.iter().map(|&(r, c, dark)| (self.place(r, c), dark)).collect();
            // With many pixels a module, which of them is asked does not matter.
            let coarse = self.corners[0].distance(&self.corners[1]) > 6.0 * self.shape.size as f64;
            let agreement = |dx: f64, dy: f64| -> f64 {
                let one = |&(p, dark): &(Point<Px>, bool)| {
                    let p = Point::new(p.x + dx, p.y + dy);
                    let gray = if coarse { self.picture.nearest(p) } else { self.picture.sample(p) };
                    if dark { -gray } else { gray }
                };
                fixed.iter().map(one).sum()
            };
            let mut best = (agreement(0.0, 0.0), None);
            for i in -STEPS..=STEPS {
                for j in -STEPS..=STEPS {
                    let moved = self.moved(f64::from(i) * step, f64::from(j) * step, [true; 4]);
                    let agreement = agreement(moved[0].x - self.corners[0].x, moved[0].y - self.corners[0].y);
                    if agreement > best.0 {
                        best = (agreement, Some(moved));
                    }
                }
            }
            if let Some(better) = best.1.and_then(|moved| self.with(moved)) {
                *self = better;
            }
        }
    }

    /// Moves each corner by itself, for paper that curls under the symbol.
    pub fn bend(&mut self) {
        for step in [0.8, 0.4, 0.2] {
            for corner in 0..4 {
                for (dx, dy) in [(step, 0.0), (-step, 0.0), (0.0, step), (0.0, -step)] {
                    let moved = self.moved(dx, dy, std::array::from_fn(|i| i == corner));
                    if let Some(candidate) = self.with(moved)
                        && candidate.agreement() > self.agreement()
                    {
                        *self = candidate;
                    }
                }
            }
        }
    }

    fn with(&self, corners: [Point<Px>; 4]) -> Option<Self> {
        let map = map(self.shape.size, &corners)?;
        Some(Placed { picture: self.picture, shape: self.shape, corners, map })
    }

    fn moved(&self, columns: f64, rows: f64, which: [bool; 4]) -> [Point<Px>; 4] {
        let n = self.shape.size as f64;
        let c = &self.corners;
        let right = ((c[1].x - c[0].x) / n, (c[1].y - c[0].y) / n);
        let down = ((c[3].x - c[0].x) / n, (c[3].y - c[0].y) / n);
        let (dx, dy) = (columns * right.0 + rows * down.0, columns * right.1 + rows * down.1);
        std::array::from_fn(|i| if which[i] { Point::new(c[i].x + dx, c[i].y + dy) } else { c[i] })
    }

    fn place(&self, row: usize, column: usize) -> Point<Px> {
        self.map.apply(Point::new(column as f64 + 0.5, row as f64 + 0.5))
    }

    fn centre(&self, row: usize, column: usize) -> f64 {
        self.picture.sample(self.place(row, column))
    }

    /// How much lighter the fixed light modules are than the dark ones.
    fn agreement(&self) -> f64 {
        self.shape.fixed.iter().map(|&(r, c, dark)| if dark { -self.centre(r, c) } else { self.centre(r, c) }).sum()
    }

    pub fn corners(&self) -> [Point<Px>; 4] {
        self.corners
    }

    /// Each module: above 0 for dark, below for light, larger for surer. Judged against the symbol's own black and
    /// white and against the modules around, so that a shadow or a coffee stain moves the threshold with it.
    pub fn modules(&self) -> Vec<f32> {
        let n = self.shape.size;
        let mut gray = vec![0.0; n * n];
        for (i, g) in gray.iter_mut().enumerate() {
            let (r, c) = ((i / n) as f64 + 0.5, (i % n) as f64 + 0.5);
            let at = |dx: f64, dy: f64| self.picture.sample(self.map.apply(Point::new(c + dx, r + dy)));
            *g = (2.0 * at(0.0, 0.0) + at(-0.22, -0.22) + at(0.22, -0.22) + at(-0.22, 0.22) + at(0.22, 0.22)) / 6.0;
        }
        let mean = |dark: bool| {
            let (mut sum, mut count) = (0.0, 0.0);
            for &(r, c, _) in self.shape.fixed.iter().filter(|f| f.2 == dark) {
                (sum, count) = (sum + gray[r * n + c], count + 1.0);
            }
            sum / f64::max(count, 1.0)
        };
        let (black, white) = (mean(true), mean(false));
        let range = (white - black).max(10.0);
        let mut modules = vec![0.0; n * n];
        for (i, m) in modules.iter_mut().enumerate() {
            let (r, c) = (i / n, i % n);
            let (mut low, mut high, mut sum, mut count) = (f64::MAX, f64::MIN, 0.0, 0.0);
            for rr in r.saturating_sub(3)..(r + 4).min(n) {
                for cc in c.saturating_sub(3)..(c + 4).min(n) {
                    let v = gray[rr * n + cc];
                    (low, high, sum, count) = (low.min(v), high.max(v), sum + v, count + 1.0);
                }
            }
            let local = if high - low > 0.35 * range { (low + high) / 2.0 } else { (black + white) / 2.0 };
            let level = 0.6 * local + 0.2 * sum / count + 0.2 * (black + white) / 2.0;
            *m = ((level - gray[i]) / range * 2.0) as f32;
        }
        modules
    }
}

fn corners(area: &Area, sheet: &Homography<Mm, Px>) -> [Point<Px>; 4] {
    [(area.x, area.y), (area.right(), area.y), (area.right(), area.bottom()), (area.x, area.bottom())]
        .map(|(x, y)| sheet.apply(Point::new(x, y)))
}

fn map(size: usize, corners: &[Point<Px>; 4]) -> Option<Homography<Mm, Px>> {
    let n = size as f64;
    let unit = [(0.0, 0.0), (n, 0.0), (n, n), (0.0, n)].map(|(x, y)| Point::<Mm>::new(x, y));
    let pairs: Vec<_> = unit.into_iter().zip(*corners).collect();
    Homography::fit(&pairs, &[1.0; 4])
}
