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
mod sparse;
mod survey;

use super::error::PageError;
use super::square::{is_square, square};
use super::{ENOUGH_ROWS, Note, Picture, Placement};
use crate::limits::Limits;
use crate::raster::{Gray, Partial};
use hayro_interpret::kurbo::{Affine, Rect};
use hayro_syntax::object::Stream;
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use sparse::{Pictures, Sparse};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
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
    /// Where `pdf` is without its pictures.
    parts: Option<Parts>,
}

/// Pages in a row, with the pictures that they need.
struct Parts {
    sparse: Sparse,
    all: Vec<(Range<usize>, Pictures)>,
    /// The last ones that were needed, under their numbers.
    open: Mutex<VecDeque<(usize, Arc<Pdf>)>>,
}

/// Bytes of pictures that a part has at least, unless one page has more.
const PART_BYTES: usize = 6 << 20;
/// Pages are asked for in order by several threads: one part begins before another is done with.
const OPEN_PARTS: usize = 2;

impl Document {
    pub fn open(bytes: Arc<Vec<u8>>, limits: &Limits) -> Result<Self, PageError> {
        Self::open_without(bytes, &[], limits)
    }

    /// A file whose pictures in `holes` are not there.
    fn open_without(bytes: Arc<Vec<u8>>, holes: &[Range<usize>], limits: &Limits) -> Result<Self, PageError> {
        guard::check_file(&bytes, holes, limits)?;
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
            _ => Ok(Document { pdf, is_cut, parts: None }),
        }
    }

    /// A file on the disk. Of a large one, pictures are read as their pages are asked for.
    pub fn open_file(path: &Path, limits: &Limits) -> Result<Self, PageError> {
        if path.metadata().is_ok_and(|m| m.len() >= sparse::LARGE)
            && let Some(document) = Self::open_sparse(path, limits)?
        {
            return Ok(document);
        }
        Self::open(Arc::new(super::list::read_file(path, limits)?), limits)
    }

    fn open_sparse(path: &Path, limits: &Limits) -> Result<Option<Self>, PageError> {
        let sparse = Sparse::load(path, limits.max_file_bytes)?;
        if sparse.is_encrypted() {
            return Ok(None);
        }
        let document = Self::open_without(sparse.bytes.clone(), sparse.holes(), limits)?;
        let parts = Parts::of(&document.pdf, sparse);
        Ok(parts.map(|parts| Document { parts: Some(parts), ..document }))
    }

    pub fn page_count(&self) -> usize {
        self.pdf.pages().len()
    }

    pub fn decode(&self, page: usize, limits: &Limits) -> Result<Picture, PageError> {
        let part = self.parts.as_ref().map(|parts| parts.with(page)).transpose()?;
        let pdf = part.as_deref().unwrap_or(&self.pdf);
        let page = pdf.pages().get(page).ok_or(PageError::NoPages("PDF"))?;
        guard::check_contents(page, limits)?;
        let survey = survey::survey(page, limits);
        if let Some(order) = plain_pictures(&survey)
            && let Some(picture) = self.take_out(pdf, &order, limits)?
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
        if drawn.gray.data.iter().all(|&v| v == 255) && survey.pictures.iter().any(|p| is_lost(pdf, p)) {
            return Err(self.loss("a picture of the page can't be decoded"));
        }
        Ok(drawn)
    }

    /// The page in parts, where it is one JPEG that can be had so.
    pub fn decode_partly(&self, page: usize, limits: &Limits) -> Result<Option<Picture<Partial>>, PageError> {
        let page = self.pdf.pages().get(page).ok_or(PageError::NoPages("PDF"))?;
        guard::check_contents(page, limits)?;
        let survey = survey::survey(page, limits);
        let Some([placed]) = plain_pictures(&survey).and_then(|p| <[&Placed; 1]>::try_from(p).ok()) else {
            return Ok(None);
        };
        let stream =
            placed.id.and_then(|id| self.pdf.xref().get::<Stream<'_>>(id)).filter(|_| placed.stencil.is_none());
        let (Some(placement), Some(stream)) = (placement(&placed.to_page), stream) else { return Ok(None) };
        let [a, b, c, d, ..] = placed.to_page.as_coeffs();
        let (x_dpi, y_dpi) = (72.0 / a.hypot(b), 72.0 / c.hypot(d));
        if !is_square(x_dpi, y_dpi) {
            return Ok(None);
        }
        let dpi = Some((x_dpi * y_dpi).sqrt()).filter(|dpi| (50.0..=2400.0).contains(dpi));
        let data = match &self.parts {
            Some(parts) => parts.sparse.data(&stream)?.map(Cow::Owned),
            None => Some(stream.raw_data()),
        };
        let index = data.and_then(|data| image::index(&stream, &data, limits));
        Ok(index.map(|index| Picture { gray: Partial::of(index), placement, dpi, notes: Vec::new() }))
    }

    fn loss(&self, reason: &str) -> PageError {
        if self.is_cut { PageError::Truncated("PDF") } else { PageError::damaged("PDF", reason) }
    }

    /// The pixels of the pictures, from the first stored row to the last. None when one is not plain.
    fn take_out(&self, pdf: &Pdf, pictures: &[&Placed], limits: &Limits) -> Result<Option<Picture>, PageError> {
        let Some(placement) = pictures.first().and_then(|p| placement(&p.to_page)) else { return Ok(None) };
        let mut strips = Vec::with_capacity(pictures.len());
        let mut total = 0u64;
        for placed in pictures {
            total += u64::from(placed.width) * u64::from(placed.height);
            super::error::check_pixels(total, 1, limits)?;
            let Some(stream) = placed.id.and_then(|id| pdf.xref().get::<Stream<'_>>(id)) else { return Ok(None) };
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

impl Parts {
    /// None where parts would be read more than twice each, as of a file whose pages share one list of all pictures.
    fn of(pdf: &Pdf, sparse: Sparse) -> Option<Self> {
        let mut all: Vec<(Range<usize>, Pictures)> = Vec::new();
        for (number, page) in pdf.pages().iter().enumerate() {
            let pictures = sparse.pictures(page)?;
            match all.last_mut().filter(|(_, part)| sparse.size_of(part) < PART_BYTES) {
                Some((pages, part)) => {
                    pages.end = number + 1;
                    part.extend(pictures);
                }
                None => all.push((number..number + 1, pictures)),
            }
        }
        let sum: usize = all.iter().map(|(_, part)| sparse.size_of(part)).sum();
        (sum <= 2 * sparse.size_of_all()).then(|| Parts { sparse, all, open: Mutex::default() })
    }

    /// The file with the pictures of a page, and of some of its neighbours.
    fn with(&self, page: usize) -> Result<Arc<Pdf>, PageError> {
        let number = self.all.partition_point(|(pages, _)| pages.end <= page);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, pdf)) = open.iter().find(|(n, _)| *n == number) {
            return Ok(pdf.clone());
        }
        let (_, pictures) = self.all.get(number).ok_or(PageError::NoPages("PDF"))?;
        open.truncate(OPEN_PARTS - 1);
        let pdf = Pdf::new(self.sparse.with(pictures)?);
        let pdf = Arc::new(pdf.map_err(|_| PageError::damaged("PDF", "its structure can't be read"))?);
        open.push_front((number, pdf.clone()));
        Ok(pdf)
    }
}

fn is_lost(pdf: &Pdf, placed: &Placed) -> bool {
    let stream = placed.id.and_then(|id| pdf.xref().get::<Stream<'_>>(id));
    stream.is_some_and(|s| s.decoded().is_err())
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

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 2300;

    fn pixels(page: usize) -> Vec<u8> {
        (0..SIDE * SIDE).map(|i| (i * (page + 1) / 977) as u8).collect()
    }

    /// Pages of one picture each, raw ones of 5.3 MB or JPEGs; `shared` lists all of them on every page.
    fn scans(pages: usize, jpeg: bool, shared: bool) -> Vec<u8> {
        let mut objects = vec![b"<</Type/Catalog/Pages 2 0 R>>".to_vec()];
        let kids: String = (0..pages).map(|p| format!("{} 0 R ", 3 + 3 * p)).collect();
        objects.push(format!("<</Type/Pages/Kids[{kids}]/Count {pages}>>").into_bytes());
        let stream = |dict: String, data: &[u8]| {
            [format!("<<{dict}/Length {}>>\nstream\n", data.len()).as_bytes(), data, b"\nendstream"].concat()
        };
        for p in 0..pages {
            let all = if shared { 0..pages } else { p..p + 1 };
            let names: String = all.map(|i| format!("/I{i} {} 0 R", 5 + 3 * i)).collect();
            objects.push(
                format!(
                    "<</Type/Page/Parent 2 0 R/MediaBox[0 0 900 900]/Contents {} 0 R/Resources<</XObject<<{names}>>>>>>",
                    4 + 3 * p
                )
                .into_bytes(),
            );
            objects.push(stream(String::new(), format!("900 0 0 900 0 0 cm /I{p} Do").as_bytes()));
            let dict = "/Subtype/Image/ColorSpace/DeviceGray/BitsPerComponent 8";
            let (filter, data) = match jpeg {
                true => ("/Filter/DCTDecode", jpeg_of(&pixels(p))),
                false => ("", pixels(p)),
            };
            objects.push(stream(format!("{dict}{filter}/Width {SIDE}/Height {SIDE}"), &data));
        }
        let mut out = b"%PDF-1.4\n".to_vec();
        let mut table = String::new();
        for (n, object) in (1..).zip(&objects) {
            table += &format!("{:010} 00000 n \n", out.len());
            out.extend([format!("{n} 0 obj\n").as_bytes(), object, b"\nendobj\n"].concat());
        }
        let (start, size) = (out.len(), objects.len() + 1);
        out.extend(format!("xref\n0 {size}\n0000000000 65535 f \n{table}").bytes());
        out.extend(format!("trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n").bytes());
        out
    }

    fn jpeg_of(pixels: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let encoder = ::image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 80);
        let (encoded, side) = (::image::ExtendedColorType::L8, SIDE as u32);
        ::image::ImageEncoder::write_image(encoder, pixels, side, side, encoded).unwrap();
        out
    }

    #[test]
    fn a_large_file_is_read_in_parts_as_a_small_one() {
        let path = std::env::temp_dir().join(format!("gabarito-sparse-jpeg-{}.pdf", std::process::id()));
        let (limits, bytes) = (Limits::default(), scans(3, true, false));
        std::fs::write(&path, &bytes).unwrap();
        let whole = Document::open(Arc::new(bytes), &limits).unwrap();
        let sparse = Document::open_sparse(&path, &limits).unwrap().unwrap();
        for page in [2, 0, 1] {
            let parts = |document: &Document| document.decode_partly(page, &limits).unwrap().unwrap().whole().gray;
            let (whole, sparse) = (parts(&whole), parts(&sparse));
            assert!(whole == sparse && whole.data.iter().any(|&v| v < 64), "page {page}");
        }
        std::fs::write(&path, b"%PDF-1.4").unwrap();
        assert_eq!(sparse.decode_partly(1, &limits).err().unwrap().code(), "unreadable_file");
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_large_file_reads_as_a_small_one_in_any_order() {
        let path = std::env::temp_dir().join(format!("gabarito-sparse-{}.pdf", std::process::id()));
        let (limits, bytes) = (Limits::default(), scans(5, false, false));
        std::fs::write(&path, &bytes).unwrap();
        let whole = Document::open(Arc::new(bytes), &limits).unwrap();
        let sparse = Document::open_sparse(&path, &limits).unwrap().unwrap();
        assert_eq!(sparse.parts.as_ref().unwrap().all.len(), 3, "two pages a part");
        for page in [0, 1, 4, 2, 3, 0] {
            let (whole, sparse) = (whole.decode(page, &limits).unwrap(), sparse.decode(page, &limits).unwrap());
            assert!(whole.gray == sparse.gray && whole.dpi == sparse.dpi && sparse.notes.is_empty(), "page {page}");
        }
        // A file that is not any more what was listed.
        std::fs::write(&path, b"%PDF-1.4").unwrap();
        assert_eq!(sparse.decode(4, &limits).unwrap_err().code(), "unreadable_file");
        std::fs::write(&path, scans(5, false, true)).unwrap();
        assert!(Document::open_sparse(&path, &limits).unwrap().is_none(), "every page would bring all pictures");
        std::fs::remove_file(&path).unwrap();
    }
}
