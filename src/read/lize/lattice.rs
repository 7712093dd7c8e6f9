//! Where bubbles are printed, and where there are none.
//!
//! A printed bubble is darker at its edge than just outside, all around; so is a filled one. What is only written there
//! is so on a part of a circle. Each bubble that is seen says where the next one is to be looked for, from the rings on:
//! so paper that curls is followed, and nothing jumps to the lattice's next place.

use crate::raster::Gray;
use crate::read::warp::{Shift, Warp};
use crate::sheet::lize::models::BUBBLE_R;
use crate::units::{Homography, Mm, Point, Px};
use std::f64::consts::TAU;
use std::sync::LazyLock;

const ANGLES: usize = 16;
/// Where the edge is looked for, as parts of the radius: a line may lie within or across it.
const EDGE: [f64; 3] = [0.86, 0.94, 1.02];
/// And the paper beside it, between neighbours.
const BESIDE: f64 = 1.30;
const CELL_MM: f64 = 0.15;
/// How far from its expected place a bubble is looked for: at first, and when its neighbours are known.
const REACH_MM: [f64; 2] = [0.9, 0.45];
/// A difference that is no noise, as a part of the paper's brightness.
const LEAST_CONTRAST: f64 = 0.08;
/// So much of a circle must be seen before what is found there says where others are.
const WITNESS: f64 = 0.8;
/// A shift that differs from its neighbours' by more is not believed.
const STRAY_MM: f64 = 0.35;
/// How far a shift reaches.
const REACH_OF_SHIFT_MM: f64 = 14.0;
/// Weight of a ring among bubbles, when the page's map is fitted: there are four of them, and hundreds of these.
const RING_WEIGHT: f64 = 20.0;

/// What is seen at one place of the lattice.
#[derive(Clone, Copy, Debug)]
pub struct Sighting {
    /// Where it is, or would be.
    pub at: Point<Px>,
    /// How much darker the edge is than the paper beside it, by direction, as a part of the paper's brightness.
    edge: [f32; ANGLES],
    /// How dark the inside is, as a part of the paper's brightness.
    pub inside: f64,
    pub visible: bool,
}

impl Sighting {
    /// Part of the circle whose edge stands out by `least`.
    pub fn circle(&self, least: f64) -> f64 {
        self.edge.iter().filter(|&&e| f64::from(e) > least).count() as f64 / ANGLES as f64
    }

    /// How much the edge stands out in most directions.
    pub fn contrast(&self) -> f64 {
        let mut sorted = self.edge;
        sorted.sort_by(f32::total_cmp);
        f64::from(sorted[ANGLES / 4])
    }
}

/// A lattice laid on a picture.
#[derive(Clone, Debug)]
pub struct Laid {
    pub warp: Warp,
    /// For each place, in order.
    pub sightings: Vec<Sighting>,
    /// Root mean square of what the page's homography leaves, and over how many bubbles.
    pub residual_mm: f64,
    pub witnesses: usize,
    /// Part of the bubbles beside which another one, or a ring, is displaced otherwise.
    torn: f64,
}

impl Laid {
    /// Paper bends but does not tear: where a part of the lattice was found a step off, there is a jump at its edge, and
    /// where all of it is, the rings are elsewhere.
    pub fn is_one_piece(&self) -> bool {
        const MOST_TORN: f64 = 0.02;
        const MOST_RESIDUAL_MM: f64 = 1.5;
        self.torn <= MOST_TORN && self.residual_mm <= MOST_RESIDUAL_MM
    }

    pub fn is_flat(&self) -> bool {
        const FLAT_MM: f64 = 0.3;
        self.residual_mm < FLAT_MM
    }
}

