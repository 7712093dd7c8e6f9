//! What a form sends.

use crate::service::http::Problem;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};

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
        let body = Bytes::from_request(request, state).await;
        Ok(Form::of(&body.map_err(|e| Problem::field("", e.body_text()))?))
    }
}
