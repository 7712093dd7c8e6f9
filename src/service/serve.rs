//! Starting, serving and stopping.

use super::App;
use super::child::Children;
use super::chromium::Chromium;
use super::config::{Config, Secret};
use super::guard::Guard;
use super::http;
use super::http::caller::LOCAL;
use super::jobs::Queue;
use super::store::objects::Local;
use super::store::{Db, DbError, Objects};
use super::work;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("{address} can't be listened on: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("the database can't be used: {0}")]
    Db(#[from] DbError),
    #[error("no requests to others can be made: {0}")]
    Outbound(#[from] reqwest::Error),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl App {
    /// Opens everything that is configured.
    ///
    /// # Errors
    /// What can't be opened.
    pub async fn open(config: Config, sheet_key: &Secret) -> Result<App, ServeError> {
        let db = Db::open(&config.database, &config.data).await?;
        let text = "INSERT INTO tenants (id, created_at) VALUES ($1, {now}) ON CONFLICT DO NOTHING";
        db.execute(db.query(text).bind(LOCAL)).await?;
        Ok(App {
            queue: Queue::new(db.clone(), config.jobs.clone()),
            db,
            objects: Objects::Local(Local::new(config.data.join("objects"))),
            children: Children::new(
                config.bounds.child,
                config.bounds.limits.clone(),
                sheet_key.expose().to_owned(),
                config.bounds.patience,
            )?,
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
    let shutdown = config.server.shutdown;
    let listener = TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })?;
    let app = App::open(config, &sheet_key).await?;
    let router = http::router(app.clone());
    listening(listener.local_addr()?);
    let stopping = app.stopping.clone();
    tokio::spawn(async move {
        stop.await;
        stopping.cancel();
    });
    let working = tokio::spawn(work::run(app.clone()));
    let serving = axum::serve(listener, router).with_graceful_shutdown(app.stopping.clone().cancelled_owned());
    let late = async {
        app.stopping.cancelled().await;
        tokio::time::sleep(shutdown).await;
    };
    tokio::select! {
        served = async { serving.await.and(working.await.map_err(std::io::Error::other)) } => served?,
        () = late => {}
    }
    app.db.close().await;
    Ok(())
}
