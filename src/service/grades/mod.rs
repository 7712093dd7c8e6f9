//! Grades in the database: what pupils handed in ([`papers`]), what it is worth under the key that holds ([`regrade`]).
//!
//! Whatever changes a page ends here, in its own transaction: a batch that settles, a person who decides, a new key. Each
//! takes the exam first ([`take`]): what two of them gather at once would be lost
//! for one of them.

mod look;
mod material;
mod papers;
mod regrade;

pub use look::{Place, Sums, pages, places, sums};
pub use material::{Filter, Held, Material, hold};
pub use regrade::{Moved, Regraded};

use crate::read::result::PageReading;
use crate::service::store::db::{Columns, Tx};
use crate::service::store::{Db, DbError};
use crate::service::warehouse;
use uuid::Uuid;

#[derive(Debug, thiserror::Error)]
pub enum GradesError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("what was stored can't be understood: {0}")]
    Json(#[from] serde_json::Error),
    /// The key was valid when it was put.
    #[error("a stored key can't be used: {0}")]
    Key(String),
    #[error("grading ended early: {0}")]
    Ended(#[from] tokio::task::JoinError),
}

/// The exams that a batch's pages are of.
///
/// # Errors
/// Of the database.
pub async fn exams(db: &Db, tx: &mut Tx, batch: Uuid) -> Result<Vec<String>, DbError> {
    let text = "SELECT s.application_id AS application FROM pages p
                JOIN sheets s ON s.tenant_id = p.tenant_id AND s.id = p.sheet_id WHERE p.batch_id = $1
                UNION SELECT application_id FROM batches WHERE id = $1 AND application_id IS NOT NULL
                ORDER BY application";
    let rows = db.query(text).bind(batch.to_string()).fetch_all(&mut **tx).await?;
    rows.iter().map(|row| row.col("application")).collect()
}

/// Those whose papers a batch's pages of an exam are, each of whom is to be [`gathered`]; everybody for whom a sheet was printed
/// has a paper from here on.
///
/// # Errors
/// [`GradesError`]; the transaction is of no use then.
pub async fn expected(
    db: &Db,
    tx: &mut Tx,
    tenant: &str,
    application: &str,
    batch: Uuid,
) -> Result<Vec<String>, GradesError> {
    take(db, tx, tenant, application).await?;
    papers::expect(db, tx, tenant, application).await?;
    Ok(papers::of_batch(db, tx, tenant, application, batch).await?)
}

/// The papers of some of a batch that settles, as their pages are now, and their grades.
///
/// # Errors
/// [`GradesError`]; the transaction is of no use then.
pub async fn gathered(
    db: &Db,
    tx: &mut Tx,
    tenant: &str,
    application: &str,
    owners: &[String],
    batch: Uuid,
) -> Result<(), GradesError> {
    take(db, tx, tenant, application).await?;
    papers::gather(db, tx, tenant, application, owners, Some(batch)).await?;
    regrade::some(db, tx, tenant, application, owners).await?;
    Ok(())
}

/// Whom the attendance lists say absent, and what follows for their grades.
///
/// # Errors
/// [`GradesError`]; the transaction is of no use then.
pub async fn absences(db: &Db, tx: &mut Tx, tenant: &str, application: &str) -> Result<(), GradesError> {
    take(db, tx, tenant, application).await?;
    let owners = papers::note_absences(db, tx, tenant, application).await?;
    regrade::some(db, tx, tenant, application, &owners).await?;
    Ok(())
}

/// All of these at once: a batch ends early.
///
/// # Errors
/// [`GradesError`]; the transaction is of no use then.
pub async fn batch_ended(db: &Db, tx: &mut Tx, tenant: &str, batch: Uuid) -> Result<(), GradesError> {
    for application in exams(db, tx, batch).await? {
        let owners = expected(db, tx, tenant, &application, batch).await?;
        gathered(db, tx, tenant, &application, &owners, batch).await?;
        absences(db, tx, tenant, &application).await?;
    }
    Ok(())
}

/// A person has decided about a page of a batch that was `before`'s and is `after`'s, each a sheet and a student.
///
/// # Errors
/// [`GradesError`]; the transaction is of no use then.
pub async fn page_decided(
    db: &Db,
    tx: &mut Tx,
    tenant: &str,
    batch: Uuid,
    pages: [Whose<'_>; 2],
) -> Result<(), GradesError> {
    let mut owners = Vec::new();
    let mut applications = Vec::new();
    for Whose { sheet, student } in pages {
        if sheet.is_none() && student.is_none() {
            continue;
        }
        let sheet = sheet.unwrap_or_default();
        // A sheet that was not printed here is of the exam that its batch was sent for.
        let text = "SELECT application_id, student_id FROM sheets WHERE tenant_id = $1 AND id = $2
                    UNION ALL SELECT application_id, NULL FROM batches WHERE id = $3 AND application_id IS NOT NULL
                        AND NOT EXISTS (SELECT 1 FROM sheets WHERE tenant_id = $1 AND id = $2)";
        let query = db.query(text).bind(tenant.to_owned()).bind(sheet.to_owned()).bind(batch.to_string());
        let Some(row) = query.fetch_optional(&mut **tx).await? else { continue };
        let application: String = row.col("application_id")?;
        if !applications.contains(&application) {
            applications.push(application);
        }
        let printed_for: Option<String> = row.col("student_id")?;
        owners.push(papers::owner(student.map(str::to_owned).or(printed_for).as_deref(), sheet));
    }
    owners.dedup();
    // In one order, or two that decide would wait for each other.
    applications.sort();
    for application in applications {
        take(db, tx, tenant, &application).await?;
        papers::gather(db, tx, tenant, &application, &owners, None).await?;
        let mut all = owners.clone();
        all.extend(papers::note_absences(db, tx, tenant, &application).await?);
        regrade::some(db, tx, tenant, &application, &all).await?;
    }
    Ok(())
}

/// Whose a page is.
#[derive(Clone, Copy, Debug)]
pub struct Whose<'a> {
    sheet: Option<&'a str>,
    student: Option<&'a str>,
}

impl<'a> Whose<'a> {
    pub fn of(page: &'a PageReading) -> Self {
        let sheet = page.sheet.as_ref();
        Whose { sheet: sheet.and_then(|s| s.id.as_deref()), student: sheet.and_then(|s| s.student.as_deref()) }
    }
}

/// Takes an exam until the transaction ends: nobody else gathers or grades its papers meanwhile. Its row in the outbox, which is
/// written by every change, is the lock.
///
/// # Errors
/// Of the database.
pub async fn take(db: &Db, tx: &mut Tx, tenant: &str, application: &str) -> Result<(), DbError> {
    warehouse::changed(db, tx, tenant, application).await
}

/// Grades everything of an exam that was [taken](take) anew. Papers that were read and never gathered are gathered first: those
/// of a batch that did not settle.
///
/// # Errors
/// [`GradesError`]; the transaction is of no use then.
pub async fn key_changed(db: &Db, tx: &mut Tx, tenant: &str, application: &str) -> Result<Regraded, GradesError> {
    papers::expect(db, tx, tenant, application).await?;
    let owners = papers::not_gathered(db, tx, tenant, application).await?;
    if !owners.is_empty() {
        papers::gather(db, tx, tenant, application, &owners, None).await?;
        papers::note_absences(db, tx, tenant, application).await?;
    }
    regrade::all(db, tx, tenant, application).await
}
