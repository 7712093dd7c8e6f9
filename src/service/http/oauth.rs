//! OAuth 2.0 client credentials: an API key for a token that lives an hour.

use super::{Kind, Problem};
use crate::service::App;
use crate::service::auth::Granted;
use axum::Json;
use axum::extract::rejection::RawFormRejection;
use axum::extract::{RawForm, State};
use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

#[derive(Deserialize, utoipa::ToSchema)]
pub struct Asked {
    /// `client_credentials`
    grant_type: String,
    /// The key's id, or the tenant; here or as the user of Basic.
    client_id: Option<String>,
    /// The API key; here or as the password of Basic.
    client_secret: Option<String>,
}

/// A token for an API key (RFC 6749, section 4.4).
#[utoipa::path(post, path = "/oauth/token", tag = "oauth",
    request_body(content = Asked, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The token", body = Granted),
        (status = 400, description = "Not a form", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No such key", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not a form", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Another grant", body = Problem, content_type = "application/problem+json"),
        (status = 501, description = "No tokens are made here", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn token(
    State(app): State<App>,
    headers: HeaderMap,
    form: Result<RawForm, RawFormRejection>,
) -> Result<Json<Granted>, Problem> {
    let form = form.map_err(|e| match e.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Kind::TooLarge.because(e.body_text()),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Kind::Unsupported.because("application/x-www-form-urlencoded is expected")
        }
        _ => Kind::Malformed.because("the body broke off"),
    })?;
    let mut asked = Asked { grant_type: String::new(), client_id: None, client_secret: None };
    for (name, value) in url::form_urlencoded::parse(&form.0) {
        match name.as_ref() {
            "grant_type" => asked.grant_type = value.into_owned(),
            "client_id" => asked.client_id = Some(value.into_owned()),
            "client_secret" => asked.client_secret = Some(value.into_owned()),
            _ => {}
        }
    }
    if asked.grant_type != "client_credentials" {
        return Err(Problem::field("grant_type", "client_credentials is expected"));
    }
    let basic = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()?.strip_prefix("Basic "));
    let basic = basic.and_then(|said| String::from_utf8(STANDARD.decode(said).ok()?).ok());
    let (id, secret) = match basic.as_deref().and_then(|said| said.split_once(':')) {
        Some((id, secret)) => (Some(id.to_owned()), Some(secret.to_owned())),
        None => (asked.client_id, asked.client_secret),
    };
    let (Some(id), Some(secret)) = (id, secret) else {
        return Err(Kind::Unauthenticated.because("client_id and client_secret are expected, in the form or as Basic"));
    };
    let granted = app.auth.grant(&id, &secret).await?;
    granted.map(Json).ok_or_else(|| Kind::Unauthenticated.because("no such key"))
}
