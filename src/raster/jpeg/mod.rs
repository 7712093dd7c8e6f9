//! Luma of a baseline JPEG (ITU-T T.81), much faster than a general decoder.
//!
//! A scanned page is mostly paper, and a reader looks at a few windows of it. So [`Index::scan`] only walks the
//! entropy-coded data: it yields the page at 1/8 scale (the DC terms) and a seek point every few MCUs, after which
//! [`Index::window`] decodes just the blocks of a window. [`decode_luma`] decodes the whole page in one pass.
//!
//! Only what scanners write is taken: 8-bit sequential Huffman (SOF0, SOF1), gray or YCbCr in one interleaved scan,
//! luma at full resolution. All else is [`JpegError::Unsupported`], for a general decoder. Pixels are those of
//! libjpeg's accurate integer transform (`jidctint`), bit for bit.

mod bits;
mod block;
mod decode;
mod entropy;
mod header;
mod huffman;
mod idct;
mod index;
mod segments;
#[cfg(test)]
mod tests;

pub use decode::decode_luma;
pub use index::Index;

use super::Gray;

/// Width and height, of what is decoded here.
pub fn size(bytes: &[u8], max_pixels: usize) -> Option<(usize, usize)> {
    header::Header::parse(bytes, max_pixels).ok().map(|h| (h.width, h.height))
}

/// Pixels that were never decoded have this value: neither paper nor ink.
pub const UNDECODED: u8 = 128;

#[derive(Debug, thiserror::Error)]
pub enum JpegError {
    #[error("not a JPEG: it does not begin with FF D8")]
    NotJpeg,
    /// Valid perhaps, but for a general decoder.
    #[error("{0}: only 8-bit baseline Huffman JPEG in gray or YCbCr is decoded here")]
    Unsupported(&'static str),
    #[error("{width} × {height} pixels; at most {max_pixels} are accepted")]
    TooLarge { width: usize, height: usize, max_pixels: usize },
    /// Nothing could be decoded.
    #[error("broken JPEG header: {0}")]
    Corrupt(&'static str),
    /// The data end too early. `picture` is what was decoded (at 1/8 scale when indexing): its pixels are sound down
    /// to `rows_good` rows of the full-size picture.
    #[error("the JPEG is cut off: {rows_good} of its pixel rows are there")]
    Truncated { rows_good: usize, picture: Gray },
    /// An impossible code was met, or data are left over. Entropy-coded data have no checksum, so rows above
    /// `rows_good` may be damaged too.
    #[error("the JPEG's data are damaged: {rows_good} of its pixel rows could be decoded")]
    Damaged { rows_good: usize, picture: Gray },
}
