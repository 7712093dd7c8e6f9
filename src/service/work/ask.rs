//! Asking OCR for the codes of pages that nobody here could identify, and reading those pages on with its answers.

use super::scratch::Scratch;
use super::{WorkError, layouts, policy};
use crate::print::manifest::hex;
use crate::read::result::{IdentifiedBy, Issue, Outcome};
use crate::service::App;
use crate::service::child::{Event, Task, Unparsed};
use crate::service::cloud::vision::VisionError;
use crate::service::jobs::Claimed;
use crate::service::store::Key;
use crate::service::store::db::Columns;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use tokio::io::AsyncReadExt;
use uuid::Uuid;

/// A page that could not be identified, and the picture of its code's place.
struct Unidentified {
    number: u32,
    file: u32,
    /// In its file.
    listed: u32,
    crop: Bytes,
    answer: Option<Result<String, VisionError>>,
}

pub async fn ask(app: &App, item: &Claimed, batch: Uuid) -> Result<(), WorkError> {
    let Some(vision) = &app.vision else { return Ok(()) };
    let mut pages = waiting(app, item, batch).await?;
    if pages.is_empty() {
        return Ok(());
    }
    for page in &mut pages {
        page.answer = kept(app, &page.crop).await?.map(Ok);
    }
    let unknown: Vec<usize> = (0..pages.len()).filter(|&i| pages[i].answer.is_none()).collect();
    let granted = budget(app, &item.tenant, unknown.len() as u64, vision.config().daily_images).await?;
    let asked = &unknown[..granted as usize];
    let crops: Vec<Bytes> = asked.iter().map(|&i| pages[i].crop.clone()).collect();
    for (&i, answer) in asked.iter().zip(vision.read(&crops).await) {
        match &answer {
            Ok(text) => keep(app, &pages[i].crop, text).await?,
            Err(e) => tracing::warn!(item = %item.id, error = %e, "a crop has no answer"),
        }
        pages[i].answer = Some(answer);
    }
    resume(app, item, batch, &pages).await
}

async fn waiting(app: &App, item: &Claimed, batch: Uuid) -> Result<Vec<Unidentified>, WorkError> {
    let text = "SELECT p.number AS number, p.file_number AS file_number, f.first_page AS first_page FROM pages p
                JOIN batch_files f ON f.batch_id = p.batch_id AND f.number = p.file_number
                WHERE p.batch_id = $1 AND p.outcome = 'unidentified' AND p.ask = 1 ORDER BY p.number";
    let mut pages = Vec::new();
    for row in app.db.query(text).bind(batch.to_string()).fetch_all(app.db.writer()).await? {
        let number = row.col::<i64>("number")? as u32;
        let mut crop = Vec::new();
        app.objects.open(&key(item, batch, number), None).await?.body.read_to_end(&mut crop).await?;
        pages.push(Unidentified {
            number,
            file: row.col::<i64>("file_number")? as u32,
            listed: number - row.col::<i64>("first_page")? as u32,
            crop: crop.into(),
            answer: None,
        });
    }
    Ok(pages)
}

/// Where the picture to ask about is kept.
pub fn key(item: &Claimed, batch: Uuid, page: u32) -> Key {
    Key::Picture { tenant: item.tenant.clone(), batch, page, name: "code.png".to_owned() }
}

fn hash(crop: &[u8]) -> String {
    hex(&Sha256::digest(crop))
}

async fn kept(app: &App, crop: &[u8]) -> Result<Option<String>, WorkError> {
    let text = "SELECT answer{as_text} AS answer FROM vision_answers WHERE crop_sha256 = $1";
    let row = app.db.query(text).bind(hash(crop)).fetch_optional(app.db.writer()).await?;
    Ok(row.map(|row| row.col::<String>("answer")).transpose()?.map(|json| serde_json::from_str(&json)).transpose()?)
}

async fn keep(app: &App, crop: &[u8], answer: &str) -> Result<(), WorkError> {
    let text = "INSERT INTO vision_answers (crop_sha256, answer, created_at) VALUES ($1, $2{as_json}, {now})
                ON CONFLICT DO NOTHING";
    let query = app.db.query(text).bind(hash(crop)).bind(serde_json::to_string(answer)?);
    app.db.execute(query).await?;
    Ok(())
}

/// Takes from the tenant's day; gives how many may be asked. What is taken is spent, answered or not.
async fn budget(app: &App, tenant: &str, wanted: u64, daily: u64) -> Result<u64, WorkError> {
    let day = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let mut tx = app.db.begin().await?;
    let text = "INSERT INTO vision_spent (tenant_id, day, images) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING";
    app.db.query(text).bind(tenant.to_owned()).bind(day.clone()).execute(&mut *tx).await?;
    let text = "SELECT images FROM vision_spent WHERE tenant_id = $1 AND day = $2 {for_update}";
    let row = app.db.query(text).bind(tenant.to_owned()).bind(day.clone()).fetch_one(&mut *tx).await?;
    let granted = wanted.min(daily.saturating_sub(row.col::<i64>("images")? as u64));
    let text = "UPDATE vision_spent SET images = images + $1 WHERE tenant_id = $2 AND day = $3";
    app.db.query(text).bind(granted as i64).bind(tenant.to_owned()).bind(day).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(granted)
}

