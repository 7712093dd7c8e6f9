//! Errors as clients see them: RFC 9457 `application/problem+json`. Only here is a status chosen.

use crate::json::Fault;
use crate::service::child::ChildError;
use crate::service::jobs::QueueError;
use crate::service::store::DbError;
use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::time::Duration;

/// What went wrong. `type` never changes for one kind of fault.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// `urn:gabarito:problem:…`
    #[serde(rename = "type")]
    #[schema(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    /// Everything wrong with the request, by path.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<FaultSchema>)]
    errors: Vec<Fault>,
    /// Of `POST /oauth/token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<OauthError>,
    #[serde(skip)]
    retry_after: Option<Duration>,
}

/// Codes that clients of OAuth know (RFC 6749, section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OauthError {
    InvalidRequest,
    InvalidClient,
    InvalidScope,
    UnsupportedGrantType,
}

/// One thing wrong, and where.
#[derive(utoipa::ToSchema)]
#[schema(as = Fault)]
#[allow(dead_code, reason = "only its schema is used")]
struct FaultSchema {
    path: String,
    message: String,
}

/// Kinds of fault: status, slug and title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Malformed,
    Invalid,
    Unauthenticated,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    NotAcceptable,
    Conflict,
    InFlight,
    KeyReused,
    Gone,
    Changed,
    TooLarge,
    Unsupported,
    RangeNotSatisfiable,
    Internal,
    NotAvailable,
    Upstream,
    Busy,
    TooSlow,
    TimedOut,
}

impl Kind {
    fn of(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Kind::Malformed => (StatusCode::BAD_REQUEST, "malformed", "The request can't be understood"),
            Kind::Invalid => {
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The request says something that is not valid")
            }
            Kind::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated", "Who is asking?"),
            Kind::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "These credentials do not allow it"),
            Kind::NotFound => (StatusCode::NOT_FOUND, "not-found", "There is no such thing"),
            Kind::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Not with this method"),
            Kind::NotAcceptable => (StatusCode::NOT_ACCEPTABLE, "not-acceptable", "Not in this format"),
            Kind::Conflict => (StatusCode::CONFLICT, "conflict", "Not in the state that it is in"),
            Kind::InFlight => (StatusCode::CONFLICT, "in-flight", "The same request is under way"),
            Kind::KeyReused => {
                (StatusCode::UNPROCESSABLE_ENTITY, "key-reused", "The idempotency key belongs to another request")
            }
            Kind::Changed => (StatusCode::PRECONDITION_FAILED, "changed", "It was changed in the meantime"),
            Kind::Gone => (StatusCode::GONE, "gone", "It was deleted"),
            Kind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large"),
            Kind::Unsupported => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported", "This type of content is not taken")
            }
            Kind::RangeNotSatisfiable => (StatusCode::RANGE_NOT_SATISFIABLE, "range", "There are no such bytes"),
            Kind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Our fault"),
            Kind::NotAvailable => (StatusCode::NOT_IMPLEMENTED, "not-available", "Not installed here"),
            Kind::Upstream => (StatusCode::BAD_GATEWAY, "upstream", "Another server failed"),
            Kind::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy", "Too much to do"),
            Kind::TooSlow => (StatusCode::REQUEST_TIMEOUT, "too-slow", "The request came too slowly"),
            Kind::TimedOut => (StatusCode::GATEWAY_TIMEOUT, "timed-out", "It took too long"),
        }
    }

    /// A problem of this kind. `detail` says what would be valid, and names no person.
    pub fn because(self, detail: impl Into<String>) -> Problem {
        let (status, slug, title) = self.of();
        Problem {
            kind: format!("urn:gabarito:problem:{slug}"),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            error: None,
            retry_after: matches!(self, Kind::Busy | Kind::InFlight).then_some(Duration::from_secs(1)),
        }
    }
}

impl Kind {
    /// A problem of this kind, in these places of the request.
    pub fn in_places(self, faults: Vec<Fault>) -> Problem {
        let count = faults.len();
        let detail = match faults.first() {
            Some(first) if count == 1 => first.to_string(),
            Some(first) => format!("{first}; and {} more", count - 1),
            None => "something is not valid".to_owned(),
        };
        Problem { errors: faults, ..self.because(detail) }
    }
}

