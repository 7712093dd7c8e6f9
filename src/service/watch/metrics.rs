//! Counters and histograms, in the words of OpenMetrics: rate, errors and duration of every route; the queue; pages.

use super::follow;
use crate::service::App;
use crate::service::http::request_id;
use crate::service::store::DbError;
use crate::service::store::db::{Columns, Freshness};
use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;
use tracing::Instrument;
use tracing::field::Empty;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: &'static str,
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labelled {
    /// An outcome of a page, a kind of an item.
    of: String,
}

/// All that is counted in this process.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Family<Route, Histogram>,
    pages: Family<Labelled, Counter>,
    stages: Family<Labelled, Counter>,
    vision_requests: Family<Labelled, Counter>,
    vision_images: Family<Labelled, Counter>,
    vision_cost: Counter<f64, AtomicU64>,
    waiting: Gauge,
    oldest: Gauge,
}

fn histogram() -> Histogram {
    Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0])
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("gabarito");
        let requests = Family::<Answered, Counter>::default();
        let seconds = Family::<Route, Histogram>::new_with_constructor(histogram);
        let (pages, stages) = (Family::<Labelled, Counter>::default(), Family::<Labelled, Counter>::default());
        let (vision_requests, vision_images) =
            (Family::<Labelled, Counter>::default(), Family::<Labelled, Counter>::default());
        let vision_cost = Counter::<f64, AtomicU64>::default();
        let (waiting, oldest) = (Gauge::default(), Gauge::default());
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register("http_request_duration_seconds", "Until the answer began", seconds.clone());
        registry.register("pages", "Pages read, by outcome", pages.clone());
        registry.register("identified", "Pages identified, by the way that did it", stages.clone());
        registry.register("vision_requests", "Requests to Cloud Vision, by what came of them", vision_requests.clone());
        registry.register("vision_images", "Images in them, by what came of each", vision_images.clone());
        registry.register("vision_cost", "What these images cost, by vision.price", vision_cost.clone());
        registry.register("queue_depth", "Items that wait", waiting.clone());
        registry.register("queue_age_seconds", "How long the oldest of them has waited", oldest.clone());
        Metrics(Arc::new(Inner {
            registry,
            requests,
            seconds,
            pages,
            stages,
            vision_requests,
            vision_images,
            vision_cost,
            waiting,
            oldest,
        }))
    }
}

impl Metrics {
    /// A page was read.
    pub fn page(&self, outcome: &str, stage: Option<&str>) {
        self.0.pages.get_or_create(&Labelled { of: outcome.to_owned() }).inc();
        if let Some(stage) = stage {
            self.0.stages.get_or_create(&Labelled { of: stage.to_owned() }).inc();
        }
    }

    /// Cloud Vision was asked once.
    pub fn vision_request(&self, outcome: &str) {
        self.0.vision_requests.get_or_create(&Labelled { of: outcome.to_owned() }).inc();
    }

    /// It was sent images and said something of each; every one costs.
    pub fn vision_images(&self, outcome: &str, count: u64, price: f64) {
        self.0.vision_images.get_or_create(&Labelled { of: outcome.to_owned() }).inc_by(count);
        self.0.vision_cost.inc_by(count as f64 * price);
    }

    /// Everything, as text.
    ///
    /// # Errors
    /// The queue can't be looked at.
    pub async fn text(&self, app: &App) -> Result<String, DbError> {
        let text = "SELECT COUNT(*) AS waiting, COALESCE({now} - MIN(run_at), 0) AS oldest FROM job_items
                    WHERE state = 'queued' AND run_at <= {now}";
        let row = app.db.query(text).fetch_one(app.db.reader(Freshness::Replica)).await?;
        self.0.waiting.set(row.col("waiting")?);
        self.0.oldest.set(row.col::<i64>("oldest")? / 1000);
        let mut text = String::new();
        encode(&mut text, &self.0.registry).map_err(|e| DbError::Protocol(e.to_string()))?;
        Ok(text)
    }
}

/// A method by its name. Whoever asks may invent any, and each would be kept as a series of its own: those are `_OTHER`
/// (OpenTelemetry's semantic conventions, `http.request.method`).
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::CONNECT => "CONNECT",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::PATCH => "PATCH",
        _ => "_OTHER",
    }
}

/// Counts and logs every request: its route and not its path, which may hold what it should not.
pub async fn measure(State(app): State<App>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = name(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let id = request_id(&request).unwrap_or_default().to_owned();
    let parent = request.headers().get("traceparent").and_then(|v| v.to_str().ok()).map(str::to_owned);
    // An error's level: a span that is left out takes its ids from all lines in it.
    let span = tracing::error_span!(
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        request = id,
        trace = Empty,
        sampled = Empty,
    );
    if let Some(parent) = parent {
        // W3C Trace Context: version, trace, span, flags.
        span.record("trace", parent.split('-').nth(1));
        let flags = parent.split('-').nth(3).and_then(|flags| u8::from_str_radix(flags, 16).ok());
        span.record("sampled", flags.map(|flags| flags & 1 == 1));
        follow(&span, &parent);
    }
    let response = next.run(request).instrument(span.clone()).await;
    let (status, seconds) = (response.status().as_u16(), begun.elapsed().as_secs_f64());
    let metrics = &app.metrics.0;
    metrics.requests.get_or_create(&Answered { method, route: route.clone(), status }).inc();
    metrics.seconds.get_or_create(&Route { method, route }).observe(seconds);
    let ms = (seconds * 1e3 * 10.0).round() / 10.0;
    span.record("http.response.status_code", status);
    span.in_scope(|| match status {
        // Nothing is wrong where somebody is to come again.
        503 => tracing::warn!(ms, "answered"),
        500.. => {
            span.record("otel.status_code", "ERROR");
            tracing::error!(ms, "answered");
        }
        _ => tracing::info!(ms, "answered"),
    });
    response
}
