//! Whose page it is, and with that which way it lies.

use super::rings::{Ring, Stand};
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

/// Reads the code: where one of the stands has it, or else anywhere on the page; from the cheapest way to the dearest: a
/// stand takes 0.4 ms, the page 20. The ways in which the page can lie then, the likeliest first: the print decides.
pub fn identify<'a>(picture: &mut Partial, rings: &'a [Ring], stands: &[Stand]) -> Ways<'a> {
    for bend in [false, true] {
        for stand in stands {
            let read = foreign_qr(picture, &stand.map, &code_area(), bend);
            if let Some((text, corners)) = read
                && let Ok(code) = text.parse()
            {
                return Box::new(ways(code, corners, rings, Some(stand)));
            }
        }
    }
    for stand in stands.iter().take(LIKELIEST) {
        let found = foreign_qr_of_crop(picture, &stand.map, &code_area());
        if let Some((code, corners)) = found.and_then(|f| Some((f.text.parse().ok()?, f.corners))) {
            return match corners {
                Some(corners) => Box::new(ways(code, corners, rings, Some(stand))),
                None => Box::new(std::iter::once(Placed { code: Some(code), ..Placed::without_code(stand) })),
            };
        }
    }
    let found = on_page(picture).and_then(|f| Some((f.text.parse::<Code>().ok()?, f.corners?)));
    // The decoder does not say whether it saw the symbol from behind.
    let both = found.into_iter().flat_map(|(code, [a, b, c, d])| {
        [[a, b, c, d], [a, d, c, b]].map(|corners| (code.clone(), corners)).into_iter()
    });
    Box::new(both.flat_map(|(code, corners)| ways(code, corners, rings, None)))
}

/// Ways in which a page can lie.
pub type Ways<'a> = Box<dyn Iterator<Item = Placed> + 'a>;

/// Stands whose code the general decoders try: the orientations of one rectangle.
const LIKELIEST: usize = 4;

/// The maps through the code's corners and rings: those of the stand, those that the code leads to, those that have the code
/// in their midst, and at last without one of them, since what looks like a ring may be something else.
fn ways<'a>(
    code: Code,
    corners: [Point<Px>; 4],
    rings: &'a [Ring],
    stand: Option<&Stand>,
) -> impl Iterator<Item = Placed> + use<'a> {
    let pairs: Vec<_> = corners_mm().into_iter().zip(corners).collect();
    let near = rings_near(rings, &pairs);
    let but = |left: usize| near.iter().enumerate().filter(move |(i, _)| *i != left).map(|(_, r)| *r).collect();
    let fewer: Vec<Vec<_>> = (0..near.len()).map(but).collect();
    let around = pairs.clone();
    let sets = stand.map(|s| s.rings.clone()).into_iter().chain([near]);
    let sets = sets.chain(std::iter::once_with(move || rings_around(rings, &around)).flatten()).chain(fewer);
    sets.flat_map(move |set| {
        let maps = maps(&known(&pairs, &set), set.len());
        let code = code.clone();
        maps.map(move |map| Placed::new(map, &set, Some((code.clone(), corners))))
    })
}

/// Four of the largest rings, or else three, that one map takes together with the code's corners: of a page that leans far,
/// its affine map does not say where they are.
fn rings_around(rings: &[Ring], corners: &[(Point<Mm>, Point<Px>)]) -> Option<Vec<(usize, Ring)>> {
    const LARGEST: usize = 9;
    const NEAR_MM: f64 = 1.0;
    let mut largest: Vec<&Ring> = rings.iter().collect();
    largest.sort_by(|a, b| b.size.total_cmp(&a.size));
    largest.truncate(LARGEST);
    // One more than there are stands for a ring that is lost.
    let n = largest.len() + 1;
    let mut best: Option<(f64, Vec<(usize, Ring)>)> = None;
    for digits in 0..n.pow(4) {
        let at = [digits % n, digits / n % n, digits / n / n % n, digits / n / n / n];
        if (0..4).any(|i| at[..i].contains(&at[i])) {
            continue;
        }
        let some: Vec<(usize, Ring)> =
            at.iter().enumerate().filter_map(|(i, &r)| Some((i, **largest.get(r)?))).collect();
        let pairs = known(corners, &some);
        let Some(map) = Homography::fit(&pairs, &vec![1.0; pairs.len()]) else { continue };
        let off = |(at, seen): &(Point<Mm>, Point<Px>)| map.apply(*at).distance(seen) / super::px_per_mm(&map, *at);
        let off = pairs.iter().map(off).fold(0.0, f64::max);
        let better =
            |(least, other): &(f64, Vec<_>)| some.len() > other.len() || some.len() == other.len() && off < *least;
        if off < NEAR_MM && best.as_ref().is_none_or(better) {
            best = Some((off, some));
        }
    }
    Some(best?.1)
}

