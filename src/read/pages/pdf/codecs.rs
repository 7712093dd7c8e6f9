//! The coded data of an image to gray: raw samples and the picture codecs of ISO 32000-1, 7.4.

use super::super::bilevel::{self, Fax, fax_rows};
use super::super::error::{PageError, check_pixels};
use super::super::jpeg::{self, UNKNOWN};
use super::super::{jpeg_markers, luma};
use super::filters;
use super::jbig2::check_regions;
use super::space::Plain;
use crate::limits::Limits;
use crate::raster::Gray;
use hayro_ccitt::EncodingMode;
use hayro_syntax::object::{Dict, Stream};
use std::borrow::Cow;

/// A picture and how many of its rows can be trusted.
pub struct Decoded {
    pub gray: Gray,
    pub rows: usize,
}

/// Unpacked samples of 1 to 16 bits.
pub fn raw(data: Cow<'_, [u8]>, space: &Plain, bits: u8, width: usize, height: usize, stride: usize) -> Decoded {
    let rows = (data.len() / stride.max(1)).min(height);
    let data = match space {
        Plain::Gray if bits == 1 => {
            let (gray, rows) = bilevel::unpack(&data, width, height);
            return Decoded { gray, rows };
        }
        Plain::Gray if bits == 8 => data.into_owned(),
        Plain::Rgb if bits == 8 => luma::from_rgb(&data),
        Plain::Indexed(table) => {
            let indices = if bits == 8 { data.into_owned() } else { bilevel::samples(&data, width, bits) };
            indices.into_iter().map(|i| table[usize::from(i)]).collect()
        }
        Plain::Gray | Plain::Rgb => {
            let per_row = if matches!(space, Plain::Rgb) { 3 * width } else { width };
            let mut samples = bilevel::samples(&data, per_row, bits);
            if bits < 8 {
                let scale = 255 / ((1u8 << bits) - 1);
                samples.iter_mut().for_each(|v| *v *= scale);
            }
            if matches!(space, Plain::Rgb) { luma::from_rgb(&samples) } else { samples }
        }
    };
    filled(data, rows, width, height)
}

/// A picture whose last rows may be missing.
pub fn filled(mut data: Vec<u8>, rows: usize, width: usize, height: usize) -> Decoded {
    let rows = rows.min(data.len() / width);
    data.truncate(rows * width);
    data.resize(width * height, UNKNOWN);
    Decoded { gray: Gray::from_vec(width, height, data), rows }
}

/// Whether the luma of a JPEG is what the colour space makes of it.
pub fn gives_luma(data: &[u8], params: &Dict<'_>, space: &Plain) -> Result<bool, PageError> {
    let components = jpeg_markers::segments(data)
        .find(|(m, _)| matches!(m, 0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF))
        .and_then(|(_, body)| body.get(5).copied());
    let own_transform = params.get::<u8>("ColorTransform").is_some_and(|t| t != 1);
    match (space, components) {
        (_, None) => Err(PageError::damaged("PDF", "its JPEG data can't be decoded")),
        (Plain::Gray, Some(1)) => Ok(true),
        (Plain::Gray | Plain::Rgb, Some(3)) => Ok(!own_transform),
        _ => Ok(false),
    }
}

pub fn dct(
    data: &[u8],
    params: &Dict<'_>,
    space: &Plain,
    width: usize,
    height: usize,
    limits: &Limits,
) -> Result<Option<Decoded>, PageError> {
    if !gives_luma(data, params, space)? {
        return Ok(None);
    }
    let luma = jpeg::decode_luma(data, limits).map_err(|e| match e {
        PageError::Damaged { reason, .. } => PageError::Damaged { format: "PDF", reason },
        other => other,
    })?;
    let fits = (luma.gray.width, luma.gray.height) == (width, height);
    Ok(fits.then_some(Decoded { gray: luma.gray, rows: luma.good_rows }))
}

