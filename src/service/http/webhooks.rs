//! Where a tenant is told of what ended: `/v1/webhooks`.

use super::caller::Admin;
use super::extract::{Json, Path, Query};
use super::job::time;
use super::paging::{Page, Paging};
use super::{Caller, Problem};
use crate::service::App;
use crate::service::store::db::{Columns, Freshness};
use crate::service::webhooks::{EVENTS, secret};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// https, and a public address.
    #[schema(format = "uri")]
    url: String,
    /// All where it is empty or absent.
    #[serde(default)]
    #[schema(value_type = Vec<EventName>)]
    events: Vec<String>,
}

#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
enum EventName {
    #[schema(rename = "batch.finished")]
    BatchFinished,
    #[schema(rename = "package.finished")]
    PackageFinished,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Webhook {
    pub id: Uuid,
    pub url: String,
    pub events: Vec<String>,
    /// To check signatures with; told only when the webhook is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    #[schema(format = DateTime)]
    pub disabled_at: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Message {
    pub id: String,
    pub event: String,
    /// `waiting`, `delivered` or `failed`.
    pub state: String,
    pub attempts: u32,
    pub last_status: Option<u16>,
    pub last_error: Option<String>,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub delivered_at: Option<String>,
}

/// Be told when batches and packages end.
#[utoipa::path(post, path = "/v1/webhooks", tag = "webhooks", request_body = NewWebhook, responses(
    (status = 201, description = "It, with its secret", body = Webhook, headers(("Location", description = "Where it is"))),
    (status = 400, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
    (status = 415, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "An URL that may not be called, or no such event", body = Problem, content_type = "application/problem+json"),
))]
pub async fn create(
    State(app): State<App>,
    Admin(caller): Admin,
    Json(new): Json<NewWebhook>,
) -> Result<Response, Problem> {
    let url = Url::parse(&new.url).map_err(|e| Problem::field("url", e.to_string()))?;
    app.guard.client(&url).map_err(|e| Problem::field("url", e.to_string()))?;
    if let Some(unknown) = new.events.iter().find(|e| !EVENTS.contains(&e.as_str())) {
        return Err(Problem::field(
            "events",
            format!("“{unknown}” is not known; some of {} are expected", EVENTS.join(", ")),
        ));
    }
    let (id, secret) = (Uuid::now_v7(), secret()?);
    let text =
        "INSERT INTO webhooks (id, tenant_id, url, secret, events, created_at) VALUES ($1, $2, $3, $4, $5, {now})";
    let query = app.db.query(text).bind(id.to_string()).bind(caller.tenant).bind(url.to_string());
    app.db.execute(query.bind(secret.clone()).bind(new.events.join(","))).await?;
    let webhook = Webhook { id, url: url.to_string(), events: new.events, secret: Some(secret), disabled_at: None };
    // It has a secret in it.
    let headers = [(header::LOCATION, format!("/v1/webhooks/{id}")), (header::CACHE_CONTROL, "no-store".to_owned())];
    Ok((StatusCode::CREATED, headers, axum::Json(webhook)).into_response())
}

