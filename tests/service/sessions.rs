//! Who signed in at the pages is signed in for as long as that which it was done with holds.

use crate::lifecycle::open;
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
