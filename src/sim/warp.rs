//! Where a place on the printed page comes to lie in the picture, and back.
//!
//! Three planes: the **design** (the page as it was laid out, mm), the **paper** (what came out of the printer, mm;
//! "fit to page" lies between the two) and the **picture** (px). Both directions are exact to far below a pixel.

use super::noise::Wobble;
use super::surface::{Along, Surface};
use crate::units::{Homography, MM_PER_INCH, Mm, Point, Px};

/// The design on the paper: scaled about the paper's centre, then shifted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    pub scale: f64,
    pub shift_mm: (f64, f64),
    pub paper_mm: (f64, f64),
}

impl Fit {
    pub fn to_paper(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let (cx, cy) = (self.paper_mm.0 / 2.0, self.paper_mm.1 / 2.0);
        (cx + self.shift_mm.0 + self.scale * (x - cx), cy + self.shift_mm.1 + self.scale * (y - cy))
    }

    pub fn to_design(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let (cx, cy) = (self.paper_mm.0 / 2.0, self.paper_mm.1 / 2.0);
        (cx + (x - cx - self.shift_mm.0) / self.scale, cy + (y - cy - self.shift_mm.1) / self.scale)
    }
}

/// How the paper ran past the scanner's line of sensors: a function of the scanned line only.
#[derive(Clone, Debug, PartialEq)]
pub struct Feed {
    /// Stretch along the feed, mm; its slope stays well under 0.5, so that `place` rises throughout.
    pub stretch: Wobble,
    /// Slips: at (mm) the paper jumps by (mm) within 1.2 mm.
    pub jumps: Vec<(f64, f64)>,
    /// Wander across the feed, mm.
    pub wander: Wobble,
}

const JUMP_LENGTH_MM: f64 = 1.2;

impl Feed {
    pub fn even() -> Self {
        Feed { stretch: Wobble::none(), jumps: Vec::new(), wander: Wobble::none() }
    }

    /// Scanned line (mm) to place on the bed (mm along, mm across).
    fn place(&self, line: f64) -> (f64, f64) {
        let jumps: f64 = self
            .jumps
            .iter()
            .map(|&(at, by)| {
                let t = ((line - at) / JUMP_LENGTH_MM).clamp(0.0, 1.0);
                by * t * t * (3.0 - 2.0 * t)
            })
            .sum();
        (line + self.stretch.at(line) + jumps, self.wander.at(line))
    }