/// Webhooks, the latest first.
#[utoipa::path(get, path = "/v1/webhooks", tag = "webhooks", params(Paging), responses(
    (status = 200, description = "Some of them", body = Page<Webhook>),
    (status = 422, description = "No such cursor or limit", body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(
    State(app): State<App>,
    Admin(caller): Admin,
    Query(paging): Query<Paging>,
) -> Result<axum::Json<Page<Webhook>>, Problem> {
    let limit = paging.limit()?;
    let text = "SELECT id, url, events, disabled_at FROM webhooks WHERE tenant_id = $1 AND id < $2
                ORDER BY id DESC LIMIT $3";
    let query = app.db.query(text).bind(caller.tenant).bind(paging.after()?.unwrap_or_else(|| "~".to_owned()));
    let mut all = Vec::new();
    for row in query.bind(limit + 1).fetch_all(app.db.reader(Freshness::Latest)).await? {
        all.push(Webhook {
            id: Uuid::parse_str(&row.col::<String>("id")?).map_err(|_| Problem::not_found("webhook"))?,
            url: row.col("url")?,
            events: row.col::<String>("events")?.split(',').filter(|e| !e.is_empty()).map(str::to_owned).collect(),
            secret: None,
            disabled_at: row.col::<Option<i64>>("disabled_at")?.map(time),
        });
    }
    Ok(axum::Json(Page::of(all, limit, |webhook| webhook.id.to_string())))
}

async fn owned(app: &App, caller: &Caller, id: Uuid) -> Result<(), Problem> {
    let text = "SELECT 1 AS one FROM webhooks WHERE id = $1 AND tenant_id = $2";
    let query = app.db.query(text).bind(id.to_string()).bind(caller.tenant.clone());
    let row = query.fetch_optional(app.db.reader(Freshness::Latest)).await?;
    row.map(|_| ()).ok_or_else(|| Problem::not_found("webhook"))
}

/// Be told no more.
#[utoipa::path(delete, path = "/v1/webhooks/{id}", tag = "webhooks", params(("id" = Uuid, Path)), responses(
    (status = 204, description = "It is gone, with its messages"),
    (status = 404, description = "None of yours has this id", body = Problem, content_type = "application/problem+json"),
))]
pub async fn delete(State(app): State<App>, Admin(caller): Admin, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    owned(&app, &caller, id).await?;
    app.db.execute(app.db.query("DELETE FROM webhooks WHERE id = $1").bind(id.to_string())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What was sent, the latest first.
#[utoipa::path(get, path = "/v1/webhooks/{id}/messages", tag = "webhooks", params(("id" = Uuid, Path), Paging), responses(
    (status = 200, description = "Some of them", body = Page<Message>),
    (status = 404, description = "None of yours has this id", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "No such cursor or limit", body = Problem, content_type = "application/problem+json"),
))]
pub async fn messages(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<Uuid>,
    Query(paging): Query<Paging>,
) -> Result<axum::Json<Page<Message>>, Problem> {
    let limit = paging.limit()?;
    owned(&app, &caller, id).await?;
    let text =
        "SELECT id, event, state, attempts, last_status, last_error, created_at, delivered_at FROM webhook_messages
                WHERE webhook_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    let query = app.db.query(text).bind(id.to_string()).bind(paging.after()?.unwrap_or_else(|| "~".to_owned()));
    let mut all = Vec::new();
    for row in query.bind(limit + 1).fetch_all(app.db.reader(Freshness::Latest)).await? {
        all.push(Message {
            id: row.col("id")?,
            event: row.col("event")?,
            state: row.col("state")?,
            attempts: row.col::<i64>("attempts")? as u32,
            last_status: row.col::<Option<i64>>("last_status")?.map(|s| s as u16),
            last_error: row.col("last_error")?,
            created_at: time(row.col("created_at")?),
            delivered_at: row.col::<Option<i64>>("delivered_at")?.map(time),
        });
    }
    Ok(axum::Json(Page::of(all, limit, |m| m.id.clone())))
}

/// Send a message once more.
#[utoipa::path(post, path = "/v1/webhooks/{id}/messages/{message}/replay", tag = "webhooks",
    params(("id" = Uuid, Path), ("message" = String, Path)), responses(
    (status = 202, description = "It will be sent"),
    (status = 404, description = "No such message of yours", body = Problem, content_type = "application/problem+json"),
))]
pub async fn replay(
    State(app): State<App>,
    Admin(caller): Admin,
    Path((id, message)): Path<(Uuid, String)>,
) -> Result<StatusCode, Problem> {
    owned(&app, &caller, id).await?;
    let text =
        "UPDATE webhook_messages SET state = 'waiting', attempts = 0, run_at = {now} WHERE id = $1 AND webhook_id = $2";
    let query = app.db.query(text).bind(message.replace('\0', "")).bind(id.to_string());
    if app.db.execute(query).await?.rows_affected() == 0 {
        return Err(Problem::not_found("message"));
    }
    app.queue.ring();
    Ok(StatusCode::ACCEPTED)
}
