//! What is one tenant's is no other's, on every route that the service has.

use crate::print_and_read::package;
use crate::server::Server;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use std::time::Duration;

const A: &str = "gab_aaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "gab_bbbbbbbbbbbbbbbbbbbbbbbbbbbb";
/// The discard port: nothing listens there.
const NOBODY: &str = "http://127.0.0.1:9/";

fn server() -> Server {
    Server::start_with(&[("GABARITO_AUTH_KEYS", &format!("escola-a={A},escola-b={B}"))])
}

/// All operations of the service: method, path, whether it needs a credential.
async fn operations(server: &Server) -> Vec<(Method, String, bool)> {
    let document = server.get("/openapi.json").await.expect(200);
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) {
                all.push((method, path.clone(), operation.get("security").is_some()));
            }
        }
    }
    all
}

/// A body that the route would take, so that it gets as far as looking for what it is about.
fn body(path: &str) -> Value {
    if path.ends_with("/reprint") {
        json!({"student": "aluno-1"})
    } else if path.contains("/pages/") {
        json!({"accept": true})
    } else if path.ends_with("/key") {
        json!({"questions": [{"id": "q1", "answer": "A"}]})
    } else {
        json!({})
    }
}

#[tokio::test]
async fn every_route_asks_who_it_is() {
    let server = server();
    let mut asked = 0;
    for (method, path, secured) in operations(&server).await {
        let path = path.replace("{id}", "0190b0a0-0000-7000-8000-000000000000").replace("{n}", "1");
        for credential in
            [None, Some("Bearer gab_wrong-wrong-wrong-wrong"), Some("Basic eDp5"), Some("Bearer a.b.c"), Some("x")]
        {
            let request = server.client().request(method.clone(), server.url(&path)).json(&body(&path));
            let request = if let Some(c) = credential { request.header("authorization", c) } else { request };
            let answer = server.send(request).await;
            assert_eq!(answer.status == 401, secured, "{method} {path} {credential:?}: {}", answer.status);
            if secured {
                assert!(answer.headers.contains_key("www-authenticate"));
                asked += 1;
            }
        }
    }
    assert!(asked > 50, "{asked}");
}

/// What tenant A has: one of each thing that a path can name.
struct Owned {
    package: String,
    batch: String,
    upload: String,
    webhook: String,
    message: String,
    hold: String,
    erasure: String,
}

