//! What was put into the outbox with the change that it tells of, and goes elsewhere after it: at least once.

use super::App;
use super::cloud::{TaskError, Tasks};
use super::store::DbError;
use super::store::db::{Columns, Freshness};
use super::{warehouse, webhooks};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinSet;
use uuid::Uuid;

/// Told again if whoever took them died, or was not heard.
const LEASE: Duration = Duration::from_secs(30);

/// Tells what waits, until the process must stop.
pub async fn run(app: App) {
    while !app.stopping.is_cancelled() {
        match tell(&app).await {
            Ok(0) => tokio::select! {
                () = app.queue.wait() => {}
                () = app.stopping.cancelled() => {}
            },
            Ok(_) => {}
            Err(e) => {
                tracing::error!(error = %e, "the outbox could not be told");
                tokio::time::sleep(app.config.jobs.poll).await;
            }
        }
    }
}

/// Tells what waits now. An instance that is paid by the request has no time to tell anything after its answer.
pub async fn flush(app: &App) {
    loop {
        match tell(app).await {
            Ok(0) => return,
            Ok(_) => {}
            Err(e) => return tracing::error!(error = %e, "the outbox could not be told"),
        }
    }
}

async fn tell(app: &App) -> Result<usize, DbError> {
    let text = "UPDATE outbox SET run_at = {now} + $1, attempts = attempts + 1
                WHERE id IN (SELECT id FROM outbox WHERE sent_at IS NULL AND run_at <= {now} AND topic <> $2
                             ORDER BY run_at, id LIMIT 50 {skip_locked})
                RETURNING id, tenant_id, topic, payload{as_text} AS payload";
    let query = app.db.query(text).bind(LEASE.as_millis() as i64).bind(warehouse::TOPIC);
    let rows = query.fetch_all(app.db.writer()).await?;
    // A call over the network each: all at once.
    let mut tasks = JoinSet::new();
    for row in &rows {
        let (id, tenant, topic): (String, String, String) = (row.col("id")?, row.col("tenant_id")?, row.col("topic")?);
        let payload: Value =
            serde_json::from_str(&row.col::<String>("payload")?).map_err(|e| DbError::Decode(e.into()))?;
        match (topic.as_str(), &app.tasks) {
            ("task", Some(client)) => {
                let client = client.clone();
                tasks.spawn(async move { (task(&client, &payload).await, id) });
                continue;
            }
            ("run_job", Some(client)) => {
                let (app, client) = (app.clone(), client.clone());
                tasks.spawn(async move { (run_job(&app, &client, &payload).await, id) });
                continue;
            }
            ("job.finished", _) => finished(app, &id, &tenant, &payload).await?,
            _ => {}
        }
        sent(app, id).await?;
    }
    while let Some(made) = tasks.join_next().await {
        match made {
            Ok((Ok(()), id)) => sent(app, id).await?,
            Ok((Err(e), _)) => tracing::error!(error = %e, "work could not be handed on; it is tried again"),
            Err(e) => tracing::error!(error = %e, "work could not be handed on; it is tried again"),
        }
    }
    Ok(rows.len())
}

async fn sent(app: &App, id: String) -> Result<(), DbError> {
    let query = app.db.query("UPDATE outbox SET sent_at = {now} WHERE id = $1").bind(id);
    app.db.execute(query).await.map(|_| ())
}

/// Why somebody else does not know yet what there is to do.
#[derive(Debug, thiserror::Error)]
enum NotHanded {
    #[error(transparent)]
    Google(#[from] TaskError),
    #[error(transparent)]
    Db(#[from] DbError),
}

async fn task(tasks: &Tasks, payload: &Value) -> Result<(), NotHanded> {
    // Whoever wrote it wrote an id.
    let Some(item) = payload["item"].as_str().and_then(|id| Uuid::parse_str(id).ok()) else { return Ok(()) };
    let due = payload["run_at"].as_i64().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    Ok(tasks.create(item, payload["fence"].as_i64().unwrap_or_default(), due).await?)
}

/// Has a large job run on Cloud Run, if it still is to be done.
async fn run_job(app: &App, tasks: &Tasks, payload: &Value) -> Result<(), NotHanded> {
    let Some(job) = payload["job"].as_str().and_then(|id| Uuid::parse_str(id).ok()) else { return Ok(()) };
    if app.queue.progress(job, Freshness::Latest).await?.is_none_or(|p| p.state.is_final()) {
        return Ok(());
    }
    tasks.run(job, payload["tasks"].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or(1)).await?;
    Ok(app.queue.run_began(job).await?)
}

/// A job's end, as an event for webhooks: by what the job was about. `told` is the message's id here.
async fn finished(app: &App, told: &str, tenant: &str, payload: &Value) -> Result<(), DbError> {
    let job = payload["job"].as_str().unwrap_or_default().to_owned();
    let (event, what, text) = match payload["kind"].as_str() {
        Some("batch") => ("batch.finished", "batch", "SELECT id FROM batches WHERE job_id = $1"),
        Some("package") => ("package.finished", "package", "SELECT id FROM packages WHERE job_id = $1"),
        _ => return Ok(()),
    };
    let Some(row) = app.db.query(text).bind(job).fetch_optional(app.db.writer()).await? else { return Ok(()) };
    let data = json!({what: row.col::<String>("id")?, "state": payload["state"], "unread_pages": payload["unread"]});
    webhooks::send(app, told, tenant, event, &data).await
}
