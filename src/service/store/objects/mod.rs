//! Files, by keys. Every backend keeps one contract (`tests/service/objects.rs`): a file is there whole or not at all,
//! a later one takes its place, what is not there can be deleted, and a range outside of it is told with its size.

mod cloud;
mod config;
mod key;
mod lifecycle;
mod local;
mod s3;
mod types;

pub use config::{ObjectsConfig, ObjectsKind};
pub use key::{Folder, Key, is_crop, is_safe_name};
pub use lifecycle::Rules;
pub use types::{Listed, ObjectError, Opened, Reading, SignedPut};

use bytes::Bytes;
use cloud::CloudStorage;
use local::Local;
use s3::S3;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::AsyncReadExt;

/// Where files are kept.
#[derive(Clone, Debug)]
pub struct Objects {
    backend: Backend,
    /// Before every path: empty, or ending in a slash.
    prefix: String,
}

#[derive(Clone, Debug)]
enum Backend {
    /// A folder.
    Local(Local),
    S3(S3),
    /// Google's.
    Cloud(CloudStorage),
}

/// Larger files go in pieces of so many bytes, of which few are in memory at once.
pub const PIECE: u64 = 8 << 20;

macro_rules! backend {
    ($self:ident, $o:ident => $e:expr) => {
        match &$self.backend {
            Backend::Local($o) => $e,
            Backend::S3($o) => $e,
            Backend::Cloud($o) => $e,
        }
    };
}

impl Objects {
    /// What is configured; by default a folder in `data`.
    ///
    /// # Errors
    /// Its configuration or its credentials can't be understood. The storage itself is not asked.
    pub async fn configured(config: &ObjectsConfig, data: &Path) -> Result<Self, ObjectError> {
        let prefix = config.prefix.trim_matches('/');
        Ok(Objects {
            backend: match config.kind {
                ObjectsKind::Local => Backend::Local(Local::new(data.join("objects"))),
                ObjectsKind::S3 => Backend::S3(S3::new(config)?),
                ObjectsKind::Cloud => Backend::Cloud(CloudStorage::new(config).await?),
            },
            prefix: if prefix.is_empty() { String::new() } else { format!("{prefix}/") },
        })
    }

    fn path(&self, key: &Key) -> String {
        format!("{}{}", self.prefix, key.path())
    }

    fn folder(&self, folder: &Folder) -> String {
        format!("{}{}", self.prefix, folder.path())
    }

    /// `gs://bucket/…`, where that is where files are kept.
    pub fn cloud_uri(&self, key: &Key) -> Option<String> {
        match &self.backend {
            Backend::Cloud(cloud) => Some(format!("gs://{}/{}", cloud.bucket(), self.path(key))),
            _ => None,
        }
    }

    /// Keeps a file that lies here, under `key`.
    ///
    /// # Errors
    /// Of the backend.
    pub async fn put_file(&self, key: &Key, from: &Path) -> Result<(), ObjectError> {
        if let Backend::Local(local) = &self.backend {
            return local.put_file(&self.path(key), from).await;
        }
        let file = tokio::fs::File::open(from).await?;
        let bytes = file.metadata().await?.len();
        self.put_stream(key, Box::pin(file), bytes).await
    }

    /// # Errors
    /// Of the backend.
    pub async fn put(&self, key: &Key, bytes: Bytes) -> Result<(), ObjectError> {
        let length = bytes.len() as u64;
        self.put_stream(key, Box::pin(std::io::Cursor::new(bytes)), length).await
    }

    /// Keeps what is read, which has so many bytes.
    ///
    /// # Errors
    /// It ends early or breaks off, or of the backend. Nothing is kept then.
    pub async fn put_stream(&self, key: &Key, body: Reading, bytes: u64) -> Result<(), ObjectError> {
        backend!(self, o => o.put(&self.path(key), body, bytes).await)
    }

    /// Keeps several files as one, in their order.
    ///
    /// # Errors
    /// As [`Objects::open`] and [`Objects::put_stream`].
    pub async fn join(&self, from: &[Key], to: &Key) -> Result<(), ObjectError> {
        let mut whole: Reading = Box::pin(tokio::io::empty());
        let mut bytes = 0;
        for key in from {
            // Opened when its turn comes: a connection that waits for minutes is cut.
            bytes += self.stat(key).await?;
            whole = Box::pin(whole.chain(self.lazily(key.clone())));
        }
        self.put_stream(to, whole, bytes).await
    }

    fn lazily(&self, key: Key) -> Reading {
        let objects = self.clone();
        let open = async move {
            let opened = objects.open(&key, None).await.map_err(std::io::Error::other)?;
            Ok::<_, std::io::Error>(tokio_util::io::ReaderStream::with_capacity(opened.body, 1 << 16))
        };
        let stream = futures_util::TryStreamExt::try_flatten(futures_util::stream::once(open));
        Box::pin(tokio_util::io::StreamReader::new(Box::pin(stream)))
    }

    /// Opens a file, or a part of it.
    ///
    /// # Errors
    /// [`ObjectError::NotFound`], [`ObjectError::Range`], or of the backend.
    pub async fn open(&self, key: &Key, range: Option<Range<u64>>) -> Result<Opened, ObjectError> {
        let path = self.path(key);
        let Some(range) = range else { return backend!(self, o => o.open(&path, None).await) };
        let bytes = self.stat(key).await?;
        if range.start > range.end || range.end > bytes {
            return Err(ObjectError::Range(bytes));
        }
        if range.is_empty() {
            return Ok(Opened { bytes, range, body: Box::pin(tokio::io::empty()) });
        }
        backend!(self, o => o.open(&path, Some(range)).await)
    }

