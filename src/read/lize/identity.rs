//! Whose page it is, and with that which way it lies.

use super::rings::{self, Ring, Stand};
use crate::raster::Partial;
use crate::read::identify::{foreign_qr, foreign_qr_of_crop, on_page};
use crate::read::warp::Warp;
use crate::sheet::frame::Area;
use crate::sheet::lize::{Code, RINGS, code_area};
use crate::units::{Homography, Mm, Point, Px};

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
    for stand in stands {
        if let Some(code) = foreign_qr_of_crop(picture, &stand.map, &code_area()).and_then(|t| t.parse().ok()) {
            return Some(Placed { code: Some(code), ..Placed::without_code(stand) });
        }
    }
    let found = on_page(picture)?;
    let code: Code = found.text.parse().ok()?;
    let corners = found.corners?;
    let pairs: Vec<_> = corners_mm().into_iter().zip(corners).collect();
    let rough = Homography::fit(&pairs, &[1.0; 4])?;
    let own = rings_near(rings, &rough);
    let map = with_rings(&rough, &pairs, &own);
    Some(Placed::new(map, &own, Some((code, corners))))
}

/// The rings where the code's corners have them: they say little about a place ten times as far off as they are apart.
fn rings_near(rings: &[Ring], rough: &Homography<Mm, Px>) -> Vec<(usize, Ring)> {
    const FAR_MM: f64 = 14.0;
    let nearest = |(i, &(x, y)): (usize, &(f64, f64))| {
        let at = Point::new(x, y);
        let expected = rough.apply(at);
        let far = |r: &Ring| r.at.distance(&expected) / super::px_per_mm(rough, at);
        let ring = rings.iter().min_by(|a, b| far(a).total_cmp(&far(b)))?;
        (far(ring) < FAR_MM).then_some((i, *ring))
    };
    RINGS.iter().enumerate().filter_map(nearest).collect()
}

fn with_rings(
    rough: &Homography<Mm, Px>,
    corners: &[(Point<Mm>, Point<Px>)],
    rings: &[(usize, Ring)],
) -> Homography<Mm, Px> {
    let places = rings.iter().map(|(i, r)| (Point::new(RINGS[*i].0, RINGS[*i].1), r.at));
    let pairs: Vec<_> = corners.iter().copied().chain(places).collect();
    // The corners of one symbol are one place; rings are far apart.
    let weights: Vec<f64> = (0..pairs.len()).map(|i| if i < corners.len() { 0.1 } else { 1.0 }).collect();
    let fitted = if rings.len() == RINGS.len() { rings::fit(rings) } else { Homography::fit(&pairs, &weights) };
    fitted.unwrap_or(*rough)
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
