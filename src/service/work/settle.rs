//! A batch as a whole, once all its pages are there: what was read twice, whose numbers were filled in, what is missing.

use super::{WorkError, ask};
use crate::read::batch::{Batch, Change, Known, Observed, Printed, Roster};
use crate::read::layouts::Layouts;
use crate::read::result::{Issue, Outcome, PageReading, Source};
use crate::service::App;
use crate::service::jobs::Claimed;
use crate::service::store::DbError;
use crate::service::store::db::{Cell, Columns, Tx, rows};
use crate::sheet::Layout;
use serde_json::{Value, json};
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Pages that are in memory at once.
const AT_ONCE: i64 = 500;

pub async fn settle(app: &App, item: &Claimed) -> Result<(), WorkError> {
    let text = "SELECT id FROM batches WHERE job_id = $1";
    let row = app.db.query(text).bind(item.job.to_string()).fetch_one(app.db.writer()).await?;
    let batch: Uuid = row.col::<String>("id")?.parse().map_err(|e| DbError::Decode(Box::new(e)))?;
    ask::ask(app, item, batch).await?;
    let mut tx = app.queue.fenced(item).await?;
    let unread = account(app, &mut tx, item, batch).await?;
    let mut whole = Batch::new(known(app, &mut tx, &item.tenant, batch).await?);
    let mut amended: BTreeMap<i64, Vec<Change>> = BTreeMap::new();
    let mut numbers = Vec::new();
    loop {
        let after = numbers.last().copied().unwrap_or(0);
        let text = "SELECT number, reading{as_text} AS reading, observed{as_text} AS observed FROM pages
                    WHERE batch_id = $1 AND number > $2 ORDER BY number LIMIT $3";
        let query = app.db.query(text).bind(batch.to_string()).bind(after).bind(AT_ONCE);
        let rows = query.fetch_all(&mut *tx).await?;
        let last = rows.len() < AT_ONCE as usize;
        for row in rows {
            let number: i64 = row.col("number")?;
            let mut reading = reading(&row, "reading")?;
            let observed: Observed = serde_json::from_str(&row.col::<String>("observed")?)?;
            let before = reading.clone();
            for amendment in whole.admit(&mut reading, &observed) {
                amended.entry(numbers[amendment.row]).or_default().push(amendment.change);
            }
            if reading != before {
                write(app, &mut tx, batch, number, &reading).await?;
            }
            numbers.push(number);
        }
        if last {
            break;
        }
    }
    for (number, changes) in amended {
        let text = "SELECT body{as_text} AS body FROM pages WHERE batch_id = $1 AND number = $2";
        let row = app.db.query(text).bind(batch.to_string()).bind(number).fetch_one(&mut *tx).await?;
        let mut reading = reading(&row, "body")?;
        for change in changes {
            match change {
                Change::Review(issue) => reading.review(issue),
                Change::Student(student) => reading.sheet.get_or_insert_default().student = Some(student),
            }
        }
        write(app, &mut tx, batch, number, &reading).await?;
    }
    let summary = json!(whole.finish(0.0));
    let query = app.db.query("UPDATE batches SET summary = $1{as_json} WHERE id = $2");
    query.bind(summary.to_string()).bind(batch.to_string()).execute(&mut *tx).await?;
    app.queue.finish(tx, item, &json!({"unread": unread})).await?;
    Ok(())
}

fn reading(row: &AnyRow, column: &str) -> Result<PageReading, WorkError> {
    Ok(serde_json::from_str(&row.col::<String>(column)?)?)
}

async fn write(app: &App, tx: &mut Tx, batch: Uuid, number: i64, reading: &PageReading) -> Result<(), WorkError> {
    let text = "UPDATE pages SET body = $1{as_json}, outcome = $2, student_id = $3, updated_at = {now}
                WHERE batch_id = $4 AND number = $5";
    let student = reading.sheet.as_ref().and_then(|s| s.student.clone());
    let query = app.db.query(text).bind(serde_json::to_string(reading)?).bind(reading.outcome.name()).bind(student);
    query.bind(batch.to_string()).bind(number).execute(&mut **tx).await?;
    Ok(())
}

