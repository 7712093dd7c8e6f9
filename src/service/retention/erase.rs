//! Erasing a student: rows, pictures, and what of larger files is the student's.
//!
//! A scan holds the pages of many. Of a PDF the student's pages are made blank, in a child; any other file, and a PDF of
//! which they can't be told from the rest for sure, is deleted whole: what was read of the others stays. What was printed
//! of a package has the student among others on lists and in sums, so it is deleted whole; the package's input stays
//! without the student, and the others can be printed again. The receipt counts what was done. Copies that left the
//! service (downloads, backups of the database, webhooks that were sent) are out of its reach.

use super::hold;
use crate::print::manifest::hex;
use crate::service::App;
use crate::service::child::{ChildError, Event, Task};
use crate::service::config::Secret;
use crate::service::store::db::{Columns, Millis, Tx};
use crate::service::store::{DbError, Folder, Key, ObjectError};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use uuid::Uuid;

/// How much of each kind is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Erased {
    /// Pages that were read, and decisions about them.
    pub pages: u64,
    pub decisions: u64,
    /// Pictures of pages and of fields.
    pub pictures: u64,
    /// Scans of which the student's pages are blank now.
    pub scans_blanked: u64,
    /// Scans that were deleted, with the pages of others.
    pub scans_deleted: u64,
    /// Packages whose input no longer has the student.
    pub packages: u64,
    /// What had been printed of them, deleted whole.
    pub package_files: u64,
    pub sheets: u64,
    pub enrollments: u64,
    /// Places elsewhere that named the student: first readings, decisions, summaries.
    pub mentions: u64,
}

/// What is kept of an erasure.
#[derive(Clone, Debug)]
pub struct Receipt {
    pub id: Uuid,
    pub erased_at: Millis,
    pub erased: Erased,
}

#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    #[error("nothing is known of this student")]
    Unknown,
    #[error("a legal hold keeps what is asked to be erased")]
    Held,
    #[error("a batch or a package with this student is being worked on")]
    Busy,
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("what was stored can't be understood: {0}")]
    Json(#[from] serde_json::Error),
}

/// The student's id as the receipt keeps it: who has the id can find it, and nobody can find the id.
fn hashed(key: &Secret, tenant: &str, student: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).expect("HMAC takes a key of any length");
    for part in ["erasure", tenant, student] {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    hex(&mac.finalize().into_bytes())
}

/// Pages of one batch: by file, with their numbers in the batch and in the file. The last is None where the file is an
/// archive.
type Pages = BTreeMap<u32, Vec<(u32, Option<u32>)>>;

/// Erases a student. Interrupted, it is done to its end by asking again: rows go last. `scratch` is a folder of the
/// caller's.
///
/// # Errors
/// [`EraseError`]; nothing was erased by the first three.
pub async fn erase(app: &App, tenant: &str, student: &str, scratch: &Path) -> Result<Receipt, EraseError> {
    if hold::holds_student(&app.db, tenant, student).await? {
        return Err(EraseError::Held);
    }
    let hash = hashed(&app.sheet_key, tenant, student);
    let batches = batches(app, tenant, student).await?;
    let packages = packages(app, tenant, student).await?;
    let mut erased = Erased::default();
    for (batch, pages) in &batches {
        for (file, pages) in pages {
            let key = Key::Scan { tenant: tenant.to_owned(), batch: *batch, number: *file };
            scan(app, &key, pages, scratch, &mut erased).await?;
            for (number, _) in pages {
                let folder = Folder::PagePictures { tenant: tenant.to_owned(), batch: *batch, page: *number };
                erased.pictures += app.objects.delete_folder(&folder).await?;
            }
        }
    }
    let mut printed = Vec::new();
    for package in packages {
        if input(app, tenant, package, student, scratch).await? {
            let folder = Folder::PackageFiles { tenant: tenant.to_owned(), package };
            erased.package_files += app.objects.delete_folder(&folder).await?;
            erased.packages += 1;
            printed.push(package);
        }
    }
    let mut tx = app.db.begin().await?;
    rows(app, &mut tx, tenant, student, &mut erased).await?;
    for package in printed {
        let text = "DELETE FROM package_files WHERE package_id = $1";
        app.db.query(text).bind(package.to_string()).execute(&mut *tx).await?;
    }
    if erased == Erased::default() {
        drop(tx);
        return earlier(app, tenant, &hash).await?.ok_or(EraseError::Unknown);
    }
    let id = Uuid::now_v7();
    let text =
        "INSERT INTO erasures (id, tenant_id, student_hash, erased, erased_at) VALUES ($1, $2, $3, $4{as_json}, {now})";
    let query = app.db.query(text).bind(id.to_string()).bind(tenant.to_owned()).bind(hash.clone());
    query.bind(serde_json::to_string(&erased)?).execute(&mut *tx).await?;
    tx.commit().await?;
    earlier(app, tenant, &hash).await?.ok_or(EraseError::Unknown)
}

