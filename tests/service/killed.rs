//! Processes that die: those that read, and those that work.

use crate::postgres;
use crate::server::{Server, worker};
use gabarito::service::config::Config;
use gabarito::service::store::Db;
use gabarito::service::store::db::Columns;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use std::io::{Cursor, Write};
use std::time::{Duration, Instant};
use uuid::Uuid;

pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().unwrap();
    let mut stream = writer.stream_writer().unwrap();
    let row = vec![255; width as usize];
    (0..height).for_each(|_| stream.write_all(&row).unwrap());
    drop(stream);
    writer.finish().unwrap();
    bytes
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

async fn upload(server: &Server, bytes: Vec<u8>, name: &'static str) -> String {
    let form = Form::new().part("files", Part::bytes(bytes).file_name(name));
    let created = server.send(server.client().post(server.url("/v1/batches")).multipart(form)).await;
    let location = created.header("location").to_owned();
    created.expect(202);
    location
}

/// The third page needs more memory than a process may have: it dies of it, and nothing else does.
#[tokio::test]
async fn a_page_that_kills_its_reader_is_an_error_and_the_others_are_read() {
    let server = Server::start_with(&[("GABARITO_BOUNDS_MEMORY", "700MiB"), ("GABARITO_BOUNDS_MEGAPIXELS", "2000")]);
    let (page, huge) = (png(800, 1100), png(30_000, 30_000));
    let files = [("1.png", &page[..]), ("2.png", &page), ("3.png", &huge), ("4.png", &page), ("5.png", &page)];
    let batch = upload(&server, zip(&files), "lote.zip").await;
    let read = server.finished(&batch).await;
    assert_eq!((&read["state"], &read["outcomes"]), (&json!("done"), &json!({"blank": 4, "error": 1})), "{read}");
    let page = server.get(&format!("{batch}/pages/3")).await.expect(200);
    assert_eq!((&page["outcome"], &page["issues"][0]["code"]), (&json!("error"), &json!("reader_died")), "{page}");
    assert_eq!(server.get("/healthz").await.status, 200);
}

/// What one version of the reader has read of an item counts for nothing to another one; the same one reads no page twice.
#[tokio::test]
async fn an_item_that_is_done_again_is_read_again_by_another_version_of_the_reader_alone() {
    let folder = std::env::temp_dir().join(format!("gabarito-engine-{}", Uuid::now_v7()));
    let server = Server::start_in(&folder, &[]);
    let page = png(800, 1100);
    let batch = upload(&server, zip(&[("1.png", &page[..]), ("2.png", &page), ("3.png", &page)]), "lote.zip").await;
    server.finished(&batch).await;
    let db = Db::connect(&Config::embedded(&folder).database, &folder).await.unwrap();
    for (engine, read) in [(env!("CARGO_PKG_VERSION"), json!({"error": 3})), ("0.0.0", json!({"blank": 3}))] {
        let mut tx = db.begin().await.unwrap();
        let other = db.query("UPDATE pages SET engine = $1, outcome = 'error'").bind(engine);
        other.execute(&mut *tx).await.unwrap();
        db.query("UPDATE jobs SET state = 'running'").execute(&mut *tx).await.unwrap();
        let again = "UPDATE job_items SET state = 'queued', attempts = 0 WHERE kind = 'read'";
        db.query(again).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        let begun = Instant::now();
        loop {
            let open = "SELECT COUNT(*) AS open FROM jobs WHERE state <> 'done'";
            if db.query(open).fetch_one(db.writer()).await.unwrap().col::<i64>("open").unwrap() == 0 {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(60));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let now = server.get(&batch).await.expect(200);
        assert_eq!(
            (&now["outcomes"], &now["progress"]["done"], &now["progress"]["total"]),
            (&read, &json!(3), &json!(3))
        );
    }
    db.close().await;
}

/// Workers are killed at random moments, again and again; every page is read once all the same.
async fn survive(environment: &[(&str, &str)], jobs: usize, kills: usize) {
    let quick = [
        ("GABARITO_JOBS_DELIVERY", "database"),
        ("GABARITO_JOBS_LEASE", "2s"),
        ("GABARITO_JOBS_SWEEP", "500ms"),
        ("GABARITO_JOBS_POLL", "100ms"),
        ("GABARITO_JOBS_MAX_ATTEMPTS", "20"),
    ];
    let environment: Vec<_> = environment.iter().copied().chain(quick).collect();
    let server = Server::start_with(&environment);
    let page = png(400, 560);
    let files: Vec<(&str, &[u8])> = ["a.png", "b.png", "c.png"].map(|name| (name, &page[..])).to_vec();
    let scans = zip(&files);
    let mut batches = Vec::new();
    for _ in 0..jobs {
        batches.push(upload(&server, scans.clone(), "lote.zip").await);
    }
    let mut workers: Vec<_> = (0..2).map(|_| worker(&server.data, &environment)).collect();
    let mut random = fastrand::Rng::with_seed(7);
    for turn in 0..kills {
        tokio::time::sleep(Duration::from_millis(random.u64(30..400))).await;
        let one = turn % workers.len();
        workers[one].kill().unwrap();
        workers[one].wait().unwrap();
        workers[one] = worker(&server.data, &environment);
    }
    let begun = Instant::now();
    for batch in &batches {
        loop {
            let job = server.get(batch).await.expect(200);
            if !["queued", "running"].contains(&job["state"].as_str().unwrap()) {
                let said: (&Value, &Value, &Value) = (&job["state"], &job["progress"]["done"], &job["outcomes"]);
                assert_eq!(said, (&json!("done"), &json!(3), &json!({"blank": 3})), "{job}");
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(240), "{job}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    for mut worker in workers {
        worker.kill().unwrap();
        worker.wait().unwrap();
    }
}

#[tokio::test]
async fn no_job_is_lost_or_done_twice_when_workers_are_killed_on_sqlite() {
    survive(&[], 30, 12).await;
}

#[tokio::test]
async fn no_job_is_lost_or_done_twice_when_workers_are_killed_on_postgresql() {
    let url = postgres::database().await;
    survive(&[("GABARITO_DATABASE_URL", &url)], 30, 12).await;
}
