//! An image stream of a PDF to gray, when its colour space is plain (ISO 32000-1, 8.9.5).

use super::super::error::{PageError, check_pixels};
use super::super::jpeg;
use super::codecs::{self, Decoded};
use super::filters::{self, is_picture_codec};
use super::space::{Plain, either, inverted, plain_space, size};
use crate::limits::Limits;
use crate::raster::jpeg::Index;
use hayro_syntax::Filter;
use hayro_syntax::object::{Dict, Object, Stream};

/// The image as a JPEG to be decoded in parts, where it is one, sound, and nothing else is to be done to it.
pub fn index(stream: &Stream<'_>, data: &[u8], limits: &Limits) -> Option<Index> {
    let dict = stream.dict();
    let chain = filters::filters(stream);
    let [(Filter::DctDecode, params)] = &chain[..] else { return None };
    let space = plain_space(dict.get::<Object<'_>>("ColorSpace")?, 8)?;
    let plain = !is_masked(dict)
        && either::<u8>(dict, "BPC", "BitsPerComponent").is_none_or(|bits| bits == 8)
        && inverted(dict, &space, 8) == Some(false)
        && codecs::gives_luma(data, params, &space).is_ok_and(|luma| luma);
    let index = plain.then(|| jpeg::index(data, limits)).flatten()?;
    let (width, height) = size(dict)?;
    ((index.width(), index.height()) == (width as usize, height as usize)).then_some(index)
}

fn is_masked(dict: &Dict<'_>) -> bool {
    ["SMask", "Mask", "SMaskInData"].iter().any(|key| match dict.get::<Object<'_>>(key) {
        None | Some(Object::Null(_)) => false,
        Some(Object::Number(n)) => n.as_i64() != 0,
        Some(_) => true,
    })
}

/// None where the image is not plain: the page must be drawn to know what it looks like. `stencil` is the luma of the
/// paint, for an ImageMask.
pub fn decode(stream: &Stream<'_>, stencil: Option<u8>, limits: &Limits) -> Result<Option<Decoded>, PageError> {
    let dict = stream.dict();
    let Some((width, height)) = size(dict).filter(|_| !is_masked(dict)) else { return Ok(None) };
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
    if !matches!(bits, 1 | 2 | 4 | 8 | 16) {
        return Ok(None);
    }
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
        Some((Filter::DctDecode, params)) => codecs::dct(&data, params, &space, width, height, limits)?,
        Some((Filter::CcittFaxDecode, params)) => codecs::ccitt(&data, params, width, height),
        Some((Filter::Jbig2Decode, params)) => codecs::jbig2(&data, params, width, height, limits)?,
        Some((Filter::JpxDecode, _)) => codecs::jpeg_2000(&data, &space, width, height, limits)?,
        _ => Some(codecs::raw(data, &space, bits, width, height, stride)),
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
