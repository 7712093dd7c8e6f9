//! Faults, told to Sentry: what is logged as an error, with the ids and numbers that are known here and nothing else. No request,
//! no header, no user, no name of the machine, no message of a panic.

use super::said::Fields;
use crate::service::config::Reader;
use sentry::protocol::Event;
use sentry::types::Dsn;
use sentry::{Client, ClientOptions, Level};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

const FLUSH: Duration = Duration::from_secs(2);
/// What faults are found by.
const TAGS: [&str; 7] = ["method", "route", "status", "kind", "code", "at", "trace"];
/// What else is told of them.
const EXTRAS: [&str; 5] = ["request", "item", "job", "attempt", "error"];

#[derive(Clone, Debug)]
pub struct SentryConfig {
    dsn: Option<Dsn>,
    environment: String,
}

impl SentryConfig {
    pub fn of(r: &mut Reader) -> Self {
        SentryConfig {
            dsn: r.optional(
                "sentry.dsn",
                "a DSN such as https://key@sentry.example/1",
                "Where faults of the service are reported, by ids alone. Without it nowhere.",
            ),
            environment: r.text("sentry.environment", "production", "What this deployment is called there."),
        }
    }
}

/// Reports what is logged as an error.
#[derive(Clone)]
pub struct Report(Arc<Client>);

impl Report {
    pub fn new(config: &SentryConfig) -> Option<Self> {
        let dsn = config.dsn.clone()?;
        let mut options = ClientOptions::new()
            .release(concat!("gabarito@", env!("CARGO_PKG_VERSION")))
            .environment(config.environment.clone())
            .default_integrations(false)
            .send_default_pii(false);
        options.dsn = Some(dsn);
        Some(Report(Arc::new(Client::from(sentry::apply_defaults(options)))))
    }

    /// Waits until what was reported is told. Blocks.
    pub fn end(&self) {
        self.0.close(Some(FLUSH));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Report {
    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        let fields = Fields::of(event, context.event_scope(event)).0;
        self.0.capture_event(fault(event.metadata().target(), &fields), None);
    }
}

fn fault(target: &str, fields: &serde_json::Map<String, Value>) -> Event<'static> {
    let said = |name: &&str| {
        let text = match fields.get(*name)? {
            Value::String(text) => without_queries(text),
            other => other.to_string(),
        };
        Some(((*name).to_owned(), text))
    };
    Event {
        level: Level::Error,
        logger: Some(target.to_owned()),
        message: said(&"message").map(|(_, text)| text),
        tags: TAGS.iter().filter_map(said).collect(),
        extra: EXTRAS.iter().filter_map(said).map(|(name, text)| (name, text.into())).collect(),
        ..Event::default()
    }
}

/// URLs in an error may have secrets behind their `?`, or a user's name before their `@`.
fn without_queries(text: &str) -> String {
    let word = |word: &str| match word.find("://") {
        None => word.to_owned(),
        Some(at) => {
            let (scheme, rest) = word.split_at(at + 3);
            let rest = rest.split(['?', '#']).next().unwrap_or_default();
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            format!("{scheme}{}{path}", authority.rsplit('@').next().unwrap_or_default())
        }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_fault_has_what_is_listed_and_no_secret_of_a_url() {
        let fields = json!({
            "message": "the issuer's keys can't be fetched", "route": "/v1/batches", "status": 500, "request": "r1",
            "error": "error sending request for url (https://u:p@id.example/keys?token=hunter2)", "name": "Maria",
        });
        let event = fault("gabarito::service", fields.as_object().unwrap());
        assert_eq!((event.tags["route"].as_str(), event.tags["status"].as_str()), ("/v1/batches", "500"));
        assert_eq!(event.extra["error"], "error sending request for url (https://id.example/keys");
        let all = format!("{event:?}");
        assert!(!all.contains("Maria") && !all.contains("hunter2"), "{all}");
    }
}
