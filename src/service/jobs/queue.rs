//! Claiming, keeping and finishing items, all in the database.

use super::item::{Claimed, Failure, ItemKind, JobState, NewItem, NewJob};
use super::{Delivery, JobsConfig};
use crate::service::store::db::{Columns, Freshness, Millis, Tx};
use crate::service::store::{Cache, CacheKey, Db, DbError};
use crate::service::watch;
use serde_json::{Value, json};
use sqlx::any::AnyRow;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;

/// In an item's payload: the trace that it is a part of.
pub(super) const TRACE: &str = "traceparent";

#[derive(Clone)]
pub struct Queue {
    db: Db,
    config: JobsConfig,
    /// Rings where an item may have become ready in this process.
    bell: Arc<Notify>,
    /// Of progress, and how old it may be as it is polled.
    cache: Option<(Cache, Duration)>,
}

#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// Another worker has the item, or its job was cancelled: nothing of what was done may be written.
    #[error("the item is no longer this worker's")]
    Lost,
    #[error(transparent)]
    Db(#[from] DbError),
}

/// A job as it stands.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Progress {
    pub state: JobState,
    pub done: u64,
    pub total: Option<u64>,
    pub error: Option<Value>,
    pub created_at: Millis,
    pub started_at: Option<Millis>,
    pub finished_at: Option<Millis>,
}

impl Progress {
    /// Of a row with the columns of its fields' names, `error` as text.
    ///
    /// # Errors
    /// It has not.
    pub fn of(row: &AnyRow) -> Result<Self, DbError> {
        let error: Option<String> = row.col("error")?;
        Ok(Progress {
            state: row.col::<String>("state")?.parse()?,
            done: row.col::<i64>("done")? as u64,
            total: row.col::<Option<i64>>("total")?.map(|t| t as u64),
            error: error.map(|e| serde_json::from_str(&e)).transpose().map_err(|e| DbError::Decode(e.into()))?,
            created_at: row.col("created_at")?,
            started_at: row.col("started_at")?,
            finished_at: row.col("finished_at")?,
        })
    }
}

/// What [`Claimed`] is made of.
macro_rules! columns {
    () => {
        "id, job_id, tenant_id, kind, payload{as_text} AS payload, attempts, max_attempts, fence, lease_until"
    };
}

impl Queue {
    pub fn new(db: Db, config: JobsConfig) -> Self {
        Queue { db, config, bell: Arc::new(Notify::new()), cache: None }
    }

    /// With a cache for [`Queue::polled`].
    #[must_use]
    pub fn cached(self, cache: Cache, oldest: Duration) -> Self {
        Queue { cache: Some((cache, oldest)), ..self }
    }

    pub fn db(&self) -> &Db {
        &self.db
    }

    pub fn config(&self) -> &JobsConfig {
        &self.config
    }

    /// Tells waiting workers of this process that there may be work: after the transaction that made it.
    pub fn ring(&self) {
        self.bell.notify_waiters();
    }

    /// Until somebody rings, or it is time to look anyway.
    pub async fn wait(&self) {
        self.listen().await;
    }

    /// As [`Queue::wait`], and hears already who rings before it is awaited: for who looks in between.
    pub fn listen(&self) -> impl Future<Output = ()> + use<> {
        let (rung, poll) = (self.bell.clone().notified_owned(), self.config.poll);
        async move {
            let _ = tokio::time::timeout(poll, rung).await;
        }
    }

    /// Makes a job and its first items, in the transaction that makes what they are about.
    ///
    /// # Errors
    /// Of the database.
    pub async fn create(&self, tx: &mut Tx, job: &NewJob, items: &[NewItem]) -> Result<(), DbError> {
        let text = "INSERT INTO jobs (id, tenant_id, kind, state, priority, done, total, run_tasks, created_at)
                    VALUES ($1, $2, $3, 'queued', $4, 0, $5, $6, {now})";
        let query = self.db.query(text).bind(job.id.to_string()).bind(job.tenant.clone()).bind(job.kind);
        let query = query.bind(i64::from(job.priority)).bind(job.total.map(|t| t as i64));
        query.bind(job.run_tasks.map(i64::from)).execute(&mut **tx).await?;
        if let Some(tasks) = job.run_tasks {
            self.tell(tx, &job.tenant, "run_job", &json!({"job": job.id, "tasks": tasks})).await?;
        }
        self.add(tx, job.id, &job.tenant, items).await
    }

