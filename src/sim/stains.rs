//! Stains, creases and staples, painted over the paper.

use fastrand::Rng;

use super::chance::{between, chance, jitter, sign};
use super::noise::{CLOUD, GRAIN, Wobble};
use super::resample::Sheet;
use super::surface::Along;
use crate::raster::Gray;

/// Changes the pixels of a disc, softly at its edge.
pub(super) fn disc(page: &mut Gray, (cx, cy): (f64, f64), r: f64, ink: impl Fn(f64) -> f64) {
    let span = |c: f64, n: usize| {
        ((c - r - 1.0).clamp(0.0, n as f64) as usize, (c + r + 1.0).ceil().clamp(0.0, n as f64) as usize)
    };
    let ((x0, x1), (y0, y1)) = (span(cx, page.width), span(cy, page.height));
    for y in y0..y1 {
        for (x, v) in page.row_mut(y).iter_mut().enumerate().take(x1).skip(x0) {
            let cover = (r + 0.5 - (x as f64 + 0.5 - cx).hypot(y as f64 + 0.5 - cy)).clamp(0.0, 1.0);
            let old = f64::from(*v);
            *v = (old + (ink(old) - old) * cover).clamp(0.0, 255.0) as u8;
        }
    }
}

/// Changes the window around a place by a factor that depends on the polar place (radius mm, angle).
fn around(sheet: &mut Sheet, (cx, cy): (f64, f64), reach: f64, factor: impl Fn(f64, f64, f64, f64) -> f64) {
    let s = sheet.px_per_mm;
    let span = |c: f64, n: usize| {
        (((c - reach) * s).clamp(0.0, n as f64) as usize, ((c + reach) * s).ceil().clamp(0.0, n as f64) as usize)
    };
    let ((x0, x1), (y0, y1)) = (span(cx, sheet.gray.width), span(cy, sheet.gray.height));
    for y in y0..y1 {
        for (x, v) in sheet.gray.row_mut(y).iter_mut().enumerate().take(x1).skip(x0) {
            let (dx, dy) = (x as f64 / s - cx, y as f64 / s - cy);
            let r = dx.hypot(dy);
            if r < reach {
                *v = (f64::from(*v) * factor(r, dy.atan2(dx), x as f64, y as f64)).clamp(0.0, 255.0) as u8;
            }
        }
    }
}

fn somewhere(sheet: &Sheet, rng: &mut Rng) -> (f64, f64) {
    let (w, h) = (sheet.gray.width as f64 / sheet.px_per_mm, sheet.gray.height as f64 / sheet.px_per_mm);
    (w * rng.f64(), h * rng.f64())
}

/// An edge that wobbles around a circle, as a part of its radius.
fn ragged(rng: &mut Rng, amount: f64) -> impl Fn(f64) -> f64 + use<> {
    let waves: Vec<(f64, f64)> = (1..=5).map(|_| (jitter(rng, amount), between(rng, 0.0, 6.3))).collect();
    move |angle| {
        1.0 + waves
            .iter()
            .enumerate()
            .map(|(i, (a, p))| a / (i + 1) as f64 * ((i + 1) as f64 * angle + p).sin())
            .sum::<f64>()
    }
}

/// Water, grease or coffee (large and pale, darker at its rim), or a drop of ink (small and dark).
pub(super) fn blot(sheet: &mut Sheet, rng: &mut Rng) {
    let at = somewhere(sheet, rng);
    let ink = chance(rng, 0.15);
    let (radius, depth) = if ink {
        (between(rng, 0.5, 2.5), between(rng, 0.5, 0.85))
    } else {
        (between(rng, 3.0, 22.0), between(rng, 0.05, 0.35))
    };
    let edge = ragged(rng, 0.15);
    let rim = if ink { 0.0 } else { between(rng, 0.3, 0.9) };
    let shift = between(rng, 0.0, 256.0);
    around(sheet, at, radius * 1.7, |r, angle, x, y| {
        let inside = radius * edge(angle) - r;
        let body = (inside / 0.25).clamp(0.0, 1.0);
        let ring = (-(inside / 0.7).powi(2)).exp() * body;
        let cloud = 1.0 + 0.25 * CLOUD.at(x * 0.5 + shift, y * 0.5);
        1.0 - depth * cloud * (body * (1.0 - rim * 0.6) + ring * rim)
    });
}

