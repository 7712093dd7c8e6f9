//! Where queries go that only read: in turn to the replicas, past those that don't answer.

use super::DbError;
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
        for _ in self.replicas {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            let replica = &self.replicas[turn % self.replicas.len()];
            if let Some(connection) = replica.connection().await {
                return Some((&replica.pool, connection));
            }
        }
        None
    }
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
