//! SIGTERM: whatever hangs, the process is gone in time, for the platform would kill it.

use crate::postgres;
use crate::print_and_read::package;
use crate::server::{Server, worker};
use serde_json::json;
use sqlx::{AnyConnection, Connection, Executor};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const SHUTDOWN: [(&str, &str); 2] = [("GABARITO_SERVER_SHUTDOWN", "1s"), ("GABARITO_JOBS_DELIVERY", "database")];
/// What is told and closed after requests and pages may take 1.5 s; the rest is for a machine that is busy.
const IN_ALL: Duration = Duration::from_secs(4);

/// Whoever asks for this table waits.
async fn held(url: &str, table: &'static str) -> AnyConnection {
    sqlx::any::install_default_drivers();
    let mut database = AnyConnection::connect(url).await.unwrap();
    database.execute("BEGIN").await.unwrap();
    database.execute(sqlx::AssertSqlSafe(format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))).await.unwrap();
    database
}

#[tokio::test]
async fn a_request_that_hangs_does_not_keep_the_process() {
    let url = postgres::database().await;
    let server = Server::start_with(&[SHUTDOWN[0], SHUTDOWN[1], ("GABARITO_DATABASE_URL", &url)]);
    let held = held(&url, "webhooks").await;
    let hanging = tokio::spawn(server.client().get(server.url("/v1/webhooks")).send());
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!hanging.is_finished());
    let (begun, data) = (Instant::now(), server.data.clone());
    assert!(tokio::task::spawn_blocking(move || server.stop()).await.unwrap().success());
    let took = begun.elapsed();
    assert!((Duration::from_secs(1)..IN_ALL).contains(&took), "{took:?}");
    assert!(hanging.await.unwrap().is_err());
    drop(held);
    let _ = std::fs::remove_dir_all(data);
}

fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).find_map(|path| match path.is_dir() {
        true => find(&path, name),
        false => path.ends_with(name).then_some(path),
    })
}

/// Opening a pipe that nobody writes to blocks its thread, as a file on a server that is away does.
#[tokio::test]
async fn a_thread_that_hangs_does_not_keep_the_process() {
    let server = Server::start_with(&SHUTDOWN[..1]);
    let location = server.post_json("/v1/packages", &package()).await.header("location").to_owned();
    assert_eq!(server.finished(&location).await["state"], "done");
    let file = find(&server.data, "sheets.pdf").unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
    let hanging = tokio::spawn(server.client().get(server.url(&format!("{location}/files/sheets.pdf"))).send());
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!hanging.is_finished());
    let (begun, data) = (Instant::now(), server.data.clone());
    assert!(tokio::task::spawn_blocking(move || server.stop()).await.unwrap().success());
    assert!((Duration::from_secs(1)..IN_ALL).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    let _ = std::fs::remove_dir_all(data);
}

#[tokio::test]
async fn an_item_that_can_t_be_given_back_does_not_keep_a_worker() {
    let url = postgres::database().await;
    let environment = [SHUTDOWN[0], SHUTDOWN[1], ("GABARITO_DATABASE_URL", &url), ("GABARITO_JOBS_POLL", "50ms")];
    let server = Server::start_with(&environment);
    let mut many = package();
    let students = (0..20_000).map(|n| json!({"id": format!("aluno-{n}"), "name": format!("Aluno {n}")}));
    many["units"][0]["rooms"][0]["students"] = students.collect();
    let location = server.post_json("/v1/packages", &many).await.header("location").to_owned();
    let mut worker = worker(&server.data, &environment);
    while server.get(&location).await.expect(200)["state"] == "queued" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let held = held(&url, "job_items").await;
    let begun = Instant::now();
    Command::new("kill").args(["-TERM", &worker.id().to_string()]).status().unwrap();
    assert!(tokio::task::spawn_blocking(move || worker.wait()).await.unwrap().unwrap().success());
    let took = begun.elapsed();
    assert!((Duration::from_secs(1)..IN_ALL).contains(&took), "{took:?}");
    drop(held);
}
