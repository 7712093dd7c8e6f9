//! Laser printers and copiers: what they make of the page's file before any pen touches it.

use fastrand::Rng;

use super::chance::{between, chance};
use super::noise::{CLOUD, GRAIN};
use super::tone;
use crate::raster::Gray;

#[derive(Clone, Debug, PartialEq)]
pub struct Printer {
    /// Spread of the dots: 0 none, 1 lines grow by about 0.08 mm a side; negative values thin them.
    pub gain: f64,
    /// Density of solid black: fused toner still gives back some light, so 0.96 is full; 0.3 is an empty cartridge.
    pub density: f64,
    /// Share of the toner that flakes or fails to take, 0 to 0.3.
    pub mottle: f64,
    /// Pale bands down the page, as a worn drum leaves.
    pub bands: usize,
    /// "Fit to page": the design is printed at this scale, moved by this much.
    pub scale: f64,
    pub shift_mm: (f64, f64),
}

impl Printer {
    pub fn good(rng: &mut Rng) -> Self {
        Printer {
            gain: between(rng, -0.1, 0.25),
            density: between(rng, 0.88, 0.96),
            mottle: between(rng, 0.0, 0.02),
            bands: 0,
            scale: between(rng, 0.998, 1.002),
            shift_mm: (between(rng, -1.0, 1.0), between(rng, -1.0, 1.0)),
        }
    }

    /// The page as it comes out of the printer, still in design coordinates.
    pub fn print(&self, master: &Gray, px_per_mm: f64, rng: &mut Rng) -> Gray {
        let mut page = master.clone();
        if self.gain.abs() > 0.02 {
            spread(&mut page, self.gain, px_per_mm);
        }
        let bands: Vec<(f64, f64, f64)> = (0..self.bands)
            .map(|_| (rng.f64() * page.width as f64, between(rng, 0.5, 6.0) * px_per_mm, between(rng, 0.3, 0.9)))
            .collect();
        if self.density < 0.97 || self.mottle > 0.0 || self.bands > 0 {
            let columns: Vec<f64> = (0..page.width)
                .map(|x| bands.iter().map(|&(at, w, s)| 1.0 - s * (-((x as f64 - at) / w).powi(2)).exp()).product())
                .collect();
            let cells = 12.0 / px_per_mm;
            let (sx, sy) = (rng.f64() * 256.0, rng.f64() * 256.0);
            for y in 0..page.height {
                for (x, v) in page.row_mut(y).iter_mut().enumerate() {
                    if *v < 250 {
                        let (gx, gy) = (x as f64 * cells + sx, y as f64 * cells + sy);
                        let lack =
                            (GRAIN.at(gx, gy) + 0.7 * CLOUD.at(gx * 0.4, gy * 0.4)) * 1.2 - 1.2 + self.mottle * 4.0;
                        let toner = self.density * columns[x] * (1.0 - lack.clamp(0.0, 1.0));
                        *v = (255.0 - (255.0 - f64::from(*v)) * toner) as u8;
                    }
                }
            }
        }
        page
    }
}

/// Toner spreads from dark to light across an edge (or, with a negative gain, draws back); even tints stay.
fn spread(page: &mut Gray, gain: f64, px_per_mm: f64) {
    let mut soft = page.clone();
    tone::blur(&mut soft, 0.06 * px_per_mm);
    let k = (gain.abs() * 2.5 * 256.0) as i32;
    for (v, &s) in page.data.iter_mut().zip(&soft.data) {
        let toward = i32::from(s) - i32::from(*v);
        let change = if gain > 0.0 { toward.min(0) } else { toward.max(0) };
        *v = (i32::from(*v) + ((change * k) >> 8)).clamp(0, 255) as u8;
    }
}

/// One generation of a photocopier.
#[derive(Clone, Debug, PartialEq)]
pub struct Copier {
    /// Slope of its tone curve, 1 to 5: high values drop light grays and fill dark ones.
    pub contrast: f64,
    /// Gray that stays as it is, 110–180: higher is darker.
    pub middle: f64,
    pub blur_mm: f64,
    /// Specks of toner a square centimetre.
    pub specks: f64,
}

impl Copier {
    pub fn usual(rng: &mut Rng) -> Self {
        Copier {
            contrast: between(rng, 1.6, 3.2),
            middle: between(rng, 125.0, 175.0),
            blur_mm: between(rng, 0.04, 0.08),
            specks: between(rng, 0.0, 0.6),
        }
    }

    pub fn copy(&self, page: &mut Gray, px_per_mm: f64, rng: &mut Rng) {
        tone::blur(page, self.blur_mm * px_per_mm);
        tone::noise(page, 5.0, rng);
        let (low, high) = (curve(0.0, self), curve(255.0, self));
        tone::table(page, |v| 12.0 + 243.0 * (curve(v, self) - low) / (high - low));
        let area_cm2 = page.data.len() as f64 / (px_per_mm * px_per_mm * 100.0);
        for _ in 0..(self.specks * area_cm2) as usize {
            let (x, y) = (rng.usize(..page.width), rng.usize(..page.height));
            let r = if chance(rng, 0.05) { between(rng, 0.1, 0.25) } else { between(rng, 0.03, 0.12) } * px_per_mm;
            super::stains::disc(page, (x as f64, y as f64), r, |v| v * 0.3);
        }
    }
}

fn curve(v: f64, copier: &Copier) -> f64 {
    1.0 / (1.0 + (-(v - copier.middle) / 255.0 * 3.0 * copier.contrast).exp())
}
