//! `Idempotency-Key`: a repeated POST is answered with the first one's result (draft-ietf-httpapi-idempotency-key-header).
//!
//! [`layer`] does it for every POST. Answers in JSON are kept. Other ones are PDFs with names in them, of calls that make
//! nothing: those are made again, and only guarded against another body and against two at once. The database is the record of
//! truth; beside it the cache has answers that say what was made, for those who ask again soon.

use super::extract::content_type;
use super::incoming::Incoming;
use super::{Caller, Kind, Problem};
use crate::print::manifest::hex;
use crate::service::App;
use crate::service::auth::Scope;
use crate::service::store::CacheKey;
use crate::service::store::db::Columns;
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Duration;
use tracing::Instrument;

/// A first request that died is forgotten after so long.
const ABANDONED: Duration = Duration::from_secs(600);
/// After so long a key may be used for something else.
const FORGOTTEN: Duration = Duration::from_secs(24 * 3600);
/// How long the cache has an answer.
const SOON: Duration = Duration::from_secs(600);
/// And how large it may be there.
const SMALL: usize = 16 << 10;
/// Headers that are part of a result.
const KEPT: [HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::CACHE_CONTROL];
/// Answers that are kept are small.
const MOST: u64 = 1 << 20;
/// In place of a status: it was done, and its answer is made again.
const MADE_AGAIN: i64 = 0;
/// Their handlers say what a form says: its boundary is another one each time.
const FORMS: [&str; 2] = ["/v1/packages", "/v1/batches"];
/// Its answer is a secret, which is not kept, and one more does no harm.
const TOKEN: &str = "/oauth/token";

/// One use of a key; nothing at all where the request has none.
pub struct Once(Option<Used>);

struct Used {
    tenant: String,
    key: String,
    /// What is asked for, and what whoever asks may do: nobody is told what only another may know.
    asked: String,
}

/// What a finished request was answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Answer {
    /// Of what was asked for.
    hash: String,
    status: u16,
    headers: Vec<(String, String)>,
    /// JSON, or nothing.
    body: String,
}

/// Heeds the key of every POST.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let keyed = request.method() == Method::POST && request.headers().contains_key("idempotency-key");
    let path = request.uri().path();
    if !keyed || path == TOKEN {
        return next.run(request).await;
    }
    let form = FORMS.contains(&path);
    // On its own: who hung up asks again, and is then told what came of it.
    let answer = async move { if form { Ok(next.run(request).await) } else { repeatable(&app, request, next).await } };
    let answer = tokio::spawn(answer.in_current_span());
    match answer.await {
        Ok(answer) => answer.into_response(),
        Err(e) => match e.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Kind::Busy.because("the process is stopping").into_response(),
        },
    }
}

async fn repeatable(app: &App, request: Request, next: Next) -> Result<Response, Problem> {
    let caller = app.auth.caller(request.headers()).await?;
    let asked = request.uri().path_and_query().map_or(String::new(), |p| format!("POST {p}"));
    let once = Once::of(&caller, request.headers(), &asked)?;
    let folder = Incoming::new(app).await?;
    let (head, body) = request.into_parts();
    let (body, hash) = folder.pass(body, app.config.server.max_body, app.config.server.request_time).await?;
    let work = async move { Ok(next.run(Request::from_parts(head, body)).await) };
    once.run(app, &[hash.as_bytes()], work).await
}

impl Once {
    /// # Errors
    /// A key that is none.
    pub fn of(caller: &Caller, headers: &HeaderMap, asked: &str) -> Result<Self, Problem> {
        let Some(said) = headers.get("idempotency-key") else { return Ok(Once(None)) };
        let key = said.to_str().ok().map(|k| k.trim_matches('"')).filter(|k| (1..=255).contains(&k.len()));
        let key = key.ok_or_else(|| Problem::field("Idempotency-Key", "1 to 255 printable characters are expected"))?;
        let scopes: Vec<&str> = caller.scopes.iter().copied().map(Scope::name).collect();
        let asked = format!("{asked} {}", scopes.join(","));
        Ok(Once(Some(Used { tenant: caller.tenant.clone(), key: key.to_owned(), asked })))
    }

    /// Does `work`, unless it was done. `said` is what the request says: the same key with something else is a mistake.
    ///
    /// # Errors
    /// It is under way (409), the key belongs to another request (422), or of `work`: then the key is free again, as it is
    /// after an answer that is no success.
    pub async fn run(
        self,
        app: &App,
        said: &[&[u8]],
        work: impl Future<Output = Result<Response, Problem>>,
    ) -> Result<Response, Problem> {
        let Some(used) = self.0 else { return work.await };
        let mut hash = Sha256::new();
        for part in [used.asked.as_bytes()].iter().chain(said) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let hash = hex(&hash.finalize());
        if let Some(response) = used.claim(app, &hash).await? {
            return Ok(response);
        }
        let answer = work.await;
        match answer {
            Ok(response) if response.status().is_success() => used.keep(app, hash, response).await,
            answer => {
                let text = "DELETE FROM idempotency WHERE tenant_id = $1 AND idempotency_key = $2 AND status IS NULL";
                app.db.execute(app.db.query(text).bind(used.tenant).bind(used.key)).await?;
                answer
            }
        }
    }
}

