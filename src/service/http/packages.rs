//! Printing: `/v1/packages`.

use super::caller::Print;
use super::download::{self, Described};
use super::extract::{self, Json, Path, Query};
use super::incoming::{self, Arrived, Incoming};
use super::job::Job;
use super::once::Once;
use super::paging::{Page, Paging};
use super::urgency::priority;
use super::{Caller, Kind, Problem};
use crate::service::App;
use crate::service::child::{Event, Task};
use crate::service::cloud::Size;
use crate::service::jobs::{ItemKind, JobState, NewItem, NewJob, Progress};
use crate::service::retention::hold;
use crate::service::store::db::{Cell, Columns, Freshness, Tx, rows};
use crate::service::store::objects::is_safe_name;
use crate::service::store::{DbError, Folder, Key};
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::AnyConnection;
use std::collections::HashMap;
use tracing::Instrument;
use uuid::Uuid;

/// A package that is printed, or will be.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Package {
    pub id: Uuid,
    /// The exam that it is of.
    pub application: String,
    #[serde(flatten)]
    pub job: Job,
    /// What was printed; null until then.
    #[schema(value_type = Option<Object>)]
    pub report: Option<Value>,
    pub files: Vec<File>,
}

/// A file that was printed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PrintedFile)]
pub struct File {
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
    pub url: String,
}

/// Largest PACKAGE.json.
const MAX_PACKAGE: usize = 256 << 20;

/// Print a package.
///
/// The body is a PACKAGE.json, or a form with it as the part `package` and the pictures and PDFs that it names as files.
/// Everything wrong with it is told at once, before anything is printed.
#[utoipa::path(post, path = "/v1/packages", tag = "print",
    params(("Priority" = Option<String>, Header,
        description = "`u=0` for what goes before all else, to `u=7` for what can wait; `u=3` where nothing is said (RFC 9218)")),
    request_body(content(
        (Value = "application/json"),
        (PackageForm = "multipart/form-data"),
    )),
    responses(
        (status = 202, description = "It will be printed", body = Package, headers(("Location", description = "Where to follow it"))),
        (status = 400, description = "Not JSON, or no form", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Neither JSON nor a form", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It can't be printed; `errors` says why, by path", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn create(State(app): State<App>, Print(caller): Print, request: Request) -> Result<Response, Problem> {
    // A large package is in memory for a moment, and then a process checks it.
    app.gate.has_room()?;
    let once = Once::of(&caller, request.headers(), "POST /v1/packages")?;
    let priority = priority(request.headers());
    let folder = Incoming::new(&app).await?;
    let (names, hashes) = received(&app, &folder, request).await?.into_iter().unzip::<_, _, Vec<_>, Vec<_>>();
    let text = tokio::fs::read(folder.path().join("PACKAGE.json")).await?;
    let mut said = vec![text.as_slice()];
    said.extend(names.iter().chain(&hashes).map(|s: &String| s.as_bytes()));
    let work = {
        let (app, names) = (app.clone(), names.clone());
        async move {
            // On its own: what the caller's patience cut off half-way would be in the storage and in no package.
            let made = async move { make(&app, &caller, &folder, &names, priority).await };
            let made = tokio::spawn(made.in_current_span());
            made.await.map_err(std::io::Error::other)?
        }
    };
    once.run(&app, &said, work).await
}

/// Keeps what came and makes the job; what fails leaves nothing.
async fn make(
    app: &App,
    caller: &Caller,
    folder: &Incoming,
    files: &[String],
    priority: i32,
) -> Result<Response, Problem> {
    check(app, &folder.path().join("PACKAGE.json")).await?;
    let id = Uuid::now_v7();
    if let Err(problem) = begin(app, caller, id, folder, files, priority).await {
        // A database that breaks off may have kept it all the same.
        let query = app.db.query("SELECT id FROM packages WHERE id = $1").bind(id.to_string());
        if matches!(query.fetch_optional(app.db.writer()).await, Ok(None)) {
            let folder = Folder::Package { tenant: caller.tenant.clone(), package: id };
            if let Err(e) = app.objects.delete_folder(&folder).await {
                tracing::error!(error = %e, package = %id, "the input of no package could not be deleted");
            }
        }
        return Err(problem);
    }
    app.queue.ring();
    let package = find(app, caller, id, Freshness::Latest).await?;
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, format!("/v1/packages/{id}"))], axum::Json(package)).into_response())
}

