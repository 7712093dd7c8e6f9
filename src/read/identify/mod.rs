//! Who a page is: the cascade from the cheapest way to the dearest, with an early stop.

mod ask;
pub mod general;
mod guided;
mod printed;
mod stages;
mod supposed;

pub use ask::{Ask, answered};
pub use stages::{StageCount, Stages};

use super::layouts::Layouts;
use super::register::Registration;
use super::result::IdentifiedBy;
use crate::raster::{Gray, Partial, Window};
use crate::sheet::code::{Decoded, datamatrix, qr, qr_any};
use crate::sheet::frame::{Area, Frame, PageFormat};
use crate::sheet::identity::{CodeError, Identity, SheetKey};
use crate::units::{Homography, Mm, Point, Px};
use guided::{Placed, Shape};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;
use std::time::Instant;

/// One way that was tried, for the explained picture.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attempt {
    pub stage: Cow<'static, str>,
    /// The window looked at, where it is not the whole picture.
    #[serde(skip)]
    pub corners: Option<[Point<Px>; 4]>,
    pub decoded: bool,
    /// Milliseconds that it took.
    pub ms: f64,
}

#[derive(Clone, Debug)]
pub struct Identified {
    pub attempts: Vec<Attempt>,
    pub verdict: Verdict,
}

#[derive(Clone, Debug)]
pub enum Verdict {
    /// Whose page it is, and which code said so.
    Known(Identity, IdentifiedBy),
    /// A code of ours whose check does not hold: forged, altered or printed under another key.
    WrongMac,
    /// Both codes were read, and each names another page: one of them was stuck or copied onto this sheet.
    Disagree,
    /// A code was read, and it is not ours.
    NotOurs,
    /// No code could be read.
    Nothing,
}

static QR_SHAPE: LazyLock<Shape> = LazyLock::new(|| Shape { size: qr::SIZE, fixed: qr::fixed_modules().collect() });

static DATA_MATRIX_SHAPE: LazyLock<Shape> = LazyLock::new(|| {
    let n = datamatrix::SIZE;
    let fixed = |i: usize| match datamatrix::place(i / n, i % n) {
        datamatrix::Place::Fixed(dark) => Some((i / n, i % n, dark)),
        datamatrix::Place::Bit(..) => None,
    };
    Shape { size: n, fixed: (0..n * n).filter_map(fixed).collect() }
});

/// What a text on paper is held against.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    pub key: &'a SheetKey,
    pub layouts: &'a Layouts,
}

