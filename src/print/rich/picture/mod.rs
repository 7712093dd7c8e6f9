//! The pictures of a package, each once, however often it is shown.

mod decode;
mod source;

pub use source::{Folder, NoSource, Source};

use super::foreign::contained;
use super::model::PictureData;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Of one file.
pub const MAX_BYTES: usize = 16 << 20;

pub struct Pictures {
    gray: bool,
    pictures: Vec<PictureData>,
    natural_sizes: Vec<(u32, u32)>,
    by_content: HashMap<[u8; 32], usize>,
}

impl Pictures {
    /// With `gray`, every picture is made gray.
    pub fn new(gray: bool) -> Self {
        Pictures { gray, pictures: Vec::new(), natural_sizes: Vec::new(), by_content: HashMap::new() }
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
        let (picture, natural_size) = contained("decoder", || decode::decode(bytes, self.gray))?;
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
}
