//! The key of an exam: `/v1/applications/{id}/key`.

use super::etag::names;
use super::extract::{Json, Path, Query};
use super::job::time;
use super::paging::{Page, Paging};
use super::{Caller, Kind, Problem, caller};
use crate::grade::Key;
use crate::json::Fault;
use crate::service::App;
use crate::service::grades::{self, GradesError, Moved};
use crate::service::store::db::{Columns, Freshness};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A key that was put, and what it did.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct KeyPut {
    /// From 1.
    pub revision: i64,
    /// How many were graded.
    pub graded: u64,
    /// Whose grade is another now; who had none before is not among them.
    pub moved: Vec<Moved>,
}

/// A revision of a key.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct KeyRevision {
    pub revision: i64,
    pub set_by: String,
    #[schema(format = DateTime)]
    pub set_at: String,
    /// How many grades it moved.
    pub moved: u64,
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// An earlier one; the one that holds unless said.
    #[param(minimum = 1)]
    pub revision: Option<i64>,
}

/// Put the key of an exam, and grade everything anew.
///
/// The body is a KEY.json (docs/grading.md). Nothing is read again: what pupils answered is graded at once, and the answer
/// says whose grade moved. Every revision is kept; to take an annulment back, put a key without it. With `If-Match` a key
/// is refused where somebody else put one in the meantime.
#[utoipa::path(put, path = "/v1/applications/{id}/key", tag = "applications",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag of the key that is replaced")),
    request_body(content = Object, description = "A KEY.json"),
    responses(
        (status = 200, description = "Everything is graded by it", body = KeyPut, headers(("ETag", description = "Its revision"))),
        (status = 400, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Nothing of this exam was printed or read for you", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "It was changed in the meantime", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not a key; every fault with its path", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn put(
    State(app): State<App>,
    caller::Review(caller): caller::Review,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Result<Response, Problem> {
    let replaces = headers.get(header::IF_MATCH).and_then(|v| v.to_str().ok());
    let done = store(&app, &caller, id, &body, replaces).await?;
    Ok(([(header::ETAG, revision_tag(done.revision))], axum::Json(done)).into_response())
}

/// `replaces`: the ETag of the key that it is to replace, or any.
pub async fn store(
    app: &App,
    caller: &Caller,
    id: String,
    body: &Value,
    replaces: Option<&str>,
) -> Result<KeyPut, Problem> {
    let id = known(app, &caller.tenant, id).await?;
    let key = Key::from_json(body).map_err(Problem::invalid)?;
    if let Some(other) = key.application.filter(|a| *a != id) {
        let message = format!("“{other}” is another exam; {id} is expected, or nothing");
        return Err(Problem::invalid(vec![Fault { path: "application".into(), message }]));
    }
    let body = body.to_string();
    // PostgreSQL's JSON knows no such character.
    if body.contains("\\u0000") {
        return Err(Problem::field("", "the character U+0000 is not valid in a key"));
    }
    let mut tx = app.db.begin().await?;
    grades::take(&app.db, &mut tx, &caller.tenant, &id).await?;
    let text = "SELECT revision FROM answer_keys WHERE tenant_id = $1 AND application_id = $2 {for_update}";
    let query = app.db.query(text).bind(caller.tenant.clone()).bind(id.clone());
    let before: i64 = query.fetch_optional(&mut *tx).await?.map_or(Ok(0), |row| row.col("revision"))?;
    let holds = |said: &str| if said.trim() == "*" { before > 0 } else { names(said, &revision_tag(before)) };
    if !replaces.is_none_or(holds) {
        return Err(Kind::Changed.because("the key was changed after it was fetched; fetch it again"));
    }
    let revision = before + 1;
    let text = "INSERT INTO answer_keys (tenant_id, application_id, body, revision, updated_at)
                VALUES ($1, $2, $3{as_json}, $4, {now}) ON CONFLICT (tenant_id, application_id)
                DO UPDATE SET body = excluded.body, revision = excluded.revision, updated_at = excluded.updated_at";
    let query = app.db.query(text).bind(caller.tenant.clone()).bind(id.clone()).bind(body.clone()).bind(revision);
    query.execute(&mut *tx).await?;
    let done = grades::key_changed(&app.db, &mut tx, &caller.tenant, &id).await?;
    // Two that put the first key at once have the same revision: the second is refused here.
    let text = "INSERT INTO answer_key_revisions (tenant_id, application_id, revision, body, set_by, set_at, moved)
                VALUES ($1, $2, $3, $4{as_json}, $5, {now}, $6) ON CONFLICT DO NOTHING";
    let query = app.db.query(text).bind(caller.tenant.clone()).bind(id).bind(revision).bind(body);
    let query = query.bind(caller.who.clone()).bind(done.moved.len() as i64);
    if query.execute(&mut *tx).await?.rows_affected() == 0 {
        return Err(Kind::Changed.because("another key was put at the same time; fetch it"));
    }
    tx.commit().await?;
    Ok(KeyPut { revision, graded: done.graded, moved: done.moved })
}

/// The key of an exam. Its `ETag` is for `PUT`.
#[utoipa::path(get, path = "/v1/applications/{id}/key", tag = "applications", params(("id" = String, Path), Which), responses(
    (status = 200, description = "It, as it was put", body = Object, headers(("ETag", description = "Its revision"))),
    (status = 404, description = "No such exam of yours, or it has no such key", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "No such parameter", body = Problem, content_type = "application/problem+json"),
))]
pub async fn get(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let (body, revision) = find(&app, &caller.tenant, id, which.revision).await?.ok_or_else(no_key)?;
    Ok(([(header::ETAG, revision_tag(revision))], axum::Json(body)).into_response())
}