async fn begin(
    app: &App,
    caller: &Caller,
    id: Uuid,
    folder: &Incoming,
    files: &[String],
    priority: i32,
) -> Result<(), Problem> {
    let json = tokio::fs::read(folder.path().join("PACKAGE.json")).await?;
    let Known { application: Application { id: application, title }, units } =
        serde_json::from_slice(&json).map_err(std::io::Error::from)?;
    let mut inputs = vec!["PACKAGE.json".to_owned()];
    inputs.extend(files.iter().cloned());
    for name in &inputs {
        let key = Key::PackageInput { tenant: caller.tenant.clone(), package: id, name: name.clone() };
        app.objects.put_file(&key, &folder.path().join(name)).await?;
    }
    let run_tasks = app.run_tasks(Size::Package(json.len() as u64));
    let (job, tenant) = (Uuid::now_v7(), caller.tenant.clone());
    let job = NewJob { id: job, tenant, kind: "package", priority, total: None, run_tasks };
    let payload = json!({"package": id, "application": application, "inputs": inputs});
    let item = NewItem { kind: ItemKind::Print, payload, input_hash: None };
    let mut tx = app.db.begin().await?;
    app.queue.create(&mut tx, &job, &[item]).await?;
    let text = "INSERT INTO packages (id, tenant_id, job_id, application_id, title, created_at)
                VALUES ($1, $2, $3, $4, $5, {now})";
    let query = app.db.query(text).bind(id.to_string()).bind(caller.tenant.clone()).bind(job.id.to_string());
    query.bind(application).bind(title).execute(&mut *tx).await?;
    note_places(app, &mut tx, id, units).await?;
    Ok(tx.commit().await?)
}

/// How units and rooms are called.
async fn note_places(app: &App, tx: &mut Tx, package: Uuid, units: Vec<Place>) -> Result<(), Problem> {
    let mut rows = Vec::new();
    for unit in units {
        for room in unit.rooms {
            let cells = [package.to_string(), unit.id.clone(), room.id, unit.name.clone(), room.name];
            rows.push(cells.into_iter().map(Cell::from).collect());
        }
    }
    let columns = "places (package_id, unit_id, room_id, unit_name, room_name)";
    Ok(rows::insert(tx, app.db.dialect(), columns, "ON CONFLICT DO NOTHING", rows).await?)
}

#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
pub struct PackageForm {
    /// PACKAGE.json
    package: String,
    /// Pictures and PDFs that it names.
    #[schema(value_type = Vec<String>, format = Binary)]
    files: Vec<Vec<u8>>,
}

/// Puts the body's files into the folder; gives the names of all but PACKAGE.json, each with its hash.
async fn received(app: &App, folder: &Incoming, request: Request) -> Result<Vec<(String, String)>, Problem> {
    let content_type = extract::content_type(request.headers());
    if content_type == "application/json" {
        let body = axum::body::to_bytes(request.into_body(), MAX_PACKAGE).await;
        let body = body.map_err(|_| Kind::TooLarge.because("the package has more than 256 MiB"))?;
        keep_json(folder, body).await?;
        return Ok(Vec::new());
    }
    if content_type != "multipart/form-data" {
        return Err(Kind::Unsupported.because("application/json or multipart/form-data is expected"));
    }
    let mut form = Multipart::from_request(request, app).await.map_err(|e| Kind::Malformed.because(e.body_text()))?;
    let (mut names, mut package) = (Vec::new(), false);
    while let Some(field) = incoming::part(&mut form).await? {
        if field.name() == Some("package") {
            keep_json(folder, incoming::text(field, MAX_PACKAGE).await?.into()).await?;
            package = true;
            continue;
        }
        if field.file_name().is_none() && field.name() != Some("files") {
            let name = field.name().unwrap_or_default().to_owned();
            return Err(Problem::field(name, "unknown part; known here: package, files"));
        }
        let Arrived { name, path, blake3, .. } = folder.take(field).await?;
        if !is_safe_name(&name) || name == "PACKAGE.json" {
            return Err(Problem::field("files", format!("“{name}” is no name of a file below the package's folder")));
        }
        if names.iter().any(|(known, _)| *known == name) {
            return Err(Problem::field("files", format!("“{name}” is there twice")));
        }
        let at = folder.path().join(&name);
        tokio::fs::create_dir_all(at.parent().unwrap_or(folder.path())).await?;
        tokio::fs::rename(path, at).await?;
        names.push((name, blake3));
    }
    if package {
        Ok(names)
    } else {
        Err(Problem::field("package", "missing; a part with the PACKAGE.json is expected"))
    }
}

