//! Pages of the monolith as PDFs, by a real Chromium that is started when the first is asked for and kept.
//!
//! ```text
//! Chromium (places, one Running) -> page (a context of its own) ─ CDP ─> Chromium
//!                                   socks (a proxy of its own)  <─ all of the page's connections ─┘
//! ```

mod config;
mod page;
mod running;
mod socks;

pub use config::PrintConfig;

use crate::service::guard::{Denied, Endpoint, Rules};
use http::{HeaderName, HeaderValue};
use running::Running;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::Instant;
use url::Url;

/// A page to print.
#[derive(Clone, Debug)]
pub struct Job {
    pub url: Url,
    /// Before it is printed, once it is loaded.
    pub wait: Duration,
    /// Until there is an element with the id `loaded`.
    pub until_loaded: bool,
    /// Where the PDF is written.
    pub out: PathBuf,
}

#[derive(Debug, thiserror::Error)]
pub enum PrintFailed {
    #[error("Chromium is not installed here: install Debian's package chromium, or say where it is in print.chromium")]
    NotInstalled,
    #[error("Chromium does not start: {0}")]
    NotStarted(io::Error),
    #[error("too many pages are being printed")]
    Full,
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error("{what} took more than {} s", .time.as_secs())]
    TimedOut { what: &'static str, time: Duration },
    #[error("its server answered {0}")]
    Status(i64),
    /// As Chromium says it: `net::ERR_CONNECTION_REFUSED`.
    #[error("the page can't be loaded ({0})")]
    Unreachable(String),
    #[error("Chromium gave the page up: it takes too much memory")]
    Crashed,
    /// Its whole process, and not one page.
    #[error("Chromium ended")]
    BrowserEnded,
    #[error("the page loads more than {} MiB", .0 >> 20)]
    LoadsTooMuch(u64),
    #[error("its PDF has more than {} MiB", .0 >> 20)]
    TooLarge(u64),
    #[error("Chromium failed: {0}")]
    Browser(String),
    #[error(transparent)]
    Io(#[from] io::Error),
}

#[derive(Clone)]
pub struct Chromium(Arc<Inner>);

struct Inner {
    config: PrintConfig,
    data: PathBuf,
    rules: Rules,
    token: Option<(HeaderName, HeaderValue)>,
    /// Those who are let in, waiting or not.
    room: Semaphore,
    at_work: Semaphore,
    running: Mutex<Option<Arc<Running>>>,
}

impl Chromium {
    /// Starts nothing yet. `private`: which hosts may be reached although their address is private.
    pub fn new(config: &PrintConfig, private: &[Endpoint], data: &Path) -> Self {
        let hosts: Vec<_> = config.monolith.iter().chain(&config.hosts).cloned().collect();
        // A page reaches what is meant for pages; other private hosts are others' business.
        let private = private.iter().filter(|p| hosts.iter().any(|h| h.allows_endpoint(&p.host(), p.port()))).cloned();
        let rules = Rules::only(hosts.clone(), private.collect());
        let token = config.token.as_ref().and_then(|token| {
            let value = HeaderValue::from_str(token.expose()).ok()?;
            Some((config.token_header.parse().ok()?, value))
        });
        Chromium(Arc::new(Inner {
            room: Semaphore::new(config.at_once + config.waiting),
            at_work: Semaphore::new(config.at_once),
            config: config.clone(),
            data: data.to_owned(),
            rules,
            token,
            running: Mutex::new(None),
        }))
    }

    pub fn config(&self) -> &PrintConfig {
        &self.0.config
    }

    /// Prints a page into a file.
    ///
    /// # Errors
    /// Why there is no PDF.
    pub async fn print(&self, job: Job) -> Result<(), PrintFailed> {
        let chromium = self.clone();
        // Whoever asked may go; what was begun in the browser is put away all the same.
        tokio::spawn(async move { chromium.0.print(&job).await }).await.map_err(io::Error::other)?
    }
}

impl Inner {
    async fn print(&self, job: &Job) -> Result<(), PrintFailed> {
        let executable = running::executable(&self.config).ok_or(PrintFailed::NotInstalled)?;
        self.rules.url(&job.url)?;
        let _place = self.room.try_acquire().map_err(|_| PrintFailed::Full)?;
        let until = Instant::now() + self.config.time;
        let late = || PrintFailed::TimedOut { what: "waiting for other pages", time: self.config.time };
        let _turn = tokio::time::timeout_at(until, self.at_work.acquire()).await.map_err(|_| late())?;
        let done = page::print(&*self.running(&executable).await?, job, self, until).await;
        match done {
            // Since its last page, or by another's: that shows only when it is asked for something.
            Err(PrintFailed::BrowserEnded) => page::print(&*self.running(&executable).await?, job, self, until).await,
            done => done,
        }
    }

    /// The browser, started where there is none. One that has served its time ends with its last page.
    async fn running(&self, executable: &Path) -> Result<Arc<Running>, PrintFailed> {
        let mut slot = self.running.lock().await;
        let usable = slot.take().filter(|running| {
            !running.gone.is_cancelled() && running.served.fetch_add(1, Ordering::Relaxed) + 1 < self.config.recycle
        });
        let running = match usable {
            Some(running) => running,
            None => {
                let started = Running::start(executable, &self.config, &self.data).await;
                Arc::new(started.map_err(PrintFailed::NotStarted)?)
            }
        };
        *slot = Some(running.clone());
        Ok(running)
    }
}
