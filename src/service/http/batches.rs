//! Reading: `/v1/batches`.

use super::extract::{self, Json, Path, Query};
use super::incoming::{self, Arrived, Incoming};
use super::job::Job;
use super::once::Once;
use super::paging::{Page, Paging};
use super::urgency::priority;
use super::{Caller, Kind, Problem, caller, uploads};
use crate::json::Fault;
use crate::read::policy::Policy;
use crate::service::App;
use crate::service::cloud::Size;
use crate::service::grades;
use crate::service::guard::Denied;
use crate::service::jobs::{ItemKind, NewItem, NewJob, Progress};
use crate::service::store::db::{Columns, Freshness, Tx, rows};
use crate::service::store::{Folder, Key};
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::AnyConnection;
use std::collections::{BTreeMap, HashMap};
use tracing::Instrument;
use url::Url;
use uuid::Uuid;

/// Scans that are read, or will be.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Batch {
    pub id: Uuid,
    #[serde(flatten)]
    pub job: Job,
    /// Pages so far, by outcome.
    pub outcomes: BTreeMap<String, u64>,
    pub files: Vec<File>,
    /// What shows of the batch as a whole: duplicates, missing sheets, advice for the scanner. Null until all is read.
    #[schema(value_type = Option<Object>)]
    pub summary: Option<Value>,
}

/// A file of scans.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ScanFile)]
pub struct File {
    /// From 0.
    pub number: u32,
    pub name: String,
    pub bytes: u64,
    /// Of uploads, as announced or as their pieces have it, and of URLs once they were fetched. Null for other files.
    pub sha256: Option<String>,
    /// Null until it was opened.
    pub pages: Option<u64>,
}

/// How a batch is read.
#[derive(Debug, Default, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// The exam whose students are expected; sheets of others are read all the same.
    pub application: Option<String>,
    /// What counts as a mark, and how sure an answer must be (docs/policy.md).
    #[schema(value_type = Option<Object>)]
    pub policy: Option<Value>,
}

/// Scans that are here or elsewhere already: `uploads` or `urls`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Elsewhere {
    /// Complete uploads that no batch has, in the order in which they are to be read.
    #[schema(min_items = 1)]
    pub uploads: Option<Vec<Uuid>>,
    /// Where scans are, by https. One that can't be fetched is a page with its reason.
    #[schema(min_items = 1)]
    pub urls: Option<Vec<String>>,
    /// As in `options`.
    pub application: Option<String>,
    /// As in `options`.
    #[schema(value_type = Option<Object>)]
    pub policy: Option<Value>,
}

/// What a request brings, or names.
struct Brought {
    files: Vec<Arrived>,
    uploads: Vec<Uuid>,
    urls: Vec<String>,
    options: Options,
}

#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
pub struct BatchForm {
    /// PDF, TIFF, JPEG, PNG, WebP, ZIP.
    #[schema(value_type = Vec<String>, format = Binary)]
    files: Vec<Vec<u8>>,
    /// JSON.
    options: Option<Options>,
}

