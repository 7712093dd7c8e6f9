//! The sheet's outline on a desk: a bright region whose hull is nearly a quadrilateral.

use super::hough::line_quads;
use super::rectify::Pyramid;
use crate::raster::gray::Gray;
use crate::units::{Point, Px};

/// Corners in order around the sheet, clockwise as seen in the picture, in pixels of the whole picture.
pub type Quad = [Point<Px>; 4];

const SEARCH_SIDE_PX: usize = 500;
const THRESHOLDS: usize = 14;
/// A sheet smaller than this share of the picture would leave too few pixels to a bubble.
const SMALLEST_SHARE: f64 = 0.04;
const MOST_CANDIDATES: usize = 4;

/// Candidates, the best first; the picture's own border ([`border`]) is none of them.
pub fn outlines(pyramid: &Pyramid) -> Vec<Quad> {
    let (view, shrink) = pyramid.at_least(SEARCH_SIDE_PX);
    let mut found: Vec<(f64, [(f64, f64); 4])> = Vec::new();
    for threshold in thresholds(view) {
        for hull in bright_hulls(view, threshold) {
            let Some(quad) = four_corners(&hull) else { continue };
            let fit = area(&hull).min(area(&quad)) / area(&hull).max(area(&quad));
            if fit < 0.85 || !plausible(&quad) {
                continue;
            }
            let score = fit * contrast(view, &quad);
            match found.iter_mut().find(|(_, other)| near(other, &quad, 0.008 * (view.width + view.height) as f64)) {
                Some(same) if same.0 < score => *same = (score, quad),
                Some(_) => {}
                None => found.push((score, quad)),
            }
        }
    }
    let hulls = found.len();
    let size = (view.width * view.height) as f64;
    for quad in line_quads(pyramid) {
        let quad = quad.map(|(x, y)| (x / shrink, y / shrink));
        if area(&quad) < SMALLEST_SHARE * size || !plausible(&quad) {
            continue;
        }
        // Any four edges may cross; the outline of a whole region says more.
        let score = 0.8 * contrast(view, &quad);
        if !found[..hulls].iter().any(|(_, o)| near(o, &quad, 0.008 * (view.width + view.height) as f64)) {
            found.push((score, quad));
        }
    }
    // Of rivals with edges as good the larger is the sheet, and not a frame that is printed on it.
    found.iter_mut().for_each(|(score, quad)| *score *= (area(quad) / size).powf(0.25));
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut kept: Vec<(f64, [(f64, f64); 4])> = Vec::new();
    for (score, quad) in found {
        let far = 0.01 * (view.width + view.height) as f64;
        if kept.len() < MOST_CANDIDATES && !kept.iter().any(|(_, o)| near(o, &quad, far)) {
            kept.push((score, quad));
        }
    }
    kept.iter().map(|(_, q)| q.map(|(x, y)| Point::new(x * shrink, y * shrink))).collect()
}

pub fn border(pyramid: &Pyramid) -> Quad {
    let full = pyramid.level(0);
    let (w, h) = (full.width as f64, full.height as f64);
    [Point::new(0.0, 0.0), Point::new(w, 0.0), Point::new(w, h), Point::new(0.0, h)]
}

fn thresholds(view: &Gray) -> impl Iterator<Item = u8> {
    let mut sorted: Vec<u8> = view.data.iter().step_by(7).copied().collect();
    sorted.sort_unstable();
    let at = |share: f64| sorted.get((share * sorted.len() as f64) as usize).copied().unwrap_or(128);
    let (low, high) = (f64::from(at(0.02)), f64::from(at(0.98)));
    (1..=THRESHOLDS).map(move |i| (low + (high - low) * i as f64 / (THRESHOLDS + 1) as f64) as u8)
}

/// Convex hulls of the large connected regions brighter than the threshold.
fn bright_hulls(view: &Gray, threshold: u8) -> Vec<Vec<(f64, f64)>> {
    let (w, h) = (view.width, view.height);
    let mut seen: Vec<bool> = view.data.iter().map(|&v| v <= threshold).collect();
    let mut hulls = Vec::new();
    let mut stack = Vec::new();
    let least = (SMALLEST_SHARE * (w * h) as f64) as usize;
    for start in (0..w * h).step_by(5) {
        if seen[start] {
            continue;
        }
        seen[start] = true;
        stack.push(start);
        let mut ends: Vec<(usize, usize)> = vec![(usize::MAX, 0); h];
        let mut pixels = 0;
        while let Some(p) = stack.pop() {
            let (x, y) = (p % w, p / w);
            pixels += 1;
            ends[y] = (ends[y].0.min(x), ends[y].1.max(x));
            let mut visit = |q: usize| {
                if !seen[q] {
                    seen[q] = true;
                    stack.push(q);
                }
            };
            if x > 0 {
                visit(p - 1);
            }
            if x + 1 < w {
                visit(p + 1);
            }
            if y > 0 {
                visit(p - w);
            }
            if y + 1 < h {
                visit(p + w);
            }
        }
        // A sheet is mostly paper; print takes less than half of it.
        if pixels * 2 < least {
            continue;
        }
        let points = ends.iter().enumerate().filter(|(_, e)| e.0 != usize::MAX).flat_map(|(y, &(a, b))| {
            let (a, b, y) = (a as f64, b as f64 + 1.0, y as f64);
            [(a, y), (b, y), (a, y + 1.0), (b, y + 1.0)]
        });
        let hull = convex_hull(points.collect());
        let area = area(&hull);
        if area >= least as f64 && pixels as f64 > 0.5 * area {
            hulls.push(hull);
        }
    }
    hulls
}

