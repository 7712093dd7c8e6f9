//! From files and folders to gray pages.
//!
//! [`open`] lists the pages of a path in input order without decoding any pixel; [`PageRef::decode`] does the heavy
//! work, on any thread. What cannot be listed or decoded is an error with its reason, in its place in the list.
//! What a file is shows from its content, not from its name.

mod archive;
mod bilevel;
pub(super) mod contain;
mod error;
mod exif;
mod jpeg;
mod jpeg_markers;
mod list;
mod luma;
mod pdf;
mod placement;
mod sniff;
mod square;
mod still;
mod tiff;
mod tiff_ifd;

pub use error::PageError;
pub use jpeg::{Luma, UNKNOWN, decode_luma};
pub use list::{Pages, open, open_bytes};
pub use placement::Placement;

use crate::limits::Limits;
use crate::raster::{Gray, Partial};
use crate::read::result::Source;
use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

/// A decoded page: wholly, or [in parts](Partial) as they are looked at.
#[derive(Clone, Debug)]
pub struct Picture<G = Gray> {
    /// As stored, not turned.
    pub gray: G,
    pub placement: Placement,
    /// Pixels an inch, where the file says something believable.
    pub dpi: Option<f64>,
    pub notes: Vec<Note>,
}

impl Picture {
    /// What of the picture is in the file: rows that are not there must not pass for paper.
    pub fn seen(&self) -> Cow<'_, Gray> {
        let cut = self.notes.iter().find_map(|note| match note {
            Note::Truncated { rows, .. } => Some((*rows).min(self.gray.height)),
            Note::Rendered => None,
        });
        match cut {
            Some(rows) => {
                let width = self.gray.width;
                Cow::Owned(Gray::from_vec(width, rows, self.gray.data[..rows * width].to_vec()))
            }
            None => Cow::Borrowed(&self.gray),
        }
    }

    fn into_seen(self) -> Picture<Partial> {
        let gray = match self.seen() {
            Cow::Owned(cut) => cut,
            Cow::Borrowed(_) => self.gray,
        };
        Picture { gray: Partial::whole(gray), placement: self.placement, dpi: self.dpi, notes: self.notes }
    }
}

impl Picture<Partial> {
    pub fn whole(self) -> Picture {
        Picture { gray: self.gray.into_whole(), placement: self.placement, dpi: self.dpi, notes: self.notes }
    }
}

/// What a reader of the page should know besides its pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// Of the stored rows only the first `rows` are there; the others are [`UNKNOWN`].
    Truncated { rows: usize, of: usize },
    /// The page was drawn, not taken out of the file.
    Rendered,
}

impl Note {
    /// Stable name, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Note::Truncated { .. } => "truncated",
            Note::Rendered => "rendered",
        }
    }

    pub fn detail(&self) -> String {
        match self {
            Note::Truncated { rows, of } => format!("only the first {rows} of {of} rows are in the file"),
            Note::Rendered => "the PDF page is not one plain picture, so it was drawn".to_owned(),
        }
    }
}

/// A page that can be decoded, or the reason why there is none. Pages of one PDF or TIFF share its bytes.
#[derive(Clone)]
pub struct PageRef {
    /// A file in a ZIP is `bundle.zip/inner.pdf`. What could not be opened counts as page 1.
    pub source: Source,
    content: Result<Content, PageError>,
}

#[derive(Clone)]
enum Content {
    /// A file of one picture, read when it is decoded.
    Still(sniff::Format, Bytes),
    Tiff(Arc<Vec<u8>>, tiff_ifd::Ifd),
    Pdf(Arc<pdf::Document>, usize),
}

/// Where the bytes of a file are.
#[derive(Clone)]
enum Bytes {
    Disk(PathBuf),
    Memory(Arc<Vec<u8>>),
    Zip(archive::Member),
}

impl Bytes {
    fn load(&self, limits: &Limits) -> Result<Arc<Vec<u8>>, PageError> {
        match self {
            Bytes::Disk(path) => list::read_file(path, limits).map(Arc::new),
            Bytes::Memory(bytes) => Ok(bytes.clone()),
            Bytes::Zip(member) => member.load(limits).map(Arc::new),
        }
    }
}

