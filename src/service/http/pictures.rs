//! Pictures of what was read: a page, a field of it. They are drawn when they are asked for, and kept.

use super::extract::{Path, Query};
use super::incoming::Incoming;
use super::{Caller, Kind, Problem, batches, caller, etag, identified};
use crate::read::result::{FieldStatus, PageReading};
use crate::service::App;
use crate::service::child::{Drawing, Event, Task};
use crate::service::store::db::{Columns, Freshness};
use crate::service::store::{Key, ObjectError};
use crate::service::work;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use uuid::Uuid;

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Look {
    /// `false`: the scan alone, upright. Otherwise with what was read drawn on it.
    pub annotated: Option<bool>,
}

/// The whole page, as a JPEG.
#[utoipa::path(get, path = "/v1/batches/{id}/pages/{n}/image", tag = "read", params(("id" = Uuid, Path), ("n" = u32, Path), Look),
    responses(
        (status = 200, description = "The page, upright", content_type = "image/jpeg"),
        (status = 304, description = "You have it"),
        (status = 404, description = "No such page of yours, or one of which there is no picture", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "The scan is not kept any more", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is not valid", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn image(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path((id, n)): Path<(Uuid, u32)>,
    Query(look): Query<Look>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let drawing = if look.annotated.unwrap_or(true) { Drawing::Annotated } else { Drawing::Plain };
    picture(&app, &caller, id, n, drawing, &headers).await
}

/// One field of the page, flat and upright, with a little paper around it, as a JPEG.
#[utoipa::path(get, path = "/v1/batches/{id}/pages/{n}/crops/{field}", tag = "read",
    params(("id" = Uuid, Path), ("n" = u32, Path), ("field" = String, Path)),
    responses(
        (status = 200, description = "The field", content_type = "image/jpeg"),
        (status = 304, description = "You have it"),
        (status = 404, description = "No such page or field of yours", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "The scan is not kept any more", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn crop(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path((id, n, field)): Path<(Uuid, u32, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    picture(&app, &caller, id, n, Drawing::Field(field), &headers).await
}

pub async fn picture(
    app: &App,
    caller: &Caller,
    id: Uuid,
    n: u32,
    drawing: Drawing,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    batches::job_of(app, caller, id).await?;
    let text = "SELECT p.file_number AS file_number, f.first_page AS first_page, f.name AS name, p.body{as_text} AS body
                FROM pages p
                JOIN batch_files f ON f.batch_id = p.batch_id AND f.number = p.file_number WHERE p.batch_id = $1 AND p.number = $2";
    let query = app.db.query(text).bind(id.to_string()).bind(i64::from(n));
    let row = query.fetch_optional(app.db.reader(Freshness::Latest)).await?;
    let row = row.ok_or_else(|| Kind::NotFound.because("the batch has no such page, or it is not read yet"))?;
    let (number, first): (i64, i64) = (row.col("file_number")?, row.col("first_page")?);
    let key = Key::Picture { tenant: caller.tenant.clone(), batch: id, page: n, name: drawing.file_name() };
    let kept = match app.objects.open(&key, None).await {
        Ok(mut opened) => {
            let mut bytes = Vec::new();
            opened.body.read_to_end(&mut bytes).await?;
            bytes
        }
        Err(ObjectError::NotFound) => {
            let _turn = app.gate.turn().await?;
            let folder = Incoming::new(app).await?;
            let scan = Key::Scan { tenant: caller.tenant.clone(), batch: id, number: number as u32 };
            let file = app.objects.fetch(&scan, &folder.path().join("scan")).await?;
            let layouts = work::layouts(app, &caller.tenant, &folder.path().join("layouts")).await?;
            let page = u32::try_from(i64::from(n) - first).unwrap_or(1);
            let read: PageReading = serde_json::from_str(&row.col::<String>("body")?).map_err(std::io::Error::from)?;
            let (told, policy) = (identified::told(app, &read), work::policy(app, id).await?);
            let name = row.col("name")?;
            let drawings: Vec<Drawing> = together(drawing, &read).collect();
            let out = |nth: usize| folder.path().join(format!("picture-{nth}"));
            let to_draw = drawings.iter().cloned().enumerate().map(|(nth, drawing)| (drawing, out(nth))).collect();
            let task = Task::Draw { file, name, page, told, layouts, policy, drawings: to_draw };
            let child = app.children.start_on(task, 1).await?;
            for event in child.all().await? {
                match event {
                    Event::Refused { detail, .. } => return Err(Kind::NotFound.because(detail)),
                    Event::Failed { detail } => return Err(std::io::Error::other(detail).into()),
                    _ => {}
                }
            }
            let asked = tokio::fs::read(out(0)).await?;
            for (nth, drawing) in drawings.iter().enumerate() {
                let name = drawing.file_name();
                let key = Key::Picture { tenant: caller.tenant.clone(), batch: id, page: n, name };
                if tokio::fs::try_exists(out(nth)).await? {
                    app.objects.put_file(&key, &out(nth)).await?;
                }
            }
            asked
        }
        Err(e) => return Err(e.into()),
    };
    // It is another picture once a person said which sheet it is.
    let etag = etag::of(&kept);
    let cache = (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if etag::among(headers, header::IF_NONE_MATCH, &etag) == Some(true) {
        return Ok((StatusCode::NOT_MODIFIED, [cache], [(header::ETAG, etag)]).into_response());
    }
    Ok(([(header::CONTENT_TYPE, "image/jpeg")], [cache], [(header::ETAG, etag)], kept).into_response())
}

/// What is drawn at once: whoever looks at one doubtful field will look at the page's others, and most of the work is to
/// open the page.
fn together(asked: Drawing, page: &PageReading) -> impl Iterator<Item = Drawing> {
    let others: Vec<Drawing> = match &asked {
        Drawing::Field(id) => {
            let doubtful = page.fields.iter().filter(|f| f.status == FieldStatus::Doubtful && f.id != *id);
            doubtful.map(|f| Drawing::Field(f.id.clone())).collect()
        }
        _ => Vec::new(),
    };
    std::iter::once(asked).chain(others)
}