pub(super) fn coffee_ring(sheet: &mut Sheet, rng: &mut Rng) {
    let at = somewhere(sheet, rng);
    let (radius, width, depth) = (between(rng, 28.0, 42.0), between(rng, 0.8, 3.0), between(rng, 0.12, 0.45));
    let edge = ragged(rng, 0.01);
    let (gap, shift) = (between(rng, 0.0, 6.3), between(rng, 0.0, 256.0));
    around(sheet, at, radius + 3.0 * width, |r, angle, x, y| {
        let off = (r - radius * edge(angle)) / width;
        // Sharp outside, soft inside, fainter on one side where the cup stood less wet.
        let line = if off > 0.0 { (-(off * 2.5).powi(2)).exp() } else { (-off * off).exp() };
        let wet = 0.55 + 0.45 * (angle + gap).cos() + 0.4 * CLOUD.at(x * 0.4 + shift, y * 0.4);
        1.0 - depth * line * wet.clamp(0.0, 1.0)
    });
}

/// A crease breaks the toner along a thin line, and the paper on one side turns from the light.
pub(super) fn crease(sheet: &mut Sheet, along: Along, at: f64, strength: f64, rng: &mut Rng) {
    let s = sheet.px_per_mm;
    let wander = Wobble::new(rng, 0.15, (15.0, 90.0));
    let (side, dark) = (sign(rng), between(rng, 0.5, 1.0) * strength);
    let shift = between(rng, 0.0, 256.0);
    let (w, h) = (sheet.gray.width, sheet.gray.height);
    for y in 0..h {
        let row = sheet.gray.row_mut(y);
        let (from, to) = match along {
            Along::X => {
                let c = at + wander.at(y as f64 / s);
                (((c - 9.0) * s).clamp(0.0, w as f64) as usize, ((c + 9.0) * s).clamp(0.0, w as f64) as usize)
            }
            Along::Y if (y as f64 / s - at).abs() > 10.0 => continue,
            Along::Y => (0, w),
        };
        for (x, v) in row.iter_mut().enumerate().take(to).skip(from) {
            let (across, length) = match along {
                Along::X => (x as f64, y as f64),
                Along::Y => (y as f64, x as f64),
            };
            let d = across / s - at - if along == Along::X { wander.at(length / s) } else { 0.0 };
            let shade = dark * 0.10 * side * d.signum() * (-d.abs() / 3.0).exp();
            let core = (1.0 - d.abs() / 0.18).clamp(0.0, 1.0);
            let value = f64::from(*v);
            let flakes = (0.6 + GRAIN.at(x as f64 + shift, y as f64)).clamp(0.0, 1.0) * core * strength;
            let bare = value + (238.0 - value).max(0.0) * flakes * 0.8;
            *v = (bare * (1.0 + shade) * (1.0 - 0.12 * dark * core)).clamp(0.0, 255.0) as u8;
        }
    }
}

/// A wire of 12 mm near a top corner, shining in the middle, with its shadow.
pub(super) fn staple(sheet: &mut Sheet, rng: &mut Rng) {
    let s = sheet.px_per_mm;
    let w = sheet.gray.width as f64 / s;
    let left = rng.bool();
    let x = if left { between(rng, 6.0, 16.0) } else { w - between(rng, 6.0, 16.0) };
    let y = between(rng, 5.0, 14.0);
    let turn = if left { -0.8 } else { 0.8 } + jitter(rng, 0.3);
    around(sheet, (x, y), 8.0, |r, angle, _, _| {
        let (u, v) = (r * (angle - turn).cos(), r * (angle - turn).sin());
        if u.abs() > 6.0 {
            return 1.0;
        }
        match v {
            -0.3..0.3 => 0.45 + 0.5 * (1.0 - v.abs() / 0.3),
            0.3..0.8 => 0.6 + 0.5 * (v - 0.3),
            _ => 1.0,
        }
    });
}