/// Puts the PACKAGE.json into the folder, if it is JSON; a large one takes a while to look through.
async fn keep_json(folder: &Incoming, json: Bytes) -> Result<(), Problem> {
    let looked = json.clone();
    tokio::task::spawn_blocking(move || extract::is_object(&looked)).await.map_err(std::io::Error::other)??;
    Ok(tokio::fs::write(folder.path().join("PACKAGE.json"), json).await?)
}

/// What is taken out of a package that is valid.
#[derive(Deserialize)]
struct Known {
    application: Application,
    #[serde(default)]
    units: Vec<Place>,
}

#[derive(Deserialize)]
struct Application {
    id: String,
    title: Option<String>,
}

/// A unit, or a room of one.
#[derive(Deserialize)]
struct Place {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    rooms: Vec<Place>,
}

/// All faults of a package, found in a child: its pictures are foreign.
async fn check(app: &App, package: &std::path::Path) -> Result<(), Problem> {
    let _turn = app.gate.turn().await?;
    let child = app.children.start(Task::Check { package: package.to_owned() }).await?;
    for event in child.all().await? {
        match event {
            Event::Refused { faults, .. } if !faults.is_empty() => return Err(Problem::invalid(faults)),
            Event::Refused { detail, .. } => return Err(Problem::field("", detail)),
            Event::Failed { detail } => return Err(std::io::Error::other(detail).into()),
            _ => {}
        }
    }
    Ok(())
}

/// Packages, the latest first.
#[utoipa::path(get, path = "/v1/packages", tag = "print", params(Paging), responses(
    (status = 200, description = "Some of them", body = Page<Package>),
    (status = 422, description = "No such cursor or limit", body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(
    State(app): State<App>,
    Print(caller): Print,
    Query(paging): Query<Paging>,
) -> Result<axum::Json<Page<Package>>, Problem> {
    let limit = paging.limit()?;
    let text = "SELECT id FROM packages WHERE tenant_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    let query = app.db.query(text).bind(caller.tenant.clone()).bind(paging.after()?.unwrap_or_else(|| "~".to_owned()));
    // One connection: of two replicas the second may know less than the first.
    let mut connection = app.db.reader(Freshness::Committed).connection().await?;
    let rows = query.bind(limit + 1).fetch_all(&mut *connection).await?;
    let ids = rows.iter().map(|row| row.col("id")).collect::<Result<Vec<String>, _>>()?;
    let packages = some(&app, &mut connection, &caller.tenant, &ids).await?;
    Ok(axum::Json(Page::of(packages, limit, |p| p.id.to_string())))
}

/// A package: how far it is, and its files.
#[utoipa::path(get, path = "/v1/packages/{id}", tag = "print", params(("id" = Uuid, Path)), responses(
    (status = 200, description = "It", body = Package),
    (status = 404, description = "None of yours has this id", body = Problem, content_type = "application/problem+json"),
))]
pub async fn get(
    State(app): State<App>,
    Print(caller): Print,
    Path(id): Path<Uuid>,
) -> Result<axum::Json<Package>, Problem> {
    find(&app, &caller, id, Freshness::Latest).await.map(axum::Json)
}

pub async fn find(app: &App, caller: &Caller, id: Uuid, freshness: Freshness) -> Result<Package, Problem> {
    let mut connection = app.db.reader(freshness).connection().await?;
    let found = some(app, &mut connection, &caller.tenant, &[id.to_string()]).await?;
    found.into_iter().next().ok_or_else(|| Problem::not_found("package"))
}

