//! What leaves the service about itself: spans to a collector that takes OTLP, faults to a server that takes Sentry's envelopes,
//! lines that are joined with both.

use crate::print_and_read::package;
use crate::server::{Server, worker};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection, Executor};
use std::sync::{Arc, Mutex};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Told>>);

#[derive(Default)]
struct Told {
    traces: Vec<Bytes>,
    envelopes: Vec<String>,
}

async fn traces(State(collector): State<Collector>, headers: HeaderMap, body: Bytes) -> StatusCode {
    assert_eq!(headers["content-type"], "application/x-protobuf");
    assert_eq!(headers["x-team"], "escola");
    collector.0.lock().unwrap().traces.push(body);
    StatusCode::OK
}

async fn envelope(
    State(collector): State<Collector>,
    Path(project): Path<u32>,
    headers: HeaderMap,
    body: String,
) -> String {
    assert_eq!(project, 7);
    assert!(headers["x-sentry-auth"].to_str().unwrap().contains("sentry_key=publickey"));
    collector.0.lock().unwrap().envelopes.push(body);
    "{}".to_owned()
}

impl Collector {
    async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/v1/traces", post(traces))
            .route("/api/{project}/envelope/", post(envelope))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        address.to_string()
    }

    fn spans(&self) -> Vec<Span> {
        let told = self.0.lock().unwrap();
        let requests = told.traces.iter().map(|body| ExportTraceServiceRequest::decode(body.clone()).unwrap());
        let scopes = requests.flat_map(|r| r.resource_spans).flat_map(|r| r.scope_spans);
        scopes.flat_map(|s| s.spans).collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn attribute(span: &Span, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|a| a.key == key)?;
    match found.value.clone()?.value? {
        Any::StringValue(text) => Some(text),
        Any::IntValue(n) => Some(n.to_string()),
        other => panic!("{other:?}"),
    }
}

