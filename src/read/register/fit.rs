//! From sightings of tags to the map from sheet to picture.

use super::tag::{self, Sighting};
use super::{ENOUGH, Mark, Registration};
use crate::raster::Partial;
use crate::sheet::frame::{Fiducial, Frame, PageFormat};
use crate::units::{Homography, Mm, Point, Px};

/// A mark farther than this from where the others put it is something else, or its paper is torn or folded there.
const STRAY_MM: f64 = 3.0;
/// Where paper curls or is folded a mark may be farther off, if it lies as the page does: no more than this.
const BENT_MM: f64 = 14.0;
/// A page whose marks disagree more than this is not registered.
const MOST_RESIDUAL_MM: f64 = 2.0;

/// Fits each of the page formats to the sightings, takes the one that explains them best, looks again for the tags that were
/// missed, and fits once more.
pub fn fit(picture: &mut Partial, seen: &[Sighting], formats: &[PageFormat]) -> Option<Registration> {
    if seen.len() < ENOUGH {
        return None;
    }
    let mirrored = 2 * seen.iter().filter(|s| s.mirrored).count() > seen.len();
    let seen: Vec<Sighting> = seen.iter().filter(|s| s.mirrored == mirrored).copied().collect();
    let (format, fitted) = formats
        .iter()
        .filter_map(|&f| Some((f, Fitted::of(&Frame::of(f), &seen)?)))
        .min_by(|a, b| a.1.corner_residual_mm.total_cmp(&b.1.corner_residual_mm))?;
    finish(picture, format, fitted, &seen, mirrored)
}

pub fn from_rough(picture: &mut Partial, rough: &Homography<Mm, Px>, format: PageFormat) -> Option<Registration> {
    let frame = Frame::of(format);
    let mirrored = rough.determinant() < 0.0;
    let seen = again(picture, &frame, rough, &[], mirrored);
    finish(picture, format, Fitted::of(&frame, &seen)?, &seen, mirrored)
}

fn finish(
    picture: &mut Partial,
    format: PageFormat,
    mut fitted: Fitted,
    seen: &[Sighting],
    mirrored: bool,
) -> Option<Registration> {
    let frame = Frame::of(format);
    if fitted.sightings.len() < frame.fiducials.len() {
        let mut all = fitted.sightings.clone();
        all.extend(again(picture, &frame, &fitted.map, &fitted.sightings, mirrored));
        if all.len() > fitted.sightings.len()
            && let Some(more) = Fitted::of(&frame, &all)
        {
            fitted = more;
        }
    }
    let mark = |s: &Sighting| {
        let fiducial = frame.fiducials[s.tag];
        Mark { fiducial, found: s.centre(), residual_mm: residual_mm(&fitted.map, &fiducial, s) }
    };
    let mut marks: Vec<Mark> = fitted.sightings.iter().map(mark).collect();
    // Few marks fit too well to be believed: then their own corners must fit as well.
    let flat = if marks.len() > 4 { root_mean_square(&marks) } else { fitted.corner_residual_mm };
    let plausible = flat <= MOST_RESIDUAL_MM && upright(&frame, &fitted.map, mirrored);
    let known = |s: &Sighting| fitted.sightings.iter().any(|f| f.tag == s.tag);
    let bent = seen.iter().filter(|s| marks.len() > 4 && !known(s) && bent(&fitted.map, &frame.fiducials[s.tag], s));
    let bent: Vec<Mark> = bent.map(mark).collect();
    let residual_mm = if bent.is_empty() { flat } else { root_mean_square(&[&marks[..], &bent].concat()) };
    marks.extend(bent);
    let mut blacks: Vec<f64> = fitted.sightings.iter().map(|s| s.black / s.white.max(1.0)).collect();
    blacks.sort_by(f64::total_cmp);
    plausible.then(|| Registration {
        format,
        black: blacks[blacks.len() / 2],
        frame,
        sheet_to_picture: fitted.map,
        mirrored,
        marks,
        residual_mm,
    })
}

/// Looks for the tags that are not among `known` where the map expects them.
fn again(
    picture: &mut Partial,
    frame: &Frame,
    map: &Homography<Mm, Px>,
    known: &[Sighting],
    mirrored: bool,
) -> Vec<Sighting> {
    let missing = frame.fiducials.iter().filter(|f| known.iter().all(|s| s.tag != f.tag));
    let look = |f: &Fiducial| tag::look_again(picture, f.tag, &corners(f).map(|p| map.apply(p)), mirrored);
    missing.filter_map(look).collect()
}

struct Fitted {
    map: Homography<Mm, Px>,
    sightings: Vec<Sighting>,
    /// Over the corners of the tags: tells a wrong page format, whose tags would have another size.
    corner_residual_mm: f64,
}