/// Those of these packages that are the tenant's, the latest first.
async fn some(
    app: &App,
    connection: &mut AnyConnection,
    tenant: &str,
    ids: &[String],
) -> Result<Vec<Package>, Problem> {
    let among = |text| rows::among(app.db.dialect(), text, &[tenant], ids);
    let text = "SELECT f.package_id AS id, f.name AS name, f.bytes AS bytes, f.sha256 AS sha256
                FROM package_files f JOIN packages p ON p.id = f.package_id
                WHERE p.tenant_id = $1 AND p.id IN ({ids}) ORDER BY f.name";
    let mut files: HashMap<String, Vec<File>> = HashMap::new();
    for row in among(text).fetch_all(&mut *connection).await? {
        let (id, name): (String, String) = (row.col("id")?, row.col("name")?);
        let url = app.url(&format!("/v1/packages/{id}/files/{}", escaped(&name)));
        let (bytes, sha256) = (row.col::<i64>("bytes")? as u64, row.col("sha256")?);
        files.entry(id).or_default().push(File { url, name, bytes, sha256 });
    }
    let text = "SELECT p.id AS id, p.application_id AS application_id, p.report{as_text} AS report, j.state AS state,
                    j.done AS done, j.total AS total, j.error{as_text} AS error, j.created_at AS created_at,
                    j.started_at AS started_at, j.finished_at AS finished_at
                FROM packages p JOIN jobs j ON j.id = p.job_id
                WHERE p.tenant_id = $1 AND p.id IN ({ids}) ORDER BY p.id DESC";
    let mut packages = Vec::new();
    for row in among(text).fetch_all(&mut *connection).await? {
        let id: String = row.col("id")?;
        let report: Option<String> = row.col("report")?;
        packages.push(Package {
            application: row.col("application_id")?,
            job: Progress::of(&row)?.into(),
            report: report.and_then(|r| serde_json::from_str(&r).ok()),
            files: files.remove(&id).unwrap_or_default(),
            id: Uuid::parse_str(&id).map_err(|_| Problem::not_found("package"))?,
        });
    }
    Ok(packages)
}

/// The name of a file as the end of a path.
fn escaped(name: &str) -> String {
    let parts = name.split('/').map(|part| percent_encoding::utf8_percent_encode(part, SEGMENT).to_string());
    parts.collect::<Vec<_>>().join("/")
}

