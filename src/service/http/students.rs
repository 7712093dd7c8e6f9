//! Erasing a student: `/v1/students/{id}`, `/v1/erasures/{id}`.

use super::extract::Path;
use super::incoming::Incoming;
use super::job::time;
use super::{Kind, Problem, caller};
use crate::service::App;
use crate::service::retention::{self, EraseError, Erased};
use crate::service::store::db::{Columns, Freshness};
use axum::extract::State;
use serde::Serialize;
use uuid::Uuid;

/// The receipt of an erasure. It does not say whose.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Erasure {
    pub id: Uuid,
    #[schema(format = DateTime)]
    pub erased_at: String,
    pub erased: Erased,
}

/// Erase a student from all exams.
///
/// Pages, decisions, pictures, sheets and enrolment numbers are deleted. Scans hold pages of others: in a PDF the student's
/// are made blank; where that can't be done for sure, the scan is deleted whole. What was printed of a package with the
/// student is deleted; the others in it can be printed again. Interrupted, ask again. Copies that left the service, and
/// backups of its database, are out of its reach.
#[utoipa::path(delete, path = "/v1/students/{id}", tag = "keep", params(("id" = String, Path)), responses(
    (status = 200, description = "The receipt", body = Erasure),
    (status = 404, description = "Nothing is known of it", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "A legal hold keeps it, or a file that it shares with others, or it is being worked on", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The storage does not answer", body = Problem, content_type = "application/problem+json"),
))]
pub async fn erase(
    State(app): State<App>,
    caller::Admin(caller): caller::Admin,
    Path(id): Path<String>,
) -> Result<axum::Json<Erasure>, Problem> {
    let folder = Incoming::new(&app).await?;
    if id.contains('\0') {
        return Err(Problem::not_found("student"));
    }
    let receipt = retention::erase(&app, &caller.tenant, &id, folder.path()).await?;
    let retention::Receipt { id, erased_at, erased } = receipt;
    Ok(axum::Json(Erasure { id, erased_at: time(erased_at), erased }))
}

/// The receipt of an erasure.
#[utoipa::path(get, path = "/v1/erasures/{id}", tag = "keep", params(("id" = Uuid, Path)), responses(
    (status = 200, description = "It", body = Erasure),
    (status = 404, description = "None of yours has this id", body = Problem, content_type = "application/problem+json"),
))]
pub async fn receipt(
    State(app): State<App>,
    caller::Admin(caller): caller::Admin,
    Path(id): Path<Uuid>,
) -> Result<axum::Json<Erasure>, Problem> {
    let text = "SELECT erased{as_text} AS erased, erased_at FROM erasures WHERE id = $1 AND tenant_id = $2";
    let query = app.db.query(text).bind(id.to_string()).bind(caller.tenant);
    let row = query.fetch_optional(app.db.reader(Freshness::Latest)).await?;
    let row = row.ok_or_else(|| Problem::not_found("erasure"))?;
    let erased = serde_json::from_str(&row.col::<String>("erased")?).map_err(std::io::Error::from)?;
    Ok(axum::Json(Erasure { id, erased_at: time(row.col("erased_at")?), erased }))
}

impl From<EraseError> for Problem {
    fn from(e: EraseError) -> Self {
        match e {
            EraseError::Unknown => Problem::not_found("student"),
            e @ (EraseError::Held | EraseError::Busy) => Kind::Conflict.because(e.to_string()),
            EraseError::Db(e) => e.into(),
            EraseError::Object(e) => e.into(),
            EraseError::Io(e) => e.into(),
            EraseError::Json(e) => std::io::Error::from(e).into(),
        }
    }
}
