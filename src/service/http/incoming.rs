//! Bodies with files. They go to disk as they come, whatever their size, and are hashed on the way, to tell one from another.

use super::{Kind, Problem};
use crate::service::App;
use crate::service::hashed::Sink;
use axum::body::Body;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use blake3::Hasher;
use futures_util::StreamExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::fs::File;
use tokio::time::timeout;
use tokio_util::io::ReaderStream;
use uuid::Uuid;

/// A folder for what a request brought, gone with it.
pub struct Incoming(PathBuf);

/// A file that a request brought.
pub struct Arrived {
    /// As the client calls it.
    pub name: String,
    pub path: PathBuf,
    pub bytes: u64,
    pub blake3: String,
}

impl Incoming {
    pub async fn new(app: &App) -> Result<Self, Problem> {
        let path = app.config.data.join("incoming").join(Uuid::now_v7().to_string());
        tokio::fs::create_dir_all(&path).await?;
        Ok(Incoming(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Takes in a body of at most `most` bytes, for somebody else to read; with its hash.
    /// `time` is the longest without a byte.
    pub async fn pass(&self, body: Body, most: u64, time: Duration) -> Result<(Body, String), Problem> {
        let path = self.0.join("body");
        let (mut sink, mut bytes) = (Sink::create(&path, Hasher::new()).await?, 0);
        let mut body = body.into_data_stream();
        while let Some(chunk) =
            timeout(time, body.next()).await.map_err(|_| Kind::TooSlow.because("the body stopped coming"))?
        {
            let chunk = chunk.map_err(|_| Kind::Malformed.because("the body broke off"))?;
            bytes += chunk.len() as u64;
            if bytes > most {
                return Err(Kind::TooLarge.because(format!("the body has more than {} MiB", most >> 20)));
            }
            sink.write(&chunk).await?;
        }
        let hash = digest(sink).await?;
        let body = Body::from_stream(ReaderStream::with_capacity(File::open(path).await?, 1 << 16));
        Ok((body, hash))
    }

    /// Takes in one file.
    pub async fn take(&self, mut field: Field<'_>) -> Result<Arrived, Problem> {
        let name = field.file_name().unwrap_or_default().to_owned();
        let path = self.0.join(Uuid::now_v7().to_string());
        let (mut sink, mut bytes) = (Sink::create(&path, Hasher::new()).await?, 0);
        while let Some(chunk) = field.chunk().await? {
            bytes += chunk.len() as u64;
            sink.write(&chunk).await?;
        }
        Ok(Arrived { name, path, bytes, blake3: digest(sink).await? })
    }
}

async fn digest(sink: Sink<Hasher>) -> std::io::Result<String> {
    Ok(sink.finish().await?.finalize().to_hex().to_string())
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // Files that were kept have another name by now.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The next part of a body.
pub async fn part<'m>(multipart: &'m mut Multipart) -> Result<Option<Field<'m>>, Problem> {
    Ok(multipart.next_field().await?)
}

/// A part that is JSON, or text.
pub async fn text(field: Field<'_>, most: usize) -> Result<String, Problem> {
    let name = field.name().unwrap_or_default().to_owned();
    let mut field = field;
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await? {
        if bytes.len() + chunk.len() > most {
            return Err(Kind::TooLarge.because(format!("the part {name} has more than {} MiB", most >> 20)));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| Problem::field(name, "UTF-8 text is expected"))
}

impl From<MultipartError> for Problem {
    fn from(e: MultipartError) -> Self {
        let kind = if e.status().as_u16() == 413 { Kind::TooLarge } else { Kind::Malformed };
        kind.because(e.body_text())
    }
}
