//! One picture in, one line out: `/v1/read`.

use super::incoming::{self, Incoming};
use super::{Kind, Problem, caller, extract};
use crate::service::App;
use crate::service::child::{ChildError, Event, Task, Unparsed};
use crate::service::store::db::Columns;
use crate::service::work;
use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request, State};
use futures_util::StreamExt;
use std::path::PathBuf;
use tokio::io::AsyncWriteExt;

/// Largest picture of one page.
const MOST: u64 = 64 << 20;

/// Read one page, at once.
///
/// The body is the picture or a PDF, of which the first page is read; or a form with it. Nothing of it is kept.
#[utoipa::path(post, path = "/v1/read", tag = "read",
    request_body(content(
        (String = "application/octet-stream"),
        (ReadForm = "multipart/form-data"),
    ), description = "PDF, TIFF, JPEG, PNG or WebP"),
    responses(
        (status = 200, description = "The line of `gabarito read`", body = Object),
        (status = 400, description = "No form, though it is said to be one", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "More than 64 MiB", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No picture, or one that can't be opened", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn read(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    request: Request,
) -> Result<axum::Json<Unparsed>, Problem> {
    app.gate.has_room()?;
    let folder = Incoming::new(&app).await?;
    let path = match extract::content_type(request.headers()) == "multipart/form-data" {
        true => form(&app, &folder, request).await?,
        false => raw(&folder, request.into_body()).await?,
    };
    let _turn = app.gate.turn().await?;
    let layouts = work::layouts(&app, &caller.tenant, &folder.path().join("layouts")).await?;
    let task = Task::Read { file: path, name: "page".to_owned(), first: 1, last: 1, layouts, policy: None };
    let events = app.children.start_on(task, 1).await?.all().await?;
    let page = events.into_iter().find_map(|event| match event {
        Event::Page { reading, .. } => Some(reading),
        _ => None,
    });
    let mut reading = *page.ok_or_else(|| Problem::from(ChildError::Died("it said nothing".to_owned())))?;
    if let Some(sheet) = reading.sheet.as_mut()
        && let Some(id) = sheet.id.clone()
    {
        let text = "SELECT student_id, version FROM sheets WHERE tenant_id = $1 AND id = $2";
        let query = app.db.query(text).bind(caller.tenant.clone()).bind(id);
        if let Some(row) = query.fetch_optional(app.db.writer()).await? {
            sheet.student = row.col("student_id")?;
            sheet.version = row.col::<Option<i64>>("version")?.and_then(|v| u32::try_from(v).ok());
        }
    }
    Ok(axum::Json(reading))
}

#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
pub struct ReadForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// The one file of a form.
async fn form(app: &App, folder: &Incoming, request: Request) -> Result<PathBuf, Problem> {
    let mut form = Multipart::from_request(request, app).await.map_err(|e| Kind::Malformed.because(e.body_text()))?;
    let mut taken = None;
    while let Some(field) = incoming::part(&mut form).await? {
        let name = field.name().unwrap_or_default().to_owned();
        if field.file_name().is_none() && name != "file" {
            return Err(Problem::field(name, "unknown part; known here: file"));
        }
        let arrived = folder.take(field).await?;
        if arrived.bytes > MOST {
            return Err(too_large());
        }
        if arrived.bytes == 0 {
            return Err(Problem::field(name, "empty; a picture is expected"));
        }
        if taken.replace(arrived.path).is_some() {
            return Err(Problem::field(name, "one more file; POST /v1/batches takes several"));
        }
    }
    taken.ok_or_else(|| Problem::field("file", "missing; a picture is expected"))
}

/// The body as it is.
async fn raw(folder: &Incoming, body: Body) -> Result<PathBuf, Problem> {
    let path = folder.path().join("page");
    let mut file = tokio::fs::File::create(&path).await?;
    let mut bytes = 0;
    let mut body = body.into_data_stream();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| Kind::Malformed.because("the body broke off"))?;
        bytes += chunk.len() as u64;
        if bytes > MOST {
            return Err(too_large());
        }
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    if bytes == 0 {
        return Err(Problem::field("", "the body is empty; a picture is expected"));
    }
    Ok(path)
}

fn too_large() -> Problem {
    Kind::TooLarge.because("at most 64 MiB are read at once; POST /v1/batches takes more")
}
