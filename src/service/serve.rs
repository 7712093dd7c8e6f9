//! Starting, serving and stopping.

use super::App;
use super::auth::Auth;
use super::child::Children;
use super::chromium::Chromium;
use super::cloud::{Tasks, Vision};
use super::config::{Config, Secret, or_cores};
use super::connections;
use super::drawing::Drawings;
use super::gate::Gate;
use super::guard::Guard;
use super::http;
use super::jobs::{Delivery, Queue};
use super::retention;
use super::store::{Cache, Db, DbError, ObjectError, Objects};
use super::warehouse::{self, Warehouse};
use super::watch::Metrics;
use super::work::{Task, Until};
use super::{outbox, webhooks, work};
use axum::Router;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("{address} can't be listened on: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("the database can't be used: {0}")]
    Db(#[from] DbError),
    #[error("no requests to others can be made: {0}")]
    Outbound(#[from] reqwest::Error),
    #[error("the objects' storage can't be used: {0}")]
    Objects(#[from] ObjectError),
    #[error("{0}: no package, batch or job has this id")]
    NoJob(Uuid),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl App {
    /// Opens everything that is configured.
    ///
    /// # Errors
    /// What can't be opened.
    pub async fn open(config: Config, sheet_key: &Secret) -> Result<App, ServeError> {
        let (watch, metrics) = (config.watch.init(), Metrics::default());
        let db = Db::open(&config.database, &config.data).await?;
        let cache = Cache::new(&config.cache, sheet_key);
        Ok(App {
            auth: Auth::new(&config, db.clone(), cache.clone())?,
            queue: Queue::new(db.clone(), config.jobs.clone()).cached(cache.clone(), config.cache.progress),
            db,
            cache,
            vision: match config.vision.enabled {
                true => Some(Vision::new(config.vision.clone(), metrics.clone())?),
                false => None,
            },
            metrics,
            watch,
            tasks: config.tasks.clone().map(|tasks| Tasks::new(tasks, config.jobs.workers)).transpose()?,
            warehouse: Warehouse::configured(&config.warehouse, &config.data)?,
            objects: Objects::configured(&config.objects, &config.data).await?,
            children: Children::new(
                config.bounds.child,
                config.bounds.limits.clone(),
                sheet_key.expose().to_owned(),
                config.bounds.patience,
            )?,
            gate: Gate::new(or_cores(config.server.at_once), config.server.waiting),
            drawing: Drawings::default(),
            sheet_key: sheet_key.clone(),
            guard: Guard::new(&config.outbound)?,
            chromium: Chromium::new(&config.print, &config.outbound.allow_private, &config.data),
            stopping: CancellationToken::new(),
            config: Arc::new(config),
        })
    }
}

/// Serves until `stop` resolves, then lets what is under way end, for `server.shutdown` at most. `listening` is told the
/// address once requests are answered.
///
/// # Errors
/// The address can't be listened on, or something configured can't be opened.
pub async fn serve(
    config: Config,
    sheet_key: Secret,
    stop: impl Future<Output = ()> + Send + 'static,
    listening: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let address = config.server.listen;
    let listener = listen(address).await?;
    let mut config = config;
    if address.ip().is_loopback() && config.server.public_url.is_none() {
        config.server.public_url = Some(format!("http://{}", listener.local_addr()?));
    }
    let app = App::open(config, &sheet_key).await?;
    let router = http::router(app.clone());
    listening(listener.local_addr()?);
    let deadline = Deadline::of(&app, stop);
    // Where Cloud Tasks brings the work this process may have no CPU between requests: they do it (`http::tasks`).
    let beside = if app.tasks.is_none() { beside(&app) } else { JoinSet::new() };
    let working = tokio::spawn({
        let app = app.clone();
        async move {
            if app.config.jobs.delivery == Delivery::Local {
                work::run(app, Until::Stopped, None).await;
            }
        }
    });
    let serving = answer(&app, listener, router);
    tokio::select! {
        served = async { serving.await; working.await.map_err(std::io::Error::other) } => served?,
        () = deadline.late.cancelled() => {}
    }
    end(app, beside, &deadline).await;
    Ok(())
}

fn answer(app: &App, listener: TcpListener, router: Router) -> impl Future<Output = ()> + Send + use<> {
    let (most, head) = (app.config.server.connections, app.config.server.head_time);
    // Otherwise every connection would build a router of its own, at 0.9 MB each.
    connections::answer(listener, router.with_state(()), most, head, app.stopping.clone().cancelled_owned())
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })
}

/// When what is under way must be over, once the process must stop. Cloud Run kills 10 s after SIGTERM.
struct Deadline {
    /// `server.shutdown` later: requests and pages.
    late: CancellationToken,
    /// [`LAST`] after that: everything.
    over: CancellationToken,
}

/// For what comes after requests and pages: closing the database, telling the last spans. Where those took less, it has their time.
const LAST: Duration = Duration::from_secs(1);

/// For what goes on beside to come to its end.
const TOLD: Duration = Duration::from_secs(5);

impl Deadline {
    /// Tells the process to stop when `stop` resolves, and counts from then.
    fn of(app: &App, stop: impl Future<Output = ()> + Send + 'static) -> Self {
        let deadline = Deadline { late: CancellationToken::new(), over: CancellationToken::new() };
        let (late, over) = (deadline.late.clone(), deadline.over.clone());
        let (stopping, shutdown) = (app.stopping.clone(), app.config.server.shutdown);
        tokio::spawn(async move {
            stop.await;
            stopping.cancel();
            tokio::time::sleep(shutdown).await;
            late.cancel();
            tokio::time::sleep(LAST).await;
            over.cancel();
        });
        deadline
    }
}

/// Ends what goes on beside, closes the database and tells the last of what happened, in what time is left: a connection that
/// somebody has and does not give back would keep the process for ever.
async fn end(app: App, mut beside: JoinSet<()>, deadline: &Deadline) {
    let ending = async {
        app.stopping.cancel();
        // Who took something from the outbox tells it: others would know of it only when its lease is over.
        let told = async { while beside.join_next().await.is_some() {} };
        tokio::select! {
            () = told => {}
            () = tokio::time::sleep(TOLD) => {}
            () = deadline.late.cancelled() => {}
        }
        beside.shutdown().await;
        tokio::join!(app.db.close(), app.watch.end());
    };
    tokio::select! {
        () = ending => {}
        () = deadline.over.cancelled() => tracing::warn!("not everything ended in time"),
    }
}

/// What a process with time of its own does besides: it gives back what lost workers had, tells what is to be told, and lets go of what
/// need not be kept any more.
fn beside(app: &App) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(work::sweep(app.clone()));
    tasks.spawn(outbox::run(app.clone()));
    tasks.spawn(webhooks::run(app.clone()));
    tasks.spawn(warehouse::run(app.clone()));
    tasks.spawn(retention::run(app.clone()));
    tasks
}

/// Works off the queue until `stop` resolves, or as long as was said. `until` may name a package or a batch for its job.
///
/// # Errors
/// Something configured can't be opened, or there is no such job.
pub async fn work(
    config: Config,
    sheet_key: Secret,
    until: Until,
    task: Option<Task>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let listener = match config.work_listen {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let app = App::open(config, &sheet_key).await?;
    let deadline = Deadline::of(&app, stop);
    let until = match until {
        Until::Done(id) => Until::Done(app.queue.job_of(id).await?.ok_or(ServeError::NoJob(id))?),
        other => other,
    };
    let mut beside = beside(&app);
    if let Some(listener) = listener {
        beside.spawn(answer(&app, listener, http::of_a_worker(app.clone())));
    }
    let working = async {
        work::run(app.clone(), until, task).await;
        outbox::flush(&app).await;
    };
    tokio::select! {
        () = working => {}
        () = deadline.late.cancelled() => {}
    }
    end(app, beside, &deadline).await;
    Ok(())
}
