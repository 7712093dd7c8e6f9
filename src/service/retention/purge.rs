//! Deleting the rows of what is over: they are of use for a while, and nobody ever asks to delete them.

use crate::service::App;
use crate::service::store::DbError;
use std::time::Duration;

/// Rows of one statement: others wait no longer than it takes to delete these.
const AT_ONCE: i64 = 2_000;

/// Deletes rows older than they are kept; gives how many.
///
/// # Errors
/// Of the database.
pub async fn purge(app: &App) -> Result<u64, DbError> {
    let kept = &app.config.retention;
    // A package's items stay with it: they name its input, from which it can be printed again.
    let all = [
        (
            kept.answers,
            "DELETE FROM idempotency WHERE (tenant_id, idempotency_key) IN
                (SELECT tenant_id, idempotency_key FROM idempotency WHERE created_at < {now} - $1 LIMIT $2)",
        ),
        (
            kept.messages,
            "DELETE FROM webhook_messages WHERE id IN
                (SELECT id FROM webhook_messages WHERE state <> 'waiting' AND created_at < {now} - $1 LIMIT $2)",
        ),
        (
            kept.ocr,
            "DELETE FROM vision_answers WHERE crop_sha256 IN
                (SELECT crop_sha256 FROM vision_answers WHERE created_at < {now} - $1 LIMIT $2)",
        ),
        (kept.items, "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE sent_at < {now} - $1 LIMIT $2)"),
        (
            kept.items,
            "DELETE FROM job_items WHERE id IN
                (SELECT i.id FROM jobs j JOIN job_items i ON i.job_id = j.id
                 WHERE j.finished_at < {now} - $1 AND i.kind <> 'print' LIMIT $2)",
        ),
    ];
    let mut deleted = 0;
    for (kept, text) in all {
        deleted += rows(app, kept, text).await?;
    }
    Ok(deleted)
}

async fn rows(app: &App, kept: Duration, text: &'static str) -> Result<u64, DbError> {
    let mut deleted = 0;
    while !kept.is_zero() {
        let query = app.db.query(text).bind(kept.as_millis() as i64).bind(AT_ONCE);
        let some = app.db.execute(query).await?.rows_affected();
        deleted += some;
        if some < AT_ONCE as u64 || app.stopping.is_cancelled() {
            break;
        }
    }
    Ok(deleted)
}
