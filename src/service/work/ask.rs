//! Asking OCR for the codes of pages that nobody here could identify, and reading those pages on with its answers.

use super::scratch::Scratch;
use super::{WorkError, layouts, policy};
use crate::print::manifest::hex;
use crate::read::result::{IdentifiedBy, Issue, Outcome};
use crate::service::App;
use crate::service::child::{Child, ChildError, Event, Task, Unparsed};
use crate::service::cloud::Vision;
use crate::service::cloud::vision::MOST_IMAGES;
use crate::service::jobs::Claimed;
use crate::service::store::db::Columns;
use crate::service::store::{Key, ObjectError};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use tokio::io::AsyncReadExt;
use uuid::Uuid;

/// A page that could not be identified.
struct Unidentified {
    number: u32,
    file: u32,
    /// In its file.
    listed: u32,
    /// The SHA-256 of the picture of its code's place.
    picture: String,
    /// What OCR says of it, or why it says nothing.
    said: Result<String, String>,
}

pub async fn ask(app: &App, item: &Claimed, batch: Uuid) -> Result<(), WorkError> {
    let Some(vision) = &app.vision else { return Ok(()) };
    let mut pages = waiting(app, batch).await?;
    if pages.is_empty() {
        return Ok(());
    }
    let mut unknown: Vec<&mut Unidentified> = pages.iter_mut().filter(|page| page.said.is_err()).collect();
    for some in unknown.chunks_mut(MOST_IMAGES) {
        if !ask_some(app, item, batch, vision, some).await? {
            break;
        }
    }
    resume(app, item, batch, &pages).await
}

/// Asks about as many as the tenant's day has left; gives whether those were all.
async fn ask_some(
    app: &App,
    item: &Claimed,
    batch: Uuid,
    vision: &Vision,
    pages: &mut [&mut Unidentified],
) -> Result<bool, WorkError> {
    let day = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let granted = budget(app, &item.tenant, &day, pages.len() as u64, vision.config().daily_images).await?;
    let (mut asked, mut pictures) = (Vec::new(), Vec::new());
    for page in &mut pages[..granted as usize] {
        match picture(app, item, batch, page.number).await? {
            Some(picture) => {
                pictures.push(picture);
                asked.push(page);
            }
            None => page.said = Err("the picture of its code is not there any more".to_owned()),
        }
    }
    let mut unsent = granted - asked.len() as u64;
    for (page, answer) in asked.into_iter().zip(vision.read(&pictures).await) {
        match &answer {
            Ok(text) => keep(app, &page.picture, text).await?,
            Err(e) => {
                tracing::warn!(item = %item.id, error = %e, "a crop has no answer");
                unsent += u64::from(e.is_unsent());
            }
        }
        page.said = answer.map_err(|e| e.to_string());
    }
    give_back(app, &item.tenant, &day, unsent).await?;
    Ok(granted == pages.len() as u64)
}

/// The pages that OCR may be asked about, with what it said of the same pictures before.
async fn waiting(app: &App, batch: Uuid) -> Result<Vec<Unidentified>, WorkError> {
    let text = "SELECT p.number AS number, p.file_number AS file_number, f.first_page AS first_page, p.ask AS picture,
                    v.answer{as_text} AS answer
                FROM pages p JOIN batch_files f ON f.batch_id = p.batch_id AND f.number = p.file_number
                LEFT JOIN vision_answers v ON v.crop_sha256 = p.ask
                WHERE p.batch_id = $1 AND p.outcome = 'unidentified' AND p.ask IS NOT NULL ORDER BY p.number";
    let mut pages = Vec::new();
    for row in app.db.query(text).bind(batch.to_string()).fetch_all(app.db.writer()).await? {
        let number = row.col::<i64>("number")? as u32;
        let answer: Option<String> = row.col("answer")?;
        let answer: Option<String> = answer.map(|json| serde_json::from_str(&json)).transpose()?;
        pages.push(Unidentified {
            number,
            file: row.col::<i64>("file_number")? as u32,
            listed: number - row.col::<i64>("first_page")? as u32,
            picture: row.col("picture")?,
            said: answer.ok_or_else(|| "today's images for OCR are used up".to_owned()),
        });
    }
    Ok(pages)
}