impl Used {
    /// Takes the key, or gives the first request's answer.
    async fn claim(&self, app: &App, hash: &str) -> Result<Option<Response>, Problem> {
        if let Some(answer) = app.cache.get::<Answer>(self.remembered()).await {
            return answer.again(hash).map(Some);
        }
        let text = "DELETE FROM idempotency WHERE tenant_id = $1 AND idempotency_key = $2
                    AND created_at < {now} - CASE WHEN status IS NULL THEN CAST($3 AS {int}) ELSE CAST($4 AS {int}) END";
        let query = app.db.query(text).bind(self.tenant.clone()).bind(self.key.clone());
        app.db.execute(query.bind(ABANDONED.as_millis() as i64).bind(FORGOTTEN.as_millis() as i64)).await?;
        let text =
            "INSERT INTO idempotency (tenant_id, idempotency_key, request_hash, created_at) VALUES ($1, $2, $3, {now})
                    ON CONFLICT DO NOTHING";
        let query = app.db.query(text).bind(self.tenant.clone()).bind(self.key.clone()).bind(hash.to_owned());
        if app.db.execute(query).await?.rows_affected() == 1 {
            return Ok(None);
        }
        let text = "SELECT request_hash, status, headers{as_text} AS headers, body,
                    created_at + CAST($3 AS {int}) - {now} AS rest FROM idempotency
                    WHERE tenant_id = $1 AND idempotency_key = $2";
        let query = app.db.query(text).bind(self.tenant.clone()).bind(self.key.clone());
        let query = query.bind(FORGOTTEN.as_millis() as i64);
        let in_flight =
            || Kind::InFlight.because("a request with this Idempotency-Key is under way; try again for its result");
        let row = query.fetch_optional(app.db.writer()).await?.ok_or_else(in_flight)?;
        let asked: String = row.col("request_hash")?;
        is_same(&asked, hash)?;
        let status = row.col::<Option<i64>>("status")?.ok_or_else(in_flight)?;
        if status == MADE_AGAIN {
            let text = "UPDATE idempotency SET status = NULL, created_at = {now}
                        WHERE tenant_id = $1 AND idempotency_key = $2 AND status = $3";
            let query = app.db.query(text).bind(self.tenant.clone()).bind(self.key.clone()).bind(MADE_AGAIN);
            let taken = app.db.execute(query).await?.rows_affected() == 1;
            return if taken { Ok(None) } else { Err(in_flight()) };
        }
        let headers = row.col::<Option<String>>("headers")?.unwrap_or_default();
        let answer = Answer {
            hash: asked,
            status: u16::try_from(status).unwrap_or_default(),
            headers: serde_json::from_str(&headers).unwrap_or_default(),
            body: json(row.col::<Option<Vec<u8>>>("body")?.unwrap_or_default())?,
        };
        let rest = Duration::from_millis(u64::try_from(row.col::<i64>("rest")?).unwrap_or_default());
        self.remember(app, &answer, rest.min(SOON)).await;
        answer.again(hash).map(Some)
    }

    async fn keep(self, app: &App, hash: String, response: Response) -> Result<Response, Problem> {
        let (parts, body) = response.into_parts();
        let small = body.size_hint().upper().is_some_and(|bytes| bytes <= MOST);
        let kind = content_type(&parts.headers);
        if !small || !(kind.is_empty() || kind == "application/json") {
            let text = "UPDATE idempotency SET status = $1 WHERE tenant_id = $2 AND idempotency_key = $3";
            app.db.execute(app.db.query(text).bind(MADE_AGAIN).bind(self.tenant).bind(self.key)).await?;
            return Ok(Response::from_parts(parts, body));
        }
        let body = to_bytes(body, MOST as usize).await.map_err(std::io::Error::other)?;
        let kept = |name: &HeaderName| Some((name.to_string(), parts.headers.get(name)?.to_str().ok()?.to_owned()));
        let kept: Vec<_> = KEPT.iter().filter_map(kept).collect();
        let headers = serde_json::to_string(&kept).map_err(std::io::Error::from)?;
        let text = "UPDATE idempotency SET status = $1, headers = $2{as_json}, body = $3 WHERE tenant_id = $4 AND idempotency_key = $5";
        let query = app.db.query(text).bind(i64::from(parts.status.as_u16())).bind(headers).bind(body.to_vec());
        app.db.execute(query.bind(self.tenant.clone()).bind(self.key.clone())).await?;
        let answer = Answer { hash, status: parts.status.as_u16(), headers: kept, body: json(body.to_vec())? };
        self.remember(app, &answer, SOON).await;
        Ok(Response::from_parts(parts, Body::from(body)))
    }

    fn remembered(&self) -> CacheKey<'_> {
        CacheKey::Answer { tenant: &self.tenant, key: &self.key }
    }

    /// What says what was made, and no secret, is had from the cache for a while.
    async fn remember(&self, app: &App, answer: &Answer, time: Duration) {
        let secret = |(name, value): &(String, String)| name.as_str() == header::CACHE_CONTROL && value == "no-store";
        let made = matches!(answer.status, 201 | 202) && answer.body.len() <= SMALL;
        if made && !answer.headers.iter().any(secret) {
            app.cache.put(self.remembered(), answer, time).await;
        }
    }
}

impl Answer {
    /// # Errors
    /// It is of another request.
    fn again(self, hash: &str) -> Result<Response, Problem> {
        is_same(&self.hash, hash)?;
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or_default();
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
        Ok(response)
    }
}

fn json(body: Vec<u8>) -> Result<String, std::io::Error> {
    String::from_utf8(body).map_err(std::io::Error::other)
}

fn is_same(first: &str, now: &str) -> Result<(), Problem> {
    if first == now {
        return Ok(());
    }
    Err(Kind::KeyReused.because("this Idempotency-Key was used for a request that said something else"))
}