/// The latest receipt for a student.
async fn earlier(app: &App, tenant: &str, hash: &str) -> Result<Option<Receipt>, EraseError> {
    let text = "SELECT id, erased{as_text} AS erased, erased_at FROM erasures
                WHERE tenant_id = $1 AND student_hash = $2 ORDER BY id DESC LIMIT 1";
    let query = app.db.query(text).bind(tenant.to_owned()).bind(hash.to_owned());
    let Some(row) = query.fetch_optional(app.db.writer()).await? else { return Ok(None) };
    Ok(Some(Receipt {
        id: Uuid::parse_str(&row.col::<String>("id")?).map_err(|e| DbError::Decode(e.into()))?,
        erased_at: row.col("erased_at")?,
        erased: serde_json::from_str(&row.col::<String>("erased")?)?,
    }))
}

/// The student's pages: those that are the student's now, and those of the student's sheets.
async fn batches(app: &App, tenant: &str, student: &str) -> Result<BTreeMap<Uuid, Pages>, EraseError> {
    let text = "SELECT p.batch_id AS batch, p.number AS number, p.file_number AS file_number, p.page AS page, j.state AS state,
                    CASE WHEN p.file = f.name THEN 1 ELSE 0 END AS plain
                FROM pages p JOIN batches b ON b.id = p.batch_id JOIN jobs j ON j.id = b.job_id
                JOIN batch_files f ON f.batch_id = p.batch_id AND f.number = p.file_number
                WHERE p.tenant_id = $1 AND (p.student_id = $2 OR p.sheet_id IN
                    (SELECT id FROM sheets WHERE tenant_id = $1 AND student_id = $2))";
    let query = app.db.query(text).bind(tenant.to_owned()).bind(student.to_owned());
    let mut batches: BTreeMap<Uuid, Pages> = BTreeMap::new();
    for row in query.fetch_all(app.db.writer()).await? {
        if ["queued", "running"].contains(&row.col::<String>("state")?.as_str()) {
            return Err(EraseError::Busy);
        }
        let batch = Uuid::parse_str(&row.col::<String>("batch")?).map_err(|e| DbError::Decode(e.into()))?;
        let number = |name| row.col::<i64>(name).map(|n| n as u32);
        let in_file = Some(number("page")?).filter(|_| row.col::<i64>("plain").is_ok_and(|plain| plain == 1));
        batches.entry(batch).or_default().entry(number("file_number")?).or_default().push((number("number")?, in_file));
    }
    Ok(batches)
}

/// Packages of the exams that the student is known to sit.
async fn packages(app: &App, tenant: &str, student: &str) -> Result<BTreeSet<Uuid>, EraseError> {
    let text = "SELECT p.id AS id, j.state AS state FROM packages p JOIN jobs j ON j.id = p.job_id
                WHERE p.tenant_id = $1 AND p.application_id IN (
                    SELECT application_id FROM sheets WHERE tenant_id = $1 AND student_id = $2
                    UNION SELECT application_id FROM students WHERE tenant_id = $1 AND id = $2)";
    let query = app.db.query(text).bind(tenant.to_owned()).bind(student.to_owned());
    let mut packages = BTreeSet::new();
    for row in query.fetch_all(app.db.writer()).await? {
        if ["queued", "running"].contains(&row.col::<String>("state")?.as_str()) {
            return Err(EraseError::Busy);
        }
        packages.insert(Uuid::parse_str(&row.col::<String>("id")?).map_err(|e| DbError::Decode(e.into()))?);
    }
    Ok(packages)
}

/// Takes pages out of a scan, or deletes it.
async fn scan(
    app: &App,
    key: &Key,
    pages: &[(u32, Option<u32>)],
    scratch: &Path,
    erased: &mut Erased,
) -> Result<(), EraseError> {
    let file = match app.objects.fetch(key, &scratch.join("scan")).await {
        Err(ObjectError::NotFound) => return Ok(()),
        file => file?,
    };
    let out = scratch.join(Uuid::now_v7().to_string());
    let numbers: Option<Vec<u32>> = pages.iter().map(|(_, in_file)| *in_file).collect();
    let blanked = match numbers {
        None => false,
        Some(pages) => {
            let child = app.children.start_on(Task::Blank { file, pages, out: out.clone() }, 1).await;
            match async { child?.all().await }.await {
                Ok(events) => !events.iter().any(|e| matches!(e, Event::Refused { .. } | Event::Failed { .. })),
                Err(ChildError::Io(e)) => return Err(e.into()),
                Err(_) => false,
            }
        }
    };
    if blanked {
        app.objects.put_file(key, &out).await?;
        erased.scans_blanked += 1;
    } else {
        app.objects.delete(key).await?;
        erased.scans_deleted += 1;
    }
    Ok(())
}

