//! `POST /merge`.

use super::answer;
use crate::json::Fault;
use crate::service::App;
use crate::service::child::Task;
use crate::service::guard::FetchError;
use crate::service::http::extract::Json;
use crate::service::http::incoming::Incoming;
use crate::service::http::{Kind, Problem, caller};
use axum::extract::State;
use axum::response::Response;
use futures_util::future::join_all;
use serde::Deserialize;
use std::path::PathBuf;

/// Files that are fetched at once for one request.
const AT_ONCE: usize = 4;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Merge {
    /// What the PDF is called.
    #[serde(default)]
    output_name: String,
    /// Where the PDFs are, in order.
    #[schema(min_items = 1)]
    urls: Vec<String>,
}

/// Merge PDFs.
///
/// The PDFs at the URLs, in order, as one.
#[utoipa::path(post, path = "/merge", tag = "monolith", request_body = Merge, responses(
    (status = 200, description = "The PDF", body = Vec<u8>, content_type = "application/pdf"),
    (status = 400, description = "No JSON", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
    (status = 415, description = "No JSON", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A URL that may not be followed, or leads to no PDF; `errors` says which", body = Problem, content_type = "application/problem+json"),
    (status = 502, description = "The server of a URL failed; `errors` says which", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "Too many are being merged", body = Problem, content_type = "application/problem+json"),
    (status = 504, description = "Fetching them took too long", body = Problem, content_type = "application/problem+json"),
))]
pub async fn merge(State(app): State<App>, _: caller::Print, Json(asked): Json<Merge>) -> Result<Response, Problem> {
    let config = app.guard.config();
    if asked.urls.is_empty() || asked.urls.len() > config.urls {
        return Err(Problem::field("urls", format!("1 to {} are expected", config.urls)));
    }
    let _place = app.guard.admit().ok_or_else(|| Kind::Busy.because("too many files are being merged"))?;
    let folder = Incoming::new(&app).await?;
    let files = tokio::time::timeout(config.total_time, fetch(&app, &folder, &asked.urls)).await.map_err(|_| {
        Kind::TimedOut.because(format!("fetching the files took more than {} s", config.total_time.as_secs()))
    })??;
    let out = folder.path().join("merged");
    let title = asked.output_name.trim_end_matches(".pdf").to_owned();
    let task = Task::Merge { files, title, out: out.clone() };
    if let Err(refused) = answer::child(&app, task).await? {
        return Err(Problem::invalid(refused.faults.into_iter().map(place).collect()));
    }
    answer::pdf(&out, &asked.output_name).await
}

/// All files, each with a name that begins with its number.
async fn fetch(app: &App, folder: &Incoming, urls: &[String]) -> Result<Vec<(String, PathBuf)>, Problem> {
    let config = app.guard.config();
    let (mut files, mut faults, mut bytes) = (Vec::new(), Vec::new(), 0);
    for (chunk, some) in urls.chunks(AT_ONCE).enumerate() {
        let fetching = some.iter().zip(chunk * AT_ONCE..).map(|(url, number)| async move {
            let path = folder.path().join(number.to_string());
            let fetched = app.guard.fetch(url, config.file, &path).await;
            (number, url, path, fetched)
        });
        for (number, url, path, fetched) in join_all(fetching).await {
            match fetched {
                Ok(fetched) => bytes += fetched.bytes,
                Err(FetchError::Io(e)) => return Err(e.into()),
                Err(e) => {
                    let fault = Fault { path: format!("urls[{number}]"), message: e.to_string() };
                    faults.push((e.is_transient(), fault));
                }
            }
            files.push((format!("{number}/{}", last_segment(url)), path));
        }
        if bytes > config.total {
            return Err(Problem::field("urls", format!("together more than {} MiB", config.total >> 20)));
        }
    }
    if faults.is_empty() {
        return Ok(files);
    }
    let kind = if faults.iter().all(|(transient, _)| *transient) { Kind::Upstream } else { Kind::Invalid };
    Err(kind.in_places(faults.into_iter().map(|(_, fault)| fault).collect()))
}

/// What the file is called in the outline of the whole.
fn last_segment(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    percent_encoding::percent_decode_str(name).decode_utf8_lossy().replace('/', "_")
}

/// `3/prova.pdf` is `urls[3]`.
fn place(fault: Fault) -> Fault {
    match fault.path.split_once('/') {
        Some((number, _)) => Fault { path: format!("urls[{number}]"), ..fault },
        None => fault,
    }
}
