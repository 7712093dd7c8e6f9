//! Work that Cloud Tasks brings, to a service that does nothing of its own accord.

use crate::fake_google::{ACCOUNT, FakeGoogle, id_token, key};
use crate::print_and_read::package;
use crate::server::Server;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
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
    // The same task twice at once: one does it; the other is told to come again, or that it is done.
    let mut both: [u16; 2] = tokio::join!(call(&path, &good), call(&path, &good)).into();
    both.sort();
    assert!(both == [204, 204] || both == [204, 503], "{both:?}");
    assert_eq!(server.get(&location).await.expect(200)["state"], "done");
    assert_eq!(call(&path, &good).await, 204);
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
    until("its task ends", || google.seen(|s| s.tasks.values().all(|t| t.last() == Some(&204)))).await;
    let answers = google.seen(|s| s.tasks.values().next().unwrap().clone());
    assert!(answers.iter().filter(|a| **a == 503).count() >= 2, "{answers:?}");
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
