//! Answering with a file, or a part of it (RFC 9110, range requests).

use super::job::time;
use super::{Kind, Problem, etag};
use crate::service::App;
use crate::service::store::{Key, ObjectError};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::ops::Range;
use tokio_util::io::ReaderStream;

/// What a client may keep and ask a part of.
pub struct Described<'a> {
    pub key: Key,
    pub name: &'a str,
    pub bytes: u64,
    /// Names the content: the same for the same bytes.
    pub etag: String,
}

/// Where a file can be downloaded.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Link {
    pub url: String,
    /// Null: never.
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
}

/// A signed link to a file; `here` where the storage signs none.
pub async fn link(app: &App, key: &Key, name: &str, here: String) -> Result<Link, Problem> {
    let ttl = app.config.objects.link;
    let expires_at = time(jiff::Timestamp::now().as_millisecond() + ttl.as_millis() as i64);
    // Signing asks nothing of the storage: it would give a link to a file that is gone.
    app.objects.stat(key).await?;
    let name = name.rsplit('/').next().unwrap_or_default();
    Ok(match app.objects.sign_get(key, ttl, &disposition(name)).await? {
        Some(url) => Link { url, expires_at: Some(expires_at) },
        None => Link { url: here, expires_at: None },
    })
}

pub async fn file(app: &App, headers: &HeaderMap, file: Described<'_>) -> Result<Response, Problem> {
    let etag = format!("\"{}\"", file.etag);
    let header = |name: header::HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    if etag::among(headers, header::IF_NONE_MATCH, &etag) == Some(true) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    // A part of another version of the file would be put together with what the client has of this one.
    let same = header(header::IF_RANGE).is_none_or(|said| said == etag);
    let range = match header(header::RANGE).filter(|_| same).map(|said| range(said, file.bytes)) {
        Some(Asked::Unsatisfiable) => {
            let mut response =
                Kind::RangeNotSatisfiable.because(format!("the file has {} bytes", file.bytes)).into_response();
            let whole = HeaderValue::from_str(&format!("bytes */{}", file.bytes));
            whole.into_iter().for_each(|v| drop(response.headers_mut().insert(header::CONTENT_RANGE, v)));
            return Ok(response);
        }
        Some(Asked::Part(range)) => Some(range),
        Some(Asked::Whole) | None => None,
    };
    let opened = app.objects.open(&file.key, range.clone()).await?;
    let length = opened.range.end - opened.range.start;
    let name = file.name.rsplit('/').next().unwrap_or_default();
    let mut response = Response::builder()
        .header(header::CONTENT_TYPE, content_type(name))
        .header(header::CONTENT_LENGTH, length)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::ETAG, etag)
        .header(header::CACHE_CONTROL, "private, no-cache")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::CONTENT_DISPOSITION, disposition(name));
    if let Some(range) = range {
        let said = format!("bytes {}-{}/{}", range.start, range.end - 1, opened.bytes);
        response = response.status(StatusCode::PARTIAL_CONTENT).header(header::CONTENT_RANGE, said);
    }
    let body = Body::from_stream(ReaderStream::with_capacity(opened.body, 1 << 16));
    response.body(body).map_err(|_| Kind::Internal.because("its name can't be told"))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("pdf") => "application/pdf",
        Some("json") => "application/json",
        Some("zip") => "application/zip",
        Some("jpg") => "image/jpeg",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

/// RFC 6266: a plain name for all, the true one for those that understand it.
pub fn disposition(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect();
    let whole = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

#[derive(Debug, PartialEq)]
enum Asked {
    Whole,
    Part(Range<u64>),
    Unsatisfiable,
}

/// One range; several, and what is no range, are answered by the whole file, as RFC 9110 allows.
fn range(said: &str, bytes: u64) -> Asked {
    let Some((first, last)) = said.strip_prefix("bytes=").and_then(|r| r.split_once('-')) else { return Asked::Whole };
    let range = match (first.trim(), last.trim()) {
        ("", last) => last.parse().ok().map(|n: u64| bytes.saturating_sub(n)..bytes),
        (first, "") => first.parse().ok().map(|first| first..bytes),
        (first, last) => match (first.parse::<u64>(), last.parse::<u64>()) {
            (Ok(first), Ok(last)) if first <= last => Some(first..last.saturating_add(1).min(bytes)),
            _ => None,
        },
    };
    match range {
        None => Asked::Whole,
        Some(r) if r.start >= bytes || r.is_empty() => Asked::Unsatisfiable,
        Some(r) => Asked::Part(r),
    }
}

impl From<ObjectError> for Problem {
    fn from(e: ObjectError) -> Self {
        match e {
            ObjectError::NotFound => Kind::Gone.because("the file is not kept any more"),
            ObjectError::Range(bytes) => Kind::RangeNotSatisfiable.because(format!("the file has {bytes} bytes")),
            ObjectError::Io(e) => e.into(),
            ObjectError::Backend(e) => {
                tracing::error!(error = %e, "the object storage failed");
                Kind::Busy.because("the object storage does not answer as it should")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_rfc_9110() {
        assert_eq!(range("bytes=0-4", 10), Asked::Part(0..5));
        assert_eq!(range("bytes=5-", 10), Asked::Part(5..10));
        assert_eq!(range("bytes=-3", 10), Asked::Part(7..10));
        assert_eq!(range("bytes=-30", 10), Asked::Part(0..10));
        assert_eq!(range("bytes=8-99", 10), Asked::Part(8..10));
        assert_eq!(range("bytes=10-", 10), Asked::Unsatisfiable);
        assert_eq!(range("bytes=-0", 10), Asked::Unsatisfiable);
        for whole in ["bytes=5-2", "items=0-1", "bytes=a-b", "bytes=0-1,3-4"] {
            assert_eq!(range(whole, 10), Asked::Whole, "{whole}");
        }
    }

    #[test]
    fn a_name_can_not_break_out_of_its_header() {
        let said = disposition("sala \"12\"\r\n á.pdf");
        assert!(!said.contains('\n') && said.contains("filename=\"sala__12_____.pdf\""), "{said}");
    }
}