/// Read scans.
///
/// The body is a form with the scans as files, and perhaps a part `options` of JSON; or JSON that names complete
/// uploads, or the URLs of the scans.
#[utoipa::path(post, path = "/v1/batches", tag = "read",
    params(("Priority" = Option<String>, Header,
        description = "`u=0` for what goes before all else, to `u=7` for what can wait; `u=3` where nothing is said (RFC 9218)")),
    request_body(content(
        (BatchForm = "multipart/form-data"),
        (Elsewhere = "application/json"),
    )),
    responses(
        (status = 202, description = "They will be read", body = Batch, headers(("Location", description = "Where to follow it"))),
        (status = 400, description = "No form, or no JSON", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Neither JSON nor a form", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No files, a URL that may not be followed, or options that are not valid", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn create(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    request: Request,
) -> Result<Response, Problem> {
    let once = Once::of(&caller, request.headers(), "POST /v1/batches")?;
    let priority = priority(request.headers());
    let folder = Incoming::new(&app).await?;
    let brought = received(&app, &folder, request).await?;
    let mut said: Vec<String> = brought.files.iter().flat_map(|f| [f.name.clone(), f.blake3.clone()]).collect();
    said.extend(brought.uploads.iter().map(Uuid::to_string).chain(brought.urls.iter().cloned()));
    said.push(json!(brought.options).to_string());
    let said: Vec<&[u8]> = said.iter().map(|s| s.as_bytes()).collect();
    let work = {
        let app = app.clone();
        async move {
            // On its own: what the caller's patience cut off half-way would be in the storage and in no batch.
            let made = async move {
                let _folder = folder;
                make(&app, &caller, brought, priority).await
            };
            let made = tokio::spawn(made.in_current_span());
            made.await.map_err(std::io::Error::other)?
        }
    };
    once.run(&app, &said, work).await
}

/// Keeps what came and makes the job; what fails leaves nothing.
async fn make(app: &App, caller: &Caller, brought: Brought, priority: i32) -> Result<Response, Problem> {
    let id = Uuid::now_v7();
    if let Err(problem) = begin(app, caller, id, brought, priority).await {
        // A database that breaks off may have kept it all the same.
        let query = app.db.query("SELECT id FROM batches WHERE id = $1").bind(id.to_string());
        if matches!(query.fetch_optional(app.db.writer()).await, Ok(None)) {
            let folder = Folder::Batch { tenant: caller.tenant.clone(), batch: id };
            if let Err(e) = app.objects.delete_folder(&folder).await {
                tracing::error!(error = %e, batch = %id, "scans of no batch could not be deleted");
            }
        }
        return Err(problem);
    }
    app.queue.ring();
    let batch = find(app, caller, id, Freshness::Latest).await?;
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, format!("/v1/batches/{id}"))], axum::Json(batch)).into_response())
}

async fn begin(app: &App, caller: &Caller, id: Uuid, brought: Brought, priority: i32) -> Result<(), Problem> {
    let Brought { files, uploads, urls, options } = brought;
    let mut bytes: u64 = files.iter().map(|file| file.bytes).sum();
    for (number, upload) in uploads.iter().enumerate() {
        // Whoever put all of it need not say so. What is wrong with it is said of its place here.
        match uploads::completed(app, caller, *upload).await {
            // That it is not the caller's is told below.
            Err(problem) if problem.status() == StatusCode::NOT_FOUND => {}
            Err(problem) if problem.status().is_client_error() => {
                return Err(Problem::field(format!("uploads[{number}]"), problem.detail()));
            }
            completed => bytes += completed?.bytes,
        }
    }
    for (number, file) in files.iter().enumerate() {
        let key = Key::Scan { tenant: caller.tenant.clone(), batch: id, number: number as u32 };
        app.objects.put_file(&key, &file.path).await?;
    }
    let run_tasks = app.run_tasks(Size::Batch(files.len() + uploads.len() + urls.len(), bytes));
    let (job, tenant) = (Uuid::now_v7(), caller.tenant.clone());
    let job = NewJob { id: job, tenant, kind: "batch", priority, total: None, run_tasks };
    let item = NewItem { kind: ItemKind::List, payload: json!({"batch": id, "urls": urls}), input_hash: None };
    let mut tx = app.db.begin().await?;
    app.queue.create(&mut tx, &job, &[item]).await?;
    let text = "INSERT INTO batches (id, tenant_id, job_id, application_id, options, created_at)
                VALUES ($1, $2, $3, $4, $5{as_json}, {now})";
    let query = app.db.query(text).bind(id.to_string()).bind(caller.tenant.clone()).bind(job.id.to_string());
    query.bind(options.application.clone()).bind(json!(options).to_string()).execute(&mut *tx).await?;
    let text = "INSERT INTO batch_files (batch_id, number, name, bytes, blake3) VALUES ($1, $2, $3, $4, $5)";
    for (number, Arrived { name, bytes, blake3, .. }) in files.into_iter().enumerate() {
        let query = app.db.query(text).bind(id.to_string()).bind(number as i64).bind(name).bind(bytes as i64);
        query.bind(blake3).execute(&mut *tx).await?;
    }
    use_uploads(app, &mut tx, caller, id, uploads).await?;
    Ok(tx.commit().await?)
}

