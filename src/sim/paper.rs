//! Paper and what happens to it between the printer and the scanner.

use fastrand::Rng;

use super::chance::{between, jitter};
use super::noise::{CLOUD, GRAIN};
use super::resample::Sheet;
use super::stains::{blot, coffee_ring, crease, staple};
use super::surface::{Along, Surface};
use super::tone;
use crate::raster::Gray;

#[derive(Clone, Debug, PartialEq)]
pub struct Paper {
    /// Luma of the bare paper, 205 (recycled) to 252.
    pub white: f64,
    /// Spread of its fibres' luma, 0 to 0.03.
    pub texture: f64,
    /// How much of the back's ink is seen, 0 to 0.3.
    pub show_through: f64,
    pub coffee_rings: usize,
    pub blots: usize,
    /// Creases: along which axis, where (mm), how strong (0 to 1).
    pub creases: Vec<(Along, f64, f64)>,
    /// Millimetres torn off at the top-left, top-right, bottom-right and bottom-left corner (0: whole).
    pub torn_mm: [f64; 4],
    /// Two or four holes of 6 mm, 12 mm from this edge (ISO 838): 0 left, 1 right, 2 top.
    pub holes: Option<(usize, u32)>,
    pub staple: bool,
    /// How it lies under a camera, or slides through a scanner.
    pub surface: Option<Surface>,
}

impl Paper {
    pub fn good(rng: &mut Rng) -> Self {
        Paper {
            white: between(rng, 232.0, 252.0),
            texture: between(rng, 0.002, 0.008),
            show_through: 0.0,
            coffee_rings: 0,
            blots: 0,
            creases: Vec::new(),
            torn_mm: [0.0; 4],
            holes: None,
            staple: false,
            surface: None,
        }
    }

    /// Ages the sheet; `back` is the other side's print, seen mirrored, else the sheet's own serves.
    pub fn age(&self, sheet: &mut Sheet, back: Option<&Gray>, rng: &mut Rng) {
        if self.show_through > 0.0 {
            shine_through(&mut sheet.gray, back, self.show_through, sheet.px_per_mm);
        }
        for _ in 0..self.blots {
            blot(sheet, rng);
        }
        for _ in 0..self.coffee_rings {
            coffee_ring(sheet, rng);
        }
        for &(along, at, strength) in &self.creases {
            crease(sheet, along, at, strength, rng);
        }
        self.tint(&mut sheet.gray, rng);
        if self.staple {
            staple(sheet, rng);
        }
    }

    fn tint(&self, gray: &mut Gray, rng: &mut Rng) {
        let shift = (rng.usize(..256), rng.usize(..256));
        let width = gray.width;
        for (y, row) in gray.data.chunks_mut(width).enumerate() {
            let (grain, cloud) = (GRAIN.row(y + shift.1), CLOUD.row(y / 2 + shift.0));
            let factors: [u16; 256] = std::array::from_fn(|x| {
                let noise = (f64::from(grain[x]) + 0.7 * f64::from(cloud[x]) - 217.6) / 42.0;
                (self.white * (1.0 + self.texture * noise) / 255.0 * 256.0).clamp(0.0, 256.0) as u16
            });
            for piece in row.chunks_mut(256) {
                for (v, f) in piece.iter_mut().zip(&factors) {
                    *v = ((u16::from(*v) * f) >> 8) as u8;
                }
            }
        }
    }

    /// The outline of the paper and its holes, millimetres on the paper, ready for filling.
    pub fn contours(&self, (w, h): (f64, f64), rng: &mut Rng) -> Vec<Vec<(f64, f64)>> {
        let corners = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)];
        let mut outline = Vec::new();
        for (i, &(x, y)) in corners.iter().enumerate() {
            let (before, after) = (corners[(i + 3) % 4], corners[(i + 1) % 4]);
            let toward = |(tx, ty): (f64, f64), d: f64| {
                let far = (tx - x).hypot(ty - y);
                (x + (tx - x) / far * d, y + (ty - y) / far * d)
            };
            let torn = self.torn_mm[i];
            if torn > 0.0 {
                let (from, to) =
                    (toward(before, torn * between(rng, 0.8, 1.3)), toward(after, torn * between(rng, 0.8, 1.3)));
                let n = torn.ceil() as usize;
                let bow = jitter(rng, 0.1);
                for k in 0..=n {
                    let t = k as f64 / n as f64;
                    let side = torn * bow * (t * std::f64::consts::PI).sin() + jitter(rng, 0.35);
                    let (dx, dy) = ((to.0 - from.0) / torn, (to.1 - from.1) / torn);
                    outline.push((from.0 + t * (to.0 - from.0) - side * dy, from.1 + t * (to.1 - from.1) + side * dx));
                }
            } else {
                outline.push((x, y));
            }
            // Points along the edge, for paper that bends.
            let (sx, sy) = *outline.last().unwrap_or(&(x, y));
            let far = (after.0 - sx).hypot(after.1 - sy) - self.torn_mm[(i + 1) % 4] * 1.4;
            for k in 1..(far / 3.0).max(0.0) as usize {
                let t = 3.0 * k as f64 / (after.0 - sx).hypot(after.1 - sy);
                outline.push((sx + t * (after.0 - sx), sy + t * (after.1 - sy)));
            }
        }
        let mut contours = vec![outline];
        if let Some((count, edge)) = self.holes {
            let length = if edge == 2 { w } else { h };
            let first = length / 2.0 - 40.0 * (count - 1) as f64 + jitter(rng, 2.0);
            let from_edge = 12.0 + jitter(rng, 1.0);
            for k in 0..count {
                let along = first + 80.0 * k as f64;
                let (cx, cy) = match edge {
                    0 => (from_edge, along),
                    1 => (w - from_edge, along),
                    _ => (along, from_edge),
                };
                let r = between(rng, 2.75, 3.1);
                let turn = |i: usize| -(i as f64) / 40.0 * std::f64::consts::TAU;
                contours.push((0..40).map(|i| (cx + r * turn(i).cos(), cy + r * turn(i).sin())).collect());
            }
        }
        contours
    }
}

fn shine_through(gray: &mut Gray, back: Option<&Gray>, amount: f64, px_per_mm: f64) {
    let mut back = back.unwrap_or(gray).clone();
    tone::blur(&mut back, 0.22 * px_per_mm);
    let k = (amount * 256.0) as u32;
    for y in 0..gray.height.min(back.height) {
        for (v, &b) in gray.row_mut(y).iter_mut().zip(back.row(y).iter().rev()) {
            *v = (u32::from(*v) * (65280 - k * (255 - u32::from(b))) / 65280) as u8;
        }
    }
}
