//! What is one tenant's is no other's, on every route that the service has.

use crate::print_and_read::package;
use crate::server::Server;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

const A: &str = "gab_aaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "gab_bbbbbbbbbbbbbbbbbbbbbbbbbbbb";

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

#[tokio::test]
async fn what_is_one_tenants_is_not_there_for_another() {
    let server = server();
    let client = server.client();
    let a = |r: reqwest::RequestBuilder| r.bearer_auth(A);
    let created = server.send(a(client.post(server.url("/v1/packages")).json(&package()))).await.expect(202);
    let package = created["id"].as_str().unwrap().to_owned();
    let scan = Form::new().part("files", Part::bytes(&b"not a scan"[..]).file_name("x.pdf"));
    let created = server.send(a(client.post(server.url("/v1/batches")).multipart(scan))).await.expect(202);
    let batch = created["id"].as_str().unwrap().to_owned();
    let state = async |path: &str| server.send(a(client.get(server.url(path)))).await.expect(200)["state"].clone();
    for path in [format!("/v1/packages/{package}"), format!("/v1/batches/{batch}")] {
        while state(&path).await != "done" {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
    let mut refused = 0;
    for (method, path, secured) in operations(&server).await {
        if !secured || !path.contains('{') {
            continue;
        }
        let id = if path.contains("/packages/") {
            &package
        } else if path.contains("/applications/") {
            "simulado-2"
        } else {
            &batch
        };
        let at =
            path.replace("{id}", id).replace("{n}", "1").replace("{name}", "manifest.json").replace("{field}", "q1");
        let at = if at.ends_with("/pieces") { format!("{at}?offset=0") } else { at };
        let request = client.request(method.clone(), server.url(&at)).bearer_auth(B).json(&body(&at));
        let answer = server.send(request).await;
        assert_eq!(answer.status, 404, "{method} {at}: {}", String::from_utf8_lossy(&answer.body));
        refused += 1;
    }
    assert!(refused > 12, "{refused}");
    for list in ["/v1/packages", "/v1/batches"] {
        let of = async |key: &str| server.send(client.get(server.url(list)).bearer_auth(key)).await.expect(200);
        assert_eq!(
            (of(A).await["items"].as_array().unwrap().len(), of(B).await["items"].as_array().unwrap().len()),
            (1, 0)
        );
    }
    assert_eq!(state(&format!("/v1/packages/{package}")).await, "done");
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
    let granted = server.send(form(A)).await.expect(200);
    let token = granted["access_token"].as_str().unwrap();
    server.send(server.client().get(server.url("/v1/packages")).bearer_auth(token)).await.expect(200);
    let forged = format!("{}x", &token[..token.len() - 1]);
    server.send(server.client().get(server.url("/v1/packages")).bearer_auth(forged)).await.expect(401);
    server.send(form(B)).await.expect(401);
}
