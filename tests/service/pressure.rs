//! Too many requests, slow clients, and work that takes too long: all are told, and nothing else suffers.

use crate::killed::png;
use crate::server::{Answer, Server, gabarito};
use serde_json::json;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request whose body comes as the test likes.
struct Slow(TcpStream);

impl Slow {
    async fn begin(server: &Server, method: &str, path: &str, kind: &str, length: usize) -> Self {
        let mut stream = TcpStream::connect(server.base.trim_start_matches("http://")).await.unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        Slow(stream)
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    async fn answer(mut self) -> String {
        let mut text = Vec::new();
        self.0.read_to_end(&mut text).await.unwrap();
        String::from_utf8(text).unwrap()
    }
}

fn told_to_come_again(answer: &Answer) {
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
    assert_eq!(answer.json()["type"], "urn:gabarito:problem:busy");
}

#[tokio::test]
async fn whoever_sends_nothing_more_is_told_so_and_a_slow_upload_is_not_cut_off() {
    let server = Server::start_with(&[("GABARITO_SERVER_REQUEST_TIME", "1s")]);
    let mut stuck = Slow::begin(&server, "POST", "/v1/uploads", "application/json", 100).await;
    stuck.send(b"{\"name\":").await;
    let begun = server.post_json("/v1/uploads", &json!({"name": "a.pdf", "bytes": 8})).await.expect(201);
    let path = format!("/v1/uploads/{}/pieces?offset=0", begun["id"].as_str().unwrap());
    let mut steady = Slow::begin(&server, "PUT", &path, "application/octet-stream", 8).await;
    for byte in b"%PDF-1.7" {
        steady.send(&[*byte]).await;
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    let answer = steady.answer().await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"received\":8"), "{answer}");
    let answer = stuck.answer().await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("urn:gabarito:problem:too-slow"), "{answer}");
    let mut stuck = Slow::begin(&server, "POST", "/v1/read", "application/octet-stream", 100).await;
    stuck.send(b"%PDF").await;
    assert!(stuck.answer().await.starts_with("HTTP/1.1 408 "));
}

#[tokio::test]
async fn more_requests_than_are_answered_at_once_are_told_to_come_again() {
    let server = Server::start_with(&[("GABARITO_SERVER_REQUESTS", "1")]);
    let (begin, end) = (br#"{"name": "a.pdf","#, br#""bytes": 8}"#);
    let length = begin.len() + end.len();
    let mut first = Slow::begin(&server, "POST", "/v1/uploads", "application/json", length).await;
    first.send(begin).await;
    // It is there once it has its place.
    let mut answer = server.get("/v1/batches").await;
    for _ in 0..100 {
        if answer.status == 503 {
            break;
        }
        answer = server.get("/v1/batches").await;
    }
    told_to_come_again(&answer);
    assert_eq!(server.get("/healthz").await.status, 200);
    assert_eq!(server.get("/readyz").await.status, 200);
    first.send(end).await;
    let answer = first.answer().await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    server.get("/v1/batches").await.expect(200);
}

/// A picture that takes long enough to be waited for.
fn large() -> Vec<u8> {
    png(9_000, 9_000)
}

#[tokio::test]
async fn of_many_that_want_a_page_read_some_are_served_and_the_others_told_at_once() {
    let server = Server::start_with(&[("GABARITO_SERVER_AT_ONCE", "1"), ("GABARITO_SERVER_WAITING", "1")]);
    let client = server.client();
    let read = || server.send(client.post(server.url("/v1/read")).body(large()));
    let answers = futures_util::future::join_all((0..6).map(|_| read())).await;
    let served = answers.iter().filter(|a| a.status == 200).count();
    assert!((2..6).contains(&served), "{served}");
    answers.iter().filter(|a| a.status != 200).for_each(told_to_come_again);
}

#[tokio::test]
async fn what_takes_too_long_is_given_up() {
    let server =
        Server::start_with(&[("GABARITO_SERVER_REQUEST_TIME", "100ms"), ("GABARITO_BOUNDS_MEGAPIXELS", "2000")]);
    let answer = server.send(server.client().post(server.url("/v1/read")).body(png(20_000, 20_000))).await;
    told_to_come_again(&answer);
}

/// From `/proc`, as `proc_pid_stat(5)` counts: the nineteenth of all, the seventeenth after the name.
fn nice(process: &str) -> i32 {
    let said = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    said.rsplit_once(") ").unwrap().1.split(' ').nth(16).unwrap().parse().unwrap()
}

#[test]
fn what_opens_files_lets_the_server_go_first() {
    let mut child = gabarito().arg("child").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let (below, begun) = ((nice("self") + 10).min(19), Instant::now());
    while nice(&child.id().to_string()) != below {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn a_connection_without_a_request_is_closed_and_makes_room_for_another() {
    let environment = [("GABARITO_SERVER_HEAD_TIME", "2s"), ("GABARITO_SERVER_CONNECTIONS", "2")];
    let server = Server::start_with(&environment);
    let address = server.base.trim_start_matches("http://");
    let mut half = TcpStream::connect(address).await.unwrap();
    half.write_all(b"GET /healthz HTTP/1.1\r\nhost: loc").await.unwrap();
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut begin = [0; 12];
    idle.read_exact(&mut begin).await.unwrap();
    assert_eq!(&begin, b"HTTP/1.1 200");
    // Both places are taken: this one is answered when the first is closed, which it is by then.
    assert_eq!(server.get("/healthz").await.status, 200);
    let closed = tokio::time::timeout(Duration::from_secs(1), half.read(&mut begin)).await.unwrap();
    assert!(matches!(closed, Ok(0) | Err(_)), "{closed:?}");
}
