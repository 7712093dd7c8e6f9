//! The four ring targets: found by what they are, round and the same in every direction, and by how they stand.
//!
//! They are nearly identical, so a rectangle of them fits four ways: upright, turned by 180°, and either of them mirrored.
//! Which one it is the code says, or the print.

use crate::raster::blobs::{Blob, Ground, dark_blobs};
use crate::raster::{Gray, reduce};
use crate::sheet::lize::{RING_SIZE, RINGS};
use crate::units::{Homography, Mm, Point, Px};
use std::f64::consts::TAU;

/// A ring target in the picture.
#[derive(Clone, Copy, Debug)]
pub struct Ring {
    pub at: Point<Px>,
    /// Its diameter.
    pub size: f64,
    /// Part of what its pixels differ that is explained by their distance from the centre.
    likeness: f64,
    /// Gray of its ink as a part of that of the paper around.
    pub black: f64,
}

/// Rings that stand as the four do, and the place on the paper of each.
#[derive(Clone, Debug)]
pub struct Stand {
    pub map: Homography<Mm, Px>,
    /// Which of [`RINGS`], and where it was found.
    pub rings: Vec<(usize, Ring)>,
}

/// Longer side of the picture that rings are looked for in: on a page that fills it a ring is 25 pixels, and 9 on one
/// that fills a third.
const SEARCH_SIDE_PX: usize = 1400;
/// Parts of the ground's brightness under which a pixel is dark: black toner, then toner running out.
const DARK_LEVELS: [f32; 2] = [0.62, 0.82];
const SIZES_PX: std::ops::RangeInclusive<usize> = 7..=90;
const LEAST_LIKENESS: f64 = 0.55;
/// A zero in a bubble is round too: there may be a hundred of them.
const MOST_RINGS: usize = 160;
const MOST_STANDS: usize = 3;

/// Rings, the likeliest first.
pub fn find(picture: &Gray) -> Vec<Ring> {
    let factor = picture.width.max(picture.height).div_ceil(SEARCH_SIDE_PX);
    let view = if factor > 1 { &reduce(picture, factor) } else { picture };
    let ground = Ground::of(view);
    let mut found: Vec<Ring> = Vec::new();
    for level in DARK_LEVELS {
        for blob in dark_blobs(view, &ground, level) {
            let Some(ring) = look(view, &blob) else { continue };
            // Of rings around one centre the outermost is the target.
            let same = |o: &Ring| o.at.distance(&ring.at) < 0.5 * o.size.max(ring.size);
            if !found.iter().any(|o| same(o) && o.size >= ring.size) {
                found.retain(|o| !same(o));
                found.push(ring);
            }
        }
    }
    found.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
    found.truncate(MOST_RINGS);
    let full = factor as f64;
    for ring in &mut found {
        ring.at = Point::new(ring.at.x * full, ring.at.y * full);
        ring.size *= full;
    }
    found
}

const RADII: usize = 9;
const ANGLES: usize = 24;

