//! OAuth 2.0 client credentials: an API key for a token that lives an hour.

use super::problem::OauthError;
use super::{Kind, Problem};
use crate::service::App;
use crate::service::auth::{Granted, Scope};
use axum::Json;
use axum::extract::rejection::RawFormRejection;
use axum::extract::{RawForm, State};
use axum::http::header::{CACHE_CONTROL, PRAGMA};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

#[derive(Default, Deserialize, utoipa::ToSchema)]
pub struct Asked {
    /// `client_credentials`
    grant_type: Option<String>,
    /// The key's id, or the tenant; here or as the user of Basic.
    client_id: Option<String>,
    /// The API key; here or as the password of Basic.
    client_secret: Option<String>,
    /// Some of the key's scopes, with spaces between. Absent: all of them.
    scope: Option<String>,
}

/// What bears a token is kept nowhere on its way (RFC 6749, section 5.1).
type Unkept = [(HeaderName, &'static str); 2];
const UNKEPT: Unkept = [(CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")];

/// A token for an API key (RFC 6749, section 4.4).
#[utoipa::path(post, path = "/oauth/token", tag = "oauth",
    request_body(content = Asked, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The token", body = Granted, headers(("Cache-Control", description = "no-store"))),
        (status = 400, description = "Not a form, another grant, or no such scope; `error` says which", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No such key", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not a form", body = Problem, content_type = "application/problem+json"),
        (status = 501, description = "No tokens are made here", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn token(
    State(app): State<App>,
    headers: HeaderMap,
    form: Result<RawForm, RawFormRejection>,
) -> Result<(Unkept, Json<Granted>), Problem> {
    let asked = Asked::of(&form.map_err(rejected)?.0)?;
    match asked.grant_type.as_deref() {
        Some("client_credentials") => {}
        Some(_) => return Err(refused(OauthError::UnsupportedGrantType, "grant_type: client_credentials is expected")),
        None => {
            return Err(refused(OauthError::InvalidRequest, "grant_type is missing; client_credentials is expected"));
        }
    }
    let unknown = |detail: &str| Kind::Unauthenticated.because(detail).with_error(OauthError::InvalidClient);
    let (Some(id), Some(secret)) = client(&headers, &asked)? else {
        return Err(unknown("client_id and client_secret are expected, in the form or as Basic"));
    };
    let mut caller = app.auth.client(&id, &secret).await?.ok_or_else(|| unknown("no such key"))?;
    if let Some(scope) = &asked.scope {
        caller.scopes = narrowed(&caller.scopes, scope)?;
    }
    Ok((UNKEPT, Json(app.auth.grant(&caller)?)))
}

impl Asked {
    /// What is said without a value is not said; what is said twice is a mistake; what is unknown is passed over
    /// (RFC 6749, section 3.2).
    fn of(form: &[u8]) -> Result<Self, Problem> {
        let mut asked = Asked::default();
        for (name, value) in url::form_urlencoded::parse(form).filter(|(_, value)| !value.is_empty()) {
            let field = match name.as_ref() {
                "grant_type" => &mut asked.grant_type,
                "client_id" => &mut asked.client_id,
                "client_secret" => &mut asked.client_secret,
                "scope" => &mut asked.scope,
                _ => continue,
            };
            if field.replace(value.into_owned()).is_some() {
                return Err(refused(OauthError::InvalidRequest, &format!("{name} is said twice; one is expected")));
            }
        }
        Ok(asked)
    }
}

fn rejected(e: RawFormRejection) -> Problem {
    let problem = match e.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Kind::TooLarge.because(e.body_text()),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Kind::Unsupported.because("application/x-www-form-urlencoded is expected")
        }
        _ => Kind::Malformed.because("the body broke off"),
    };
    problem.with_error(OauthError::InvalidRequest)
}

fn refused(error: OauthError, detail: &str) -> Problem {
    Kind::Malformed.because(detail).with_error(error)
}

/// Id and secret, of Basic or of the form, and not of both (RFC 6749, section 2.3).
fn client(headers: &HeaderMap, asked: &Asked) -> Result<(Option<String>, Option<String>), Problem> {
    let basic = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()?.split_once(' '));
    let basic = basic.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
    let basic = basic.and_then(|(_, said)| String::from_utf8(STANDARD.decode(said.trim()).ok()?).ok());
    match basic.as_deref().and_then(|said| said.split_once(':')) {
        Some(_) if asked.client_secret.is_some() => {
            Err(refused(OauthError::InvalidRequest, "client_secret is expected in the form or as Basic, not both"))
        }
        Some((id, secret)) => Ok((Some(id.to_owned()), Some(secret.to_owned()))),
        None => Ok((asked.client_id.clone(), asked.client_secret.clone())),
    }
}

/// Those that are asked for, if the key has them all.
fn narrowed(own: &[Scope], asked: &str) -> Result<Vec<Scope>, Problem> {
    let of_own = |word: &str| own.iter().copied().find(|scope| scope.name() == word);
    let scopes: Option<Vec<Scope>> = asked.split_whitespace().map(of_own).collect();
    scopes.filter(|scopes| !scopes.is_empty()).ok_or_else(|| {
        let own = own.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(" ");
        refused(OauthError::InvalidScope, &format!("scope: some of {own} are expected"))
    })
}
