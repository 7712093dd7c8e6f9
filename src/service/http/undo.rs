//! Taking a decision back: `/v1/batches/{id}/pages/{n}/undo`.

use super::extract::Path;
use super::pages::{self, BatchPage};
use super::{Caller, Kind, Problem, batches, caller, etag};
use crate::read::result::{FieldStatus, PageReading};
use crate::service::App;
use crate::service::grades::{self, Whose};
use crate::service::store::Folder;
use crate::service::store::db::{Columns, Freshness};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};
use uuid::Uuid;

/// Take back what was last decided of a page. That it was is kept, as a decision of its own.
///
/// With `If-Match` nothing is taken back where the page is another one by now: neither what somebody else decided, nor,
/// by a request that is repeated, a decision before the one that was meant.
#[utoipa::path(post, path = "/v1/batches/{id}/pages/{n}/undo", tag = "read", params(("id" = Uuid, Path), ("n" = u32, Path),
        ("If-Match" = Option<String>, Header, description = "The page's ETag")),
    responses(
        (status = 200, description = "The page as it was before", body = BatchPage),
        (status = 404, description = "No such page of yours", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Nothing was decided of it, or it is not as it was decided", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "It was changed in the meantime", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn undo(
    State(app): State<App>,
    caller::Review(caller): caller::Review,
    Path((id, n)): Path<(Uuid, u32)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    batches::job_of(&app, &caller, id).await?;
    let mut tx = app.db.begin().await?;
    let text = "SELECT body{as_text} AS body FROM pages WHERE batch_id = $1 AND number = $2 {for_update}";
    let query = app.db.query(text).bind(id.to_string()).bind(i64::from(n));
    let row = query.fetch_optional(&mut *tx).await?;
    let row = row.ok_or_else(|| Kind::NotFound.because("the batch has no such page, or it is not read yet"))?;
    let body: String = row.col("body")?;
    pages::unchanged(&headers, &body)?;
    let text = "SELECT id, change{as_text} AS change, before{as_text} AS before, after{as_text} AS after FROM decisions
                WHERE batch_id = $1 AND number = $2 ORDER BY id DESC";
    let query = app.db.query(text).bind(id.to_string()).bind(i64::from(n));
    let mut last = None;
    for row in query.fetch_all(&mut *tx).await? {
        // What was taken back already is followed by the page as it was before: the decision that led there comes next.
        if value(&row.col::<String>("change")?)?.get("undo").is_none() && row.col::<String>("after")? == body {
            last = Some((row.col::<String>("id")?, row.col::<String>("before")?));
            break;
        }
    }
    let nothing = || Kind::Conflict.because("nothing was decided of the page, or it is not as it was decided");
    let (decision, before) = last.ok_or_else(nothing)?;
    let reading: PageReading = serde_json::from_str(&before).map_err(std::io::Error::from)?;
    let stood: PageReading = serde_json::from_str(&body).map_err(std::io::Error::from)?;
    let sheet_of = |page: &PageReading| page.sheet.as_ref().and_then(|s| s.id.clone());
    let another_sheet = sheet_of(&stood) != sheet_of(&reading);
    let whose = [Whose::of(&stood), Whose::of(&reading)];
    let doubtful = reading.fields.iter().filter(|f| f.status == FieldStatus::Doubtful).count() as i64;
    let sheet = reading.sheet.clone().unwrap_or_default();
    let text = "UPDATE pages SET body = $1{as_json}, outcome = $2, sheet_id = $3, sheet_page = $4, student_id = $5,
                    doubtful = $6, updated_at = {now} WHERE batch_id = $7 AND number = $8";
    let query = app.db.query(text).bind(before.clone()).bind(reading.outcome.name()).bind(sheet.id);
    let query = query.bind(sheet.page.map(i64::from)).bind(sheet.student).bind(doubtful);
    query.bind(id.to_string()).bind(i64::from(n)).execute(&mut *tx).await?;
    grades::page_decided(&app.db, &mut tx, &caller.tenant, id, whose).await?;
    let text = "INSERT INTO decisions (id, tenant_id, batch_id, number, decided_by, decided_at, change, before, after)
                VALUES ($1, $2, $3, $4, $5, {now}, $6{as_json}, $7{as_json}, $8{as_json})";
    let query = app.db.query(text).bind(Uuid::now_v7().to_string()).bind(caller.tenant.clone()).bind(id.to_string());
    let query = query.bind(i64::from(n)).bind(caller.who.clone()).bind(json!({"undo": decision}).to_string());
    query.bind(body).bind(before).execute(&mut *tx).await?;
    tx.commit().await?;
    if another_sheet {
        // Pictures of it show what was read as the other's.
        let pictures = Folder::PagePictures { tenant: caller.tenant.clone(), batch: id, page: n };
        app.objects.delete_folder(&pictures).await?;
    }
    pages::get(State(app), caller::Read(caller), Path((id, n)), HeaderMap::new()).await
}

fn value(text: &str) -> Result<Value, Problem> {
    Ok(serde_json::from_str(text).map_err(std::io::Error::from)?)
}

/// A page as it stands, and the name of what it says.
pub async fn reading(app: &App, caller: &Caller, id: Uuid, n: u32) -> Result<(PageReading, String), Problem> {
    batches::job_of(app, caller, id).await?;
    let text = "SELECT body{as_text} AS body FROM pages WHERE batch_id = $1 AND number = $2";
    let query = app.db.query(text).bind(id.to_string()).bind(i64::from(n));
    let row = query.fetch_optional(app.db.reader(Freshness::Latest)).await?;
    let row = row.ok_or_else(|| Kind::NotFound.because("the batch has no such page, or it is not read yet"))?;
    let body: String = row.col("body")?;
    Ok((serde_json::from_str(&body).map_err(std::io::Error::from)?, etag::of(&body)))
}
