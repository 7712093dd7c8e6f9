//! What a deployment sees of itself: logs, metrics. Ids and numbers only; no name, no answer, no body of a request.

mod logs;
mod metrics;

pub use metrics::{Metrics, measure};

use crate::service::config::Reader;
use logs::{Dialect, Json};
use std::io::{self, IsTerminal};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::prelude::*;

#[derive(Clone, Debug)]
pub struct WatchConfig {
    format: Format,
    level: String,
    /// Of Google Cloud, to join logs with traces.
    project: Option<String>,
    pub metrics: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Pretty,
    Cloud,
    Ecs,
}

impl WatchConfig {
    pub fn of(r: &mut Reader) -> Self {
        let formats = [("pretty", Format::Pretty), ("cloud", Format::Cloud), ("ecs", Format::Ecs)];
        let format = r.word(
            "log.format",
            &formats,
            "`pretty` for a terminal; JSON for `cloud` (Google Cloud Logging) or `ecs` (Elasticsearch).",
        );
        let level =
            r.text("log.level", "info", "error, warn, info, debug or trace; or filters such as `info,sqlx=debug`.");
        if EnvFilter::builder().parse(&level).is_err() {
            r.fault("log.level", "a level, or filters such as info,sqlx=debug, is expected");
        }
        WatchConfig {
            format,
            level,
            project: r.optional("log.project", "text", "The project of Google Cloud, to join logs with its traces."),
            metrics: r.flag(
                "metrics.enabled",
                false,
                "Serve GET /metrics, for Prometheus. To whoever reaches the service.",
            ),
        }
    }

    /// Sends what is logged to stderr. The first in a process holds.
    pub fn init(&self) {
        let filter = EnvFilter::builder().parse_lossy(&self.level);
        let registry = tracing_subscriber::registry().with(filter);
        let json = |dialect| Json { dialect, project: self.project.clone() };
        let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
        // A second one in a process is a test's, and loses nothing by it.
        let _ = match self.format {
            Format::Pretty => registry.with(layer.with_target(false).compact()).try_init(),
            Format::Cloud => registry.with(layer.event_format(json(Dialect::Cloud))).try_init(),
            Format::Ecs => registry.with(layer.event_format(json(Dialect::Ecs))).try_init(),
        };
    }
}
