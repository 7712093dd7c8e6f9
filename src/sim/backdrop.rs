//! What lies around and under the paper: a scanner's lid, or a desk.

use fastrand::Rng;

use super::chance::between;
use super::noise::{CLOUD, GRAIN, WHITE};
use crate::raster::Gray;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Backdrop {
    /// An even surface of this luma: a lid, a roller, a painted table.
    Plain(f64),
    /// Boards with grain along x or y.
    Wood { luma: f64, upright: bool },
    /// Dark cloth with wide folds and lint.
    Cloth { luma: f64 },
    /// A floor or table of square tiles with joints.
    Tiles { luma: f64, size_px: f64 },
}

const KNOT_PX: usize = 16;

/// Lays the picture of the paper over the backdrop, by the paper's coverage of each pixel. `shadow_px` is how far the
/// paper throws its shadow, down and to the right.
pub fn lay(picture: &mut Gray, cover: &[f32], backdrop: Backdrop, shadow_px: usize, rng: &mut Rng) {
    let (w, h) = (picture.width, picture.height);
    let shift = (between(rng, 0.0, 256.0), between(rng, 0.0, 256.0));
    let tilt = between(rng, -0.03, 0.03);
    let slow = |x: f64, y: f64| -> f64 {
        match backdrop {
            Backdrop::Plain(luma) => luma * (1.0 + 0.03 * CLOUD.smooth(x * 0.03 + shift.0, y * 0.03 + shift.1)),
            Backdrop::Wood { luma, upright } => {
                let (a, b) = if upright { (y, x) } else { (x, y) };
                let (a, b) = (a * 0.012 + shift.0, b * 0.12 + a * tilt + shift.1);
                luma * (1.0 + 0.22 * CLOUD.smooth(a, b) + 0.14 * GRAIN.smooth(a * 1.5, b * 1.7))
            }
            Backdrop::Cloth { luma } => {
                luma * (1.0 + 1.1 * CLOUD.smooth(x * 0.045 + shift.0, y * 0.03 + shift.1).max(-0.5))
            }
            Backdrop::Tiles { luma, .. } => luma * (1.0 + 0.08 * CLOUD.smooth(x * 0.1 + shift.0, y * 0.1 + shift.1)),
        }
    };
    let fine = match backdrop {
        Backdrop::Plain(_) | Backdrop::Tiles { .. } => 0.01,
        Backdrop::Wood { .. } => 0.09,
        Backdrop::Cloth { .. } => 0.25,
    };
    // Wood's grain runs across a row or along it, and needs knots that lie close where it changes fast.
    let knot = if matches!(backdrop, Backdrop::Wood { upright: true, .. }) { 4 } else { KNOT_PX };
    let mut knots = vec![0.0; w / knot + 2];
    for y in 0..h {
        let line = &cover[y * w..][..w];
        if line.iter().all(|&c| c > 0.999) {
            continue;
        }
        for (k, v) in knots.iter_mut().enumerate() {
            *v = slow((k * knot) as f64, y as f64);
        }
        let (grain, lint) = (GRAIN.row(y.wrapping_mul(7) / 3), WHITE.row(y.wrapping_mul(31)));
        let offset = rng.usize(..256);
        let above = y.checked_sub(shadow_px).map(|y| &cover[y * w..][..w]);
        for (x, v) in picture.row_mut(y).iter_mut().enumerate() {
            let c = f64::from(line[x]);
            if c > 0.999 {
                continue;
            }
            let t = (x % knot) as f64 / knot as f64;
            let base = knots[x / knot] * (1.0 - t) + knots[x / knot + 1] * t;
            let mut ground = base * (1.0 + fine * (f64::from(grain[(x + offset) & 255]) - 128.0) / 42.0);
            match backdrop {
                Backdrop::Cloth { .. } if lint[x.wrapping_mul(13) & 255] > 253 && (x ^ y) & 63 == 5 => ground += 60.0,
                Backdrop::Tiles { size_px, .. } => {
                    let joint = |v: usize| (v as f64 + shift.0 * 3.0).rem_euclid(size_px) < size_px * 0.015 + 2.0;
                    if joint(x) || joint(y) {
                        ground *= 0.6;
                    }
                }
                _ => {}
            }
            if let Some(above) = above.filter(|_| x >= shadow_px) {
                ground *= 1.0 - 0.4 * f64::from(above[x - shadow_px]);
            }
            *v = (ground + (f64::from(*v) - ground) * c).clamp(0.0, 255.0) as u8;
        }
    }
}
