//! The one geometric pass: paper to picture, averaging over each picture pixel's footprint on the paper.

use super::warp::Warp;
use crate::raster::Gray;
use crate::units::Point;

/// The whole paper as a raster in design coordinates: with "fit to page" its corner is not the design's.
pub struct Sheet {
    pub gray: Gray,
    pub px_per_mm: f64,
    /// Design coordinates of the raster's top-left corner, mm.
    pub origin_mm: (f64, f64),
}

/// Knots of the map lie this many pixels apart in each row; between them it is taken as straight.
const KNOT_PX: usize = 16;
/// A pixel of the paper in the fixed-point numbers below.
const ONE: f64 = 65536.0;

/// The picture of the sheet. Pixels off the paper continue its edge: the backdrop covers them later. Below the
/// reduction `plain` one sample a pixel is taken.
pub fn resample(sheet: &Sheet, warp: &Warp, plain: f64) -> Gray {
    let (width, height) = (warp.width, warp.height);
    let knots = width.div_ceil(KNOT_PX) + 1;
    let limit = |n: usize| (n as f64 * 2.0, -(n as f64));
    let ((max_x, min_x), (max_y, min_y)) = (limit(sheet.gray.width), limit(sheet.gray.height));
    let row_of_knots = |y: usize| -> Vec<(f64, f64)> {
        (0..knots)
            .map(|k| {
                let p = warp.to_design(Point::new((k * KNOT_PX) as f64 + 0.5, y as f64 + 0.5));
                let x = (p.x - sheet.origin_mm.0) * sheet.px_per_mm - 0.5;
                let y = (p.y - sheet.origin_mm.1) * sheet.px_per_mm - 0.5;
                (x.clamp(min_x, max_x) * ONE, y.clamp(min_y, max_y) * ONE)
            })
            .collect()
    };
    let mut out = Gray::new(width, height, 255);
    let mut here = row_of_knots(0);
    for y in 0..height {
        let next = row_of_knots(y + 1);
        for (k, block) in out.row_mut(y).chunks_mut(KNOT_PX).enumerate() {
            let (a, b, below) = (here[k], here[k + 1], next[k]);
            let du = ((b.0 - a.0) / KNOT_PX as f64, (b.1 - a.1) / KNOT_PX as f64);
            let dv = (below.0 - a.0, below.1 - a.1);
            let off = |p: f64, q: f64, n: usize| p.max(q) < -16.0 * ONE || p.min(q) > (n as f64 + 16.0) * ONE;
            if off(a.0, b.0, sheet.gray.width) || off(a.1, b.1, sheet.gray.height) {
                continue;
            }
            let reduction = du.0.hypot(du.1).max(dv.0.hypot(dv.1)) / ONE;
            match reduction {
                r if r < plain => average::<1>(&sheet.gray, block, a, du, dv),
                ..2.3 => average::<2>(&sheet.gray, block, a, du, dv),
                ..3.4 => average::<3>(&sheet.gray, block, a, du, dv),
                _ => average::<5>(&sheet.gray, block, a, du, dv),
            }
        }
        here = next;
    }
    out
}

/// The mean of N × N bilinear taps spread evenly over each pixel's footprint.
fn average<const N: usize>(src: &Gray, block: &mut [u8], start: (f64, f64), du: (f64, f64), dv: (f64, f64)) {
    let mut taps = [(0i32, 0i32); 25];
    for (i, tap) in taps.iter_mut().take(N * N).enumerate() {
        let (fu, fv) = (((i % N) as f64 + 0.5) / N as f64 - 0.5, ((i / N) as f64 + 0.5) / N as f64 - 0.5);
        *tap = ((fu * du.0 + fv * dv.0) as i32, (fu * du.1 + fv * dv.1) as i32);
    }
    let (max_x, max_y) = (((src.width as i32 - 1) << 16) - 1, ((src.height as i32 - 1) << 16) - 1);
    for (i, out) in block.iter_mut().enumerate() {
        let x = (start.0 + i as f64 * du.0) as i32;
        let y = (start.1 + i as f64 * du.1) as i32;
        let mut sum = 0u32;
        for &(tx, ty) in &taps[..N * N] {
            let (sx, sy) = ((x + tx).clamp(0, max_x) as u32, (y + ty).clamp(0, max_y) as u32);
            let (fx, fy) = ((sx >> 8) & 255, (sy >> 8) & 255);
            let at = (sy >> 16) as usize * src.width + (sx >> 16) as usize;
            let (top, bottom) = (&src.data[at..at + 2], &src.data[at + src.width..at + src.width + 2]);
            let upper = u32::from(top[0]) * (256 - fx) + u32::from(top[1]) * fx;
            let lower = u32::from(bottom[0]) * (256 - fx) + u32::from(bottom[1]) * fx;
            sum += upper * (256 - fy) + lower * fy;
        }
        let n = (N * N) as u32;
        *out = ((sum / n + 32768) >> 16).min(255) as u8;
    }
}
