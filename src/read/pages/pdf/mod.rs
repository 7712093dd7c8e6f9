//! PDF pages. A scan's page is one picture: it is taken out as it is, 3 to 50 times faster than drawing the page.
//! Any other page is drawn.

mod claims;
mod codecs;
mod filters;
mod guard;
mod image;
mod jbig2;
mod predictor;
mod render;
mod space;
mod survey;

use super::error::PageError;
use super::square::square;
use super::{ENOUGH_ROWS, Note, Picture, Placement};
use crate::limits::Limits;
use crate::raster::Gray;
use hayro_interpret::kurbo::{Affine, Rect};
use hayro_syntax::object::Stream;
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use std::sync::Arc;
use survey::{Placed, Survey};

/// The parts of a page's box that pictures must cover at least, and of a picture that must be seen.
const COVERED: f64 = 0.95;
const SEEN: f64 = 0.98;

/// A stencil is taken as it is only if its paint is this dark.
const DARK: u8 = 64;

/// An open file: its bytes are shared by all its pages.
pub struct Document {
    pdf: Pdf,
    /// The end of the file is missing, so pages may be.
    pub is_cut: bool,
}

impl Document {
    pub fn open(bytes: Arc<Vec<u8>>, limits: &Limits) -> Result<Self, PageError> {
        guard::check_file(&bytes, limits)?;
        let is_cut = is_cut(&bytes);
        let pdf = Pdf::new(bytes).map_err(|e| match e {
            LoadPdfError::Decryption(DecryptionError::PasswordProtected) => PageError::PasswordProtected("PDF"),
            LoadPdfError::Decryption(e) => {
                PageError::UnsupportedFeature { format: "PDF", feature: format!("encryption ({e:?})") }
            }
            LoadPdfError::Invalid if is_cut => PageError::Truncated("PDF"),
            LoadPdfError::Invalid => PageError::damaged("PDF", "its structure can't be read"),
        })?;
        match pdf.pages().len() {
            0 if is_cut => Err(PageError::Truncated("PDF")),
            0 => Err(PageError::NoPages("PDF")),
            _ => Ok(Document { pdf, is_cut }),
        }
    }

    pub fn page_count(&self) -> usize {
        self.pdf.pages().len()
    }

    pub fn decode(&self, page: usize, limits: &Limits) -> Result<Picture, PageError> {
        let page = self.pdf.pages().get(page).ok_or(PageError::NoPages("PDF"))?;
        guard::check_contents(page, limits)?;
        let survey = survey::survey(page, limits);
        if let Some(order) = plain_pictures(&survey)
            && let Some(picture) = self.take_out(&order, limits)?
        {
            return Ok(picture);
        }
        let missing =
            page.resources().x_objects.entries().any(|(name, _)| page.resources().get_x_object(&name).is_none());
        if missing {
            return Err(self.loss("a picture of the page is missing"));
        }
        let drawn = render::render(page, &survey, limits)?;
        // A picture that can't be decoded leaves white paper, which is not an empty page.
        if drawn.gray.data.iter().all(|&v| v == 255) && survey.pictures.iter().any(|p| self.is_lost(p)) {
            return Err(self.loss("a picture of the page can't be decoded"));
        }
        Ok(drawn)
    }

    fn loss(&self, reason: &str) -> PageError {
        if self.is_cut { PageError::Truncated("PDF") } else { PageError::damaged("PDF", reason) }
    }