type Stage = (&'static str, IdentifiedBy, Way);

#[derive(Clone, Copy)]
enum Way {
    /// A symbol that carries a code text.
    Code(fn(&mut Partial, &Registration) -> Read),
    /// A symbol of which each known layout is supposed.
    Supposed(fn(&mut Partial, &Registration, Known) -> Supposition),
    Printed,
}

/// The identity that a symbol can only have, and where it was looked at.
type Supposition = (Option<Identity>, Option<[Point<Px>; 4]>);

/// What one look at a symbol saw.
struct Read {
    text: Option<String>,
    corners: Option<[Point<Px>; 4]>,
}

/// In milliseconds, medians of spoiled pages (`benches/identify`): 0.6, 0.4, 0.7, 0.5, 1.4, 0.7, 1, 0.7, 10, 40. The
/// printed code comes last of those in place: its check is the shortest.
const CASCADE: [Stage; 10] = [
    ("QR, sampled in place", IdentifiedBy::Qr, Way::Code(|p, r| qr_in_place(p, r, false))),
    ("backup code, sampled in place", IdentifiedBy::Backup, Way::Code(|p, r| backup_in_place(p, r, false))),
    ("QR, sampled on bent paper", IdentifiedBy::Qr, Way::Code(|p, r| qr_in_place(p, r, true))),
    ("backup code, sampled on bent paper", IdentifiedBy::Backup, Way::Code(|p, r| backup_in_place(p, r, true))),
    (
        "QR, general decoders on its crop",
        IdentifiedBy::Qr,
        Way::Code(|p, r| {
            let (crop, corners) = crop(p, &r.sheet_to_picture, &r.frame.code);
            Read { text: general::qr(&crop).map(|f| f.text), corners: Some(corners) }
        }),
    ),
    (
        "backup code, general decoder on its crop",
        IdentifiedBy::Backup,
        Way::Code(|p, r| {
            let (crop, corners) = crop(p, &r.sheet_to_picture, &r.frame.backup);
            Read { text: general::data_matrix(&crop).map(|f| f.text), corners: Some(corners) }
        }),
    ),
    (
        "QR, each known layout supposed",
        IdentifiedBy::Qr,
        Way::Supposed(|p, r, k| {
            supposed(p, r, k, &QR_SHAPE, &r.frame.code, |m, k| supposed::read(m, r.format, k, qr::encode, qr::decode))
        }),
    ),
    (
        "backup code, each known layout supposed",
        IdentifiedBy::Backup,
        Way::Supposed(|p, r, k| {
            let read = |m: &[f32], k: Known| supposed::read(m, r.format, k, datamatrix::encode, datamatrix::decode);
            supposed(p, r, k, &DATA_MATRIX_SHAPE, &r.frame.backup, read)
        }),
    ),
    ("printed code, read in place", IdentifiedBy::PrintedCode, Way::Printed),
    (
        "QR, general decoders on the page",
        IdentifiedBy::Qr,
        Way::Code(|p, r| {
            let found = on_page(p).filter(|f| f.corners.as_ref().is_none_or(|c| near(r, &r.frame.code, c)));
            let corners = found.as_ref().and_then(|f| f.corners);
            Read { text: found.map(|f| f.text), corners }
        }),
    ),
];

fn supposed(
    picture: &mut Partial,
    registration: &Registration,
    known: Known,
    shape: &Shape,
    area: &Area,
    read: impl Fn(&[f32], Known) -> Option<Identity>,
) -> Supposition {
    let Some((modules, corners)) = modules(picture, shape, area, &registration.sheet_to_picture, false) else {
        return (None, None);
    };
    (read(&covered_left_out(&modules, shape.size).unwrap_or(modules), known), Some(corners))
}

fn qr_in_place(picture: &mut Partial, r: &Registration, bend: bool) -> Read {
    sampled(picture, &QR_SHAPE, &r.frame.code, &r.sheet_to_picture, bend, qr::decode)
}

fn backup_in_place(picture: &mut Partial, r: &Registration, bend: bool) -> Read {
    sampled(picture, &DATA_MATRIX_SHAPE, &r.frame.backup, &r.sheet_to_picture, bend, datamatrix::decode)
}

/// Any QR on a picture, at half size at 200 to 300 dpi.
pub fn on_page(picture: &mut Partial) -> Option<general::Found> {
    let picture = picture.all();
    let factor = page_reduction(picture);
    let mut found = general::qr_on_page(&crate::raster::reduce(picture, factor))?;
    let full = factor as f64;
    found.corners = found.corners.map(|c| c.map(|p| Point::new(p.x * full, p.y * full)));
    Some(found)
}

/// A QR of version 3 of any level and mask, where the map has it: its text, and its corners as they were found.
pub fn foreign_qr(
    picture: &mut Partial,
    map: &Homography<Mm, Px>,
    area: &Area,
    bend: bool,
) -> Option<(String, [Point<Px>; 4])> {
    let read = sampled(picture, &QR_SHAPE, area, map, bend, qr_any::decode);
    Some((read.text?, read.corners?))
}

/// The same by the general decoders, from the symbol's surroundings.
pub fn foreign_qr_of_crop(picture: &mut Partial, map: &Homography<Mm, Px>, area: &Area) -> Option<general::Found> {
    let (crop, corners) = crop(picture, map, area);
    let n = crop.width as f64;
    let square: [Point<Px>; 4] = [(0.0, 0.0), (n, 0.0), (n, n), (0.0, n)].map(|(x, y)| Point::new(x, y));
    let to_picture: Homography<Px, Px> =
        Homography::fit(&square.into_iter().zip(corners).collect::<Vec<_>>(), &[1.0; 4])?;
    let mut found = general::qr(&crop)?;
    found.corners = found.corners.map(|c| c.map(|p| to_picture.apply(p)));
    Some(found)
}

/// Whether a symbol is about where this page has it: another sheet in the same picture has codes too.
fn near(registration: &Registration, area: &Area, corners: &[Point<Px>; 4]) -> bool {
    const FAR_MM: f64 = 15.0;
    let middle = Point::new(area.x + area.w / 2.0, area.y + area.h / 2.0);
    let seen =
        Point::new(corners.iter().map(|p| p.x).sum::<f64>() / 4.0, corners.iter().map(|p| p.y).sum::<f64>() / 4.0);
    let px_per_mm = registration.dpi() / crate::units::MM_PER_INCH;
    registration.sheet_to_picture.apply(middle).distance(&seen) < FAR_MM * px_per_mm
}

/// Identifies a registered page.
pub fn identify(picture: &mut Partial, registration: &Registration, known: Known) -> Identified {
    let mut attempts = Vec::new();
    let mut verdict = Verdict::Nothing;
    for (stage, by, way) in CASCADE {
        let clock = Instant::now();
        let (read, corners) = match way {
            Way::Code(look) => {
                let Read { text, corners } = look(picture, registration);
                (text.map(|t| Identity::from_code(&t, known.key)), corners)
            }
            Way::Supposed(look) => {
                let (identity, corners) = look(picture, registration, known);
                (identity.map(Ok), corners)
            }
            Way::Printed => {
                let corners = self::corners(&registration.frame.printed, &registration.sheet_to_picture);
                (printed::read(picture, registration, known).map(Ok), Some(corners))
            }
        };
        let decoded = matches!(read, Some(Ok(_)));
        attempts.push(Attempt { stage: stage.into(), corners, decoded, ms: clock.elapsed().as_secs_f64() * 1e3 });
        match read {
            Some(Ok(identity)) => {
                let contradicted = contradicted(picture, registration, known, &identity, by);
                verdict = if contradicted { Verdict::Disagree } else { Verdict::Known(identity, by) };
                break;
            }
            // Reed–Solomon held, so this is what was printed: no other reading can mend it.
            Some(Err(CodeError::WrongMac)) => {
                verdict = Verdict::WrongMac;
                break;
            }
            Some(Err(_)) => verdict = Verdict::NotOurs,
            None => {}
        }
    }
    Identified { attempts, verdict }
}

/// Whether another spelling can be read and says something else: a code glued over another is found out. The backup
/// code takes 0.1 ms; only without it the printed code is read.
fn contradicted(
    picture: &mut Partial,
    registration: &Registration,
    known: Known,
    identity: &Identity,
    by: IdentifiedBy,
) -> bool {
    if by == IdentifiedBy::Qr {
        let backup = backup_in_place(picture, registration, false);
        match backup.text.map(|t| Identity::from_code(&t, known.key)) {
            Some(Ok(other)) => return other != *identity,
            Some(Err(CodeError::WrongMac)) => return true,
            _ => {}
        }
    }
    by != IdentifiedBy::PrintedCode
        && printed::read(picture, registration, known).is_some_and(|other| other != *identity)
}

/// A map from sheet to picture, if the sheet has this format.
pub type RoughMap = (PageFormat, Homography<Mm, Px>);

/// For a picture without enough marks: any QR on it and, if it is ours, the rough map that its corners give for each page
/// format.
pub fn identify_anywhere(picture: &mut Partial, key: &SheetKey) -> (Identified, Vec<RoughMap>) {
    let clock = Instant::now();
    let found = on_page(picture);
    let corners = found.as_ref().and_then(|f| f.corners);
    let read = found.map(|f| Identity::from_code(&f.text, key));
    let decoded = matches!(read, Some(Ok(_)));
    let ms = clock.elapsed().as_secs_f64() * 1e3;
    let attempts = vec![Attempt { stage: "QR, general decoders on the page".into(), corners, decoded, ms }];
    let verdict = match read {
        Some(Ok(identity)) => Verdict::Known(identity, IdentifiedBy::Qr),
        Some(Err(CodeError::WrongMac)) => Verdict::WrongMac,
        Some(Err(_)) => Verdict::NotOurs,
        None => Verdict::Nothing,
    };
    let rough = |format: PageFormat| {
        let code = Frame::of(format).code;
        let sheet = [(code.x, code.y), (code.right(), code.y), (code.right(), code.bottom()), (code.x, code.bottom())];
        let pairs: Vec<_> = sheet.into_iter().map(|(x, y)| Point::new(x, y)).zip(corners?).collect();
        Some((format, Homography::fit(&pairs, &[1.0; 4])?))
    };
    let maps = if decoded { PageFormat::ALL.into_iter().filter_map(rough).collect() } else { Vec::new() };
    (Identified { attempts, verdict }, maps)
}

/// Half size at 200 to 300 dpi.
fn page_reduction(picture: &Gray) -> usize {
    (picture.width.max(picture.height) / 1400).clamp(1, 4)
}

fn sampled(
    picture: &mut Partial,
    shape: &Shape,
    area: &Area,
    map: &Homography<Mm, Px>,
    bend: bool,
    decode: fn(&[f32]) -> Option<Decoded>,
) -> Read {
    let Some((modules, corners)) = modules(picture, shape, area, map, bend) else {
        return Read { text: None, corners: None };
    };
    let decoded = decode(&modules).or_else(|| decode(&covered_left_out(&modules, shape.size)?));
    Read { text: decoded.map(|d| d.text), corners: Some(corners) }
}

/// A symbol's modules and its corners. None where it is not wholly in the picture.
fn modules(
    picture: &mut Partial,
    shape: &Shape,
    area: &Area,
    map: &Homography<Mm, Px>,
    bend: bool,
) -> Option<(Vec<f32>, [Point<Px>; 4])> {
    picture.need(Placed::window(shape, area, map, bend));
    let mut placed = Placed::at(picture.gray(), shape, area, map)?;
    placed.slide();
    if bend {
        placed.bend();
    }
    Some((placed.modules(), placed.corners()))
}

/// Squares of 4 × 4 modules that are all alike lie under a label or under ink: they look sure and say nothing, so they
/// are made the least sure. None where there are none.
fn covered_left_out(modules: &[f32], size: usize) -> Option<Vec<f32>> {
    const SIDE: usize = 4;
    const LITTLE: f32 = 0.01;
    let corners = (0..=size - SIDE).flat_map(|r| (0..=size - SIDE).map(move |c| r * size + c));
    let square = |corner: usize| (0..SIDE * SIDE).map(move |i| corner + i / SIDE * size + i % SIDE);
    let alike = |&corner: &usize| square(corner).all(|i| (modules[i] > 0.0) == (modules[corner] > 0.0));
    let covered: HashSet<usize> = corners.filter(alike).flat_map(square).collect();
    let mut left = modules.to_vec();
    covered.iter().for_each(|&i| left[i] *= LITTLE);
    (!covered.is_empty()).then_some(left)
}

/// A symbol and its surroundings, straightened, at 6 pixels a millimetre.
fn crop(picture: &mut Partial, map: &Homography<Mm, Px>, area: &Area) -> (Gray, [Point<Px>; 4]) {
    const AROUND_MM: f64 = 5.0;
    const PX_PER_MM: f64 = 6.0;
    let around = area.grown(AROUND_MM);
    (straightened(picture, map, &around, PX_PER_MM), corners(&around, map))
}

/// A place of the paper, upright.
fn straightened(picture: &mut Partial, map: &Homography<Mm, Px>, area: &Area, px_per_mm: f64) -> Gray {
    picture.need(Window::around(corners(area, map), 2.0));
    let mut straight = Gray::new((area.w * px_per_mm) as usize, (area.h * px_per_mm) as usize, 255);
    for y in 0..straight.height {
        for (x, v) in straight.row_mut(y).iter_mut().enumerate() {
            let mm = |origin: f64, i: usize| origin + (i as f64 + 0.5) / px_per_mm;
            *v = picture.gray().sample(map.apply(Point::new(mm(area.x, x), mm(area.y, y)))) as u8;
        }
    }
    straight
}

pub(super) fn corners(area: &Area, map: &Homography<Mm, Px>) -> [Point<Px>; 4] {
    [(area.x, area.y), (area.right(), area.y), (area.right(), area.bottom()), (area.x, area.bottom())]
        .map(|(x, y)| map.apply(Point::new(x, y)))
}