/// The picture of a page's code; None: it can't be had, and a person looks at the page.
async fn picture(app: &App, item: &Claimed, batch: Uuid, page: u32) -> Result<Option<Bytes>, WorkError> {
    let read = async {
        let mut bytes = Vec::new();
        app.objects.open(&key(item, batch, page), None).await?.body.read_to_end(&mut bytes).await?;
        Ok::<_, ObjectError>(bytes.into())
    };
    match read.await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(ObjectError::NotFound) => Ok(None),
        Err(e) if item.is_last_attempt() => {
            tracing::warn!(item = %item.id, error = %e, "a crop could not be read");
            Ok(None)
        }
        Err(e) => Err(e.into()),
    }
}

/// Where the picture to ask about is kept.
pub fn key(item: &Claimed, batch: Uuid, page: u32) -> Key {
    Key::Picture { tenant: item.tenant.clone(), batch, page, name: "code.png".to_owned() }
}

/// By which an answer is found again.
pub fn hash(picture: &[u8]) -> String {
    hex(&Sha256::digest(picture))
}

async fn keep(app: &App, picture: &str, answer: &str) -> Result<(), WorkError> {
    let text = "INSERT INTO vision_answers (crop_sha256, answer, created_at) VALUES ($1, $2{as_json}, {now})
                ON CONFLICT DO NOTHING";
    let query = app.db.query(text).bind(picture.to_owned()).bind(serde_json::to_string(answer)?);
    app.db.execute(query).await?;
    Ok(())
}

/// Takes from the tenant's day; gives how many may be asked. What was sent is spent, answered or not.
async fn budget(app: &App, tenant: &str, day: &str, wanted: u64, daily: u64) -> Result<u64, WorkError> {
    let mut tx = app.db.begin().await?;
    let text = "INSERT INTO vision_spent (tenant_id, day, images) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING";
    app.db.query(text).bind(tenant.to_owned()).bind(day.to_owned()).execute(&mut *tx).await?;
    let text = "SELECT images FROM vision_spent WHERE tenant_id = $1 AND day = $2 {for_update}";
    let row = app.db.query(text).bind(tenant.to_owned()).bind(day.to_owned()).fetch_one(&mut *tx).await?;
    let granted = wanted.min(daily.saturating_sub(row.col::<i64>("images")? as u64));
    let text = "UPDATE vision_spent SET images = images + $1 WHERE tenant_id = $2 AND day = $3";
    app.db.query(text).bind(granted as i64).bind(tenant.to_owned()).bind(day.to_owned()).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(granted)
}

/// Gives back what was taken and never sent.
async fn give_back(app: &App, tenant: &str, day: &str, unsent: u64) -> Result<(), WorkError> {
    if unsent > 0 {
        let text = "UPDATE vision_spent SET images = images - $1 WHERE tenant_id = $2 AND day = $3";
        let query = app.db.query(text).bind(unsent as i64).bind(tenant.to_owned()).bind(day.to_owned());
        app.db.execute(query).await?;
    }
    Ok(())
}

