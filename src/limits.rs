//! What one run may take from a foreign file, all in one place. Every claimed size is checked against these before
//! anything of that size is allocated.

use serde::{Deserialize, Serialize};

/// Bounds on input. The defaults let through everything that a school's scanner makes and stop what cannot be a scan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Size of one file as it lies on disk or in a ZIP.
    pub max_file_bytes: u64,
    /// Pixels of one page. An A3 page at 600 dpi has 70 million.
    pub max_pixels: u64,
    /// Pages read from one file; the next one gives an error and the rest are left.
    pub max_pages: u32,
    /// Files in one ZIP.
    pub max_zip_entries: usize,
    /// All files of one ZIP together, unzipped.
    pub max_unzipped_bytes: u64,
    /// Folders within folders that are walked.
    pub max_folder_depth: usize,
    /// One stream of a PDF that is not a picture (page content, object stream, font), decoded.
    pub max_pdf_stream_bytes: u64,
    /// Things drawn on one page of a PDF.
    pub max_pdf_drawings: u32,
    /// Dots per inch at which a page is drawn that is not one plain picture.
    pub render_dpi: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_file_bytes: 1 << 30,
            max_pixels: 100_000_000,
            max_pages: 20_000,
            max_zip_entries: 20_000,
            max_unzipped_bytes: 4 << 30,
            max_folder_depth: 32,
            max_pdf_stream_bytes: 64 << 20,
            max_pdf_drawings: 500_000,
            render_dpi: 200.0,
        }
    }
}

impl Limits {
    /// The decoded bytes of one picture can be no more than this: four components for each pixel and a byte a row.
    pub(crate) fn max_picture_bytes(&self) -> u64 {
        self.max_pixels.saturating_mul(4).saturating_add(1 << 20)
    }
}
