//! Files in a ZIP. Nothing is unpacked to disk, and no member is believed to be larger than it says.

use super::error::PageError;
use super::sniff::SNIFF_BYTES;
use crate::limits::Limits;
use std::io::{Cursor, Read};
use std::sync::Arc;
use zip::ZipArchive;
use zip::result::ZipError;

#[derive(Clone)]
struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Cheap to clone: the bytes and the directory are shared.
#[derive(Clone)]
pub struct Archive(ZipArchive<Cursor<Shared>>);

#[derive(Clone)]
pub struct Member {
    archive: Archive,
    index: usize,
}

/// What the directory says of a member.
#[derive(Clone, Debug)]
pub struct Entry {
    /// With `/` between folders.
    pub name: String,
    pub bytes: u64,
}

impl Archive {
    pub fn open(bytes: Arc<Vec<u8>>, limits: &Limits) -> Result<Self, PageError> {
        let archive = ZipArchive::new(Cursor::new(Shared(bytes))).map_err(convert)?;
        if archive.len() > limits.max_zip_entries {
            return Err(PageError::TooManyEntries { entries: archive.len(), limit: limits.max_zip_entries });
        }
        Ok(Archive(archive))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Word, Excel, OpenDocument and the like are ZIP files too.
    pub fn is_office_document(&self) -> bool {
        ["[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF"].iter().any(|n| self.0.index_for_name(n).is_some())
    }

    /// None for a folder.
    pub fn entry(&mut self, index: usize) -> Result<Option<Entry>, PageError> {
        let file = self.0.by_index_raw(index).map_err(convert)?;
        let name = match file.name() {
            Ok(name) => name.replace('\\', "/"),
            Err(_) => String::from_utf8_lossy(file.name_raw()).replace('\\', "/"),
        };
        Ok((!file.is_dir()).then(|| Entry { name, bytes: file.size() }))
    }

    pub fn member(&self, index: usize) -> Member {
        Member { archive: self.clone(), index }
    }
}

impl Member {
    /// The first bytes, to tell what it is.
    pub fn head(&self) -> Result<Vec<u8>, PageError> {
        self.read(SNIFF_BYTES as u64)
    }

    pub fn load(&self, limits: &Limits) -> Result<Vec<u8>, PageError> {
        let mut archive = self.archive.clone();
        let claimed = archive.entry(self.index)?.map_or(0, |e| e.bytes);
        if claimed > limits.max_file_bytes {
            return Err(PageError::FileTooLarge { bytes: claimed, limit: limits.max_file_bytes });
        }
        let bytes = self.read(claimed + 1)?;
        if bytes.len() as u64 > claimed {
            return Err(PageError::DecompressionBomb { format: "ZIP", limit: claimed });
        }
        Ok(bytes)
    }

    fn read(&self, at_most: u64) -> Result<Vec<u8>, PageError> {
        let mut archive = self.archive.0.clone();
        let file = archive.by_index(self.index).map_err(convert)?;
        let mut bytes = Vec::new();
        file.take(at_most).read_to_end(&mut bytes).map_err(|e| match e.kind() {
            std::io::ErrorKind::UnexpectedEof => PageError::Truncated("ZIP"),
            _ => PageError::damaged("ZIP", e),
        })?;
        Ok(bytes)
    }
}

fn convert(error: ZipError) -> PageError {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            PageError::PasswordProtected("ZIP")
        }
        ZipError::UnsupportedArchive(feature) => {
            PageError::UnsupportedFeature { format: "ZIP", feature: feature.to_owned() }
        }
        ZipError::CompressionMethodNotSupported(method) => {
            PageError::UnsupportedFeature { format: "ZIP", feature: format!("compression method {method}") }
        }
        ZipError::Io(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => PageError::Truncated("ZIP"),
        other => PageError::damaged("ZIP", other),
    }
}