/// Takes the student out of a package's input; gives whether it was there.
async fn input(app: &App, tenant: &str, package: Uuid, student: &str, scratch: &Path) -> Result<bool, EraseError> {
    let key = Key::PackageInput { tenant: tenant.to_owned(), package, name: "PACKAGE.json".to_owned() };
    let path = match app.objects.fetch(&key, &scratch.join("PACKAGE.json")).await {
        Err(ObjectError::NotFound) => return Ok(false),
        path => path?,
    };
    let mut package: Value = serde_json::from_slice(&tokio::fs::read(path).await?)?;
    let mut there = false;
    let units = package["units"].as_array_mut().into_iter().flatten();
    let rooms = units.flat_map(|unit| unit["rooms"].as_array_mut().into_iter().flatten());
    for students in rooms.filter_map(|room| room["students"].as_array_mut()) {
        let before = students.len();
        students.retain(|s| s["id"] != student);
        there |= students.len() < before;
    }
    if there {
        app.objects.put(&key, serde_json::to_vec(&package)?.into()).await?;
    }
    Ok(there)
}

async fn rows(app: &App, tx: &mut Tx, tenant: &str, student: &str, erased: &mut Erased) -> Result<(), EraseError> {
    let run = async |tx: &mut Tx, text| -> Result<u64, DbError> {
        let query = app.db.query(text).bind(tenant.to_owned()).bind(student.to_owned());
        Ok(query.execute(&mut **tx).await?.rows_affected())
    };
    erased.decisions += run(
        tx,
        "DELETE FROM decisions WHERE tenant_id = $1 AND EXISTS (SELECT 1 FROM pages p
            WHERE p.batch_id = decisions.batch_id AND p.number = decisions.number AND (p.student_id = $2 OR p.sheet_id IN
                (SELECT id FROM sheets WHERE tenant_id = $1 AND student_id = $2)))",
    )
    .await?;
    erased.pages += run(
        tx,
        "DELETE FROM pages WHERE tenant_id = $1 AND (student_id = $2 OR sheet_id IN
            (SELECT id FROM sheets WHERE tenant_id = $1 AND student_id = $2))",
    )
    .await?;
    erased.sheets += run(tx, "DELETE FROM sheets WHERE tenant_id = $1 AND student_id = $2").await?;
    erased.enrollments += run(tx, "DELETE FROM students WHERE tenant_id = $1 AND id = $2").await?;
    for [find, put] in MENTIONS {
        let query = app.db.query(find).bind(tenant.to_owned()).bind(format!("%{}%", escaped(student)));
        for row in query.fetch_all(&mut **tx).await? {
            let mut json: Value = serde_json::from_str(&row.col::<String>("json")?)?;
            if forget(&mut json, student) {
                let query = app.db.query(put).bind(json.to_string()).bind(row.col::<String>("id")?);
                query.bind(row.col::<i64>("number")?).execute(&mut **tx).await?;
                erased.mentions += 1;
            }
        }
    }
    Ok(())
}

/// Documents that may name a student who is not theirs (any more), and how to put them back.
const MENTIONS: [[&str; 2]; 5] = [
    [
        "SELECT reading{as_text} AS json, batch_id AS id, number FROM pages WHERE tenant_id = $1 AND reading{as_text} LIKE $2 ESCAPE '!'",
        "UPDATE pages SET reading = $1{as_json} WHERE batch_id = $2 AND number = $3",
    ],
    [
        "SELECT body{as_text} AS json, batch_id AS id, number FROM pages WHERE tenant_id = $1 AND body{as_text} LIKE $2 ESCAPE '!'",
        "UPDATE pages SET body = $1{as_json} WHERE batch_id = $2 AND number = $3",
    ],
    [
        "SELECT before{as_text} AS json, id, number FROM decisions WHERE tenant_id = $1 AND before{as_text} LIKE $2 ESCAPE '!'",
        "UPDATE decisions SET before = $1{as_json} WHERE id = $2 AND number = $3",
    ],
    [
        "SELECT after{as_text} AS json, id, number FROM decisions WHERE tenant_id = $1 AND after{as_text} LIKE $2 ESCAPE '!'",
        "UPDATE decisions SET after = $1{as_json} WHERE id = $2 AND number = $3",
    ],
    [
        "SELECT summary{as_text} AS json, id, created_at AS number FROM batches WHERE tenant_id = $1 AND summary{as_text} LIKE $2 ESCAPE '!'",
        "UPDATE batches SET summary = $1{as_json} WHERE id = $2 AND created_at = $3",
    ],
];

/// An id as it stands in JSON, plain within a LIKE.
fn escaped(student: &str) -> String {
    let json = Value::from(student).to_string();
    let json = json.trim_start_matches('"').trim_end_matches('"');
    json.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

/// Puts null wherever this id stands as a value; gives whether it stood anywhere.
fn forget(json: &mut Value, student: &str) -> bool {
    match json {
        Value::String(s) if s == student => {
            *json = Value::Null;
            true
        }
        Value::Array(items) => items.iter_mut().fold(false, |found, item| forget(item, student) | found),
        Value::Object(entries) => entries.values_mut().fold(false, |found, value| forget(value, student) | found),
        _ => false,
    }
}
