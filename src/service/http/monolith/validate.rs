//! `POST /validate`.

use super::answer;
use crate::service::App;
use crate::service::child::Task;
use crate::service::http::extract::Json;
use crate::service::http::incoming::Incoming;
use crate::service::http::{Kind, Problem, caller};
use axum::extract::{FromRequest, Request, State};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// Largest file.
const MOST: usize = 64 << 20;
/// With base64's third and a line end every 76 characters.
pub const MOST_BODY: usize = MOST / 3 * 4 + MOST / 50 + 1024;

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Validate {
    /// The file, in base64.
    content: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Valid {
    valid: bool,
}

/// Is it a sound PDF?
///
/// 200 if it is a PDF 1.7 (ISO 32000-1) whose objects, streams and pages are all there; else what is wrong with it.
#[utoipa::path(post, path = "/validate", tag = "monolith", request_body = Validate, responses(
    (status = 200, description = "It is sound", body = Valid),
    (status = 400, description = "No JSON", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "More than 64 MiB", body = Problem, content_type = "application/problem+json"),
    (status = 415, description = "No JSON", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "It is not sound; `errors` says where and why", body = Problem, content_type = "application/problem+json"),
))]
pub async fn validate(
    State(app): State<App>,
    _: caller::Print,
    request: Request,
) -> Result<axum::Json<Valid>, Problem> {
    // What can't be looked into now is not taken into memory either.
    app.gate.has_room()?;
    let Json(asked) = Json::<Validate>::from_request(request, &app).await?;
    let bytes = tokio::task::spawn_blocking(move || decode(asked.content)).await.map_err(std::io::Error::other)?;
    let bytes = bytes.map_err(|_| Problem::field("content", "base64 is expected"))?;
    if bytes.is_empty() {
        return Err(Problem::field("content", "empty; a PDF in base64 is expected"));
    }
    if bytes.len() > MOST {
        return Err(Kind::TooLarge.because("at most 64 MiB are looked into"));
    }
    let folder = Incoming::new(&app).await?;
    let file = folder.path().join("file");
    tokio::fs::write(&file, bytes).await?;
    if let Err(refused) = answer::child(&app, Task::Validate { file }).await? {
        return Err(Problem::invalid(refused.faults));
    }
    Ok(axum::Json(Valid { valid: true }))
}

/// Many encoders break lines, as MIME has it.
fn decode(mut text: String) -> Result<Vec<u8>, base64::DecodeError> {
    text.retain(|c| !c.is_ascii_whitespace());
    STANDARD.decode(text)
}
