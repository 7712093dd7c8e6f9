//! Phone cameras over a desk.

use fastrand::Rng;

use super::backdrop::{Backdrop, lay};
use super::chance::{between, chance, jitter};
use super::noise::Wobble;
use super::outline;
use super::resample::{Sheet, resample};
use super::surface::Surface;
use super::tone;
use super::warp::{Fit, View, Warp};
use crate::raster::Gray;
use crate::units::Point;

#[derive(Clone, Debug, PartialEq)]
pub struct Phone {
    pub width: usize,
    pub height: usize,
    /// How far the camera leans from looking straight down, and toward where.
    pub tilt_deg: f64,
    pub tilt_toward_deg: f64,
    /// Clockwise turn of the page in the picture.
    pub roll_deg: f64,
    /// Part of the picture's area that the page takes, if it goes in whole.
    pub fill: f64,
    /// Focal length by the longer side of the picture: 0.7 wide, 1.1 long.
    pub focal: f64,
    pub barrel: f64,
    pub backdrop: Backdrop,
    /// Luma that white paper gets where the light is best.
    pub exposure: f64,
    /// Loss of light across the page: 0 to 0.5.
    pub gradient: f64,
    pub vignette: f64,
    /// Part of the light that the lens strews over the whole picture: blacks turn gray.
    pub flare: f64,
    pub shadow: Option<Shadow>,
    pub defocus_px: f64,
    pub motion_px: f64,
    pub noise: f64,
    pub sharpen: f64,
}

/// The photographer's own: one side of a wavy line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shadow {
    /// Part of the light that is lost, 0.2–0.65.
    pub depth: f64,
    /// Half-width of its soft edge by the picture's diagonal, 0.01–0.1.
    pub softness: f64,
    /// Where it falls: direction of the dark side, and the edge's place from the centre by the half diagonal.
    pub toward_deg: f64,
    pub offset: f64,
}

impl Phone {
    /// Held with care in fair light.
    pub fn good(rng: &mut Rng) -> Self {
        let (width, height) = super::chance::pick(rng, &[(1800, 2400), (2250, 3000), (2448, 3264), (3024, 4032)]);
        let turn = if chance(rng, 0.8) { 0 } else { rng.u32(1..4) };
        let (width, height) = if turn % 2 == 1 { (height, width) } else { (width, height) };
        Phone {
            width,
            height,
            tilt_deg: jitter(rng, 2.0).abs(),
            tilt_toward_deg: between(rng, 0.0, 360.0),
            roll_deg: f64::from(turn) * 90.0 + jitter(rng, 2.5),
            fill: between(rng, 0.6, 0.95),
            focal: between(rng, 0.72, 1.05),
            barrel: between(rng, -0.004, 0.012),
            backdrop: Backdrop::Wood { luma: between(rng, 90.0, 170.0), upright: rng.bool() },
            exposure: between(rng, 180.0, 240.0),
            gradient: between(rng, 0.02, 0.18),
            vignette: between(rng, 0.0, 0.15),
            flare: between(rng, 0.01, 0.12),
            shadow: None,
            defocus_px: between(rng, 0.4, 1.0) * width.min(height) as f64 / 2448.0,
            motion_px: 0.0,
            noise: between(rng, 1.0, 3.0),
            sharpen: between(rng, 0.0, 0.8),
        }
    }

    pub fn warp(&self, fit: Fit, surface: Option<Surface>, rng: &mut Rng) -> Warp {
        let (w, h) = fit.paper_mm;
        let (picture_w, picture_h) = (self.width as f64, self.height as f64);
        let focal_px = self.focal * picture_w.max(picture_h);
        let rotation = rotation(self.tilt_deg, self.tilt_toward_deg, self.roll_deg);
        let at = |centre_mm: [f64; 3]| Warp {
            fit,
            surface: surface.clone(),
            view: View::Phone { rotation, centre_mm, focal_px, barrel: self.barrel },
            width: self.width,
            height: self.height,
        };
        let edge: Vec<(f64, f64)> = (0..=8)
            .map(|i| i as f64 / 8.0)
            .flat_map(|t| [(t * w, 0.0), (t * w, h), (0.0, t * h), (w, t * h)])
            .collect();
        let bounds = |warp: &Warp| {
            edge.iter().map(|&p| warp.paper_to_picture(p)).fold([f64::MAX, f64::MAX, f64::MIN, f64::MIN], |b, p| {
                [b[0].min(p.x), b[1].min(p.y), b[2].max(p.x), b[3].max(p.y)]
            })
        };
        // Near enough that the page fills its part, far enough that it goes in with a little room.
        let mut distance = focal_px * (w * h / (self.fill * picture_w * picture_h)).sqrt();
        for _ in 0..60 {
            let b = bounds(&at([0.0, 0.0, distance]));
            if b[2] - b[0] < 0.97 * picture_w && b[3] - b[1] < 0.97 * picture_h {
                break;
            }
            distance *= 1.02;
        }
        let mut centre = [0.0, 0.0, distance];
        for wish in [(rng.f64(), rng.f64()), (0.5, 0.5)] {
            // Twice, as moving the page aside changes its outline a little.
            for _ in 0..3 {
                let b = bounds(&at(centre));
                let aim = |low: f64, high: f64, size: f64, wish: f64| {
                    let room = size - (high - low);
                    0.1 * room + 0.8 * room * (0.25 + 0.5 * wish) - low
                };
                centre[0] += aim(b[0], b[2], picture_w, wish.0) * distance / focal_px;
                centre[1] += aim(b[1], b[3], picture_h, wish.1) * distance / focal_px;
            }
            let b = bounds(&at(centre));
            if b[0] > 2.0 && b[1] > 2.0 && b[2] < picture_w - 2.0 && b[3] < picture_h - 2.0 {
                break;
            }
        }
        at(centre)
    }

