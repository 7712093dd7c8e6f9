//! Tasks of one job on Cloud Run: processes with an index each, that share one batch and end with it.

use crate::postgres;
use crate::print_and_read::package;
use crate::server::{Server, gabarito};
use gabarito::service::config::{Config, Secret};
use gabarito::service::store::Db;
use gabarito::service::store::db::Columns;
use reqwest::multipart::{Form, Part};
use serde_json::json;
use std::process::{Child, Stdio};

fn task(server: &Server, index: &str, environment: &[(&str, &str)], arguments: &[&str]) -> Child {
    let mut command = gabarito();
    command.arg("work").arg("--data").arg(&server.data).args(arguments).envs(environment.iter().copied());
    command.env("CLOUD_RUN_TASK_INDEX", index).env("CLOUD_RUN_TASK_COUNT", "2");
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[tokio::test]
async fn two_tasks_share_one_batch_and_end_with_it() {
    let url = postgres::database().await;
    let environment =
        [("GABARITO_JOBS_DELIVERY", "database"), ("GABARITO_JOBS_POLL", "50ms"), ("GABARITO_DATABASE_URL", &*url)];
    let server = Server::start_with(&environment);
    let one = |n: usize| Part::bytes(&b"not a scan"[..]).file_name(format!("{n}.png"));
    let form = (0..24).fold(Form::new(), |form, n| form.part("files", one(n)));
    let created = server.send(server.client().post(server.url("/v1/batches")).multipart(form)).await;
    let batch = created.header("location").to_owned();
    let id = created.expect(202)["id"].as_str().unwrap().to_owned();
    let package = server.post_json("/v1/packages", &package()).await.header("location").to_owned();

    let tasks = ["0", "1"].map(|index| task(&server, index, &environment, &["--job", &id]));
    for mut task in tasks {
        assert!(task.wait().unwrap().success());
    }
    let read = server.get(&batch).await.expect(200);
    assert_eq!((&read["state"], &read["progress"]["done"]), (&json!("done"), &json!(24)), "{read}");
    assert_eq!(read["outcomes"], json!({"error": 24}));
    // Nothing was done twice, and nothing of another job.
    let mut config = Config::embedded(&server.data).database;
    config.url = Some(Secret::new(&*url));
    let db = Db::connect(&config, &server.data).await.unwrap();
    let rows = db.query("SELECT attempts, worker FROM job_items WHERE state = 'done'").fetch_all(db.writer()).await;
    for row in rows.unwrap() {
        let (attempts, worker): (i64, String) = (row.col("attempts").unwrap(), row.col("worker").unwrap());
        assert!(
            attempts == 1 && (worker.starts_with("task-0-of-2-") || worker.starts_with("task-1-of-2-")),
            "{worker}"
        );
    }
    assert_eq!(server.get(&package).await.expect(200)["state"], "queued");

    // Without a job in its arguments a task does what there is, and ends.
    assert!(task(&server, "0", &environment, &[]).wait().unwrap().success());
    assert_eq!(server.get(&package).await.expect(200)["state"], "done");
    let nobody = task(&server, "0", &environment, &["--job", "0190b0a0-0000-7000-8000-000000000000"]).wait();
    assert_eq!(nobody.unwrap().code(), Some(1));
}