/// Lays the places of a lattice on the picture. `known` are places of the paper that were found already: rings, and the
/// corners of the code.
pub fn lay(picture: &Gray, map: &Homography<Mm, Px>, known: &[(Point<Mm>, Point<Px>)], places: &[Point<Mm>]) -> Laid {
    let shift = |base: &Homography<Mm, Px>, at: Point<Mm>, found: Point<Px>| {
        let q = base.apply(at);
        Shift { at, dx_px: found.x - q.x, dy_px: found.y - q.y }
    };
    let mut order: Vec<usize> = (0..places.len()).collect();
    let far = |i: usize| known.iter().map(|k| k.0.distance(&places[i])).fold(f64::MAX, f64::min);
    order.sort_by(|&a, &b| far(a).total_cmp(&far(b)));
    let mut shifts: Vec<Shift> = known.iter().map(|k| shift(map, k.0, k.1)).collect();
    let mut seen: Vec<(Point<Mm>, Point<Px>)> = Vec::new();
    for &i in &order {
        let warp = Warp::with_shifts(*map, nearest(&shifts, places[i]), REACH_OF_SHIFT_MM);
        let sighting = look(picture, map, warp.to_picture(places[i]), places[i], REACH_MM[0]);
        if sighting.circle(LEAST_CONTRAST) >= WITNESS {
            shifts.push(shift(map, places[i], sighting.at));
            seen.push((places[i], sighting.at));
        }
    }
    drop_strays(map, &mut seen);
    let pairs: Vec<_> = known.iter().chain(&seen).copied().collect();
    let weights: Vec<f64> = (0..pairs.len()).map(|i| if i < known.len() { RING_WEIGHT } else { 1.0 }).collect();
    let base = Homography::fit(&pairs, &weights).unwrap_or(*map);
    let shifts: Vec<Shift> = pairs.iter().map(|&(at, found)| shift(&base, at, found)).collect();
    let squares = shifts.iter().map(|s| (s.dx_px.powi(2) + s.dy_px.powi(2)) / px_per_mm(&base, s.at).powi(2));
    let residual_mm = (squares.sum::<f64>() / shifts.len().max(1) as f64).sqrt();
    let warp = Warp::with_shifts(base, shifts, REACH_OF_SHIFT_MM);
    let again = |&at: &Point<Mm>| look(picture, &base, warp.to_picture(at), at, REACH_MM[1]);
    let sightings: Vec<Sighting> = places.iter().map(again).collect();
    let torn = torn(&base, known, &seen);
    Laid { warp, sightings, residual_mm, witnesses: seen.len(), torn }
}

/// A black and white picture, softened: a thin outline is a row of dots there, and a shade a screen of them.
pub fn softened(picture: &Gray) -> Option<Gray> {
    if picture.data.iter().any(|&v| v != 0 && v != 255) {
        return None;
    }
    // A sixth of a millimetre on a page that fills the picture.
    let reach = (picture.width.max(picture.height) / 1500).max(1);
    Some(averaged(&averaged(picture, reach), reach))
}

/// Each row's running mean, rows and columns swapped: twice, it is a square's mean, and the picture stands as it did.
fn averaged(picture: &Gray, reach: usize) -> Gray {
    let (w, h) = (picture.width, picture.height);
    let mut out = Gray::new(h, w, 255);
    for y in 0..h {
        let row = picture.row(y);
        let mut sum: usize = row.iter().take(reach).map(|&v| usize::from(v)).sum();
        for x in 0..w {
            sum += row.get(x + reach).map_or(0, |&v| usize::from(v));
            sum -= if x > reach { usize::from(row[x - reach - 1]) } else { 0 };
            let n = (x + reach).min(w - 1) - x.saturating_sub(reach) + 1;
            out.row_mut(x)[y] = (sum / n) as u8;
        }
    }
    out
}

fn torn(map: &Homography<Mm, Px>, known: &[(Point<Mm>, Point<Px>)], seen: &[(Point<Mm>, Point<Px>)]) -> f64 {
    const NEAR_MM: f64 = 20.0;
    /// A third of the smallest step.
    const APART_MM: f64 = 1.3;
    let shift = |&(at, found): &(Point<Mm>, Point<Px>)| {
        let (q, scale) = (map.apply(at), px_per_mm(map, at));
        (at, (found.x - q.x) / scale, (found.y - q.y) / scale)
    };
    let all: Vec<_> = seen.iter().chain(known).map(shift).collect();
    let apart = |own: &&(Point<Mm>, f64, f64)| {
        all.iter().any(|o| (o.1 - own.1).hypot(o.2 - own.2) > APART_MM && o.0.distance(&own.0) < NEAR_MM)
    };
    all[..seen.len()].iter().filter(apart).count() as f64 / seen.len().max(1) as f64
}