/// The rings where the code's corners have them, the nearest first: each one found says better where the next is.
fn rings_near(rings: &[Ring], corners: &[(Point<Mm>, Point<Px>)]) -> Vec<(usize, Ring)> {
    /// How far off an expected place may be, as a part of its distance from what is known.
    const OFF: f64 = 0.15;
    const SIZES: std::ops::Range<f64> = 0.65..1.5;
    let mut found: Vec<(usize, Ring)> = Vec::new();
    // From the code, at the top right.
    for i in [1, 0, 3, 2] {
        let Some(map) = maps(&known(corners, &found), found.len()).next() else { break };
        let at = Point::new(RINGS[i].0, RINGS[i].1);
        let expected = map.apply(at);
        let scale = super::px_per_mm(&map, at);
        let near = known(corners, &found).iter().map(|k| k.0.distance(&at)).fold(f64::MAX, f64::min);
        let like = |r: &&Ring| SIZES.contains(&(r.size / scale / RING_SIZE));
        let ring =
            rings.iter().filter(like).min_by(|a, b| a.at.distance(&expected).total_cmp(&b.at.distance(&expected)));
        found.extend(ring.filter(|r| r.at.distance(&expected) < (2.0 + OFF * near) * scale).map(|r| (i, *r)));
    }
    found
}

fn known(corners: &[(Point<Mm>, Point<Px>)], rings: &[(usize, Ring)]) -> Vec<(Point<Mm>, Point<Px>)> {
    let rings = rings.iter().map(|(i, r)| (Point::new(RINGS[*i].0, RINGS[*i].1), r.at));
    corners.iter().copied().chain(rings).collect()
}

/// Maps through the code's corners and so many rings. Two rings and four corners leave four more equations than a homography
/// has unknowns, but lie along one side of the page: what is stiffer may come nearer on the other.
fn maps(known: &[(Point<Mm>, Point<Px>)], rings: usize) -> impl Iterator<Item = Homography<Mm, Px>> + use<> {
    let homography = (rings > 1).then(|| Homography::fit(known, &vec![1.0; known.len()])).flatten();
    let stiffer = if rings < 3 { [affine(known), similar(known)] } else { [None, None] };
    homography.into_iter().chain(stiffer.into_iter().flatten())
}

/// The turn, size and shift nearest to all pairs, of which the first are the code's corners.
fn similar(pairs: &[(Point<Mm>, Point<Px>)]) -> Option<Homography<Mm, Px>> {
    let [a, b, .., d] = pairs.get(..4)? else { return None };
    let cross = (b.1.x - a.1.x) * (d.1.y - a.1.y) - (b.1.y - a.1.y) * (d.1.x - a.1.x);
    let n = pairs.len() as f64;
    let mean =
        pairs.iter().fold([0.0; 4], |m, (p, q)| [m[0] + p.x / n, m[1] + p.y / n, m[2] + q.x / n, m[3] + q.y / n]);
    let (mut along, mut across, mut size) = (0.0, 0.0, 0.0);
    for (p, q) in pairs {
        let (x, y, u, v) = (p.x - mean[0], (p.y - mean[1]) * cross.signum(), q.x - mean[2], q.y - mean[3]);
        (along, across, size) = (along + x * u + y * v, across + x * v - y * u, size + x * x + y * y);
    }
    let (c, s, f) = (along / size, across / size, cross.signum());
    let shift = (mean[2] - c * mean[0] + s * f * mean[1], mean[3] - s * mean[0] - c * f * mean[1]);
    Some(Homography::new([c, -s * f, shift.0, s, c * f, shift.1, 0.0, 0.0, 1.0]))
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
    placed.map(|p| p.0).or_else(|| Some(foreign_qr_of_crop(picture, &map, area)?.text))
}
