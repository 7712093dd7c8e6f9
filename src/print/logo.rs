//! An institution's logo: a PNG or JPEG of a sensible size, on white.

use super::rich::picture::bilevel;
use image::{DynamicImage, GrayImage, ImageReader, Limits};
use std::io::Cursor;
use std::sync::Arc;

pub const MAX_BYTES: u64 = 8 << 20;
const MAX_SIDE: u32 = 8000;
/// Enough for the place that a logo gets, at 600 dpi.
const PRINTED_SIDE: u32 = 700;

/// Rows of gray or RGB pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    pub width: u32,
    pub height: u32,
    pub gray: bool,
    pub pixels: Arc<[u8]>,
}

#[derive(Debug, thiserror::Error)]
pub enum LogoError {
    #[error("not a PNG or JPEG picture that can be read: {0}")]
    Picture(#[from] image::ImageError),
    #[error("the file can't be read: {0}")]
    File(#[from] std::io::Error),
    #[error("{0} bytes; a logo of at most {MAX_BYTES} is expected")]
    TooLarge(u64),
}

impl Logo {
    pub fn from_bytes(bytes: &[u8], gray: bool) -> Result<Self, LogoError> {
        if bytes.len() as u64 > MAX_BYTES {
            return Err(LogoError::TooLarge(bytes.len() as u64));
        }
        let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
        let mut limits = Limits::default();
        limits.max_image_width = Some(MAX_SIDE);
        limits.max_image_height = Some(MAX_SIDE);
        reader.limits(limits);
        let mut picture = reader.decode()?;
        if picture.width().max(picture.height()) > PRINTED_SIDE {
            picture = picture.resize(PRINTED_SIDE, PRINTED_SIDE, image::imageops::FilterType::Triangle);
        }
        let mut rgba = picture.into_rgba8();
        for pixel in rgba.pixels_mut() {
            let [r, g, b, a] = pixel.0.map(u32::from);
            pixel.0 = [r, g, b, 255].map(|v| ((v * a + 255 * (255 - a)) / 255) as u8);
        }
        let flat = DynamicImage::ImageRgba8(rgba);
        let (width, height) = (flat.width(), flat.height());
        let pixels = if gray { flat.into_luma8().into_raw() } else { flat.into_rgb8().into_raw() };
        Ok(Logo { width, height, gray, pixels: pixels.into() })
    }

    /// A gray logo in pure black and white, of so many dots.
    pub fn in_black(&self, width: u32, height: u32) -> Self {
        match GrayImage::from_raw(self.width, self.height, self.pixels.to_vec()).filter(|_| self.gray) {
            Some(gray) => {
                let pixels = bilevel::scaled(&gray, width, height).into_raw();
                Logo { width, height, gray: true, pixels: pixels.into() }
            }
            None => self.clone(),
        }
    }
}