/// Part of these places at which a circle is seen, each looked for by itself.
pub fn glimpse(picture: &Gray, map: &Homography<Mm, Px>, places: &[Point<Mm>]) -> f64 {
    let seen = |&&at: &&Point<Mm>| look(picture, map, map.apply(at), at, REACH_MM[0]).circle(LEAST_CONTRAST) >= WITNESS;
    places.iter().filter(seen).count() as f64 / places.len().max(1) as f64
}

/// What is near enough to count: the sum over all would take most of a page's time.
fn nearest(shifts: &[Shift], at: Point<Mm>) -> Vec<Shift> {
    const NEAREST: usize = 12;
    let mut all: Vec<(f64, &Shift)> = shifts.iter().map(|s| (s.at.distance(&at), s)).collect();
    if all.len() > NEAREST {
        all.select_nth_unstable_by(NEAREST, |a, b| a.0.total_cmp(&b.0));
        all.truncate(NEAREST);
    }
    all.into_iter().map(|(_, s)| *s).collect()
}

pub fn px_per_mm(map: &Homography<Mm, Px>, at: Point<Mm>) -> f64 {
    let j = map.jacobian(at);
    (j[0][0] * j[1][1] - j[0][1] * j[1][0]).abs().sqrt().max(1e-9)
}

/// Takes out what is not displaced as the median of its eight nearest is.
fn drop_strays(map: &Homography<Mm, Px>, seen: &mut Vec<(Point<Mm>, Point<Px>)>) {
    const NEIGHBOURS: usize = 8;
    if seen.len() <= NEIGHBOURS {
        return;
    }
    let shifts: Vec<(Point<Mm>, f64, f64)> = seen
        .iter()
        .map(|&(at, found)| {
            let q = map.apply(at);
            (at, found.x - q.x, found.y - q.y)
        })
        .collect();
    let agrees = |own: &(Point<Mm>, f64, f64)| {
        let mut near: Vec<(f64, f64, f64)> =
            shifts.iter().map(|s| (s.0.distance(&own.0), s.1, s.2)).filter(|s| s.0 > 0.0).collect();
        near.select_nth_unstable_by(NEIGHBOURS - 1, |a, b| a.0.total_cmp(&b.0));
        let median = |value: fn(&(f64, f64, f64)) -> f64| {
            let mut values: Vec<f64> = near[..NEIGHBOURS].iter().map(value).collect();
            *values.select_nth_unstable_by(NEIGHBOURS / 2, f64::total_cmp).1
        };
        (own.1 - median(|s| s.1)).hypot(own.2 - median(|s| s.2)) < STRAY_MM * px_per_mm(map, own.0)
    };
    let keep: Vec<bool> = shifts.iter().map(agrees).collect();
    let mut keep = keep.into_iter();
    seen.retain(|_| keep.next().unwrap_or(true));
}

/// Cells of a patch from its middle: for each direction those of the edge, and the one beside it.
struct Circle {
    edge: [[(i32, i32); EDGE.len()]; ANGLES],
    beside: [(i32, i32); ANGLES],
    inside: Vec<(i32, i32)>,
}

static CIRCLE: LazyLock<Circle> = LazyLock::new(|| {
    let cells = |mm: f64| (mm / CELL_MM).round() as i32;
    let on = |i: usize, part: f64| {
        let (sin, cos) = ((i as f64 + 0.5) / ANGLES as f64 * TAU).sin_cos();
        (cells(part * BUBBLE_R * cos), cells(part * BUBBLE_R * sin))
    };
    let inner = cells(0.6 * BUBBLE_R);
    let square = (-inner..=inner).flat_map(|y| (-inner..=inner).map(move |x| (x, y)));
    Circle {
        edge: std::array::from_fn(|i| EDGE.map(|part| on(i, part))),
        beside: std::array::from_fn(|i| on(i, BESIDE)),
        inside: square.filter(|(x, y)| x * x + y * y <= inner * inner).collect(),
    }
});

