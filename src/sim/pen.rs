//! Pens, and the hands that hold them: what a stroke leaves on the paper.
//!
//! Reflectances are of the luma that a gray scan gives, as a part of the paper's: measured by eye on photographs of
//! filled sheets, black ballpoint lies at 0.12–0.22, blue at 0.24–0.36, heavy pencil at 0.35–0.55.

use fastrand::Rng;

use super::chance::{between, chance, jitter};
use super::noise::{CLOUD, GRAIN};
use super::stroke::Layer;
use crate::raster::Gray;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pen {
    BlackBallpoint,
    BlueBallpoint,
    /// 2B or so: dark, and shiny where it is pressed.
    SoftPencil,
    /// HB to 2H.
    HardPencil,
    /// Felt tip: broad, even and black.
    Felt,
}

impl Pen {
    pub fn is_pencil(self) -> bool {
        matches!(self, Pen::SoftPencil | Pen::HardPencil)
    }
}

/// How a bubble is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    BackAndForth,
    OutlineFirst,
    Rings,
}

/// One pupil with one pen: what stays the same over a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Hand {
    pub pen: Pen,
    /// Luma of solid ink as a part of the paper's.
    pub reflectance: f64,
    pub line_mm: f64,
    /// 1 is normal.
    pub pressure: f64,
    /// Direction of back-and-forth strokes, radians.
    pub angle: f64,
    /// How far from the centre a mark lands, standard deviation.
    pub aim_mm: f64,
    /// Distance of neighbouring strokes as a part of the line's width: above 1 paper shows between them.
    pub spacing: f64,
    pub habit: Habit,
    /// Part of a stroke's length where the ball or the lead fails.
    pub skips: f64,
    /// Where on the tile of paper fibres this page lies.
    pub(super) grain: (f64, f64),
}

impl Hand {
    /// A pupil who fills with ordinary care.
    pub fn new(pen: Pen, rng: &mut Rng) -> Self {
        let (reflectance, line_mm, skips) = match pen {
            Pen::BlackBallpoint => (between(rng, 0.11, 0.22), between(rng, 0.4, 0.7), between(rng, 0.0, 0.05)),
            Pen::BlueBallpoint => (between(rng, 0.22, 0.36), between(rng, 0.4, 0.7), between(rng, 0.0, 0.06)),
            Pen::SoftPencil => (between(rng, 0.26, 0.36), between(rng, 0.5, 0.9), 0.0),
            Pen::HardPencil => (between(rng, 0.36, 0.46), between(rng, 0.4, 0.7), 0.0),
            Pen::Felt => (between(rng, 0.06, 0.12), between(rng, 0.8, 1.4), 0.0),
        };
        let habit = match rng.u32(..10) {
            0..5 => Habit::BackAndForth,
            5..8 => Habit::OutlineFirst,
            _ => Habit::Rings,
        };
        Hand {
            pen,
            reflectance,
            line_mm,
            pressure: between(rng, 0.85, 1.15),
            angle: between(rng, -0.4, 1.3),
            aim_mm: between(rng, 0.05, 0.18),
            spacing: between(rng, 0.4, 0.75),
            habit,
            skips,
            grain: (between(rng, 0.0, 256.0), between(rng, 0.0, 256.0)),
        }
    }

    /// The same pupil pressing less: 1 is normal, 0.5 is faint for a pencil.
    pub fn with_pressure(mut self, pressure: f64) -> Self {
        self.pressure = pressure;
        self
    }

    /// Pressure along one stroke: it swells and fades, and a dry ball leaves gaps.
    pub fn pressures(&self, rng: &mut Rng, n: usize) -> Vec<f64> {
        let start = between(rng, 0.85, 1.1);
        let end = between(rng, 0.75, 1.1);
        let mut gap = 0usize;
        (0..n)
            .map(|i| {
                let t = i as f64 / n.max(2) as f64;
                if gap == 0 && chance(rng, self.skips / 3.0) {
                    gap = rng.usize(1..6);
                }
                let drop = if gap > 0 { between(rng, 0.0, 0.35) } else { 1.0 };
                gap = gap.saturating_sub(1);
                (self.pressure * (start + t * (end - start)) * drop + jitter(rng, 0.04)).max(0.02)
            })
            .collect()
    }

    /// Darkens the page by the strokes of a layer.
    pub fn ink(&self, page: &mut Gray, px_per_mm: f64, layer: &Layer) {
        let cells = 12.0 / px_per_mm;
        let (gx, gy) = self.grain;
        layer.apply(page, |x, y, value, passes| {
            let (x, y) = (x as f64 * cells + gx, y as f64 * cells + gy);
            let fibre = GRAIN.at(x, y);
            let cloud = CLOUD.at(x * 1.5, y * 1.5);
            let (cover, reflectance) = match self.pen {
                // Graphite stays on the peaks of the paper; pressing and repeating reach into the valleys, and
                // many passes polish it, so that it shines back at the lamp.
                Pen::SoftPencil | Pen::HardPencil => {
                    let reach = 1.15 * passes.powf(0.6) * (1.0 + 0.25 * cloud) - 0.42;
                    let polish = 0.05 * (passes - 2.0).clamp(0.0, 2.0);
                    ((reach + 0.75 * fibre).clamp(0.0, 1.0) * 0.95, self.reflectance + polish)
                }
                Pen::Felt => (1.0 - (-4.0 * passes).exp(), self.reflectance),
                // A ball leaves a film with small holes, closed by the next pass.
                Pen::BlackBallpoint | Pen::BlueBallpoint => {
                    let film = (passes * (1.0 + 0.35 * fibre + 0.3 * cloud)).max(0.0);
                    (1.0 - (-2.3 * film).exp(), self.reflectance * (1.06 - 0.06 * passes.min(3.0)))
                }
            };
            value * (1.0 - cover * (1.0 - reflectance))
        });
    }
}
