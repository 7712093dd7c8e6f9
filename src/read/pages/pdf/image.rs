//! An image stream of a PDF to gray, when its colour space is plain (ISO 32000-1, 8.9.5).

use super::super::bilevel::{self, Fax, fax_rows};
use super::super::error::{PageError, check_pixels};
use super::super::jpeg::{self, UNKNOWN};
use super::super::{jpeg_markers, luma};
use super::filters::{self, is_picture_codec};
use crate::limits::Limits;
use crate::raster::Gray;
use hayro_ccitt::EncodingMode;
use hayro_syntax::Filter;
use hayro_syntax::object::{Array, Dict, Object, Stream};
use std::borrow::Cow;

/// A picture and how many of its rows can be trusted.
pub struct Decoded {
    pub gray: Gray,
    pub rows: usize,
}

/// Gray as far as reading is concerned: calibrated spaces count as their device ones.
enum Plain {
    Gray,
    Rgb,
    /// The luma of each index.
    Indexed(Vec<u8>),
}

fn either<'a, T>(dict: &Dict<'a>, short: &str, long: &str) -> Option<T>
where
    T: TryFrom<Object<'a>>,
{
    let object = dict.get::<Object<'a>>(long).or_else(|| dict.get::<Object<'a>>(short))?;
    T::try_from(object).ok()
}

fn size(dict: &Dict<'_>) -> Option<(u32, u32)> {
    Some((either::<u32>(dict, "W", "Width")?, either::<u32>(dict, "H", "Height")?))
}

/// Refuses an image, and its masks, by the sizes that it and its data claim: hayro would allocate by them.
pub fn check_claims(stream: &Stream<'_>, limits: &Limits) -> Result<(), PageError> {
    let dict = stream.dict();
    check_one(stream, limits)?;
    for mask in ["SMask", "Mask"].iter().filter_map(|key| dict.get::<Stream<'_>>(key)) {
        check_one(&mask, limits)?;
    }
    Ok(())
}