    /// Adds items to a job.
    ///
    /// # Errors
    /// Of the database.
    pub async fn add(&self, tx: &mut Tx, job: Uuid, tenant: &str, items: &[NewItem]) -> Result<(), DbError> {
        let text = "INSERT INTO job_items (id, job_id, tenant_id, kind, payload, state, priority, run_at, attempts,
                        max_attempts, fence, input_hash, created_at)
                    SELECT $1, id, $2, $3, $4{as_json}, 'queued', priority, {now}, 0, CAST($5 AS {int}), 0, $6, {now}
                    FROM jobs WHERE id = $7";
        let trace = watch::traceparent();
        let brought = self.is_brought(tx, job).await?;
        for item in items {
            let id = Uuid::now_v7();
            let mut payload = item.payload.clone();
            if let (Some(payload), Some(trace)) = (payload.as_object_mut(), &trace) {
                payload.insert(TRACE.to_owned(), trace.as_str().into());
            }
            let query = self.db.query(text).bind(id.to_string()).bind(tenant.to_owned()).bind(item.kind.name());
            let query = query.bind(payload.to_string()).bind(i64::from(self.config.max_attempts));
            query.bind(item.input_hash.clone()).bind(job.to_string()).execute(&mut **tx).await?;
            if brought {
                self.tell(tx, tenant, "task", &json!({"item": id, "fence": 0})).await?;
            }
        }
        Ok(())
    }

    /// Whether Cloud Tasks brings the items of a job, one by one: not where executions on Cloud Run work it off.
    async fn is_brought(&self, tx: &mut Tx, job: Uuid) -> Result<bool, DbError> {
        if self.config.delivery != Delivery::CloudTasks {
            return Ok(false);
        }
        let text = "SELECT 1 AS brought FROM jobs WHERE id = $1 AND run_tasks IS NULL";
        Ok(self.db.query(text).bind(job.to_string()).fetch_optional(&mut **tx).await?.is_some())
    }

    /// Has an item that waits again brought when it is due: the task that brought it is done with it.
    async fn bring_again(&self, tx: &mut Tx, item: &Claimed) -> Result<(), DbError> {
        if !self.is_brought(tx, item.job).await? {
            return Ok(());
        }
        let text = "SELECT run_at FROM job_items WHERE id = $1";
        let row = self.db.query(text).bind(item.id.to_string()).fetch_one(&mut **tx).await?;
        let payload = json!({"item": item.id, "fence": item.fence, "run_at": row.col::<i64>("run_at")?});
        self.tell(tx, &item.tenant, "task", &payload).await
    }

    /// Puts into the outbox what must be told elsewhere once `tx` is committed.
    ///
    /// # Errors
    /// Of the database.
    pub async fn tell(&self, tx: &mut Tx, tenant: &str, topic: &'static str, payload: &Value) -> Result<(), DbError> {
        let text = "INSERT INTO outbox (id, tenant_id, topic, payload, created_at, run_at, attempts)
                    VALUES ($1, $2, $3, $4{as_json}, {now}, {now}, 0)";
        let query = self.db.query(text).bind(Uuid::now_v7().to_string()).bind(tenant.to_owned()).bind(topic);
        query.bind(payload.to_string()).execute(&mut **tx).await.map(|_| ())
    }

    /// Takes the item that is due first.
    ///
    /// # Errors
    /// Of the database.
    pub async fn claim(&self, worker: &str) -> Result<Option<Claimed>, DbError> {
        let text = concat!(
            "UPDATE job_items SET state = 'running', attempts = attempts + 1, fence = fence + 1, worker = $1,
                 lease_until = {now} + $2
             WHERE id = (SELECT id FROM job_items WHERE state = 'queued' AND run_at <= {now}
                         ORDER BY priority DESC, run_at, id LIMIT 1 {skip_locked})
             RETURNING ",
            columns!()
        );
        self.claim_by(text, worker, None).await
    }

    /// Takes the item of one job that is due first: an instance that was started for it.
    ///
    /// # Errors
    /// Of the database.
    pub async fn claim_of(&self, worker: &str, job: Uuid) -> Result<Option<Claimed>, DbError> {
        let text = concat!(
            "UPDATE job_items SET state = 'running', attempts = attempts + 1, fence = fence + 1, worker = $1,
                 lease_until = {now} + $2
             WHERE id = (SELECT id FROM job_items WHERE job_id = $3 AND state = 'queued' AND run_at <= {now}
                         ORDER BY run_at, id LIMIT 1 {skip_locked})
             RETURNING ",
            columns!()
        );
        self.claim_by(text, worker, Some(job)).await
    }

    /// Takes this item, if it is due: Cloud Tasks names which.
    ///
    /// # Errors
    /// Of the database.
    pub async fn claim_one(&self, worker: &str, item: Uuid) -> Result<Option<Claimed>, DbError> {
        let text = concat!(
            "UPDATE job_items SET state = 'running', attempts = attempts + 1, fence = fence + 1, worker = $1,
                 lease_until = {now} + $2
             WHERE id = $3 AND state = 'queued' AND run_at <= {now}
             RETURNING ",
            columns!()
        );
        self.claim_by(text, worker, Some(item)).await
    }

    /// How long until an item may be taken: none where it does not wait, because another has it, nothing is left to do of
    /// it, or it was never there.
    ///
    /// # Errors
    /// Of the database.
    pub async fn due(&self, item: Uuid) -> Result<Option<Duration>, DbError> {
        let text = "SELECT run_at - {now} AS due FROM job_items WHERE id = $1 AND state = 'queued'";
        let row = self.db.query(text).bind(item.to_string()).fetch_optional(self.db.writer()).await?;
        let due = row.map(|row| row.col::<i64>("due")).transpose()?;
        Ok(due.map(|ms| Duration::from_millis(ms.max(0) as u64)))
    }

    /// Nothing waits, now or later, and nothing is under way.
    ///
    /// # Errors
    /// Of the database.
    pub async fn is_idle(&self) -> Result<bool, DbError> {
        let text = "SELECT 1 AS open FROM job_items WHERE state IN ('queued', 'running') LIMIT 1";
        Ok(self.db.query(text).fetch_optional(self.db.writer()).await?.is_none())
    }

    /// The job of a package or a batch, or of this id itself.
    ///
    /// # Errors
    /// Of the database.
    pub async fn job_of(&self, id: Uuid) -> Result<Option<Uuid>, DbError> {
        let text = "SELECT id FROM jobs WHERE id = $1 UNION SELECT job_id FROM packages WHERE id = $1
                    UNION SELECT job_id FROM batches WHERE id = $1";
        let row = self.db.query(text).bind(id.to_string()).fetch_optional(self.db.writer()).await?;
        let id = row.map(|row| row.col::<String>("id")).transpose()?;
        id.map(|id| Uuid::parse_str(&id).map_err(|e| DbError::Decode(e.into()))).transpose()
    }

    async fn claim_by(&self, text: &'static str, worker: &str, id: Option<Uuid>) -> Result<Option<Claimed>, DbError> {
        let mut tx = self.db.begin().await?;
        let mut query = self.db.query(text).bind(worker.to_owned()).bind(self.config.lease.as_millis() as i64);
        if let Some(id) = id {
            query = query.bind(id.to_string());
        }
        let Some(row) = query.fetch_optional(&mut *tx).await? else { return Ok(None) };
        let claimed = Claimed::of(&row)?;
        let text = "UPDATE jobs SET state = 'running', started_at = COALESCE(started_at, {now})
                    WHERE id = $1 AND state = 'queued'";
        self.db.query(text).bind(claimed.job.to_string()).execute(&mut *tx).await?;
        tx.commit().await?;
        self.changed(claimed.job).await;
        Ok(Some(claimed))
    }

    /// A transaction in which what an item made may be written: it holds only while the item is this worker's. It says
    /// that the worker lives, too.
    ///
    /// # Errors
    /// [`QueueError::Lost`], or of the database.
    pub async fn fenced(&self, item: &Claimed) -> Result<Tx, QueueError> {
        let mut tx = self.db.begin().await?;
        let text = "UPDATE job_items SET lease_until = {now} + $1 WHERE id = $2 AND fence = $3 AND state = 'running'";
        let query = self.db.query(text).bind(self.config.lease.as_millis() as i64).bind(item.id.to_string());
        match query.bind(item.fence).execute(&mut *tx).await?.rows_affected() {
            1 => Ok(tx),
            _ => Err(QueueError::Lost),
        }
    }

    /// Says that the worker lives.
    ///
    /// # Errors
    /// [`QueueError::Lost`], or of the database.
    pub async fn heartbeat(&self, item: &Claimed) -> Result<(), QueueError> {
        Ok(self.fenced(item).await?.commit().await?)
    }

    /// Counts what was done, in pages, for whoever watches; or what must be done again.
    ///
    /// # Errors
    /// Of the database.
    pub async fn advance(&self, tx: &mut Tx, job: Uuid, pages: i64) -> Result<(), DbError> {
        let text = "UPDATE jobs SET done = done + $1 WHERE id = $2";
        self.db.query(text).bind(pages).bind(job.to_string()).execute(&mut **tx).await.map(|_| ())
    }

    /// # Errors
    /// Of the database.
    pub async fn set_total(&self, tx: &mut Tx, job: Uuid, pages: u64) -> Result<(), DbError> {
        let text = "UPDATE jobs SET total = $1 WHERE id = $2";
        self.db.query(text).bind(pages as i64).bind(job.to_string()).execute(&mut **tx).await.map(|_| ())
    }

    /// Ends an item that was done. `tx` is [`Queue::fenced`], with its last results in it.
    ///
    /// # Errors
    /// Of the database.
    pub async fn finish(&self, mut tx: Tx, item: &Claimed, result: &Value) -> Result<(), DbError> {
        let text = "UPDATE job_items SET state = 'done', result = $1{as_json}, lease_until = NULL, finished_at = {now}
                    WHERE id = $2";
        self.db.query(text).bind(result.to_string()).bind(item.id.to_string()).execute(&mut *tx).await?;
        self.ended(&mut tx, item.job, &item.tenant).await?;
        tx.commit().await?;
        self.changed(item.job).await;
        self.ring();
        Ok(())
    }

    /// Ends an attempt that failed: the item waits for the next, or is given up.
    ///
    /// # Errors
    /// [`QueueError::Lost`], or of the database.
    pub async fn fail(&self, item: &Claimed, failure: &Failure) -> Result<(), QueueError> {
        let mut tx = self.fenced(item).await?;
        let again = failure.again && !item.is_last_attempt();
        let state = match (again, failure.again) {
            (true, _) => "queued",
            (_, true) => "dead",
            (_, false) => "failed",
        };
        let wait = self.config.backoff * 2_u32.saturating_pow(item.attempt.saturating_sub(1)).min(1 << 10);
        let text = "UPDATE job_items SET state = $1, error = $2{as_json}, lease_until = NULL, run_at = {now} + $3,
                        finished_at = CASE WHEN $1 = 'queued' THEN NULL ELSE {now} END
                    WHERE id = $4";
        let query = self.db.query(text).bind(state).bind(failure.to_json().to_string()).bind(wait.as_millis() as i64);
        query.bind(item.id.to_string()).execute(&mut *tx).await?;
        match again {
            true => self.bring_again(&mut tx, item).await?,
            false => self.ended(&mut tx, item.job, &item.tenant).await?,
        }
        tx.commit().await?;
        self.changed(item.job).await;
        self.ring();
        Ok(())
    }

    /// Gives an item back unharmed: this worker must stop. The attempt does not count.
    ///
    /// # Errors
    /// [`QueueError::Lost`], or of the database.
    pub async fn give_back(&self, item: &Claimed) -> Result<(), QueueError> {
        let mut tx = self.fenced(item).await?;
        let text = "UPDATE job_items SET state = 'queued', attempts = attempts - 1, lease_until = NULL WHERE id = $1";
        self.db.query(text).bind(item.id.to_string()).execute(&mut *tx).await?;
        self.bring_again(&mut tx, item).await?;
        tx.commit().await?;
        self.ring();
        Ok(())
    }

    /// Gives back what lost workers had; what used up its attempts is dead. Gives how many of each. Where Cloud Tasks or Cloud Run
    /// bring the work they are told again.
    ///
    /// # Errors
    /// Of the database.
    pub async fn sweep(&self) -> Result<(u64, u64), DbError> {
        let (mut back, mut dead) = (0, 0);
        loop {
            let mut tx = self.db.begin().await?;
            let text = concat!(
                "SELECT ",
                columns!(),
                " FROM job_items WHERE state = 'running' AND lease_until < {now}
                 ORDER BY lease_until LIMIT 1 {skip_locked}"
            );
            let Some(row) = self.db.query(text).fetch_optional(&mut *tx).await? else { break };
            let item = Claimed::of(&row)?;
            let failure = Failure::transient("worker_lost", format!("its worker was lost, {} times", item.attempt));
            let state = if item.is_last_attempt() { "dead" } else { "queued" };
            let text = "UPDATE job_items SET state = $1, error = $2{as_json}, lease_until = NULL, run_at = {now},
                            finished_at = CASE WHEN $1 = 'queued' THEN NULL ELSE {now} END
                        WHERE id = $3";
            let query = self.db.query(text).bind(state).bind(failure.to_json().to_string());
            query.bind(item.id.to_string()).execute(&mut *tx).await?;
            if item.is_last_attempt() {
                dead += 1;
                self.ended(&mut tx, item.job, &item.tenant).await?;
            } else {
                back += 1;
                // The task that brought it was lost with its worker, or told that another has it.
                self.bring_again(&mut tx, &item).await?;
            }
            tx.commit().await?;
            self.changed(item.job).await;
        }
        let begun = if self.config.delivery == Delivery::CloudTasks { self.run_again().await? } else { 0 };
        if back + dead + begun > 0 {
            self.ring();
        }
        Ok((back, dead))
    }

    /// Has large jobs run once more whose last execution ended or was lost before they were done: something of theirs is due,
    /// nobody is at any of it, and a new execution has had the time to begin. Gives how many.
    async fn run_again(&self) -> Result<u64, DbError> {
        let mut begun = 0;
        loop {
            let mut tx = self.db.begin().await?;
            let text = "SELECT id, tenant_id, run_tasks FROM jobs
                        WHERE run_at + $1 < {now} AND run_at IS NOT NULL AND finished_at IS NULL
                            AND EXISTS (SELECT 1 FROM job_items i
                                        WHERE i.job_id = jobs.id AND i.state = 'queued' AND i.run_at + $2 < {now})
                            AND NOT EXISTS (SELECT 1 FROM job_items i WHERE i.job_id = jobs.id AND i.state = 'running')
                        ORDER BY run_at LIMIT 1 {skip_locked}";
            let query = self.db.query(text).bind(self.config.run_again.as_millis() as i64);
            // Whoever is still there and idle would have taken it by then.
            let query = query.bind(2 * self.config.poll.as_millis() as i64);
            let Some(row) = query.fetch_optional(&mut *tx).await? else { return Ok(begun) };
            let (job, tenant): (String, String) = (row.col("id")?, row.col("tenant_id")?);
            let payload = json!({"job": job, "tasks": row.col::<i64>("run_tasks")?});
            self.tell(&mut tx, &tenant, "run_job", &payload).await?;
            // Until that is told nobody tells it once more.
            self.db.query("UPDATE jobs SET run_at = NULL WHERE id = $1").bind(job).execute(&mut *tx).await?;
            tx.commit().await?;
            begun += 1;
        }
    }

    /// An execution on Cloud Run was begun for a job.
    ///
    /// # Errors
    /// Of the database.
    pub async fn run_began(&self, job: Uuid) -> Result<(), DbError> {
        let query = self.db.query("UPDATE jobs SET run_at = {now} WHERE id = $1").bind(job.to_string());
        self.db.execute(query).await.map(|_| ())
    }

    /// Cancels a job: items that wait are not begun, and workers lose those that run. Gives whether there was still
    /// something to cancel.
    ///
    /// # Errors
    /// Of the database.
    pub async fn cancel(&self, job: Uuid, tenant: &str) -> Result<bool, DbError> {
        let mut tx = self.db.begin().await?;
        // Items first, as workers take them: whoever had the job and waited for an item would be waited for by its worker.
        self.cancel_items(&mut tx, job, tenant).await?;
        let text = "UPDATE jobs SET state = 'cancelled', finished_at = {now}
                    WHERE id = $1 AND tenant_id = $2 AND state IN ('queued', 'running')";
        let query = self.db.query(text).bind(job.to_string()).bind(tenant.to_owned());
        let cancelled = query.execute(&mut *tx).await?.rows_affected() == 1;
        if cancelled {
            // Those that were added by the last item that ended before the job was taken.
            self.cancel_items(&mut tx, job, tenant).await?;
        }
        tx.commit().await?;
        self.changed(job).await;
        Ok(cancelled)
    }

    async fn cancel_items(&self, tx: &mut Tx, job: Uuid, tenant: &str) -> Result<(), DbError> {
        let text = "UPDATE job_items SET state = 'cancelled', lease_until = NULL, finished_at = {now}
                    WHERE job_id = $1 AND tenant_id = $2 AND state IN ('queued', 'running')";
        let query = self.db.query(text).bind(job.to_string()).bind(tenant.to_owned());
        query.execute(&mut **tx).await.map(|_| ())
    }

    /// How far a job is, for whoever asks again and again: its end shows at once, what is counted before it a moment later.
    ///
    /// # Errors
    /// Of the database.
    pub async fn polled(&self, job: Uuid, freshness: Freshness) -> Result<Option<Progress>, DbError> {
        let Some((cache, oldest)) = &self.cache else { return self.progress(job, freshness).await };
        if let Some(known) = cache.get(CacheKey::Progress(job)).await {
            return Ok(Some(known));
        }
        let progress = self.progress(job, freshness).await?;
        if let Some(progress) = &progress {
            cache.put(CacheKey::Progress(job), progress, *oldest).await;
        }
        Ok(progress)
    }

    async fn changed(&self, job: Uuid) {
        if let Some((cache, _)) = &self.cache {
            cache.forget(CacheKey::Progress(job)).await;
        }
    }

    /// # Errors
    /// Of the database.
    pub async fn progress(&self, job: Uuid, freshness: Freshness) -> Result<Option<Progress>, DbError> {
        let text = "SELECT state, done, total, error{as_text} AS error, created_at, started_at, finished_at
                    FROM jobs WHERE id = $1";
        let query = self.db.query(text).bind(job.to_string());
        let Some(row) = query.fetch_optional(self.db.reader(freshness)).await? else { return Ok(None) };
        Progress::of(&row).map(Some)
    }

    /// After an item's end: when none of its job is left, what comes next, or the job's end.
    async fn ended(&self, tx: &mut Tx, job: Uuid, tenant: &str) -> Result<(), DbError> {
        // Held, or of the last two items that end at once neither would see itself as the last.
        let text = "SELECT kind FROM jobs WHERE id = $1 AND state = 'running' {for_update}";
        let Some(row) = self.db.query(text).bind(job.to_string()).fetch_optional(&mut **tx).await? else {
            return Ok(());
        };
        let kind: String = row.col("kind")?;
        let text = "SELECT COALESCE(SUM(CASE WHEN state IN ('queued', 'running') THEN 1 ELSE 0 END), 0) AS open,
                        COALESCE(SUM(CASE WHEN kind = 'settle' THEN 1 ELSE 0 END), 0) AS settled,
                        COALESCE(SUM(CASE WHEN kind = 'read' AND state IN ('failed', 'dead') THEN 1 ELSE 0 END), 0) AS unread,
                        COALESCE(SUM(CASE WHEN kind <> 'read' AND state IN ('failed', 'dead') THEN 1 ELSE 0 END), 0) AS failed,
                        MAX(CASE WHEN state IN ('failed', 'dead') THEN error{as_text} END) AS error
                    FROM job_items WHERE job_id = $1";
        let row = self.db.query(text).bind(job.to_string()).fetch_one(&mut **tx).await?;
        let count = |name| row.col::<i64>(name);
        if count("open")? > 0 {
            return Ok(());
        }
        let failed = count("failed")? > 0;
        // What of a batch could not be read is told page by page when it is settled.
        if kind == "batch" && !failed && count("settled")? == 0 {
            let settle = NewItem { kind: ItemKind::Settle, payload: json!({}), input_hash: None };
            return self.add(tx, job, tenant, &[settle]).await;
        }
        let state = if failed { JobState::Failed } else { JobState::Done };
        let error: Option<String> = if failed { row.col("error")? } else { None };
        let text = "UPDATE jobs SET state = $1, error = $2{as_json}, finished_at = {now} WHERE id = $3";
        let query = self.db.query(text).bind(state.name()).bind(error).bind(job.to_string());
        query.execute(&mut **tx).await?;
        let payload = json!({"job": job, "kind": kind, "state": state.name(), "unread": count("unread")?});
        self.tell(tx, tenant, "job.finished", &payload).await
    }
}