/// Gives the batch these uploads. A worker brings them to the other scans.
async fn use_uploads(app: &App, tx: &mut Tx, caller: &Caller, batch: Uuid, uploads: Vec<Uuid>) -> Result<(), Problem> {
    for (number, upload) in uploads.into_iter().enumerate() {
        let text = "UPDATE uploads SET state = 'used'
                    WHERE id = $1 AND tenant_id = $2 AND state = 'complete' AND expires_at > {now}";
        let query = app.db.query(text).bind(upload.to_string()).bind(caller.tenant.clone());
        if query.execute(&mut **tx).await?.rows_affected() == 0 {
            let expected = "the id of an upload of yours is expected that is complete and that no batch has";
            return Err(Problem::field(format!("uploads[{number}]"), expected));
        }
        let text = "INSERT INTO batch_files (batch_id, number, name, bytes, sha256, upload_id)
                    SELECT $1, CAST($2 AS {int}), name, bytes, sha256, id FROM uploads WHERE id = $3";
        let query = app.db.query(text).bind(batch.to_string()).bind(number as i64).bind(upload.to_string());
        query.execute(&mut **tx).await?;
    }
    Ok(())
}

async fn received(app: &App, folder: &Incoming, request: Request) -> Result<Brought, Problem> {
    let content_type = extract::content_type(request.headers());
    if content_type == "application/json" {
        return elsewhere(app, request).await;
    }
    if content_type != "multipart/form-data" {
        return Err(Kind::Unsupported.because("multipart/form-data or application/json is expected"));
    }
    let mut form = Multipart::from_request(request, app).await.map_err(|e| Kind::Malformed.because(e.body_text()))?;
    let (mut files, mut options) = (Vec::new(), Options::default());
    while let Some(field) = incoming::part(&mut form).await? {
        if field.name() == Some("options") {
            let text = incoming::text(field, 1 << 20).await?;
            extract::is_object(text.as_bytes())?;
            options = serde_json::from_str(&text).map_err(|e| Problem::field("options", e.to_string()))?;
            valid(&options, "options.policy")?;
        } else if field.file_name().is_some() || field.name() == Some("files") {
            let arrived = folder.take(field).await?;
            let name =
                if arrived.name.is_empty() { format!("{}", files.len() + 1) } else { arrived.name.replace('\0', "") };
            files.push(Arrived { name, ..arrived });
        } else {
            let name = field.name().unwrap_or_default().to_owned();
            return Err(Problem::field(name, "unknown part; known here: files, options"));
        }
    }
    if files.is_empty() {
        return Err(Problem::field("files", "missing; at least one file is expected"));
    }
    Ok(Brought { files, uploads: Vec::new(), urls: Vec::new(), options })
}

/// Uploads, or URLs of scans. These are fetched when it is their turn; what can be seen to be wrong with them is told now.
async fn elsewhere(app: &App, request: Request) -> Result<Brought, Problem> {
    let Json(Elsewhere { uploads, urls, application, policy }) = Json::from_request(request, app).await?;
    let most = app.guard.config().urls;
    if uploads.is_some() == urls.is_some() {
        return Err(Problem::field("uploads", "ids of uploads are expected, or else urls; one of the two"));
    }
    if uploads.as_ref().is_some_and(Vec::is_empty) {
        return Err(Problem::field("uploads", "empty; at least one upload is expected"));
    }
    if urls.as_ref().is_some_and(|urls| urls.is_empty() || urls.len() > most) {
        return Err(Problem::field("urls", format!("1 to {most} are expected")));
    }
    let (uploads, urls) = (uploads.unwrap_or_default(), urls.unwrap_or_default());
    let denied = |(number, url): (usize, &String)| {
        let judged = Url::parse(url).map_err(|_| Denied::NotAUrl).and_then(|url| app.guard.client(&url).map(drop));
        judged.err().map(|e| Fault { path: format!("urls[{number}]"), message: e.to_string() })
    };
    let faults: Vec<Fault> = urls.iter().enumerate().filter_map(denied).collect();
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let options = Options { application, policy };
    valid(&options, "policy")?;
    Ok(Brought { files: Vec::new(), uploads, urls, options })
}

