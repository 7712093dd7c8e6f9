//! For the platform: is the process alive, may it be sent requests.

use super::{Kind, Problem};
use crate::service::App;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
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

/// What is counted here, for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "platform", responses(
    (status = 200, description = "OpenMetrics", content_type = "application/openmetrics-text"),
    (status = 404, description = "metrics.enabled is not set, and others than this machine are served", body = Problem, content_type = "application/problem+json"),
))]
pub async fn metrics(State(app): State<App>) -> Result<Response, Problem> {
    if !app.config.watch.metrics && !app.config.server.listen.ip().is_loopback() {
        return Err(Kind::NotFound.because("metrics.enabled is not set"));
    }
    counted(State(app)).await
}

/// As [`metrics`], of a worker: whoever reaches its port may know.
pub async fn counted(State(app): State<App>) -> Result<Response, Problem> {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], app.metrics.text(&app).await?).into_response())
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
