//! Local correction: where the page's anchors really are, once its layout is known.
//!
//! A homography is exact for a flat page under a camera. Paper curls, and scanners feed it unevenly; the anchors among
//! the fields show by how much, near the bubbles that matter.

use super::register::Registration;
use super::warp::{Shift, Warp};
use crate::raster::{Partial, Window};
use crate::sheet::LayoutPage;
use crate::sheet::frame::Area;
use crate::sheet::layout::Anchor;
use crate::units::{Homography, Mm, Point, Px};

#[derive(Clone, Debug)]
pub struct Refined {
    pub warp: Warp,
    pub anchors: Vec<AnchorSighting>,
}

#[derive(Clone, Copy, Debug)]
pub struct AnchorSighting {
    pub at: Point<Mm>,
    /// None where no square was seen near the expected place.
    pub found: Option<Point<Px>>,
}

impl Refined {
    /// The part of the anchors that were seen where they can be; 1 on a layout that has none.
    pub fn seen(&self) -> f64 {
        if self.anchors.is_empty() {
            return 1.0;
        }
        self.anchors.iter().filter(|a| a.found.is_some()).count() as f64 / self.anchors.len() as f64
    }

    /// Whether the place of `area` is borne out by what was found around it. Where half of the nearest anchors are
    /// missing the place is extrapolated, and paper fed by jerks is half a row off within 30 mm; or the part is torn off or
    /// covered, and nothing there is an answer, least of all an empty one.
    pub fn bears_out(&self, area: &Area) -> bool {
        let centre = Point::new(area.x + area.w / 2.0, area.y + area.h / 2.0);
        let nearest = nearest(&self.anchors, |a| a.at, centre);
        nearest.iter().filter(|a| a.found.is_none()).count() * 2 < nearest.len().max(1)
    }
}

/// Those of `all` that are nearest to a place.
fn nearest<T>(all: &[T], at: impl Fn(&T) -> Point<Mm>, place: Point<Mm>) -> Vec<&T> {
    let mut away: Vec<(f64, &T)> = all.iter().map(|t| (at(t).distance2(&place), t)).collect();
    if away.len() > NEAREST {
        away.select_nth_unstable_by(NEAREST - 1, |a, b| a.0.total_cmp(&b.0));
        away.truncate(NEAREST);
    }
    away.into_iter().map(|(_, t)| t).collect()
}

/// How far from its expected place an anchor is searched, in cells: first where it mostly is.
const SEARCH_NEAR: usize = 4;
const SEARCH: usize = 9;
/// The same where the page bends.
const SEARCH_WIDE: usize = 24;
const CELL_MM: f64 = 0.2;
/// Half the patch: the search, half an anchor, and the light band around it.
const BAND: usize = 3;
/// Within this distance a pale anchor is believed.
const IN_PLACE_MM: f64 = 0.5;
/// An anchor that disagrees with its neighbours by more is not an anchor.
const STRAY_MM: f64 = 0.7;
/// The same where the page bends.
const STRAY_BENT_MM: f64 = 1.5;
/// How far a shift reaches.
const REACH_MM: f64 = 30.0;

/// Anchors around a place that are asked about it.
const NEAREST: usize = 4;

const ROUNDS: usize = 4;
/// Residual of the tags above which the page is taken to be curled.
const BOWED_MM: f64 = 0.25;

pub fn refine(picture: &mut Partial, registration: &Registration, page: &LayoutPage) -> Refined {
    let base = registration.sheet_to_picture;
    let tags: Vec<Shift> = registration
        .marks
        .iter()
        .map(|m| {
            let at = Point::new(m.fiducial.x, m.fiducial.y);
            let q = base.apply(at);
            Shift { at, dx_px: m.found.x - q.x, dy_px: m.found.y - q.y }
        })
        .collect();
    // Flat paper needs no bow, and few marks can't show one.
    let bowed = registration.residual_mm > BOWED_MM && tags.len() >= 6;
    let warped =
        |shifts| if bowed { Warp::bowed(base, shifts, REACH_MM) } else { Warp::with_shifts(base, shifts, REACH_MM) };
    let by_tags = warped(tags.clone());
    let mut warp = by_tags.clone();
    let mut found: Vec<(Anchor, Option<Point<Px>>)> = page.anchors.iter().map(|a| (*a, None)).collect();
    // What a round finds tells the next where to look for the rest.
    for round in 0..ROUNDS {
        let seen = found.iter().filter(|f| f.1.is_some()).count();
        let search = if round > 0 && bowed && 2 * seen < found.len() { SEARCH_WIDE } else { SEARCH };
        let mut news = search == SEARCH_WIDE;
        for (anchor, place) in found.iter_mut().filter(|f| f.1.is_none()) {
            *place = locate(picture, &warp, anchor, SEARCH_NEAR, registration.black)
                .or_else(|| locate(picture, &warp, anchor, search, registration.black));
            news |= place.is_some();
        }
        drop_strays(&by_tags, if bowed { STRAY_BENT_MM } else { STRAY_MM }, &mut found);
        let shifts =
            found.iter().filter_map(|(a, p)| Some(shift(&base, a, (*p)?))).chain(tags.iter().copied()).collect();
        warp = warped(shifts);
        if !news || found.iter().all(|f| f.1.is_some()) {
            break;
        }
    }
    let anchors = found.into_iter().map(|(a, found)| AnchorSighting { at: Point::new(a.x, a.y), found }).collect();
    Refined { warp, anchors }
}

fn shift(base: &Homography<Mm, Px>, anchor: &Anchor, found: Point<Px>) -> Shift {
    let at = Point::new(anchor.x, anchor.y);
    let q = base.apply(at);
    Shift { at, dx_px: found.x - q.x, dy_px: found.y - q.y }
}

