//! A folder on this machine.

use super::{Listed, ObjectError, Opened, Reading};
use std::io::{ErrorKind, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
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

/// How a file is called until it is whole: a name that no key gives.
fn staged(folder: &Path) -> PathBuf {
    folder.join(format!(".{}.part", Uuid::now_v7()))
}

fn is_staged(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') && name.ends_with(".part")
}

impl Local {
    pub fn new(root: PathBuf) -> Self {
        Local { root }
    }

    /// Where a file is written, and where it belongs once it is whole.
    async fn places(&self, path: &str) -> Result<(PathBuf, PathBuf), ObjectError> {
        let last = self.root.join(path);
        let folder = last.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder).await?;
        Ok((staged(folder), last))
    }

    pub async fn put_file(&self, path: &str, from: &Path) -> Result<(), ObjectError> {
        let (staged, last) = self.places(path).await?;
        // A second name for the same bytes costs nothing; on another file system they are copied.
        if fs::hard_link(from, &staged).await.is_err() {
            fs::copy(from, &staged).await?;
        }
        Ok(fs::rename(staged, last).await?)
    }

    pub async fn put(&self, path: &str, mut body: Reading, bytes: u64) -> Result<(), ObjectError> {
        let (staged, last) = self.places(path).await?;
        let mut file = File::create(&staged).await?;
        let copied = async {
            let copied = tokio::io::copy(&mut body, &mut file).await?;
            file.flush().await?;
            file.sync_all().await?;
            if copied == bytes { Ok(()) } else { Err(std::io::Error::from(ErrorKind::UnexpectedEof)) }
        };
        if let Err(e) = copied.await {
            let _ = fs::remove_file(&staged).await;
            return Err(e.into());
        }
        Ok(fs::rename(staged, last).await?)
    }

    pub async fn open(&self, path: &str, range: Option<Range<u64>>) -> Result<Opened, ObjectError> {
        let mut file = File::open(self.root.join(path)).await.map_err(found)?;
        let bytes = file.metadata().await?.len();
        let range = range.unwrap_or(0..bytes);
        file.seek(SeekFrom::Start(range.start)).await?;
        let body = Box::pin(file.take(range.end - range.start));
        Ok(Opened { bytes, range, body })
    }

    pub async fn stat(&self, path: &str) -> Result<u64, ObjectError> {
        Ok(fs::metadata(self.root.join(path)).await.map_err(found)?.len())
    }

    pub async fn path(&self, path: &str) -> Result<PathBuf, ObjectError> {
        let path = self.root.join(path);
        fs::metadata(&path).await.map_err(found)?;
        Ok(path)
    }

    pub async fn rename(&self, from: &str, to: &str) -> Result<(), ObjectError> {
        let (_, last) = self.places(to).await?;
        fs::rename(self.root.join(from), last).await.map_err(found)
    }

    pub async fn delete(&self, path: &str) -> Result<(), ObjectError> {
        match fs::remove_file(self.root.join(path)).await {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(e.into()),
            _ => Ok(()),
        }
    }

    pub async fn list(&self, folder: &str) -> Result<Vec<Listed>, ObjectError> {
        let files = walk(self.root.join(folder)).await?;
        let listed = |(path, bytes, modified): (PathBuf, u64, SystemTime)| {
            let path = path.strip_prefix(&self.root).ok()?.to_str()?.to_owned();
            let modified = modified.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64);
            Some(Listed { path, bytes, modified })
        };
        Ok(files.into_iter().filter(|(path, ..)| !is_staged(path)).filter_map(listed).collect())
    }

    /// Removes folders that have become empty, from `folder` on upwards.
    pub async fn prune(&self, folder: &str) {
        let mut folders = vec![self.root.join(folder)];
        let mut at = 0;
        while let Some(folder) = folders.get(at) {
            let Ok(mut entries) = fs::read_dir(folder).await else { break };
            while let Ok(Some(entry)) = entries.next_entry().await {
                if entry.file_type().await.is_ok_and(|t| t.is_dir()) {
                    folders.push(entry.path());
                }
            }
            at += 1;
        }
        // Only an empty one can be removed.
        for folder in folders.iter().rev() {
            let _ = fs::remove_dir(folder).await;
        }
        let mut above = self.root.join(folder);
        while above.pop() && above != self.root && fs::remove_dir(&above).await.is_ok() {}
    }

    /// Deletes files that were never finished and that nobody has touched for so long.
    pub async fn tidy(&self, older: Duration) -> Result<u64, ObjectError> {
        let mut deleted = 0;
        for (path, _, modified) in walk(self.root.clone()).await? {
            if is_staged(&path) && modified.elapsed().is_ok_and(|age| age > older) {
                fs::remove_file(path)
                    .await
                    .or_else(|e| if e.kind() == ErrorKind::NotFound { Ok(()) } else { Err(e) })?;
                deleted += 1;
            }
        }
        Ok(deleted)
    }
}

/// All files below `folder`; none where there is no such folder.
async fn walk(folder: PathBuf) -> std::io::Result<Vec<(PathBuf, u64, SystemTime)>> {
    let mut files = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        let mut entries = match fs::read_dir(&folder).await {
            Err(e) if e.kind() == ErrorKind::NotFound => continue,
            entries => entries?,
        };
        while let Some(entry) = entries.next_entry().await? {
            match entry.metadata().await {
                Ok(m) if m.is_dir() => folders.push(entry.path()),
                Ok(m) => files.push((entry.path(), m.len(), m.modified()?)),
                // Deleted meanwhile.
                Err(e) if e.kind() == ErrorKind::NotFound => {}
                Err(e) => return Err(e),
            }
        }
    }
    Ok(files)
}
