//! What backends take and give.

use crate::service::store::db::Millis;
use std::collections::BTreeMap;
use std::ops::Range;
use std::pin::Pin;
use tokio::io::AsyncRead;

#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    #[error("there is no such file")]
    NotFound,
    #[error("the file has {0} bytes; the range asked for lies outside")]
    Range(u64),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("the object storage failed: {0}")]
    Backend(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ObjectError {
    pub(super) fn backend(e: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        ObjectError::Backend(e.into())
    }
}

pub type Reading = Pin<Box<dyn AsyncRead + Send>>;

/// A file being read.
pub struct Opened {
    /// Of the whole file, in bytes.
    pub bytes: u64,
    /// What of it is read.
    pub range: Range<u64>,
    pub body: Reading,
}

/// A file in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub path: String,
    pub bytes: u64,
    pub modified: Millis,
}

/// A link that takes a PUT, and the headers that must go with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedPut {
    pub url: String,
    pub headers: BTreeMap<String, String>,
}
