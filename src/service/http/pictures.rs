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
use std::time::Duration;
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

/// A page to be drawn, as the database has it.
struct Page {
    tenant: String,
    batch: Uuid,
    number: u32,
    /// The scan's number, its name, and the page's place in it.
    file: u32,
    name: String,
    place: u32,
    read: PageReading,
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
    let page = Page::find(app, &caller.tenant, id, n).await?;
    let picture = match page.kept(app, &drawing).await? {
        Some(kept) => kept,
        None => {
            let _alone = app.drawing.alone(id, n).await;
            match page.kept(app, &drawing).await? {
                Some(drawn_meanwhile) => drawn_meanwhile,
                None => {
                    let _turn = app.gate.turn().await?;
                    page.draw(app, drawing).await?
                }
            }
        }
    };
    // It is another picture once a person said which sheet it is.
    let etag = etag::of(&picture);
    let cache = (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if etag::among(headers, header::IF_NONE_MATCH, &etag) == Some(true) {
        return Ok((StatusCode::NOT_MODIFIED, [cache], [(header::ETAG, etag)]).into_response());
    }
    Ok(([(header::CONTENT_TYPE, "image/jpeg")], [cache], [(header::ETAG, etag)], picture).into_response())
}

/// How often it is looked whether nobody waits for a picture.
const PAUSE: Duration = Duration::from_millis(50);

/// Draws pictures that will be asked for, one after another, and only while nobody waits for one.
pub async fn ahead(app: &App, caller: &Caller, id: Uuid, wanted: Vec<(u32, Drawing)>) {
    let Some(_alone) = app.drawing.begin_ahead(id) else { return };
    for (n, drawing) in wanted {
        let _turn = loop {
            match app.gate.spare_turn() {
                _ if app.stopping.is_cancelled() => return,
                Some(turn) => break turn,
                None => tokio::time::sleep(PAUSE).await,
            }
        };
        // What can't be drawn is told to whoever asks for it.
        if let Err(problem) = draw_ahead(app, caller, id, n, drawing).await {
            tracing::debug!(batch = %id, page = n, detail = problem.detail(), "not drawn ahead");
        }
    }
}

async fn draw_ahead(app: &App, caller: &Caller, id: Uuid, n: u32, drawing: Drawing) -> Result<(), Problem> {
    // Whoever has a turn waits for nobody: they may be waiting for a turn.
    let Some(_alone) = app.drawing.try_alone(id, n) else { return Ok(()) };
    let page = Page::find(app, &caller.tenant, id, n).await?;
    if page.kept(app, &drawing).await?.is_none() {
        page.draw(app, drawing).await?;
    }
    Ok(())
}

impl Page {
    async fn find(app: &App, tenant: &str, batch: Uuid, number: u32) -> Result<Page, Problem> {
        let text =
            "SELECT p.file_number AS file_number, f.first_page AS first_page, f.name AS name, p.body{as_text} AS body
                    FROM pages p JOIN batch_files f ON f.batch_id = p.batch_id AND f.number = p.file_number
                    WHERE p.batch_id = $1 AND p.tenant_id = $2 AND p.number = $3";
        let query = app.db.query(text).bind(batch.to_string()).bind(tenant.to_owned()).bind(i64::from(number));
        let row = query.fetch_optional(app.db.reader(Freshness::Latest)).await?;
        let row = row.ok_or_else(|| Kind::NotFound.because("the batch has no such page, or it is not read yet"))?;
        Ok(Page {
            tenant: tenant.to_owned(),
            batch,
            number,
            file: row.col::<i64>("file_number")? as u32,
            name: row.col("name")?,
            place: u32::try_from(i64::from(number) - row.col::<i64>("first_page")?).unwrap_or(1),
            read: serde_json::from_str(&row.col::<String>("body")?).map_err(std::io::Error::from)?,
        })
    }

    fn key(&self, drawing: &Drawing) -> Key {
        let name = drawing.file_name();
        Key::Picture { tenant: self.tenant.clone(), batch: self.batch, page: self.number, name }
    }

    async fn kept(&self, app: &App, drawing: &Drawing) -> Result<Option<Vec<u8>>, Problem> {
        match app.objects.open(&self.key(drawing), None).await {
            Ok(mut opened) => {
                let mut bytes = Vec::new();
                opened.body.read_to_end(&mut bytes).await?;
                Ok(Some(bytes))
            }
            Err(ObjectError::NotFound) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// Draws it, and keeps it with what is drawn [together](together) with it.
    async fn draw(&self, app: &App, drawing: Drawing) -> Result<Vec<u8>, Problem> {
        let folder = Incoming::new(app).await?;
        let scan = Key::Scan { tenant: self.tenant.clone(), batch: self.batch, number: self.file };
        let file = app.objects.fetch(&scan, &folder.path().join("scan")).await?;
        let layouts = work::layouts(app, &self.tenant, &folder.path().join("layouts")).await?;
        let (told, policy) = (identified::told(app, &self.read), work::policy(app, self.batch).await?);
        let drawings: Vec<Drawing> = together(drawing, &self.read).collect();
        let out = |nth: usize| folder.path().join(format!("picture-{nth}"));
        let to_draw = drawings.iter().cloned().enumerate().map(|(nth, drawing)| (drawing, out(nth))).collect();
        let (name, page) = (self.name.clone(), self.place);
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
            if tokio::fs::try_exists(out(nth)).await? {
                app.objects.put_file(&self.key(drawing), &out(nth)).await?;
            }
        }
        Ok(asked)
    }
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
