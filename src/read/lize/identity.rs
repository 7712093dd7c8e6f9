//! Whose page it is, and with that which way it lies.

use super::rings::{self, Ring, Stand};
use crate::raster::Partial;
use crate::read::identify::{foreign_qr, foreign_qr_of_crop, on_page};
use crate::read::warp::Warp;
use crate::sheet::frame::Area;
use crate::sheet::lize::{Code, RING_SIZE, RINGS, code_area};
use crate::units::{Homography, Mm, Point, Px, solve};

/// A page found in the picture.
#[derive(Clone, Debug)]
pub struct Placed {
    pub map: Homography<Mm, Px>,
    /// None where it could not be read.
    pub code: Option<Code>,
    /// Which rings were found, and where.
    pub rings: Vec<(usize, Point<Px>)>,
    /// Places of the paper whose place in the picture is known: rings, and the code's corners.
    pub known: Vec<(Point<Mm>, Point<Px>)>,
    /// Gray of this page's ink as a part of that of its paper.
    pub black: f64,
}

/// Black where no ring shows what it is.
const USUAL_BLACK: f64 = 0.25;

impl Placed {
    pub fn without_code(stand: &Stand) -> Self {
        Self::new(stand.map, &stand.rings, None)
    }

    fn new(map: Homography<Mm, Px>, rings: &[(usize, Ring)], code: Option<(Code, [Point<Px>; 4])>) -> Self {
        let mut known: Vec<_> = rings.iter().map(|(i, r)| (Point::new(RINGS[*i].0, RINGS[*i].1), r.at)).collect();
        let (code, corners) = code.unzip();
        known.extend(corners.into_iter().flat_map(|c| corners_mm().into_iter().zip(c)));
        let mut blacks: Vec<f64> = rings.iter().map(|(_, r)| r.black).collect();
        blacks.sort_by(f64::total_cmp);
        Placed {
            map,
            code,
            rings: rings.iter().map(|(i, r)| (*i, r.at)).collect(),
            known,
            black: blacks.get(blacks.len() / 2).copied().unwrap_or(USUAL_BLACK),
        }
    }
}

fn corners_mm() -> [Point<Mm>; 4] {
    let a = code_area();
    [(a.x, a.y), (a.right(), a.y), (a.right(), a.bottom()), (a.x, a.bottom())].map(|(x, y)| Point::new(x, y))
}

/// Reads the code: where one of the stands has it, or else anywhere on the page. From the cheapest way to the dearest; a
/// stand takes 0.4 ms, the page 20.
pub fn identify(picture: &mut Partial, rings: &[Ring], stands: &[Stand]) -> Option<Placed> {
    for bend in [false, true] {
        for stand in stands {
            let read = foreign_qr(picture, &stand.map, &code_area(), bend);
            if let Some((text, corners)) = read
                && let Ok(code) = text.parse()
            {
                return Some(Placed::new(stand.map, &stand.rings, Some((code, corners))));
            }
        }
    }
    for stand in stands.iter().take(LIKELIEST) {
        if let Some(code) = foreign_qr_of_crop(picture, &stand.map, &code_area()).and_then(|t| t.parse().ok()) {
            return Some(Placed { code: Some(code), ..Placed::without_code(stand) });
        }
    }
    let found = on_page(picture)?;
    let code: Code = found.text.parse().ok()?;
    let corners = found.corners?;
    let pairs: Vec<_> = corners_mm().into_iter().zip(corners).collect();
    let own = rings_near(rings, &pairs)?;
    let map = if own.len() > 2 { rings::fit(&own) } else { affine(&known(&pairs, &own)) };
    Some(Placed::new(map?, &own, Some((code, corners))))
}

/// Stands whose code the general decoders try: the orientations of one rectangle.
const LIKELIEST: usize = 4;

/// The rings where the code's corners have them, the nearest first: each one found says better where the next is.
fn rings_near(rings: &[Ring], corners: &[(Point<Mm>, Point<Px>)]) -> Option<Vec<(usize, Ring)>> {
    /// How far off an expected place may be, as a part of its distance from what is known.
    const OFF: f64 = 0.15;
    const SIZES: std::ops::Range<f64> = 0.65..1.5;
    let mut found: Vec<(usize, Ring)> = Vec::new();
    // From the code, at the top right.
    for i in [1, 0, 3, 2] {
        let map = affine(&known(corners, &found))?;
        let at = Point::new(RINGS[i].0, RINGS[i].1);
        let expected = map.apply(at);
        let scale = super::px_per_mm(&map, at);
        let near = known(corners, &found).iter().map(|k| k.0.distance(&at)).fold(f64::MAX, f64::min);
        let like = |r: &&Ring| SIZES.contains(&(r.size / scale / RING_SIZE));
        let ring =
            rings.iter().filter(like).min_by(|a, b| a.at.distance(&expected).total_cmp(&b.at.distance(&expected)));
        found.extend(ring.filter(|r| r.at.distance(&expected) < (2.0 + OFF * near) * scale).map(|r| (i, *r)));
    }
    Some(found)
}

fn known(corners: &[(Point<Mm>, Point<Px>)], rings: &[(usize, Ring)]) -> Vec<(Point<Mm>, Point<Px>)> {
    let rings = rings.iter().map(|(i, r)| (Point::new(RINGS[*i].0, RINGS[*i].1), r.at));
    corners.iter().copied().chain(rings).collect()
}

/// The affine map nearest to all pairs: a perspective can't be told from the corners of one symbol.
fn affine(pairs: &[(Point<Mm>, Point<Px>)]) -> Option<Homography<Mm, Px>> {
    let row = |to: fn(&Point<Px>) -> f64| {
        let mut normal = [[0.0; 4]; 3];
        for (from, into) in pairs {
            let terms = [from.x, from.y, 1.0];
            for i in 0..3 {
                for j in 0..3 {
                    normal[i][j] += terms[i] * terms[j];
                }
                normal[i][3] += terms[i] * to(into);
            }
        }
        solve(normal)
    };
    let ([a, b, c], [d, e, f]) = (row(|p| p.x)?, row(|p| p.y)?);
    Some(Homography::new([a, b, c, d, e, f, 0.0, 0.0, 1.0]))
}

/// Any QR of a page, read where it is on bent paper.
pub fn symbol(picture: &mut Partial, warp: &Warp, area: &Area) -> Option<String> {
    let corners = [(area.x, area.y), (area.right(), area.y), (area.right(), area.bottom()), (area.x, area.bottom())]
        .map(|(x, y)| Point::new(x, y));
    let pairs: Vec<_> = corners.into_iter().map(|c| (c, warp.to_picture(c))).collect();
    let map = Homography::fit(&pairs, &[1.0; 4])?;
    let placed = [false, true].into_iter().find_map(|bend| foreign_qr(picture, &map, area, bend));
    placed.map(|p| p.0).or_else(|| foreign_qr_of_crop(picture, &map, area))
}
