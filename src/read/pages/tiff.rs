//! A page of a TIFF to gray. Fax compressions are decoded here from their runs, five times faster than by the `tiff`
//! crate; that crate does the rest.

use super::bilevel::{self, Fax, fax_rows};
use super::error::{PageError, check_pixels};
use super::exif::{self, Exif};
use super::jpeg::UNKNOWN;
use super::luma;
use super::placement::Placement;
use super::square::square;
use super::tiff_ifd::{Ifd, tag};
use crate::limits::Limits;
use crate::raster::Gray;
use ::tiff::decoder::{Decoder, DecodingResult};
use ::tiff::{ColorType, TiffError};
use hayro_ccitt::EncodingMode;
use std::io::Cursor;

/// The picture, what the tags say of it, and how many rows were there.
pub fn decode(file: &[u8], ifd: &Ifd, limits: &Limits) -> Result<(Gray, Exif, usize), PageError> {
    let side = |t| ifd.number(file, t).ok_or(PageError::Truncated("TIFF"));
    let (width, height) = check_pixels(side(tag::WIDTH)?, side(tag::HEIGHT)?, limits)?;
    let (gray, rows) = match fax(file, ifd, width) {
        Some((fax, compression)) => decode_fax(file, ifd, fax, compression, width, height)?,
        None => (decode_by_crate(file, ifd, width, height, limits)?, height),
    };
    let (mut exif, x_dpi, y_dpi) = metadata(file, ifd);
    if exif.dpi.is_none() && [x_dpi, y_dpi].iter().all(|d| (50.0..=2400.0).contains(d)) {
        let (gray, rows, dpi) = square(gray, rows, x_dpi, y_dpi, limits.max_pixels);
        exif.dpi = exif::believable_dpi(dpi, dpi);
        return Ok((gray, exif, rows));
    }
    Ok((gray, exif, rows))
}

fn metadata(file: &[u8], ifd: &Ifd) -> (Exif, f64, f64) {
    let orientation = ifd.number(file, tag::ORIENTATION).and_then(|v| u16::try_from(v).ok()).unwrap_or(1);
    let per_inch = match ifd.number(file, tag::RESOLUTION_UNIT) {
        Some(3) => 2.54,
        Some(1) => 0.0,
        _ => 1.0,
    };
    let density = |t| ifd.rational(file, t).unwrap_or(0.0) * per_inch;
    let (x, y) = (density(tag::X_RESOLUTION), density(tag::Y_RESOLUTION));
    (Exif { placement: Placement::from_exif(orientation), dpi: exif::believable_dpi(x, y) }, x, y)
}

/// TIFF 6.0, sections 10 and 11.
fn fax(file: &[u8], ifd: &Ifd, columns: usize) -> Option<(Fax, u64)> {
    let compression = ifd.number(file, tag::COMPRESSION)?;
    let options = ifd.number(file, tag::T4_OPTIONS).unwrap_or(0);
    let group_3 = if options & 1 == 1 { EncodingMode::Group3_2D } else { EncodingMode::Group3_1D };
    let (encoding, byte_aligned) = match compression {
        2 => (EncodingMode::Group3_1D, true),
        3 => (group_3, false),
        4 => (EncodingMode::Group4, false),
        _ => return None,
    };
    let in_strips = ifd.number(file, tag::STRIP_OFFSETS).is_some();
    let plain = in_strips && ifd.number(file, tag::SAMPLES_PER_PIXEL).unwrap_or(1) == 1;
    let fax = Fax { encoding, columns, byte_aligned, end_of_line: compression == 3, end_of_block: true };
    plain.then_some((fax, compression))
}

fn decode_fax(
    file: &[u8],
    ifd: &Ifd,
    fax: Fax,
    compression: u64,
    width: usize,
    height: usize,
) -> Result<(Gray, usize), PageError> {
    let missing = || PageError::damaged("TIFF", "it does not say where its strips are");
    let offsets = ifd.numbers(file, tag::STRIP_OFFSETS).ok_or_else(missing)?;
    let lengths = ifd.numbers(file, tag::STRIP_BYTE_COUNTS).ok_or_else(missing)?;
    let strip_rows = ifd.number(file, tag::ROWS_PER_STRIP).unwrap_or(u64::MAX).clamp(1, height as u64) as usize;
    let reversed = ifd.number(file, tag::FILL_ORDER) == Some(2);
    let mut gray = Gray::new(width, height, UNKNOWN);
    // Rows count from the top: what stands below a missing strip's rows is kept, but not vouched for.
    let mut good_rows = 0;
    let mut whole = true;
    for ((strip, &offset), &length) in gray.data.chunks_mut(strip_rows * width).zip(&offsets).zip(&lengths) {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(file.len());
        let end = start.saturating_add(usize::try_from(length).unwrap_or(usize::MAX)).min(file.len());
        let mut data = std::borrow::Cow::Borrowed(&file[start..end]);
        if reversed {
            data.to_mut().iter_mut().for_each(|b| *b = b.reverse_bits());
        }
        let rows = fax_rows(&data, fax, strip);
        if whole {
            good_rows += rows;
        }
        whole &= rows * width == strip.len();
    }
    if good_rows == 0 {
        return Err(PageError::damaged("TIFF", format!("its fax data (compression {compression}) can't be decoded")));
    }
    // Runs are made white 255, as "white is zero" has it; "black is zero" means the opposite.
    if ifd.number(file, tag::PHOTOMETRIC) == Some(1) {
        gray.data[..good_rows * width].iter_mut().for_each(|v| *v = 255 - *v);
    }
    Ok((gray, good_rows))
}

