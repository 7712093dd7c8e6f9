//! axum's extractors, with problems for rejections.

use super::{Kind, Problem};
use crate::json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::{DeserializeOwned, IgnoredAny};

pub struct Json<T>(pub T);
pub struct Path<T>(pub T);
pub struct Query<T>(pub T);

/// The type of a body, without its parameters and in lower case; empty where none is said.
pub fn content_type(headers: &HeaderMap) -> String {
    let said = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// That it is JSON at all comes before what it says.
///
/// # Errors
/// It is no JSON: 400. It is no object, for which serde would take a list; or a text in it has U+0000, which no database
/// keeps: 422.
pub fn is_object(bytes: &[u8]) -> Result<(), Problem> {
    let text = str::from_utf8(bytes).map_err(|_| Kind::Malformed.because("not JSON: it is not in UTF-8"))?;
    serde_json::from_str::<IgnoredAny>(text).map_err(|e| Kind::Malformed.because(format!("not JSON: {e}")))?;
    if !text.trim_start().starts_with('{') {
        return Err(Problem::field("", "an object is expected"));
    }
    match json::says_nul(bytes) {
        false => Ok(()),
        true => Err(Problem::field("", "a text has the character U+0000, which can't be kept")),
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if content_type(request.headers()) != "application/json" {
            return Err(Kind::Unsupported.because("Content-Type: application/json is expected"));
        }
        let bytes = Bytes::from_request(request, state).await?;
        is_object(&bytes)?;
        Ok(Json(axum::Json::from_bytes(&bytes)?.0))
    }
}

impl From<BytesRejection> for Problem {
    fn from(e: BytesRejection) -> Problem {
        match e.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Kind::TooLarge.because(e.body_text()),
            _ => Kind::Malformed.because("the body broke off"),
        }
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Ok(Path(axum::extract::Path::from_request_parts(parts, state).await?.0))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Ok(Query(axum::extract::Query::from_request_parts(parts, state).await?.0))
    }
}