impl Owned {
    async fn make(server: &Server, a: impl Fn(Method, &str) -> reqwest::RequestBuilder) -> Self {
        let id = |made: Value| made["id"].as_str().unwrap().to_owned();
        let post = async |path: &str, body: &Value| id(server.send(a(Method::POST, path).json(body)).await.json());
        let get = async |path: &str| server.send(a(Method::GET, path)).await;
        let finished = async |path: &str| {
            loop {
                let job = get(path).await.expect(200);
                match job["state"].as_str().unwrap() {
                    "queued" | "running" => tokio::time::sleep(Duration::from_millis(50)).await,
                    state => break assert_eq!(state, "done", "{job}"),
                }
            }
        };
        // Nobody listens there: what is told is a message all the same.
        let webhook = post("/v1/webhooks", &json!({"url": NOBODY})).await;
        let package_id = post("/v1/packages", &package()).await;
        finished(&format!("/v1/packages/{package_id}")).await;
        let pdf = get(&format!("/v1/packages/{package_id}/files/sheets.pdf")).await;
        assert_eq!(pdf.status, 200);
        let form = Form::new().part("files", Part::bytes(pdf.body).file_name("x.pdf"));
        let batch = id(server.send(a(Method::POST, "/v1/batches").multipart(form)).await.expect(202));
        finished(&format!("/v1/batches/{batch}")).await;
        let key = json!({"questions": [{"id": "q1", "answer": "A"}]});
        server.send(a(Method::PUT, "/v1/applications/simulado-2/key").json(&key)).await.expect(200);
        // Somebody of another package is erased, so that this one stays as it was printed.
        let mut other = package();
        other["application"]["id"] = json!("simulado-1");
        other["units"][0]["rooms"][0]["students"] = json!([{"id": "aluno-9", "name": "Aluno 9"}]);
        let other = post("/v1/packages", &other).await;
        finished(&format!("/v1/packages/{other}")).await;
        let erasure = id(server.send(a(Method::DELETE, "/v1/students/aluno-9")).await.expect(200));
        let messages = format!("/v1/webhooks/{webhook}/messages");
        let message = loop {
            let told = get(&messages).await.expect(200);
            match told["items"][0]["id"].as_str() {
                Some(id) => break id.to_owned(),
                None => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        };
        Owned {
            package: package_id,
            batch,
            upload: post("/v1/uploads", &json!({"name": "x", "bytes": 3})).await,
            webhook,
            message,
            hold: post("/v1/legal-holds", &json!({"application": "simulado-1", "reason": "x"})).await,
            erasure,
        }
    }

    /// The path of an operation, with ids of A's things in it.
    fn at(&self, path: &str) -> String {
        let id = match path.split('/').nth(2).unwrap() {
            "packages" => &self.package,
            "batches" => &self.batch,
            "applications" => "simulado-2",
            "uploads" => &self.upload,
            "webhooks" => &self.webhook,
            "legal-holds" => &self.hold,
            "students" => "aluno-1",
            "erasures" => &self.erasure,
            noun => panic!("{noun}: what A has of it is to be made"),
        };
        let named = [("{n}", "1"), ("{name}", "manifest.json"), ("{field}", "q1"), ("{question}", "q1.svg")];
        let at = path.replace("{id}", id).replace("{message}", &self.message);
        let at = named.iter().fold(at, |at, (name, value)| at.replace(name, value));
        assert!(!at.contains('{'), "{at}: what stands there is to be named");
        if at.ends_with("/pieces") { format!("{at}?offset=0") } else { at }
    }
}

#[tokio::test]
async fn what_is_one_tenants_is_not_there_for_another() {
    let keys = format!("escola-a={A},escola-b={B}");
    let target = NOBODY.trim_start_matches("http://").trim_end_matches('/');
    let server = Server::start_with(&[("GABARITO_AUTH_KEYS", &keys), ("GABARITO_OUTBOUND_ALLOW_PRIVATE", target)]);
    let client = server.client();
    let as_a = |method: Method, path: &str| client.request(method, server.url(path)).bearer_auth(A);
    let owned = Owned::make(&server, as_a).await;
    let mut all: Vec<(Method, String)> = operations(&server)
        .await
        .into_iter()
        .filter(|(_, path, secured)| *secured && path.contains('{'))
        .map(|(method, path, _)| (method, owned.at(&path)))
        .collect();
    assert!(all.len() > 35, "{}", all.len());
    let ask = async |key: &str, method: &Method, at: &str| {
        server.send(client.request(method.clone(), server.url(at)).bearer_auth(key).json(&body(at))).await
    };
    for (method, at) in &all {
        let answer = ask(B, method, at).await;
        assert_eq!(answer.status, 404, "{method} {at}: {}", String::from_utf8_lossy(&answer.body));
    }
    // A message of another's, by a webhook of one's own.
    let own = server.send(client.post(server.url("/v1/webhooks")).bearer_auth(B).json(&json!({"url": NOBODY}))).await;
    let own = own.expect(201)["id"].as_str().unwrap().to_owned();
    let at = format!("/v1/webhooks/{own}/messages/{}/replay", owned.message);
    ask(B, &Method::POST, &at).await.expect(404);
    for list in ["/v1/packages", "/v1/batches", "/v1/legal-holds"] {
        let of = async |key: &str| {
            let answer = server.send(client.get(server.url(list)).bearer_auth(key)).await.expect(200);
            answer["items"].as_array().unwrap().len()
        };
        assert_eq!((of(A).await > 0, of(B).await), (true, 0), "{list}");
    }
    // All of it is there, after all that was asked, for whom it belongs to. What is deleted is deleted last, the student
    // before that which names the student.
    all.sort_by_key(|(method, at)| (*method == Method::DELETE, !at.starts_with("/v1/students/")));
    for (method, at) in &all {
        let answer = ask(A, method, at).await;
        let told = String::from_utf8_lossy(&answer.body);
        assert!(answer.status != 404 && answer.status < 500, "{method} {at}: {} {told}", answer.status);
    }
}

#[tokio::test]
async fn a_page_of_another_site_is_not_served() {
    let server = Server::start();
    let foreign = async |name: &str, value: &str| {
        server.send(server.client().get(server.url("/v1/packages")).header(name, value)).await.status
    };
    assert_eq!(foreign("origin", "https://example.com").await, 403);
    assert_eq!(foreign("host", "example.com").await, 403);
    assert_eq!(foreign("origin", &server.base).await, 200);
}

#[tokio::test]
async fn a_repeated_request_is_answered_with_the_first_ones_result() {
    let server = Server::start();
    let post = |key: &str, body: &Value| {
        server.client().post(server.url("/v1/packages")).header("Idempotency-Key", key).json(body)
    };
    let first = server.send(post("k1", &package())).await;
    let again = server.send(post("k1", &package())).await;
    assert_eq!((first.status, again.status), (202, 202));
    assert_eq!((again.header("idempotency-replayed"), again.header("location")), ("true", first.header("location")));
    assert_eq!(first.json()["id"], again.json()["id"]);
    let mut other = package();
    other["application"]["title"] = json!("Outra");
    let reused = server.send(post("k1", &other)).await.expect(422);
    assert_eq!(reused["type"], "urn:gabarito:problem:key-reused");
    // What was refused leaves its key free.
    server.send(post("k2", &json!({}))).await.expect(422);
    server.send(post("k2", &package())).await.expect(202);
    // Two at once: one is done, the other is told so, or gets the same answer.
    let (x, y) = tokio::join!(server.send(post("k3", &package())), server.send(post("k3", &package())));
    let mut both = [x.status, y.status];
    both.sort();
    assert!(both == [202, 202] || both == [202, 409], "{both:?}");
    assert_eq!(server.get("/v1/packages").await.expect(200)["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_key_is_traded_for_a_token() {
    let keys = format!("escola-a={A}");
    let secret = "a secret of at least thirty-two characters";
    let server = Server::start_with(&[("GABARITO_AUTH_KEYS", &keys), ("GABARITO_AUTH_TOKEN_SECRET", secret)]);
    let form = |secret: &str| {
        let body = format!("grant_type=client_credentials&client_id=escola-a&client_secret={secret}");
        let request = server.client().post(server.url("/oauth/token")).body(body);
        request.header("content-type", "application/x-www-form-urlencoded")
    };
    let granted = server.send(form(A)).await;
    assert_eq!((granted.header("cache-control"), granted.header("pragma")), ("no-store", "no-cache"));
    let granted = granted.expect(200);
    assert_eq!(granted["scope"], "print read review admin");
    let token = granted["access_token"].as_str().unwrap();
    server.send(server.client().get(server.url("/v1/packages")).bearer_auth(token)).await.expect(200);
    let forged = format!("{}x", &token[..token.len() - 1]);
    server.send(server.client().get(server.url("/v1/packages")).bearer_auth(forged)).await.expect(401);
    server.send(form(B)).await.expect(401);
}

#[tokio::test]
async fn what_is_wrong_about_asking_for_a_token_is_told_as_oauth_has_it() {
    let keys = format!("escola-a={A}");
    let secret = "a secret of at least thirty-two characters";
    let server = Server::start_with(&[("GABARITO_AUTH_KEYS", &keys), ("GABARITO_AUTH_TOKEN_SECRET", secret)]);
    let post = |body: String| {
        let request = server.client().post(server.url("/oauth/token")).body(body);
        request.header("content-type", "application/x-www-form-urlencoded")
    };
    let client = format!("client_id=escola-a&client_secret={A}");
    let right = format!("grant_type=client_credentials&{client}");
    for (body, status, error) in [
        (client.clone(), 400, "invalid_request"),
        (format!("grant_type=&{client}"), 400, "invalid_request"),
        (format!("{right}&grant_type=client_credentials"), 400, "invalid_request"),
        (format!("grant_type=password&{client}"), 400, "unsupported_grant_type"),
        (format!("{right}&scope=print+write"), 400, "invalid_scope"),
        (right.replace(A, B), 401, "invalid_client"),
        (right.replace("escola-a", "escola-b"), 401, "invalid_client"),
        ("grant_type=client_credentials".to_owned(), 401, "invalid_client"),
    ] {
        let problem = server.send(post(body.clone())).await.expect(status);
        assert_eq!((&problem["error"], &problem["status"]), (&json!(error), &json!(status)), "{body}");
        assert!(problem["type"].as_str().unwrap().starts_with("urn:gabarito:problem:"), "{problem}");
    }
    let json = server.client().post(server.url("/oauth/token")).json(&json!({}));
    assert_eq!(server.send(json).await.expect(415)["error"], "invalid_request");
    let twice = post(right.clone()).basic_auth("escola-a", Some(A));
    assert_eq!(server.send(twice).await.expect(400)["error"], "invalid_request");
    let wrong = post("grant_type=client_credentials".to_owned()).basic_auth("escola-a", Some(B));
    let wrong = server.send(wrong).await;
    assert!(wrong.headers.get_all("www-authenticate").iter().any(|v| v.as_bytes().starts_with(b"Basic")));
    assert_eq!(wrong.expect(401)["error"], "invalid_client");
    // What is no matter of OAuth's has no such member.
    assert!(server.get("/v1/packages").await.expect(401).get("error").is_none());
    // A token may do less than its key.
    let basic = post("grant_type=client_credentials&scope=read".to_owned()).basic_auth("escola-a", Some(A));
    let granted = server.send(basic).await.expect(200);
    assert_eq!(granted["scope"], "read");
    let token = granted["access_token"].as_str().unwrap();
    let ask = async |path: &str| server.send(server.client().get(server.url(path)).bearer_auth(token)).await.status;
    assert_eq!((ask("/v1/batches").await, ask("/v1/packages").await), (200, 403));
}
