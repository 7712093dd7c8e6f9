//! PNG and WebP, by the `image` crate; colour is made gray here, since that crate weighs by BT.709.

use super::error::{PageError, check_pixels};
use super::exif::{self, Exif};
use super::luma;
use crate::limits::Limits;
use crate::raster::Gray;
use image::codecs::{png::PngDecoder, webp::WebPDecoder};
use image::{ColorType, ImageDecoder, ImageError};
use std::io::Cursor;

pub fn decode_png(bytes: &[u8], limits: &Limits) -> Result<(Gray, Exif), PageError> {
    // The size stands in the first chunk (ISO/IEC 15948, 11.2.2): checked before the decoder allocates by it.
    if let Some((head, _)) = bytes.get(16..).and_then(|b| b.split_first_chunk::<8>()) {
        let side = |at: usize| u64::from(u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]));
        check_pixels(side(0), side(4), limits)?;
    }
    let decoder = PngDecoder::with_limits(Cursor::new(bytes), memory(limits)).map_err(|e| convert("PNG", e, limits))?;
    let (gray, mut exif) = decode("PNG", decoder, limits)?;
    exif.dpi = png_density(bytes).or(exif.dpi);
    Ok((gray, exif))
}

pub fn decode_webp(bytes: &[u8], limits: &Limits) -> Result<(Gray, Exif), PageError> {
    let decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(|e| convert("WebP", e, limits))?;
    decode("WebP", decoder, limits)
}

fn decode(format: &'static str, mut decoder: impl ImageDecoder, limits: &Limits) -> Result<(Gray, Exif), PageError> {
    let (width, height) = decoder.dimensions();
    let (width, height) = check_pixels(width.into(), height.into(), limits)?;
    if decoder.total_bytes() > limits.max_picture_bytes().saturating_mul(2) {
        return Err(PageError::TooManyPixels { width: width as u64, height: height as u64, limit: limits.max_pixels });
    }
    decoder.set_limits(memory(limits)).map_err(|e| convert(format, e, limits))?;
    let exif = decoder.exif_metadata().ok().flatten().map(|chunk| exif::parse(&chunk)).unwrap_or_default();
    let color = decoder.color_type();
    let mut out = vec![0; decoder.total_bytes() as usize];
    decoder.read_image(&mut out).map_err(|e| convert(format, e, limits))?;
    // 16-bit samples come in the machine's byte order.
    let high = |out: Vec<u8>| out.as_chunks::<2>().0.iter().map(|s| (u16::from_ne_bytes(*s) >> 8) as u8).collect();
    let data = match color {
        ColorType::L8 => out,
        ColorType::La8 => luma::from_gray_alpha(&out),
        ColorType::Rgb8 => luma::from_rgb(&out),
        ColorType::Rgba8 => luma::from_rgba(&out),
        ColorType::L16 => high(out),
        ColorType::La16 => luma::from_gray_alpha(&Vec::from_iter(high(out))),
        ColorType::Rgb16 => luma::from_rgb(&Vec::from_iter(high(out))),
        ColorType::Rgba16 => luma::from_rgba(&Vec::from_iter(high(out))),
        other => return Err(PageError::UnsupportedFeature { format, feature: format!("{other:?} pixels") }),
    };
    if data.len() != width * height {
        return Err(PageError::damaged(format, "its pixels do not fill its size"));
    }
    Ok((Gray::from_vec(width, height, data), exif))
}

fn memory(limits: &Limits) -> image::Limits {
    let mut memory = image::Limits::default();
    memory.max_alloc = Some(limits.max_picture_bytes().saturating_mul(3));
    memory
}

fn convert(format: &'static str, error: ImageError, limits: &Limits) -> PageError {
    match error {
        ImageError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => PageError::Truncated(format),
        ImageError::Limits(_) => PageError::DecompressionBomb { format, limit: limits.max_picture_bytes() },
        ImageError::Unsupported(e) => PageError::UnsupportedFeature { format, feature: e.to_string() },
        other => PageError::damaged(format, other),
    }
}

/// The pHYs chunk, in pixels a metre (ISO/IEC 15948, 11.3.5.3).
fn png_density(bytes: &[u8]) -> Option<f64> {
    let mut at = 8usize;
    loop {
        let length = u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?) as usize;
        let body = bytes.get(at.checked_add(8)?..)?;
        match bytes.get(at + 4..at + 8)? {
            b"pHYs" => {
                let [a, b, c, d, e, f, g, h, unit] = *body.first_chunk::<9>()?;
                let per_inch = |v: [u8; 4]| f64::from(u32::from_be_bytes(v)) * 0.0254;
                let dpi = exif::believable_dpi(per_inch([a, b, c, d]), per_inch([e, f, g, h]));
                return dpi.filter(|_| unit == 1);
            }
            b"IDAT" | b"IEND" => return None,
            _ => at = at.checked_add(length)?.checked_add(12)?,
        }
    }
}
