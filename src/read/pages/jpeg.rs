//! JPEG to gray. For gray and YCbCr pictures only the luma is made.

use super::error::{PageError, check_pixels};
use super::{jpeg_markers, luma};
use crate::limits::Limits;
use crate::raster::Gray;
use crate::raster::jpeg::{self, JpegError};
use crate::raster::reduce::coarse_factor;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

/// What stands where nothing was decoded: neither paper nor ink, so that a mark there is in doubt.
pub const UNKNOWN: u8 = 128;

/// A decoded picture and how many of its rows, from the top, can be trusted.
#[derive(Clone, Debug)]
pub struct Luma {
    pub gray: Gray,
    pub good_rows: usize,
}

/// An index of a sound JPEG whose eighth is what registration looks at first; None of any other.
pub fn index(bytes: &[u8], limits: &Limits) -> Option<jpeg::Index> {
    let max_pixels = usize::try_from(limits.max_pixels).unwrap_or(usize::MAX);
    let (width, height) = jpeg::size(bytes, max_pixels)?;
    if coarse_factor(width, height) != 8 {
        return None;
    }
    jpeg::Index::scan(bytes, max_pixels).ok()
}

/// The whole luma of a JPEG. Baseline ones, which scanners and phones make, go through our own decoder (0.7 of the time of
/// libjpeg-turbo, whole luma); progressive, CMYK and other rare ones through zune-jpeg.
pub fn decode_luma(bytes: &[u8], limits: &Limits) -> Result<Luma, PageError> {
    let max_pixels = usize::try_from(limits.max_pixels).unwrap_or(usize::MAX);
    match jpeg::decode_luma(bytes, max_pixels) {
        Ok(gray) => Ok(Luma { good_rows: gray.height, gray }),
        Err(JpegError::Truncated { rows_good, picture } | JpegError::Damaged { rows_good, picture })
            if rows_good > 0 =>
        {
            Ok(Luma { gray: picture, good_rows: rows_good })
        }
        Err(_) => decode_any(bytes, limits),
    }
}

/// A cut or damaged one gives the rows before the damage, the others being [`UNKNOWN`].
fn decode_any(bytes: &[u8], limits: &Limits) -> Result<Luma, PageError> {
    // Where the end-of-image marker comes too early, the decoder goes on with the last shade, which is paper: blank
    // where there were answers. Without the marker it notices; the padding is for its reading ahead.
    let padded = jpeg_markers::end_of_only_scan(bytes).map(|end| [&bytes[..end], &[0; 16]].concat());
    if padded.is_none() && jpeg_markers::is_sequential(bytes) {
        // zune-jpeg 0.5.15 makes a wrong picture of these (tests/fixtures/scans.jpg).
        let feature = "a scan for each component".to_owned();
        return Err(PageError::UnsupportedFeature { format: "JPEG", feature });
    }
    if padded.is_none() && jpeg_markers::is_cut(bytes) {
        // Of a progressive picture all rows are there, but blurred.
        return Err(PageError::Truncated("JPEG"));
    }
    let bytes = padded.as_deref().unwrap_or(bytes);
    // Lenient decoding fills what is missing in silence; so it is only tried for oddities in the headers.
    match decode(bytes, true, limits) {
        Err(PageError::Damaged { .. }) => decode(bytes, false, limits),
        other => other,
    }
}

fn decode(bytes: &[u8], strict: bool, limits: &Limits) -> Result<Luma, PageError> {
    let damaged = |e: zune_jpeg::errors::DecodeErrors| PageError::damaged("JPEG", e);
    let options = DecoderOptions::default().set_strict_mode(strict).set_max_width(65_535).set_max_height(65_535);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(damaged)?;
    let (width, height) = decoder.dimensions().ok_or(PageError::damaged("JPEG", "it has no size"))?;
    let (width, height) = check_pixels(width as u64, height as u64, limits)?;
    let source = decoder.input_colorspace().unwrap_or(ColorSpace::YCbCr);
    let target = match source {
        ColorSpace::Luma | ColorSpace::YCbCr => ColorSpace::Luma,
        ColorSpace::CMYK => ColorSpace::CMYK,
        _ => ColorSpace::RGB,
    };
    decoder.set_options(options.jpeg_set_out_colorspace(target));
    let channels = target.num_components();
    let mut out = vec![UNKNOWN; width * height * channels];
    let result = decoder.decode_into(&mut out);
    let mut good_rows = height;
    let suspicious = result.is_err() || out.ends_with(&[UNKNOWN; 64]);
    if suspicious {
        let unwritten = out.rchunks(width * channels).take_while(|row| row.iter().all(|&v| v == UNKNOWN)).count();
        if unwritten > 0 || result.is_err() {
            // The last rows written may already hold what was made up where the data ended: a row of 16-pixel MCUs
            // and the one that upsampling holds back.
            good_rows = height.saturating_sub(unwritten + 32);
        }
        if good_rows == 0 {
            result.map_err(damaged)?;
        }
    }
    let data = match target {
        ColorSpace::Luma => out,
        ColorSpace::CMYK => {
            if has_adobe_marker(bytes) {
                out.iter_mut().for_each(|v| *v = 255 - *v);
            }
            luma::from_cmyk(&out)
        }
        _ => luma::from_rgb(&out),
    };
    let mut gray = Gray::from_vec(width, height, data);
    gray.data[good_rows * width..].fill(UNKNOWN);
    Ok(Luma { gray, good_rows })
}

/// Adobe writes CMYK inverted, and marks it so (Adobe Technical Note 5116).
fn has_adobe_marker(bytes: &[u8]) -> bool {
    jpeg_markers::segments(bytes).any(|(marker, body)| marker == 0xEE && body.starts_with(b"Adobe"))
}