/// Takes back the anchors whose shift from where the tags alone put them is not like that of the four nearest others.
fn drop_strays(warp: &Warp, stray_mm: f64, found: &mut [(Anchor, Option<Point<Px>>)]) {
    let rest = |a: &Anchor, p: Point<Px>| {
        let at = Point::new(a.x, a.y);
        let q = warp.to_picture(at);
        Shift { at, dx_px: p.x - q.x, dy_px: p.y - q.y }
    };
    let seen: Vec<Shift> = found.iter().filter_map(|(a, p)| Some(rest(a, (*p)?))).collect();
    if seen.len() < 5 {
        return;
    }
    for (anchor, place) in found.iter_mut() {
        let Some(own) = place.map(|p| rest(anchor, p)) else { continue };
        let far = |s: &Shift| if s.at == own.at { Point::new(f64::INFINITY, 0.0) } else { s.at };
        let others = nearest(&seen, far, own.at);
        let median = |f: fn(&Shift) -> f64| {
            let mut v: Vec<f64> = others.iter().map(|s| f(s)).collect();
            v.sort_by(f64::total_cmp);
            (v[v.len() / 2] + v[(v.len() - 1) / 2]) / 2.0
        };
        let off = (own.dx_px - median(|s| s.dx_px)).hypot(own.dy_px - median(|s| s.dy_px));
        if off > stray_mm * warp.px_per_mm(own.at) {
            *place = None;
        }
    }
}

/// The centre of the dark square nearest to like an anchor, within the search range.
fn locate(picture: &mut Partial, warp: &Warp, anchor: &Anchor, search: usize, black: f64) -> Option<Point<Px>> {
    let inner = (anchor.size / CELL_MM).round() as usize;
    let side = 2 * (search + BAND) + inner;
    let at = Point::new(anchor.x, anchor.y);
    let centre = warp.to_picture(at);
    let j = warp.base.jacobian(at);
    let offset = |i: f64| (i - side as f64 / 2.0) * CELL_MM;
    let to_picture = |column: f64, row: f64| {
        let (dx, dy) = (offset(column), offset(row));
        Point::new(centre.x + j[0][0] * dx + j[0][1] * dy, centre.y + j[1][0] * dx + j[1][1] * dy)
    };
    let corners = [(0.0, 0.0), (side as f64, 0.0), (0.0, side as f64), (side as f64, side as f64)];
    let corners = corners.map(|(c, r)| to_picture(c, r));
    picture.need(Window::around(corners, 2.0));
    let picture = picture.gray();
    if !corners.into_iter().all(|c| picture.contains(c)) {
        return None;
    }
    // Sums over every rectangle from the patch's corner.
    let n = side + 1;
    let mut patch = vec![0.0f32; side * side];
    let mut sums = vec![0.0f32; n * n];
    for r in 0..side {
        for c in 0..side {
            let p = to_picture(c as f64 + 0.5, r as f64 + 0.5);
            let v =
                f32::from(picture.get((p.x as usize).min(picture.width - 1), (p.y as usize).min(picture.height - 1)));
            patch[r * side + c] = v;
            sums[(r + 1) * n + c + 1] = v + sums[r * n + c + 1] + sums[(r + 1) * n + c] - sums[r * n + c];
        }
    }
    let mean = |c0: usize, r0: usize, w: usize, h: usize| {
        let s = |r: usize, c: usize| sums[r * n + c];
        (s(r0 + h, c0 + w) - s(r0, c0 + w) - s(r0 + h, c0) + s(r0, c0)) / (w * h) as f32
    };
    let mut best = (0.0, 0, 0, 0.0, 0.0);
    for r in 0..=2 * search {
        for c in 0..=2 * search {
            let (ic, ir) = (c + BAND, r + BAND);
            let square = mean(ic, ir, inner, inner);
            // A cell between the square and each band: edges blur.
            let bands = [
                mean(c, ir, BAND - 1, inner),
                mean(ic + inner + 1, ir, BAND - 1, inner),
                mean(ic, r, inner, BAND - 1),
                mean(ic, ir + inner + 1, inner, BAND - 1),
            ];
            let darkest = bands.iter().fold(f32::MAX, |m, &b| m.min(b));
            if darkest - square > best.0 {
                best = (darkest - square, c, r, square, darkest);
            }
        }
    }
    let (contrast, c, r, square, paper) = best;
    // At the edge of a near search the best may be a part of what lies beyond.
    if search == SEARCH_NEAR && [c, r].iter().any(|&i| i == 0 || i == 2 * search) {
        return None;
    }
    // Where toner runs out an anchor is pale, but in its place.
    let astray = (c as f64 - search as f64).hypot(r as f64 - search as f64) * CELL_MM;
    let (least, part) = if astray < IN_PLACE_MM { (14.0, 0.15) } else { (20.0, 0.5) };
    if contrast < least || contrast < part * paper * (1.0 - black as f32) {
        return None;
    }
    // The centre of darkness, to a fraction of a cell.
    let (mut sum, mut sx, mut sy) = (0.0, 0.0, 0.0);
    let level = (square + paper) / 2.0;
    for rr in r + BAND - 2..r + BAND + inner + 2 {
        for cc in c + BAND - 2..c + BAND + inner + 2 {
            let w = f64::from((paper - patch[rr * side + cc]).max(0.0)).min(f64::from(paper - level));
            (sum, sx, sy) = (sum + w, sx + w * (cc as f64 + 0.5), sy + w * (rr as f64 + 0.5));
        }
    }
    (sum > 0.0).then(|| to_picture(sx / sum, sy / sum))
}
