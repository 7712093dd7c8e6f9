//! Paper that does not lie flat: a sheet bent in one direction only, as paper bends (a developable surface).

use fastrand::Rng;

use super::chance::{between, sign};

const STEP_MM: f64 = 0.5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Along {
    X,
    Y,
}

/// Height over the table as a function of one coordinate. `flat` is measured on the paper, `base` on the table under it.
#[derive(Clone, Debug, PartialEq)]
pub struct Surface {
    pub along: Along,
    /// At flat coordinates 0, 0.5, 1 … mm: base coordinate and height.
    profile: Vec<(f64, f64)>,
}

impl Surface {
    /// Bends the paper by a slope (dz by flat length) given at each flat coordinate, kept fixed at its middle.
    fn from_slope(along: Along, length_mm: f64, slope: impl Fn(f64) -> f64) -> Self {
        let n = (length_mm / STEP_MM).ceil() as usize + 1;
        let (mut base, mut z, mut profile) = (0.0, 0.0, Vec::with_capacity(n));
        for i in 0..n {
            profile.push((base, z));
            let s = slope((i as f64 + 0.5) * STEP_MM).clamp(-0.6, 0.6);
            base += STEP_MM * (1.0 - s * s).sqrt();
            z += STEP_MM * s;
        }
        let (middle, low) = (profile[n / 2].0, profile.iter().map(|p| p.1).fold(f64::MAX, f64::min));
        let shift = length_mm / 2.0 - middle;
        for p in &mut profile {
            *p = (p.0 + shift, p.1 - low);
        }
        Surface { along, profile }
    }

    /// A sheet that was rolled up, or whose edge rises: `strength` 1 lifts it by about 2 cm.
    pub fn curled(rng: &mut Rng, along: Along, length_mm: f64, strength: f64) -> Self {
        let a = strength * between(rng, 0.6, 1.0) * sign(rng);
        let (centre, lift) = (between(rng, 0.35, 0.65), strength * between(rng, 0.0, 0.2));
        Surface::from_slope(along, length_mm, |t| {
            let u = t / length_mm - centre;
            0.55 * a * u + lift * (4.0 * (u.abs() - 0.3)).max(0.0) * u.signum()
        })
    }

    /// A sheet that was folded at the given places and opened again: flat panels that meet at blunt creases.
    pub fn folded(rng: &mut Rng, along: Along, length_mm: f64, creases_mm: &[f64], strength: f64) -> Self {
        let first = sign(rng);
        let slopes: Vec<f64> = (0..=creases_mm.len())
            .map(|i| first * if i % 2 == 0 { 1.0 } else { -1.0 } * strength * between(rng, 0.4, 1.0))
            .collect();
        Surface::from_slope(along, length_mm, |t| {
            let mut slope = slopes[0];
            for (i, &crease) in creases_mm.iter().enumerate() {
                let turn = ((t - crease) / 6.0 + 0.5).clamp(0.0, 1.0);
                slope += (slopes[i + 1] - slopes[i]) * turn * turn * (3.0 - 2.0 * turn);
            }
            slope
        })
    }

    /// (base, height) above a flat coordinate; straight on beyond the paper's edges.
    pub fn lift(&self, flat: f64) -> (f64, f64) {
        let t = flat / STEP_MM;
        let i = t.floor().clamp(0.0, (self.profile.len() - 2) as f64) as usize;
        let (a, b) = (self.profile[i], self.profile[i + 1]);
        let f = t - i as f64;
        (a.0 + f * (b.0 - a.0), a.1 + f * (b.1 - a.1))
    }

    /// The flat coordinate above a base coordinate, and the height there.
    pub fn flatten(&self, base: f64) -> (f64, f64) {
        let last = self.profile.len() - 1;
        let i = self.profile.partition_point(|p| p.0 <= base).clamp(1, last) - 1;
        let (a, b) = (self.profile[i], self.profile[i + 1]);
        let f = (base - a.0) / (b.0 - a.0);
        ((i as f64 + f) * STEP_MM, a.1 + f * (b.1 - a.1))
    }

    /// Slope of the paper (height by flat length) at a flat coordinate.
    pub fn slope(&self, flat: f64) -> f64 {
        (self.lift(flat + 1.0).1 - self.lift(flat - 1.0).1) / 2.0
    }
}
