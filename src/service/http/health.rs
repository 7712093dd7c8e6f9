//! For the platform: is the process alive, may it be sent requests.

use super::{Kind, Problem};
use crate::service::App;
use axum::Json;
use axum::extract::State;
use serde::Serialize;

#[derive(Serialize, utoipa::ToSchema)]
pub struct Health {
    status: &'static str,
    version: &'static str,
}

const WELL: Health = Health { status: "ok", version: env!("CARGO_PKG_VERSION") };

/// The process is alive.
#[utoipa::path(get, path = "/healthz", tag = "platform", responses((status = 200, description = "It is alive", body = Health)))]
pub async fn healthz() -> Json<Health> {
    Json(WELL)
}

/// The database answers, and the process is not about to stop.
#[utoipa::path(get, path = "/readyz", tag = "platform", responses(
    (status = 200, description = "Send requests", body = Health),
    (status = 503, description = "Send none now", body = Problem, content_type = "application/problem+json"),
))]
pub async fn readyz(State(app): State<App>) -> Result<Json<Health>, Problem> {
    if app.stopping.is_cancelled() {
        return Err(Kind::Busy.because("the process is stopping"));
    }
    app.db.ping().await.map_err(|_| Kind::Busy.because("the database does not answer"))?;
    Ok(Json(WELL))
}
