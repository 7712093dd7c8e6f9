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

#[tokio::test]
async fn lists_are_read_from_the_replica_and_from_the_primary_where_it_is_away() {
    let primary = Postgres::start();
    let replica = Postgres::following(&primary);
    let database = primary.database().await;
    let (url, read_only) = (primary.url(&database), replica.url(&database));
    until(|| async { AnyConnection::connect(&read_only).await.is_ok() }).await;
    let environment = [
        ("GABARITO_DATABASE_URL", url.as_str()),
        ("GABARITO_DATABASE_REPLICAS", &read_only),
        // Nobody works: the batches stay as they are.
        ("GABARITO_JOBS_DELIVERY", "database"),
    ];
    let server = Server::start_with(&environment);
    until(|| async { server.get("/v1/batches").await.status == 200 }).await;
    let mut standby = AnyConnection::connect(&read_only).await.unwrap();
    standby.execute(AssertSqlSafe("SELECT pg_wal_replay_pause()".to_owned())).await.unwrap();
    while sqlx::query("SELECT pg_get_wal_replay_pause_state()")
        .fetch_one(&mut standby)
        .await
        .unwrap()
        .get::<String, _>(0)
        != "paused"
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    let made = batch(&server).await;
    assert_eq!(listed(&server).await, 0);
    assert_eq!(server.get(&made).await.expect(200)["state"], "queued");
    standby.execute(AssertSqlSafe("SELECT pg_wal_replay_resume()".to_owned())).await.unwrap();
    until(|| async { listed(&server).await == 1 }).await;

    drop(standby);
    replica.stop();
    batch(&server).await;
    assert_eq!(listed(&server).await, 2);
    // A server that starts while it is away does so all the same.
    let another = Server::start_with(&environment);
    assert_eq!(listed(&another).await, 2);
}
