//! What a form sends.

use crate::service::http::extract::content_type;
use crate::service::http::{Kind, Problem, incoming};
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};

/// The largest part of a form, in bytes.
const MOST: usize = 2 << 20;

/// Its fields in order; some may be there several times. For [`Form::get`] a missing field and an empty one are the same.
pub struct Form(Vec<(String, String)>);

impl Form {
    pub fn of(body: &[u8]) -> Self {
        Form(url::form_urlencoded::parse(body).into_owned().collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    /// Whether it is there, even if empty.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    pub fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(n, _)| n == name).map(|(_, v)| v.clone()).collect()
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if content_type(request.headers()) == "multipart/form-data" {
            return parts(
                Multipart::from_request(request, state).await.map_err(|e| Kind::Malformed.because(e.body_text()))?,
            )
            .await;
        }
        let body = Bytes::from_request(request, state).await;
        Ok(Form::of(&body.map_err(|e| Problem::field("", e.body_text()))?))
    }
}

/// A form with a file, which is text.
async fn parts(mut form: Multipart) -> Result<Form, Problem> {
    let mut all = Vec::new();
    while let Some(part) = incoming::part(&mut form).await? {
        let name = part.name().unwrap_or_default().to_owned();
        all.push((name, incoming::text(part, MOST).await?));
    }
    Ok(Form(all))
}
