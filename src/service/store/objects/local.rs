//! A folder on this machine.

use super::{ObjectError, Opened};
use bytes::Bytes;
use std::io::{ErrorKind, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use uuid::Uuid;

#[derive(Clone, Debug)]
pub struct Local {
    root: PathBuf,
}

fn found(e: std::io::Error) -> ObjectError {
    if e.kind() == ErrorKind::NotFound { ObjectError::NotFound } else { ObjectError::Io(e) }
}

impl Local {
    pub fn new(root: PathBuf) -> Self {
        Local { root }
    }

    /// A place beside the last one, until the file is whole.
    async fn staged(&self, path: &str) -> Result<(PathBuf, PathBuf), ObjectError> {
        let last = self.root.join(path);
        let folder = last.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder).await?;
        Ok((folder.join(format!(".{}.part", Uuid::now_v7())), last))
    }

    pub async fn put_file(&self, path: &str, from: &Path) -> Result<(), ObjectError> {
        let (staged, last) = self.staged(path).await?;
        // A second name for the same bytes costs nothing; on another file system they are copied.
        if fs::hard_link(from, &staged).await.is_err() {
            fs::copy(from, &staged).await?;
        }
        Ok(fs::rename(staged, last).await?)
    }

    pub async fn put(&self, path: &str, bytes: Bytes) -> Result<(), ObjectError> {
        let (staged, last) = self.staged(path).await?;
        let mut file = File::create(&staged).await?;
        file.write_all(&bytes).await?;
        file.sync_all().await?;
        Ok(fs::rename(staged, last).await?)
    }

    pub async fn open(&self, path: &str, range: Option<Range<u64>>) -> Result<Opened, ObjectError> {
        let mut file = File::open(self.root.join(path)).await.map_err(found)?;
        let bytes = file.metadata().await?.len();
        let range = range.unwrap_or(0..bytes);
        if range.start > range.end || range.end > bytes {
            return Err(ObjectError::Range(bytes));
        }
        file.seek(SeekFrom::Start(range.start)).await?;
        let body = Box::pin(file.take(range.end - range.start));
        Ok(Opened { bytes, range, body })
    }

    pub async fn path(&self, path: &str) -> Result<PathBuf, ObjectError> {
        let path = self.root.join(path);
        fs::metadata(&path).await.map_err(found)?;
        Ok(path)
    }

    pub async fn delete(&self, path: &str) -> Result<(), ObjectError> {
        match fs::remove_file(self.root.join(path)).await {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(e.into()),
            _ => Ok(()),
        }
    }
}
