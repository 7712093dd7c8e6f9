//! Who signed in at the pages is signed in for as long as that which it was done with holds.

use crate::lifecycle::open;
use crate::redis_server::Redis;
use crate::server::{Server, gabarito};
use std::path::Path;

const SECRET: (&str, &str) = ("GABARITO_AUTH_TOKEN_SECRET", "a secret of at least thirty-two characters");
/// Keys are looked up each time.
const AT_ONCE: (&str, &str) = ("GABARITO_CACHE_KEYS", "0s");

fn key(data: &Path, arguments: &[&str]) -> String {
    let run = gabarito().args(["key", "--data"]).arg(data).args(arguments).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

/// A new key: its id and itself.
fn add(data: &Path) -> (String, String) {
    let said = key(data, &["add", "--tenant", "escola", "--name", "secretaria", "--scopes", "read"]);
    let mut lines = said.lines().map(str::to_owned);
    (lines.next().unwrap(), lines.next().unwrap())
}

/// The cookie of whoever signs in.
async fn sign_in(server: &Server, user: &str, password: &str) -> String {
    let mut said = url::form_urlencoded::Serializer::new(String::new());
    let said = said.extend_pairs([("usuario", user), ("senha", password)]).finish();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let request = client.post(server.url("/entrar")).body(said);
    let answer = server.send(request.header("content-type", "application/x-www-form-urlencoded")).await;
    assert_eq!(answer.status, 303);
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

async fn asked(server: &Server, cookie: &str) -> u16 {
    server.send(server.client().get(server.url("/v1/batches")).header("cookie", cookie)).await.status
}

#[tokio::test]
async fn a_session_ends_with_its_key() {
    let server = Server::start_with(&[("GABARITO_AUTH_REQUIRED", "true"), AT_ONCE]);
    let (revoked, expired) = (add(&server.data), add(&server.data));
    let (a, b) = (sign_in(&server, "", &revoked.1).await, sign_in(&server, "", &expired.1).await);
    assert_eq!((asked(&server, &a).await, asked(&server, &b).await), (200, 200));
    key(&server.data, &["revoke", &revoked.0]);
    assert_eq!((asked(&server, &a).await, asked(&server, &b).await), (401, 200));
    let db = open(&None, &server.data).await;
    let end = db.query("UPDATE api_keys SET expires_at = {now} WHERE id = $1").bind(expired.0);
    db.execute(end).await.unwrap();
    assert_eq!(asked(&server, &b).await, 401);
}

#[tokio::test]
async fn a_session_ends_with_the_password_that_is_configured() {
    let server = Server::start_with(&[("GABARITO_AUTH_BASIC", "ana:first"), SECRET]);
    let (data, cookie) = (server.data.clone(), sign_in(&server, "ana", "first").await);
    server.stop();
    let server = Server::start_in(&data, &[("GABARITO_AUTH_BASIC", "ana:first"), SECRET]);
    assert_eq!(asked(&server, &cookie).await, 200);
    server.stop();
    let server = Server::start_in(&data, &[("GABARITO_AUTH_BASIC", "ana:second"), SECRET]);
    assert_eq!(asked(&server, &cookie).await, 401);
}

/// Leaves, as the page's button does.
async fn leave(server: &Server, cookie: &str) {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let request = client.post(server.url("/sair")).header("cookie", cookie).header("origin", &server.base);
    let answer = server.send(request).await;
    assert_eq!(answer.status, 303);
    assert!(answer.headers.get_all("set-cookie").iter().any(|v| v.to_str().unwrap().contains("Max-Age=0")));
}

#[tokio::test]
async fn who_leaves_ends_the_session_for_copies_of_the_cookie_too() {
    let basic = ("GABARITO_AUTH_BASIC", "ana:first");
    let server = Server::start_with(&[basic, SECRET]);
    let (data, left) = (server.data.clone(), sign_in(&server, "ana", "first").await);
    let other = sign_in(&server, "ana", "first").await;
    assert_eq!((asked(&server, &left).await, asked(&server, &other).await), (200, 200));
    leave(&server, &left).await;
    assert_eq!((asked(&server, &left).await, asked(&server, &other).await), (401, 200));
    // Once more, and by whoever has no session.
    leave(&server, &left).await;
    leave(&server, "gabarito=x").await;
    // Another process on the same database, which remembers nothing.
    let beside = Server::start_in(&data, &[basic, SECRET]);
    assert_eq!((asked(&beside, &left).await, asked(&beside, &other).await), (401, 200));
    beside.stop();
    server.stop();
    std::fs::remove_dir_all(&data).unwrap();
}

#[tokio::test]
async fn processes_that_share_redis_know_at_once_who_left() {
    let redis = Redis::start();
    let environment = [
        ("GABARITO_AUTH_BASIC", "ana:first"),
        SECRET,
        ("GABARITO_CACHE_URL", redis.url.as_str()),
        ("GABARITO_CACHE_KEYS", "1h"),
        ("GABARITO_CACHE_TIMEOUT", "10s"),
    ];
    let one = Server::start_with(&environment);
    let other = Server::start_in(&one.data, &environment);
    let cookie = sign_in(&one, "ana", "first").await;
    assert_eq!((asked(&one, &cookie).await, asked(&other, &cookie).await), (200, 200));
    leave(&one, &cookie).await;
    assert_eq!((asked(&one, &cookie).await, asked(&other, &cookie).await), (401, 401));
}
