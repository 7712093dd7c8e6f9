//! What was read, page by page: `/v1/batches/{id}/pages`.

use super::extract::{Path, Query};
use super::paging::{Page, Paging};
use super::{Caller, Kind, Problem, batches};
use crate::read::result::Outcome;
use crate::service::App;
use crate::service::store::db::{Columns, Freshness};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::any::AnyRow;
use uuid::Uuid;

/// A page as it stands: the line of `gabarito read`, and its number in the batch.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct BatchPage {
    /// From 1, in the order of the files and of their pages.
    pub number: u32,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub reading: Value,
}

impl BatchPage {
    fn of(row: &AnyRow) -> Result<Self, Problem> {
        let reading = serde_json::from_str(&row.col::<String>("body")?).map_err(std::io::Error::from)?;
        Ok(BatchPage { number: row.col::<i64>("number")? as u32, reading })
    }
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// `read`, `review`, `unidentified`, `blank`, `foreign` or `error`.
    pub outcome: Option<String>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Items on a page, 1 to 1000; 100 unless said.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
}

/// Pages of a batch, in order.
#[utoipa::path(get, path = "/v1/batches/{id}/pages", tag = "read", params(("id" = Uuid, Path), Filter), responses(
    (status = 200, description = "Some of them", body = Page<BatchPage>),
    (status = 404, description = "None of yours has this id", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "No such outcome, cursor or limit", body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Query(filter): Query<Filter>,
) -> Result<axum::Json<Page<BatchPage>>, Problem> {
    let Filter { outcome, cursor, limit } = filter;
    if let Some(said) = outcome.as_deref().filter(|said| Outcome::ALL.iter().all(|o| o.name() != *said)) {
        let valid = Outcome::ALL.map(Outcome::name).join(", ");
        return Err(Problem::field("outcome", format!("“{said}” is not known; one of {valid} is expected")));
    }
    let paging = Paging { cursor, limit };
    let limit = paging.limit()?;
    let not_ours = || Problem::field("cursor", "not a cursor of this list; next_cursor of the page before is expected");
    let after = paging.after()?.map_or(Ok(0), |after| after.parse::<i64>().map_err(|_| not_ours()))?;
    batches::job_of(&app, &caller, id).await?;
    let text = "SELECT number, body{as_text} AS body FROM pages
                WHERE batch_id = $1 AND number > $2 AND ($3 = '' OR outcome = $3) ORDER BY number LIMIT $4";
    let query = app.db.query(text).bind(id.to_string()).bind(after).bind(outcome.unwrap_or_default());
    let rows = query.bind(limit + 1).fetch_all(app.db.reader(Freshness::Latest)).await?;
    let pages = rows.iter().map(BatchPage::of).collect::<Result<Vec<_>, _>>()?;
    Ok(axum::Json(Page::of(pages, limit, |p| p.number.to_string())))
}

/// One page of a batch.
#[utoipa::path(get, path = "/v1/batches/{id}/pages/{n}", tag = "read", params(("id" = Uuid, Path), ("n" = u32, Path)), responses(
    (status = 200, description = "It", body = BatchPage),
    (status = 404, description = "No such page of yours", body = Problem, content_type = "application/problem+json"),
))]
pub async fn get(
    State(app): State<App>,
    caller: Caller,
    Path((id, n)): Path<(Uuid, u32)>,
) -> Result<axum::Json<BatchPage>, Problem> {
    batches::job_of(&app, &caller, id).await?;
    let text = "SELECT number, body{as_text} AS body FROM pages WHERE batch_id = $1 AND number = $2";
    let query = app.db.query(text).bind(id.to_string()).bind(i64::from(n));
    let row = query.fetch_optional(app.db.reader(Freshness::Latest)).await?;
    let row = row.ok_or_else(|| Kind::NotFound.because("the batch has no such page, or it is not read yet"))?;
    BatchPage::of(&row).map(axum::Json)
}
