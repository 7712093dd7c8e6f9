//! Deleting what was kept for long enough. Files go first and their row last: whatever interrupts it, what is left is
//! still named by a row, and the next sweep ends it.

use super::Kind;
use super::hold::{batch_is_free, package_is_free};
use super::purge::purge;
use crate::service::App;
use crate::service::store::db::{Columns, Millis};
use crate::service::store::objects::{self, Listed};
use crate::service::store::{DbError, Folder, ObjectError};
use std::time::Duration;
use uuid::Uuid;

const HOUR: Duration = Duration::from_secs(3_600);

/// What was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Files that never came to a batch.
    pub uploads: u64,
    /// Batches whose scans, page images or crops were deleted.
    pub scans: u64,
    pub images: u64,
    pub crops: u64,
    /// Whole batches and whole packages.
    pub results: u64,
    pub packages: u64,
    /// Packages that were never printed, of which what they were to be printed from was deleted.
    pub inputs: u64,
    /// Rows of what is over.
    pub rows: u64,
    /// Things that could not be deleted; the next sweep tries again.
    pub failed: u64,
}

#[derive(Debug, thiserror::Error)]
enum Stuck {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Object(#[from] ObjectError),
}

/// A batch or a package that is due.
struct Due {
    id: Uuid,
    job: String,
}

/// Sweeps once an hour, in one process of all.
pub async fn run(app: App) {
    while !app.stopping.is_cancelled() {
        hourly(&app).await;
        tokio::select! {
            () = tokio::time::sleep(HOUR / 12) => {}
            () = app.stopping.cancelled() => {}
        }
    }
}

/// Sweeps, if nobody did within the hour.
pub async fn hourly(app: &App) {
    match claim(app).await {
        Ok(true) => match sweep(app).await {
            Ok(swept) if swept == Swept::default() => {}
            Ok(swept) => tracing::info!(?swept, "what was kept for long enough is deleted"),
            Err(e) => tracing::error!(error = %e, "what is kept too long could not be looked for"),
        },
        Ok(false) => {}
        Err(e) => tracing::error!(error = %e, "the hourly sweep could not be claimed"),
    }
}

/// Whether the hour is over and nobody else sweeps.
async fn claim(app: &App) -> Result<bool, DbError> {
    let text = "INSERT INTO chores (name, run_at) VALUES ('retention', 0) ON CONFLICT DO NOTHING";
    app.db.execute(app.db.query(text)).await?;
    let text = "UPDATE chores SET run_at = {now} + $1 WHERE name = 'retention' AND run_at <= {now}";
    let query = app.db.query(text).bind(HOUR.as_millis() as i64);
    Ok(app.db.execute(query).await?.rows_affected() == 1)
}

/// Deletes what every tenant has kept for long enough.
///
/// # Errors
/// Of the database. What the storage refuses is counted.
pub async fn sweep(app: &App) -> Result<Swept, DbError> {
    let mut swept = Swept::default();
    uploads(app, &mut swept).await?;
    unprinted(app, &mut swept).await?;
    let tenants = app.db.query("SELECT id FROM tenants ORDER BY id").fetch_all(app.db.writer()).await?;
    for row in tenants {
        let tenant: String = row.col("id")?;
        for kind in Kind::ALL {
            let Some(kept) = app.config.retention.of_tenant(&app.db, &tenant, kind).await? else { continue };
            let before = jiff::Timestamp::now().as_millisecond().saturating_sub(kept.as_millis() as i64);
            let (mut done, mut failed) = (0, 0);
            for due in due(app, &tenant, kind, before).await? {
                match delete(app, &tenant, kind, &due).await {
                    Ok(()) => done += 1,
                    Err(e) => {
                        tracing::warn!(id = %due.id, kind = kind.name(), error = %e, "it could not be deleted");
                        failed += 1;
                    }
                }
            }
            let count = match kind {
                Kind::Uploads => &mut swept.scans,
                Kind::Images => &mut swept.images,
                Kind::Crops => &mut swept.crops,
                Kind::Results => &mut swept.results,
                Kind::Packages => &mut swept.packages,
            };
            *count += done;
            swept.failed += failed;
        }
    }
    swept.rows = purge(app).await?;
    if let Err(e) = app.objects.tidy(HOUR * 24).await {
        tracing::warn!(error = %e, "half-written files could not be deleted");
        swept.failed += 1;
    }
    Ok(swept)
}

/// Batches or packages that ended before this moment and that nothing holds.
async fn due(app: &App, tenant: &str, kind: Kind, before: Millis) -> Result<Vec<Due>, DbError> {
    macro_rules! batches {
        ($more:literal) => {
            concat!(
                "SELECT b.id AS id, b.job_id AS job FROM batches b JOIN jobs j ON j.id = b.job_id
                 WHERE b.tenant_id = $1 AND j.finished_at < $2",
                $more,
                " AND",
                batch_is_free!(),
                "ORDER BY b.id"
            )
        };
    }
    let text = match kind {
        Kind::Uploads => batches!(" AND b.scans_deleted_at IS NULL"),
        Kind::Images => batches!(" AND b.images_deleted_at IS NULL"),
        Kind::Crops => batches!(" AND b.crops_deleted_at IS NULL"),
        Kind::Results => batches!(""),
        Kind::Packages => concat!(
            "SELECT p.id AS id, p.job_id AS job FROM packages p JOIN jobs j ON j.id = p.job_id
             WHERE p.tenant_id = $1 AND j.finished_at < $2 AND",
            package_is_free!(),
            "ORDER BY p.id"
        ),
    };
    let rows = app.db.query(text).bind(tenant.to_owned()).bind(before).fetch_all(app.db.writer()).await?;
    let due = |row: &sqlx::any::AnyRow| {
        let id = Uuid::parse_str(&row.col::<String>("id")?).map_err(|e| DbError::Decode(e.into()))?;
        Ok(Due { id, job: row.col("job")? })
    };
    rows.iter().map(due).collect()
}

async fn delete(app: &App, tenant: &str, kind: Kind, due: &Due) -> Result<(), Stuck> {
    let (tenant, id) = (tenant.to_owned(), due.id);
    // `{page}/{name}`
    let is_crop = |file: &Listed| file.path.split_once('/').is_some_and(|(_, name)| objects::is_crop(name));
    let text = match kind {
        Kind::Uploads => {
            app.objects.delete_folder(&Folder::Scans { tenant, batch: id }).await?;
            "UPDATE batches SET scans_deleted_at = {now} WHERE id = $1"
        }
        Kind::Images => {
            app.objects.delete_of(&Folder::Pictures { tenant, batch: id }, |f| !is_crop(f)).await?;
            "UPDATE batches SET images_deleted_at = {now} WHERE id = $1"
        }
        Kind::Crops => {
            app.objects.delete_of(&Folder::Pictures { tenant, batch: id }, is_crop).await?;
            "UPDATE batches SET crops_deleted_at = {now} WHERE id = $1"
        }
        Kind::Results => {
            app.objects.delete_folder(&Folder::Batch { tenant, batch: id }).await?;
            "DELETE FROM batches WHERE id = $1"
        }
        Kind::Packages => {
            app.objects.delete_folder(&Folder::Package { tenant, package: id }).await?;
            "DELETE FROM packages WHERE id = $1"
        }
    };
    let mut tx = app.db.begin().await?;
    app.db.query(text).bind(id.to_string()).execute(&mut *tx).await?;
    if matches!(kind, Kind::Results | Kind::Packages) {
        app.db.query("DELETE FROM jobs WHERE id = $1").bind(due.job.clone()).execute(&mut *tx).await?;
        // A list of numbers whose exam is gone is of no use any more.
        let text = "DELETE FROM students WHERE NOT EXISTS (SELECT 1 FROM packages p
                    WHERE p.tenant_id = students.tenant_id AND p.application_id = students.application_id)";
        app.db.query(text).execute(&mut *tx).await?;
        // So are papers of pupils of whom nothing is there but that they were expected, and orders that no paper is of.
        let text = "DELETE FROM papers WHERE batch_id IS NULL AND NOT EXISTS (SELECT 1 FROM packages p
                    WHERE p.tenant_id = papers.tenant_id AND p.application_id = papers.application_id)";
        app.db.query(text).execute(&mut *tx).await?;
        let text = "DELETE FROM booklet_orders WHERE NOT EXISTS (SELECT 1 FROM packages p WHERE p.id = booklet_orders.package_id)
                    AND NOT EXISTS (SELECT 1 FROM papers p
                        WHERE p.tenant_id = booklet_orders.tenant_id AND p.package_id = booklet_orders.package_id)";
        app.db.query(text).execute(&mut *tx).await?;
    }
    Ok(tx.commit().await?)
}

