//! Work that Cloud Tasks brings, to a service that does nothing of its own accord.

use crate::fake_google::{ACCOUNT, AUDIENCE, FakeGoogle, JOB, id_token, key};
use crate::print_and_read::package;
use crate::server::{Server, gabarito};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection, Executor};
use std::path::Path;
use std::time::Duration;

fn start(data: &Path, address: &str, more: &[(&str, &str)]) -> Server {
    let environment = FakeGoogle::environment(address);
    let all: Vec<(&str, &str)> =
        environment.iter().map(|(k, v)| (*k, v.as_str())).chain(more.iter().copied()).collect();
    Server::start_in(data, &all)
}

async fn service(more: &[(&str, &str)]) -> (FakeGoogle, Server) {
    let (google, address) = FakeGoogle::start().await;
    let data = std::env::temp_dir().join(format!("gabarito-tasks-{}", uuid::Uuid::now_v7()));
    let server = start(&data, &address, more);
    google.seen(|s| s.service = server.base.clone());
    (google, server)
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..600 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what}");
}

/// A package that takes a while to print.
fn large(students: u32) -> Value {
    let mut large = package();
    let students = (0..students).map(|n| json!({"id": format!("aluno-{n}"), "name": format!("Aluno {n}")}));
    large["units"][0]["rooms"][0]["students"] = students.collect();
    large
}

#[tokio::test]
async fn a_package_is_printed_and_a_batch_is_read_by_pushed_tasks_alone() {
    let (google, server) = service(&[]).await;
    // The first token has expired there, and Cloud Tasks is not well.
    google.seen(|s| s.faults.extend([401, 429, 503]));
    let location = server.post_json("/v1/packages", &package()).await.header("location").to_owned();
    let printed = server.finished(&location).await;
    assert_eq!(printed["state"], "done", "{printed}");
    assert_eq!(google.seen(|s| (s.tokens, s.tasks.len())), (2, 1));

    let pdf = server.get(&format!("{location}/files/sheets.pdf")).await.body;
    let form = Form::new().part("files", Part::bytes(pdf).file_name("folhas.pdf"));
    let created = server.send(server.client().post(server.url("/v1/batches")).multipart(form)).await;
    let batch = created.header("location").to_owned();
    created.expect(202);
    let read = server.finished(&batch).await;
    assert_eq!((&read["state"], &read["outcomes"]), (&json!("done"), &json!({"read": 3})), "{read}");
    // One task for each item: printing; listing, reading and settling. Each was told that nothing is left to do.
    until("every task ends with 204", || google.seen(|s| s.tasks.values().all(|t| t.last() == Some(&204)))).await;
    google.seen(|s| assert_eq!((s.tasks.len(), s.again.len()), (4, 0), "{:?}", s.tasks));
}

#[tokio::test]
async fn a_task_is_believed_only_if_google_signed_it_for_this_service() {
    let (google, server) = service(&[]).await;
    google.seen(|s| s.held = Some(Vec::new()));
    let location = server.post_json("/v1/packages", &package()).await.header("location").to_owned();
    let task = google.seen(|s| s.held.clone().unwrap().remove(0));
    let item = task["httpRequest"]["url"].as_str().unwrap().rsplit_once('/').unwrap().1.to_owned();
    let call = async |path: &str, token: &str| {
        server.send(server.client().post(server.url(path)).bearer_auth(token)).await.status
    };
    let path = format!("/internal/tasks/{item}");
    let others: [(&str, Value); 5] = [
        ("email", json!("someone@p.iam.gserviceaccount.com")),
        ("email_verified", json!(false)),
        ("aud", json!("https://another.example")),
        ("iss", json!("https://issuer.example")),
        ("exp", json!(1_700_000_000)),
    ];
    for (claim, value) in others {
        assert_eq!(call(&path, &google.token(|claims| claims[claim] = value)).await, 401, "{claim}");
    }
    for forged in [id_token(&key(), |_| {}), "a.b.c".to_owned(), String::new()] {
        assert_eq!(call(&path, &forged).await, 401);
        assert_eq!(call("/internal/sweep", &forged).await, 401);
    }
    assert_eq!(server.get(&location).await.expect(200)["state"], "queued");

    let good = google.token(|_| {});
    assert_eq!(call("/internal/tasks/0190b0a0-0000-7000-8000-000000000000", &good).await, 204);
    assert_eq!(call("/internal/tasks/x", &good).await, 404);
    // The same task twice at once: one does it, and the other has nothing left to do.
    let both: [u16; 2] = tokio::join!(call(&path, &good), call(&path, &good)).into();
    assert_eq!(both, [204, 204]);
    assert_eq!(server.get(&location).await.expect(200)["state"], "done");
    assert_eq!(call(&path, &good).await, 204);
}

