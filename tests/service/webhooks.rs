//! Whoever is told of what ended: signed, again where it failed, and only at addresses that may be called.

use crate::postgres;
use crate::server::Server;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use gabarito::service::webhooks::signature;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection, Executor, Row};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What arrived: id, time, signature, body.
type Arrived = Arc<Mutex<Vec<[String; 4]>>>;

async fn take(State(arrived): State<Arrived>, headers: HeaderMap, body: String) -> StatusCode {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let mut arrived = arrived.lock().unwrap();
    arrived.push([header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"), body]);
    // The first time it is in no mood.
    if arrived.len() == 1 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
}

async fn arrivals(arrived: &Arrived, count: usize) -> Vec<[String; 4]> {
    let begun = Instant::now();
    while arrived.lock().unwrap().len() < count {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", arrived.lock().unwrap());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    arrived.lock().unwrap().clone()
}

#[tokio::test]
async fn the_end_of_a_batch_is_told_signed_and_again_until_it_is_taken() {
    let arrived = Arrived::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let router = Router::new().route("/aviso", post(take)).with_state(arrived.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let server = Server::start_with(&[("GABARITO_OUTBOUND_ALLOW_PRIVATE", &target)]);

    let new = json!({"url": format!("http://{target}/aviso"), "events": ["batch.finished"]});
    let webhook = server.post_json("/v1/webhooks", &new).await.expect(201);
    let (id, secret) = (webhook["id"].as_str().unwrap(), webhook["secret"].as_str().unwrap());
    let form = Form::new().part("files", Part::bytes(&b"not a scan"[..]).file_name("x.pdf"));
    let batch = server.send(server.client().post(server.url("/v1/batches")).multipart(form)).await.expect(202);

    let told = arrivals(&arrived, 2).await;
    for [message, time, signed, body] in &told {
        assert_eq!(*signed, signature(secret, message, time.parse().unwrap(), body));
    }
    assert_eq!(told[0][0], told[1][0], "the same message, so that whoever took it knows it again");
    let body: Value = serde_json::from_str(&told[1][3]).unwrap();
    assert_eq!(
        (&body["type"], &body["data"]["batch"], &body["data"]["state"]),
        (&json!("batch.finished"), &batch["id"], &json!("done"))
    );

    let path = format!("/v1/webhooks/{id}/messages");
    let begun = Instant::now();
    let message = loop {
        let message = server.get(&path).await.expect(200)["items"][0].clone();
        if message["state"] == "delivered" || begun.elapsed() > Duration::from_secs(20) {
            break message;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(
        (&message["state"], &message["attempts"], &message["last_status"]),
        (&json!("delivered"), &json!(2), &json!(200))
    );
    let replay = format!("{path}/{}/replay", message["id"].as_str().unwrap());
    assert_eq!(server.send(server.client().post(server.url(&replay))).await.status, 202);
    assert_eq!(arrivals(&arrived, 3).await[2][0], told[0][0]);
    assert!(server.get("/v1/webhooks").await.expect(200)["items"][0].get("secret").is_none());
    assert_eq!(server.send(server.client().delete(server.url(&format!("/v1/webhooks/{id}")))).await.status, 204);
}

#[tokio::test]
async fn no_private_address_is_called() {
    let server = Server::start();
    for url in [
        "http://127.0.0.1:1/x",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "file:///etc/passwd",
        "x",
    ] {
        let problem = server.post_json("/v1/webhooks", &json!({"url": url})).await.expect(422);
        assert_eq!(problem["errors"][0]["path"], "url", "{url}");
    }
    let problem =
        server.post_json("/v1/webhooks", &json!({"url": "https://example.com/", "events": ["x"]})).await.expect(422);
    assert_eq!(problem["errors"][0]["path"], "events");
}

async fn ended(server: &Server) {
    let form = Form::new().part("files", Part::bytes(&b"not a scan"[..]).file_name("x.pdf"));
    server.send(server.client().post(server.url("/v1/batches")).multipart(form)).await.expect(202);
}

async fn webhook(server: &Server, target: &str) -> String {
    let new = json!({"url": format!("http://{target}/aviso"), "events": ["batch.finished"]});
    server.post_json("/v1/webhooks", &new).await.expect(201)["id"].as_str().unwrap().to_owned()
}

/// Takes everything.
async fn taker() -> (Arrived, String) {
    let arrived = Arrived::new(Mutex::new(vec![Default::default()]));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let router = Router::new().route("/aviso", post(take)).with_state(arrived.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (arrived, target)
}

#[tokio::test]
async fn who_never_answers_delays_nobody_else() {
    let (arrived, target) = taker().await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = silent.local_addr().unwrap().to_string();
    let calls = Arc::new(Mutex::new(Vec::new()));
    tokio::spawn({
        let calls = calls.clone();
        async move {
            while let Ok((call, _)) = silent.accept().await {
                calls.lock().unwrap().push(call);
            }
        }
    });
    let (allowed, database) = (format!("{dead},{target}"), postgres::database().await);
    let server =
        Server::start_with(&[("GABARITO_OUTBOUND_ALLOW_PRIVATE", &allowed), ("GABARITO_DATABASE_URL", &database)]);
    webhook(&server, &dead).await;
    webhook(&server, &target).await;
    let begun = Instant::now();
    for _ in 0..6 {
        ended(&server).await;
    }
    // Sooner than a single call to the other is given up, and that has no more than two at once.
    arrivals(&arrived, 7).await;
    assert!(begun.elapsed() < Duration::from_secs(14), "{:?}", begun.elapsed());
    assert_eq!(calls.lock().unwrap().len(), 2);
}

/// The process dies after it made the messages and before it noted that it did.
#[tokio::test]
async fn what_the_outbox_tells_twice_is_one_message() {
    let (arrived, target) = taker().await;
    let server = Server::start_with(&[("GABARITO_OUTBOUND_ALLOW_PRIVATE", &target)]);
    webhook(&server, &target).await;
    ended(&server).await;
    arrivals(&arrived, 2).await;
    sqlx::any::install_default_drivers();
    let file = format!("sqlite://{}", server.data.join("gabarito.db").display());
    let mut database = AnyConnection::connect(&file).await.unwrap();
    let again = "UPDATE outbox SET sent_at = NULL, run_at = 0 WHERE topic = 'job.finished'";
    assert_eq!(database.execute(again).await.unwrap().rows_affected(), 1);
    let count = async |database: &mut AnyConnection, text: &'static str| -> i64 {
        database.fetch_one(text).await.unwrap().get(0)
    };
    while count(&mut database, "SELECT COUNT(*) FROM outbox WHERE sent_at IS NULL").await > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(count(&mut database, "SELECT COUNT(*) FROM webhook_messages").await, 1);
}
