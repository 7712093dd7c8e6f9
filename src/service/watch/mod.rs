//! What a deployment sees of itself: logs, metrics, traces, faults. Ids and numbers only; no name, no answer, no body of a request.

mod logs;
mod metrics;
mod said;
mod sentry;
mod traces;

pub use metrics::{Metrics, measure};
pub use traces::{follow, traceparent};

use crate::service::config::Reader;
use logs::{Dialect, Json};
use opentelemetry_sdk::trace::SdkTracerProvider;
use said::Keep;
use sentry::{Report, SentryConfig};
use std::io::{self, IsTerminal};
use std::time::Duration;
use std::{fmt, panic, thread};
use tokio::sync::oneshot;
use tokio::time::timeout;
use traces::TracesConfig;
use tracing::Level;
use tracing::field::Field;
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{self, Writer};
use tracing_subscriber::prelude::*;

const LAST_WORDS: Duration = Duration::from_secs(3);

#[derive(Clone, Debug)]
pub struct WatchConfig {
    format: Format,
    level: String,
    /// Of Google Cloud, to join logs with traces.
    project: Option<String>,
    pub metrics: bool,
    traces: TracesConfig,
    sentry: SentryConfig,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Pretty,
    Cloud,
    Ecs,
}

/// What is still to be told when the process ends.
#[derive(Clone, Default)]
pub struct Watch {
    traces: Option<SdkTracerProvider>,
    report: Option<Report>,
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
                "Serve GET /metrics, for Prometheus, to whoever reaches the service. On loopback it is always there.",
            ),
            traces: TracesConfig::of(r),
            sentry: SentryConfig::of(r),
        }
    }

    /// Sends what is logged to stderr, spans and faults where they are configured to go. The first in a process holds.
    pub fn init(&self) -> Watch {
        let provider = self.traces.provider();
        let traces = provider.as_ref().and_then(|made| made.as_ref().ok().cloned());
        let report = Report::new(&self.sentry);
        let spans = || filter_fn(|meta| meta.is_span() && meta.target().starts_with("gabarito"));
        let faults = filter_fn(|meta| {
            meta.target().starts_with("gabarito") && (meta.is_span() || *meta.level() == Level::ERROR)
        });
        let json = |dialect| Json { dialect, project: self.project.clone() };
        let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
        let lines = match self.format {
            Format::Pretty => lines.with_target(false).compact().fmt_fields(for_people()).boxed(),
            Format::Cloud => lines.event_format(json(Dialect::Cloud)).boxed(),
            Format::Ecs => lines.event_format(json(Dialect::Ecs)).boxed(),
        };
        let installed = tracing_subscriber::registry()
            .with(Keep.with_filter(spans()))
            .with(traces.as_ref().map(traces::layer).with_filter(spans()))
            .with(report.clone().with_filter(faults))
            .with(lines.with_filter(EnvFilter::builder().parse_lossy(&self.level)))
            .try_init();
        // A second one in a process is a test's, and loses nothing by it.
        if installed.is_ok() {
            // Who looks at a terminal is told what it says, too.
            let before = (self.format == Format::Pretty).then(panic::take_hook);
            panic::set_hook(Box::new(move |info| {
                let at = info.location().map(ToString::to_string).unwrap_or_default();
                // Not what it says: that may repeat what was being read.
                tracing::error!(at, "a panic");
                if let Some(before) = &before {
                    before(info);
                }
            }));
        }
        if let Some(Err(error)) = provider {
            tracing::error!(%error, "traces can't be told");
        }
        Watch { traces, report }
    }
}

/// All fields but those that only OpenTelemetry understands.
fn for_people() -> impl for<'a> FormatFields<'a> + 'static {
    let field = |writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug| match field.name() {
        name if name.starts_with("otel.") => Ok(()),
        "message" => write!(writer, "{value:?} "),
        name => write!(writer, "{name}={value:?} "),
    };
    format::debug_fn(field)
}

impl Watch {
    /// Tells what is still to be told, for a while: who does not answer does not keep the process.
    pub async fn end(self) {
        let (done, told) = oneshot::channel();
        // Not one of the runtime's threads: it would wait for that when it ends.
        thread::spawn(move || {
            if let Some(Err(error)) = self.traces.map(|traces| traces.shutdown()) {
                tracing::warn!(%error, "the last spans could not be told");
            }
            if let Some(report) = self.report {
                report.end();
            }
            let _ = done.send(());
        });
        let _ = timeout(LAST_WORDS, told).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::process::Command;

    const FORMAT: &str = "GABARITO_LOG_FORMAT";

    /// What a process of this very test says of a panic in this format.
    fn panicked(format: &str) -> String {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let test = "service::watch::tests::of_a_panic_a_collector_is_told_one_line_without_what_it_says";
        command.args(["--exact", test, "--nocapture"]).env(FORMAT, format).env_remove("RUST_BACKTRACE");
        String::from_utf8(command.output().unwrap().stderr).unwrap()
    }

    #[test]
    fn of_a_panic_a_collector_is_told_one_line_without_what_it_says() {
        if let Ok(format) = std::env::var(FORMAT) {
            WatchConfig::of(&mut Reader::new(None, [(FORMAT.to_owned(), format)])).init();
            assert!(thread::spawn(|| panic!("Maria")).join().is_err());
            return;
        }
        for format in ["cloud", "ecs"] {
            let said = panicked(format);
            let lines: Vec<Value> = said.lines().map(|l| serde_json::from_str(l).expect(l)).collect();
            assert!(lines.len() == 1 && lines[0]["message"] == "a panic" && !said.contains("Maria"), "{said}");
        }
        assert!(panicked("pretty").contains("Maria"));
    }
}
