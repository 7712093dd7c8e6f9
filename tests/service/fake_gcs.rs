//! As much of Cloud Storage's JSON API as the service uses
//! (https://docs.cloud.google.com/storage/docs/json_api/v1), with its faults to order.

use axum::Json;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post, put};
use base64::Engine;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

/// What a server does wrong, so many times each, before it does it right.
#[derive(Default)]
pub struct Faults {
    /// 503 to whatever comes.
    pub unavailable: u32,
    /// Downloads that break off in their middle.
    pub cut: u32,
    /// Pieces of an upload of which only some is kept, with a 503.
    pub torn: u32,
}

#[derive(Clone)]
struct Object {
    bytes: Bytes,
    generation: u64,
}

#[derive(Default)]
struct Held {
    objects: BTreeMap<String, Object>,
    /// Uploads under way: name and bytes so far.
    sessions: HashMap<String, (String, Vec<u8>)>,
    generation: u64,
    lifecycle: Option<Value>,
    faults: Faults,
    /// Calls, by what they are.
    seen: BTreeMap<&'static str, u32>,
}

#[derive(Clone)]
pub struct Fake {
    pub base: String,
    held: Arc<Mutex<Held>>,
}

pub const TOKEN: &str = "a-token";
pub const BUCKET: &str = "a-bucket";

impl Fake {
    pub async fn start() -> Fake {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Fake { base: format!("http://{}", listener.local_addr().unwrap()), held: Arc::default() };
        let router = Router::new()
            .route("/storage/v1/b/{bucket}", get(bucket).merge(patch(set_bucket)))
            .route("/storage/v1/b/{bucket}/o", get(list))
            .route("/storage/v1/b/{bucket}/o/{object}", get(object).delete(delete))
            .route("/storage/v1/b/{bucket}/o/{object}/rewriteTo/b/{to_bucket}/o/{to}", post(rewrite))
            .route("/upload/storage/v1/b/{bucket}/o", post(insert))
            .route("/session/{id}", put(piece))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .layer(middleware::from_fn_with_state(fake.clone(), gate))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    pub fn order(&self, faults: Faults) {
        self.held.lock().unwrap().faults = faults;
    }

    /// How often something was called.
    pub fn seen(&self, what: &str) -> u32 {
        self.held.lock().unwrap().seen.get(what).copied().unwrap_or(0)
    }

    pub fn bytes(&self, name: &str) -> Option<Bytes> {
        self.held.lock().unwrap().objects.get(name).map(|o| o.bytes.clone())
    }

    pub fn names(&self) -> Vec<String> {
        self.held.lock().unwrap().objects.keys().cloned().collect()
    }

    fn note(&self, what: &'static str) {
        *self.held.lock().unwrap().seen.entry(what).or_default() += 1;
    }

    /// Puts an object there if its present generation is the one that is expected.
    fn keep(&self, name: &str, bytes: Bytes, expected: Option<&String>) -> Response {
        let mut held = self.held.lock().unwrap();
        let present = held.objects.get(name).map_or(0, |o| o.generation);
        if expected.is_some_and(|e| *e != present.to_string()) {
            return StatusCode::PRECONDITION_FAILED.into_response();
        }
        held.generation += 1;
        let object = Object { bytes, generation: held.generation };
        held.objects.insert(name.to_owned(), object.clone());
        Json(describe(name, &object)).into_response()
    }
}

fn take(count: &mut u32) -> bool {
    let due = *count > 0;
    *count -= u32::from(due);
    due
}

async fn gate(State(fake): State<Fake>, request: Request, next: Next) -> Response {
    if take(&mut fake.held.lock().unwrap().faults.unavailable) {
        fake.note("unavailable");
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    // A session's URL is a credential by itself.
    let said = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    if said != Some(&format!("Bearer {TOKEN}")) && !request.uri().path().starts_with("/session/") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    next.run(request).await
}

fn crc32c(bytes: &[u8]) -> String {
    let crc = bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0x82F6_3B78 } else { crc >> 1 })
    });
    base64::engine::general_purpose::STANDARD.encode((!crc).to_be_bytes())
}

fn describe(name: &str, object: &Object) -> Value {
    json!({
        "kind": "storage#object", "name": name, "bucket": BUCKET, "size": object.bytes.len().to_string(),
        "generation": object.generation.to_string(), "metageneration": "1", "crc32c": crc32c(&object.bytes),
        "updated": "2026-11-20T10:00:00.000Z",
    })
}

async fn object(
    State(fake): State<Fake>,
    Path((_, name)): Path<(String, String)>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let Some(object) = fake.held.lock().unwrap().objects.get(&name).cloned() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if query.get("alt").is_none_or(|alt| alt != "media") {
        return Json(describe(&name, &object)).into_response();
    }
    fake.note("download");
    let bytes = object.bytes.len();
    let range = headers.get(header::RANGE).and_then(|r| r.to_str().ok()?.strip_prefix("bytes=")?.split_once('-'));
    let (first, last) = range.map_or((0, bytes), |(first, last)| {
        (first.parse().unwrap(), last.parse::<usize>().map_or(bytes, |last| (last + 1).min(bytes)))
    });
    let part = object.bytes.slice(first..last);
    let response = Response::builder()
        .header("x-goog-generation", object.generation)
        .header("x-goog-metageneration", 1)
        .header("x-goog-stored-content-length", bytes)
        .header("x-goog-hash", format!("crc32c={}", crc32c(&object.bytes)))
        .header(header::CONTENT_LENGTH, part.len());
    let response = match range {
        None => response,
        Some(_) => response
            .status(StatusCode::PARTIAL_CONTENT)
            .header(header::CONTENT_RANGE, format!("bytes {first}-{}/{bytes}", last - 1)),
    };
    if take(&mut fake.held.lock().unwrap().faults.cut) {
        let half = part.slice(..part.len() / 2);
        let cut = [Ok(half), Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))];
        return response.body(Body::from_stream(futures_util::stream::iter(cut))).unwrap();
    }
    response.body(part.into()).unwrap()
}

