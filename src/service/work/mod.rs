//! Workers: they take items and do them. What an item does is in a file of its kind's name.

mod ask;
mod fetch;
mod list;
mod print;
mod read;
mod scratch;
mod settle;

pub use read::{layouts, policy};

use super::App;
use super::child::ChildError;
use super::grades::GradesError;
use super::jobs::{Claimed, Failure, ItemKind, QueueError};
use super::store::db::Freshness;
use super::store::{DbError, ObjectError};
use super::watch;
use serde_json::Value;
use std::time::Duration;
use tokio::task::JoinSet;
use tracing::field::Empty;
use tracing::{Instrument, Span};
use uuid::Uuid;

/// Why an item was not done.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// Its detail is for whoever asked, and not for the log: it may repeat what a package says.
    #[error("{}", .0.code)]
    Failed(Failure),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Child(#[from] ChildError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("a row can't be understood: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Grades(GradesError),
}

impl From<DbError> for WorkError {
    fn from(e: DbError) -> Self {
        WorkError::Queue(QueueError::Db(e))
    }
}

impl From<GradesError> for WorkError {
    fn from(e: GradesError) -> Self {
        match e {
            GradesError::Db(e) => e.into(),
            GradesError::Json(e) => WorkError::Json(e),
            e => WorkError::Grades(e),
        }
    }
}

impl From<Failure> for WorkError {
    fn from(failure: Failure) -> Self {
        WorkError::Failed(failure)
    }
}

impl WorkError {
    /// What is written of it; None where nothing may be written any more.
    fn failure(&self) -> Option<Failure> {
        match self {
            WorkError::Failed(failure) => Some(failure.clone()),
            WorkError::Queue(QueueError::Lost) => None,
            WorkError::Queue(QueueError::Db(_)) => Some(Failure::transient("database", "the database failed")),
            WorkError::Object(ObjectError::NotFound) => {
                Some(Failure::lasting("file_gone", "its file is not there any more"))
            }
            WorkError::Object(_) | WorkError::Io(_) => {
                Some(Failure::transient("storage", "a file could not be read or written"))
            }
            WorkError::Child(e) => Some(Failure::transient("process_died", e.to_string())),
            WorkError::Json(_) | WorkError::Grades(_) => {
                Some(Failure::lasting("internal", "what was stored can't be understood"))
            }
        }
    }
}

/// A name for this process's leases.
pub fn worker() -> String {
    format!("{}-{}", std::process::id(), Uuid::now_v7())
}

/// How long a worker works, if it need not stop before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    Stopped,
    /// Nothing waits and nothing is under way.
    Idle,
    /// This job is done, and it alone is worked on.
    Done(Uuid),
}

/// One of the tasks of one execution of a job on Cloud Run: they share what is to be done item by item, as all workers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    pub index: u32,
    pub count: u32,
}

/// Works until the process must stop, or as long as was said; gives back what is not done by then.
pub async fn run(app: App, until: Until, task: Option<Task>) {
    let worker = match task {
        None => worker(),
        Some(Task { index, count }) => format!("task-{index}-of-{count}-{}", worker()),
    };
    let mut at_work = JoinSet::new();
    while !app.stopping.is_cancelled() {
        while at_work.try_join_next().is_some() {}
        if at_work.len() >= app.config.jobs.workers {
            tokio::select! {
                _ = at_work.join_next() => {}
                () = app.stopping.cancelled() => {}
            }
            continue;
        }
        let rung = app.queue.listen();
        let claimed = match until {
            Until::Done(job) => app.queue.claim_of(&worker, job).await,
            Until::Stopped | Until::Idle => app.queue.claim(&worker).await,
        };
        match claimed {
            Ok(Some(item)) => {
                at_work.spawn(work(app.clone(), item));
            }
            Ok(None) => {
                if is_done(&app, until).await {
                    break;
                }
                tokio::select! {
                    () = rung => {}
                    () = app.stopping.cancelled() => {}
                }
            }
            Err(e) => {
                tracing::error!(error = %e, "no item could be claimed");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
    while at_work.join_next().await.is_some() {}
}

async fn is_done(app: &App, until: Until) -> bool {
    match until {
        Until::Stopped => false,
        Until::Idle => app.queue.is_idle().await.unwrap_or(false),
        Until::Done(job) => match app.queue.progress(job, Freshness::Latest).await {
            Ok(progress) => progress.is_none_or(|p| p.state.is_final()),
            Err(_) => false,
        },
    }
}

/// Does one item, and says what came of it.
pub async fn work(app: App, item: Claimed) {
    let kind = item.kind.name();
    let span = tracing::error_span!(
        "item", otel.name = format!("item {kind}"), otel.kind = "consumer", otel.status_code = Empty,
        item = %item.id, job = %item.job, kind, attempt = item.attempt, code = Empty,
    );
    if let Some(trace) = item.traceparent() {
        watch::follow(&span, trace);
    }
    attempt(app, item).instrument(span).await;
}

async fn attempt(app: App, item: Claimed) {
    let done = tokio::select! {
        done = act(&app, &item) => done,
        lost = keep(&app, &item) => Err(lost),
        () = app.stopping.cancelled() => {
            if let Err(e) = app.queue.give_back(&item).await {
                tracing::warn!(item = %item.id, error = %e, "an item could not be given back");
            }
            return;
        }
    };
    let Err(error) = done else { return };
    tracing::warn!(%error, "an item failed");
    let Some(failure) = error.failure() else { return };
    Span::current().record("code", &failure.code).record("otel.status_code", "ERROR");
    if failure.again && item.is_last_attempt() {
        tracing::error!(%error, "an item is given up");
    }
    if let Err(e) = app.queue.fail(&item, &failure).await {
        // Its lease runs out, and the sweep takes it from there.
        tracing::warn!(item = %item.id, error = %e, "a failure could not be written");
    }
}

async fn act(app: &App, item: &Claimed) -> Result<(), WorkError> {
    match item.kind {
        ItemKind::Print => print::print(app, item).await,
        ItemKind::List => list::list(app, item).await,
        ItemKind::Read => read::read(app, item).await,
        ItemKind::Settle => settle::settle(app, item).await,
    }
}

/// Renews the lease until it is lost.
async fn keep(app: &App, item: &Claimed) -> WorkError {
    loop {
        tokio::time::sleep(app.config.jobs.lease / 3).await;
        match app.queue.heartbeat(item).await {
            Ok(()) => {}
            Err(QueueError::Lost) => return QueueError::Lost.into(),
            Err(QueueError::Db(e)) => tracing::warn!(item = %item.id, error = %e, "a lease could not be renewed"),
        }
    }
}

/// Looks for items of lost workers, until the process must stop.
pub async fn sweep(app: App) {
    while !app.stopping.is_cancelled() {
        match app.queue.sweep().await {
            Ok((0, 0)) => {}
            Ok((back, dead)) => tracing::warn!(back, dead, "items of lost workers"),
            Err(e) => tracing::error!(error = %e, "lost leases could not be looked for"),
        }
        tokio::select! {
            () = tokio::time::sleep(app.config.jobs.sweep) => {}
            () = app.stopping.cancelled() => {}
        }
    }
}

/// A field of an item's payload.
fn payload<T: serde::de::DeserializeOwned>(item: &Claimed, field: &str) -> Result<T, WorkError> {
    Ok(serde_json::from_value(item.payload.get(field).cloned().unwrap_or(Value::Null))?)
}
