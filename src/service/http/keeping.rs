//! How long a tenant keeps what, and what it may not delete: `/v1/retention`, `/v1/legal-holds`.

use super::extract::{Json, Path, Query};
use super::job::time;
use super::paging::{Page, Paging};
use super::{Problem, caller};
use crate::service::App;
use crate::service::retention::Kind;
use crate::service::store::db::{Columns, Freshness};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use uuid::Uuid;

/// Days that each kind is kept; 0: until somebody deletes it. In a request, null or absent: as the deployment has it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Scans as they came.
    #[schema(maximum = 36500)]
    pub uploads: Option<u32>,
    /// Pictures of pages.
    #[schema(maximum = 36500)]
    pub images: Option<u32>,
    /// Pictures of fields.
    #[schema(maximum = 36500)]
    pub crops: Option<u32>,
    /// Batches with all that was read and decided.
    #[schema(maximum = 36500)]
    pub results: Option<u32>,
    /// Packages with all that was printed.
    #[schema(maximum = 36500)]
    pub packages: Option<u32>,
}

impl Retention {
    fn of(&mut self, kind: Kind) -> &mut Option<u32> {
        match kind {
            Kind::Uploads => &mut self.uploads,
            Kind::Images => &mut self.images,
            Kind::Crops => &mut self.crops,
            Kind::Results => &mut self.results,
            Kind::Packages => &mut self.packages,
        }
    }
}

/// Most days: a hundred years.
const MOST: u32 = 36_500;

/// How long what is kept.
#[utoipa::path(get, path = "/v1/retention", tag = "keep", responses(
    (status = 200, description = "In days, of every kind", body = Retention),
))]
pub async fn get(
    State(app): State<App>,
    caller::Admin(caller): caller::Admin,
) -> Result<axum::Json<Retention>, Problem> {
    let mut said = Retention::default();
    for kind in Kind::ALL {
        let kept = app.config.retention.of_tenant(&app.db, &caller.tenant, kind).await?.unwrap_or_default();
        *said.of(kind) = Some(kept.as_secs().div_ceil(86_400) as u32);
    }
    Ok(axum::Json(said))
}

/// Say how long what is kept. What is older is deleted within the hour.
#[utoipa::path(put, path = "/v1/retention", tag = "keep", request_body = Retention, responses(
    (status = 200, description = "In days, of every kind", body = Retention),
    (status = 400, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
    (status = 415, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "No such kind, or no such number of days", body = Problem, content_type = "application/problem+json"),
))]
pub async fn put(
    State(app): State<App>,
    caller::Admin(caller): caller::Admin,
    Json(mut said): Json<Retention>,
) -> Result<axum::Json<Retention>, Problem> {
    let mut tx = app.db.begin().await?;
    let query = app.db.query("DELETE FROM retention WHERE tenant_id = $1").bind(caller.tenant.clone());
    query.execute(&mut *tx).await?;
    for kind in Kind::ALL {
        let Some(days) = *said.of(kind) else { continue };
        if days > MOST {
            return Err(Problem::field(kind.name(), format!("a whole number from 0 to {MOST} is expected")));
        }
        let query = app.db.query("INSERT INTO retention (tenant_id, kind, days) VALUES ($1, $2, $3)");
        let query = query.bind(caller.tenant.clone()).bind(kind.name()).bind(i64::from(days));
        query.execute(&mut *tx).await?;
    }
    tx.commit().await?;
    get(State(app), caller::Admin(caller)).await
}

/// What may not be deleted: of an exam, of a student, or all that there is.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHold {
    #[schema(min_length = 1)]
    pub application: Option<String>,
    #[schema(min_length = 1)]
    pub student: Option<String>,
    /// For the record; it is shown to nobody but you.
    #[schema(min_length = 1)]
    pub reason: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Hold {
    pub id: Uuid,
    pub application: Option<String>,
    pub student: Option<String>,
    pub reason: String,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Null while it holds.
    #[schema(format = DateTime)]
    pub released_at: Option<String>,
}