/// Reads the pages whose answers may be codes; whether they are, and of sheets that were printed, shows there.
async fn resume(app: &App, item: &Claimed, batch: Uuid, pages: &[Unidentified]) -> Result<(), WorkError> {
    let scratch = Scratch::of(app, item).await?;
    let layouts = layouts(app, &item.tenant, &scratch.path().join("layouts")).await?;
    let policy = policy(app, batch).await?;
    let mut by_file: BTreeMap<u32, Vec<&Unidentified>> = BTreeMap::new();
    for page in pages {
        by_file.entry(page.file).or_default().push(page);
    }
    for (file, pages) in by_file {
        let text = "SELECT name FROM batch_files WHERE batch_id = $1 AND number = $2";
        let query = app.db.query(text).bind(batch.to_string()).bind(i64::from(file));
        let name: String = query.fetch_one(app.db.writer()).await?.col("name")?;
        let scan = Key::Scan { tenant: item.tenant.clone(), batch, number: file };
        let path = app.objects.fetch(&scan, &scratch.path().join(format!("scan-{file}"))).await?;
        let said = |p: &&Unidentified| Some((p.listed, p.answer.clone()?.ok().filter(|text| !text.trim().is_empty())?));
        let answers: BTreeMap<u32, String> = pages.iter().filter_map(said).collect();
        let mut read = BTreeMap::new();
        if !answers.is_empty() {
            let (by, layouts, policy) = (IdentifiedBy::Vision, layouts.clone(), policy.clone());
            let task = Task::Resume { file: path, name, answers, by, layouts, policy };
            let mut child = app.children.start_on(task, 1).await?;
            while let Some(event) = child.next().await? {
                if let Event::Page { number, reading, .. } = event {
                    read.insert(number, *reading);
                }
            }
        }
        for page in pages {
            write(app, item, batch, page, read.remove(&page.listed)).await?;
        }
    }
    Ok(())
}

async fn write(
    app: &App,
    item: &Claimed,
    batch: Uuid,
    page: &Unidentified,
    read: Option<Unparsed>,
) -> Result<(), WorkError> {
    let mut tx = app.queue.fenced(item).await?;
    let text = "SELECT body{as_text} AS body FROM pages WHERE batch_id = $1 AND number = $2";
    let query = app.db.query(text).bind(batch.to_string()).bind(i64::from(page.number));
    let before: Unparsed = serde_json::from_str(&query.fetch_one(&mut *tx).await?.col::<String>("body")?)?;
    let id = read.as_ref().and_then(|r| r.sheet.as_ref()?.id.clone());
    let text = "SELECT student_id, version FROM sheets WHERE tenant_id = $1 AND id = $2";
    let query = app.db.query(text).bind(item.tenant.clone()).bind(id.unwrap_or_default());
    let printed = query.fetch_optional(&mut *tx).await?;
    let after = match (read, printed) {
        (Some(mut reading), Some(row)) if reading.outcome != Outcome::Unidentified => {
            let sheet = reading.sheet.get_or_insert_default();
            sheet.student = row.col("student_id")?;
            sheet.version = row.col::<Option<i64>>("version")?.and_then(|v| u32::try_from(v).ok());
            reading
        }
        _ => {
            let mut reading = before;
            let detail = match &page.answer {
                Some(Ok(_)) => "OCR read no code of a sheet that was printed".to_owned(),
                Some(Err(e)) => e.to_string(),
                None => "today's images for OCR are used up".to_owned(),
            };
            reading.issues.push(Issue::new("ocr_failed", detail));
            reading
        }
    };
    let json = serde_json::to_string(&after)?;
    let sheet = after.sheet.as_ref();
    let text = "UPDATE pages SET body = $1{as_json}, outcome = $2, sheet_id = $3, sheet_page = $4,
                    student_id = $5, ask = 0, updated_at = {now} WHERE batch_id = $6 AND number = $7";
    let query = app.db.query(text).bind(json.clone()).bind(after.outcome.name()).bind(sheet.and_then(|s| s.id.clone()));
    let query = query.bind(sheet.and_then(|s| s.page).map(i64::from)).bind(sheet.and_then(|s| s.student.clone()));
    query.bind(batch.to_string()).bind(i64::from(page.number)).execute(&mut *tx).await?;
    let text = "UPDATE page_gists SET reading = $1 WHERE batch_id = $2 AND number = $3";
    let query = app.db.query(text).bind(json).bind(batch.to_string()).bind(i64::from(page.number));
    query.execute(&mut *tx).await?;
    Ok(tx.commit().await?)
}