/// Whether a blob is the outer ring of a target: dark at its edge, and inside it light and dark again by the distance
/// from the centre alone.
fn look(view: &Gray, blob: &Blob) -> Option<Ring> {
    let (w, h) = (blob.width(), blob.height());
    let round = w * 4 >= h * 3 && h * 4 >= w * 3;
    if !SIZES_PX.contains(&w) || !SIZES_PX.contains(&h) || !round || blob.area * 5 < w * h {
        return None;
    }
    let (rx, ry) = (w as f64 / 2.0, h as f64 / 2.0);
    let at = centroid(view, (blob.x0 as f64 + rx, blob.y0 as f64 + ry), (rx, ry))?;
    let sample = |radius: f64, i: usize| {
        let (sin, cos) = (i as f64 / ANGLES as f64 * TAU).sin_cos();
        view.sample(Point::new(at.0 + radius * rx * cos, at.1 + radius * ry * sin))
    };
    let mut around: Vec<f64> = (0..ANGLES).map(|i| sample(1.3, i)).collect();
    around.sort_by(f64::total_cmp);
    let paper = around[ANGLES * 3 / 4];
    let (mut within, mut means) = (0.0, [0.0; RADII]);
    for (k, mean) in means.iter_mut().enumerate() {
        // The edge itself is left out: a pixel more or less there is no sign of another shape.
        let values: [f64; ANGLES] = std::array::from_fn(|i| sample(0.95 * (k as f64 + 0.5) / RADII as f64, i));
        *mean = values.iter().sum::<f64>() / ANGLES as f64;
        within += values.iter().map(|v| (v - *mean).powi(2)).sum::<f64>() / (ANGLES * RADII) as f64;
    }
    let all = means.iter().sum::<f64>() / RADII as f64;
    let between = means.iter().map(|m| (m - all).powi(2)).sum::<f64>() / RADII as f64;
    let likeness = between / (between + within).max(1.0);
    let darkest = means.iter().copied().fold(f64::MAX, f64::min);
    let edge = means[RADII - 1].min(means[RADII - 2]);
    let contrast = paper - darkest;
    // From the edge inwards there is a gap, and something dark within it.
    let gap = (1..RADII - 1).rev().find(|&k| means[k] > edge + 0.2 * contrast);
    let inner = gap.is_some_and(|g| means[..g].iter().any(|&m| m < means[g] - 0.12 * contrast));
    // A square's corners reach beyond the circle through its sides: a QR's finder pattern is dark, light and dark, too.
    let corners = (0..ANGLES).filter(|&i| sample(1.18, i) < paper - 0.5 * contrast).count();
    let round = corners * 8 < ANGLES;
    let ring = round && likeness > LEAST_LIKENESS && contrast > 0.2 * paper && edge < paper - 0.4 * contrast && inner;
    ring.then(|| Ring { at: Point::new(at.0, at.1), size: rx + ry, likeness, black: darkest / paper.max(1.0) })
}

/// The middle of what is dark within an ellipse a little larger than the blob.
fn centroid(view: &Gray, (x, y): (f64, f64), (rx, ry): (f64, f64)) -> Option<(f64, f64)> {
    const WIDER: f64 = 1.2;
    let range = |c: f64, r: f64, n: usize| ((c - r).max(0.0) as usize)..((c + r).ceil() as usize).min(n);
    let (columns, rows) = (range(x, WIDER * rx, view.width), range(y, WIDER * ry, view.height));
    let paper = rows.clone().flat_map(|r| view.row(r)[columns.clone()].iter()).max().copied()?;
    let (mut sum, mut sx, mut sy) = (0.0, 0.0, 0.0);
    for row in rows {
        for column in columns.clone() {
            let (px, py) = (column as f64 + 0.5, row as f64 + 0.5);
            if ((px - x) / rx).hypot((py - y) / ry) < WIDER {
                let dark = f64::from(paper - view.get(column, row));
                (sum, sx, sy) = (sum + dark, sx + dark * px, sy + dark * py);
            }
        }
    }
    (sum > 0.0).then(|| (sx / sum, sy / sum))
}

/// How far sizes and proportions may be off: a page seen at an angle.
const OFF: f64 = 1.4;
/// How far from a right angle a corner may be, as a cosine.
const ASKEW: f64 = 0.35;
/// What a fourth ring adds to the worth of three.
const FOUR: f64 = 0.3;
/// How far the fourth ring may be from where three would have it, as a part of the rectangle's diagonal.
const FOURTH: f64 = 0.12;

