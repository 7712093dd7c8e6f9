//! A page laid over a picture of the same form (OMRChecker's `FeatureBasedAlignment`): from coarse to fine, patches of the
//! reference are looked for near where they should be, by normalised cross-correlation, and a homography is fitted through
//! what they say (Lucas & Kanade's scheme, with a search in place of gradients). Whether the result is the page is for the
//! print at the template's bubbles to say.

use super::outline::{Quad, border, outlines};
use super::rectify::{Darkness, Pyramid, rectify};
use crate::raster::gray::Gray;
use crate::units::{Homography, Mm, Point, Px};

/// The longer side of the page, the patches' half side and how far they are looked for, in pixels, at each level.
const LEVELS: [(f64, i32, i32); 3] = [(160.0, 12, 8), (400.0, 16, 7), (900.0, 20, 5)];
const PATCHES: usize = 9;
const LEAST_CORRELATION: f64 = 0.5;
/// Fewer patches leave a homography's eight unknowns without a check.
const LEAST_PATCHES: usize = 8;
/// Starting places that are followed to the end.
const MOST_STARTS: usize = 3;
/// A start less alike than this has nothing to go by.
const LEAST_ALIKE: f64 = 0.08;

/// Where the reference's frame may lie in the picture.
pub fn reference_quads(pyramid: &Pyramid, reference: &Gray) -> Vec<Quad> {
    let theirs = Pyramid::new(reference);
    let size = (reference.width as f64, reference.height as f64);
    let own: Homography<Mm, Px> = Homography::identity();
    let mut starts: Vec<(f64, Homography<Mm, Px>)> = Vec::new();
    let (small, scale) = page(&theirs, &own, size, LEVELS[0].0);
    let places = |of: &Pyramid, most: usize| -> Vec<Quad> {
        std::iter::once(border(of)).chain(outlines(of).into_iter().take(most)).collect()
    };
    let ends = places(pyramid, 3);
    for from in places(&theirs, 1) {
        for to in &ends {
            for k in 0..8 {
                let corner = |i: usize| if k < 4 { to[(i + k) % 4] } else { to[(8 + k - i) % 4] };
                let pairs: Vec<_> = (0..4).map(|i| (Point::new(from[i].x, from[i].y), corner(i))).collect();
                let Some(map) = Homography::fit(&pairs, &[1.0; 4]) else { continue };
                let (seen, _) = page(pyramid, &map, size, scale * size.0.max(size.1));
                starts.push((correlation(&small.data, &seen.data), map));
            }
        }
    }
    starts.sort_by(|a, b| b.0.total_cmp(&a.0));
    starts.retain(|s| s.0 > LEAST_ALIKE);
    starts.truncate(MOST_STARTS);
    let follow = |(_, map): (f64, Homography<Mm, Px>)| {
        let map = LEVELS.iter().try_fold(map, |map, level| step(pyramid, &theirs, map, size, *level))?;
        let corners = [(0.0, 0.0), (size.0, 0.0), (size.0, size.1), (0.0, size.1)];
        Some(corners.map(|(x, y)| map.apply(Point::new(x, y))))
    };
    starts.into_iter().filter_map(follow).collect()
}

/// The page as a map shows it, its longer side so many pixels.
fn page(pyramid: &Pyramid, map: &Homography<Mm, Px>, size: (f64, f64), side_px: f64) -> (Darkness, f64) {
    let scale = side_px / size.0.max(size.1);
    let view = rectify(pyramid, map, size, scale);
    (Darkness::of(&view, side_px / 12.0), scale)
}

