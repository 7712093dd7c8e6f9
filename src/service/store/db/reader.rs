//! Where queries go that only read: in turn to the replicas, past those that don't answer.

use super::{Columns, DbError};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use sqlx::any::{AnyQueryResult, AnyRow, AnyStatement, AnyTypeInfo};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool, Either, Execute, Executor, SqlStr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long a replica that did not answer is passed over.
const REST: Duration = Duration::from_secs(5);

/// Connections to a server that only reads.
#[derive(Debug)]
pub struct Replica {
    pool: AnyPool,
    passed_over_until: Mutex<Option<Instant>>,
}

impl Replica {
    pub fn new(pool: AnyPool) -> Self {
        Replica { pool, passed_over_until: Mutex::new(None) }
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn connection(&self) -> Option<PoolConnection<Any>> {
        let until = *self.passed_over_until.lock().unwrap_or_else(|e| e.into_inner());
        if until.is_some_and(|until| Instant::now() < until) {
            return None;
        }
        match self.pool.acquire().await {
            Ok(connection) => Some(connection),
            Err(error) => {
                tracing::warn!(%error, "a replica does not answer; the primary is read");
                *self.passed_over_until.lock().unwrap_or_else(|e| e.into_inner()) = Some(Instant::now() + REST);
                None
            }
        }
    }
}

/// What a query is given to; it takes a connection when it is run.
#[derive(Clone, Copy, Debug)]
pub struct ReadFrom<'d> {
    pub(super) primary: &'d AnyPool,
    /// None: only what is latest will do.
    pub(super) replicas: &'d [Replica],
    pub(super) turn: &'d AtomicUsize,
    /// Only a replica that has what the primary has committed by now.
    pub(super) committed: bool,
}

impl<'d> ReadFrom<'d> {
    /// # Errors
    /// The primary does not answer either.
    pub async fn connection(self) -> Result<PoolConnection<Any>, DbError> {
        match self.replica().await {
            Some((_, connection)) => Ok(connection),
            None => self.primary.acquire().await,
        }
    }

    async fn replica(self) -> Option<(&'d AnyPool, PoolConnection<Any>)> {
        let committed = match self.committed && !self.replicas.is_empty() {
            true => Some(self.written().await.ok()?),
            false => None,
        };
        for _ in self.replicas {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            let replica = &self.replicas[turn % self.replicas.len()];
            let Some(mut connection) = replica.connection().await else { continue };
            let has_it = match &committed {
                Some(written) => has(&mut connection, written).await.unwrap_or(false),
                None => true,
            };
            if has_it {
                return Some((&replica.pool, connection));
            }
        }
        None
    }

    /// Up to where the primary has written (PostgreSQL 15, 9.27.3 “Backup Control Functions”).
    async fn written(self) -> Result<String, DbError> {
        let row = sqlx::query("SELECT CAST(pg_current_wal_lsn() AS TEXT) AS written").fetch_one(self.primary).await?;
        row.col("written")
    }
}

/// Whether a replica has replayed what was written up to there (9.27.4 “Recovery Control Functions”).
async fn has(replica: &mut PoolConnection<Any>, written: &str) -> Result<bool, DbError> {
    let text =
        "SELECT CAST(CASE WHEN pg_last_wal_replay_lsn() >= CAST($1 AS pg_lsn) THEN 1 ELSE 0 END AS BIGINT) AS has";
    let row = sqlx::query(text).bind(written.to_owned()).fetch_one(&mut **replica).await?;
    Ok(row.col::<i64>("has")? == 1)
}

impl<'d> Executor<'d> for ReadFrom<'d> {
    type Database = Any;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<AnyQueryResult, AnyRow>, DbError>>
    where
        'd: 'e,
        E: 'q + Execute<'q, Any>,
    {
        // A stream can't hold a connection of its own and what comes over it: the pool's does.
        let rows = async move {
            let pool = self.replica().await.map_or(self.primary, |(pool, _)| pool);
            Ok::<_, DbError>(pool.fetch_many(query))
        };
        stream::once(rows).try_flatten().boxed()
    }

    fn fetch_all<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Vec<AnyRow>, DbError>>
    where
        'd: 'e,
        E: 'q + Execute<'q, Any>,
    {
        Box::pin(async move { self.connection().await?.fetch_all(query).await })
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<AnyRow>, DbError>>
    where
        'd: 'e,
        E: 'q + Execute<'q, Any>,
    {
        Box::pin(async move { self.connection().await?.fetch_optional(query).await })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [AnyTypeInfo],
    ) -> BoxFuture<'e, Result<AnyStatement, DbError>>
    where
        'd: 'e,
    {
        Box::pin(async move { self.connection().await?.prepare_with(sql, parameters).await })
    }
}
