//! `Idempotency-Key`: a repeated POST is answered with the first one's result (draft-ietf-httpapi-idempotency-key-header).

use super::{Caller, Kind, Problem};
use crate::print::manifest::hex;
use crate::service::App;
use crate::service::store::db::Columns;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// A first request that died is forgotten after so long.
const ABANDONED: Duration = Duration::from_secs(600);
/// Headers that are part of a result.
const KEPT: [HeaderName; 2] = [header::CONTENT_TYPE, header::LOCATION];
/// Answers that are kept are small.
const MOST: usize = 8 << 20;

/// One use of a key; nothing at all where the request has none.
pub struct Once(Option<Used>);

struct Used {
    tenant: String,
    key: String,
    route: &'static str,
}

impl Once {
    /// # Errors
    /// A key that is none.
    pub fn of(caller: &Caller, headers: &HeaderMap, route: &'static str) -> Result<Self, Problem> {
        let Some(said) = headers.get("idempotency-key") else { return Ok(Once(None)) };
        let key = said.to_str().ok().map(|k| k.trim_matches('"')).filter(|k| (1..=255).contains(&k.len()));
        let key = key.ok_or_else(|| Problem::field("Idempotency-Key", "1 to 255 printable characters are expected"))?;
        Ok(Once(Some(Used { tenant: caller.tenant.clone(), key: key.to_owned(), route })))
    }

    /// Does `work`, unless it was done. `said` is what the request says: the same key with something else is a mistake.
    ///
    /// # Errors
    /// It is under way (409), the key belongs to another request (422), or of `work`: then the key is free again.
    pub async fn run(
        self,
        app: &App,
        said: &[&[u8]],
        work: impl Future<Output = Result<Response, Problem>>,
    ) -> Result<Response, Problem> {
        let Some(used) = self.0 else { return work.await };
        let mut hash = Sha256::new();
        for part in [used.route.as_bytes()].iter().chain(said) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let hash = hex(&hash.finalize());
        if let Some(response) = used.claim(app, &hash).await? {
            return Ok(response);
        }
        match work.await {
            Ok(response) => used.keep(app, response).await,
            Err(problem) => {
                let text = "DELETE FROM idempotency WHERE tenant_id = $1 AND idempotency_key = $2 AND status IS NULL";
                app.db.execute(app.db.query(text).bind(used.tenant).bind(used.key)).await?;
                Err(problem)
            }
        }
    }
}

impl Used {
    /// Takes the key, or gives the first request's answer.
    async fn claim(&self, app: &App, hash: &str) -> Result<Option<Response>, Problem> {
        let text = "DELETE FROM idempotency WHERE tenant_id = $1 AND idempotency_key = $2 AND status IS NULL AND created_at < {now} - $3";
        let query = app.db.query(text).bind(self.tenant.clone()).bind(self.key.clone());
        app.db.execute(query.bind(ABANDONED.as_millis() as i64)).await?;
        let text =
            "INSERT INTO idempotency (tenant_id, idempotency_key, request_hash, created_at) VALUES ($1, $2, $3, {now})
                    ON CONFLICT DO NOTHING";
        let query = app.db.query(text).bind(self.tenant.clone()).bind(self.key.clone()).bind(hash.to_owned());
        if app.db.execute(query).await?.rows_affected() == 1 {
            return Ok(None);
        }
        let text = "SELECT request_hash, status, headers{as_text} AS headers, body FROM idempotency
                    WHERE tenant_id = $1 AND idempotency_key = $2";
        let query = app.db.query(text).bind(self.tenant.clone()).bind(self.key.clone());
        let in_flight =
            || Kind::InFlight.because("a request with this Idempotency-Key is under way; try again for its result");
        let row = query.fetch_optional(app.db.writer()).await?.ok_or_else(in_flight)?;
        if row.col::<String>("request_hash")? != hash {
            return Err(Kind::KeyReused.because("this Idempotency-Key was used for a request that said something else"));
        }
        let status = row.col::<Option<i64>>("status")?.ok_or_else(in_flight)?;
        let headers: Vec<(String, String)> =
            serde_json::from_str(&row.col::<Option<String>>("headers")?.unwrap_or_default()).unwrap_or_default();
        let mut response = Response::new(Body::from(row.col::<Option<Vec<u8>>>("body")?.unwrap_or_default()));
        *response.status_mut() =
            u16::try_from(status).ok().and_then(|s| StatusCode::from_u16(s).ok()).unwrap_or_default();
        for (name, value) in headers {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
        Ok(Some(response))
    }

    async fn keep(self, app: &App, response: Response) -> Result<Response, Problem> {
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, MOST).await.map_err(std::io::Error::other)?;
        let kept = |name: &HeaderName| Some((name.to_string(), parts.headers.get(name)?.to_str().ok()?.to_owned()));
        let headers: Vec<_> = KEPT.iter().filter_map(kept).collect();
        let headers = serde_json::to_string(&headers).map_err(std::io::Error::from)?;
        let text = "UPDATE idempotency SET status = $1, headers = $2{as_json}, body = $3 WHERE tenant_id = $4 AND idempotency_key = $5";
        let query = app.db.query(text).bind(i64::from(parts.status.as_u16())).bind(headers).bind(body.to_vec());
        app.db.execute(query.bind(self.tenant).bind(self.key)).await?;
        Ok(Response::from_parts(parts, Body::from(body)))
    }
}
