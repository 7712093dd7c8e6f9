//! A picture file as it is embedded: on white, upright, no finer than it is printed. A JPEG that a PDF can hold stays as
//! it is.

use super::MAX_BYTES;
use crate::print::rich::model::{PictureData, Pixels};
use crate::raster::jpeg::{Index, JpegError};
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, GrayImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage, imageops};
use std::io::Cursor;

/// More is no picture of a question: it is refused by its header.
const MAX_SIDE: u32 = 10_000;
const MAX_PIXELS: u64 = 40_000_000;
/// An A4 page at 300 dpi.
const PRINTED: (u32, u32) = (2480, 3508);
const EXPECTED: &str = "a PNG, JPEG, GIF or WebP picture is expected";

/// The picture, and how large the file has it.
pub fn decode(bytes: &[u8], gray: bool) -> Result<(PictureData, (u32, u32)), String> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|error| error.to_string())?;
    let format = reader.format().ok_or_else(|| format!("its format is not known; {EXPECTED}"))?;
    let unread = |error: image::ImageError| format!("it can't be read ({error}); {EXPECTED}");
    let mut decoder = reader.into_decoder().map_err(unread)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(format!("{width} × {height} pixels; {EXPECTED}"));
    }
    if width.max(height) > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(format!(
            "{width} × {height} pixels; at most {MAX_SIDE} a side and {} million in all are expected",
            MAX_PIXELS / 1_000_000
        ));
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(8 * MAX_PIXELS + MAX_BYTES as u64);
    decoder.set_limits(limits).map_err(unread)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let fits = width <= PRINTED.0 && height <= PRINTED.1;
    if format == ImageFormat::Jpeg {
        let is_gray = decoder.color_type() == ColorType::L8;
        let is_sound = is_sound_jpeg(bytes)?;
        if is_sound && fits && orientation == Orientation::NoTransforms && (is_gray || !gray) {
            let pixels = Pixels::Jpeg(bytes.into());
            return Ok((PictureData { width, height, gray: is_gray, pixels }, (width, height)));
        }
    }
    let mut picture = DynamicImage::from_decoder(decoder).map_err(unread)?;
    picture.apply_orientation(orientation);
    let natural = (picture.width(), picture.height());
    let mut picture = on_white(picture);
    if picture.width() > PRINTED.0 || picture.height() > PRINTED.1 {
        let scale = (f64::from(PRINTED.0) / f64::from(natural.0)).min(f64::from(PRINTED.1) / f64::from(natural.1));
        let side = |n: u32| ((f64::from(n) * scale).round() as u32).max(1);
        picture = imageops::resize(&picture, side(natural.0), side(natural.1), imageops::FilterType::Triangle);
    }
    Ok((raw(picture, gray), natural))
}

fn on_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let rgba = picture.into_rgba8();
    let mut flat = RgbImage::new(rgba.width(), rgba.height());
    for (to, from) in flat.pixels_mut().zip(rgba.pixels()) {
        let [r, g, b, a] = from.0.map(u32::from);
        to.0 = [r, g, b].map(|v| ((v * a + 255 * (255 - a) + 127) / 255) as u8);
    }
    flat
}

/// A picture without colour is gray in any case: that is a third of the bytes.
fn raw(picture: RgbImage, gray: bool) -> PictureData {
    let (width, height) = picture.dimensions();
    let colourless = picture.pixels().all(|p| p.0[0] == p.0[1] && p.0[1] == p.0[2]);
    let gray = gray || colourless;
    let pixels: Vec<u8> = match gray {
        true if colourless => picture.pixels().map(|p| p.0[0]).collect(),
        true => GrayImage::into_raw(imageops::grayscale(&picture)),
        false => picture.into_raw(),
    };
    PictureData { width, height, gray, pixels: Pixels::Raw(pixels.into()) }
}

