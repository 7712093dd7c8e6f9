//! As much of BigQuery's jobs API as the service uses
//! (https://docs.cloud.google.com/bigquery/docs/reference/rest/v2/jobs), with its faults to order. It loads what lies in a
//! bucket of `fake_gcs`.

use crate::fake_gcs::{BUCKET, Fake as Bucket};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::io::Read;
use std::sync::{Arc, Mutex};

/// What happens to one call of `jobs.insert`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 503, and no job.
    Unavailable,
    /// A job, and an answer that is lost on its way.
    Lost,
    /// 401.
    Expired,
    /// 403, `quotaExceeded`.
    Quota,
    /// A job that fails.
    Failed,
}

#[derive(Default)]
struct Held {
    jobs: BTreeMap<String, Value>,
    /// Every `jobs.insert` that came to a job.
    asked: Vec<Value>,
    tables: BTreeMap<String, Vec<Value>>,
    faults: VecDeque<Fault>,
    /// Looks at jobs that are answered by 503.
    blind: u32,
}

#[derive(Clone)]
pub struct Fake {
    pub base: String,
    bucket: Bucket,
    held: Arc<Mutex<Held>>,
}

pub const TOKEN: &str = "a-token-of-bigquery";

impl Fake {
    pub async fn start(bucket: &Bucket) -> Fake {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let fake = Fake { base, bucket: bucket.clone(), held: Arc::default() };
        let router = Router::new()
            .route("/bigquery/v2/projects/{project}/jobs", post(insert))
            .route("/bigquery/v2/projects/{project}/jobs/{job}", get(look))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    pub fn order(&self, faults: &[Fault], blind: u32) {
        let mut held = self.held.lock().unwrap();
        held.faults.extend(faults);
        held.blind = blind;
    }

    pub fn rows(&self, table: &str) -> Vec<Value> {
        self.held.lock().unwrap().tables.get(table).cloned().unwrap_or_default()
    }

    pub fn asked(&self) -> Vec<Value> {
        self.held.lock().unwrap().asked.clone()
    }

    /// Does what the job says, or fails.
    fn run(&self, job: &Value, fails: bool) -> Value {
        if job["configuration"]["query"].is_object() {
            return self.delete(&job["configuration"]["query"]);
        }
        let load = &job["configuration"]["load"];
        let mut status = json!({"state": "DONE"});
        let uri = load["sourceUris"][0].as_str().unwrap();
        let name = uri.strip_prefix(&format!("gs://{BUCKET}/")).unwrap();
        match self.bucket.bytes(name) {
            Some(bytes) if !fails => {
                let mut text = String::new();
                flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
                let known: Vec<&Value> =
                    load["schema"]["fields"].as_array().unwrap().iter().map(|f| &f["name"]).collect();
                let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
                let mut held = self.held.lock().unwrap();
                let table =
                    held.tables.entry(load["destinationTable"]["tableId"].as_str().unwrap().to_owned()).or_default();
                for row in rows {
                    assert!(row.as_object().unwrap().keys().all(|k| known.contains(&&json!(k))), "{row}");
                    table.push(row);
                }
            }
            Some(_) => status["errorResult"] = json!({"reason": "backendError", "message": "Try again."}),
            None => status["errorResult"] = json!({"reason": "notFound", "message": format!("Not found: URI {uri}")}),
        }
        status
    }
}

impl Fake {
    /// Rows of a student and of the student's sheets.
    fn delete(&self, query: &Value) -> Value {
        let said = query["query"].as_str().unwrap();
        let name = said.strip_prefix("DELETE FROM `um-projeto.gabarito.").unwrap().split('`').next().unwrap();
        let whole = format!("`um-projeto.gabarito.{name}`");
        let expected = format!(
            "DELETE FROM {whole} WHERE student = @student OR sheet IN (SELECT sheet FROM {whole} WHERE student = @student)"
        );
        assert_eq!(
            (said, &query["useLegacySql"], &query["parameterMode"]),
            (&*expected, &json!(false), &json!("NAMED"))
        );
        let parameter = &query["queryParameters"][0];
        assert_eq!((&parameter["name"], &parameter["parameterType"]["type"]), (&json!("student"), &json!("STRING")));
        let student = &parameter["parameterValue"]["value"];
        let mut held = self.held.lock().unwrap();
        let Some(rows) = held.tables.get_mut(name) else {
            let message = format!("Not found: Table um-projeto:gabarito.{name}");
            return json!({"state": "DONE", "errorResult": {"reason": "notFound", "message": message}});
        };
        let sheets: Vec<Value> = rows
            .iter()
            .filter(|r| r["student"] == *student)
            .map(|r| r["sheet"].clone())
            .filter(|s| !s.is_null())
            .collect();
        rows.retain(|r| r["student"] != *student && !sheets.contains(&r["sheet"]));
        json!({"state": "DONE"})
    }
}

fn refused(status: StatusCode, reason: &str) -> Response {
    let error = json!({"error": {"code": status.as_u16(), "message": reason, "errors": [{"reason": reason, "message": reason}]}});
    (status, Json(error)).into_response()
}

fn is_known(headers: &HeaderMap) -> bool {
    headers.get("authorization").and_then(|v| v.to_str().ok()) == Some(&format!("Bearer {TOKEN}"))
}

async fn insert(
    State(fake): State<Fake>,
    Path(project): Path<String>,
    headers: HeaderMap,
    Json(job): Json<Value>,
) -> Response {
    let fault = fake.held.lock().unwrap().faults.pop_front();
    match fault {
        Some(Fault::Unavailable) => return refused(StatusCode::SERVICE_UNAVAILABLE, "backendError"),
        Some(Fault::Quota) => return refused(StatusCode::FORBIDDEN, "quotaExceeded"),
        Some(Fault::Expired) => return refused(StatusCode::UNAUTHORIZED, "authError"),
        _ if !is_known(&headers) => return refused(StatusCode::UNAUTHORIZED, "authError"),
        _ => {}
    }
    assert_eq!((&job["jobReference"]["projectId"], project.as_str()), (&json!(project), "um-projeto"));
    let id = job["jobReference"]["jobId"].as_str().unwrap().to_owned();
    assert!(id.len() <= 1024 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{id}");
    if fake.held.lock().unwrap().jobs.contains_key(&id) {
        return refused(StatusCode::CONFLICT, "duplicate");
    }
    let status = fake.run(&job, fault == Some(Fault::Failed));
    let mut held = fake.held.lock().unwrap();
    held.asked.push(job.clone());
    let mut done = job;
    done["status"] = status;
    held.jobs.insert(id, done.clone());
    if fault == Some(Fault::Lost) {
        return refused(StatusCode::SERVICE_UNAVAILABLE, "backendError");
    }
    done["status"] = json!({"state": "PENDING"});
    Json(done).into_response()
}

async fn look(State(fake): State<Fake>, Path((_, id)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let mut held = fake.held.lock().unwrap();
    if held.blind > 0 {
        held.blind -= 1;
        return refused(StatusCode::SERVICE_UNAVAILABLE, "backendError");
    }
    match held.jobs.get_mut(&id) {
        _ if !is_known(&headers) => refused(StatusCode::UNAUTHORIZED, "authError"),
        None => refused(StatusCode::NOT_FOUND, "notFound"),
        // Running when it is looked at first.
        Some(job) if job["seen"].is_null() => {
            job["seen"] = json!(true);
            Json(json!({"jobReference": job["jobReference"], "status": {"state": "RUNNING"}})).into_response()
        }
        Some(job) => Json(job.clone()).into_response(),
    }
}
