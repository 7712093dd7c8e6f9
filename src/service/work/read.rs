//! Reading some pages of one file. A page that kills its process twice is an error, and the next pages are read.

use super::scratch::Scratch;
use super::{WorkError, ask, payload};
use crate::output::jsonl::presented;
use crate::read::batch::Observed;
use crate::read::result::{Issue, Outcome, PageReading, Source};
use crate::service::App;
use crate::service::child::{ChildError, Event, Task, Unparsed};
use crate::service::jobs::{Claimed, Failure};
use crate::service::store::db::{Cell, Columns, Tx, rows};
use crate::service::store::{DbError, Key};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc;
use uuid::Uuid;

/// The version of the reader that a page bears. What another one read of an item is read again.
pub const ENGINE: &str = env!("CARGO_PKG_VERSION");

/// How often read pages are written.
const WRITE: Duration = Duration::from_millis(300);
/// And after how many: a megabyte or so. Others wait for SQLite's one writer.
const AT_ONCE: usize = 32;
/// Pages that may wait while others are written.
const AHEAD: usize = 32;

/// A page that was read, and its number in the file.
struct Read {
    number: u32,
    reading: Unparsed,
    gist: Box<RawValue>,
    observed: Observed,
    /// The place of its printed code, where only OCR can tell what it says.
    ask: Option<Vec<u8>>,
}

impl Read {
    /// A page without fields.
    fn failed(number: u32, file: &str, issue: Issue) -> Self {
        let mut reading = presented(PageReading::new(Source { file: file.to_owned(), page: number }, Outcome::Error));
        reading.issues.push(issue);
        let none = || RawValue::from_string("[]".to_owned()).expect("an empty list is JSON");
        let (reading, gist) = (reading.with_fields(none()), none());
        Read { number, reading, gist, observed: Observed::default(), ask: None }
    }
}

/// The part of a file that an item is about.
struct Part {
    batch: Uuid,
    file: u32,
    name: String,
    /// The batch's number of the page before the file's first.
    offset: u32,
    first: u32,
    last: u32,
    policy: Option<Value>,
}

pub async fn read(app: &App, item: &Claimed) -> Result<(), WorkError> {
    let part = Part::of(app, item).await?;
    if let Some(reason) = payload::<Option<String>>(item, "missing")? {
        return missing(app, item, &part, &reason).await;
    }
    let scratch = Scratch::of(app, item).await?;
    let key = Key::Scan { tenant: item.tenant.clone(), batch: part.batch, number: part.file };
    let file = app.objects.fetch(&key, &scratch.path().join("scan")).await?;
    let layouts = layouts(app, &item.tenant, &scratch.path().join("layouts")).await?;
    // An earlier attempt may have written some: they are in order, so the next one is known.
    let mut next = part.first + part.kept(app, item).await?;
    let mut killed_by = None;
    while next <= part.last {
        // After a death, one at a time: then the first page that is not there is the one that it died of.
        let (threads, last) = match killed_by {
            None => (app.config.bounds.child.threads, part.last),
            Some(_) => (1, next),
        };
        let ended = stream(app, item, &part, (next, last), threads, &file, &layouts).await?;
        next = ended.next;
        match ended.death {
            None => killed_by = None,
            Some(death) if killed_by == Some(next) => {
                let issue = Issue::new("reader_died", format!("{death}; the page was not read"));
                part.write(app, item, vec![Read::failed(next, &part.name, issue)]).await?;
                next += 1;
                killed_by = None;
            }
            // The pages before the one that it died of may still be missing: they are read one by one.
            Some(death) => {
                tracing::warn!(item = %item.id, page = next, error = %death, "a process died reading");
                killed_by = Some(next);
            }
        }
    }
    let tx = app.queue.fenced(item).await?;
    app.queue.finish(tx, item, &json!({"pages": part.last + 1 - part.first})).await?;
    Ok(())
}

/// A file that could not be had: one page, that says why.
async fn missing(app: &App, item: &Claimed, part: &Part, reason: &str) -> Result<(), WorkError> {
    if part.kept(app, item).await? == 0 {
        let issue = Issue::new("not_fetched", format!("the file could not be fetched: {reason}"));
        part.write(app, item, vec![Read::failed(1, &part.name, issue)]).await?;
    }
    let tx = app.queue.fenced(item).await?;
    app.queue.finish(tx, item, &json!({"pages": 1})).await?;
    Ok(())
}

/// How a process ended: before which page, and of what if it died.
struct Ended {
    next: u32,
    death: Option<ChildError>,
}

