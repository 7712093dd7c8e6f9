//! Who a page is: the cascade from the cheapest way to the dearest, with an early stop.

pub mod general;
mod guided;

use super::register::Registration;
use super::result::IdentifiedBy;
use crate::raster::{Gray, Partial, Window};
use crate::sheet::code::{Decoded, datamatrix, qr, qr_any};
use crate::sheet::frame::{Area, Frame, PageFormat};
use crate::sheet::identity::{CodeError, Identity, SheetKey};
use crate::units::{Homography, Mm, Point, Px};
use guided::{Placed, Shape};
use std::sync::LazyLock;

/// One way that was tried, for the explained picture.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub stage: &'static str,
    /// The window looked at, where it is not the whole picture.
    pub corners: Option<[Point<Px>; 4]>,
    pub decoded: bool,
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

type Stage = (&'static str, IdentifiedBy, fn(&mut Partial, &Registration) -> Read);

/// What one stage saw.
struct Read {
    text: Option<String>,
    corners: Option<[Point<Px>; 4]>,
}

/// In milliseconds on a 300-dpi page: 0.1, 0.1, 0.4, 0.4, 2, 2, 20.
const CASCADE: [Stage; 7] = [
    ("QR, sampled in place", IdentifiedBy::Qr, |p, r| {
        sampled(p, &QR_SHAPE, &r.frame.code, &r.sheet_to_picture, false, qr::decode)
    }),
    ("backup code, sampled in place", IdentifiedBy::Backup, |p, r| {
        sampled(p, &DATA_MATRIX_SHAPE, &r.frame.backup, &r.sheet_to_picture, false, datamatrix::decode)
    }),
    ("QR, sampled on bent paper", IdentifiedBy::Qr, |p, r| {
        sampled(p, &QR_SHAPE, &r.frame.code, &r.sheet_to_picture, true, qr::decode)
    }),
    ("backup code, sampled on bent paper", IdentifiedBy::Backup, |p, r| {
        sampled(p, &DATA_MATRIX_SHAPE, &r.frame.backup, &r.sheet_to_picture, true, datamatrix::decode)
    }),
    ("QR, general decoders on its crop", IdentifiedBy::Qr, |p, r| {
        let (crop, corners) = crop(p, &r.sheet_to_picture, &r.frame.code);
        Read { text: general::qr(&crop).map(|f| f.text), corners: Some(corners) }
    }),
    ("backup code, general decoder on its crop", IdentifiedBy::Backup, |p, r| {
        let (crop, corners) = crop(p, &r.sheet_to_picture, &r.frame.backup);
        Read { text: general::data_matrix(&crop).map(|f| f.text), corners: Some(corners) }
    }),
    ("QR, general decoders on the page", IdentifiedBy::Qr, |p, r| {
        let found = on_page(p).filter(|f| f.corners.as_ref().is_none_or(|c| near(r, &r.frame.code, c)));
        let corners = found.as_ref().and_then(|f| f.corners);
        Read { text: found.map(|f| f.text), corners }
    }),
];

/// Any QR on a picture, at half size at 200 to 300 dpi.
pub fn on_page(picture: &mut Partial) -> Option<general::Found> {
    let picture = picture.all();
    let factor = page_reduction(picture);
    let mut found = general::qr(&crate::raster::reduce(picture, factor))?;
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
pub fn identify(picture: &mut Partial, registration: &Registration, key: &SheetKey) -> Identified {
    let mut attempts = Vec::new();
    let mut verdict = Verdict::Nothing;
    for (stage, by, look) in CASCADE {
        let Read { text, corners } = look(picture, registration);
        let read = text.map(|t| Identity::from_code(&t, key));
        attempts.push(Attempt { stage, corners, decoded: matches!(read, Some(Ok(_))) });
        match read {
            Some(Ok(identity)) => {
                verdict = match by {
                    IdentifiedBy::Qr if contradicted(picture, registration, key, &identity) => Verdict::Disagree,
                    _ => Verdict::Known(identity, by),
                };
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

/// Whether the backup code can be read and says something else. 0.1 ms, and a code glued over another is found out.
fn contradicted(picture: &mut Partial, registration: &Registration, key: &SheetKey, identity: &Identity) -> bool {
    let (area, map) = (&registration.frame.backup, &registration.sheet_to_picture);
    let backup = sampled(picture, &DATA_MATRIX_SHAPE, area, map, false, datamatrix::decode);
    match backup.text.map(|t| Identity::from_code(&t, key)) {
        Some(Ok(other)) => other != *identity,
        Some(Err(CodeError::WrongMac)) => true,
        _ => false,
    }
}

/// A map from sheet to picture, if the sheet has this format.
pub type RoughMap = (PageFormat, Homography<Mm, Px>);

/// For a picture without enough marks: any QR on it and, if it is ours, the rough map that its corners give for each page
/// format.
pub fn identify_anywhere(picture: &mut Partial, key: &SheetKey) -> (Identified, Vec<RoughMap>) {
    let found = on_page(picture);
    let corners = found.as_ref().and_then(|f| f.corners);
    let read = found.map(|f| Identity::from_code(&f.text, key));
    let decoded = matches!(read, Some(Ok(_)));
    let attempts = vec![Attempt { stage: "QR, general decoders on the page", corners, decoded }];
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
    picture.need(Placed::window(shape, area, map, bend));
    let Some(mut placed) = Placed::at(picture.gray(), shape, area, map) else {
        return Read { text: None, corners: None };
    };
    placed.slide();
    if bend {
        placed.bend();
    }
    Read { text: decode(&placed.modules()).map(|d| d.text), corners: Some(placed.corners()) }
}

/// A symbol and its surroundings, straightened, at 6 pixels a millimetre.
fn crop(picture: &mut Partial, map: &Homography<Mm, Px>, area: &Area) -> (Gray, [Point<Px>; 4]) {
    const AROUND_MM: f64 = 5.0;
    const PX_PER_MM: f64 = 6.0;
    let side = ((area.w + 2.0 * AROUND_MM) * PX_PER_MM) as usize;
    let at = |x: f64, y: f64| {
        let p = Point::new(area.x - AROUND_MM + x / PX_PER_MM, area.y - AROUND_MM + y / PX_PER_MM);
        map.apply(p)
    };
    let n = side as f64;
    let corners = [at(0.0, 0.0), at(n, 0.0), at(n, n), at(0.0, n)];
    picture.need(Window::around(corners, 2.0));
    let mut crop = Gray::new(side, side, 255);
    for y in 0..side {
        for (x, v) in crop.row_mut(y).iter_mut().enumerate() {
            *v = picture.gray().sample(at(x as f64 + 0.5, y as f64 + 0.5)) as u8;
        }
    }
    (crop, corners)
}