/// Whether a JPEG is baseline, gray or YCbCr, and sound to its end. One that is cut short or damaged is refused.
fn is_sound_jpeg(bytes: &[u8]) -> Result<bool, String> {
    let has_end = bytes.windows(2).rev().any(|w| w == [0xFF, 0xD9]);
    match Index::scan(bytes, MAX_PIXELS as usize) {
        Ok(_) => Ok(has_end),
        Err(error @ (JpegError::Truncated { .. } | JpegError::Damaged { .. })) => Err(format!("{error}; {EXPECTED}")),
        // For the general decoder, which does not say that the end is missing.
        Err(_) if has_end => Ok(false),
        Err(_) => Err(format!("a JPEG that is cut short; {EXPECTED}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ExtendedColorType, ImageEncoder, Rgba, RgbaImage};

    fn encoded(picture: &RgbaImage) -> Vec<u8> {
        let mut bytes = Vec::new();
        picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
        bytes
    }

    fn jpeg(width: u32, height: u32, color: ExtendedColorType) -> Vec<u8> {
        let mut bytes = Vec::new();
        let channels = if color == ExtendedColorType::L8 { 1 } else { 3 };
        let samples: Vec<u8> = (0..width * height * channels).map(|i| (i * 7 % 256) as u8).collect();
        image::codecs::jpeg::JpegEncoder::new(&mut bytes).write_image(&samples, width, height, color).unwrap();
        bytes
    }

    #[test]
    fn what_is_seen_through_is_white() {
        let picture = RgbaImage::from_fn(2, 1, |x, _| Rgba([200, 0, 0, if x == 0 { 0 } else { 255 }]));
        let (data, natural) = decode(&encoded(&picture), false).unwrap();
        assert_eq!((natural, data.gray), ((2, 1), false));
        assert_eq!(data.pixels, Pixels::Raw(vec![255, 255, 255, 200, 0, 0].into()));
        let (data, _) = decode(&encoded(&RgbaImage::from_pixel(1, 1, Rgba([9, 9, 9, 255]))), false).unwrap();
        assert_eq!((data.gray, data.pixels), (true, Pixels::Raw(vec![9].into())));
    }

    #[test]
    fn a_jpeg_stays_as_it_is_unless_it_must_change() {
        let colour = jpeg(40, 30, ExtendedColorType::Rgb8);
        let kept = |bytes: &[u8], gray| matches!(decode(bytes, gray).unwrap().0.pixels, Pixels::Jpeg(_));
        assert!(kept(&colour, false) && !kept(&colour, true));
        assert!(kept(&jpeg(40, 30, ExtendedColorType::L8), true));
        let (large, natural) = decode(&jpeg(3000, 30, ExtendedColorType::Rgb8), false).unwrap();
        assert_eq!((large.width, large.height, natural), (2480, 25, (3000, 30)));
        for end in [10, colour.len() / 2, colour.len() - 20] {
            assert!(decode(&colour[..end], false).is_err(), "{end}");
        }
    }

    #[test]
    fn what_is_no_picture_or_too_large_is_refused_by_name() {
        let mut wide = Vec::new();
        let mut writer = png::Encoder::new(&mut wide, 20_000, 20_000).write_header().unwrap();
        writer.write_chunk(png::chunk::IDAT, &[0; 8]).unwrap();
        drop(writer);
        let said = |bytes: &[u8]| decode(bytes, false).unwrap_err();
        assert!(said(&wide).starts_with("20000 × 20000 pixels; at most 10000 a side"), "{}", said(&wide));
        assert!(said(b"<svg xmlns='http://www.w3.org/2000/svg'/>").contains("PNG, JPEG, GIF or WebP"));
        assert!(said(b"").contains("expected"));
    }

    #[test]
    fn of_a_gif_the_first_frame_is_taken() {
        let mut bytes = Vec::new();
        let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
        let frame = |color| image::Frame::new(RgbaImage::from_pixel(3, 2, Rgba(color)));
        encoder.encode_frames([frame([255, 0, 0, 255]), frame([0, 255, 0, 255])]).unwrap();
        drop(encoder);
        let (data, _) = decode(&bytes, false).unwrap();
        assert_eq!(data.pixels, Pixels::Raw([255, 0, 0].repeat(6).into()));
    }
}