fn decode_by_crate(file: &[u8], ifd: &Ifd, width: usize, height: usize, limits: &Limits) -> Result<Gray, PageError> {
    // The crate knows no palettes: their indices are had as if they were gray, and looked up here.
    let palette = (ifd.number(file, tag::PHOTOMETRIC) == Some(3)).then(|| ifd.numbers(file, tag::COLOR_MAP)).flatten();
    let patched = palette.as_ref().and_then(|_| ifd.with_short(file, tag::PHOTOMETRIC, 1));
    let mut memory = ::tiff::decoder::Limits::default();
    memory.decoding_buffer_size = usize::try_from(limits.max_picture_bytes()).unwrap_or(usize::MAX);
    memory.intermediate_buffer_size = memory.decoding_buffer_size;
    let open = Decoder::new(Cursor::new(patched.as_deref().unwrap_or(file))).map_err(convert)?;
    let mut decoder = open.with_limits(memory);
    decoder.seek_to_image(ifd.index).map_err(convert)?;
    let color = decoder.colortype().map_err(convert)?;
    let pixels = match decoder.read_image().map_err(convert)? {
        DecodingResult::U8(v) => v,
        DecodingResult::U16(v) => v.into_iter().map(|s| (s >> 8) as u8).collect(),
        _ => return Err(unsupported(format!("{color:?} samples that are not whole numbers of 8 or 16 bits"))),
    };
    let data = match color {
        ColorType::Gray(bits @ (1 | 2 | 4 | 8)) if palette.is_some() => {
            look_up(&bilevel::samples(&pixels, width, bits), &palette.unwrap_or_default(), bits)
        }
        ColorType::Gray(1) => bilevel::unpack(&pixels, width, height).0.data,
        ColorType::Gray(bits @ (2 | 4)) => {
            let scale = 255 / ((1 << bits) - 1);
            bilevel::samples(&pixels, width, bits).into_iter().map(|v| v * scale).collect()
        }
        ColorType::Gray(8 | 16) => pixels,
        ColorType::GrayA(8 | 16) => luma::from_gray_alpha(&pixels),
        ColorType::RGB(8 | 16) => luma::from_rgb(&pixels),
        ColorType::RGBA(8 | 16) => luma::from_rgba(&pixels),
        ColorType::CMYK(8 | 16) => luma::from_cmyk(&pixels),
        ColorType::YCbCr(8) => pixels.as_chunks::<3>().0.iter().map(|p| p[0]).collect(),
        ColorType::Multiband { bit_depth: 8 | 16, num_samples: 2 } => luma::from_gray_alpha(&pixels),
        other => return Err(unsupported(format!("{other:?} pixels"))),
    };
    if data.len() != width * height {
        return Err(PageError::damaged("TIFF", "its pixels do not fill its size"));
    }
    Ok(Gray::from_vec(width, height, data))
}

/// TIFF 6.0, section 5: all reds, then all greens, then all blues, of 16 bits each.
fn look_up(indices: &[u8], map: &[u64], bits: u8) -> Vec<u8> {
    let n = 1usize << bits;
    let at = |i: usize| map.get(i).map_or(255, |v| (v >> 8) as u8);
    let table: Vec<u8> = (0..n).map(|i| luma::luma(at(i), at(n + i), at(2 * n + i))).collect();
    indices.iter().map(|&i| table.get(usize::from(i)).copied().unwrap_or(255)).collect()
}

fn unsupported(feature: String) -> PageError {
    PageError::UnsupportedFeature { format: "TIFF", feature }
}

fn convert(error: TiffError) -> PageError {
    match error {
        TiffError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => PageError::Truncated("TIFF"),
        TiffError::UnsupportedError(e) => unsupported(e.to_string()),
        TiffError::LimitsExceeded => PageError::damaged("TIFF", "it asks for more memory than its picture can need"),
        other => PageError::damaged("TIFF", other),
    }
}
