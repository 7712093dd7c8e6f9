//! Batches of scans, the latest first.

use super::says;
use super::shell::{Shell, Visitor, html};
use crate::service::App;
use crate::service::http::extract::Query;
use crate::service::http::paging::{Page, Paging};
use crate::service::http::{Problem, batches};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "batches.html")]
struct ListPage {
    s: Shell,
    all: Page<batches::Batch>,
}

/// Batches on a page.
const ON_A_PAGE: u32 = 30;

#[derive(Deserialize)]
pub struct After {
    depois: Option<String>,
}

pub async fn list(
    State(app): State<App>,
    v: Visitor,
    Query(After { depois }): Query<After>,
) -> Result<Response, Problem> {
    let paging = Paging { cursor: depois, limit: Some(ON_A_PAGE) };
    let axum::Json(all) = batches::list(State(app), v.read()?, Query(paging)).await?;
    html(&ListPage { s: v.shell("batches"), all })
}

/// The names of a batch's files, in short.
pub fn files(batch: &batches::Batch, others: &str) -> String {
    let first = batch.files.iter().take(2).map(|f| f.name.as_str()).collect::<Vec<_>>().join(", ");
    match batch.files.len() {
        0..=2 => first,
        n => format!("{first} {}", says::fill(others, &[&(n - 2).to_string()])),
    }
}
