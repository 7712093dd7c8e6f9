//! The service: print and read over HTTP, on a laptop with nothing else, or on Cloud Run.
//!
//! A request makes rows ([`store`]) and a job ([`jobs`]); a [`worker`] takes the job's items, does each in a child process
//! that may die, and writes what came of it. Handlers ([`http`]) do nothing that takes long.

pub(crate) mod analysis;
pub mod auth;
pub mod child;
pub mod chromium;
pub mod cloud;
pub mod config;
pub mod drawing;
pub mod gate;
pub mod grades;
pub mod guard;
pub mod http;
pub mod jobs;
mod outbox;
pub mod retention;
pub mod store;
pub mod warehouse;
pub mod watch;
pub mod webhooks;

mod connections;
mod hashed;
mod parsed;
mod serve;
mod upload;
mod work;

pub use serve::{ServeError, serve, work as work_off};
pub use work::{Task, Until};

use crate::service::auth::Auth;
use crate::service::child::Children;
use crate::service::chromium::Chromium;
use crate::service::cloud::{Size, Tasks, Vision};
use crate::service::config::{Config, Secret};
use crate::service::drawing::Drawings;
use crate::service::gate::Gate;
use crate::service::guard::Guard;
use crate::service::jobs::Queue;
use crate::service::store::{Cache, Db, Objects};
use crate::service::warehouse::Warehouse;
use crate::service::watch::{Metrics, Watch};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What every handler and worker has at hand.
#[derive(Clone)]
pub struct App {
    pub config: Arc<Config>,
    pub db: Db,
    pub cache: Cache,
    pub queue: Queue,
    pub auth: Auth,
    pub objects: Objects,
    pub metrics: Metrics,
    pub watch: Watch,
    /// Where it is configured.
    pub vision: Option<Vision>,
    /// Where Cloud Tasks brings the work.
    pub tasks: Option<Tasks>,
    /// Where one is configured.
    pub warehouse: Option<Warehouse>,
    pub children: Children,
    /// Before the children that a request waits for.
    pub gate: Gate,
    pub drawing: Drawings,
    /// Under which sheets are signed, and receipts of erasures made.
    pub sheet_key: Secret,
    pub guard: Guard,
    pub chromium: Chromium,
    /// Cancelled when the process must stop: claim nothing more, give back, finish.
    pub stopping: CancellationToken,
}

impl App {
    /// Of what is too large for Cloud Tasks, where it brings the work: tasks of an execution on Cloud Run that works it off.
    pub fn run_tasks(&self, size: Size) -> Option<u32> {
        self.tasks.as_ref()?.run_tasks(size)
    }

    /// A link to one of our paths: with our host where it is configured.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.config.server.public_url.as_deref().unwrap_or_default())
    }
}
