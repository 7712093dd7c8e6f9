//! Taking a file from a URL of a stranger, onto the disk as it comes.

use super::Guard;
use super::rules::Denied;
use crate::service::hashed::{Hash, Sink};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Response, StatusCode};
use std::path::Path;
use std::time::Duration;
use url::Url;

/// RFC 9110 names no number; browsers follow 20, a file's URL has no need of more than these.
const REDIRECTS: usize = 5;

/// A file that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    pub bytes: u64,
    pub sha256: String,
    pub content_type: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error("it leads to a URL that is not followed: {0}")]
    Redirected(Denied),
    #[error("it leads on more than {REDIRECTS} times")]
    Redirects,
    #[error("its server answered {}", .0.as_u16())]
    Status(StatusCode),
    #[error("more than {} MiB", .0 >> 20)]
    TooLarge(u64),
    #[error("its server took more than {} s", .0.as_secs())]
    TimedOut(Duration),
    /// TLS, a refused connection, one that broke off.
    #[error("its server can't be reached, or broke off")]
    Unreachable,
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl FetchError {
    /// Whether another attempt may succeed.
    pub fn is_transient(&self) -> bool {
        match self {
            FetchError::Status(status) => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
            FetchError::TimedOut(_) | FetchError::Unreachable | FetchError::Io(_) => true,
            FetchError::Denied(denied) | FetchError::Redirected(denied) => *denied == Denied::Unknown,
            FetchError::Redirects | FetchError::TooLarge(_) => false,
        }
    }
}

impl Guard {
    /// Fetches what `url` leads to into the file `to`, of at most `most` bytes.
    ///
    /// # Errors
    /// It may not be reached, or is not there. What was written by then stays.
    pub async fn fetch(&self, url: &str, most: u64, to: &Path) -> Result<Fetched, FetchError> {
        let url = Url::parse(url).map_err(|_| Denied::NotAUrl)?;
        let time = self.config().time;
        tokio::time::timeout(time, self.take(url, most, to)).await.map_err(|_| FetchError::TimedOut(time))?
    }

    async fn take(&self, mut url: Url, most: u64, to: &Path) -> Result<Fetched, FetchError> {
        let mut client = self.client(&url)?;
        for _ in 0..=REDIRECTS {
            let response = client.get(url.clone()).send().await.map_err(unsent)?;
            let status = response.status();
            if !status.is_redirection() {
                return if status.is_success() {
                    save(response, most, to).await
                } else {
                    Err(FetchError::Status(status))
                };
            }
            let to =
                response.headers().get(LOCATION).and_then(|v| v.to_str().ok()).ok_or(FetchError::Status(status))?;
            url = url.join(to).map_err(|_| FetchError::Redirected(Denied::NotAUrl))?;
            client = self.client(&url).map_err(FetchError::Redirected)?;
        }
        Err(FetchError::Redirects)
    }
}

/// What the resolver denied is somewhere among the causes.
fn unsent(e: reqwest::Error) -> FetchError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&e);
    while let Some(error) = cause {
        if let Some(denied) = error.downcast_ref::<Denied>() {
            return denied.clone().into();
        }
        cause = error.source();
    }
    FetchError::Unreachable
}

async fn save(mut response: Response, most: u64, to: &Path) -> Result<Fetched, FetchError> {
    if response.content_length().is_some_and(|bytes| bytes > most) {
        return Err(FetchError::TooLarge(most));
    }
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let (mut sink, mut bytes) = (Sink::create(to, Hash::new()).await?, 0);
    while let Some(chunk) = response.chunk().await.map_err(|_| FetchError::Unreachable)? {
        bytes += chunk.len() as u64;
        if bytes > most {
            return Err(FetchError::TooLarge(most));
        }
        sink.write(&chunk).await?;
    }
    Ok(Fetched { bytes, sha256: sink.finish().await?.digest(), content_type })
}