/// Reads pages in one process and writes them as they come.
async fn stream(
    app: &App,
    item: &Claimed,
    part: &Part,
    (first, last): (u32, u32),
    threads: usize,
    file: &Path,
    layouts: &Path,
) -> Result<Ended, WorkError> {
    let (name, policy) = (part.name.clone(), part.policy.clone());
    let task = Task::Read { file: file.to_owned(), name, first, last, layouts: layouts.to_owned(), policy };
    let mut child = app.children.start_on(task, threads).await?;
    let (heard, mut pages) = mpsc::channel(AHEAD);
    // The child is listened to while its pages are written: it must not wait for the database.
    let listen = async move {
        loop {
            let page = match child.next().await {
                Ok(Some(Event::Page { number, reading, gist, observed, ask })) => {
                    let ask = ask.and_then(|png| STANDARD.decode(png).ok());
                    Read { number, reading: *reading, gist, observed, ask }
                }
                Ok(Some(Event::Refused { code, detail, .. })) => return Err(Failure::lasting(&code, detail).into()),
                Ok(Some(Event::Failed { detail })) => return Err(Failure::transient("not_read", detail).into()),
                Ok(Some(_)) => continue,
                Ok(None) => return Ok::<_, WorkError>(None),
                Err(ChildError::Io(e)) => return Err(e.into()),
                Err(death) => return Ok(Some(death)),
            };
            if heard.send(page).await.is_err() {
                // Nothing can be written, and whoever found out says why.
                return Ok(None);
            }
        }
    };
    let write = async move {
        let (mut next, mut some) = (first, Vec::new());
        while pages.recv_many(&mut some, AT_ONCE).await > 0 {
            let fill = async {
                loop {
                    let room = AT_ONCE - some.len();
                    if room == 0 || pages.recv_many(&mut some, room).await == 0 {
                        break;
                    }
                }
            };
            // Many at once; but whoever watches sees progress.
            let _ = tokio::time::timeout(WRITE, fill).await;
            next = some.last().map_or(next, |page| page.number + 1);
            part.write(app, item, std::mem::take(&mut some)).await?;
        }
        Ok::<_, WorkError>(next)
    };
    let (death, written) = tokio::join!(listen, write);
    let (mut next, death) = (written?, death?);
    if death.is_none() && next <= last {
        // The file had fewer pages than were counted. None of them is passed over in silence.
        let issue = || Issue::new("page_gone", "the page was counted, and was not there to read");
        let missing = (next..=last).map(|number| Read::failed(number, &part.name, issue()));
        part.write(app, item, missing.collect()).await?;
        next = last + 1;
    }
    Ok(Ended { next, death })
}

impl Part {
    async fn of(app: &App, item: &Claimed) -> Result<Self, WorkError> {
        let (batch, file): (Uuid, u32) = (payload(item, "batch")?, payload(item, "file")?);
        let text = "SELECT name, first_page FROM batch_files WHERE batch_id = $1 AND number = $2";
        let query = app.db.query(text).bind(batch.to_string()).bind(i64::from(file));
        let row = query.fetch_one(app.db.writer()).await?;
        Ok(Part {
            batch,
            file,
            name: row.col("name")?,
            offset: row.col::<i64>("first_page")? as u32,
            first: payload(item, "first")?,
            last: payload(item, "last")?,
            policy: policy(app, batch).await?,
        })
    }

    /// How many of the pages an earlier attempt has read. An attempt of another version of the reader counts for nothing: the
    /// pages of an item are one engine's.
    async fn kept(&self, app: &App, item: &Claimed) -> Result<u32, WorkError> {
        let of_item = |text| {
            let (first, last) = (self.offset + self.first, self.offset + self.last);
            app.db.query(text).bind(self.batch.to_string()).bind(i64::from(first)).bind(i64::from(last))
        };
        let mut tx = app.queue.fenced(item).await?;
        let others = of_item("DELETE FROM pages WHERE batch_id = $1 AND number BETWEEN $2 AND $3 AND engine <> $4");
        let gone = others.bind(ENGINE).execute(&mut *tx).await?.rows_affected();
        if gone > 0 {
            app.queue.advance(&mut tx, item.job, -(gone as i64)).await?;
        }
        let ours = of_item("SELECT COUNT(*) AS pages FROM pages WHERE batch_id = $1 AND number BETWEEN $2 AND $3");
        let pages = ours.fetch_one(&mut *tx).await?.col::<i64>("pages")? as u32;
        tx.commit().await?;
        Ok(pages)
    }

