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
        if let Some((trace, span, sampled)) = context.lookup_current().and_then(|span| traces::ids(&span.id())) {
            let ids = [("trace", trace.into()), ("span", span.into()), ("sampled", sampled.into())];
            fields.extend(ids.map(|(name, value)| (name.to_owned(), value)));
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
        let sampled = fields.remove("sampled");
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
                if let Some(sampled) = sampled {
                    line["logging.googleapis.com/trace_sampled"] = sampled;
                }
                if let Some(answered) = http_request(&mut fields) {
                    line["httpRequest"] = answered;
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
                // Its own words where it has them; the route is in those of OpenTelemetry, which it takes over.
                let known = [
                    ("method", "http.request.method"),
                    ("route", "http.route"),
                    ("status", "http.response.status_code"),
                ];
                for (ours, theirs) in known {
                    if let Some(value) = fields.remove(ours) {
                        line[theirs] = value;
                    }
                }
                if let Some(ms) = fields.remove("ms").and_then(|ms| ms.as_f64()) {
                    // In nanoseconds.
                    line["event.duration"] = ((ms * 1e6).round() as u64).into();
                }
                if !fields.is_empty() {
                    line["gabarito"] = fields.into();
                }
                line
            }
        }
    }
}

/// The `HttpRequest` of Google Cloud's `LogEntry`, of a line that says how a request was answered: without its URL, which has ids.
fn http_request(fields: &mut Map<String, Value>) -> Option<Value> {
    let ms = fields.get("ms")?.as_f64()?;
    fields.remove("ms");
    let (method, status) = (fields.remove("method"), fields.remove("status"));
    Some(json!({"requestMethod": method, "status": status, "latency": format!("{:.4}s", ms / 1e3)}))
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

    #[test]
    fn an_answer_is_in_the_words_of_each_collector() {
        let fields = json!({"message": "answered", "method": "GET", "route": "/v1/batches/{id}", "status": 404, "ms": 12.5,
            "trace": "abc", "sampled": true});
        let fields = fields.as_object().unwrap();
        let line = |dialect| Json { dialect, project: None }.line(Level::INFO, "gabarito", fields.clone());
        let cloud = line(Dialect::Cloud);
        assert_eq!(cloud["httpRequest"], json!({"requestMethod": "GET", "status": 404, "latency": "0.0125s"}));
        assert_eq!(cloud["logging.googleapis.com/trace_sampled"], true);
        assert_eq!(cloud["route"], "/v1/batches/{id}");
        let ecs = line(Dialect::Ecs);
        for (name, value) in [
            ("http.request.method", json!("GET")),
            ("http.route", json!("/v1/batches/{id}")),
            ("http.response.status_code", json!(404)),
            ("event.duration", json!(12_500_000)),
        ] {
            assert_eq!(ecs[name], value, "{name}");
        }
        for line in [cloud, ecs] {
            assert!(
                ["method", "status", "ms", "sampled", "gabarito"].iter().all(|name| line.get(*name).is_none()),
                "{line}"
            );
        }
    }
}
