//! Traces, told to a collector by OTLP: a span for each request and each item of a job. The trace context comes in `traceparent`
//! (W3C Trace Context), and goes with the items that a request makes.

use crate::service::config::{Reader, Secret};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use std::collections::HashMap;
use std::time::Duration;
use tracing::span::Id;
use tracing::{Span, Subscriber, dispatcher};
use tracing_opentelemetry::{OpenTelemetrySpanExt, get_otel_context};
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
pub struct TracesConfig {
    pub endpoint: Option<String>,
    headers: Vec<(String, Secret)>,
    sample: f64,
}

impl TracesConfig {
    pub fn of(r: &mut Reader) -> Self {
        let endpoint = r.optional::<url::Url>(
            "traces.endpoint",
            "an URL such as http://localhost:4318",
            "A collector that takes OTLP by HTTP (protobuf, /v1/traces below this): a span for each request and each item of a job. \
             Without it there are no traces.",
        );
        let headers = r.list("traces.headers", "What the collector wants to be told, as name=value.");
        let headers = headers.iter().filter_map(|header| {
            let pair = header.split_once('=').map(|(name, value)| (name.trim().to_owned(), Secret::new(value.trim())));
            if pair.is_none() {
                r.fault("traces.headers", "name=value is expected");
            }
            pair
        });
        let headers = headers.collect();
        let sample =
            r.value("traces.sample", "1", "a number from 0 to 1", "Which part of the traces that begin here is told.");
        if !(0.0..=1.0).contains(&sample) {
            r.fault("traces.sample", "a number from 0 to 1 is expected");
        }
        let endpoint = endpoint.map(|url| url.as_str().trim_end_matches('/').to_owned());
        TracesConfig { endpoint, headers, sample }
    }

    /// Who tells the spans, where somebody is to be told.
    pub fn provider(&self) -> Option<Result<SdkTracerProvider, ExporterBuildError>> {
        let endpoint = self.endpoint.as_ref()?;
        let headers = self.headers.iter().map(|(name, value)| (name.clone(), value.expose().to_owned())).collect();
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{endpoint}/v1/traces"))
            .with_timeout(TIMEOUT)
            .with_headers(headers)
            .build();
        let resource = Resource::builder_empty()
            .with_service_name("gabarito")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        // Whoever called decides whether its trace is told; of those that begin here a part is.
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(self.sample)));
        Some(exporter.map(|exporter| {
            let builder = SdkTracerProvider::builder().with_batch_exporter(exporter);
            builder.with_resource(resource.build()).with_sampler(sampler).build()
        }))
    }
}

/// Spans alone, without what lines say: only what is chosen for a span leaves.
pub fn layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("gabarito"));
    layer.with_location(false).with_threads(false).with_tracked_inactivity(false)
}

/// Makes a span a part of the trace that a `traceparent` names.
pub fn follow(span: &Span, traceparent: &str) {
    let carrier = HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
    if context.span().span_context().is_valid() {
        // Nobody is told of spans here where it fails.
        let _ = span.set_parent(context);
    }
}

/// The `traceparent` of the current span, for what it makes.
pub fn traceparent() -> Option<String> {
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&Span::current().context(), &mut carrier);
    carrier.remove("traceparent")
}

/// Of a span: its trace, itself, and whether it is told.
pub fn ids(span: &Id) -> Option<(String, String, bool)> {
    let context = dispatcher::get_default(|dispatch| get_otel_context(span, dispatch))?;
    let span = context.span();
    let ids = span.span_context();
    ids.is_valid().then(|| (ids.trace_id().to_string(), ids.span_id().to_string(), ids.is_sampled()))
}
