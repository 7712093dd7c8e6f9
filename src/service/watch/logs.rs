//! Events as JSON, a line each, in the words of whoever collects them.

use super::said::Fields;
use super::traces;
use serde_json::{Map, Value, json};
use std::fmt;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Structured logging of Google Cloud: `severity`, `message`, `logging.googleapis.com/…`.
    Cloud,
    /// Elastic Common Schema 8: `@timestamp`, `log.level`, `message`.
    Ecs,
}

pub struct Json {
    pub dialect: Dialect,
    pub project: Option<String>,
}

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields::of(event, context.event_scope()).0;
        if let Some((trace, span)) = context.lookup_current().and_then(|span| traces::ids(&span.id())) {
            fields.extend([("trace".to_owned(), trace.into()), ("span".to_owned(), span.into())]);
        }
        let line = self.line(*event.metadata().level(), event.metadata().target(), fields);
        writeln!(writer, "{line}")
    }
}

impl Json {
    fn line(&self, level: Level, target: &str, mut fields: Map<String, Value>) -> Value {
        let message = fields.remove("message").unwrap_or_default();
        let now = format!("{:.6}", jiff::Timestamp::now());
        let request = fields.remove("request");
        let trace = fields.remove("trace");
        let span = fields.remove("span");
        match self.dialect {
            Dialect::Cloud => {
                let mut line = json!({"severity": severity(level), "message": message, "time": now, "target": target});
                if let Some(request) = request {
                    line["logging.googleapis.com/labels"] = json!({"request": request});
                }
                if let (Some(project), Some(trace)) = (&self.project, trace.as_ref().and_then(Value::as_str)) {
                    line["logging.googleapis.com/trace"] = format!("projects/{project}/traces/{trace}").into();
                }
                if let Some(span) = span {
                    line["logging.googleapis.com/spanId"] = span;
                }
                fields.into_iter().for_each(|(name, value)| line[name] = value);
                line
            }
            Dialect::Ecs => {
                let level = level.as_str().to_lowercase();
                let mut line = json!({
                    "@timestamp": now, "log.level": level, "message": message, "log.logger": target,
                    "ecs.version": "8.11", "service.name": "gabarito", "service.version": env!("CARGO_PKG_VERSION"),
                });
                if let Some(request) = request {
                    line["http.request.id"] = request;
                }
                if let Some(trace) = trace {
                    line["trace.id"] = trace;
                }
                if let Some(span) = span {
                    line["span.id"] = span;
                }
                if let Some(error) = fields.remove("error") {
                    line["error.message"] = error;
                }
                if !fields.is_empty() {
                    line["gabarito"] = fields.into();
                }
                line
            }
        }
    }
}

fn severity(level: Level) -> &'static str {
    match level {
        Level::ERROR => "ERROR",
        Level::WARN => "WARNING",
        Level::INFO => "INFO",
        _ => "DEBUG",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_collector_finds_its_own_words() {
        let fields = || {
            let fields = json!({"message": "an item failed", "request": "r1", "trace": "abc", "span": "de", "error": "disk", "attempt": 2});
            fields.as_object().unwrap().clone()
        };
        let line = |dialect| Json { dialect, project: Some("p".into()) }.line(Level::WARN, "gabarito::work", fields());
        let cloud = line(Dialect::Cloud);
        assert_eq!(
            (&cloud["severity"], &cloud["message"], &cloud["attempt"]),
            (&json!("WARNING"), &json!("an item failed"), &json!(2))
        );
        assert_eq!(cloud["logging.googleapis.com/trace"], "projects/p/traces/abc");
        assert_eq!(
            (&cloud["logging.googleapis.com/spanId"], &line(Dialect::Ecs)["span.id"]),
            (&json!("de"), &json!("de"))
        );
        let ecs = line(Dialect::Ecs);
        assert_eq!(
            (&ecs["log.level"], &ecs["error.message"], &ecs["trace.id"]),
            (&json!("warn"), &json!("disk"), &json!("abc"))
        );
        assert_eq!((&ecs["http.request.id"], &ecs["gabarito"]["attempt"]), (&json!("r1"), &json!(2)));
    }
}