impl Problem {
    /// What a client sent is wrong in these places.
    pub fn invalid(faults: Vec<Fault>) -> Problem {
        Kind::Invalid.in_places(faults)
    }

    /// One field is wrong.
    pub fn field(path: impl Into<String>, message: impl Into<String>) -> Problem {
        Problem::invalid(vec![Fault { path: path.into(), message: message.into() }])
    }

    pub fn not_found(what: &str) -> Problem {
        Kind::NotFound.because(format!("no {what} has this id"))
    }

    /// When to try again.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Problem {
        self.retry_after = Some(after);
        self
    }

    /// The same, with a code that clients of OAuth know.
    #[must_use]
    pub fn with_error(mut self, error: OauthError) -> Problem {
        self.error = Some(error);
        self
    }

    /// The same, told in other words.
    #[must_use]
    pub fn in_words(self, detail: String, errors: Vec<Fault>) -> Problem {
        Problem { detail, errors, ..self }
    }

    /// What is wrong, for people who read English.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Everything wrong with the request.
    pub fn errors(&self) -> &[Fault] {
        &self.errors
    }

    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let retry_after = self.retry_after.map(|d| d.as_secs().max(1));
        let mut response = (status, Json(&self)).into_response();
        // Pages say it in their own words.
        response.extensions_mut().insert(self);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            // Both schemes are taken; a browser on a laptop understands the second.
            headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            headers.append(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"gabarito\", charset=\"UTF-8\""),
            );
        }
        response
    }
}

/// Whatever the machine does wrong is told to the log, and not to the client.
fn ours(what: &str, error: &dyn std::error::Error) -> Problem {
    tracing::error!(error = %error, "{what}");
    Kind::Internal.because("it has been logged, under this request's id")
}

impl From<DbError> for Problem {
    fn from(e: DbError) -> Problem {
        match e {
            DbError::PoolTimedOut => Kind::Busy.because("the database has no connection left"),
            e => ours("the database failed", &e),
        }
    }
}

impl From<QueueError> for Problem {
    fn from(e: QueueError) -> Problem {
        match e {
            QueueError::Lost => Kind::Conflict.because("the job was cancelled"),
            QueueError::Db(e) => e.into(),
        }
    }
}

impl From<ChildError> for Problem {
    fn from(e: ChildError) -> Problem {
        match e {
            ChildError::Io(e) => e.into(),
            e @ (ChildError::Died(_) | ChildError::Silent(_)) => Kind::Invalid.because(e.to_string()),
            e => ours("a child can't be understood", &e),
        }
    }
}

impl From<std::io::Error> for Problem {
    fn from(e: std::io::Error) -> Problem {
        ours("a file could not be read or written", &e)
    }
}

impl From<JsonRejection> for Problem {
    fn from(e: JsonRejection) -> Problem {
        match e {
            JsonRejection::JsonDataError(e) => data_error(&e.body_text()),
            JsonRejection::JsonSyntaxError(e) => Kind::Malformed.because(e.body_text()),
            e => Kind::Malformed.because(e.body_text()),
        }
    }
}

/// axum says `Failed to deserialize the JSON body into the target type: a.b: unknown field `c`, expected …`.
fn data_error(text: &str) -> Problem {
    let said = text.split_once("target type: ").map_or(text, |(_, rest)| rest);
    match said.split_once(": ").filter(|(path, _)| !path.contains(' ')) {
        Some((path, message)) => Problem::field(path, message),
        None => Problem::field("", said),
    }
}

impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Problem {
        // An id that is no UUID is the id of nothing.
        Kind::NotFound.because("nothing has this id")
    }
}

impl From<QueryRejection> for Problem {
    fn from(e: QueryRejection) -> Problem {
        let text = e.body_text();
        let said = text.split_once("query string: ").map_or(text.as_str(), |(_, rest)| rest);
        match said.split_once(": ").filter(|(path, _)| !path.contains(' ')) {
            Some((path, message)) => Problem::field(path, message),
            None => Problem::field("", said),
        }
    }
}