/// Their clocks differ; or a person has a task run at once.
#[tokio::test]
async fn a_task_that_comes_before_its_item_is_due_does_not_lose_it() {
    let (google, server) = service(&[]).await;
    google.seen(|s| s.held = Some(Vec::new()));
    let location = server.post_json("/v1/packages", &package()).await.header("location").to_owned();
    let url = google.seen(|s| s.held.clone().unwrap().remove(0))["httpRequest"]["url"].clone();
    let path = url.as_str().unwrap().strip_prefix(AUDIENCE).unwrap().to_owned();
    let call = async || server.send(server.client().post(server.url(&path)).bearer_auth(google.token(|_| {}))).await;
    sqlx::any::install_default_drivers();
    let file = format!("sqlite://{}", server.data.join("gabarito.db").display());
    let mut database = AnyConnection::connect(&file).await.unwrap();
    database.execute("UPDATE job_items SET run_at = run_at + 60000").await.unwrap();
    let early = call().await;
    let seconds: u32 = early.header("retry-after").parse().unwrap();
    assert!(early.status == 503 && (40..=60).contains(&seconds), "{} {seconds}", early.status);
    database.execute("UPDATE job_items SET run_at = unixepoch('subsec') * 1000 + 1500").await.unwrap();
    assert_eq!(call().await.status, 204);
    assert_eq!(server.get(&location).await.expect(200)["state"], "done");
}