/// Pages that no attempt read: their items were given up. Each becomes an error, so that none is lost in silence.
async fn account(app: &App, tx: &mut Tx, item: &Claimed, batch: Uuid) -> Result<u64, WorkError> {
    let text = "SELECT payload{as_text} AS payload, error{as_text} AS error FROM job_items
                WHERE job_id = $1 AND kind = 'read' AND state IN ('failed', 'dead')";
    let given_up = app.db.query(text).bind(item.job.to_string()).fetch_all(&mut **tx).await?;
    let mut unread = 0;
    for row in given_up {
        let part: Value = serde_json::from_str(&row.col::<String>("payload")?)?;
        let error: Value =
            serde_json::from_str(&row.col::<Option<String>>("error")?.unwrap_or_default()).unwrap_or_default();
        let number = |field: &str| part[field].as_i64().unwrap_or(0);
        let text = "SELECT name, first_page FROM batch_files WHERE batch_id = $1 AND number = $2";
        let query = app.db.query(text).bind(batch.to_string()).bind(number("file"));
        let file = query.fetch_one(&mut **tx).await?;
        let (name, offset): (String, i64) = (file.col("name")?, file.col("first_page")?);
        let text = "SELECT number FROM pages WHERE batch_id = $1 AND number BETWEEN $2 AND $3";
        let (first, last) = (offset + number("first"), offset + number("last"));
        let query = app.db.query(text).bind(batch.to_string()).bind(first).bind(last);
        let there = query.fetch_all(&mut **tx).await?;
        let there = there.iter().map(|r| r.col::<i64>("number")).collect::<Result<Vec<_>, _>>()?;
        let mut missing = Vec::new();
        for n in (first..=last).filter(|n| !there.contains(n)) {
            let source = Source { file: name.clone(), page: (n - offset) as u32 };
            let mut reading = PageReading::new(source, Outcome::Error);
            let code = error["code"].as_str().unwrap_or("given_up");
            reading.issues.push(Issue::new(code, error["detail"].as_str().unwrap_or("the page was not read")));
            let text = serde_json::to_string(&reading)?;
            missing.push(vec![
                item.tenant.as_str().into(),
                batch.to_string().into(),
                n.into(),
                number("file").into(),
                name.as_str().into(),
                (n - offset).into(),
                reading.outcome.name().into(),
                Cell::Json(text.clone()),
                Cell::Json(text),
                Cell::Json(serde_json::to_string(&Observed::default())?),
                0.into(),
                0.into(),
                jiff::Timestamp::now().as_millisecond().into(),
            ]);
        }
        unread += missing.len() as u64;
        let columns =
            "pages (tenant_id, batch_id, number, file_number, file, page, outcome, reading, body, observed, doubtful, ask,
            updated_at)";
        rows::insert(tx, app.db.dialect(), columns, "", missing).await?;
    }
    app.queue.advance(tx, item.job, unread).await?;
    Ok(unread)
}

/// What the batch can be held against: all that was printed of the exams that its sheets are of, and whose numbers are
/// whose.
async fn known(app: &App, tx: &mut Tx, tenant: &str, batch: Uuid) -> Result<Known, WorkError> {
    let text = "SELECT application_id FROM batches WHERE id = $1 AND application_id IS NOT NULL
                UNION SELECT s.application_id FROM pages p JOIN sheets s ON s.tenant_id = p.tenant_id AND s.id = p.sheet_id
                WHERE p.batch_id = $1";
    let applications = app.db.query(text).bind(batch.to_string()).fetch_all(&mut **tx).await?;
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
        for sheet in query.fetch_all(&mut **tx).await? {
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
        for row in query.fetch_all(&mut **tx).await? {
            let layout = Layout::from_json(serde_json::from_str(&row.col::<String>("body")?)?);
            layouts.push(layout.map_err(std::io::Error::other)?);
        }
        let text = "SELECT id, enrollment FROM students
                    WHERE tenant_id = $1 AND application_id = $2 AND enrollment IS NOT NULL ORDER BY id";
        let query = app.db.query(text).bind(tenant.to_owned()).bind(application);
        for row in query.fetch_all(&mut **tx).await? {
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
