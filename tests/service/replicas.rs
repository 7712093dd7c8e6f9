//! A replica of PostgreSQL: what may be a moment old is read there, and from the primary where it is away.

use crate::killed::png;
use crate::postgres::Postgres;
use crate::server::Server;
use reqwest::multipart::{Form, Part};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor, Row};
use std::time::{Duration, Instant};

async fn batch(server: &Server) -> String {
    let form = Form::new().part("files", Part::bytes(png(40, 56)).file_name("a.png"));
    let made = server.send(server.client().post(server.url("/v1/batches")).multipart(form)).await;
    let location = made.header("location").to_owned();
    made.expect(202);
    location
}

async fn listed(server: &Server) -> usize {
    server.get("/v1/batches").await.expect(200)["items"].as_array().unwrap().len()
}

/// Asks until the answer is yes.
async fn until<F: Future<Output = bool>>(mut ask: impl FnMut() -> F) {
    let begun = Instant::now();
    while !ask().await {
        assert!(begun.elapsed() < Duration::from_secs(60));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Whether the server has read its list of batches here.
async fn was_read(standby: &mut AnyConnection) -> bool {
    let text = "SELECT COUNT(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE '%FROM batches%'";
    sqlx::query(text).fetch_one(standby).await.unwrap().get::<i64, _>(0) > 0
}

async fn pause(standby: &mut AnyConnection) {
    standby.execute(AssertSqlSafe("SELECT pg_wal_replay_pause()".to_owned())).await.unwrap();
    let state = "SELECT pg_get_wal_replay_pause_state()";
    while sqlx::query(state).fetch_one(&mut *standby).await.unwrap().get::<String, _>(0) != "paused" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn lists_are_read_from_replicas_in_turn_and_from_the_primary_where_they_are_behind_or_away() {
    let primary = Postgres::start();
    let replicas = [Postgres::following(&primary), Postgres::following(&primary)];
    let database = primary.database().await;
    let url = primary.url(&database);
    let read_only = replicas.each_ref().map(|replica| replica.url(&database));
    let mut standbys = Vec::new();
    for url in &read_only {
        until(|| async { AnyConnection::connect(url).await.is_ok() }).await;
        standbys.push(AnyConnection::connect(url).await.unwrap());
    }
    let both = read_only.join(",");
    let environment = [
        ("GABARITO_DATABASE_URL", url.as_str()),
        ("GABARITO_DATABASE_REPLICAS", &both),
        // Nobody works: the batches stay as they are.
        ("GABARITO_JOBS_DELIVERY", "database"),
    ];
    let server = Server::start_with(&environment);
    batch(&server).await;
    assert_eq!(listed(&server).await, 1, "whoever wrote sees it, whether the replicas have it yet or not");
    for standby in &mut standbys {
        let begun = Instant::now();
        while !was_read(standby).await {
            assert!(begun.elapsed() < Duration::from_secs(60), "no list was read from one of the replicas");
            assert_eq!(listed(&server).await, 1);
        }
    }

    for standby in &mut standbys {
        pause(standby).await;
    }
    let made = batch(&server).await;
    assert_eq!(listed(&server).await, 2, "the replicas don't have it");
    assert_eq!(server.get(&made).await.expect(200)["state"], "queued");
    for mut standby in standbys {
        standby.execute(AssertSqlSafe("SELECT pg_wal_replay_resume()".to_owned())).await.unwrap();
    }

    replicas.iter().for_each(Postgres::stop);
    batch(&server).await;
    assert_eq!(listed(&server).await, 3);
    // A server that starts while they are away does so all the same.
    let another = Server::start_with(&environment);
    assert_eq!(listed(&another).await, 3);
}
