//! Pictures of one bit, for black ink alone: scaled to the printer's dots and dithered by error diffusion.
//!
//! The error is spread by the weights of R. Floyd and L. Steinberg, “An adaptive algorithm for spatial greyscale” (1976),
//! in rows of alternating direction, which leaves no slanted worms. Lightness is that of sRGB: what a printed dot gains at
//! its rim makes up for that it is no light.

use crate::print::rich::model::{PictureData, Pixels};
use image::{GrayImage, ImageFormat, Luma, imageops};

/// Finer dots run together on paper.
const DPI: f64 = 300.0;
/// A side of A3 has fewer dots.
const MOST: u32 = 5_000;

/// So many dots are printed on so many inches.
pub fn dots(inches: f64) -> u32 {
    (inches * DPI).round().clamp(1.0, f64::from(MOST)) as u32
}

/// The pixels themselves, of a picture that may be a JPEG.
pub fn decoded(data: PictureData) -> Result<PictureData, String> {
    let Pixels::Jpeg(bytes) = &data.pixels else { return Ok(data) };
    let picture = image::load_from_memory_with_format(bytes, ImageFormat::Jpeg).map_err(|e| e.to_string())?;
    let gray = picture.into_luma8();
    let (width, height) = gray.dimensions();
    Ok(PictureData { width, height, gray: true, pixels: Pixels::Raw(gray.into_raw().into()) })
}

/// A gray picture in bits, this large. One in colour, or not decoded, stays as it is.
pub fn of(data: &PictureData, width: u32, height: u32) -> PictureData {
    let Pixels::Raw(pixels) = &data.pixels else { return data.clone() };
    let Some(gray) = GrayImage::from_raw(data.width, data.height, pixels.to_vec()) else { return data.clone() };
    let dithered = scaled(&gray, width, height);
    let mut bits = Vec::with_capacity(width.div_ceil(8) as usize * height as usize);
    for row in dithered.as_raw().chunks(width as usize) {
        let byte = |eight: &[u8]| eight.iter().enumerate().fold(0, |bits, (i, v)| bits | (v & 0x80) >> i);
        bits.extend(row.chunks(8).map(byte));
    }
    PictureData { width, height, gray: true, pixels: Pixels::Bits(bits.into()) }
}

/// In 0 and 255 alone, this large.
pub fn scaled(gray: &GrayImage, width: u32, height: u32) -> GrayImage {
    let mut picture = imageops::resize(gray, width, height, imageops::FilterType::Triangle);
    dither(&mut picture);
    picture
}

fn dither(picture: &mut GrayImage) {
    let width = picture.width() as usize;
    // In sixteenths, with a place beside either end.
    let (mut now, mut below) = (vec![0_i32; width + 2], vec![0_i32; width + 2]);
    for (y, row) in picture.rows_mut().enumerate() {
        let mut row: Vec<&mut Luma<u8>> = row.collect();
        for step in 0..width {
            let leftward = y % 2 == 1;
            let x = if leftward { width - 1 - step } else { step };
            let at = x + 1;
            let (ahead, behind) = if leftward { (at - 1, at + 1) } else { (at + 1, at - 1) };
            let wanted = i32::from(row[x].0[0]) * 16 + now[at];
            let printed = if wanted < 128 * 16 { 0_u8 } else { 255 };
            row[x].0[0] = printed;
            let error = wanted - i32::from(printed) * 16;
            now[ahead] += error * 7 / 16;
            below[behind] += error * 3 / 16;
            below[at] += error * 5 / 16;
            below[ahead] += error / 16;
        }
        std::mem::swap(&mut now, &mut below);
        below.fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tint_keeps_its_lightness_and_a_drawing_its_lines() {
        for tint in [0, 30, 128, 200, 255] {
            let dithered = scaled(&GrayImage::from_pixel(50, 40, Luma([tint])), 200, 160);
            assert!(dithered.as_raw().iter().all(|v| [0, 255].contains(v)));
            let mean = dithered.as_raw().iter().map(|&v| f64::from(v)).sum::<f64>() / 32_000.0;
            assert!((mean - f64::from(tint)).abs() < 3.0, "{tint}: {mean}");
        }
        let drawing = GrayImage::from_fn(40, 40, |x, y| Luma([if x == y || x == 7 { 0 } else { 255 }]));
        assert_eq!(scaled(&drawing, 40, 40), drawing);
    }

    #[test]
    fn bits_are_packed_row_by_row() {
        let pixels = [[0, 255, 0, 255, 255, 255, 255, 255, 0, 255], [255; 10]].concat();
        let data = PictureData { width: 10, height: 2, gray: true, pixels: Pixels::Raw(pixels.into()) };
        assert_eq!(of(&data, 10, 2).pixels, Pixels::Bits(vec![0b0101_1111, 0b0100_0000, 0xFF, 0xC0].into()));
    }
}