macro_rules! holds {
    ($where:literal) => {
        concat!(
            "SELECT id, application_id, student_id, reason, created_at, released_at FROM legal_holds WHERE ",
            $where
        )
    };
}

impl Hold {
    fn of(row: &AnyRow) -> Result<Self, Problem> {
        Ok(Hold {
            id: Uuid::parse_str(&row.col::<String>("id")?).map_err(|_| Problem::not_found("hold"))?,
            application: row.col("application_id")?,
            student: row.col("student_id")?,
            reason: row.col("reason")?,
            created_at: time(row.col("created_at")?),
            released_at: row.col::<Option<i64>>("released_at")?.map(time),
        })
    }
}

/// Hold what must be kept, whatever its age and whoever asks.
#[utoipa::path(post, path = "/v1/legal-holds", tag = "keep", request_body = NewHold, responses(
    (status = 201, description = "It holds", body = Hold, headers(("Location", description = "Where it is"))),
    (status = 400, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
    (status = 415, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "No such field, or no reason", body = Problem, content_type = "application/problem+json"),
))]
pub async fn hold(
    State(app): State<App>,
    caller::Admin(caller): caller::Admin,
    Json(new): Json<NewHold>,
) -> Result<Response, Problem> {
    if new.reason.trim().is_empty() || new.reason.contains('\0') {
        return Err(Problem::field("reason", "text is expected"));
    }
    for (field, said) in [("application", &new.application), ("student", &new.student)] {
        if said.as_ref().is_some_and(|s| s.is_empty() || s.contains('\0')) {
            return Err(Problem::field(field, "an id, or nothing, is expected"));
        }
    }
    let id = Uuid::now_v7().to_string();
    let text = "INSERT INTO legal_holds (id, tenant_id, application_id, student_id, reason, created_at)
                VALUES ($1, $2, $3, $4, $5, {now})";
    let query = app.db.query(text).bind(id.clone()).bind(caller.tenant.clone()).bind(new.application);
    app.db.execute(query.bind(new.student).bind(new.reason)).await?;
    let row = app.db.query(holds!("id = $1")).bind(id.clone()).fetch_one(app.db.writer()).await?;
    let location = format!("/v1/legal-holds/{id}");
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], axum::Json(Hold::of(&row)?)).into_response())
}

/// Holds, the latest first, released ones among them.
#[utoipa::path(get, path = "/v1/legal-holds", tag = "keep", params(Paging), responses(
    (status = 200, description = "Some of them", body = Page<Hold>),
    (status = 422, description = "No such cursor or limit", body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(
    State(app): State<App>,
    caller::Admin(caller): caller::Admin,
    Query(paging): Query<Paging>,
) -> Result<axum::Json<Page<Hold>>, Problem> {
    let limit = paging.limit()?;
    let query = app.db.query(holds!("tenant_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3")).bind(caller.tenant);
    let query = query.bind(paging.after()?.unwrap_or_else(|| "~".to_owned())).bind(limit + 1);
    let rows = query.fetch_all(app.db.reader(Freshness::Latest)).await?;
    let holds = rows.iter().map(Hold::of).collect::<Result<Vec<_>, _>>()?;
    Ok(axum::Json(Page::of(holds, limit, |hold| hold.id.to_string())))
}

/// Release a hold. That there was one stays on record.
#[utoipa::path(delete, path = "/v1/legal-holds/{id}", tag = "keep", params(("id" = Uuid, Path)), responses(
    (status = 204, description = "It holds nothing any more"),
    (status = 404, description = "None of yours has this id", body = Problem, content_type = "application/problem+json"),
))]
pub async fn release(
    State(app): State<App>,
    caller::Admin(caller): caller::Admin,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    let text = "UPDATE legal_holds SET released_at = COALESCE(released_at, {now}) WHERE id = $1 AND tenant_id = $2";
    let query = app.db.query(text).bind(id.to_string()).bind(caller.tenant);
    match app.db.execute(query).await?.rows_affected() {
        0 => Err(Problem::not_found("hold")),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}
