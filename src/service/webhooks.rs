//! Webhooks, as [Standard Webhooks](https://www.standardwebhooks.com) has them: signed, repeated, replayable.

use super::App;
use super::store::DbError;
use super::store::db::Columns;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::time::Duration;
use tokio::task::{self, JoinSet};
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
/// Messages that a process sends at once, and of those to one webhook: who does not answer delays nobody else.
const AT_ONCE: usize = 16;
const OF_ONE: usize = 2;
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

/// A message's id. The same for what is told twice, so that whoever took it knows it again ("unique identifier for the webhook message",
/// Standard Webhooks); of the time of what is told, for messages are listed by it.
fn id(told: &str, webhook: &str) -> String {
    let hash = Sha256::digest(format!("{told}.{webhook}"));
    let mut random = [0; 10];
    random.copy_from_slice(&hash[..10]);
    let told = Uuid::parse_str(told).unwrap_or_default().as_u128();
    let id = uuid::Builder::from_unix_timestamp_millis((told >> 80) as u64, &random).into_uuid();
    format!("msg_{}", id.simple())
}

/// Makes a message for each webhook of the tenant that wants this event, where it is not made yet. `told` is what the outbox
/// calls the event.
///
/// # Errors
/// Of the database.
pub async fn send(app: &App, told: &str, tenant: &str, event: &'static str, data: &Value) -> Result<(), DbError> {
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
                    VALUES ($1, $2, $3, $4, $5, 'waiting', 0, {now}, {now}) ON CONFLICT (id) DO NOTHING";
        let webhook: String = row.col("id")?;
        let query = app.db.query(text).bind(id(told, &webhook)).bind(tenant.to_owned());
        query.bind(webhook).bind(event).bind(body.clone()).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    app.queue.ring();
    Ok(())
}

/// Delivers messages, until the process must stop.
pub async fn run(app: App) {
    let mut sending = Sending::default();
    while !app.stopping.is_cancelled() {
        if let Err(e) = sending.begin(&app).await {
            tracing::error!(error = %e, "webhooks could not be delivered");
            tokio::time::sleep(app.config.jobs.poll).await;
        }
        tokio::select! {
            true = sending.ended() => {}
            () = app.queue.wait() => {}
            () = app.stopping.cancelled() => {}
        }
    }
}

/// Delivers what is due now.
pub async fn flush(app: &App) {
    let mut sending = Sending::default();
    loop {
        if let Err(e) = sending.begin(app).await {
            tracing::error!(error = %e, "webhooks could not be delivered");
        }
        if !sending.ended().await {
            return;
        }
    }
}

/// What is being sent, and to which webhooks.
#[derive(Default)]
struct Sending {
    tasks: JoinSet<Result<(), DbError>>,
    webhooks: HashMap<task::Id, String>,
}

impl Sending {
    /// Begins with what is due, as far as there is place.
    async fn begin(&mut self, app: &App) -> Result<(), DbError> {
        while self.tasks.len() < AT_ONCE {
            let Some(message) = claim(app, self.full()).await? else { break };
            let webhook = message.webhook.clone();
            let task = self.tasks.spawn(deliver(app.clone(), message)).id();
            self.webhooks.insert(task, webhook);
        }
        Ok(())
    }

    /// Webhooks to which no more is sent at once.
    fn full(&self) -> Vec<String> {
        let mut counts = HashMap::<&str, usize>::new();
        self.webhooks.values().for_each(|webhook| *counts.entry(webhook).or_default() += 1);
        counts.into_iter().filter(|(_, count)| *count >= OF_ONE).map(|(webhook, _)| webhook.to_owned()).collect()
    }

    /// Once one was sent, whatever came of it; false where none is being sent.
    async fn ended(&mut self) -> bool {
        let (id, error) = match self.tasks.join_next_with_id().await {
            None => return false,
            Some(Ok((id, sent))) => (id, sent.err().map(|e| e.to_string())),
            Some(Err(e)) => (e.id(), Some(e.to_string())),
        };
        self.webhooks.remove(&id);
        if let Some(error) = error {
            tracing::error!(error, "a webhook could not be delivered");
        }
        true
    }
}

struct Message {
    id: String,
    webhook: String,
    body: String,
    /// This one included.
    attempts: i64,
}

/// Takes the message that is due first and for none of these webhooks.
async fn claim(app: &App, full: Vec<String>) -> Result<Option<Message>, DbError> {
    // As many as can be full while there is place for one more.
    let text = "UPDATE webhook_messages SET run_at = {now} + $1, attempts = attempts + 1
                WHERE id = (SELECT id FROM webhook_messages WHERE state = 'waiting' AND run_at <= {now}
                                AND webhook_id NOT IN ($2, $3, $4, $5, $6, $7, $8)
                            ORDER BY run_at, id LIMIT 1 {skip_locked})
                RETURNING id, webhook_id, body, attempts";
    let mut query = app.db.query(text).bind(LEASE.as_millis() as i64);
    for webhook in full.into_iter().chain(std::iter::repeat(String::new())).take((AT_ONCE - 1) / OF_ONE) {
        query = query.bind(webhook);
    }
    let Some(row) = query.fetch_optional(app.db.writer()).await? else { return Ok(None) };
    let (id, webhook) = (row.col("id")?, row.col("webhook_id")?);
    Ok(Some(Message { id, webhook, body: row.col("body")?, attempts: row.col("attempts")? }))
}

/// Sends a message, and notes what came of it.
async fn deliver(app: App, message: Message) -> Result<(), DbError> {
    let Message { id, webhook, body, attempts } = message;
    let text = "SELECT url, secret, disabled_at FROM webhooks WHERE id = $1";
    let row = app.db.query(text).bind(webhook.clone()).fetch_optional(app.db.writer()).await?;
    // Deleted since, and the message with it.
    let Some(row) = row else { return Ok(()) };
    let disabled = row.col::<Option<i64>>("disabled_at")?.is_some();
    let outcome = match disabled {
        true => Err((None, "the webhook was disabled".to_owned())),
        false => post(&app, &row.col::<String>("url")?, &row.col::<String>("secret")?, &id, &body).await,
    };
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
    Ok(())
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
    fn what_is_told_twice_has_one_id_and_ids_are_in_the_order_of_what_is_told() {
        let (first, then) = ("0190b0a0-0000-7000-8000-000000000000", "0190b0a0-0001-7000-8000-000000000000");
        assert_eq!(id(first, "a"), id(first, "a"));
        assert!(id(first, "a") != id(first, "b") && id(first, "b") < id(then, "a"));
        assert!(id(first, "a").starts_with("msg_0190b0a000007"), "{}", id(first, "a"));
    }

    #[test]
    fn the_signature_is_that_of_the_specification() {
        // The example of its reference implementations.
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let body = "{\"test\": 2432232314}";
        let signed = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
