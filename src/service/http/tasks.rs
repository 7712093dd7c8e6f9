//! What Google Cloud calls, and no tenant: work that Cloud Tasks brings, and the chores of a service that has no time of its own
//! between requests. Both prove who they are by a token that Google signed. Not in the OpenAPI document.

use super::extract::Path;
use super::{Kind, Problem};
use crate::service::auth::TokenError;
use crate::service::cloud::Tasks;
use crate::service::{App, outbox, retention, warehouse, webhooks, work};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::post;
use std::time::Duration;
use tokio::time::timeout;
use tracing::Instrument;
use uuid::Uuid;

/// How long a task waits for its item to be due: by the clock of Cloud Tasks it was, by the database's not yet.
const EARLY: Duration = Duration::from_secs(10);
/// How long a task waits for a place at the work, and others for what they have told.
const PLACE: Duration = Duration::from_secs(30);
const TOLD: Duration = Duration::from_secs(5);
const DELIVERED: Duration = Duration::from_secs(30);

pub fn routes() -> Router<App> {
    Router::new().route("/internal/tasks/{id}", post(task)).route("/internal/sweep", post(sweep))
}

/// Does an item in the request. 204: this task has nothing left to do: its item is done, another has it, or it waits for a task of
/// its own, which is scheduled for when it is due. 503: there is no place for it here; that slows the whole queue
/// (HttpTarget in the reference of Cloud Tasks), as it should.
async fn task(
    State(app): State<App>,
    headers: HeaderMap,
    id: Result<Path<Uuid>, Problem>,
) -> Result<StatusCode, Problem> {
    let tasks = admit(&app, &headers).await?;
    let id = id?.0;
    match app.queue.due(id).await? {
        None => return Ok(StatusCode::NO_CONTENT),
        Some(wait) if wait > EARLY => return Err(Kind::Busy.because("the item is not due").retry_after(wait)),
        Some(wait) => tokio::time::sleep(wait).await,
    }
    let Ok(Some(place)) = timeout(PLACE, tasks.place()).await else {
        return Err(Kind::Busy.because("as many items as jobs.workers are under way"));
    };
    if app.stopping.is_cancelled() {
        return Err(Kind::Busy.because("the process is stopping"));
    }
    // Where it is none any more another was sooner.
    if let Some(item) = app.queue.claim_one(&work::worker(), id).await? {
        // It goes on to its end where Cloud Tasks does not wait for it, and keeps its place so long.
        let worked = work::work(app.clone(), item).in_current_span();
        let done = tokio::spawn(async move {
            let _place = place;
            worked.await;
        })
        .await;
        done.map_err(|_| Kind::Internal.because("it has been logged, under this request's id"))?;
        outbox::flush(&app).await;
        let _ = timeout(DELIVERED, webhooks::flush(&app)).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Lost leases, what is to be told, what need not be kept: Cloud Scheduler calls for it.
async fn sweep(State(app): State<App>, headers: HeaderMap) -> Result<StatusCode, Problem> {
    admit(&app, &headers).await?;
    app.queue.sweep().await?;
    outbox::flush(&app).await;
    let _ = timeout(DELIVERED, webhooks::flush(&app)).await;
    warehouse::flush(&app).await;
    retention::hourly(&app).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn admit<'a>(app: &'a App, headers: &HeaderMap) -> Result<&'a Tasks, Problem> {
    let tasks = app.tasks.as_ref().ok_or_else(|| Kind::NotFound.because("jobs.delivery is not cloud_tasks"))?;
    let said = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()?.strip_prefix("Bearer "));
    match tasks.admit(said.unwrap_or_default()).await {
        Ok(()) => Ok(tasks),
        Err(TokenError::Invalid) => {
            Err(Kind::Unauthenticated.because("a token of tasks.service_account for tasks.audience is expected"))
        }
        Err(TokenError::Unreachable) => Err(Kind::Busy.because("Google's keys can't be fetched now")),
    }
}

/// What a request has to tell is told before its answer: after it the instance may have no CPU.
pub async fn tell(State(app): State<App>, request: Request, next: Next) -> Response {
    let writes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let response = next.run(request).await;
    if writes && app.tasks.is_some() && timeout(TOLD, outbox::flush(&app)).await.is_err() {
        tracing::warn!("the outbox could not be told in time; what is left in it goes with another request");
    }
    response
}
