//! What the service meets of Google Cloud: the metadata server, Google's keys, Cloud Tasks (REST, v2), which delivers, and jobs of Cloud
//! Run (REST, v2), whose tasks are processes of the real executable.

use crate::server::gabarito;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const QUEUE: &str = "projects/p/locations/southamerica-east1/queues/gabarito";
pub const JOB: &str = "projects/p/locations/southamerica-east1/jobs/gabarito-work";
pub const ACCOUNT: &str = "gabarito-tasks@p.iam.gserviceaccount.com";
pub const AUDIENCE: &str = "https://gabarito.example";
pub const KEY_ID: &str = "k1";

#[derive(Clone)]
pub struct FakeGoogle(Arc<Inner>);

struct Inner {
    key: EncodingKey,
    state: Mutex<Seen>,
}

#[derive(Default)]
pub struct Seen {
    /// How often the keys were asked for, and whether they are not to be had.
    pub asked_for_keys: u32,
    pub keys_away: bool,
    /// Statuses with which the next tasks are refused.
    pub faults: VecDeque<u16>,
    /// Tokens given by the metadata server, and how many of them have expired.
    pub tokens: u32,
    expired: u32,
    /// Tasks by name, and what was answered each time that they were delivered.
    pub tasks: BTreeMap<String, Vec<u16>>,
    /// Names of tasks that were made again.
    pub again: Vec<String>,
    /// Arguments and number of tasks of each execution of the job.
    pub runs: Vec<(Vec<String>, u32)>,
    /// How an execution begins, where it does.
    pub worker: Option<(PathBuf, Vec<(&'static str, String)>)>,
    /// No task is delivered while this is set; they wait here.
    pub held: Option<Vec<Value>>,
    /// Where the service listens: what tasks call is below `AUDIENCE`.
    pub service: String,
}

pub fn key() -> EncodingKey {
    let der: Pkcs8V1Der = KeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap();
    let text = STANDARD.encode(der.as_ref());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
    EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap()
}

/// An ID token as Google signs it for a service account.
pub fn id_token(key: &EncodingKey, change: impl FnOnce(&mut Value)) -> String {
    let mut claims = json!({
        "iss": "https://accounts.google.com", "aud": AUDIENCE, "sub": "104", "azp": "104",
        "email": ACCOUNT, "email_verified": true, "iat": get_current_timestamp(), "exp": get_current_timestamp() + 3600,
    });
    change(&mut claims);
    encode(&Header { kid: Some(KEY_ID.into()), ..Header::new(Algorithm::RS256) }, &claims, key).unwrap()
}

impl FakeGoogle {
    /// It, and its address.
    pub async fn start() -> (Self, String) {
        let fake = FakeGoogle(Arc::new(Inner { key: key(), state: Mutex::default() }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let router = Router::new()
            .route("/computeMetadata/v1/instance/service-accounts/default/token", get(token))
            .route("/oauth2/v3/certs", get(certs))
            .route("/v2/projects/p/locations/southamerica-east1/queues/gabarito/{what}", post(create))
            .route("/v2/projects/p/locations/southamerica-east1/jobs/{what}", post(run))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (fake, address)
    }

    /// The service's environment, to work with it at `address`.
    pub fn environment(address: &str) -> Vec<(&'static str, String)> {
        vec![
            ("GCE_METADATA_HOST", address.to_owned()),
            ("GABARITO_JOBS_DELIVERY", "cloud_tasks".to_owned()),
            ("GABARITO_JOBS_BACKOFF", "10ms".to_owned()),
            ("GABARITO_TASKS_ENDPOINT", format!("http://{address}")),
            ("GABARITO_TASKS_JWKS_URL", format!("http://{address}/oauth2/v3/certs")),
            ("GABARITO_TASKS_QUEUE", QUEUE.to_owned()),
            ("GABARITO_TASKS_URL", AUDIENCE.to_owned()),
            ("GABARITO_TASKS_SERVICE_ACCOUNT", ACCOUNT.to_owned()),
        ]
    }

    pub fn token(&self, change: impl FnOnce(&mut Value)) -> String {
        id_token(&self.0.key, change)
    }

    /// Its public key.
    pub fn jwk(&self) -> Value {
        let mut jwk = serde_json::to_value(Jwk::from_encoding_key(&self.0.key, Algorithm::RS256).unwrap()).unwrap();
        jwk["kid"] = KEY_ID.into();
        jwk
    }

    pub fn seen<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        look(&mut self.0.state.lock().unwrap())
    }

    /// Each process has a token of its own.
    fn admit(&self, headers: &HeaderMap) {
        let token = headers["authorization"].to_str().unwrap().strip_prefix("Bearer token-").unwrap();
        let (token, (expired, given)) = (token.parse::<u32>().unwrap(), self.seen(|s| (s.expired, s.tokens)));
        assert!(token > expired && token <= given, "{token}: {expired} {given}");
    }

    /// Delivers a task until it is answered 2xx, as Cloud Tasks does, but sooner.
    pub fn deliver(&self, task: Value) {
        let fake = self.clone();
        tokio::spawn(async move {
            let name = task["name"].as_str().unwrap().to_owned();
            let request = &task["httpRequest"];
            let path = request["url"].as_str().unwrap().strip_prefix(AUDIENCE).unwrap();
            if let Some(due) = task["scheduleTime"].as_str() {
                let due: jiff::Timestamp = due.parse().unwrap();
                let wait = due.as_millisecond() - jiff::Timestamp::now().as_millisecond();
                tokio::time::sleep(Duration::from_millis(wait.max(0) as u64)).await;
            }
            for _ in 0..600 {
                // Another instance may have taken the service's place.
                let url = format!("{}{path}", fake.seen(|s| s.service.clone()));
                let token = fake.token(|claims| claims["aud"] = request["oidcToken"]["audience"].clone());
                // A service that is not there refuses the connection.
                let sent = reqwest::Client::new().post(&url).bearer_auth(token).send().await;
                let status = sent.map_or(0, |answer| answer.status().as_u16());
                fake.seen(|s| s.tasks.get_mut(&name).unwrap().push(status));
                if (200..300).contains(&status) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
    }
}

async fn token(State(fake): State<FakeGoogle>, headers: HeaderMap) -> Json<Value> {
    assert_eq!(headers["metadata-flavor"], "Google");
    let n = fake.seen(|s| {
        s.tokens += 1;
        s.tokens
    });
    Json(json!({"access_token": format!("token-{n}"), "expires_in": 3600, "token_type": "Bearer"}))
}

async fn certs(State(fake): State<FakeGoogle>) -> Result<Json<Value>, StatusCode> {
    let away = fake.seen(|s| {
        s.asked_for_keys += 1;
        s.keys_away
    });
    if away { Err(StatusCode::BAD_GATEWAY) } else { Ok(Json(json!({"keys": [fake.jwk()]}))) }
}

fn refused(status: u16, word: &str) -> (StatusCode, Json<Value>) {
    let error = json!({"error": {"code": status, "message": word, "status": word}});
    (StatusCode::from_u16(status).unwrap(), Json(error))
}

fn fault(fake: &FakeGoogle) -> Option<(StatusCode, Json<Value>)> {
    let status = fake.seen(|s| s.faults.pop_front())?;
    if status == 401 {
        fake.seen(|s| s.expired = s.tokens);
    }
    let words = [(401, "UNAUTHENTICATED"), (429, "RESOURCE_EXHAUSTED"), (503, "UNAVAILABLE")];
    Some(refused(status, words.iter().find(|(n, _)| *n == status).unwrap().1))
}

/// `projects.locations.jobs.run`
async fn run(
    State(fake): State<FakeGoogle>,
    Path(what): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    assert_eq!(what, "gabarito-work:run");
    if let Some(refused) = fault(&fake) {
        return refused;
    }
    fake.admit(&headers);
    let overrides = &body["overrides"];
    let args: Vec<String> = serde_json::from_value(overrides["containerOverrides"][0]["args"].clone()).unwrap();
    let count = overrides["taskCount"].as_u64().unwrap() as u32;
    let worker = fake.seen(|s| {
        s.runs.push((args.clone(), count));
        s.worker.clone()
    });
    if let Some((data, environment)) = worker {
        for index in 0..count {
            let mut command = gabarito();
            command.args(&args).arg("--data").arg(&data).envs(environment.iter().map(|(k, v)| (*k, v.as_str())));
            command.env("CLOUD_RUN_TASK_INDEX", index.to_string()).env("CLOUD_RUN_TASK_COUNT", count.to_string());
            let mut task = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::spawn(move || task.wait());
        }
    }
    (StatusCode::OK, Json(json!({"name": format!("{JOB}/operations/1"), "done": false})))
}

/// `projects.locations.queues.tasks.create`
async fn create(
    State(fake): State<FakeGoogle>,
    Path(what): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    assert_eq!(what, "tasks");
    if let Some(refused) = fault(&fake) {
        return refused;
    }
    fake.admit(&headers);
    let task = body["task"].clone();
    let name = task["name"].as_str().unwrap().to_owned();
    let id = name.strip_prefix(&format!("{QUEUE}/tasks/")).unwrap();
    assert!(id.len() <= 500 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'), "{id}");
    let request = &task["httpRequest"];
    assert_eq!((&request["httpMethod"], &task["dispatchDeadline"]), (&json!("POST"), &json!("1800s")));
    assert_eq!(request["oidcToken"], json!({"serviceAccountEmail": ACCOUNT, "audience": AUDIENCE}));
    let deliver = fake.seen(|s| {
        if s.tasks.contains_key(&name) {
            s.again.push(name.clone());
            return Err(());
        }
        s.tasks.insert(name.clone(), Vec::new());
        match &mut s.held {
            Some(held) => {
                held.push(task.clone());
                Ok(false)
            }
            None => Ok(true),
        }
    });
    match deliver {
        Err(()) => return refused(409, "ALREADY_EXISTS"),
        Ok(true) => fake.deliver(task.clone()),
        Ok(false) => {}
    }
    (StatusCode::OK, Json(task))
}
