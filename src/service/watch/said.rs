//! What spans say, kept with them: for the lines that are written and the faults that are reported in them.

use serde_json::{Map, Value};
use std::fmt;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, Scope};

/// Fields by name.
#[derive(Default)]
pub struct Fields(pub Map<String, Value>);

impl Fields {
    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        // What OpenTelemetry calls them, and what lines do.
        let name = match field.name() {
            "http.request.method" => "method",
            "http.route" => "route",
            "http.response.status_code" => "status",
            name if name.starts_with("otel.") => return,
            name => name,
        };
        self.0.insert(name.to_owned(), value.into());
    }

    /// Those of an event, and of the spans that it is in: what is nearer wins.
    pub fn of<'a, S: Subscriber + for<'b> LookupSpan<'b> + 'a>(event: &Event<'_>, scope: Option<Scope<'a, S>>) -> Self {
        let mut all = Fields::default();
        for span in scope.into_iter().flat_map(Scope::from_root) {
            if let Some(Fields(said)) = span.extensions().get::<Fields>() {
                all.0.extend(said.clone());
            }
        }
        event.record(&mut all);
        all
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }
}

/// Keeps what spans say.
pub struct Keep;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Keep {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }
}