/// A key and its revision: the one that holds, or an earlier one.
pub async fn find(app: &App, tenant: &str, id: String, revision: Option<i64>) -> Result<Option<(Value, i64)>, Problem> {
    let id = known(app, tenant, id).await?;
    let row = match revision {
        None => {
            let text =
                "SELECT body{as_text} AS body, revision FROM answer_keys WHERE tenant_id = $1 AND application_id = $2";
            let query = app.db.query(text).bind(tenant.to_owned()).bind(id);
            query.fetch_optional(app.db.reader(Freshness::Latest)).await?
        }
        Some(revision) => {
            let text = "SELECT body{as_text} AS body, revision FROM answer_key_revisions
                        WHERE tenant_id = $1 AND application_id = $2 AND revision = $3";
            let query = app.db.query(text).bind(tenant.to_owned()).bind(id).bind(revision);
            query.fetch_optional(app.db.reader(Freshness::Latest)).await?
        }
    };
    let Some(row) = row else { return Ok(None) };
    let body = serde_json::from_str(&row.col::<String>("body")?).map_err(std::io::Error::from)?;
    Ok(Some((body, row.col("revision")?)))
}

/// The revisions of a key, the first first.
#[utoipa::path(get, path = "/v1/applications/{id}/key/revisions", tag = "applications", params(("id" = String, Path), Paging), responses(
    (status = 200, description = "Some of them", body = Page<KeyRevision>),
    (status = 404, description = "Nothing of this exam was printed for you", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "No such cursor or limit", body = Problem, content_type = "application/problem+json"),
))]
pub async fn revisions(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path(id): Path<String>,
    Query(paging): Query<Paging>,
) -> Result<axum::Json<Page<KeyRevision>>, Problem> {
    let id = known(&app, &caller.tenant, id).await?;
    let limit = paging.limit()?;
    let after = paging.after_number()?;
    let text = "SELECT revision, set_by, set_at, moved FROM answer_key_revisions
                WHERE tenant_id = $1 AND application_id = $2 AND revision > $3 ORDER BY revision LIMIT $4";
    let query = app.db.query(text).bind(caller.tenant).bind(id).bind(after).bind(limit + 1);
    let mut all = Vec::new();
    for row in query.fetch_all(app.db.reader(Freshness::Latest)).await? {
        all.push(KeyRevision {
            revision: row.col("revision")?,
            set_by: row.col("set_by")?,
            set_at: time(row.col("set_at")?),
            moved: row.col::<i64>("moved")? as u64,
        });
    }
    Ok(axum::Json(Page::of(all, limit, |r| r.revision.to_string())))
}

/// The id of an exam of which this tenant has something: what was printed, was sent to be read, or was handed in.
pub async fn known(app: &App, tenant: &str, id: String) -> Result<String, Problem> {
    let id = id.replace('\0', "");
    let text = "SELECT 1 AS there FROM packages WHERE tenant_id = $1 AND application_id = $2
                UNION SELECT 1 FROM batches WHERE tenant_id = $1 AND application_id = $2
                UNION SELECT 1 FROM papers WHERE tenant_id = $1 AND application_id = $2";
    let query = app.db.query(text).bind(tenant.to_owned()).bind(id.clone());
    let found = query.fetch_optional(app.db.reader(Freshness::Latest)).await?;
    found.map(|_| id).ok_or_else(|| Problem::not_found("exam"))
}

pub fn no_key() -> Problem {
    Kind::NotFound.because("the exam has no such key; PUT …/key gives it one")
}

pub fn revision_tag(revision: i64) -> String {
    format!("\"{revision}\"")
}

impl From<GradesError> for Problem {
    fn from(e: GradesError) -> Self {
        match e {
            GradesError::Db(e) => e.into(),
            GradesError::Json(e) => std::io::Error::from(e).into(),
            e => std::io::Error::other(e).into(),
        }
    }
}
