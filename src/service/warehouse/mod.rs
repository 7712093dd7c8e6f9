//! Results and questions to a data warehouse: rows of ids and numbers, for analysis over exams and years.
//!
//! What changed is noted in the outbox ([`changed`]), and sent a while later, as it stands then: as a file to the bucket, and
//! from there by a load job whose id is made of the rows' hash ([`bigquery`]). Whatever fails is tried again; the same rows
//! are never loaded twice.

mod bigquery;
mod config;
mod erase;
mod exam;
mod rows;
mod table;

pub use bigquery::{BigQuery, Load, LoadError};
pub use config::{WarehouseConfig, WarehouseKind};
pub use erase::erased;
pub use table::{QUESTIONS, RESULTS, Table};

use crate::service::App;
use crate::service::grades::GradesError;
use crate::service::store::db::{Columns, Freshness, Millis, Tx};
use crate::service::store::{Db, DbError, Key, ObjectError};
use rows::Rows;
use serde::Deserialize;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

#[derive(Clone)]
pub struct Warehouse(Arc<Target>);

enum Target {
    Folder(PathBuf),
    BigQuery(Box<BigQuery>),
}

#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Grades(#[from] GradesError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

#[derive(Debug, thiserror::Error)]
enum ShipError {
    #[error(transparent)]
    Rows(#[from] RowsError),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("BigQuery loads from a bucket of Cloud Storage: objects.kind must be gcs")]
    NoBucket,
}

/// In the outbox; nobody else takes them.
pub const TOPIC: &str = "warehouse";
const LONGEST: Duration = Duration::from_secs(3600);

impl Warehouse {
    /// None where it is off.
    ///
    /// # Errors
    /// TLS can't be set up.
    pub fn configured(config: &WarehouseConfig, data: &Path) -> Result<Option<Self>, reqwest::Error> {
        let target = match config.kind {
            WarehouseKind::Off => return Ok(None),
            WarehouseKind::Folder => Target::Folder(data.join("warehouse")),
            WarehouseKind::BigQuery => Target::BigQuery(Box::new(BigQuery::new(config.clone())?)),
        };
        Ok(Some(Warehouse(Arc::new(target))))
    }
}

/// Notes that an exam's results changed, whether there is a warehouse yet or not: a later one is sent everything. What is
/// being sent is sent again after it.
///
/// # Errors
/// Of the database.
pub async fn changed(db: &Db, tx: &mut Tx, tenant: &str, application: &str) -> Result<(), DbError> {
    // `created_at` tells a change from those that went before: what was sent meanwhile does not count as this one. What
    // waits already waits no longer for it.
    let text = "INSERT INTO outbox (id, tenant_id, topic, payload, created_at, run_at, attempts)
                VALUES ($1, $2, $3, $4{as_json}, {now}, {now}, 0)
                ON CONFLICT (id) DO UPDATE SET created_at = {now}, sent_at = NULL,
                    run_at = CASE WHEN outbox.sent_at IS NULL THEN outbox.run_at ELSE {now} END";
    let query = db.query(text).bind(format!("{TOPIC}/{tenant}/{application}")).bind(tenant.to_owned()).bind(TOPIC);
    query.bind(json!({"application": application}).to_string()).execute(&mut **tx).await.map(|_| ())
}

/// Sends what is due, until the process must stop.
pub async fn run(app: App) {
    let Some(warehouse) = app.warehouse.clone() else { return };
    while !app.stopping.is_cancelled() {
        match one(&app, &warehouse).await {
            Ok(true) => {}
            Ok(false) => tokio::select! {
                () = app.queue.wait() => {}
                () = app.stopping.cancelled() => {}
            },
            Err(e) => {
                tracing::error!(error = %e, "the warehouse could not be served");
                tokio::time::sleep(app.config.jobs.poll).await;
            }
        }
    }
}

/// Sends what is due now. An instance that is paid by the request has no time to send anything after its answer.
pub async fn flush(app: &App) {
    let Some(warehouse) = &app.warehouse else { return };
    loop {
        match one(app, warehouse).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(e) => return tracing::error!(error = %e, "the warehouse could not be served"),
        }
    }
}

/// What one row of the outbox says.
struct Due {
    id: String,
    tenant: String,
    what: What,
    created_at: Millis,
    attempts: i64,
}

/// What the warehouse is to be told.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    /// This exam's results, as they stand.
    Application(String),
    /// That this student was erased.
    Erase(String),
}