/// What is escaped in a segment of a path (RFC 3986, pchar).
const SEGMENT: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Cancel a package that is not printed yet, or delete its files.
///
/// What was brought for a package that was never printed is deleted with it; that of one that was printed stays, and a
/// student or a room of it can be printed again.
#[utoipa::path(delete, path = "/v1/packages/{id}", tag = "print", params(("id" = Uuid, Path)), responses(
    (status = 204, description = "It is cancelled; what was printed is deleted"),
    (status = 404, description = "None of yours has this id", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "A legal hold keeps it", body = Problem, content_type = "application/problem+json"),
))]
pub async fn delete(State(app): State<App>, Print(caller): Print, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    find(&app, &caller, id, Freshness::Latest).await?;
    if hold::holds_package(&app.db, id).await? {
        return Err(Kind::Conflict.because("a legal hold keeps it"));
    }
    let text = "SELECT job_id FROM packages WHERE id = $1";
    let row = app.db.query(text).bind(id.to_string()).fetch_one(app.db.writer()).await?;
    let job = Uuid::parse_str(&row.col::<String>("job_id")?).map_err(|e| DbError::Decode(e.into()))?;
    app.queue.cancel(job, &caller.tenant).await?;
    let printed = app.queue.progress(job, Freshness::Latest).await?.is_some_and(|p| p.state == JobState::Done);
    let tenant = caller.tenant;
    // What a worker that has not yet lost it puts there afterwards is deleted by the sweeper.
    app.objects
        .delete_folder(&if printed {
            Folder::PackageFiles { tenant, package: id }
        } else {
            Folder::Package { tenant, package: id }
        })
        .await?;
    let query = app.db.query("DELETE FROM package_files WHERE package_id = $1").bind(id.to_string());
    app.db.execute(query).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct How {
    /// Answer with a link for the download instead of the file.
    pub link: Option<bool>,
}

/// What was printed beside the PDFs, or a link.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its schema is used")]
enum FileOrLink {
    Link(download::Link),
    #[schema(value_type = Object)]
    File(Value),
}

/// A file that was printed, or a part of it; or a link to it.
///
/// With `link=true` the answer is JSON, `{"url", "expires_at"}`. Where the storage signs links, whoever has it may download
/// the file until then, from the storage itself; elsewhere it leads here, asks for credentials, and has no end.
#[utoipa::path(get, path = "/v1/packages/{id}/files/{*name}", tag = "print",
    params(("id" = Uuid, Path), ("name" = String, Path, description = "As `files` names it; slashes stay as they are"), How),
    responses(
        (status = 200, description = "The file, or a link to it", content(
            (String = "application/pdf"), (String = "application/zip"), (String = "application/octet-stream"),
            (FileOrLink = "application/json"))),
        (status = 206, description = "The part that was asked for", content(
            (String = "application/pdf"), (String = "application/zip"), (String = "application/octet-stream"),
            (String = "application/json"))),
        (status = 304, description = "You have it"),
        (status = 404, description = "No such package, or no such file of it", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "It is not kept any more", body = Problem, content_type = "application/problem+json"),
        (status = 416, description = "It has no such bytes", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No such parameter", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The storage does not answer", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn download(
    State(app): State<App>,
    Print(caller): Print,
    Path((id, name)): Path<(Uuid, String)>,
    Query(how): Query<How>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let text = "SELECT f.bytes AS bytes, f.sha256 AS sha256 FROM package_files f JOIN packages p ON p.id = f.package_id
                WHERE p.id = $1 AND p.tenant_id = $2 AND f.name = $3";
    let query = app.db.query(text).bind(id.to_string()).bind(caller.tenant.clone()).bind(name.replace('\0', ""));
    let row =
        query.fetch_optional(app.db.reader(Freshness::Latest)).await?.ok_or_else(|| Problem::not_found("file"))?;
    let key = Key::PackageFile { tenant: caller.tenant, package: id, name: name.clone() };
    if how.link.unwrap_or(false) {
        let here = app.url(&format!("/v1/packages/{id}/files/{}", escaped(&name)));
        return Ok(axum::Json(download::link(&app, &key, &name, here).await?).into_response());
    }
    let (bytes, etag) = (row.col::<i64>("bytes")? as u64, row.col("sha256")?);
    download::file(&app, &headers, Described { key, name: &name, bytes, etag }).await
}

/// What is to be printed again: one of the two.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reprint {
    /// A student's id.
    pub student: Option<String>,
    /// A room's id.
    pub room: Option<String>,
}

/// One student's booklet and sheet, or a room's whole bag, once more: the same bytes page for page.
#[utoipa::path(post, path = "/v1/packages/{id}/reprint", tag = "print", params(("id" = Uuid, Path)), request_body = Reprint,
    responses(
        (status = 200, description = "A PDF", content_type = "application/pdf"),
        (status = 400, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such package", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "Its input is not kept any more", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Nobody of it has this id", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn reprint(
    State(app): State<App>,
    Print(caller): Print,
    Path(id): Path<Uuid>,
    Json(what): Json<Reprint>,
) -> Result<Response, Problem> {
    let Reprint { student, room } = what;
    if student.is_some() == room.is_some() {
        return Err(Problem::field("student", "a student's id is expected, or else the id of a room in `room`"));
    }
    app.gate.has_room()?;
    find(&app, &caller, id, Freshness::Latest).await?;
    let folder = Incoming::new(&app).await?;
    let text =
        "SELECT i.payload{as_text} AS payload FROM job_items i JOIN packages p ON p.job_id = i.job_id WHERE p.id = $1";
    let row = app.db.query(text).bind(id.to_string()).fetch_one(app.db.reader(Freshness::Latest)).await?;
    let payload: Value = serde_json::from_str(&row.col::<String>("payload")?).map_err(std::io::Error::from)?;
    for name in payload["inputs"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let key = Key::PackageInput { tenant: caller.tenant.clone(), package: id, name: name.to_owned() };
        let at = folder.path().join(name);
        tokio::fs::create_dir_all(at.parent().unwrap_or(folder.path())).await?;
        let there = app.objects.fetch(&key, &at).await?;
        if there != at {
            tokio::fs::hard_link(there, at).await?;
        }
    }
    let out = folder.path().join(Uuid::now_v7().to_string());
    let field = if student.is_some() { "student" } else { "room" };
    let package = folder.path().join("PACKAGE.json");
    let _turn = app.gate.turn().await?;
    let child = app.children.start(Task::Reprint { package, student, room, out: out.clone() }).await?;
    for event in child.all().await? {
        match event {
            Event::Refused { detail, .. } => return Err(Problem::field(field, detail)),
            Event::Failed { detail } => return Err(std::io::Error::other(detail).into()),
            _ => {}
        }
    }
    let pdf = tokio::fs::read(out).await?;
    Ok(([(header::CONTENT_TYPE, "application/pdf")], pdf).into_response())
}