impl Fitted {
    fn of(frame: &Frame, seen: &[Sighting]) -> Option<Self> {
        let mut sightings = seen.to_vec();
        loop {
            if sightings.len() < ENOUGH {
                return None;
            }
            let map = solve(frame, &sightings)?;
            let worst = sightings
                .iter()
                .map(|s| residual_mm(&map, &frame.fiducials[s.tag], s))
                .enumerate()
                .max_by(|a, b| a.1.total_cmp(&b.1))?;
            if worst.1 <= STRAY_MM || !worst.1.is_finite() {
                let mut sum = 0.0;
                for s in &sightings {
                    let f = &frame.fiducials[s.tag];
                    let scale = px_per_mm(&map, f);
                    let off = corners(f).into_iter().zip(&s.corners).map(|(c, p)| map.apply(c).distance(p) / scale);
                    sum += off.map(|d| d * d).sum::<f64>();
                }
                let corner_residual_mm = (sum / (4 * sightings.len()) as f64).sqrt();
                return corner_residual_mm.is_finite().then_some(Fitted { map, sightings, corner_residual_mm });
            }
            // The mark whose absence makes the others agree best is the stray one, not always the one farthest off.
            let without = |i: usize| {
                let mut rest = sightings.clone();
                rest.remove(i);
                let map = solve(frame, &rest)?;
                let sum: f64 = rest.iter().map(|s| residual_mm(&map, &frame.fiducials[s.tag], s).powi(2)).sum();
                Some((i, sum))
            };
            let stray = (0..sightings.len()).filter_map(without).min_by(|a, b| a.1.total_cmp(&b.1))?.0;
            sightings.remove(stray);
        }
    }
}

fn corners(f: &Fiducial) -> [Point<Mm>; 4] {
    let d = f.size / 2.0;
    [(-d, -d), (d, -d), (d, d), (-d, d)].map(|(x, y)| Point::new(f.x + x, f.y + y))
}

fn px_per_mm(map: &Homography<Mm, Px>, f: &Fiducial) -> f64 {
    let j = map.jacobian(Point::new(f.x, f.y));
    (j[0][0] * j[1][1] - j[0][1] * j[1][0]).abs().sqrt().max(1e-9)
}

fn residual_mm(map: &Homography<Mm, Px>, f: &Fiducial, s: &Sighting) -> f64 {
    map.apply(Point::new(f.x, f.y)).distance(&s.centre()) / px_per_mm(map, f)
}

fn root_mean_square(marks: &[Mark]) -> f64 {
    (marks.iter().map(|m| m.residual_mm.powi(2)).sum::<f64>() / marks.len() as f64).sqrt()
}

/// Whether a mark that is not where the others put it lies as the page does there: turned and sized like it.
fn bent(map: &Homography<Mm, Px>, f: &Fiducial, s: &Sighting) -> bool {
    const TURNED: f64 = 0.25;
    let expected = corners(f).map(|c| map.apply(c));
    let centre = map.apply(Point::new(f.x, f.y));
    let found = s.centre();
    let side = px_per_mm(map, f) * f.size;
    let alike = expected
        .iter()
        .zip(&s.corners)
        .all(|(e, c)| (e.x - centre.x - (c.x - found.x)).hypot(e.y - centre.y - (c.y - found.y)) < TURNED * side);
    alike && residual_mm(map, f, s) < BENT_MM
}

/// Centres carry the fit: toner that spreads moves corners, but not centres. Corners steady it where tags are few.
fn solve(frame: &Frame, sightings: &[Sighting]) -> Option<Homography<Mm, Px>> {
    let (mut pairs, mut weights) = (Vec::new(), Vec::new());
    for s in sightings {
        let f = &frame.fiducials[s.tag];
        pairs.push((Point::new(f.x, f.y), s.centre()));
        weights.push(1.0);
        for (c, p) in corners(f).into_iter().zip(s.corners) {
            pairs.push((c, p));
            weights.push(0.02);
        }
    }
    Homography::fit(&pairs, &weights)
}

/// Whether the whole page is in front of the camera and of a sane shape.
fn upright(frame: &Frame, map: &Homography<Mm, Px>, mirrored: bool) -> bool {
    let scales: Vec<f64> = frame.fiducials.iter().map(|f| px_per_mm(map, f)).collect();
    let (least, most) = scales.iter().fold((f64::MAX, 0.0_f64), |(a, b), &s| (a.min(s), b.max(s)));
    let turned = |f: &Fiducial| {
        let j = map.jacobian(Point::new(f.x, f.y));
        j[0][0] * j[1][1] - j[0][1] * j[1][0] < 0.0
    };
    most < 3.0 * least && frame.fiducials.iter().all(|f| turned(f) == mirrored)
}
