//! A batch as a whole, once all its pages are there: what was read twice, whose numbers were filled in, what is missing.

use super::read::ENGINE;
use super::{WorkError, ask};
use crate::output::jsonl::presented;
use crate::read::batch::{Batch, Change, Known, Observed, Printed, Roster};
use crate::read::layouts::Layouts;
use crate::read::result::{Issue, Outcome, PageReading, Source};
use crate::service::App;
use crate::service::child::Unparsed;
use crate::service::grades;
use crate::service::jobs::Claimed;
use crate::service::parsed::parsed;
use crate::service::store::DbError;
use crate::service::store::db::{Cell, Columns, Freshness, Tx, rows};
use crate::sheet::Layout;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Pages that are in memory at once.
const AT_ONCE: i64 = 500;
/// Those whose papers are gathered in one transaction.
const GRADED_AT_ONCE: usize = 50;

pub async fn settle(app: &App, item: &Claimed) -> Result<(), WorkError> {
    let text = "SELECT id FROM batches WHERE job_id = $1";
    let row = app.db.query(text).bind(item.job.to_string()).fetch_one(app.db.writer()).await?;
    let batch: Uuid = row.col::<String>("id")?.parse().map_err(|e| DbError::Decode(Box::new(e)))?;
    ask::ask(app, item, batch).await?;
    account(app, item, batch).await?;
    // Whoever was here before may have left after that.
    let text = "SELECT id FROM batches WHERE id = $1 AND summary IS NOT NULL";
    if app.db.query(text).bind(batch.to_string()).fetch_optional(app.db.writer()).await?.is_none() {
        sum_up(app, item, batch).await?;
    }
    grade(app, item, batch).await?;
    let mut tx = app.queue.fenced(item).await?;
    app.db.query("DELETE FROM page_gists WHERE batch_id = $1").bind(batch.to_string()).execute(&mut *tx).await?;
    app.queue.finish(tx, item, &json!({})).await?;
    Ok(())
}

async fn sum_up(app: &App, item: &Claimed, batch: Uuid) -> Result<(), WorkError> {
    // Nobody else changes a page of a batch that is not done: they are looked at without keeping others from writing.
    let mut whole = Batch::new(known(app, &item.tenant, batch).await?);
    let shown = look(app, batch, &mut whole).await?;
    let mut tx = app.queue.fenced(item).await?;
    for (number, shown) in shown {
        write(app, &mut tx, batch, number, shown).await?;
    }
    let summary = json!(whole.finish(0.0));
    let query = app.db.query("UPDATE batches SET summary = $1{as_json} WHERE id = $2");
    query.bind(summary.to_string()).bind(batch.to_string()).execute(&mut *tx).await?;
    Ok(tx.commit().await?)
}