/// Files on their way in whose time is over, and what is left of those that a batch has.
async fn uploads(app: &App, swept: &mut Swept) -> Result<(), DbError> {
    let text = "SELECT id, tenant_id FROM uploads WHERE expires_at < {now} AND (state <> 'used' OR NOT EXISTS (
                    SELECT 1 FROM batch_files f JOIN batches b ON b.id = f.batch_id JOIN jobs j ON j.id = b.job_id
                    WHERE f.upload_id = uploads.id AND j.state IN ('queued', 'running')))";
    for row in app.db.query(text).fetch_all(app.db.writer()).await? {
        let (id, tenant): (String, String) = (row.col("id")?, row.col("tenant_id")?);
        let upload = Uuid::parse_str(&id).map_err(|e| DbError::Decode(e.into()))?;
        if let Err(e) = app.objects.delete_folder(&Folder::Upload { tenant, upload }).await {
            tracing::warn!(%upload, error = %e, "an upload could not be deleted");
            swept.failed += 1;
            continue;
        }
        app.db.execute(app.db.query("DELETE FROM uploads WHERE id = $1").bind(id)).await?;
        swept.uploads += 1;
    }
    Ok(())
}

/// What was brought for packages whose job failed or was cancelled: nobody prints it any more, and no row says whose names
/// are in it. A worker that lost one may have put files there until it knew.
async fn unprinted(app: &App, swept: &mut Swept) -> Result<(), DbError> {
    let text = concat!(
        "SELECT p.id AS id, p.tenant_id AS tenant_id FROM packages p JOIN jobs j ON j.id = p.job_id
         WHERE j.state IN ('failed', 'cancelled') AND j.finished_at < {now} - $1 AND p.input_deleted_at IS NULL AND",
        package_is_free!(),
        "ORDER BY p.id"
    );
    let query = app.db.query(text).bind(app.config.jobs.lease.as_millis() as i64);
    for row in query.fetch_all(app.db.writer()).await? {
        let (id, tenant): (String, String) = (row.col("id")?, row.col("tenant_id")?);
        let package = Uuid::parse_str(&id).map_err(|e| DbError::Decode(e.into()))?;
        if let Err(e) = app.objects.delete_folder(&Folder::Package { tenant, package }).await {
            tracing::warn!(%package, error = %e, "the input of a package could not be deleted");
            swept.failed += 1;
            continue;
        }
        let text = "UPDATE packages SET input_deleted_at = {now} WHERE id = $1";
        app.db.execute(app.db.query(text).bind(id)).await?;
        swept.inputs += 1;
    }
    Ok(())
}