    /// How many bytes a file has.
    ///
    /// # Errors
    /// [`ObjectError::NotFound`], or of the backend.
    pub async fn stat(&self, key: &Key) -> Result<u64, ObjectError> {
        backend!(self, o => o.stat(&self.path(key)).await)
    }

    /// Brings a file here: to `scratch`, or where it lies already.
    ///
    /// # Errors
    /// [`ObjectError::NotFound`], or of the backend.
    pub async fn fetch(&self, key: &Key, scratch: &Path) -> Result<PathBuf, ObjectError> {
        if let Backend::Local(local) = &self.backend {
            return local.path(&self.path(key)).await;
        }
        let mut opened = self.open(key, None).await?;
        let mut file = tokio::fs::File::create(scratch).await?;
        tokio::io::copy(&mut opened.body, &mut file).await?;
        tokio::io::AsyncWriteExt::flush(&mut file).await?;
        Ok(scratch.to_owned())
    }

    /// Whether [`Objects::fetch`] makes a copy.
    pub fn copies(&self) -> bool {
        !matches!(self.backend, Backend::Local(_))
    }

    /// Gives a file another key, without its bytes coming here.
    ///
    /// # Errors
    /// [`ObjectError::NotFound`], or of the backend.
    pub async fn rename(&self, from: &Key, to: &Key) -> Result<(), ObjectError> {
        backend!(self, o => o.rename(&self.path(from), &self.path(to)).await)
    }

    /// Deletes a file, if it is there.
    ///
    /// # Errors
    /// Of the backend.
    pub async fn delete(&self, key: &Key) -> Result<(), ObjectError> {
        backend!(self, o => o.delete(&self.path(key)).await)
    }

    /// All files of a folder, with paths below it.
    ///
    /// # Errors
    /// Of the backend.
    pub async fn list(&self, folder: &Folder) -> Result<Vec<Listed>, ObjectError> {
        let folder = format!("{}/", self.folder(folder));
        let mut listed = backend!(self, o => o.list(folder.trim_end_matches('/')).await)?;
        for file in &mut listed {
            file.path = file.path.strip_prefix(&folder).unwrap_or(&file.path).to_owned();
        }
        listed.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(listed)
    }

    /// Deletes all files of a folder of which `which` says so; gives how many.
    ///
    /// # Errors
    /// Of the backend. Some may be deleted by then.
    pub async fn delete_of(&self, folder: &Folder, which: impl Fn(&Listed) -> bool) -> Result<u64, ObjectError> {
        let mut deleted = 0;
        for file in self.list(folder).await?.into_iter().filter(which) {
            let path = format!("{}/{}", self.folder(folder), file.path);
            backend!(self, o => o.delete(&path).await)?;
            deleted += 1;
        }
        if let Backend::Local(local) = &self.backend {
            local.prune(&self.folder(folder)).await;
        }
        Ok(deleted)
    }

    /// Deletes a folder; gives how many files it had.
    ///
    /// # Errors
    /// Of the backend. Some may be deleted by then.
    pub async fn delete_folder(&self, folder: &Folder) -> Result<u64, ObjectError> {
        self.delete_of(folder, |_| true).await
    }

    /// A link under which whoever has it may download the file until `ttl` is over, with this Content-Disposition. None
    /// where the backend has no such links: a folder, or credentials that can't sign.
    ///
    /// # Errors
    /// Of the credentials.
    pub async fn sign_get(&self, key: &Key, ttl: Duration, disposition: &str) -> Result<Option<String>, ObjectError> {
        match &self.backend {
            Backend::Local(_) => Ok(None),
            Backend::S3(s3) => s3.sign_get(&self.path(key), ttl, disposition).await.map(Some),
            Backend::Cloud(cloud) => cloud.sign_get(&self.path(key), ttl, disposition).await,
        }
    }

    /// A link under which whoever has it may put a file of so many bytes. None as for [`Objects::sign_get`].
    ///
    /// # Errors
    /// Of the credentials.
    pub async fn sign_put(&self, key: &Key, ttl: Duration, bytes: u64) -> Result<Option<SignedPut>, ObjectError> {
        match &self.backend {
            Backend::Local(_) => Ok(None),
            Backend::S3(s3) => s3.sign_put(&self.path(key), ttl).await.map(Some),
            Backend::Cloud(cloud) => cloud.sign_put(&self.path(key), ttl, bytes).await,
        }
    }

    /// The bucket's own rules, as it tells them; None: no bucket, or none are set.
    ///
    /// # Errors
    /// Of the backend.
    pub async fn rules(&self) -> Result<Option<String>, ObjectError> {
        match &self.backend {
            Backend::Local(_) => Ok(None),
            Backend::S3(s3) => s3.rules().await,
            Backend::Cloud(cloud) => cloud.rules().await,
        }
    }

    /// Puts these rules in place of the bucket's own.
    ///
    /// # Errors
    /// Of the backend.
    pub async fn set_rules(&self, rules: &Rules) -> Result<(), ObjectError> {
        match &self.backend {
            Backend::Local(_) => Ok(()),
            Backend::S3(s3) => s3.set_rules(rules, &self.prefix).await,
            Backend::Cloud(cloud) => cloud.set_rules(rules, &self.prefix).await,
        }
    }

    /// What crashes left behind that no key names: half-written files of a folder. Buckets do it by their rules.
    ///
    /// # Errors
    /// Of the file system.
    pub async fn tidy(&self, older: Duration) -> Result<u64, ObjectError> {
        match &self.backend {
            Backend::Local(local) => local.tidy(older).await,
            _ => Ok(0),
        }
    }
}