/// Sends what is due first; gives whether there was something.
async fn one(app: &App, warehouse: &Warehouse) -> Result<bool, DbError> {
    let config = &app.config.warehouse;
    let Some(due) = claim(&app.db, config).await? else { return Ok(false) };
    let done = match &due.what {
        What::Application(application) => ship(app, warehouse, &due, application).await,
        What::Erase(student) => erase::erase(app, warehouse, &due.tenant, student, &due.id).await,
    };
    let query = match done {
        // It names whom nothing may name any more.
        Ok(()) if matches!(due.what, What::Erase(_)) => app.db.query("DELETE FROM outbox WHERE id = $1").bind(due.id),
        Ok(()) => {
            // A change of meanwhile stays due.
            let text = "UPDATE outbox SET attempts = 0, run_at = {now},
                            sent_at = CASE WHEN created_at = $1 THEN {now} END WHERE id = $2";
            app.db.query(text).bind(due.created_at).bind(due.id)
        }
        Err(e) => {
            let (tenant, id, attempts) = (&due.tenant, &due.id, due.attempts);
            tracing::warn!(error = %e, tenant, id, attempts, "not sent to the warehouse");
            let doubled = config.backoff.saturating_mul(1 << (attempts - 1).clamp(0, 16));
            let text = "UPDATE outbox SET run_at = {now} + $1 WHERE id = $2";
            app.db.query(text).bind(doubled.min(LONGEST).as_millis() as i64).bind(due.id)
        }
    };
    app.db.execute(query).await?;
    Ok(true)
}

/// A change waits for others to go with it; what failed waits for its turn alone.
async fn claim(db: &Db, config: &WarehouseConfig) -> Result<Option<Due>, DbError> {
    let text = "UPDATE outbox SET run_at = {now} + $1, attempts = attempts + 1
                WHERE id = (SELECT id FROM outbox WHERE sent_at IS NULL AND topic = $2
                                AND run_at <= {now} - CASE WHEN attempts = 0 THEN $3 ELSE 0 END
                            ORDER BY run_at, id LIMIT 1 {skip_locked})
                RETURNING id, tenant_id, payload{as_text} AS payload, created_at, attempts";
    let lease = config.lease().as_millis() as i64;
    let query = db.query(text).bind(lease).bind(TOPIC).bind(config.delay.as_millis() as i64);
    let Some(row) = query.fetch_optional(db.writer()).await? else { return Ok(None) };
    Ok(Some(Due {
        id: row.col("id")?,
        tenant: row.col("tenant_id")?,
        what: serde_json::from_str(&row.col::<String>("payload")?).map_err(|e| DbError::Decode(e.into()))?,
        created_at: row.col("created_at")?,
        attempts: row.col("attempts")?,
    }))
}

async fn ship(app: &App, warehouse: &Warehouse, due: &Due, application: &str) -> Result<(), ShipError> {
    let text = "SELECT MIN(created_at) AS first FROM (
                    SELECT created_at FROM packages WHERE tenant_id = $1 AND application_id = $2
                    UNION ALL SELECT created_at FROM batches WHERE tenant_id = $1 AND application_id = $2) a";
    let query = app.db.query(text).bind(due.tenant.clone()).bind(application.to_owned());
    let row = query.fetch_one(app.db.reader(Freshness::Latest)).await.map_err(RowsError::from)?;
    // Deleted since: there is nothing to send.
    let Some(first) = row.col::<Option<Millis>>("first").map_err(RowsError::from)? else { return Ok(()) };
    let scratch = app.config.data.join("scratch").join(format!("{TOPIC}-{}", Uuid::now_v7()));
    tokio::fs::create_dir_all(&scratch).await?;
    let shipped = exam(app, warehouse, due, application, year(first), &scratch).await;
    tokio::fs::remove_dir_all(&scratch).await?;
    shipped
}

async fn exam(
    app: &App,
    warehouse: &Warehouse,
    due: &Due,
    application: &str,
    year: i16,
    scratch: &Path,
) -> Result<(), ShipError> {
    let tenant = due.tenant.as_str();
    let Some(written) = exam::write(app, tenant, application, due.created_at, scratch).await? else { return Ok(()) };
    for rows in [written.results, written.questions] {
        send(app, warehouse, tenant, year, rows).await?;
    }
    // Sent and not noted is sent once more, under the same hash.
    exam::note(app, tenant, application, written.sent).await?;
    Ok(())
}

async fn send(app: &App, warehouse: &Warehouse, tenant: &str, year: i16, rows: Rows) -> Result<(), ShipError> {
    let (table, count) = (rows.table, rows.count);
    let (file, hash) = rows.finish()?;
    if count == 0 {
        return Ok(());
    }
    let name = table.of(tenant, year);
    match &*warehouse.0 {
        Target::Folder(folder) => {
            let folder = folder.join(&name);
            tokio::fs::create_dir_all(&folder).await?;
            // Under another name until it is whole.
            let part = folder.join(format!("{hash}.part"));
            tokio::fs::copy(&file, &part).await?;
            tokio::fs::rename(&part, folder.join(format!("{hash}.ndjson.gz"))).await?;
        }
        Target::BigQuery(bigquery) => {
            let key = Key::Rows { tenant: tenant.to_owned(), name: format!("{name}-{hash}.ndjson.gz") };
            let uri = app.objects.cloud_uri(&key).ok_or(ShipError::NoBucket)?;
            app.objects.put_file(&key, &file).await?;
            bigquery.load(&Load { table, name: &name, hash: &hash, uri: &uri }).await?;
            app.objects.delete(&key).await?;
        }
    }
    tracing::info!(tenant, table = name, rows = count, "sent to the warehouse");
    Ok(())
}

fn year(millis: Millis) -> i16 {
    jiff::Timestamp::from_millisecond(millis).map_or(1970, |t| t.to_zoned(jiff::tz::TimeZone::UTC).year())
}
