//! Webhooks, as [Standard Webhooks](https://www.standardwebhooks.com) has them: signed, repeated, replayable.

use super::App;
use super::store::DbError;
use super::store::db::Columns;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::Duration;
use url::Url;
use uuid::Uuid;

/// Events that there are.
pub const EVENTS: [&str; 2] = ["batch.finished", "package.finished"];

const SECOND: u64 = 1;
const MINUTE: u64 = 60;
const HOUR: u64 = 3600;
/// Seconds before each further attempt, as Svix has them.
const AGAIN: [u64; 7] = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR];
const LEASE: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(15);
pub const PREFIX: &str = "whsec_";

/// A secret to sign with.
///
/// # Errors
/// The system has no random numbers.
pub fn secret() -> Result<String, std::io::Error> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|e| std::io::Error::other(e.to_string()))?;
    Ok(format!("{PREFIX}{}", STANDARD.encode(random)))
}

/// The value of `webhook-signature`.
pub fn signature(secret: &str, id: &str, timestamp: i64, body: &str) -> String {
    let key = STANDARD.decode(secret.trim_start_matches(PREFIX)).unwrap_or_default();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes a key of any length");
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// Makes a message for each webhook of the tenant that wants this event.
///
/// # Errors
/// Of the database.
pub async fn send(app: &App, tenant: &str, event: &'static str, data: &Value) -> Result<(), DbError> {
    let body = json!({"type": event, "timestamp": jiff::Timestamp::now().to_string(), "data": data}).to_string();
    let mut tx = app.db.begin().await?;
    let text = "SELECT id, events FROM webhooks WHERE tenant_id = $1 AND disabled_at IS NULL";
    for row in app.db.query(text).bind(tenant.to_owned()).fetch_all(&mut *tx).await? {
        let wanted: String = row.col("events")?;
        if !wanted.is_empty() && !wanted.split(',').any(|w| w == event) {
            continue;
        }
        let text =
            "INSERT INTO webhook_messages (id, tenant_id, webhook_id, event, body, state, attempts, run_at, created_at)
                    VALUES ($1, $2, $3, $4, $5, 'waiting', 0, {now}, {now})";
        let query = app.db.query(text).bind(format!("msg_{}", Uuid::now_v7().simple())).bind(tenant.to_owned());
        query.bind(row.col::<String>("id")?).bind(event).bind(body.clone()).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    app.queue.ring();
    Ok(())
}

/// Delivers messages, until the process must stop.
pub async fn run(app: App) {
    while !app.stopping.is_cancelled() {
        match one(&app).await {
            Ok(true) => {}
            Ok(false) => tokio::select! {
                () = app.queue.wait() => {}
                () = app.stopping.cancelled() => {}
            },
            Err(e) => {
                tracing::error!(error = %e, "webhooks could not be delivered");
                tokio::time::sleep(app.config.jobs.poll).await;
            }
        }
    }
}

/// Delivers what is due now.
pub async fn flush(app: &App) {
    loop {
        match one(app).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(e) => return tracing::error!(error = %e, "webhooks could not be delivered"),
        }
    }
}

/// Delivers the message that is due first; gives whether there was one.
async fn one(app: &App) -> Result<bool, DbError> {
    let text = "UPDATE webhook_messages SET run_at = {now} + $1, attempts = attempts + 1
                WHERE id = (SELECT id FROM webhook_messages WHERE state = 'waiting' AND run_at <= {now}
                            ORDER BY run_at, id LIMIT 1 {skip_locked})
                RETURNING id, webhook_id, body, attempts";
    let query = app.db.query(text).bind(LEASE.as_millis() as i64);
    let Some(message) = query.fetch_optional(app.db.writer()).await? else { return Ok(false) };
    let (id, webhook): (String, String) = (message.col("id")?, message.col("webhook_id")?);
    let text = "SELECT url, secret, disabled_at FROM webhooks WHERE id = $1";
    let row = app.db.query(text).bind(webhook.clone()).fetch_one(app.db.writer()).await?;
    let disabled = row.col::<Option<i64>>("disabled_at")?.is_some();
    let outcome = match disabled {
        true => Err((None, "the webhook was disabled".to_owned())),
        false => {
            post(app, &row.col::<String>("url")?, &row.col::<String>("secret")?, &id, &message.col::<String>("body")?)
                .await
        }
    };
    let attempts: i64 = message.col("attempts")?;
    let again = AGAIN.get(attempts as usize - 1).filter(|_| !disabled);
    let (state, status, error) = match &outcome {
        Ok(status) => ("delivered", Some(*status), None),
        Err((status, error)) => (if again.is_some() { "waiting" } else { "failed" }, *status, Some(error.clone())),
    };
    let wait = again.map_or(0, |seconds| seconds * 1000);
    let text = "UPDATE webhook_messages SET state = $1, last_status = $2, last_error = $3, run_at = {now} + $4,
                    delivered_at = CASE WHEN $1 = 'delivered' THEN {now} END
                WHERE id = $5";
    let query = app.db.query(text).bind(state).bind(status.map(i64::from)).bind(error).bind(wait as i64).bind(id);
    app.db.execute(query).await?;
    // 410: whoever it was wants no more of them.
    if matches!(outcome, Err((Some(410), _))) {
        let query = app.db.query("UPDATE webhooks SET disabled_at = {now} WHERE id = $1").bind(webhook);
        app.db.execute(query).await?;
    }
    Ok(true)
}

/// The status, where it says that the message was taken.
async fn post(app: &App, url: &str, secret: &str, id: &str, body: &str) -> Result<u16, (Option<u16>, String)> {
    let url = Url::parse(url).map_err(|e| (None, e.to_string()))?;
    let timestamp = jiff::Timestamp::now().as_second();
    let client = app.guard.client(&url).map_err(|e| (None, e.to_string()))?;
    let request = client
        .post(url)
        .timeout(TIMEOUT)
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", signature(secret, id, timestamp, body))
        .body(body.to_owned());
    // Without its URL, which may hold a secret of the one who is called.
    let response = request.send().await.map_err(|e| (None, e.without_url().to_string()))?;
    let status = response.status();
    if status.is_success() {
        Ok(status.as_u16())
    } else {
        Err((Some(status.as_u16()), format!("it answered {status}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_specification() {
        // The example of its reference implementations.
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let body = "{\"test\": 2432232314}";
        let signed = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
