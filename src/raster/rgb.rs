//! The colour picture, for people: nothing is measured on it.

use super::Gray;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, ImageError};

pub type Color = [u8; 3];

/// Three bytes a pixel (sRGB), rows one after another without padding.
#[derive(Clone, PartialEq)]
pub struct Rgb {
    pub width: usize,
    pub height: usize,
    pub data: Vec<u8>,
}

impl std::fmt::Debug for Rgb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rgb({} × {})", self.width, self.height)
    }
}

impl Rgb {
    pub fn new(width: usize, height: usize, color: Color) -> Self {
        Rgb { width, height, data: color.repeat(width * height) }
    }

    pub fn get(&self, x: usize, y: usize) -> Color {
        let at = 3 * (y * self.width + x);
        [self.data[at], self.data[at + 1], self.data[at + 2]]
    }

    /// Lays `color` over a pixel; `alpha` 1 covers it. Outside the picture nothing happens.
    pub fn blend(&mut self, x: usize, y: usize, color: Color, alpha: f64) {
        if x >= self.width || y >= self.height {
            return;
        }
        let alpha = alpha.clamp(0.0, 1.0);
        let at = 3 * (y * self.width + x);
        for (under, over) in self.data[at..at + 3].iter_mut().zip(color) {
            *under = (f64::from(*under) * (1.0 - alpha) + f64::from(over) * alpha).round() as u8;
        }
    }

    /// Puts a gray picture's pixels at `left`, `top`, clipped. `tone` is what each gray becomes.
    pub fn put_gray(&mut self, gray: &Gray, left: usize, top: usize, tone: impl Fn(u8) -> u8) {
        let tones: [u8; 256] = std::array::from_fn(|v| tone(v as u8));
        let columns = gray.width.min(self.width.saturating_sub(left));
        if columns == 0 {
            return;
        }
        for y in 0..gray.height.min(self.height.saturating_sub(top)) {
            let at = 3 * ((y + top) * self.width + left);
            for (pixel, &v) in self.data[at..].chunks_exact_mut(3).zip(&gray.row(y)[..columns]) {
                pixel.fill(tones[usize::from(v)]);
            }
        }
    }

    pub fn to_png(&self) -> Result<Vec<u8>, ImageError> {
        let mut bytes = Vec::new();
        let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
        encoder.write_image(&self.data, self.width as u32, self.height as u32, ExtendedColorType::Rgb8)?;
        Ok(bytes)
    }

    pub fn to_jpeg(&self, quality: u8) -> Result<Vec<u8>, ImageError> {
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, quality).write_image(
            &self.data,
            self.width as u32,
            self.height as u32,
            ExtendedColorType::Rgb8,
        )?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gray_picture_is_clipped_where_it_leaves() {
        let mut rgb = Rgb::new(4, 3, [255, 0, 0]);
        rgb.put_gray(&Gray::new(9, 9, 10), 2, 1, |v| v ^ 1);
        assert_eq!(
            [rgb.get(1, 1), rgb.get(2, 0), rgb.get(2, 1), rgb.get(3, 2)],
            [[255, 0, 0], [255, 0, 0], [11; 3], [11; 3]]
        );
        rgb.put_gray(&Gray::new(2, 2, 10), 40, 1, |v| v);
        rgb.put_gray(&Gray::new(2, 2, 10), 1, 40, |v| v);
    }

    #[test]
    fn png_keeps_every_pixel() {
        let mut rgb = Rgb::new(5, 4, [1, 2, 3]);
        rgb.blend(2, 2, [200, 100, 0], 1.0);
        let back = image::load_from_memory(&rgb.to_png().unwrap()).unwrap().into_rgb8();
        assert_eq!((back.width(), back.height(), back.into_raw()), (5, 4, rgb.data.clone()));
        assert_eq!(image::load_from_memory(&rgb.to_jpeg(80).unwrap()).unwrap().width(), 5);
    }
}
