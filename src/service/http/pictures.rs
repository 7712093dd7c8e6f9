//! Pictures of what was read: a page, a field of it. They are drawn when they are asked for, and kept.

use super::extract::{Path, Query};
use super::incoming::Incoming;
use super::{Caller, Kind, Problem, batches, caller, etag, identified};
use crate::read::result::{FieldStatus, PageReading};
use crate::service::App;
use crate::service::child::{Drawing, Event, PageDrawings, Task};
use crate::service::store::db::{Columns, Freshness};
use crate::service::store::{Key, ObjectError};
use crate::service::work;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::sync::OwnedMutexGuard;
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
            let alone = app.drawing.alone(id, n).await;
            match page.kept(app, &drawing).await? {
                Some(drawn_meanwhile) => drawn_meanwhile,
                None => {
                    let _turn = app.gate.turn().await?;
                    let drawn = draw(app, vec![Wanted { page, drawing, _alone: alone }]).await?;
                    drawn.into_iter().next().unwrap_or_else(|| Err(Kind::NotFound.because("nothing was drawn")))?
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
/// Pages that are drawn by one process before anybody asks for them: they take a core from those who wait.
const AT_ONCE: usize = 4;

/// Draws pictures that will be asked for, some pages after the other, and only while nobody waits for one.
pub async fn ahead(app: &App, caller: &Caller, id: Uuid, wanted: Vec<(u32, Drawing)>) {
    let Some(_alone) = app.drawing.begin_ahead(id) else { return };
    for some in wanted.chunks(AT_ONCE) {
        let _turn = loop {
            match app.gate.spare_turn() {
                _ if app.stopping.is_cancelled() => return,
                Some(turn) => break turn,
                None => tokio::time::sleep(PAUSE).await,
            }
        };
        // What can't be drawn is told to whoever asks for it.
        if let Err(problem) = draw_ahead(app, caller, id, some).await {
            tracing::debug!(batch = %id, detail = problem.detail(), "not drawn ahead");
        }
    }
}

async fn draw_ahead(app: &App, caller: &Caller, id: Uuid, some: &[(u32, Drawing)]) -> Result<(), Problem> {
    let mut of_scan: BTreeMap<u32, Vec<Wanted>> = BTreeMap::new();
    for (n, drawing) in some {
        // Whoever has a turn waits for nobody: they may be waiting for a turn.
        let Some(_alone) = app.drawing.try_alone(id, *n) else { continue };
        let page = Page::find(app, &caller.tenant, id, *n).await?;
        if page.kept(app, drawing).await?.is_none() {
            of_scan.entry(page.file).or_default().push(Wanted { page, drawing: drawing.clone(), _alone });
        }
    }
    for wanted in of_scan.into_values() {
        draw(app, wanted).await?;
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
}

/// A picture that is drawn by one alone.
struct Wanted {
    page: Page,
    drawing: Drawing,
    _alone: OwnedMutexGuard<()>,
}

/// Draws pages of one scan in one process, and keeps their pictures, each with what is drawn [together](together) with it.
/// Gives those that are wanted, in their order.
async fn draw(app: &App, mut wanted: Vec<Wanted>) -> Result<Vec<Result<Vec<u8>, Problem>>, Problem> {
    let Some(Page { tenant, batch, file, name, .. }) = wanted.first().map(|w| &w.page) else { return Ok(Vec::new()) };
    let folder = Incoming::new(app).await?;
    let scan = Key::Scan { tenant: tenant.clone(), batch: *batch, number: *file };
    let layouts = work::layouts(app, tenant, &folder.path().join("layouts")).await?;
    let (policy, name) = (work::policy(app, *batch).await?, name.clone());
    let file = app.objects.fetch(&scan, &folder.path().join("scan")).await?;
    let drawings_of = |Wanted { page, drawing, .. }: &Wanted| {
        let drawings = together(drawing.clone(), &page.read).enumerate();
        let out = |nth: usize| folder.path().join(format!("{}-{nth}", page.place));
        let drawings = drawings.map(|(nth, drawing)| (drawing, out(nth))).collect();
        PageDrawings { page: page.place, told: identified::told(app, &page.read), drawings }
    };
    let pages: Vec<PageDrawings> = wanted.iter().map(drawings_of).collect();
    let task = Task::Draw { file, name, layouts, policy, pages: pages.clone() };
    let mut child = app.children.start_on(task, 1).await?;
    let mut drawn = Vec::new();
    while let Some(event) = child.next().await? {
        let (place, lacking) = match event {
            Event::Drawn { page, lacking } => (page, lacking),
            Event::Refused { detail, .. } => return Err(Kind::NotFound.because(detail)),
            Event::Failed { detail } => return Err(std::io::Error::other(detail).into()),
            _ => continue,
        };
        let Some(at) = wanted.iter().position(|w| w.page.place == place) else { continue };
        // Others may have the page from here on.
        let Wanted { page, _alone, .. } = wanted.swap_remove(at);
        let drawings = pages.iter().find(|s| s.page == place).map_or(&[][..], |s| &s.drawings);
        drawn.push(match lacking {
            Some(detail) => Err(Kind::NotFound.because(detail)),
            None => keep(app, &page, drawings).await,
        });
    }
    Ok(drawn)
}

/// Keeps a page's pictures; gives the first.
async fn keep(app: &App, page: &Page, drawings: &[(Drawing, PathBuf)]) -> Result<Vec<u8>, Problem> {
    let mut first = None;
    for (drawing, path) in drawings {
        if first.is_none() {
            first = Some(tokio::fs::read(path).await?);
        } else if !tokio::fs::try_exists(path).await? {
            continue;
        }
        app.objects.put_file(&page.key(drawing), path).await?;
    }
    first.ok_or_else(|| Kind::NotFound.because("nothing was drawn"))
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