    fn is_lost(&self, placed: &Placed) -> bool {
        let stream = placed.id.and_then(|id| self.pdf.xref().get::<Stream<'_>>(id));
        stream.is_some_and(|s| s.decoded().is_err())
    }

    /// The pixels of the pictures, from the first stored row to the last. None when one is not plain.
    fn take_out(&self, pictures: &[&Placed], limits: &Limits) -> Result<Option<Picture>, PageError> {
        let Some(placement) = pictures.first().and_then(|p| placement(&p.to_page)) else { return Ok(None) };
        let mut strips = Vec::with_capacity(pictures.len());
        let mut total = 0u64;
        for placed in pictures {
            total += u64::from(placed.width) * u64::from(placed.height);
            super::error::check_pixels(total, 1, limits)?;
            let Some(stream) = placed.id.and_then(|id| self.pdf.xref().get::<Stream<'_>>(id)) else { return Ok(None) };
            match image::decode(&stream, placed.stencil, limits)? {
                Some(strip) => strips.push(strip),
                None => return Ok(None),
            }
        }
        let width = strips.first().map_or(0, |s| s.gray.width);
        if width == 0 || strips.iter().any(|s| s.gray.width != width) {
            return Ok(None);
        }
        // Good rows are counted from the top, up to the first strip that is cut.
        let whole = strips.iter().take_while(|s| s.rows == s.gray.height).count();
        let good = strips[..whole].iter().map(|s| s.rows).sum::<usize>() + strips.get(whole).map_or(0, |s| s.rows);
        let gray = match <[codecs::Decoded; 1]>::try_from(strips) {
            Ok([single]) => single.gray,
            Err(strips) => {
                let data: Vec<u8> = strips.into_iter().flat_map(|s| s.gray.data).collect();
                Gray::from_vec(width, data.len() / width, data)
            }
        };
        let [a, b, c, d, ..] = pictures[0].to_page.as_coeffs();
        let (x_dpi, y_dpi) = (72.0 / a.hypot(b), 72.0 / c.hypot(d));
        let (gray, good, dpi) = square(gray, good, x_dpi, y_dpi, limits.max_pixels);
        let mut notes = Vec::new();
        if good < gray.height {
            if (good as f64) < ENOUGH_ROWS * gray.height as f64 {
                return Err(PageError::Truncated("PDF"));
            }
            notes.push(Note::Truncated { rows: good, of: gray.height });
        }
        let dpi = (50.0..=2400.0).contains(&dpi).then_some(dpi);
        Ok(Some(Picture { gray, placement, dpi, notes }))
    }
}

/// The pictures in the order of their stored rows, if they are all that can be seen of the page and cover it.
fn plain_pictures(survey: &Survey) -> Option<Vec<&Placed>> {
    let first = survey.pictures.first()?;
    let dark = |p: &Placed| p.stencil.is_none_or(|paint| paint <= DARK);
    let seen = |p: &Placed| p.visible.area() >= SEEN * p.whole.area();
    if survey.drawn_over || !survey.pictures.iter().all(|p| p.plain && dark(p) && seen(p)) {
        return None;
    }
    let symmetry = placement(&first.to_page)?;
    if survey.pictures.iter().any(|p| placement(&p.to_page) != Some(symmetry)) {
        return None;
    }
    let mut order: Vec<&Placed> = survey.pictures.iter().collect();
    if order.len() > 1 {
        sort_strips(&mut order)?;
    }
    let covered: f64 = order.iter().map(|p| p.visible.area()).sum();
    let bounds = order.iter().map(|p| p.visible).reduce(|a, b| a.union(b))?;
    let contains = |r: &Rect| bounds.inflate(0.5, 0.5).union(*r) == bounds.inflate(0.5, 0.5);
    // A stencil lets through what was drawn before it.
    let below = survey.below.is_empty() || first.stencil.is_none() && survey.below.iter().all(contains);
    (covered >= COVERED * survey.page.area() && below).then_some(order)
}

/// Sorts by the direction of the stored rows; None unless each strip begins where the last one ended.
fn sort_strips(strips: &mut [&Placed]) -> Option<()> {
    let [a, b, c, d, ..] = strips.first()?.to_page.as_coeffs();
    let (column, row) = (a.hypot(b), c.hypot(d));
    // In pixels of the first strip, along its rows and columns.
    let along = |p: &Placed| {
        let [.., e, f] = p.to_page.as_coeffs();
        ((e * a + f * b) / (column * column), (e * c + f * d) / (row * row))
    };
    strips.sort_by(|p, q| along(p).1.total_cmp(&along(q).1));
    let (left, mut next) = along(strips.first()?);
    for strip in strips.iter() {
        let [sa, sb, sc, sd, ..] = strip.to_page.as_coeffs();
        let (x, y) = along(strip);
        let same_scale = (sa.hypot(sb) / column - 1.0).abs() < 0.01 && (sc.hypot(sd) / row - 1.0).abs() < 0.05;
        if !same_scale || (x - left).abs() > 1.5 || (y - next).abs() > 1.5 {
            return None;
        }
        next = y + f64::from(strip.height) * sc.hypot(sd) / row;
    }
    Some(())
}

fn placement(to_page: &Affine) -> Option<Placement> {
    let [a, b, c, d, ..] = to_page.as_coeffs();
    Placement::nearest([[a, c], [b, d]])
}

/// Whether neither of the marks that end a PDF stands near the end of the bytes.
fn is_cut(bytes: &[u8]) -> bool {
    let end = bytes.iter().rposition(|b| !matches!(b, 0 | b' ' | b'\r' | b'\n')).map_or(0, |i| i + 1);
    let tail = &bytes[end.saturating_sub(2048)..end];
    memchr::memmem::find(tail, b"%%EOF").is_none()
}
