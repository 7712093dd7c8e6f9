//! The calls that the monolith makes today, with their present shapes.

mod answer;
mod merge;
mod print;
mod validate;

use super::health::{self, Health};
use crate::service::App;
use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(validate::validate))
        .layer(DefaultBodyLimit::max(validate::MOST_BODY))
        .routes(routes!(status))
        .routes(routes!(merge::merge))
        .routes(routes!(print::print))
}

/// The service is there.
#[utoipa::path(get, path = "/status", tag = "platform", responses((status = 200, description = "It is", body = Health)))]
pub async fn status() -> axum::Json<Health> {
    health::healthz().await
}