/// `at` is the path of the policy in the request.
fn valid(options: &Options, at: &str) -> Result<(), Problem> {
    let Some(policy) = &options.policy else { return Ok(()) };
    let fault = |f: Fault| Fault { path: format!("{at}.{}", f.path), message: f.message };
    Policy::from_json(policy.to_string().as_bytes())
        .map(|_| ())
        .map_err(|faults| Problem::invalid(faults.into_iter().map(fault).collect()))
}

/// Batches, the latest first.
#[utoipa::path(get, path = "/v1/batches", tag = "read", params(Paging), responses(
    (status = 200, description = "Some of them", body = Page<Batch>),
    (status = 422, description = "No such cursor or limit", body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Query(paging): Query<Paging>,
) -> Result<axum::Json<Page<Batch>>, Problem> {
    let limit = paging.limit()?;
    let text = "SELECT id FROM batches WHERE tenant_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    let query = app.db.query(text).bind(caller.tenant.clone()).bind(paging.after()?.unwrap_or_else(|| "~".to_owned()));
    // One connection: of two replicas the second may know less than the first.
    let mut connection = app.db.reader(Freshness::Committed).connection().await?;
    let rows = query.bind(limit + 1).fetch_all(&mut *connection).await?;
    let ids = rows.iter().map(|row| row.col("id")).collect::<Result<Vec<String>, _>>()?;
    let batches = some(&app, &mut connection, &caller.tenant, &ids).await?;
    Ok(axum::Json(Page::of(batches, limit, |b| b.id.to_string())))
}

/// A batch: how far it is, its files, and in the end what shows of it as a whole.
#[utoipa::path(get, path = "/v1/batches/{id}", tag = "read", params(("id" = Uuid, Path)), responses(
    (status = 200, description = "It", body = Batch),
    (status = 404, description = "None of yours has this id", body = Problem, content_type = "application/problem+json"),
))]
pub async fn get(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path(id): Path<Uuid>,
) -> Result<axum::Json<Batch>, Problem> {
    find(&app, &caller, id, Freshness::Latest).await.map(axum::Json)
}

/// The job of a batch, if it is the caller's.
pub async fn job_of(app: &App, caller: &Caller, id: Uuid) -> Result<Uuid, Problem> {
    let text = "SELECT job_id FROM batches WHERE id = $1 AND tenant_id = $2";
    let query = app.db.query(text).bind(id.to_string()).bind(caller.tenant.clone());
    let row =
        query.fetch_optional(app.db.reader(Freshness::Latest)).await?.ok_or_else(|| Problem::not_found("batch"))?;
    Uuid::parse_str(&row.col::<String>("job_id")?).map_err(|_| Problem::not_found("batch"))
}

/// The exam that a batch is of: the one that was named, or that of most of its sheets.
pub async fn application(app: &App, caller: &Caller, id: Uuid) -> Result<Option<String>, Problem> {
    let text = "SELECT application_id FROM batches WHERE id = $1 AND tenant_id = $2 AND application_id IS NOT NULL";
    let query = app.db.query(text).bind(id.to_string()).bind(caller.tenant.clone());
    let mut row = query.fetch_optional(app.db.reader(Freshness::Latest)).await?;
    if row.is_none() {
        let text = "SELECT s.application_id AS application_id, COUNT(*) AS sheets FROM pages p
                    JOIN sheets s ON s.tenant_id = p.tenant_id AND s.id = p.sheet_id
                    WHERE p.batch_id = $1 AND p.tenant_id = $2 GROUP BY s.application_id ORDER BY sheets DESC LIMIT 1";
        let query = app.db.query(text).bind(id.to_string()).bind(caller.tenant.clone());
        row = query.fetch_optional(app.db.reader(Freshness::Latest)).await?;
    }
    Ok(row.map(|r| r.col("application_id")).transpose()?)
}