fn check_one(stream: &Stream<'_>, limits: &Limits) -> Result<(), PageError> {
    let Some((width, height)) = size(stream.dict()) else { return Ok(()) };
    check_pixels(width.into(), height.into(), limits)?;
    let chain = filters::filters(stream);
    let raw = stream.raw_data();
    let cap = limits.max_picture_bytes();
    let before: Vec<_> = chain.iter().take_while(|(f, _)| !is_picture_codec(*f)).cloned().collect();
    // Each stage can expand by so much at most; only what could be too much is measured.
    let most = (raw.len() as u64).saturating_mul(4096u64.saturating_pow(before.len() as u32));
    let data = if before.is_empty() {
        raw
    } else {
        let limit = usize::try_from(cap.saturating_add(1)).unwrap_or(usize::MAX);
        if most <= cap && chain.len() == before.len() {
            return Ok(());
        }
        filters::decode(raw, &before, limit, limit)?.unwrap_or_default()
    };
    if data.len() as u64 > cap {
        return Err(PageError::DecompressionBomb { format: "PDF", limit: cap });
    }
    match chain.get(before.len()) {
        Some((Filter::CcittFaxDecode, params)) => {
            let columns = params.get::<u32>("Columns").unwrap_or(1728);
            check_pixels(columns.max(1).into(), height.into(), limits).map(drop)
        }
        Some((Filter::Jbig2Decode, _)) => {
            let settings = hayro_jbig2::DecodeSettings { strict: false };
            match hayro_jbig2::Page::new_embedded(&data, None, &settings) {
                Ok(page) => check_pixels(page.width().into(), page.height().into(), limits).map(drop),
                Err(_) => Ok(()),
            }
        }
        Some((Filter::JpxDecode, _)) => match jpx(&data) {
            Some(picture) => check_pixels(picture.width().into(), picture.height().into(), limits).map(drop),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

fn jpx(data: &[u8]) -> Option<hayro_jpeg2000::Image<'_>> {
    let settings =
        hayro_jpeg2000::DecodeSettings { resolve_palette_indices: true, strict: false, target_resolution: None };
    hayro_jpeg2000::Image::new(data, &settings).ok()
}

/// None where the image is not plain: the page must be drawn to know what it looks like. `stencil` is the luma of the
/// paint, for an ImageMask.
pub fn decode(stream: &Stream<'_>, stencil: Option<u8>, limits: &Limits) -> Result<Option<Decoded>, PageError> {
    let dict = stream.dict();
    let masked = ["SMask", "Mask", "SMaskInData"].iter().any(|key| match dict.get::<Object<'_>>(key) {
        None | Some(Object::Null(_)) => false,
        Some(Object::Number(n)) => n.as_i64() != 0,
        Some(_) => true,
    });
    let Some((width, height)) = size(dict).filter(|_| !masked) else { return Ok(None) };
    let (width, height) = check_pixels(width.into(), height.into(), limits)?;
    let chain = filters::filters(stream);
    let codec = chain.last().filter(|(f, _)| is_picture_codec(*f)).cloned();
    let before = &chain[..chain.len() - usize::from(codec.is_some())];
    // What stands before a picture codec is rare, and what codec data may hold is not known from the size.
    let max = usize::try_from(limits.max_picture_bytes()).unwrap_or(usize::MAX);
    let bits = match stencil {
        Some(_) => 1,
        None => either::<u8>(dict, "BPC", "BitsPerComponent").unwrap_or(if codec.is_some() { 8 } else { 1 }),
    };
    let space = match (stencil, dict.get::<Object<'_>>("ColorSpace").or_else(|| dict.get("CS"))) {
        (Some(_), _) => Plain::Gray,
        (None, Some(object)) => match plain_space(object, bits) {
            Some(space) => space,
            None => return Ok(None),
        },
        // Only JPEG 2000 may bring its own.
        (None, None) if matches!(codec, Some((Filter::JpxDecode, _))) => Plain::Rgb,
        (None, None) => return Ok(None),
    };
    let Some(inverted) = inverted(dict, &space, bits) else { return Ok(None) };
    let components = if matches!(space, Plain::Rgb) { 3 } else { 1 };
    let stride = (width * components).saturating_mul(usize::from(bits)).div_ceil(8);
    let expected = if codec.is_some() { max } else { stride.saturating_mul(height) };
    let Some(data) = filters::decode(stream.raw_data(), before, expected, max)? else { return Ok(None) };

    let decoded = match &codec {
        Some((Filter::DctDecode, params)) => dct(&data, params, &space, width, height, limits)?,
        Some((Filter::CcittFaxDecode, params)) => ccitt(&data, params, width, height),
        Some((Filter::Jbig2Decode, params)) => jbig2(&data, params, width, height, limits)?,
        Some((Filter::JpxDecode, _)) => jpeg_2000(&data, &space, width, height, limits)?,
        _ => Some(raw(data, &space, bits, width, height, stride)),
    };
    let Some(mut decoded) = decoded.filter(|d| d.rows > 0 || height == 0) else {
        // An image of which nothing came out: drawing would show as little, but without saying so.
        return match codec {
            None => Err(PageError::Truncated("PDF")),
            Some((Filter::CcittFaxDecode, _)) => Err(PageError::damaged("PDF", "its fax data can't be decoded")),
            Some(_) => Ok(None),
        };
    };
    let good = &mut decoded.gray.data[..decoded.rows * width];
    match (&space, stencil) {
        // Bits of fax and JBIG2 came as 0 and 255: as indices they are 0 and 1.
        (Plain::Indexed(table), _) if codec.is_some() => good.iter_mut().for_each(|v| *v = table[usize::from(*v & 1)]),
        (_, Some(paint)) => {
            // A 0 is painted, a 1 leaves the paper (8.9.6.2).
            let (zero, one) = if inverted { (255, paint) } else { (paint, 255) };
            if (zero, one) != (0, 255) {
                good.iter_mut().for_each(|v| *v = if *v == 0 { zero } else { one });
            }
        }
        _ if inverted => good.iter_mut().for_each(|v| *v = 255 - *v),
        _ => {}
    }
    Ok(Some(decoded))
}

/// Whether /Decode turns black and white round; None for what is neither that nor nothing.
fn inverted(dict: &Dict<'_>, space: &Plain, bits: u8) -> Option<bool> {
    let Some(array) = either::<Array<'_>>(dict, "D", "Decode") else { return Some(false) };
    let values: Vec<f32> = array.iter::<f32>().collect();
    let top = if matches!(space, Plain::Indexed(_)) { ((1u32 << bits) - 1) as f32 } else { 1.0 };
    let all = |from: f32, to: f32| values.chunks(2).all(|pair| pair == [from, to]);
    if all(0.0, top) { Some(false) } else { (all(top, 0.0) && !matches!(space, Plain::Indexed(_))).then_some(true) }
}

fn plain_space(object: Object<'_>, bits: u8) -> Option<Plain> {
    let named = |name: &[u8]| match name {
        b"DeviceGray" | b"G" | b"CalGray" => Some(Plain::Gray),
        b"DeviceRGB" | b"RGB" | b"CalRGB" => Some(Plain::Rgb),
        _ => None,
    };
    match object {
        Object::Name(name) => named(name.as_ref()),
        Object::Array(array) => {
            let mut items = array.iter::<Object<'_>>();
            let family = items.next()?.into_name()?;
            match family.as_ref() {
                b"ICCBased" => match items.next()?.into_stream()?.dict().get::<u8>("N")? {
                    1 => Some(Plain::Gray),
                    3 => Some(Plain::Rgb),
                    _ => None,
                },
                b"Indexed" | b"I" => {
                    let base = plain_space_of_base(items.next()?)?;
                    items.next()?;
                    let table = match items.next()? {
                        Object::String(s) => s.as_bytes().to_vec(),
                        Object::Stream(s) => {
                            let chain = filters::filters(&s);
                            filters::decode(s.raw_data(), &chain, 768, 4096).ok()??.into_owned()
                        }
                        _ => return None,
                    };
                    let mut lumas = if matches!(base, Plain::Rgb) { luma::from_rgb(&table) } else { table };
                    if lumas.is_empty() || bits > 8 {
                        return None;
                    }
                    lumas.resize(256, 255);
                    Some(Plain::Indexed(lumas))
                }
                other => named(other),
            }
        }
        _ => None,
    }
}

/// An index can't stand for an index (8.6.6.3), so this ends.
fn plain_space_of_base(object: Object<'_>) -> Option<Plain> {
    if let Object::Array(array) = &object
        && array.iter::<Object<'_>>().next().and_then(Object::into_name).is_some_and(|n| n.as_ref() == b"Indexed")
    {
        return None;
    }
    plain_space(object, 8)
}

/// Unpacked samples of 1 to 16 bits.
fn raw(data: Cow<'_, [u8]>, space: &Plain, bits: u8, width: usize, height: usize, stride: usize) -> Decoded {
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
fn filled(mut data: Vec<u8>, rows: usize, width: usize, height: usize) -> Decoded {
    let rows = rows.min(data.len() / width);
    data.truncate(rows * width);
    data.resize(width * height, UNKNOWN);
    Decoded { gray: Gray::from_vec(width, height, data), rows }
}

fn dct(
    data: &[u8],
    params: &Dict<'_>,
    space: &Plain,
    width: usize,
    height: usize,
    limits: &Limits,
) -> Result<Option<Decoded>, PageError> {
    let components = jpeg_markers::segments(data)
        .find(|(m, _)| matches!(m, 0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF))
        .and_then(|(_, body)| body.get(5).copied());
    let own_transform = params.get::<u8>("ColorTransform").is_some_and(|t| t != 1);
    match (space, components) {
        (Plain::Gray, Some(1)) => {}
        (Plain::Gray | Plain::Rgb, Some(3)) if !own_transform => {}
        _ => return Ok(None),
    }
    let luma = jpeg::decode_luma(data, limits).map_err(|e| match e {
        PageError::Damaged { reason, .. } => PageError::Damaged { format: "PDF", reason },
        other => other,
    })?;
    let fits = (luma.gray.width, luma.gray.height) == (width, height);
    Ok(fits.then_some(Decoded { gray: luma.gray, rows: luma.good_rows }))
}

/// 7.4.6. The runs are had as white 255; a sample is 1 there, unless BlackIs1.
fn ccitt(data: &[u8], params: &Dict<'_>, width: usize, height: usize) -> Option<Decoded> {
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

fn jbig2(
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
    let globals = shared.map(|g| hayro_jbig2::Globals::new(&g, &settings)).transpose().map_err(damaged)?;
    let page = hayro_jbig2::Page::new_embedded(data, globals.as_ref(), &settings).map_err(damaged)?;
    if (page.width() as usize, page.height() as usize) != (width, height) {
        return Ok(None);
    }
    let mut bits = Bits { data: Vec::with_capacity(width * height), limit: width * height };
    page.decode(&mut bits).map_err(damaged)?;
    Ok(Some(filled(bits.data, height, width, height)))
}

fn jpeg_2000(
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