/// Reads the pages whose answers may be codes; whether they are, and of sheets that were printed, shows there.
async fn resume(app: &App, item: &Claimed, batch: Uuid, pages: &[Unidentified]) -> Result<(), WorkError> {
    let scratch = Scratch::of(app, item).await?;
    let mut by_file: BTreeMap<u32, Vec<&Unidentified>> = BTreeMap::new();
    for page in pages {
        by_file.entry(page.file).or_default().push(page);
    }
    let layouts = layouts(app, &item.tenant, &scratch.path().join("layouts")).await?;
    let policy = policy(app, batch).await?;
    for (file, pages) in by_file {
        let said = |p: &&Unidentified| Some((p.listed, p.said.clone().ok().filter(|text| !text.trim().is_empty())?));
        let answers: BTreeMap<u32, String> = pages.iter().filter_map(said).collect();
        let text = "SELECT name FROM batch_files WHERE batch_id = $1 AND number = $2";
        let query = app.db.query(text).bind(batch.to_string()).bind(i64::from(file));
        let name: String = query.fetch_one(app.db.writer()).await?.col("name")?;
        let scan = Key::Scan { tenant: item.tenant.clone(), batch, number: file };
        let mut resumed = Resumed::default();
        if !answers.is_empty() {
            match app.objects.fetch(&scan, &scratch.path().join("scan")).await {
                Ok(file) => {
                    let (by, layouts, policy) = (IdentifiedBy::Vision, layouts.clone(), policy.clone());
                    let task = Task::Resume { file: file.clone(), name, answers, by, layouts, policy };
                    resumed.listen(app.children.start_on(task, 1).await?).await?;
                    scratch.done_with(&file).await?;
                }
                Err(ObjectError::NotFound) => resumed.end = Some("the scan is not there any more".to_owned()),
                Err(e) => return Err(e.into()),
            }
        }
        if let Some(end) = &resumed.end {
            tracing::warn!(item = %item.id, file, error = end, "pages could not be read on");
        }
        for page in pages {
            let lack = match (&page.said, &resumed.end) {
                (Err(why), _) => why,
                (Ok(text), Some(end)) if !text.trim().is_empty() => end,
                _ => "OCR read no code of a sheet that was printed",
            };
            write(app, item, batch, page.number, resumed.read.remove(&page.listed), lack).await?;
        }
    }
    Ok(())
}

/// What became of a file's pages.
#[derive(Default)]
struct Resumed {
    read: BTreeMap<u32, Unparsed>,
    /// Why the others were not read: their scan is gone, or kills who reads it.
    end: Option<String>,
}

impl Resumed {
    async fn listen(&mut self, mut child: Child) -> Result<(), ChildError> {
        loop {
            match child.next().await {
                Ok(Some(Event::Page { number, reading, .. })) => drop(self.read.insert(number, *reading)),
                Ok(Some(Event::Failed { detail } | Event::Refused { detail, .. })) => self.end = Some(detail),
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                Err(ChildError::Io(e)) => return Err(e.into()),
                Err(death) => {
                    self.end = Some(format!("{death}; the page was not read on"));
                    return Ok(());
                }
            }
        }
    }
}

/// Writes a page that was read on; any other stays as it is, with what was lacking.
async fn write(
    app: &App,
    item: &Claimed,
    batch: Uuid,
    page: u32,
    read: Option<Unparsed>,
    lack: &str,
) -> Result<(), WorkError> {
    let mut tx = app.queue.fenced(item).await?;
    let text = "SELECT body{as_text} AS body FROM pages WHERE batch_id = $1 AND number = $2";
    let query = app.db.query(text).bind(batch.to_string()).bind(i64::from(page));
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
            reading.issues.push(Issue::new("ocr_failed", lack));
            reading
        }
    };
    let json = serde_json::to_string(&after)?;
    let sheet = after.sheet.as_ref();
    let text = "UPDATE pages SET body = $1{as_json}, outcome = $2, sheet_id = $3, sheet_page = $4,
                    student_id = $5, ask = NULL, updated_at = {now} WHERE batch_id = $6 AND number = $7";
    let query = app.db.query(text).bind(json.clone()).bind(after.outcome.name()).bind(sheet.and_then(|s| s.id.clone()));
    let query = query.bind(sheet.and_then(|s| s.page).map(i64::from)).bind(sheet.and_then(|s| s.student.clone()));
    query.bind(batch.to_string()).bind(i64::from(page)).execute(&mut *tx).await?;
    let text = "UPDATE page_gists SET reading = $1 WHERE batch_id = $2 AND number = $3";
    let query = app.db.query(text).bind(json).bind(batch.to_string()).bind(i64::from(page));
    query.execute(&mut *tx).await?;
    Ok(tx.commit().await?)
}
