//! Sending scans: a plain form, which `upload.js` makes one that goes on where it broke off.

use super::applications::{self, Application};
use super::shell::{Shell, Visitor, html};
use crate::print::manifest::hex;
use crate::service::App;
use crate::service::http::extract::Query;
use crate::service::http::{Kind, Problem, batches};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

#[derive(Template)]
#[template(path = "upload.html")]
struct UploadPage {
    s: Shell,
    /// Exams whose students may be expected.
    applications: Vec<Application>,
    chosen: Option<String>,
    /// Largest file.
    most_bytes: u64,
    /// Under which the browser keeps what is not sent yet: whoever else signs in there has no part in it.
    kept_under: String,
    /// What the script says.
    words: String,
}

impl UploadPage {
    /// What the API takes as `options`.
    fn options(&self, application: &str) -> String {
        json!({"application": application}).to_string()
    }

    fn is_chosen(&self, application: &str) -> bool {
        self.chosen.as_deref() == Some(application)
    }
}

#[derive(Deserialize)]
pub struct For {
    aplicacao: Option<String>,
}

pub async fn form(
    State(app): State<App>,
    v: Visitor,
    Query(For { aplicacao }): Query<For>,
) -> Result<Response, Problem> {
    v.read()?;
    let s = v.shell("batches");
    let words = s.w.for_upload();
    html(&UploadPage {
        applications: applications::all(&app, &v.caller).await?,
        chosen: aplicacao,
        most_bytes: app.config.bounds.limits.max_file_bytes,
        kept_under: hex(&Sha256::digest(json!([v.caller.tenant, v.caller.who]).to_string())),
        words,
        s,
    })
}

/// The form without scripts: all files in one body.
pub async fn send(State(app): State<App>, v: Visitor, request: Request) -> Result<Response, Problem> {
    let made = batches::create(State(app), v.read()?, request).await?;
    let location = made.headers().get(header::LOCATION).and_then(|l| l.to_str().ok());
    let id =
        location.and_then(|l| l.rsplit('/').next()).ok_or_else(|| Kind::Internal.because("the batch has no place"))?;
    Ok(Redirect::to(&format!("/lotes/{id}")).into_response())
}
