//! The pictures of a package, each once, however often it is shown.

pub mod bilevel;
mod decode;
mod source;

pub use source::{Folder, NoSource, Source};

use super::foreign::contained;
use super::model::PictureData;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Of one file.
pub const MAX_BYTES: usize = 16 << 20;
/// Of all pictures as they are held: an A4 page in colour at 300 dpi has 25 MiB.
const MOST_HELD: usize = 512 << 20;

pub struct Pictures {
    gray: bool,
    /// Whether JPEGs are taken apart too.
    decoded: bool,
    /// Bytes of all pictures, and how many they may be.
    held: usize,
    most: usize,
    pictures: Vec<PictureData>,
    natural_sizes: Vec<(u32, u32)>,
    by_content: HashMap<[u8; 32], usize>,
}

impl Pictures {
    /// With `gray`, every picture is made gray.
    pub fn new(gray: bool) -> Self {
        let (pictures, natural_sizes, by_content) = (Vec::new(), Vec::new(), HashMap::new());
        Pictures { gray, decoded: false, held: 0, most: MOST_HELD, pictures, natural_sizes, by_content }
    }

    /// In gray, and none as a JPEG: for [`bilevel`].
    pub fn decoded() -> Self {
        Pictures { decoded: true, ..Pictures::new(true) }
    }

    pub fn all(&self) -> &[PictureData] {
        &self.pictures
    }

    /// Width and height in pixels, as the file has them.
    pub fn natural_size(&self, index: usize) -> (u32, u32) {
        self.natural_sizes.get(index).copied().unwrap_or((1, 1))
    }

    /// The index of the picture that a `data:` URI holds or a source has under this reference.
    pub fn take(&mut self, reference: &str, source: &dyn Source) -> Result<usize, String> {
        let reference = reference.trim();
        if reference.is_empty() {
            return Err("no reference; a file's name or a data: URI is expected".to_owned());
        }
        let bytes = match source::data_uri(reference) {
            Some(bytes) => bytes?,
            None => source.fetch(reference)?,
        };
        self.add(&bytes)
    }

    pub fn add(&mut self, bytes: &[u8]) -> Result<usize, String> {
        if bytes.len() > MAX_BYTES {
            return Err(format!("{} bytes; at most {} MiB are expected", bytes.len(), MAX_BYTES >> 20));
        }
        let hash = Sha256::digest(bytes).into();
        if let Some(index) = self.by_content.get(&hash) {
            return Ok(*index);
        }
        let (picture, natural_size) = contained("decoder", || {
            let (picture, natural_size) = decode::decode(bytes, self.gray)?;
            Ok((if self.decoded { bilevel::decoded(picture)? } else { picture }, natural_size))
        })?;
        let held = self.held + picture.pixels.bytes().len();
        if held > self.most {
            return Err(format!("all pictures together are more than {} MiB as they are held", self.most >> 20));
        }
        self.held = held;
        self.by_content.insert(hash, self.pictures.len());
        self.pictures.push(picture);
        self.natural_sizes.push(natural_size);
        Ok(self.pictures.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_picture_is_kept_once() {
        let dot = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
        let mut pictures = Pictures::new(false);
        assert_eq!(pictures.take(dot, &NoSource), Ok(0));
        assert_eq!(pictures.take(&format!(" {dot}\n"), &NoSource), Ok(0));
        assert_eq!((pictures.all().len(), pictures.natural_size(0)), (1, (1, 1)));
        for bad in ["", "figura.png", "https://example.com/a.png", "data:image/png;base64,@@", "data:,x", "data:"] {
            assert!(pictures.take(bad, &NoSource).is_err(), "{bad}");
        }
    }

    #[test]
    fn all_pictures_together_are_bounded() {
        let png = |side: u32| {
            let mut bytes = Vec::new();
            let picture = image::RgbImage::from_fn(side, side, |x, y| image::Rgb([x as u8, y as u8, 9]));
            picture.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
            bytes
        };
        let mut pictures = Pictures { most: 3 << 20, ..Pictures::new(false) };
        assert_eq!(pictures.add(&png(1000)), Ok(0));
        let said = pictures.add(&png(400)).unwrap_err();
        assert_eq!(said, "all pictures together are more than 3 MiB as they are held");
        // One that is there already, or that there is room for, is taken.
        assert_eq!((pictures.add(&png(1000)), pictures.add(&png(100))), (Ok(0), Ok(1)));
    }
}