/// A few at a time: others wait for SQLite's one writer, and for the exam. Done again, nothing changes.
async fn grade(app: &App, item: &Claimed, batch: Uuid) -> Result<(), WorkError> {
    let (db, tenant) = (&app.db, item.tenant.as_str());
    let mut tx = app.queue.fenced(item).await?;
    let exams = grades::exams(db, &mut tx, batch).await?;
    tx.commit().await?;
    for exam in exams {
        let mut tx = app.queue.fenced(item).await?;
        let owners = grades::expected(db, &mut tx, tenant, &exam, batch).await?;
        tx.commit().await?;
        for some in owners.chunks(GRADED_AT_ONCE) {
            let mut tx = app.queue.fenced(item).await?;
            grades::gathered(db, &mut tx, tenant, &exam, some, batch).await?;
            tx.commit().await?;
        }
        let mut tx = app.queue.fenced(item).await?;
        grades::absences(db, &mut tx, tenant, &exam).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// What pages show of one page.
#[derive(Default)]
struct Shown {
    /// Those before it, if they show anything: the page as it is to be, without its fields, which stay as they are.
    before: Option<PageReading<()>>,
    /// Those after it.
    after: Vec<Change>,
}

/// Looks at all pages in their order; gives what they show, by the pages' numbers.
async fn look(app: &App, batch: Uuid, whole: &mut Batch) -> Result<BTreeMap<i64, Shown>, WorkError> {
    let mut shown: BTreeMap<i64, Shown> = BTreeMap::new();
    let mut numbers = Vec::new();
    loop {
        let after = numbers.last().copied().unwrap_or(0);
        let text = "SELECT number, reading, observed FROM page_gists
                    WHERE batch_id = $1 AND number > $2 ORDER BY number LIMIT $3";
        let query = app.db.query(text).bind(batch.to_string()).bind(after).bind(AT_ONCE);
        let rows = query.fetch_all(app.db.reader(Freshness::Latest)).await?;
        let last = rows.len() < AT_ONCE as usize;
        let texts = |name| rows.iter().map(|row| row.col(name)).collect::<Result<Vec<String>, _>>();
        let readings: Vec<PageReading> = parsed(texts("reading")?).await.map_err(std::io::Error::other)??;
        let observed: Vec<Observed> = parsed(texts("observed")?).await.map_err(std::io::Error::other)??;
        for (row, (mut reading, observed)) in rows.iter().zip(readings.into_iter().zip(observed)) {
            let number: i64 = row.col("number")?;
            let before = reading.without_fields();
            for amendment in whole.admit(&mut reading, &observed) {
                shown.entry(numbers[amendment.row]).or_default().after.push(amendment.change);
            }
            let reading = reading.with_fields(());
            if reading != before {
                shown.entry(number).or_default().before = Some(reading);
            }
            numbers.push(number);
        }
        if last {
            return Ok(shown);
        }
    }
}

async fn write(app: &App, tx: &mut Tx, batch: Uuid, number: i64, shown: Shown) -> Result<(), WorkError> {
    let text = "SELECT body{as_text} AS body FROM pages WHERE batch_id = $1 AND number = $2";
    let row = app.db.query(text).bind(batch.to_string()).bind(number).fetch_one(&mut **tx).await?;
    let mut reading: Unparsed = serde_json::from_str(&row.col::<String>("body")?)?;
    if let Some(before) = shown.before {
        reading = before.with_fields(reading.fields);
    }
    for change in shown.after {
        match change {
            Change::Review(issue) => reading.review(issue),
            Change::Student(student) => reading.sheet.get_or_insert_default().student = Some(student),
        }
    }
    let text = "UPDATE pages SET reading = COALESCE(reading, body), body = $1{as_json}, outcome = $2, student_id = $3,
                    updated_at = {now} WHERE batch_id = $4 AND number = $5";
    let student = reading.sheet.as_ref().and_then(|s| s.student.clone());
    let query = app.db.query(text).bind(serde_json::to_string(&reading)?).bind(reading.outcome.name()).bind(student);
    query.bind(batch.to_string()).bind(number).execute(&mut **tx).await?;
    // What is graded is the page as it is now.
    let query = app.db.query("DELETE FROM page_gists WHERE batch_id = $1 AND number = $2");
    query.bind(batch.to_string()).bind(number).execute(&mut **tx).await?;
    Ok(())
}

/// Pages that no attempt read: their items were given up. Each becomes an error, so that none is lost in silence.
async fn account(app: &App, item: &Claimed, batch: Uuid) -> Result<(), WorkError> {
    let mut tx = app.queue.fenced(item).await?;
    let text = "SELECT payload{as_text} AS payload, error{as_text} AS error FROM job_items
                WHERE job_id = $1 AND kind = 'read' AND state IN ('failed', 'dead')";
    let given_up = app.db.query(text).bind(item.job.to_string()).fetch_all(&mut *tx).await?;
    for row in given_up {
        let part: Value = serde_json::from_str(&row.col::<String>("payload")?)?;
        let error: Value =
            serde_json::from_str(&row.col::<Option<String>>("error")?.unwrap_or_default()).unwrap_or_default();
        let number = |field: &str| part[field].as_i64().unwrap_or(0);
        let text = "SELECT name, first_page FROM batch_files WHERE batch_id = $1 AND number = $2";
        let query = app.db.query(text).bind(batch.to_string()).bind(number("file"));
        let file = query.fetch_one(&mut *tx).await?;
        let (name, offset): (String, i64) = (file.col("name")?, file.col("first_page")?);
        let text = "SELECT number FROM pages WHERE batch_id = $1 AND number BETWEEN $2 AND $3";
        let (first, last) = (offset + number("first"), offset + number("last"));
        let query = app.db.query(text).bind(batch.to_string()).bind(first).bind(last);
        let there = query.fetch_all(&mut *tx).await?;
        let there = there.iter().map(|r| r.col::<i64>("number")).collect::<Result<Vec<_>, _>>()?;
        let now: i64 = app.db.query("SELECT {now} AS now").fetch_one(&mut *tx).await?.col("now")?;
        let (mut bodies, mut gists) = (Vec::new(), Vec::new());
        for n in (first..=last).filter(|n| !there.contains(n)) {
            let source = Source { file: name.clone(), page: (n - offset) as u32 };
            let mut reading = presented(PageReading::new(source, Outcome::Error));
            let code = error["code"].as_str().unwrap_or("given_up");
            reading.issues.push(Issue::new(code, error["detail"].as_str().unwrap_or("the page was not read")));
            let text = serde_json::to_string(&reading)?;
            let observed = serde_json::to_string(&Observed::default())?;
            gists.push(vec![batch.to_string().into(), n.into(), text.clone().into(), observed.into()]);
            bodies.push(vec![
                item.tenant.as_str().into(),
                batch.to_string().into(),
                n.into(),
                number("file").into(),
                name.as_str().into(),
                (n - offset).into(),
                reading.outcome.name().into(),
                Cell::Json(text),
                ENGINE.into(),
                now.into(),
            ]);
        }
        app.queue.advance(&mut tx, item.job, bodies.len() as i64).await?;
        let columns = "pages (tenant_id, batch_id, number, file_number, file, page, outcome, body, engine, updated_at)";
        rows::insert(&mut tx, app.db.dialect(), columns, "", bodies).await?;
        let columns = "page_gists (batch_id, number, reading, observed)";
        rows::insert(&mut tx, app.db.dialect(), columns, "", gists).await?;
    }
    Ok(tx.commit().await?)
}

/// What the batch can be held against: all that was printed of the exams that its sheets are of, and whose numbers are
/// whose.
async fn known(app: &App, tenant: &str, batch: Uuid) -> Result<Known, WorkError> {
    let text = "SELECT application_id FROM batches WHERE id = $1 AND application_id IS NOT NULL
                UNION SELECT s.application_id FROM pages p JOIN sheets s ON s.tenant_id = p.tenant_id AND s.id = p.sheet_id
                WHERE p.batch_id = $1";
    let applications = app.db.query(text).bind(batch.to_string()).fetch_all(app.db.reader(Freshness::Latest)).await?;
    let (mut pages, mut layouts) = (Vec::new(), Vec::new());
    let mut roster = csv::Writer::from_writer(Vec::new());
    roster.write_record(["matricula", "id"]).map_err(std::io::Error::other)?;
    // A student takes several exams under one number.
    let mut numbers = BTreeSet::new();
    for row in applications {
        let application: String = row.col("application_id")?;
        let text = "SELECT id, pages, student_id, unit_id, room_id FROM sheets
                    WHERE tenant_id = $1 AND application_id = $2 AND kind = 'sheet' ORDER BY unit_id, room_id, id";
        let query = app.db.query(text).bind(tenant.to_owned()).bind(application.clone());
        for sheet in query.fetch_all(app.db.reader(Freshness::Latest)).await? {
            for page in sheet.col::<String>("pages")?.split(',').filter_map(|p| p.parse::<u16>().ok()) {
                pages.push(json!({
                    "sheet_id": sheet.col::<String>("id")?,
                    "application": application,
                    "student": sheet.col::<Option<String>>("student_id")?,
                    "unit": sheet.col::<Option<String>>("unit_id")?,
                    "room": sheet.col::<Option<String>>("room_id")?,
                    "page": page,
                }));
            }
        }
        let text = "SELECT l.body{as_text} AS body FROM layouts l WHERE l.tenant_id = $1 AND l.id IN
                        (SELECT layout_id FROM sheets WHERE tenant_id = $1 AND application_id = $2)";
        let query = app.db.query(text).bind(tenant.to_owned()).bind(application.clone());
        for row in query.fetch_all(app.db.reader(Freshness::Latest)).await? {
            let layout = Layout::from_json(serde_json::from_str(&row.col::<String>("body")?)?);
            layouts.push(layout.map_err(std::io::Error::other)?);
        }
        let text = "SELECT id, enrollment FROM students
                    WHERE tenant_id = $1 AND application_id = $2 AND enrollment IS NOT NULL ORDER BY id";
        let query = app.db.query(text).bind(tenant.to_owned()).bind(application);
        for row in query.fetch_all(app.db.reader(Freshness::Latest)).await? {
            numbers.insert([row.col::<String>("enrollment")?, row.col::<String>("id")?]);
        }
    }
    for record in &numbers {
        roster.write_record(record).map_err(std::io::Error::other)?;
    }
    let printed = serde_json::to_vec(&json!({"pages": pages}))?;
    let roster = roster.into_inner().map_err(|e| std::io::Error::other(e.to_string()))?;
    Ok(Known {
        printed: if pages.is_empty() { None } else { Some(Printed::from_json(&printed)?) },
        // Numbers that are no numbers, or are two students', are no roster: pages without a name go to a person.
        roster: if numbers.is_empty() { None } else { Roster::parse(&roster).ok() },
        layouts: Layouts::from_layouts(layouts),
    })
}