/// The circle that stands out most near a place.
fn look(picture: &Gray, map: &Homography<Mm, Px>, centre: Point<Px>, at: Point<Mm>, reach_mm: f64) -> Sighting {
    let reach = (reach_mm / CELL_MM).round() as i32;
    let half = reach + (BESIDE * BUBBLE_R / CELL_MM).ceil() as i32 + 1;
    let side = 2 * half + 1;
    let j = map.jacobian(at);
    let to_picture = |x: f64, y: f64| {
        let (dx, dy) = (x * CELL_MM, y * CELL_MM);
        Point::new(centre.x + j[0][0] * dx + j[0][1] * dy, centre.y + j[1][0] * dx + j[1][1] * dy)
    };
    let nothing = Sighting { at: centre, edge: [0.0; ANGLES], inside: 0.0, visible: false };
    let seen = f64::from(half - reach);
    if [(-seen, -seen), (seen, -seen), (-seen, seen), (seen, seen)]
        .iter()
        .any(|c| !picture.contains(to_picture(c.0, c.1)))
    {
        return nothing;
    }
    // Where a cell is more than a pixel, the nearest one is as good.
    let coarse = px_per_mm(map, at) * CELL_MM < 1.2;
    let mut patch = Vec::with_capacity((side * side) as usize);
    for y in -half..=half {
        for x in -half..=half {
            let p = to_picture(f64::from(x), f64::from(y));
            let v = if coarse {
                picture.sample(p) as f32
            } else {
                let clamp = |v: f64, n: usize| (v.max(0.0) as usize).min(n - 1);
                f32::from(picture.get(clamp(p.x, picture.width), clamp(p.y, picture.height)))
            };
            patch.push(v);
        }
    }
    let mut sorted = patch.clone();
    let n = sorted.len();
    let paper = (*sorted.select_nth_unstable_by(n * 4 / 5, f32::total_cmp).1).max(1.0);
    let get = |x: i32, y: i32| patch[((y + half) * side + x + half) as usize];
    let edge = |dx: i32, dy: i32, i: usize| {
        let line = CIRCLE.edge[i].iter().map(|&(x, y)| get(x + dx, y + dy)).fold(f32::MAX, f32::min);
        let (x, y) = CIRCLE.beside[i];
        (get(x + dx, y + dy) - line) / paper
    };
    // What stands out more than this counts no more: a stroke is darker than an outline.
    const MOST: f32 = 0.35;
    let score = |dx: i32, dy: i32| (0..ANGLES).map(|i| edge(dx, dy, i).clamp(-MOST, MOST)).sum::<f32>();
    // Of equals the nearest.
    let worth = |&(dx, dy): &(i32, i32)| score(dx, dy) - 0.002 * ((dx * dx + dy * dy) as f32).sqrt();
    let best_of = |columns: &mut dyn Iterator<Item = (i32, i32)>| {
        columns.map(|d| (worth(&d), d.0, d.1)).max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((f32::MIN, 0, 0))
    };
    // Every other offset, and then around the best of them.
    let every_other = || (-reach..=reach).step_by(2);
    let (_, x, y) = best_of(&mut every_other().flat_map(|dy| every_other().map(move |dx| (dx, dy))));
    let around = |v: i32| (v - 1).max(-reach)..=(v + 1).min(reach);
    let best = best_of(&mut around(y).flat_map(|dy| around(x).map(move |dx| (dx, dy))));
    let (_, dx, dy) = best;
    let inside: f32 = CIRCLE.inside.iter().map(|&(x, y)| 1.0 - get(x + dx, y + dy) / paper).sum();
    let vertex = |before: f32, after: f32| {
        let bend = before - 2.0 * best.0 + after;
        if bend < -1e-3 { f64::from((0.5 * (before - after) / bend).clamp(-0.5, 0.5)) } else { 0.0 }
    };
    let within = dx.abs() < reach && dy.abs() < reach;
    let (sx, sy) = if within {
        (vertex(score(dx - 1, dy), score(dx + 1, dy)), vertex(score(dx, dy - 1), score(dx, dy + 1)))
    } else {
        (0.0, 0.0)
    };
    Sighting {
        at: to_picture(f64::from(dx) + sx, f64::from(dy) + sy),
        edge: std::array::from_fn(|i| edge(dx, dy, i)),
        inside: f64::from(inside) / CIRCLE.inside.len() as f64,
        visible: true,
    }
}
