//! `POST /print`.

use super::answer;
use crate::print::blank_pages::Blank;
use crate::service::App;
use crate::service::child::Task;
use crate::service::chromium::{Job, PrintFailed};
use crate::service::http::extract::Json;
use crate::service::http::incoming::Incoming;
use crate::service::http::{Kind, Problem, caller};
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use std::time::Duration;
use url::Url;

/// What `wait_seconds` waits.
const WAIT: Duration = Duration::from_secs(3);

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Print {
    /// The page, on one of the hosts of the configuration.
    url: String,
    /// What the PDF is called.
    #[serde(default)]
    filename: String,
    /// `odd` pads to an even number of pages, `between` puts a blank one after each.
    #[schema(value_type = Option<BlankPages>)]
    blank_pages: Option<Blank>,
    /// Waits 3 s before it is printed.
    #[serde(default)]
    wait_seconds: bool,
    /// Waits for an element with the id `loaded`.
    #[serde(default)]
    check_loaded_element: bool,
}

#[derive(utoipa::ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(dead_code, reason = "only its schema is used")]
enum BlankPages {
    Odd,
    Between,
}

/// Print a page.
///
/// The page at the URL as a PDF, as Chromium prints it.
#[utoipa::path(post, path = "/print", tag = "monolith", request_body = Print, responses(
    (status = 200, description = "The PDF", body = Vec<u8>, content_type = "application/pdf"),
    (status = 400, description = "No JSON", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
    (status = 415, description = "No JSON", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A URL that may not be followed, or a page with too much in it", body = Problem, content_type = "application/problem+json"),
    (status = 501, description = "Chromium is not installed here", body = Problem, content_type = "application/problem+json"),
    (status = 502, description = "The page's server failed", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "Too many pages are being printed", body = Problem, content_type = "application/problem+json"),
    (status = 504, description = "It took too long, or the element `loaded` never came", body = Problem, content_type = "application/problem+json"),
))]
pub async fn print(State(app): State<App>, _: caller::Print, Json(asked): Json<Print>) -> Result<Response, Problem> {
    let url = Url::parse(&asked.url).map_err(|_| Problem::field("url", "it is no URL; https://… is expected"))?;
    let folder = Incoming::new(&app).await?;
    let (page, out) = (folder.path().join("page"), folder.path().join("printed"));
    let wait = if asked.wait_seconds { WAIT } else { Duration::ZERO };
    let job = Job { url, wait, until_loaded: asked.check_loaded_element, out: page.clone() };
    app.chromium.print(job).await?;
    // What Chromium wrote holds what strangers wrote.
    let task =
        Task::Blank { file: page, blank: asked.blank_pages, most: app.chromium.config().pages, out: out.clone() };
    if let Err(refused) = answer::child(&app, task).await? {
        return Err(Problem::field("url", refused.detail));
    }
    answer::pdf(&out, &asked.filename).await
}

impl From<PrintFailed> for Problem {
    fn from(e: PrintFailed) -> Problem {
        let kind = match e {
            PrintFailed::Io(e) => return e.into(),
            PrintFailed::Denied(_) | PrintFailed::Crashed | PrintFailed::LoadsTooMuch(_) | PrintFailed::TooLarge(_) => {
                return Problem::field("url", e.to_string());
            }
            PrintFailed::NotInstalled => Kind::NotAvailable,
            PrintFailed::Full | PrintFailed::BrowserEnded => Kind::Busy,
            PrintFailed::TimedOut { .. } => Kind::TimedOut,
            PrintFailed::Status(_) | PrintFailed::Unreachable(_) => Kind::Upstream,
            PrintFailed::NotStarted(_) | PrintFailed::Browser(_) => {
                tracing::error!(error = %e, "a page was not printed");
                Kind::Internal
            }
        };
        kind.because(e.to_string())
    }
}
