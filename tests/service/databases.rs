//! The database and the queue on it, on SQLite and on PostgreSQL alike.

use crate::postgres;
use gabarito::service::config::{Config, Secret};
use gabarito::service::jobs::{Delivery, Failure, ItemKind, JobState, JobsConfig, NewItem, NewJob, Queue, QueueError};
use gabarito::service::store::Db;
use gabarito::service::store::db::{Columns, Dialect, Freshness};
use serde_json::{Value, json};
use sqlx::Row;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;
use tokio::task::JoinSet;
use uuid::Uuid;

struct Case {
    db: Db,
    folder: PathBuf,
}

impl Drop for Case {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The same on both.
async fn cases() -> [Case; 2] {
    let folder = || std::env::temp_dir().join(format!("gabarito-db-{}", Uuid::now_v7()));
    let (a, b) = (folder(), folder());
    let config = Config::embedded(&a);
    let sqlite = Db::open(&config.database, &a).await.unwrap();
    let mut config = Config::embedded(&b).database;
    config.url = Some(Secret::new(postgres::database().await));
    let postgres = Db::open(&config, &b).await.unwrap();
    [Case { db: sqlite, folder: a }, Case { db: postgres, folder: b }]
}

fn jobs() -> JobsConfig {
    let mut config = Config::embedded(&PathBuf::new()).jobs;
    config.lease = Duration::from_millis(300);
    config.backoff = Duration::from_millis(1);
    config.max_attempts = 2;
    config
}

async fn job(queue: &Queue, kind: &'static str, items: &[ItemKind]) -> Uuid {
    sized(queue, kind, items, None).await
}

async fn sized(queue: &Queue, kind: &'static str, items: &[ItemKind], run_tasks: Option<u32>) -> Uuid {
    let db = queue.db();
    db.execute(db.query("INSERT INTO tenants (id, created_at) VALUES ('t', 0) ON CONFLICT DO NOTHING")).await.unwrap();
    let job = NewJob { id: Uuid::now_v7(), tenant: "t".into(), kind, priority: 0, total: None, run_tasks };
    let item = |kind: &ItemKind| NewItem { kind: *kind, payload: json!({"x": [1, "á"]}), input_hash: None };
    let mut tx = db.begin().await.unwrap();
    queue.create(&mut tx, &job, &items.iter().map(item).collect::<Vec<_>>()).await.unwrap();
    tx.commit().await.unwrap();
    job.id
}

async fn state(queue: &Queue, job: Uuid) -> JobState {
    queue.progress(job, Freshness::Latest).await.unwrap().unwrap().state
}

/// Tables with their columns, types in one spelling.
async fn schema(db: &Db) -> BTreeSet<String> {
    let text = match db.dialect() {
        Dialect::Sqlite => {
            "SELECT m.name || '.' || p.name || ' ' || p.type || CASE WHEN p.\"notnull\" = 1 OR p.pk > 0 THEN ' not null' ELSE '' END
             FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE '\\_%' ESCAPE '\\'"
        }
        Dialect::Postgres => {
            "SELECT table_name || '.' || column_name || ' ' || data_type || CASE WHEN is_nullable = 'NO' THEN ' not null' ELSE '' END
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_%'"
        }
    };
    let rows = sqlx::query(text).fetch_all(db.writer()).await.unwrap();
    let types =
        [("bigint", "INTEGER"), ("jsonb", "TEXT"), ("bytea", "BLOB"), ("double precision", "REAL"), (" text", " TEXT")];
    rows.iter().map(|r| types.iter().fold(r.get::<String, _>(0), |s, (pg, lite)| s.replace(pg, lite))).collect()
}

#[tokio::test]
async fn both_databases_have_one_schema() {
    let [sqlite, postgres] = cases().await;
    let (a, b) = (schema(&sqlite.db).await, schema(&postgres.db).await);
    assert!(a.len() > 100, "{}", a.len());
    assert_eq!(a.difference(&b).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(b.difference(&a).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[tokio::test]
async fn an_item_is_claimed_once_kept_and_finished_under_its_fence() {
    for case in cases().await {
        let queue = Queue::new(case.db.clone(), jobs());
        let id = job(&queue, "package", &[ItemKind::Print]).await;
        let item = queue.claim("w1").await.unwrap().unwrap();
        assert_eq!((item.attempt, item.kind, item.payload["x"][1].as_str()), (1, ItemKind::Print, Some("á")));
        assert!(queue.claim("w2").await.unwrap().is_none());
        assert_eq!(state(&queue, id).await, JobState::Running);
        // The worker is silent for too long; another takes the item; the first can write nothing any more.
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert_eq!(queue.sweep().await.unwrap(), (1, 0));
        let again = queue.claim("w2").await.unwrap().unwrap();
        assert_eq!((again.id, again.attempt), (item.id, 2));
        assert!(matches!(queue.heartbeat(&item).await, Err(QueueError::Lost)));
        assert!(matches!(queue.fail(&item, &Failure::transient("x", "")).await, Err(QueueError::Lost)));
        queue.heartbeat(&again).await.unwrap();
        let tx = queue.fenced(&again).await.unwrap();
        queue.finish(tx, &again, &json!({"ok": true})).await.unwrap();
        assert_eq!(state(&queue, id).await, JobState::Done);
        let told = case.db.query("SELECT payload{as_text} AS payload FROM outbox WHERE topic = 'job.finished'");
        let told = told.fetch_all(case.db.writer()).await.unwrap();
        assert_eq!(told.len(), 1);
        assert!(told[0].col::<String>("payload").unwrap().contains(&id.to_string()));
    }
}

#[tokio::test]
async fn a_job_is_cancelled_while_its_items_end_and_nobody_waits_for_the_other() {
    for case in cases().await {
        let queue = Queue::new(case.db.clone(), JobsConfig { lease: Duration::from_secs(60), ..jobs() });
        for _ in 0..20 {
            let id = job(&queue, "batch", &[ItemKind::Read; 4]).await;
            let mut items = Vec::new();
            while let Some(item) = queue.claim("w").await.unwrap() {
                items.push(item);
            }
            let mut workers = JoinSet::new();
            for item in items {
                let queue = queue.clone();
                workers.spawn(async move {
                    let mut tx = queue.fenced(&item).await?;
                    queue.advance(&mut tx, item.job, 1).await?;
                    Ok::<_, QueueError>(queue.finish(tx, &item, &json!({})).await?)
                });
            }
            tokio::task::yield_now().await;
            assert!(queue.cancel(id, "t").await.unwrap());
            for ended in workers.join_all().await {
                assert!(matches!(ended, Ok(()) | Err(QueueError::Lost)), "{ended:?}");
            }
            assert_eq!(state(&queue, id).await, JobState::Cancelled);
            let text = "SELECT COUNT(*) AS open FROM job_items WHERE state IN ('queued', 'running')";
            let open = case.db.query(text).fetch_one(case.db.writer()).await.unwrap().col::<i64>("open").unwrap();
            assert_eq!(open, 0);
        }
    }
}

#[tokio::test]
async fn what_kills_its_workers_is_dead_after_its_attempts_and_the_rest_goes_on() {
    for case in cases().await {
        let queue = Queue::new(case.db.clone(), jobs());
        let id = job(&queue, "batch", &[ItemKind::Read, ItemKind::Read]).await;
        let poison = queue.claim("w").await.unwrap().unwrap();
        let good = queue.claim("w").await.unwrap().unwrap();
        let tx = queue.fenced(&good).await.unwrap();
        queue.finish(tx, &good, &json!({})).await.unwrap();
        for dead in [0, 1] {
            tokio::time::sleep(Duration::from_millis(400)).await;
            assert_eq!(queue.sweep().await.unwrap(), (1 - dead, dead));
            if dead == 0 {
                assert_eq!(queue.claim("w").await.unwrap().unwrap().id, poison.id);
            }
        }
        // A batch of which something could not be read is settled all the same, and says so there.
        let settle = queue.claim("w").await.unwrap().unwrap();
        assert_eq!((settle.kind, state(&queue, id).await), (ItemKind::Settle, JobState::Running));
        let tx = queue.fenced(&settle).await.unwrap();
        queue.finish(tx, &settle, &json!({})).await.unwrap();
        assert_eq!(state(&queue, id).await, JobState::Done);
    }
}

#[tokio::test]
async fn failures_wait_and_are_given_up_and_what_is_given_back_counts_no_attempt() {
    for case in cases().await {
        let queue = Queue::new(case.db.clone(), jobs());
        let id = job(&queue, "package", &[ItemKind::Print]).await;
        let item = queue.claim("w").await.unwrap().unwrap();
        queue.give_back(&item).await.unwrap();
        let item = queue.claim("w").await.unwrap().unwrap();
        assert_eq!(item.attempt, 1);
        queue.fail(&item, &Failure::transient("storage", "a disk was full")).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        let item = queue.claim("w").await.unwrap().unwrap();
        assert!(item.attempt == 2 && item.is_last_attempt());
        queue.fail(&item, &Failure::transient("storage", "a disk was full")).await.unwrap();
        let progress = queue.progress(id, Freshness::Latest).await.unwrap().unwrap();
        assert_eq!((progress.state, &progress.error.unwrap()["code"]), (JobState::Failed, &json!("storage")));

        let id = job(&queue, "package", &[ItemKind::Print]).await;
        let item = queue.claim("w").await.unwrap().unwrap();
        queue.fail(&item, &Failure::lasting("not_a_package", "units: missing")).await.unwrap();
        assert_eq!(state(&queue, id).await, JobState::Failed);
    }
}

#[tokio::test]
async fn a_cancelled_job_is_taken_from_its_worker() {
    for case in cases().await {
        let queue = Queue::new(case.db.clone(), jobs());
        let id = job(&queue, "batch", &[ItemKind::Read, ItemKind::Read]).await;
        let item = queue.claim("w").await.unwrap().unwrap();
        assert!(!queue.cancel(id, "another").await.unwrap());
        assert!(queue.cancel(id, "t").await.unwrap());
        assert!(matches!(queue.fenced(&item).await, Err(QueueError::Lost)));
        assert!(queue.claim("w").await.unwrap().is_none());
        assert_eq!((state(&queue, id).await, queue.cancel(id, "t").await.unwrap()), (JobState::Cancelled, false));
    }
}

#[tokio::test]
async fn many_workers_share_many_items_and_do_each_once() {
    for case in cases().await {
        let queue = Queue::new(case.db.clone(), JobsConfig { lease: Duration::from_secs(60), ..jobs() });
        let id = job(&queue, "batch", &[ItemKind::Read; 60]).await;
        let worker = |n: u32| {
            let queue = queue.clone();
            tokio::spawn(async move {
                let mut done = Vec::new();
                while let Some(item) = queue.claim(&format!("w{n}")).await.unwrap() {
                    if item.kind == ItemKind::Read {
                        done.push(item.id);
                    }
                    let tx = queue.fenced(&item).await.unwrap();
                    queue.finish(tx, &item, &json!({})).await.unwrap();
                }
                done
            })
        };
        let workers: Vec<_> = (0..8).map(worker).collect();
        let mut done = Vec::new();
        for worker in workers {
            done.extend(worker.await.unwrap());
        }
        assert_eq!((done.len(), done.iter().collect::<BTreeSet<_>>().len()), (60, 60));
        // A worker that found nothing may have left before the last of them made the item that settles the batch.
        while let Some(item) = queue.claim("last").await.unwrap() {
            let tx = queue.fenced(&item).await.unwrap();
            queue.finish(tx, &item, &json!({})).await.unwrap();
        }
        assert_eq!(state(&queue, id).await, JobState::Done);
    }
}

const NOTHING: [(String, Value); 0] = [];

/// What waits in the outbox: topics with their payloads, and nothing of them afterwards.
async fn told(db: &Db) -> Vec<(String, Value)> {
    let text = "SELECT topic, payload{as_text} AS payload FROM outbox WHERE sent_at IS NULL ORDER BY id";
    let rows = db.query(text).fetch_all(db.writer()).await.unwrap();
    db.execute(db.query("UPDATE outbox SET sent_at = {now}")).await.unwrap();
    let payload = |text: String| serde_json::from_str(&text).unwrap();
    rows.iter().map(|row| (row.col("topic").unwrap(), payload(row.col("payload").unwrap()))).collect()
}

#[tokio::test]
async fn what_waits_again_has_a_task_of_its_own_for_when_it_is_due() {
    for case in cases().await {
        let backoff = Duration::from_secs(60);
        let queue = Queue::new(case.db.clone(), JobsConfig { delivery: Delivery::CloudTasks, backoff, ..jobs() });
        job(&queue, "package", &[ItemKind::Print]).await;
        let first = told(&case.db).await;
        let item = queue.claim("w").await.unwrap().unwrap();
        assert_eq!(first, [("task".to_owned(), json!({"item": item.id, "fence": 0}))]);
        assert_eq!(queue.due(item.id).await.unwrap(), None);
        queue.give_back(&item).await.unwrap();
        let [(topic, back)] = &told(&case.db).await[..] else { panic!("one task") };
        assert_eq!((topic.as_str(), &back["item"], &back["fence"]), ("task", &json!(item.id), &json!(1)));
        let item = queue.claim("w").await.unwrap().unwrap();
        queue.fail(&item, &Failure::transient("x", "")).await.unwrap();
        let [(_, failed)] = &told(&case.db).await[..] else { panic!("one task") };
        let later = failed["run_at"].as_i64().unwrap() - back["run_at"].as_i64().unwrap();
        assert!(failed["fence"] == 2 && later > 50_000, "{failed} {back}");
        assert!(queue.due(item.id).await.unwrap().unwrap() > Duration::from_secs(50));
    }
}

#[tokio::test]
async fn a_large_job_is_run_and_run_once_more_where_nobody_is_at_what_is_left_of_it() {
    for case in cases().await {
        let (delivery, poll, run_again) = (Delivery::CloudTasks, Duration::from_millis(10), Duration::from_millis(500));
        let queue = Queue::new(case.db.clone(), JobsConfig { delivery, poll, run_again, ..jobs() });
        let id = sized(&queue, "batch", &[ItemKind::Read, ItemKind::Read], Some(3)).await;
        let run = [("run_job".to_owned(), json!({"job": id, "tasks": 3}))];
        assert_eq!(told(&case.db).await, run);
        let wait = || tokio::time::sleep(Duration::from_millis(600));
        wait().await;
        // It is still to be told, or was begun this moment, or somebody is at it.
        queue.sweep().await.unwrap();
        assert_eq!(told(&case.db).await, NOTHING);
        queue.run_began(id).await.unwrap();
        queue.sweep().await.unwrap();
        assert_eq!(told(&case.db).await, NOTHING);
        wait().await;
        let item = queue.claim_of("w", id).await.unwrap().unwrap();
        queue.sweep().await.unwrap();
        assert_eq!(told(&case.db).await, NOTHING);
        // It is lost; nobody takes it, nor the other.
        wait().await;
        assert_eq!(queue.sweep().await.unwrap(), (1, 0));
        queue.sweep().await.unwrap();
        assert_eq!(told(&case.db).await, run, "{item:?}");
        queue.run_began(id).await.unwrap();
        wait().await;
        assert!(queue.cancel(id, "t").await.unwrap());
        queue.sweep().await.unwrap();
        assert_eq!(told(&case.db).await, NOTHING);
    }
}
