//! What was read, page by page: `/v1/batches/{id}/pages`.

use super::decided::{self, Version};
use super::extract::{Json, Path, Query};
use super::identified::{self, Named};
use super::job::time;
use super::paging::{Page, Paging};
use super::{Caller, Kind, Problem, batches, caller, etag};
use crate::read::decision::Decision;
use crate::read::result::{Outcome, PageReading};
use crate::service::App;
use crate::service::child::Unparsed;
use crate::service::jobs::JobState;
use crate::service::store::Folder;
use crate::service::store::db::{Columns, Freshness};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
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
    pub reading: Unparsed,
}

impl BatchPage {
    fn of(row: &AnyRow) -> Result<Self, Problem> {
        let reading = serde_json::from_str(&row.col::<String>("body")?).map_err(std::io::Error::from)?;
        Ok(BatchPage { number: row.col::<i64>("number")? as u32, reading })
    }
}

#[derive(utoipa::ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(dead_code, reason = "only its schema is used")]
enum OutcomeName {
    Read,
    Review,
    Unidentified,
    Blank,
    Foreign,
    Error,
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    #[param(value_type = Option<OutcomeName>, inline)]
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
    caller::Read(caller): caller::Read,
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
    let after = paging.after_number()?;
    batches::job_of(&app, &caller, id).await?;
    let text = "SELECT number, body{as_text} AS body FROM pages
                WHERE batch_id = $1 AND number > $2 AND ($3 = '' OR outcome = $3) ORDER BY number LIMIT $4";
    let query = app.db.query(text).bind(id.to_string()).bind(after).bind(outcome.unwrap_or_default());
    let rows = query.bind(limit + 1).fetch_all(app.db.reader(Freshness::Committed)).await?;
    let pages = rows.iter().map(BatchPage::of).collect::<Result<Vec<_>, _>>()?;
    Ok(axum::Json(Page::of(pages, limit, |p| p.number.to_string())))
}

/// A person decides: whose page it is, what fields say, whether it counts.
///
/// With `code` or `sheet` the page is read again as that sheet's, and `fields` are of what was read then. Who decided, when,
/// and the page before and after are kept. With `If-Match` it is refused where somebody else decided
/// in the meantime.
#[utoipa::path(patch, path = "/v1/batches/{id}/pages/{n}", tag = "read", params(("id" = Uuid, Path), ("n" = u32, Path),
        ("If-Match" = Option<String>, Header, description = "The page's ETag")),
    request_body = Decision,
    responses(
        (status = 200, description = "The page as it stands now", body = BatchPage, headers(("ETag", description = "Names what it says now"))),
        (status = 400, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such page of yours", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The batch is still being read", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "It can't be read again: its scan is not kept any more", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "It was changed in the meantime", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The page has no place for it", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn decide(
    State(app): State<App>,
    caller::Review(caller): caller::Review,
    Path((id, n)): Path<(Uuid, u32)>,
    headers: HeaderMap,
    Json(decision): Json<Decision>,
) -> Result<Response, Problem> {
    let job = batches::job_of(&app, &caller, id).await?;
    // Settling a batch says anew what all of its pages say: a decision before that would be lost.
    let state = app.queue.progress(job, Freshness::Latest).await?.map(|p| p.state);
    if !state.is_some_and(JobState::is_final) {
        return Err(Kind::Conflict.because("the batch is still being read; decide when it is done"));
    }
    let found = find(&app, id, n).await?;
    unchanged(&headers, &found)?;
    let named = Named::of(&app, &caller, &decision).await?;
    let read = match &named {
        Some(named) => Some(named.read(&app, &caller, id, n).await?),
        None => None,
    };
    let mut tx = app.db.begin().await?;
    let text = "SELECT body{as_text} AS body FROM pages WHERE batch_id = $1 AND number = $2 {for_update}";
    let query = app.db.query(text).bind(id.to_string()).bind(i64::from(n));
    let body: String = query.fetch_optional(&mut *tx).await?.ok_or_else(no_page)?.col("body")?;
    unchanged(&headers, &body)?;
    let stood: PageReading = serde_json::from_str(&body).map_err(std::io::Error::from)?;
    let before = match read {
        // What was decided while it was read would be lost.
        Some(_) if body != found => return Err(changed()),
        Some(mut read) => {
            identified::compare(&app, &mut tx, id, n, &mut read).await?;
            read
        }
        None => stood.clone(),
    };
    let after = decision.apply(&before).map_err(Problem::invalid)?;
    let (change, json) = (to_json(&decision)?, to_json(&after)?);
    let versions = [Version { reading: &stood, json: &body }, Version { reading: &after, json: &json }];
    decided::write(&app, &mut tx, &caller, (id, n), change, versions).await?;
    tx.commit().await?;
    if named.is_some() {
        // Pictures of it show nothing of what was read now.
        let pictures = Folder::PagePictures { tenant: caller.tenant.clone(), batch: id, page: n };
        app.objects.delete_folder(&pictures).await?;
    }
    answer(n, &find(&app, id, n).await?, &HeaderMap::new())
}

fn to_json(value: &impl Serialize) -> Result<String, Problem> {
    Ok(serde_json::to_string(value).map_err(std::io::Error::from)?)
}

/// A page's JSON.
async fn find(app: &App, batch: Uuid, n: u32) -> Result<String, Problem> {
    let text = "SELECT body{as_text} AS body FROM pages WHERE batch_id = $1 AND number = $2";
    let query = app.db.query(text).bind(batch.to_string()).bind(i64::from(n));
    let row = query.fetch_optional(app.db.reader(Freshness::Latest)).await?;
    Ok(row.ok_or_else(no_page)?.col("body")?)
}

fn no_page() -> Problem {
    Kind::NotFound.because("the batch has no such page, or it is not read yet")
}

fn changed() -> Problem {
    Kind::Changed.because("the page was changed after it was fetched; fetch it again")
}

/// # Errors
/// `If-Match` names another state of the page: 412.
pub(super) fn unchanged(headers: &HeaderMap, body: &str) -> Result<(), Problem> {
    match etag::among(headers, header::IF_MATCH, &etag::of(body)) {
        Some(false) => Err(changed()),
        _ => Ok(()),
    }
}

/// Whether a page is as `If-Match` names it, before anything is done that is about several pages.
pub async fn as_seen(app: &App, caller: &Caller, id: Uuid, n: u32, headers: &HeaderMap) -> Result<(), Problem> {
    batches::job_of(app, caller, id).await?;
    unchanged(headers, &find(app, id, n).await?)
}

fn answer(n: u32, body: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    let etag = etag::of(body);
    if etag::among(headers, header::IF_NONE_MATCH, &etag) == Some(true) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let reading = serde_json::from_str(body).map_err(std::io::Error::from)?;
    Ok(([(header::ETAG, etag)], axum::Json(BatchPage { number: n, reading })).into_response())
}

/// What was decided of a page, the first first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Decided {
    pub id: String,
    pub decided_by: String,
    #[schema(format = DateTime)]
    pub decided_at: String,
    #[schema(value_type = Object)]
    pub change: Value,
    /// The page before it.
    #[schema(value_type = Object)]
    pub before: Value,
    /// And after it.
    #[schema(value_type = Object)]
    pub after: Value,
}

