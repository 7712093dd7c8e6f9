//! Files, by keys. Every backend passes one suite of tests ([`tests`]).

mod key;
mod local;
#[cfg(test)]
mod tests;

pub use key::{Key, is_safe_name};
pub use local::Local;

use bytes::Bytes;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use tokio::io::AsyncRead;

/// Where files are kept.
#[derive(Clone, Debug)]
pub enum Objects {
    /// A folder.
    Local(Local),
}

#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    #[error("there is no such file")]
    NotFound,
    #[error("the file has {0} bytes; the range asked for lies outside")]
    Range(u64),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// A file being read.
pub struct Opened {
    /// Of the whole file, in bytes.
    pub bytes: u64,
    /// What of it is read.
    pub range: Range<u64>,
    pub body: Pin<Box<dyn AsyncRead + Send>>,
}

impl Objects {
    /// Keeps a file that lies here, under `key`. It is there whole or not at all.
    ///
    /// # Errors
    /// Of the backend.
    pub async fn put_file(&self, key: &Key, from: &Path) -> Result<(), ObjectError> {
        match self {
            Objects::Local(local) => local.put_file(&key.path(), from).await,
        }
    }

    /// # Errors
    /// Of the backend.
    pub async fn put(&self, key: &Key, bytes: Bytes) -> Result<(), ObjectError> {
        match self {
            Objects::Local(local) => local.put(&key.path(), bytes).await,
        }
    }

    /// Opens a file, or a part of it.
    ///
    /// # Errors
    /// [`ObjectError::NotFound`], [`ObjectError::Range`], or of the backend.
    pub async fn open(&self, key: &Key, range: Option<Range<u64>>) -> Result<Opened, ObjectError> {
        match self {
            Objects::Local(local) => local.open(&key.path(), range).await,
        }
    }

    /// Brings a file here: to `scratch`, or where it lies already.
    ///
    /// # Errors
    /// [`ObjectError::NotFound`], or of the backend.
    pub async fn fetch(&self, key: &Key, _scratch: &Path) -> Result<PathBuf, ObjectError> {
        match self {
            Objects::Local(local) => local.path(&key.path()).await,
        }
    }

    /// Deletes a file, if it is there.
    ///
    /// # Errors
    /// Of the backend.
    pub async fn delete(&self, key: &Key) -> Result<(), ObjectError> {
        match self {
            Objects::Local(local) => local.delete(&key.path()).await,
        }
    }
}