    async fn write(&self, app: &App, item: &Claimed, mut pages: Vec<Read>) -> Result<(), WorkError> {
        if pages.is_empty() {
            return Ok(());
        }
        let count = pages.len() as i64;
        for page in &pages {
            if let Some(png) = page.ask.clone().filter(|_| app.vision.is_some()) {
                let key = ask::key(item, self.batch, self.offset + page.number);
                app.objects.put(&key, png.into()).await?;
            }
        }
        let mut tx = app.queue.fenced(item).await?;
        name(app, &mut tx, &item.tenant, &mut pages).await?;
        for page in &pages {
            app.metrics.page(page.reading.outcome.name(), page.observed.stage.as_deref());
        }
        // The database's clock: of two workers' the slower one's pages would come too late for who watches.
        let now: i64 = app.db.query("SELECT {now} AS now").fetch_one(&mut *tx).await?.col("now")?;
        let (mut bodies, mut gists) = (Vec::new(), Vec::new());
        for Read { number, reading, gist, observed, ask } in pages {
            let number = i64::from(self.offset + number);
            let sheet = reading.sheet.as_ref();
            bodies.push(vec![
                item.tenant.as_str().into(),
                self.batch.to_string().into(),
                number.into(),
                i64::from(self.file).into(),
                reading.source.file.as_str().into(),
                i64::from(reading.source.page).into(),
                reading.outcome.name().into(),
                sheet.and_then(|s| s.id.clone()).into(),
                Cell::Int(sheet.and_then(|s| s.page).map(i64::from)),
                sheet.and_then(|s| s.student.clone()).into(),
                Cell::Json(serde_json::to_string(&reading)?),
                ask.filter(|_| app.vision.is_some()).map(|png| ask::hash(&png)).into(),
                ENGINE.into(),
                now.into(),
            ]);
            gists.push(vec![
                self.batch.to_string().into(),
                number.into(),
                serde_json::to_string(&reading.with_fields(gist))?.into(),
                serde_json::to_string(&observed)?.into(),
            ]);
        }
        let columns =
            "pages (tenant_id, batch_id, number, file_number, file, page, outcome, sheet_id, sheet_page, student_id,
            body, ask, engine, updated_at)";
        rows::insert(&mut tx, app.db.dialect(), columns, "", bodies).await?;
        let columns = "page_gists (batch_id, number, reading, observed)";
        rows::insert(&mut tx, app.db.dialect(), columns, "", gists).await?;
        app.queue.advance(&mut tx, item.job, count).await?;
        Ok(tx.commit().await?)
    }
}

/// Whose each sheet is, and of which version, from what was printed.
async fn name(app: &App, tx: &mut Tx, tenant: &str, pages: &mut [Read]) -> Result<(), WorkError> {
    let unnamed = |page: &Read| page.reading.sheet.as_ref().filter(|s| s.student.is_none())?.id.clone();
    let ids: BTreeSet<String> = pages.iter().filter_map(unnamed).collect();
    let text = "SELECT id, student_id, version FROM sheets WHERE tenant_id = $1 AND id IN ({ids})";
    let ids: Vec<String> = ids.into_iter().collect();
    // A spare has no student.
    let mut known: HashMap<String, (Option<String>, Option<i64>)> = HashMap::new();
    for row in rows::among(app.db.dialect(), text, &[tenant], &ids).fetch_all(&mut **tx).await? {
        known.insert(row.col("id")?, (row.col("student_id")?, row.col("version")?));
    }
    for sheet in pages.iter_mut().filter_map(|page| page.reading.sheet.as_mut()) {
        let Some((student, version)) = sheet.id.as_ref().and_then(|id| known.get(id)) else { continue };
        if sheet.student.is_none() {
            sheet.student.clone_from(student);
            sheet.version = sheet.version.or(version.and_then(|v| u32::try_from(v).ok()));
        }
    }
    Ok(())
}

/// What counts as a mark in this batch, where somebody said so.
pub async fn policy(app: &App, batch: Uuid) -> Result<Option<Value>, DbError> {
    let text = "SELECT options{as_text} AS options FROM batches WHERE id = $1";
    let row = app.db.query(text).bind(batch.to_string()).fetch_one(app.db.writer()).await?;
    let options: Value =
        serde_json::from_str(&row.col::<String>("options")?).map_err(|e| DbError::Decode(Box::new(e)))?;
    Ok(options.get("policy").filter(|p| !p.is_null()).cloned())
}

/// The tenant's layouts, as files.
pub async fn layouts(app: &App, tenant: &str, folder: &Path) -> Result<PathBuf, DbError> {
    tokio::fs::create_dir_all(folder).await?;
    let text = "SELECT id, body{as_text} AS body FROM layouts WHERE tenant_id = $1";
    for row in app.db.query(text).bind(tenant.to_owned()).fetch_all(app.db.writer()).await? {
        let file = folder.join(format!("{}.json", row.col::<String>("id")?));
        tokio::fs::write(file, row.col::<String>("body")?).await?;
    }
    Ok(folder.to_owned())
}