/// Every way in which rings can be those of a sheet: the best rectangles, each in its four orientations.
pub fn stands(rings: &[Ring]) -> Vec<Stand> {
    let width = RINGS[1].0 - RINGS[0].0;
    let height = RINGS[2].1 - RINGS[0].1;
    let off = |a: f64, b: f64| (a / b).max(b / a) > OFF;
    let mut found: Vec<(f64, f64, [usize; 3], Option<usize>)> = Vec::new();
    for (a, corner) in rings.iter().enumerate() {
        // Others of its size, as far off as the next corner is along the width, and along the height.
        let far = |mm: f64| {
            let of_size = move |r: &Ring| {
                let size = (r.size + corner.size) / 2.0;
                !off(r.size, corner.size) && !off(corner.at.distance(&r.at) / size, mm / RING_SIZE)
            };
            (0..rings.len()).filter(move |&i| i != a && of_size(&rings[i]))
        };
        for b in far(width) {
            for c in far(height) {
                let (beside, below) = (&rings[b], &rings[c]);
                let (u, v) = (towards(corner, beside), towards(corner, below));
                let (lu, lv) = (u.0.hypot(u.1), v.0.hypot(v.1));
                let size = (corner.size + beside.size + below.size) / 3.0;
                let square = (u.0 * v.0 + u.1 * v.1).abs() < ASKEW * lu * lv;
                if b == c || !square || off(lu / lv, width / height) {
                    continue;
                }
                let fourth = Point::new(beside.at.x + v.0, beside.at.y + v.1);
                let near = |r: &Ring| r.at.distance(&fourth) / lu.hypot(lv);
                let candidates = (0..rings.len()).filter(|&d| ![a, b, c].contains(&d) && !off(rings[d].size, size));
                let fourth = candidates.min_by(|&d, &e| near(&rings[d]).total_cmp(&near(&rings[e])));
                let fourth = fourth.filter(|&d| near(&rings[d]) < FOURTH);
                // A rectangle of four is met at each of its corners.
                if fourth.is_some_and(|d| d < a) || fourth.is_some() && [b, c].iter().any(|&o| o < a) {
                    continue;
                }
                let three = (rings[a].likeness + rings[b].likeness + rings[c].likeness) / 3.0;
                let whole = fourth.map_or(0.0, |d| FOUR * (rings[d].likeness - near(&rings[d])));
                let skew = (lu / lv / (width / height)).ln().abs() + (lu / size / (width / RING_SIZE)).ln().abs();
                found.push((three + whole - skew, size, [a, b, c], fourth));
            }
        }
    }
    // Of round things on a sheet the targets are the largest: bubbles, some with a round letter, make rectangles too.
    let largest = found.iter().map(|f| f.1).fold(0.0, f64::max);
    let worth = |f: &(f64, f64, [usize; 3], Option<usize>)| f.0 + 2.0 * (f.1 / largest).ln();
    found.sort_by(|x, y| worth(y).total_cmp(&worth(x)));
    found.truncate(MOST_STANDS);
    found.into_iter().flat_map(|(.., three, fourth)| orientations(rings, three, fourth)).collect()
}

fn towards(from: &Ring, to: &Ring) -> (f64, f64) {
    (to.at.x - from.at.x, to.at.y - from.at.y)
}

/// The corner may be any of the four; its neighbours along the page's width and height follow.
fn orientations(rings: &[Ring], [a, b, c]: [usize; 3], fourth: Option<usize>) -> Vec<Stand> {
    let place = |(corner, ring): (usize, usize)| (corner, rings[ring]);
    let stand = |corner: usize| {
        // Numbers of corners differ in the lowest bit from side to side, and in the next from top to bottom.
        let mut known = vec![place((corner, a)), place((corner ^ 1, b)), place((corner ^ 2, c))];
        known.extend(fourth.map(|d| place((corner ^ 3, d))));
        Some(Stand { map: fit(&known)?, rings: known })
    };
    (0..4).filter_map(stand).collect()
}

/// The map through four rings, or through three and where a parallelogram has its fourth corner.
pub fn fit(rings: &[(usize, Ring)]) -> Option<Homography<Mm, Px>> {
    let mut pairs: Vec<(Point<Mm>, Point<Px>)> =
        rings.iter().map(|(i, r)| (Point::new(RINGS[*i].0, RINGS[*i].1), r.at)).collect();
    if let [(i, a), (j, b), (k, c)] = rings {
        // The missing corner's neighbours are the two that are not opposite to it.
        let missing = 6 - i - j - k;
        let (ends, middle): (Vec<_>, Vec<_>) =
            [(i, a), (j, b), (k, c)].into_iter().partition(|(n, _)| *n ^ 3 != missing);
        let [(p, e), (q, f)] = ends[..] else { return None };
        let (o, m) = *middle.first()?;
        let corner = |n: &usize| RINGS[*n];
        let sum = |x: fn((f64, f64)) -> f64| x(corner(p)) + x(corner(q)) - x(corner(o));
        let at = Point::new(e.at.x + f.at.x - m.at.x, e.at.y + f.at.y - m.at.y);
        pairs.push((Point::new(sum(|c| c.0), sum(|c| c.1)), at));
    }
    Homography::fit(&pairs, &vec![1.0; pairs.len()])
}
