//! Legal holds: of a tenant's everything, of an exam, or of a student. One that names an exam and a student holds both.

use crate::service::store::db::{Columns, Freshness};
use crate::service::store::{Db, DbError};
use uuid::Uuid;

/// That no hold is about the batch `b`.
macro_rules! batch_is_free {
    () => {
        " NOT EXISTS (SELECT 1 FROM legal_holds h WHERE h.tenant_id = b.tenant_id AND h.released_at IS NULL AND (
            (h.application_id IS NULL AND h.student_id IS NULL) OR h.application_id = b.application_id
            OR EXISTS (SELECT 1 FROM pages p LEFT JOIN sheets s ON s.tenant_id = p.tenant_id AND s.id = p.sheet_id
                       WHERE p.batch_id = b.id AND (p.student_id = h.student_id OR s.student_id = h.student_id
                                                    OR s.application_id = h.application_id)))) "
    };
}

/// That no hold is about the package `p`.
macro_rules! package_is_free {
    () => {
        " NOT EXISTS (SELECT 1 FROM legal_holds h WHERE h.tenant_id = p.tenant_id AND h.released_at IS NULL AND (
            (h.application_id IS NULL AND h.student_id IS NULL) OR h.application_id = p.application_id
            OR EXISTS (SELECT 1 FROM sheets s WHERE s.package_id = p.id AND s.student_id = h.student_id))) "
    };
}

pub(super) use {batch_is_free, package_is_free};

/// Whether anything of a student must be kept: by name, or because of an exam that it sat.
///
/// # Errors
/// Of the database.
pub async fn holds_student(db: &Db, tenant: &str, student: &str) -> Result<bool, DbError> {
    let text = "SELECT COUNT(*) AS holds FROM legal_holds h WHERE h.tenant_id = $1 AND h.released_at IS NULL AND (
                    (h.application_id IS NULL AND h.student_id IS NULL) OR h.student_id = $2
                    OR h.application_id IN (SELECT application_id FROM sheets WHERE tenant_id = $1 AND student_id = $2)
                    OR h.application_id IN (SELECT application_id FROM students WHERE tenant_id = $1 AND id = $2)
                    OR h.application_id IN (SELECT b.application_id FROM batches b JOIN pages p ON p.batch_id = b.id
                                            WHERE p.tenant_id = $1 AND p.student_id = $2))";
    let query = db.query(text).bind(tenant.to_owned()).bind(student.to_owned());
    Ok(query.fetch_one(db.reader(Freshness::Latest)).await?.col::<i64>("holds")? > 0)
}

/// Whether a batch must be kept.
///
/// # Errors
/// Of the database.
pub async fn holds_batch(db: &Db, batch: Uuid) -> Result<bool, DbError> {
    let text = concat!("SELECT COUNT(*) AS free FROM batches b WHERE b.id = $1 AND", batch_is_free!());
    let query = db.query(text).bind(batch.to_string());
    Ok(query.fetch_one(db.reader(Freshness::Latest)).await?.col::<i64>("free")? == 0)
}

/// Whether a package must be kept.
///
/// # Errors
/// Of the database.
pub async fn holds_package(db: &Db, package: Uuid) -> Result<bool, DbError> {
    let text = concat!("SELECT COUNT(*) AS free FROM packages p WHERE p.id = $1 AND", package_is_free!());
    let query = db.query(text).bind(package.to_string());
    Ok(query.fetch_one(db.reader(Freshness::Latest)).await?.col::<i64>("free")? == 0)
}