/// Andrew's monotone chain (1979); clockwise as seen with y down.
fn convex_hull(mut points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    points.dedup();
    let cross = |o: (f64, f64), a: (f64, f64), b: (f64, f64)| (a.0 - o.0) * (b.1 - o.1) - (a.1 - o.1) * (b.0 - o.0);
    let mut hull: Vec<(f64, f64)> = Vec::new();
    for pass in 0..2 {
        let floor = hull.len();
        let mut push = |p: (f64, f64)| {
            while hull.len() >= floor + 2 && cross(hull[hull.len() - 2], hull[hull.len() - 1], p) <= 0.0 {
                hull.pop();
            }
            hull.push(p);
        };
        if pass == 0 {
            points.iter().copied().for_each(&mut push);
        } else {
            points.iter().rev().copied().for_each(&mut push);
        }
        hull.pop();
    }
    hull
}

pub fn area(polygon: &[(f64, f64)]) -> f64 {
    let n = polygon.len();
    (0..n)
        .map(|i| {
            let (a, b) = (polygon[i], polygon[(i + 1) % n]);
            a.0 * b.1 - b.0 * a.1
        })
        .sum::<f64>()
        .abs()
        / 2.0
}

/// The hull's vertices that matter most: the one whose triangle is smallest is dropped until four are left
/// (Visvalingam & Whyatt, *Cartographic Journal*, 1993).
fn four_corners(hull: &[(f64, f64)]) -> Option<[(f64, f64); 4]> {
    let mut left: Vec<(f64, f64)> = hull.to_vec();
    while left.len() > 4 {
        let n = left.len();
        let (least, _) = (0..n)
            .map(|i| (i, area(&[left[(i + n - 1) % n], left[i], left[(i + 1) % n]])))
            .min_by(|a, b| a.1.total_cmp(&b.1))?;
        left.remove(least);
    }
    left.try_into().ok()
}

fn plausible(quad: &[(f64, f64); 4]) -> bool {
    let side = |i: usize| (quad[(i + 1) % 4].0 - quad[i].0, quad[(i + 1) % 4].1 - quad[i].1);
    let mut lengths = [0.0; 4];
    for (i, length) in lengths.iter_mut().enumerate() {
        let (a, b) = (side(i), side((i + 1) % 4));
        *length = a.0.hypot(a.1);
        let cosine = (a.0 * b.0 + a.1 * b.1) / (*length * b.0.hypot(b.1)).max(1e-9);
        // Corners within about 35° of a right angle.
        if *length < 1.0 || cosine.abs() > 0.57 {
            return false;
        }
    }
    let ratio = |a: f64, b: f64| a.max(b) / a.min(b).max(1e-9);
    ratio(lengths[0], lengths[2]) < 2.0 && ratio(lengths[1], lengths[3]) < 2.0 && ratio(lengths[0], lengths[1]) < 4.0
}

fn near(a: &[(f64, f64); 4], b: &[(f64, f64); 4], within: f64) -> bool {
    (0..4).any(|k| (0..4).all(|i| (a[i].0 - b[(i + k) % 4].0).hypot(a[i].1 - b[(i + k) % 4].1) < within))
}

/// How much brighter it is just inside than just outside, as a share, on the weakest side. A side along the picture's border
/// proves nothing and counts little.
fn contrast(view: &Gray, quad: &[(f64, f64); 4]) -> f64 {
    const SAMPLES: usize = 24;
    let centre = (quad.iter().map(|p| p.0).sum::<f64>() / 4.0, quad.iter().map(|p| p.1).sum::<f64>() / 4.0);
    (0..4)
        .map(|i| {
            let (a, b) = (quad[i], quad[(i + 1) % 4]);
            let (dx, dy) = (b.0 - a.0, b.1 - a.1);
            let length = dx.hypot(dy).max(1e-9);
            let (mut nx, mut ny) = (dy / length, -dx / length);
            if (centre.0 - a.0) * nx + (centre.1 - a.1) * ny < 0.0 {
                (nx, ny) = (-nx, -ny);
            }
            let mut steps: Vec<f64> = (1..SAMPLES)
                .map(|k| {
                    let t = k as f64 / SAMPLES as f64;
                    let at = |d: f64| Point::new(a.0 + t * dx + d * nx, a.1 + t * dy + d * ny);
                    if !view.contains(at(-2.5)) {
                        return 0.04;
                    }
                    let (inside, outside) = (view.sample(at(2.5)), view.sample(at(-2.5)));
                    ((inside - outside) / (inside.max(outside) + 8.0)).min(0.3)
                })
                .collect();
            steps.sort_by(f64::total_cmp);
            // The lower quartile: most of the side must be an edge.
            steps[SAMPLES / 4].max(0.001)
        })
        .fold(f64::MAX, f64::min)
        .sqrt()
}
