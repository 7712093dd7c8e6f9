//! One picture in, one line out: `/v1/read`.

use super::incoming::Incoming;
use super::{Kind, Problem, caller};
use crate::service::App;
use crate::service::child::{ChildError, Event, Task, Unparsed};
use crate::service::store::db::Columns;
use crate::service::work;
use axum::body::Body;
use axum::extract::State;
use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;

/// Largest picture of one page.
const MOST: u64 = 64 << 20;

/// Read one page, at once.
///
/// The body is the picture or a PDF, of which the first page is read. Nothing of it is kept.
#[utoipa::path(post, path = "/v1/read", tag = "read",
    request_body(content = String, content_type = "application/octet-stream", description = "PDF, TIFF, JPEG, PNG or WebP"),
    responses(
        (status = 200, description = "The line of `gabarito read`", body = Object),
        (status = 413, description = "More than 64 MiB", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No picture, or one that can't be opened", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn read(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    body: Body,
) -> Result<axum::Json<Unparsed>, Problem> {
    app.gate.has_room()?;
    let folder = Incoming::new(&app).await?;
    let path = folder.path().join("page");
    let mut file = tokio::fs::File::create(&path).await?;
    let mut bytes = 0;
    let mut body = body.into_data_stream();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| Kind::Malformed.because("the body broke off"))?;
        bytes += chunk.len() as u64;
        if bytes > MOST {
            return Err(Kind::TooLarge.because("at most 64 MiB are read at once; POST /v1/batches takes more"));
        }
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    if bytes == 0 {
        return Err(Problem::field("", "the body is empty; a picture is expected"));
    }
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