/// Rows without which a cut picture is not worth reading.
const ENOUGH_ROWS: f64 = 0.75;

impl PageRef {
    fn error(file: String, page: u32, error: PageError) -> Self {
        PageRef { source: Source { file, page }, content: Err(error) }
    }

    /// Why there is no page here, if that is known without decoding.
    pub fn listing_error(&self) -> Option<&PageError> {
        self.content.as_ref().err()
    }

    /// As [`PageRef::decode`], but of a sound baseline JPEG only what the reader will look at is decoded, and rows that
    /// are not in the file are left out.
    pub fn decode_partly(&self, limits: &Limits) -> Result<Picture<Partial>, PageError> {
        if let Ok(Content::Still(format @ sniff::Format::Jpeg, bytes)) = &self.content {
            let bytes = bytes.load(limits)?;
            let partly = contain::contain("JPEG", || Ok(jpeg::index(&bytes, limits)))?;
            if let Some(index) = partly {
                let exif = jpeg_markers::metadata(&bytes);
                let gray = Partial::of(index);
                return Ok(Picture { gray, placement: exif.placement, dpi: exif.dpi, notes: Vec::new() });
            }
            let whole = contain::contain("JPEG", || decode_still(*format, &bytes, limits))?;
            return Ok(whole.into_seen());
        }
        if let Ok(Content::Pdf(document, page)) = &self.content
            && let Some(picture) = contain::contain("PDF", || document.decode_partly(*page, limits))?
        {
            return Ok(picture);
        }
        Ok(self.decode(limits)?.into_seen())
    }

    /// Never panics: a decoder that fails is an error of this page.
    pub fn decode(&self, limits: &Limits) -> Result<Picture, PageError> {
        match self.content.as_ref().map_err(Clone::clone)? {
            Content::Still(format, bytes) => {
                let bytes = bytes.load(limits)?;
                contain::contain(name_of(*format), || decode_still(*format, &bytes, limits))
            }
            Content::Tiff(bytes, ifd) => contain::contain("TIFF", || {
                let (gray, exif, rows) = tiff::decode(bytes, ifd, limits)?;
                finish("TIFF", gray, exif, rows)
            }),
            Content::Pdf(document, page) => contain::contain("PDF", || document.decode(*page, limits)),
        }
    }
}

fn name_of(format: sniff::Format) -> &'static str {
    match format {
        sniff::Format::Jpeg => "JPEG",
        sniff::Format::Png => "PNG",
        sniff::Format::WebP => "WebP",
        _ => "file",
    }
}

fn decode_still(format: sniff::Format, bytes: &[u8], limits: &Limits) -> Result<Picture, PageError> {
    match format {
        sniff::Format::Png => still::decode_png(bytes, limits).and_then(whole),
        sniff::Format::WebP => still::decode_webp(bytes, limits).and_then(whole),
        _ => {
            let luma = jpeg::decode_luma(bytes, limits).map_err(|e| match e {
                PageError::Damaged { .. } if jpeg_markers::is_cut(bytes) => PageError::Truncated("JPEG"),
                other => other,
            })?;
            finish("JPEG", luma.gray, jpeg_markers::metadata(bytes), luma.good_rows)
        }
    }
}

fn whole((gray, exif): (Gray, exif::Exif)) -> Result<Picture, PageError> {
    let rows = gray.height;
    finish("picture", gray, exif, rows)
}

fn finish(format: &'static str, gray: Gray, exif: exif::Exif, rows: usize) -> Result<Picture, PageError> {
    let mut notes = Vec::new();
    if rows < gray.height {
        if (rows as f64) < ENOUGH_ROWS * gray.height as f64 {
            return Err(PageError::Truncated(format));
        }
        notes.push(Note::Truncated { rows, of: gray.height });
    }
    Ok(Picture { gray, placement: exif.placement, dpi: exif.dpi, notes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_may_be_decoded_on_other_threads() {
        fn sendable<T: Send + Sync + Clone>() {}
        sendable::<PageRef>();
        sendable::<PageError>();
    }
}
