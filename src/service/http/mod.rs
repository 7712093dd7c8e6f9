//! HTTP: every route of the service in one place ([`router`]), handlers by noun, errors in [`problem`].

pub(crate) mod applications;
pub(crate) mod batches;
pub mod caller;
pub mod cors;
mod decided;
mod document;
mod download;
mod etag;
mod events;
pub(crate) mod extract;
mod health;
mod identified;
pub mod incoming;
pub(crate) mod job;
mod keeping;
pub(crate) mod key;
mod monolith;
mod oauth;
mod once;
pub(crate) mod packages;
pub(crate) mod pages;
pub(crate) mod paging;
pub(crate) mod pictures;
mod pieces;
mod pressure;
pub mod problem;
mod read;
pub(crate) mod results;
pub(crate) mod statistics;
mod students;
mod tasks;
pub(crate) mod undo;
mod uploads;
mod urgency;
mod webhooks;

pub use caller::Caller;
pub use job::time;
pub use problem::{Kind, Problem};

use crate::service::{App, watch};
use crate::web;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, Request};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use pressure::Patience;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

/// Bodies without files.
const MAX_SMALL_BODY: usize = 8 << 20;

/// All routes but the documentation's own. What takes files has `max_body`, and `time` without a byte; files go to disk as
/// they come.
fn routes(max_body: usize, time: Duration) -> OpenApiRouter<App> {
    let patience = |patience| middleware::from_fn_with_state(patience, pressure::bounded);
    let files = OpenApiRouter::new()
        .routes(routes!(packages::create, packages::list))
        .routes(routes!(batches::create, batches::list))
        .routes(routes!(pieces::put))
        .routes(routes!(read::read))
        .layer(DefaultBodyLimit::max(max_body))
        .layer(patience(Patience::Files(time)));
    let public = OpenApiRouter::new()
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
        .routes(routes!(oauth::token));
    let print = OpenApiRouter::new()
        .routes(routes!(packages::get, packages::delete))
        .routes(routes!(packages::download))
        .routes(routes!(packages::reprint));
    let read = OpenApiRouter::new()
        .routes(routes!(batches::get, batches::delete))
        .routes(routes!(uploads::create))
        .routes(routes!(uploads::get, uploads::delete))
        .routes(routes!(uploads::complete))
        .routes(routes!(pages::list))
        .routes(routes!(pages::get, pages::decide))
        .routes(routes!(pages::decisions))
        .routes(routes!(undo::undo))
        .routes(routes!(pictures::image))
        .routes(routes!(pictures::crop))
        .routes(routes!(events::events))
        .routes(routes!(applications::reconciliation))
        .routes(routes!(key::get, key::put))
        .routes(routes!(key::revisions))
        .routes(routes!(results::list))
        .routes(routes!(results::csv))
        .routes(routes!(results::xlsx))
        .routes(routes!(results::parquet))
        .routes(routes!(results::txt))
        .routes(routes!(statistics::statistics))
        .routes(routes!(statistics::histogram))
        .routes(routes!(statistics::item))
        .routes(routes!(statistics::distractors));
    let keep = OpenApiRouter::new()
        .routes(routes!(keeping::get, keeping::put))
        .routes(routes!(keeping::hold, keeping::list))
        .routes(routes!(keeping::release))
        .routes(routes!(students::erase))
        .routes(routes!(students::receipt));
    let hooks = OpenApiRouter::new()
        .routes(routes!(webhooks::create, webhooks::list))
        .routes(routes!(webhooks::delete))
        .routes(routes!(webhooks::messages))
        .routes(routes!(webhooks::replay));
    let small = [public, print, read, keep, hooks].into_iter().fold(OpenApiRouter::new(), OpenApiRouter::merge);
    OpenApiRouter::with_openapi(document::empty())
        .merge(files)
        .merge(small.layer(patience(Patience::Whole(time))))
        .merge(monolith::routes().layer(patience(Patience::Body(time))))
}

/// OpenAPI 3.1, from the code.
pub fn openapi() -> utoipa::openapi::OpenApi {
    document::complete(routes(MAX_SMALL_BODY, Duration::MAX).into_openapi())
}

pub fn router(app: App) -> Router {
    let max_body = usize::try_from(app.config.server.max_body).unwrap_or(usize::MAX);
    let (router, document) = routes(max_body, app.config.server.request_time).split_for_parts();
    let document = document::complete(document);
    let request_id = HeaderName::from_static("x-request-id");
    // Pictures and PDFs are compressed already; a stream of events must not be held back.
    let worth = SizeAbove::new(1024)
        .and(NotForContentType::new("image/"))
        .and(NotForContentType::new("application/pdf"))
        .and(NotForContentType::new("application/zip"))
        .and(NotForContentType::new("text/event-stream"));
    let router = router
        .merge(tasks::routes())
        .merge(
            web::pages().layer(middleware::from_fn_with_state(
                Patience::Files(app.config.server.request_time),
                pressure::bounded,
            )),
        )
        .merge(SwaggerUi::new("/docs").url("/openapi.json", document))
        .fallback(|| async { Kind::NotFound.because("there is no such route; /openapi.json lists all") })
        .method_not_allowed_fallback(|| async {
            Kind::MethodNotAllowed.because("/openapi.json lists the methods of every route")
        })
        .layer(middleware::from_fn_with_state(app.clone(), once::layer))
        .layer(middleware::from_fn_with_state(app.clone(), caller::host))
        .layer(middleware::from_fn_with_state(app.clone(), tasks::tell))
        .layer(middleware::from_fn_with_state(app.clone(), web::in_words))
        .layer(DefaultBodyLimit::max(MAX_SMALL_BODY))
        .layer(CompressionLayer::new().compress_when(worth))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(Arc::new(Semaphore::new(app.config.server.requests)), pressure::admit));
    let router = match app.config.server.cors.as_slice() {
        [] => router,
        origins => router.layer(cors::layer(origins)),
    };
    router
        .layer(middleware::from_fn_with_state(app.clone(), watch::measure))
        .layer(PropagateRequestIdLayer::new(request_id.clone()))
        .layer(SetRequestIdLayer::new(request_id, MakeRequestUuid))
        .with_state(app)
}

/// What a worker says of itself: `work.listen`.
pub fn of_a_worker(app: App) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::counted))
        .with_state(app)
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    Kind::Internal.because("it has been logged, under this request's id").into_response()
}

/// The id under which a request is logged.
pub fn request_id<B>(request: &Request<B>) -> Option<&str> {
    request.headers().get("x-request-id")?.to_str().ok()
}