/// 7.4.6. The runs are had as white 255; a sample is 1 there, unless BlackIs1.
pub fn ccitt(data: &[u8], params: &Dict<'_>, width: usize, height: usize) -> Option<Decoded> {
    let flag = |key: &str, default: bool| params.get::<bool>(key).unwrap_or(default);
    let k = params.get::<f32>("K").unwrap_or(0.0);
    if params.get::<usize>("Columns").unwrap_or(1728) != width {
        return None;
    }
    let encoding = match k {
        k if k < 0.0 => EncodingMode::Group4,
        k if k > 0.0 => EncodingMode::Group3_2D,
        _ => EncodingMode::Group3_1D,
    };
    let fax = Fax {
        encoding,
        columns: width,
        byte_aligned: flag("EncodedByteAlign", false),
        end_of_line: flag("EndOfLine", false),
        end_of_block: flag("EndOfBlock", true),
    };
    let mut gray = Gray::new(width, height, UNKNOWN);
    let rows = fax_rows(data, fax, &mut gray.data);
    if flag("BlackIs1", false) {
        gray.data[..rows * width].iter_mut().for_each(|v| *v = 255 - *v);
    }
    Some(Decoded { gray, rows })
}

struct Bits {
    data: Vec<u8>,
    limit: usize,
}

impl hayro_jbig2::Decoder for Bits {
    fn push_pixel(&mut self, black: bool) {
        if self.data.len() < self.limit {
            self.data.push(if black { 0 } else { 255 });
        }
    }

    fn push_pixel_chunk(&mut self, black: bool, chunk_count: u32) {
        let end = (self.data.len() + 8 * chunk_count as usize).min(self.limit);
        self.data.resize(end, if black { 0 } else { 255 });
    }

    fn next_line(&mut self) {}
}

pub fn jbig2(
    data: &[u8],
    params: &Dict<'_>,
    width: usize,
    height: usize,
    limits: &Limits,
) -> Result<Option<Decoded>, PageError> {
    let settings = hayro_jbig2::DecodeSettings { strict: false };
    let damaged = |e: hayro_jbig2::DecodeError| PageError::damaged("PDF", format!("JBIG2: {e}"));
    let max = usize::try_from(limits.max_pdf_stream_bytes).unwrap_or(usize::MAX);
    let shared = match params.get::<Stream<'_>>("JBIG2Globals") {
        Some(stream) => filters::decode(stream.raw_data(), &filters::filters(&stream), max, max)?,
        None => None,
    };
    for segments in shared.as_deref().into_iter().chain([data]) {
        check_regions(segments, limits)?;
    }
    let globals = shared.map(|g| hayro_jbig2::Globals::new(&g, &settings)).transpose().map_err(damaged)?;
    let page = hayro_jbig2::Page::new_embedded(data, globals.as_ref(), &settings).map_err(damaged)?;
    if (page.width() as usize, page.height() as usize) != (width, height) {
        return Ok(None);
    }
    let mut bits = Bits { data: Vec::with_capacity(width * height), limit: width * height };
    page.decode(&mut bits).map_err(damaged)?;
    Ok(Some(filled(bits.data, height, width, height)))
}

pub fn jpeg_2000(
    data: &[u8],
    space: &Plain,
    width: usize,
    height: usize,
    limits: &Limits,
) -> Result<Option<Decoded>, PageError> {
    let picture = jpx(data).ok_or(PageError::damaged("PDF", "its JPEG 2000 data can't be decoded"))?;
    check_pixels(picture.width().into(), picture.height().into(), limits)?;
    let fits = (picture.width() as usize, picture.height() as usize) == (width, height);
    let channels = picture.color_space().num_channels();
    if !fits || picture.has_alpha() || matches!(space, Plain::Indexed(_)) || !matches!(channels, 1 | 3) {
        return Ok(None);
    }
    let mut context = hayro_jpeg2000::DecoderContext::default();
    let decoded = picture.decode(&mut context).map_err(|e| PageError::damaged("PDF", format!("JPEG 2000: {e}")))?;
    let samples = decoded.data_u8();
    let data = if channels == 3 { luma::from_rgb(&samples) } else { samples };
    Ok((data.len() == width * height).then(|| filled(data, height, width, height)))
}

pub fn jpx(data: &[u8]) -> Option<hayro_jpeg2000::Image<'_>> {
    let settings =
        hayro_jpeg2000::DecodeSettings { resolve_palette_indices: true, strict: false, target_resolution: None };
    hayro_jpeg2000::Image::new(data, &settings).ok()
}