#[tokio::test]
async fn what_a_lost_instance_had_is_told_again_by_the_sweep() {
    let (google, address) = FakeGoogle::start().await;
    let data = std::env::temp_dir().join(format!("gabarito-tasks-{}", uuid::Uuid::now_v7()));
    let quick = [("GABARITO_JOBS_LEASE", "1s"), ("GABARITO_JOBS_SWEEP", "1h")];
    let first = start(&data, &address, &quick);
    google.seen(|s| {
        s.service = first.base.clone();
        s.held = Some(Vec::new());
    });
    let location = first.post_json("/v1/packages", &large(3000)).await.header("location").to_owned();
    let task = google.seen(|s| s.held.take().unwrap().remove(0));
    google.deliver(task);
    while first.get(&location).await.expect(200)["state"] == "queued" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // It is gone in the middle of its work, and another is there.
    first.kill();
    let second = start(&data, &address, &quick);
    google.seen(|s| s.service = second.base.clone());
    let sweep = async || {
        let request = second.client().post(second.url("/internal/sweep")).bearer_auth(google.token(|_| {}));
        second.send(request).await.expect(204)
    };
    until("the first task was broken off", || google.seen(|s| s.tasks.values().any(|t| t.contains(&0)))).await;
    while google.seen(|s| s.tasks.len()) < 2 {
        sweep().await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let printed = second.finished(&location).await;
    assert_eq!((&printed["state"], &printed["progress"]["done"]), (&json!("done"), &json!(3000)), "{printed}");
    // The first task, which comes to the second instance now, is told that nothing is left to do.
    until("every task ends with 204", || google.seen(|s| s.tasks.values().all(|t| t.last() == Some(&204)))).await;
}

#[tokio::test]
async fn an_item_that_fails_is_asked_for_again_and_given_up_at_last() {
    let (google, server) = service(&[("GABARITO_JOBS_MAX_ATTEMPTS", "3"), ("GABARITO_BOUNDS_CPU", "1s")]).await;
    // The process that prints so many has not the time to, whatever the machine.
    let location = server.post_json("/v1/packages", &large(30_000)).await.header("location").to_owned();
    let failed = server.finished(&location).await;
    assert_eq!((&failed["state"], &failed["error"]["code"]), (&json!("failed"), &json!("process_died")), "{failed}");
    // One task for each attempt, which is scheduled for when it is due: nothing that waits slows the queue.
    until("its tasks end", || google.seen(|s| s.tasks.values().all(|t| t.last() == Some(&204)))).await;
    google.seen(|s| assert!(s.tasks.len() == 3 && s.tasks.values().all(|t| t == &[204]), "{:?}", s.tasks));
}

/// A package is large from 5 KB on, a batch from 100 bytes; and the environment of both service and executions.
async fn with_a_job(more: &[(&'static str, &str)]) -> (FakeGoogle, Server, Vec<(&'static str, String)>) {
    let (google, address) = FakeGoogle::start().await;
    let data = std::env::temp_dir().join(format!("gabarito-tasks-{}", uuid::Uuid::now_v7()));
    let mut environment = FakeGoogle::environment(&address);
    let job = [
        ("GABARITO_TASKS_JOB", JOB),
        ("GABARITO_TASKS_JOB_PACKAGE", "5KB"),
        ("GABARITO_TASKS_JOB_BATCH", "100"),
        ("GABARITO_JOBS_POLL", "50ms"),
    ];
    environment.push(("GABARITO_TASKS_JOB_ENDPOINT", format!("http://{address}")));
    environment.extend(job.iter().chain(more).map(|(k, v)| (*k, (*v).to_owned())));
    let server = Server::start_in(&data, &environment.iter().map(|(k, v)| (*k, v.as_str())).collect::<Vec<_>>());
    google.seen(|s| s.service = server.base.clone());
    (google, server, environment)
}

fn batch(files: usize) -> Form {
    let one = |n: usize| Part::bytes(&b"not a scan, in thirty bytes .."[..]).file_name(format!("{n}.png"));
    (0..files).fold(Form::new(), |form, n| form.part("files", one(n)))
}

#[tokio::test]
async fn what_is_large_is_worked_off_by_a_job_on_cloud_run_and_the_rest_by_tasks() {
    let (google, server, environment) = with_a_job(&[("GABARITO_JOBS_WORKERS", "2")]).await;
    google.seen(|s| {
        s.worker = Some((server.data.clone(), environment));
        // The first token has expired there, and Cloud Run is not well.
        s.faults.extend([401, 503]);
    });
    let created = server.post_json("/v1/packages", &large(200)).await;
    let (location, id) = (created.header("location").to_owned(), created.expect(202)["id"].clone());
    let printed = server.finished(&location).await;
    assert_eq!((&printed["state"], &printed["progress"]["done"]), (&json!("done"), &json!(200)), "{printed}");
    assert_eq!(google.seen(|s| (s.runs.len(), s.runs[0].1, s.tasks.len())), (1, 1, 0));
    let args = google.seen(|s| s.runs[0].0.clone());
    assert_eq!(args[..2], ["work", "--job"]);
    assert_ne!(args[2], id, "it is the job's id");

    // A task for two files, and all of its items are done by them: nobody made a task of Cloud Tasks for one.
    let created = server.send(server.client().post(server.url("/v1/batches")).multipart(batch(5))).await;
    let location = created.header("location").to_owned();
    created.expect(202);
    let read = server.finished(&location).await;
    assert_eq!((&read["state"], &read["outcomes"]), (&json!("done"), &json!({"error": 5})), "{read}");
    assert_eq!(google.seen(|s| (s.runs.len(), s.runs[1].1, s.tasks.len())), (2, 3, 0));

    // What is small goes as before.
    let small = server.send(server.client().post(server.url("/v1/batches")).multipart(batch(3))).await;
    let location = small.header("location").to_owned();
    small.expect(202);
    assert_eq!(server.finished(&location).await["state"], "done");
    let location = server.post_json("/v1/packages", &package()).await.header("location").to_owned();
    assert_eq!(server.finished(&location).await["state"], "done");
    assert_eq!(google.seen(|s| (s.runs.len(), s.tasks.len())), (2, 1 + 3 + 1 + 1));
}

#[tokio::test]
async fn a_large_job_whose_execution_is_lost_is_run_once_more() {
    let quick = [("GABARITO_JOBS_RUN_AGAIN", "1s"), ("GABARITO_JOBS_LEASE", "1s")];
    let (google, server, environment) = with_a_job(&quick).await;
    let location = server.post_json("/v1/packages", &large(3000)).await.header("location").to_owned();
    until("an execution is asked for", || google.seen(|s| s.runs.len() == 1)).await;
    // Its only task dies in the middle of its work.
    let args = google.seen(|s| s.runs[0].0.clone());
    let mut command = gabarito();
    command.args(&args).arg("--data").arg(&server.data).envs(environment.iter().map(|(k, v)| (*k, v.as_str())));
    let mut task = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    while server.get(&location).await.expect(200)["state"] == "queued" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    task.kill().unwrap();
    task.wait().unwrap();
    google.seen(|s| s.worker = Some((server.data.clone(), environment)));
    while google.seen(|s| s.runs.len()) < 2 {
        let request = server.client().post(server.url("/internal/sweep")).bearer_auth(google.token(|_| {}));
        server.send(request).await.expect(204);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(google.seen(|s| s.runs[1].0.clone()), args);
    let printed = server.finished(&location).await;
    assert_eq!((&printed["state"], &printed["progress"]["done"]), (&json!("done"), &json!(3000)), "{printed}");
    assert_eq!(google.seen(|s| s.tasks.len()), 0);
}

#[test]
fn what_is_missing_for_tasks_is_said_before_anything_starts() {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_gabarito"));
    let told = command.arg("serve").env("GABARITO_JOBS_DELIVERY", "cloud_tasks").output().unwrap();
    let said = String::from_utf8_lossy(&told.stderr);
    assert!(!told.status.success(), "{said}");
    for path in ["tasks.queue", "tasks.url", "tasks.service_account"] {
        assert!(said.contains(path), "{path}: {said}");
    }
    assert!(!said.contains(ACCOUNT));
}