/// What people decided of a page, the first first: who, when, before and after.
#[utoipa::path(get, path = "/v1/batches/{id}/pages/{n}/decisions", tag = "read",
    params(("id" = Uuid, Path), ("n" = u32, Path), Paging),
    responses(
        (status = 200, description = "Some of them", body = Page<Decided>),
        (status = 404, description = "No such batch of yours", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No such cursor or limit", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn decisions(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path((id, n)): Path<(Uuid, u32)>,
    Query(paging): Query<Paging>,
) -> Result<axum::Json<Page<Decided>>, Problem> {
    let limit = paging.limit()?;
    batches::job_of(&app, &caller, id).await?;
    let text = "SELECT id, decided_by, decided_at, change{as_text} AS change, before{as_text} AS before,
                    after{as_text} AS after
                FROM decisions WHERE batch_id = $1 AND number = $2 AND id > $3 ORDER BY id LIMIT $4";
    let query = app.db.query(text).bind(id.to_string()).bind(i64::from(n)).bind(paging.after()?.unwrap_or_default());
    let mut all = Vec::new();
    for row in query.bind(limit + 1).fetch_all(app.db.reader(Freshness::Latest)).await? {
        let json =
            |column| Ok::<_, Problem>(serde_json::from_str(&row.col::<String>(column)?).map_err(std::io::Error::from)?);
        all.push(Decided {
            id: row.col("id")?,
            decided_by: row.col("decided_by")?,
            decided_at: time(row.col("decided_at")?),
            change: json("change")?,
            before: json("before")?,
            after: json("after")?,
        });
    }
    Ok(axum::Json(Page::of(all, limit, |decided| decided.id.clone())))
}

/// One page of a batch. Its `ETag` is for `PATCH`.
#[utoipa::path(get, path = "/v1/batches/{id}/pages/{n}", tag = "read", params(("id" = Uuid, Path), ("n" = u32, Path)), responses(
    (status = 200, description = "It", body = BatchPage, headers(("ETag", description = "Names what it says now"))),
    (status = 304, description = "You have it"),
    (status = 404, description = "No such page of yours", body = Problem, content_type = "application/problem+json"),
))]
pub async fn get(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path((id, n)): Path<(Uuid, u32)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    batches::job_of(&app, &caller, id).await?;
    answer(n, &find(&app, id, n).await?, &headers)
}