async fn delete(State(fake): State<Fake>, Path((_, name)): Path<(String, String)>) -> StatusCode {
    match fake.held.lock().unwrap().objects.remove(&name) {
        Some(_) => StatusCode::NO_CONTENT,
        None => StatusCode::NOT_FOUND,
    }
}

/// Two to a page, so that there are several.
async fn list(State(fake): State<Fake>, Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    let held = fake.held.lock().unwrap();
    let after = query.get("pageToken").map_or("", String::as_str);
    let all = held.objects.iter().filter(|(name, _)| name.starts_with(&query["prefix"]) && name.as_str() > after);
    let mut items: Vec<_> = all.map(|(name, object)| describe(name, object)).take(3).collect();
    let more = items.len() == 3;
    items.truncate(2);
    let mut page = json!({"kind": "storage#objects"});
    if more {
        page["nextPageToken"] = items[1]["name"].clone();
    }
    if !items.is_empty() {
        page["items"] = json!(items);
    }
    Json(page)
}

/// In two calls, as large objects are.
async fn rewrite(
    State(fake): State<Fake>,
    Path((_, from, _, to)): Path<(String, String, String, String)>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let Some(object) = fake.held.lock().unwrap().objects.get(&from).cloned() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if !query.contains_key("rewriteToken") {
        return Json(json!({"done": false, "rewriteToken": "more"})).into_response();
    }
    fake.keep(&to, object.bytes, None);
    Json(json!({"done": true})).into_response()
}

async fn insert(
    State(fake): State<Fake>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (name, expected) = (query["name"].clone(), query.get("ifGenerationMatch"));
    if query["uploadType"] == "resumable" {
        let present = fake.held.lock().unwrap().objects.get(&name).map_or(0, |o| o.generation);
        if expected.is_some_and(|e| *e != present.to_string()) {
            return StatusCode::PRECONDITION_FAILED.into_response();
        }
        fake.note("resumable");
        let id = uuid::Uuid::now_v7().to_string();
        let location = format!("{}/session/{id}", fake.base);
        fake.held.lock().unwrap().sessions.insert(id, (name, Vec::new()));
        return [(header::LOCATION, location)].into_response();
    }
    fake.note("single");
    // multipart/related: the metadata, then the bytes.
    let content_type = headers[header::CONTENT_TYPE].to_str().unwrap();
    let boundary = content_type.split_once("boundary=").unwrap().1.trim_matches('"');
    let find =
        |needle: &[u8], from: usize| from + body[from..].windows(needle.len()).position(|w| w == needle).unwrap();
    let second = find(format!("--{boundary}").as_bytes(), 2 + boundary.len());
    let first = find(b"\r\n\r\n", second) + 4;
    let last = body.len() - (format!("\r\n--{boundary}--").len());
    let last = if body.ends_with(b"\r\n") { last - 2 } else { last };
    fake.keep(&name, body.slice(first..last), expected)
}

/// A piece, `Content-Range: bytes 0-8388607/*`, or the question what is there, `bytes */*`.
async fn piece(State(fake): State<Fake>, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let range = headers[header::CONTENT_RANGE].to_str().unwrap().strip_prefix("bytes ").unwrap().to_owned();
    let (part, total) = range.split_once('/').unwrap();
    let mut held = fake.held.lock().unwrap();
    let torn = !body.is_empty() && take(&mut held.faults.torn);
    let (name, bytes) = held.sessions.get_mut(&id).unwrap();
    if part != "*" {
        let first: usize = part.split_once('-').unwrap().0.parse().unwrap();
        assert_eq!(first, bytes.len(), "pieces follow each other");
        assert!(body.len().is_multiple_of(256 << 10) || total != "*", "only the last piece may be of another size");
        let kept = if torn { (body.len() / 2).next_multiple_of(256 << 10).min(body.len()) } else { body.len() };
        bytes.extend_from_slice(&body[..kept]);
        if torn {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    }
    if total.parse() == Ok(bytes.len()) {
        let (name, bytes) = (name.clone(), std::mem::take(bytes));
        drop(held);
        return fake.keep(&name, bytes.into(), None);
    }
    let mut response = StatusCode::PERMANENT_REDIRECT.into_response();
    if !bytes.is_empty() {
        let range = format!("bytes=0-{}", bytes.len() - 1);
        response.headers_mut().insert(header::RANGE, range.parse().unwrap());
    }
    response
}

async fn bucket(State(fake): State<Fake>) -> Json<Value> {
    match &fake.held.lock().unwrap().lifecycle {
        Some(rules) => Json(json!({"lifecycle": rules})),
        None => Json(json!({})),
    }
}

async fn set_bucket(State(fake): State<Fake>, Json(body): Json<Value>) -> Json<Value> {
    fake.held.lock().unwrap().lifecycle = body.get("lifecycle").cloned();
    Json(body)
}
