//! Bringing SQLite's log into its file, beside those who write: left to a writer it is a wait for the disk now and then,
//! and all other writers wait with it.

use super::DbError;
use sqlx::{AnyPool, Executor, SqlSafeStr};
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(1);

/// For the connection that writes: only a log that nobody takes care of is its own business, from 64 MiB on.
pub const WRITER: &str = "PRAGMA wal_autocheckpoint = 16384;";

/// Does so until the pool, which is its own, is closed.
pub async fn run(pool: AnyPool) {
    let mut last = String::new();
    while !pool.is_closed() {
        tokio::time::sleep(EVERY).await;
        // What it can without anybody waiting for it.
        let done: Result<_, DbError> = async {
            let mut connection = pool.acquire().await?;
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)".into_sql_str()).await
        }
        .await;
        match done {
            Ok(_) => last.clear(),
            Err(e) => {
                let error = e.to_string();
                if error != last {
                    tracing::warn!(%error, "the database's log could not be brought into its file");
                }
                last = error;
            }
        }
    }
}
