//! A student who is erased is taken out of the results that were sent, of every year.

use super::table::{RESULTS, Table};
use super::{RowsError, ShipError, TOPIC, Target, Warehouse, year};
use crate::service::App;
use crate::service::store::db::{Columns, Freshness, Millis, Tx};
use crate::service::store::{Db, DbError};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::time::Duration;
use uuid::Uuid;

/// Notes that the rows of a student are to go, once everything that is being sent now has come there: `wait` later.
///
/// # Errors
/// Of the database.
pub async fn erased(db: &Db, tx: &mut Tx, tenant: &str, student: &str, wait: Duration) -> Result<(), DbError> {
    let text = "INSERT INTO outbox (id, tenant_id, topic, payload, created_at, run_at, attempts)
                VALUES ($1, $2, $3, $4{as_json}, {now}, {now} + $5, 0)";
    let query = db.query(text).bind(format!("{TOPIC}/{tenant}/{}", Uuid::now_v7())).bind(tenant.to_owned()).bind(TOPIC);
    let query = query.bind(json!({"erase": student}).to_string()).bind(wait.as_millis() as i64);
    query.execute(&mut **tx).await.map(|_| ())
}

/// Deletes the rows. `id` is that of the note.
pub async fn erase(app: &App, warehouse: &Warehouse, tenant: &str, student: &str, id: &str) -> Result<(), ShipError> {
    for table in tables(app, tenant).await? {
        match &*warehouse.0 {
            Target::Folder(folder) => {
                let (folder, student) = (folder.join(&table), student.to_owned());
                tokio::task::spawn_blocking(move || without(&folder, &student)).await.map_err(io::Error::other)??;
            }
            Target::BigQuery(bigquery) => bigquery.erase(&table, student, id).await?,
        }
    }
    Ok(())
}

/// The results of a tenant, of all years in which there may be some.
async fn tables(app: &App, tenant: &str) -> Result<Vec<String>, RowsError> {
    let text = "SELECT created_at, {now} AS now FROM tenants WHERE id = $1";
    let row = app.db.query(text).bind(tenant.to_owned()).fetch_one(app.db.reader(Freshness::Latest)).await?;
    let (first, last) = (row.col::<Millis>("created_at")?, row.col::<Millis>("now")?);
    let of = |table: &Table, y| table.of(tenant, y);
    Ok((year(first)..=year(last)).map(|y| of(&RESULTS, y)).collect())
}

/// Of a row, what tells whose it is.
#[derive(Deserialize)]
struct Whose {
    student: Option<String>,
    sheet: Option<String>,
}

/// Writes the files of a table once more, without the rows of the student and of the student's sheets.
fn without(folder: &Path, student: &str) -> io::Result<()> {
    let mut files = Vec::new();
    let entries = match folder.read_dir() {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
    };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "gz") {
            files.push(path);
        }
    }
    // A spare sheet says whose it is in later rows only.
    let mut sheets = HashSet::new();
    for path in &files {
        each(path, |_, whose| {
            sheets.extend(whose.sheet.filter(|_| whose.student.as_deref() == Some(student)));
            Ok(())
        })?;
    }
    for path in &files {
        let part = path.with_extension("part");
        let mut kept = GzEncoder::new(BufWriter::new(File::create(&part)?), Compression::default());
        let (mut lines, mut gone) = (0, 0);
        each(path, |line, whose| {
            if whose.student.as_deref() == Some(student) || whose.sheet.is_some_and(|s| sheets.contains(&s)) {
                gone += 1;
                return Ok(());
            }
            lines += 1;
            writeln!(kept, "{line}")
        })?;
        kept.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        match (gone, lines) {
            (0, _) => std::fs::remove_file(&part)?,
            (_, 0) => {
                std::fs::remove_file(&part)?;
                std::fs::remove_file(path)?;
            }
            _ => std::fs::rename(&part, path)?,
        }
    }
    Ok(())
}

fn each(path: &Path, mut look: impl FnMut(&str, Whose) -> io::Result<()>) -> io::Result<()> {
    for line in BufReader::new(GzDecoder::new(File::open(path)?)).lines() {
        let line = line?;
        let whose = serde_json::from_str(&line)?;
        look(&line, whose)?;
    }
    Ok(())
}