// The collector answers while the server ends.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_and_the_items_that_it_makes_are_one_trace_with_their_lines() {
    let collector = Collector::default();
    let endpoint = format!("http://{}", collector.start().await);
    let server = Server::start_with(&[
        ("GABARITO_TRACES_ENDPOINT", &endpoint),
        ("GABARITO_TRACES_HEADERS", "x-team=escola"),
        ("GABARITO_LOG_FORMAT", "cloud"),
        ("GABARITO_LOG_PROJECT", "p"),
        ("GABARITO_LOG_LEVEL", "info"),
    ]);
    let request = server.client().post(server.url("/v1/packages?token=hunter2")).json(&package());
    let request = request.header("idempotency-key", "once");
    let created = server.send(request.header("traceparent", format!("00-{TRACE}-{CALLER}-01"))).await;
    let (location, request) = (created.header("location").to_owned(), created.header("x-request-id").to_owned());
    assert_eq!(server.finished(&location).await["state"], "done");
    // The caller does not want this one told.
    let quiet =
        server.client().get(server.url("/healthz")).header("traceparent", format!("00-{}-{CALLER}-00", "7".repeat(32)));
    server.send(quiet).await.expect(200);
    let log = server.log();
    assert!(server.stop().success());

    let spans = collector.spans();
    let of = |name: &str| spans.iter().find(|s| s.name == name && hex(&s.trace_id) == TRACE);
    let (asked, printed) = (of("POST /v1/packages").unwrap(), of("item print").unwrap());
    assert_eq!(hex(&asked.parent_span_id), CALLER);
    assert_eq!(printed.parent_span_id, asked.span_id);
    let said = ["http.request.method", "http.route", "http.response.status_code", "request"];
    let said = said.map(|key| attribute(asked, key).unwrap());
    assert_eq!(said, ["POST", "/v1/packages", "202", &request]);
    assert_eq!(
        (attribute(printed, "kind").as_deref(), attribute(printed, "attempt").as_deref()),
        (Some("print"), Some("1"))
    );
    assert!(!spans.iter().any(|s| s.name == "GET /healthz"));
    // Nothing of a person and nothing of a query.
    for bytes in &collector.0.lock().unwrap().traces {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("Aluno") && !text.contains("hunter2"), "{text}");
    }

    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let line = lines.iter().find(|l| l["route"] == "/v1/packages" && l["httpRequest"]["status"] == 202).unwrap();
    assert_eq!(line["logging.googleapis.com/trace"], format!("projects/p/traces/{TRACE}"));
    assert_eq!(line["logging.googleapis.com/spanId"], hex(&asked.span_id));
    assert_eq!(line["logging.googleapis.com/trace_sampled"], true);
    assert_eq!(line["logging.googleapis.com/labels"]["request"], request);
    let quiet = lines.iter().find(|l| l["route"] == "/healthz").unwrap();
    assert_eq!(quiet["logging.googleapis.com/trace_sampled"], false);
    assert!(!log.contains("hunter2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_is_reported_with_ids_and_nothing_else() {
    let collector = Collector::default();
    let dsn = format!("http://publickey@{}/7", collector.start().await);
    let server = Server::start_with(&[("GABARITO_SENTRY_DSN", &dsn), ("GABARITO_SENTRY_ENVIRONMENT", "teste")]);
    // Faults of whoever asks are none of ours.
    server.get("/v1/packages/none").await.expect(404);
    sqlx::any::install_default_drivers();
    let file = format!("sqlite://{}", server.data.join("gabarito.db").display());
    let mut database = AnyConnection::connect(&file).await.unwrap();
    database.execute("ALTER TABLE webhooks RENAME TO lost").await.unwrap();
    let request = server.client().get(server.url("/v1/webhooks?limit=5")).header("cookie", "session=hunter2");
    let failed = server.send(request.header("user-agent", "Maria")).await;
    let id = failed.header("x-request-id").to_owned();
    failed.expect(500);
    let data = server.data.clone();
    assert!(server.stop().success());
    let _ = std::fs::remove_dir_all(data);

    let told = std::mem::take(&mut *collector.0.lock().unwrap());
    assert!(told.traces.is_empty() && !told.envelopes.is_empty());
    let events = told.envelopes.iter().map(|e| serde_json::from_str::<Value>(e.lines().nth(2).unwrap()).unwrap());
    let events: Vec<Value> = events.filter(|e| e["extra"]["request"] == id.as_str()).collect();
    let messages: Vec<&Value> = events.iter().map(|e| &e["message"]).collect();
    assert_eq!(messages, [&json!("the database failed"), &json!("answered")], "{events:?}");
    for event in &events {
        assert_eq!(event["environment"], "teste");
        assert_eq!((&event["tags"]["route"], &event["tags"]["method"]), (&json!("/v1/webhooks"), &json!("GET")));
        for absent in ["user", "request", "server_name", "breadcrumbs", "modules"] {
            assert!(event.get(absent).is_none(), "{absent}: {event}");
        }
    }
    assert_eq!(events[1]["tags"]["status"], "500");
    let all = told.envelopes.concat();
    assert!(!all.contains("hunter2") && !all.contains("Maria") && !all.contains("limit="), "{all}");
}

#[tokio::test]
async fn what_is_counted_is_there_for_prometheus() {
    let server = Server::start_with(&[("GABARITO_METRICS_ENABLED", "true")]);
    server.get("/healthz").await.expect(200);
    // Whoever asks may invent methods: they are one series.
    for n in 0..20 {
        let method = reqwest::Method::from_bytes(format!("M{n}").as_bytes()).unwrap();
        server.send(server.client().request(method, server.url("/healthz"))).await.expect(405);
    }
    let text = String::from_utf8(server.get("/metrics").await.body).unwrap();
    for line in [
        "gabarito_http_requests_total{method=\"GET\",route=\"/healthz\",status=\"200\"} 1",
        "gabarito_http_requests_total{method=\"_OTHER\",route=\"/healthz\",status=\"405\"} 20",
        "gabarito_queue_depth 0",
        "gabarito_queue_age_seconds 0",
        "gabarito_vision_cost_total 0",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("M19") && !server.log().contains("M19"), "{text}");
}

#[tokio::test]
async fn a_worker_serves_what_it_counts_and_nothing_else() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let environment =
        [("GABARITO_JOBS_DELIVERY", "database"), ("GABARITO_JOBS_POLL", "50ms"), ("GABARITO_WORK_LISTEN", &*port)];
    let server = Server::start_with(&environment);
    let mut worker = worker(&server.data, &environment);
    let form = Form::new().part("files", Part::bytes(&b"not a scan"[..]).file_name("x.pdf"));
    let created = server.send(server.client().post(server.url("/v1/batches")).multipart(form)).await;
    let location = created.header("location").to_owned();
    created.expect(202);
    assert_eq!(server.finished(&location).await["state"], "done");
    let at = |path: &str| format!("http://{port}{path}");
    for path in ["/healthz", "/readyz"] {
        assert_eq!(server.get(&at(path)).await.expect(200)["status"], "ok");
    }
    let text = String::from_utf8(server.get(&at("/metrics")).await.body).unwrap();
    assert!(text.contains("gabarito_pages_total{of=\"error\"} 1"), "{text}");
    assert_eq!(server.get(&at("/v1/batches")).await.status, 404);
    worker.kill().unwrap();
    worker.wait().unwrap();
}
