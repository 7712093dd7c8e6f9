//! The general decoders, behind the guided one: rxing first, on crops rqrr for what it misses.
//!
//! rxing's weakness is low contrast, so the picture is stretched first; half-size pictures read better than full ones,
//! since averaging takes noise away.

use crate::raster::Gray;
use crate::read::pages::contain::contain;
use crate::units::{Point, Px};
use rxing::BarcodeFormat;

/// A symbol found: its text and, where the decoder tells, its corners as printed: top left, top right, bottom right,
/// bottom left.
#[derive(Clone, Debug)]
pub struct Found {
    pub text: String,
    pub corners: Option<[Point<Px>; 4]>,
}

/// A QR and little else.
pub fn qr(crop: &Gray) -> Option<Found> {
    let stretched = stretch(crop);
    walled(rxing_qr, &stretched).or_else(|| walled(rqrr_qr, &stretched))
}

/// Any QR on a page. Only rxing looks: on pages full of bubbles rqrr took from half a second to a minute and a half.
pub fn qr_on_page(page: &Gray) -> Option<Found> {
    walled(rxing_qr, &stretch(page))
}

/// Both decoders assert what a noisy picture can break: a panic is one code not read.
fn walled(decode: fn(&Gray) -> Option<Found>, picture: &Gray) -> Option<Found> {
    contain("QR", || Ok(decode(picture))).ok().flatten()
}

pub fn data_matrix(picture: &Gray) -> Option<Found> {
    let stretched = stretch(picture);
    let (w, h) = (stretched.width as u32, stretched.height as u32);
    let result = rxing::helpers::detect_in_luma(stretched.data, w, h, Some(BarcodeFormat::DATA_MATRIX)).ok()?;
    Some(Found { text: result.getText().to_owned(), corners: None })
}

fn rxing_qr(picture: &Gray) -> Option<Found> {
    let (w, h) = (picture.width as u32, picture.height as u32);
    let result = rxing::helpers::detect_in_luma_slice(&picture.data, w, h, Some(BarcodeFormat::QR_CODE)).ok()?;
    let points: Vec<Point<Px>> = result.getPoints().iter().map(|p| Point::new(p.x.into(), p.y.into())).collect();
    let corners = match points[..] {
        // One of its two detectors gives the corners: top left, top right, bottom left, bottom right.
        [tl, tr, bl, br] if parallelogram(tl, tr, bl, br) => Some([tl, tr, br, bl]),
        // The other the centres of the finder patterns at the bottom left, top left and top right.
        [bl, tl, tr, ..] => {
            let n = crate::sheet::code::qr::SIZE as f64;
            let span = n - 7.0;
            let right = ((tr.x - tl.x) / span, (tr.y - tl.y) / span);
            let down = ((bl.x - tl.x) / span, (bl.y - tl.y) / span);
            Some([(0.0, 0.0), (n, 0.0), (n, n), (0.0, n)].map(|(c, r)| {
                let (c, r) = (c - 3.5, r - 3.5);
                Point::new(tl.x + c * right.0 + r * down.0, tl.y + c * right.1 + r * down.1)
            }))
        }
        _ => None,
    };
    Some(Found { text: result.getText().to_owned(), corners })
}

/// Whether `b` and `c` are opposite corners, and `a` and `d`, rather than `a` and `c`.
fn parallelogram(a: Point<Px>, b: Point<Px>, c: Point<Px>, d: Point<Px>) -> bool {
    let apart =
        |p: Point<Px>, q: Point<Px>, r: Point<Px>, s: Point<Px>| (p.x + q.x - r.x - s.x).hypot(p.y + q.y - r.y - s.y);
    apart(a, d, b, c) < apart(a, c, b, d)
}

fn rqrr_qr(picture: &Gray) -> Option<Found> {
    let mut prepared =
        rqrr::PreparedImage::prepare_from_greyscale(picture.width, picture.height, |x, y| picture.get(x, y));
    prepared.detect_grids().into_iter().find_map(|grid| {
        let (_, text) = grid.decode().ok()?;
        Some(Found { text, corners: Some(grid.bounds.map(|p| Point::new(f64::from(p.x), f64::from(p.y)))) })
    })
}

/// Spreads the grays from the 2nd to the 98th percentile over the whole range.
fn stretch(picture: &Gray) -> Gray {
    let mut histogram = [0usize; 256];
    for &v in &picture.data {
        histogram[usize::from(v)] += 1;
    }
    let percentile = |part: f64| {
        let mut left = (picture.data.len() as f64 * part) as usize;
        histogram
            .iter()
            .position(|&n| {
                n > left || {
                    left -= n;
                    false
                }
            })
            .unwrap_or(255) as f64
    };
    let (low, high) = (percentile(0.02), percentile(0.98));
    if high - low < 8.0 {
        return picture.clone();
    }
    let table: [u8; 256] = std::array::from_fn(|v| ((v as f64 - low) / (high - low) * 255.0).clamp(0.0, 255.0) as u8);
    Gray::from_vec(picture.width, picture.height, picture.data.iter().map(|&v| table[usize::from(v)]).collect())
}
