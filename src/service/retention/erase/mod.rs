//! Erasing a student: rows, pictures, and what of larger files is the student's.
//!
//! A scan holds the pages of many. Of a PDF the student's pages are made blank, in a child; any other file, and a PDF of
//! which they can't be told from the rest for sure, is deleted whole: what was read of the others stays. What was printed
//! of a package has the student among others on lists and in sums, so it is deleted whole; the package's input stays
//! without the student, and the others can be printed again. The receipt counts what was done. Copies that left the
//! service (downloads, backups of the database, webhooks that were sent) are out of its reach; the warehouse is told.

mod files;
mod mentions;

use super::hold;
use crate::print::manifest::hex;
use crate::service::App;
use crate::service::config::Secret;
use crate::service::store::db::{Columns, Millis, Tx};
use crate::service::store::{DbError, Folder, Key, ObjectError};
use crate::service::warehouse;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
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
    /// What the student handed in, with its grade, by exam.
    #[serde(default)]
    pub results: u64,
    /// Places elsewhere that named the student: first readings, decisions, summaries.
    pub mentions: u64,
    /// The warehouse was told; it follows within the hour.
    #[serde(default)]
    pub warehouse: bool,
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

/// Erases a student, unless a hold is about the student or about anybody whose data lie in the same files. Interrupted, it is done to its end by asking again: rows go last. `scratch` is a folder of the
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
    let packages = packages(app, tenant, student, scratch).await?;
    if holds_others(app, batches.keys(), &packages).await? {
        return Err(EraseError::Held);
    }
    let mut erased = Erased::default();
    for (batch, pages) in &batches {
        for (file, pages) in pages {
            let key = Key::Scan { tenant: tenant.to_owned(), batch: *batch, number: *file };
            files::scan(app, &key, pages, scratch, &mut erased).await?;
            for (number, _) in pages {
                let folder = Folder::PagePictures { tenant: tenant.to_owned(), batch: *batch, page: *number };
                erased.pictures += app.objects.delete_folder(&folder).await?;
            }
        }
    }
    for package in packages {
        files::package(app, tenant, package, student, scratch, &mut erased).await?;
    }
    let mut tx = app.db.begin().await?;
    rows(app, &mut tx, tenant, student, &mut erased).await?;
    if erased == Erased::default() {
        drop(tx);
        return earlier(app, tenant, &hash).await?.ok_or(EraseError::Unknown);
    }
    if app.warehouse.is_some() {
        warehouse::erased(&app.db, &mut tx, tenant, student, app.config.warehouse.lease()).await?;
        erased.warehouse = true;
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

/// Whether a hold is about anything else that lies in the same files: others' pages in a scan, others' sheets in a package.
async fn holds_others(
    app: &App,
    batches: impl Iterator<Item = &Uuid>,
    packages: &BTreeSet<Uuid>,
) -> Result<bool, DbError> {
    for batch in batches {
        if hold::holds_batch(&app.db, *batch).await? {
            return Ok(true);
        }
    }
    for package in packages {
        if hold::holds_package(&app.db, *package).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Packages whose input names the student: of the exams that the student is known to sit, and of those that were not
/// printed, of which no row says who is in them.
async fn packages(app: &App, tenant: &str, student: &str, scratch: &Path) -> Result<BTreeSet<Uuid>, EraseError> {
    let text = "SELECT p.id AS id, j.state AS state FROM packages p JOIN jobs j ON j.id = p.job_id
                WHERE p.tenant_id = $1 AND (j.state <> 'done' AND p.input_deleted_at IS NULL OR p.application_id IN (
                    SELECT application_id FROM sheets WHERE tenant_id = $1 AND student_id = $2
                    UNION SELECT application_id FROM students WHERE tenant_id = $1 AND id = $2))";
    let query = app.db.query(text).bind(tenant.to_owned()).bind(student.to_owned());
    let mut packages = BTreeSet::new();
    for row in query.fetch_all(app.db.writer()).await? {
        let package = Uuid::parse_str(&row.col::<String>("id")?).map_err(|e| DbError::Decode(e.into()))?;
        if files::without(app, tenant, package, student, scratch).await?.is_none() {
            continue;
        }
        if ["queued", "running"].contains(&row.col::<String>("state")?.as_str()) {
            return Err(EraseError::Busy);
        }
        packages.insert(package);
    }
    Ok(packages)
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
    erased.results += run(tx, "DELETE FROM papers WHERE tenant_id = $1 AND student_id = $2").await?;
    erased.sheets += run(tx, "DELETE FROM sheets WHERE tenant_id = $1 AND student_id = $2").await?;
    erased.enrollments += run(tx, "DELETE FROM students WHERE tenant_id = $1 AND id = $2").await?;
    erased.mentions += mentions::forget(app, tx, tenant, student).await?;
    Ok(())
}