    /// The line on which a place along the bed was scanned: bisection, as `place` rises throughout.
    fn line(&self, along: f64) -> f64 {
        let (mut low, mut high) = (along - 20.0, along + 20.0);
        for _ in 0..45 {
            let middle = 0.5 * (low + high);
            if self.place(middle).0 < along { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum View {
    /// A line of sensors: parallel rays from above.
    Scanner {
        /// Paper to bed, mm.
        bed: Homography<Mm, Mm>,
        unbed: Homography<Mm, Mm>,
        feed: Feed,
        /// Pixels a millimetre across and along the feed.
        px_per_mm: (f64, f64),
    },
    /// A pinhole with a radial lens fault. x right, y down, z away from the camera.
    Phone {
        /// Rows of the rotation from paper axes (centred on the paper; z up from the table) to camera axes.
        rotation: [[f64; 3]; 3],
        /// The paper's centre in camera axes, mm.
        centre_mm: [f64; 3],
        focal_px: f64,
        /// Undistorted radius = r (1 + k r²), r by the half diagonal of the picture. Positive is barrel.
        barrel: f64,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Warp {
    pub fit: Fit,
    pub surface: Option<Surface>,
    pub view: View,
    pub width: usize,
    pub height: usize,
}

impl Warp {
    pub fn to_picture(&self, design: Point<Mm>) -> Point<Px> {
        self.paper_to_picture(self.fit.to_paper((design.x, design.y)))
    }

    pub fn to_design(&self, picture: Point<Px>) -> Point<Mm> {
        let (x, y) = self.fit.to_design(self.picture_to_paper(picture));
        Point::new(x, y)
    }

    pub fn paper_to_picture(&self, (x, y): (f64, f64)) -> Point<Px> {
        let (x, y, z) = match &self.surface {
            None => (x, y, 0.0),
            Some(s) if s.along == Along::X => {
                let (base, z) = s.lift(x);
                (base, y, z)
            }
            Some(s) => {
                let (base, z) = s.lift(y);
                (x, base, z)
            }
        };
        match &self.view {
            View::Scanner { bed, feed, px_per_mm, .. } => {
                let p = bed.apply(Point::new(x, y));
                let line = feed.line(p.y);
                Point::new((p.x - feed.place(line).1) * px_per_mm.0, line * px_per_mm.1)
            }
            View::Phone { rotation, centre_mm, focal_px, barrel } => {
                let at = [x - self.fit.paper_mm.0 / 2.0, y - self.fit.paper_mm.1 / 2.0, z];
                let c: [f64; 3] =
                    std::array::from_fn(|i| centre_mm[i] + (0..3).map(|j| rotation[i][j] * at[j]).sum::<f64>());
                let (u, v) = (focal_px * c[0] / c[2], focal_px * c[1] / c[2]);
                let k = self.distort(u.hypot(v), *barrel);
                Point::new(self.width as f64 / 2.0 + u * k, self.height as f64 / 2.0 + v * k)
            }
        }
    }

    pub fn picture_to_paper(&self, p: Point<Px>) -> (f64, f64) {
        match &self.view {
            View::Scanner { unbed, feed, px_per_mm, .. } => {
                let (along, across) = feed.place(p.y / px_per_mm.1);
                let q = unbed.apply(Point::new(p.x / px_per_mm.0 + across, along));
                match &self.surface {
                    None => (q.x, q.y),
                    Some(s) if s.along == Along::X => (s.flatten(q.x).0, q.y),
                    Some(s) => (q.x, s.flatten(q.y).0),
                }
            }
            View::Phone { rotation, centre_mm, focal_px, barrel } => {
                let (u, v) = (p.x - self.width as f64 / 2.0, p.y - self.height as f64 / 2.0);
                let r = u.hypot(v) / self.half_diagonal();
                let k = (1.0 + barrel * r * r) / focal_px;
                let ray = [u * k, v * k, 1.0];
                // Into paper axes (the rotation's inverse is its transpose), then down to the height of the paper.
                let turn = |w: [f64; 3]| -> [f64; 3] {
                    std::array::from_fn(|j| (0..3).map(|i| rotation[i][j] * w[i]).sum::<f64>())
                };
                let (ray, eye) = (turn(ray), turn(*centre_mm).map(|v| -v));
                let (cx, cy) = (self.fit.paper_mm.0 / 2.0, self.fit.paper_mm.1 / 2.0);
                let meet = |z: f64| {
                    let t = (z - eye[2]) / ray[2];
                    (eye[0] + t * ray[0] + cx, eye[1] + t * ray[1] + cy)
                };
                let Some(s) = &self.surface else {
                    return meet(0.0);
                };
                let (mut z, mut flat) = (0.0, 0.0);
                for _ in 0..12 {
                    let (x, y) = meet(z);
                    let (f, height) = s.flatten(if s.along == Along::X { x } else { y });
                    flat = f;
                    if (height - z).abs() < 1e-4 {
                        break;
                    }
                    z = height;
                }
                let (x, y) = meet(z);
                if s.along == Along::X { (flat, y) } else { (x, flat) }
            }
        }
    }

    fn half_diagonal(&self) -> f64 {
        (self.width as f64).hypot(self.height as f64) / 2.0
    }

    /// The factor from undistorted to distorted radius, by Newton's method.
    fn distort(&self, radius: f64, barrel: f64) -> f64 {
        let u = radius / self.half_diagonal();
        if barrel == 0.0 || u < 1e-9 {
            return 1.0;
        }
        let mut r = u;
        for _ in 0..8 {
            r -= (r + barrel * r * r * r - u) / (1.0 + 3.0 * barrel * r * r);
        }
        r / u
    }

    /// Dots an inch of the design at a place, the mean of both directions.
    pub fn dpi_at(&self, design: Point<Mm>) -> f64 {
        let p = self.to_picture(design);
        let dx = self.to_picture(Point::new(design.x + 1.0, design.y)).distance(&p);
        let dy = self.to_picture(Point::new(design.x, design.y + 1.0)).distance(&p);
        0.5 * (dx + dy) * MM_PER_INCH
    }
}