fn step(
    pyramid: &Pyramid,
    theirs: &Pyramid,
    map: Homography<Mm, Px>,
    size: (f64, f64),
    (side_px, half, reach): (f64, i32, i32),
) -> Option<Homography<Mm, Px>> {
    let (reference, scale) = page(theirs, &Homography::identity(), size, side_px);
    let (seen, _) = page(pyramid, &map, size, side_px);
    let mut pairs: Vec<(Point<Mm>, Point<Mm>)> = Vec::new();
    let mut weights = Vec::new();
    let margin = half + reach;
    let place = |k: usize, n: usize| {
        let room = (n as i32 - 2 * margin).max(1);
        margin + (room as f64 * (k as f64 + 0.5) / PATCHES as f64) as i32
    };
    for ky in 0..PATCHES {
        for kx in 0..PATCHES {
            let (x, y) = (place(kx, reference.width), place(ky, reference.height));
            let Some((dx, dy, alike)) = best(&reference, &seen, (x, y), half, reach) else { continue };
            if alike > LEAST_CORRELATION {
                let at = |x: f64, y: f64| Point::new((x + 0.5) / scale, (y + 0.5) / scale);
                let (fx, fy) = (f64::from(x), f64::from(y));
                pairs.push((at(fx, fy), at(fx + dx, fy + dy)));
                weights.push(alike * alike);
            }
        }
    }
    if pairs.len() < LEAST_PATCHES {
        return None;
    }
    // Tukey's biweight about the fit before, at first about the median displacement: pupils' marks are in no reference.
    let middle = |get: fn(&(Point<Mm>, Point<Mm>)) -> f64| {
        let mut all: Vec<f64> = pairs.iter().map(get).collect();
        let n = all.len() / 2;
        *all.select_nth_unstable_by(n, f64::total_cmp).1
    };
    let (dx, dy) = (middle(|p| p.1.x - p.0.x), middle(|p| p.1.y - p.0.y));
    let mut fit: Homography<Mm, Mm> = Homography::new([1.0, 0.0, dx, 0.0, 1.0, dy, 0.0, 0.0, 1.0]);
    for foot in [f64::from(reach), 4.0, 2.0] {
        let held = |(p, w): (&(Point<Mm>, Point<Mm>), &f64)| {
            let off = fit.apply(p.0).distance(&p.1) * scale / foot;
            w * (1.0 - off * off).max(0.0).powi(2)
        };
        let held: Vec<f64> = pairs.iter().zip(&weights).map(held).collect();
        if held.iter().filter(|w| **w > 0.01).count() < LEAST_PATCHES {
            return None;
        }
        fit = Homography::fit(&pairs, &held)?;
    }
    Some(fit.then(&map))
}

/// The displacement at which a patch of the reference is seen, and how much alike it is there. None where the patch is
/// empty, or where it moved to the rim of what was searched.
fn best(reference: &Darkness, seen: &Darkness, at: (i32, i32), half: i32, reach: i32) -> Option<(f64, f64, f64)> {
    let patch = |d: &Darkness, (x, y): (i32, i32)| -> Option<Vec<f32>> {
        let inside = x >= half && y >= half && x + half < d.width as i32 && y + half < d.height as i32;
        let rows = (y - half..=y + half).filter(|_| inside);
        let row = |y: i32| &d.data[y as usize * d.width + (x - half) as usize..][..(2 * half + 1) as usize];
        inside.then(|| rows.flat_map(row).copied().collect())
    };
    let wanted = patch(reference, at)?;
    let inked = wanted.iter().filter(|&&v| v > 0.15).count();
    if inked * 50 < wanted.len() {
        return None;
    }
    let score = |dx: i32, dy: i32| patch(seen, (at.0 + dx, at.1 + dy)).map_or(f64::MIN, |p| correlation(&wanted, &p));
    let (mut best, mut most) = ((0, 0), f64::MIN);
    for dy in -reach..=reach {
        for dx in -reach..=reach {
            let s = score(dx, dy);
            if s > most {
                (best, most) = ((dx, dy), s);
            }
        }
    }
    if best.0.abs() == reach || best.1.abs() == reach {
        return None;
    }
    let vertex = |a: f64, b: f64| {
        let bend = a - 2.0 * most + b;
        if bend < -1e-9 { (0.5 * (a - b) / bend).clamp(-0.5, 0.5) } else { 0.0 }
    };
    let dx = vertex(score(best.0 - 1, best.1), score(best.0 + 1, best.1));
    let dy = vertex(score(best.0, best.1 - 1), score(best.0, best.1 + 1));
    Some((f64::from(best.0) + dx, f64::from(best.1) + dy, most))
}

fn correlation(a: &[f32], b: &[f32]) -> f64 {
    let n = a.len().min(b.len()) as f64;
    let (mut sa, mut sb, mut saa, mut sbb, mut sab) = (0.0f64, 0.0f64, 0.0f64, 0.0f64, 0.0f64);
    for (&x, &y) in a.iter().zip(b) {
        // A filled bubble must not outweigh print.
        let (x, y) = (f64::from(x.min(0.5)), f64::from(y.min(0.5)));
        (sa, sb, saa, sbb, sab) = (sa + x, sb + y, saa + x * x, sbb + y * y, sab + x * y);
    }
    let spread = (saa - sa * sa / n) * (sbb - sb * sb / n);
    if spread > 1e-12 { (sab - sa * sb / n) / spread.sqrt() } else { 0.0 }
}