    pub fn photograph(
        &self,
        sheet: &Sheet,
        warp: &Warp,
        contours: &[Vec<(f64, f64)>],
        paper_white: f64,
        rng: &mut Rng,
    ) -> Gray {
        let mut picture = resample(sheet, warp, 1.15);
        let placed: Vec<_> = contours.iter().map(|c| c.iter().map(|&p| warp.paper_to_picture(p)).collect()).collect();
        let cover = outline::coverage(warp.width, warp.height, &placed);
        lay(&mut picture, &cover, self.backdrop, self.width / 350, rng);
        drop(cover);
        self.light(&mut picture, warp, paper_white, rng);
        let strewn = self.flare * self.exposure * 0.8;
        tone::table(&mut picture, |v| v * (1.0 - self.flare) + strewn);
        tone::blur(&mut picture, self.defocus_px);
        tone::motion(&mut picture, self.motion_px, between(rng, 0.0, std::f64::consts::PI));
        tone::noise(&mut picture, self.noise, rng);
        if self.sharpen > 0.0 {
            tone::sharpen(&mut picture, 1.2, self.sharpen);
        }
        picture
    }

    /// Multiplies by the light that falls on each place: lamp, vignette, shadow, and the slope of bent paper.
    fn light(&self, picture: &mut Gray, warp: &Warp, paper_white: f64, rng: &mut Rng) {
        const KNOT_PX: usize = 16;
        let (w, h) = (picture.width as f64, picture.height as f64);
        let half = w.hypot(h) / 2.0;
        let lamp = between(rng, 0.0, std::f64::consts::TAU);
        let bend = between(rng, 0.4, 0.9) * if rng.bool() { 1.0 } else { -1.0 };
        let wave = Wobble::new(rng, 0.04, (0.3, 1.5));
        let gain = |x: f64, y: f64| {
            let (u, v) = ((x - w / 2.0) / half, (y - h / 2.0) / half);
            let along = u * lamp.cos() + v * lamp.sin();
            let mut gain = 1.0 - self.gradient * (0.5 + 0.5 * along + 0.2 * along * along);
            gain *= 1.0 - self.vignette * (u * u + v * v).powi(2);
            if let Some(s) = self.shadow {
                let (sin, cos) = s.toward_deg.to_radians().sin_cos();
                let into = u * cos + v * sin - s.offset + wave.at(v * cos - u * sin);
                let t = (into / (2.0 * s.softness) + 0.5).clamp(0.0, 1.0);
                gain *= 1.0 - s.depth * t * t * (3.0 - 2.0 * t);
            }
            if let Some(surface) = &warp.surface {
                let p = warp.picture_to_paper(Point::new(x, y));
                let (pw, ph) = warp.fit.paper_mm;
                if p.0 > -3.0 && p.1 > -3.0 && p.0 < pw + 3.0 && p.1 < ph + 3.0 {
                    let flat = if surface.along == super::surface::Along::X { p.0 } else { p.1 };
                    gain *= 1.0 + bend * surface.slope(flat);
                }
            }
            // The lens's camera curve: light on a sheet at the given exposure, in gamma-coded values.
            gain * self.exposure / paper_white
        };
        let columns = picture.width / KNOT_PX + 2;
        let row_of = |y: usize| -> Vec<f64> { (0..columns).map(|k| gain((k * KNOT_PX) as f64, y as f64)).collect() };
        let (mut top, mut below) = (row_of(0), row_of(KNOT_PX));
        let mut line = vec![0f64; columns];
        for y in 0..picture.height {
            let t = (y % KNOT_PX) as f64 / KNOT_PX as f64;
            if y > 0 && y % KNOT_PX == 0 {
                top = std::mem::replace(&mut below, row_of(y + KNOT_PX));
            }
            for ((l, a), b) in line.iter_mut().zip(&top).zip(&below) {
                *l = a + (b - a) * t;
            }
            for (k, block) in picture.row_mut(y).chunks_mut(KNOT_PX).enumerate() {
                let (a, step) = (line[k] * 4096.0, (line[k + 1] - line[k]) * 4096.0 / KNOT_PX as f64);
                for (i, v) in block.iter_mut().enumerate() {
                    let k = (a + step * i as f64) as i32;
                    *v = ((i32::from(*v) * k) >> 12).clamp(0, 255) as u8;
                }
            }
        }
    }
}

/// Paper axes (x right, y down, z up) to camera axes (x right, y down, z away from the camera).
fn rotation(tilt_deg: f64, toward_deg: f64, roll_deg: f64) -> [[f64; 3]; 3] {
    let (s, c) = roll_deg.to_radians().sin_cos();
    let roll = [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, -1.0]];
    // Rodrigues' formula about an axis in the picture's plane.
    let (ay, ax) = toward_deg.to_radians().sin_cos();
    let (s, c) = tilt_deg.to_radians().sin_cos();
    let lean = [
        [c + ax * ax * (1.0 - c), ax * ay * (1.0 - c), ay * s],
        [ax * ay * (1.0 - c), c + ay * ay * (1.0 - c), -ax * s],
        [-ay * s, ax * s, c],
    ];
    std::array::from_fn(|i| std::array::from_fn(|j| (0..3).map(|k| lean[i][k] * roll[k][j]).sum()))
}