pub async fn find(app: &App, caller: &Caller, id: Uuid, freshness: Freshness) -> Result<Batch, Problem> {
    let mut connection = app.db.reader(freshness).connection().await?;
    let found = some(app, &mut connection, &caller.tenant, &[id.to_string()]).await?;
    found.into_iter().next().ok_or_else(|| Problem::not_found("batch"))
}

/// Those of these batches that are the tenant's, the latest first.
async fn some(app: &App, connection: &mut AnyConnection, tenant: &str, ids: &[String]) -> Result<Vec<Batch>, Problem> {
    let among = |text| rows::among(app.db.dialect(), text, &[tenant], ids);
    let text = "SELECT f.batch_id AS id, f.number AS number, f.name AS name, f.bytes AS bytes, f.sha256 AS sha256,
                    f.pages AS pages
                FROM batch_files f JOIN batches b ON b.id = f.batch_id
                WHERE b.tenant_id = $1 AND b.id IN ({ids}) ORDER BY f.number";
    let mut files: HashMap<String, Vec<File>> = HashMap::new();
    for row in among(text).fetch_all(&mut *connection).await? {
        files.entry(row.col("id")?).or_default().push(File {
            number: row.col::<i64>("number")? as u32,
            name: row.col("name")?,
            bytes: row.col::<i64>("bytes")? as u64,
            sha256: row.col("sha256")?,
            pages: row.col::<Option<i64>>("pages")?.map(|p| p as u64),
        });
    }
    let text = "SELECT batch_id AS id, outcome, COUNT(*) AS pages FROM pages
                WHERE batch_id IN (SELECT id FROM batches WHERE tenant_id = $1 AND id IN ({ids}))
                GROUP BY batch_id, outcome";
    let mut outcomes: HashMap<String, BTreeMap<String, u64>> = HashMap::new();
    for row in among(text).fetch_all(&mut *connection).await? {
        outcomes.entry(row.col("id")?).or_default().insert(row.col("outcome")?, row.col::<i64>("pages")? as u64);
    }
    let text = "SELECT b.id AS id, b.summary{as_text} AS summary, j.state AS state, j.done AS done, j.total AS total,
                    j.error{as_text} AS error, j.created_at AS created_at, j.started_at AS started_at,
                    j.finished_at AS finished_at
                FROM batches b JOIN jobs j ON j.id = b.job_id
                WHERE b.tenant_id = $1 AND b.id IN ({ids}) ORDER BY b.id DESC";
    let mut batches = Vec::new();
    for row in among(text).fetch_all(&mut *connection).await? {
        let id: String = row.col("id")?;
        let summary: Option<String> = row.col("summary")?;
        batches.push(Batch {
            job: Progress::of(&row)?.into(),
            outcomes: outcomes.remove(&id).unwrap_or_default(),
            files: files.remove(&id).unwrap_or_default(),
            summary: summary.and_then(|s| serde_json::from_str(&s).ok()),
            id: Uuid::parse_str(&id).map_err(|_| Problem::not_found("batch"))?,
        });
    }
    Ok(batches)
}

/// Cancel a batch that is not read yet. What was read stays.
#[utoipa::path(delete, path = "/v1/batches/{id}", tag = "read", params(("id" = Uuid, Path)), responses(
    (status = 204, description = "It is cancelled"),
    (status = 404, description = "None of yours has this id", body = Problem, content_type = "application/problem+json"),
))]
pub async fn delete(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    let job = job_of(&app, &caller, id).await?;
    if app.queue.cancel(job, &caller.tenant).await? {
        // It will not be settled; what was read of it counts all the same.
        let mut tx = app.db.begin().await?;
        grades::batch_ended(&app.db, &mut tx, &caller.tenant, id).await?;
        app.db.query("DELETE FROM page_gists WHERE batch_id = $1").bind(id.to_string()).execute(&mut *tx).await?;
        tx.commit().await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
