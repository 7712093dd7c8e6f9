//! Tokens that others sign: of an OIDC issuer, by its published keys, and ID tokens of Google's accounts.

use crate::fake_google::{ACCOUNT, AUDIENCE, FakeGoogle, KEY_ID, id_token, key};
use crate::print_and_read::package;
use crate::server::{Answer, Server};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const ISSUER: &str = "https://issuer.example";
const A: &str = "gab_aaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "gab_bbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/// An issuer, and a service that takes its tokens.
async fn issuer(more: &[(&str, &str)]) -> (FakeGoogle, Server) {
    let (issuer, address) = FakeGoogle::start().await;
    let keys = format!("http://{address}/oauth2/v3/certs");
    let own =
        [("GABARITO_AUTH_ISSUER", ISSUER), ("GABARITO_AUTH_AUDIENCE", AUDIENCE), ("GABARITO_AUTH_JWKS_URL", &keys)];
    let server = Server::start_with(&[&own, more].concat());
    (issuer, server)
}

/// The claims of a token for the service: all that is needed.
fn good(claims: &mut Value) {
    claims["iss"] = json!(ISSUER);
    claims["tenant"] = json!("escola-a");
    claims["scope"] = json!("openid print");
}

async fn packages(server: &Server, token: &str) -> Answer {
    server.send(server.client().get(server.url("/v1/packages")).bearer_auth(token)).await
}

#[tokio::test]
async fn a_token_of_the_issuer_is_taken_only_if_all_of_it_is_right() {
    let (issuer, server) = issuer(&[]).await;
    let right = issuer.token(good);
    packages(&server, &right).await.expect(200);
    let now = get_current_timestamp();
    let others: [(&str, Value); 9] = [
        ("iss", json!("https://another.example")),
        ("iss", Value::Null),
        ("aud", json!("https://another.example")),
        ("aud", Value::Null),
        ("exp", json!(now - 3600)),
        ("exp", Value::Null),
        ("nbf", json!(now + 3600)),
        ("tenant", Value::Null),
        ("tenant", json!("../escola-a")),
    ];
    for (claim, value) in others {
        let token = issuer.token(|claims| {
            good(claims);
            claims[claim] = value.clone();
        });
        let problem = packages(&server, &token).await.expect(401);
        assert_eq!(problem["type"], "urn:gabarito:problem:unauthenticated", "{claim}: {value}");
    }
    for scope in [Value::Null, json!("openid read")] {
        let token = issuer.token(|claims| {
            good(claims);
            claims["scope"] = scope;
        });
        let problem = packages(&server, &token).await.expect(403);
        assert_eq!(problem["type"], "urn:gabarito:problem:forbidden");
    }
    let begun = issuer.token(|claims| {
        good(claims);
        claims["nbf"] = json!(now - 60);
    });
    packages(&server, &begun).await.expect(200);
}

#[tokio::test]
async fn a_token_that_the_issuer_did_not_sign_is_not_taken() {
    let (issuer, server) = issuer(&[]).await;
    let right = issuer.token(good);
    packages(&server, &right).await.expect(200);
    let (said, signature) = right.rsplit_once('.').unwrap();
    let claims = said.split_once('.').unwrap().1;
    let head = |head: Value| URL_SAFE_NO_PAD.encode(head.to_string());
    let mut forged = vec![
        id_token(&key(), good),
        format!("{said}."),
        format!("{}.{claims}.", head(json!({"alg": "none", "typ": "JWT", "kid": KEY_ID}))),
        format!("{}.{claims}.{signature}", head(json!({"alg": "none", "typ": "JWT", "kid": KEY_ID}))),
        format!("{}.{claims}.{signature}", head(json!({"alg": "RS256", "typ": "JWT", "kid": "another"}))),
        format!("{}.{claims}.{signature}", head(json!({"alg": "RS256", "typ": "JWT"}))),
    ];
    // What is public as the secret of an HMAC: the modulus, and the key as it is published.
    let jwk = issuer.jwk();
    let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    for secret in [modulus, jwk["n"].to_string().into_bytes(), jwk.to_string().into_bytes()] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = Header { kid: Some(KEY_ID.into()), ..Header::new(algorithm) };
            forged.push(encode(&header, &claims, &EncodingKey::from_secret(&secret)).unwrap());
        }
    }
    for token in forged {
        let problem = packages(&server, &token).await.expect(401);
        assert_eq!(problem["type"], "urn:gabarito:problem:unauthenticated", "{token}");
    }
}

#[tokio::test]
async fn nobody_waits_for_an_issuer_that_is_away() {
    let (issuer, server) = issuer(&[]).await;
    issuer.seen(|s| s.keys_away = true);
    let token = issuer.token(good);
    for _ in 0..5 {
        let answer = packages(&server, &token).await;
        assert_eq!((answer.status, answer.header("retry-after").is_empty()), (503, false));
    }
    // Whose token it is not is told so without any keys.
    let another = issuer.token(|claims| claims["iss"] = json!("https://another.example"));
    packages(&server, &another).await.expect(401);
    assert_eq!(issuer.seen(|s| s.asked_for_keys), 1);
    // It is there again, which is seen soon.
    issuer.seen(|s| s.keys_away = false);
    let begun = Instant::now();
    while packages(&server, &token).await.status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Keys that are there are not asked for again, and hold while it is away.
    issuer.seen(|s| s.keys_away = true);
    packages(&server, &token).await.expect(200);
    assert_eq!(issuer.seen(|s| s.asked_for_keys), 2);
}

#[tokio::test]
async fn an_account_of_google_is_one_tenants() {
    let (google, address) = FakeGoogle::start().await;
    let (keys, accounts) = (format!("escola-a={A},escola-b={B}"), format!("{ACCOUNT}=escola-a:print read"));
    let certs = format!("http://{address}/oauth2/v3/certs");
    let server = Server::start_with(&[
        ("GABARITO_AUTH_KEYS", &keys),
        ("GABARITO_AUTH_GOOGLE", &accounts),
        ("GABARITO_AUTH_GOOGLE_AUDIENCE", AUDIENCE),
        ("GABARITO_AUTH_GOOGLE_JWKS_URL", &certs),
        // Nobody works.
        ("GABARITO_JOBS_DELIVERY", "database"),
    ]);
    let make = async |key: &str| {
        let request = server.client().post(server.url("/v1/packages")).bearer_auth(key).json(&package());
        server.send(request).await.expect(202)["id"].clone()
    };
    let (own, foreign) = (make(A).await, make(B).await);
    for issuer in ["https://accounts.google.com", "accounts.google.com"] {
        let token = google.token(|claims| claims["iss"] = json!(issuer));
        let listed = packages(&server, &token).await.expect(200);
        let ids: Vec<&Value> = listed["items"].as_array().unwrap().iter().map(|item| &item["id"]).collect();
        assert_eq!(ids, [&own]);
    }
    let token = google.token(|_| {});
    let ask = async |path: &str, token: &str| {
        server.send(server.client().get(server.url(path)).bearer_auth(token)).await.status
    };
    assert_eq!(ask(&format!("/v1/packages/{}", own.as_str().unwrap()), &token).await, 200);
    assert_eq!(ask(&format!("/v1/packages/{}", foreign.as_str().unwrap()), &token).await, 404);
    assert_eq!(ask("/v1/webhooks", &token).await, 403, "the account has no such scope");
    let now = get_current_timestamp();
    let others: [(&str, Value); 7] = [
        ("email", json!("someone@p.iam.gserviceaccount.com")),
        ("email", Value::Null),
        ("email_verified", json!(false)),
        ("email_verified", json!("true")),
        ("aud", json!("https://another.example")),
        ("iss", json!(ISSUER)),
        ("exp", json!(now - 3600)),
    ];
    for (claim, value) in others {
        let token = google.token(|claims| claims[claim] = value.clone());
        let problem = packages(&server, &token).await.expect(401);
        assert_eq!(problem["type"], "urn:gabarito:problem:unauthenticated", "{claim}: {value}");
    }
    packages(&server, &id_token(&key(), |_| {})).await.expect(401);
    // A token names no tenant of its own choice.
    let claimed = google.token(|claims| claims["tenant"] = json!("escola-b"));
    assert_eq!(packages(&server, &claimed).await.expect(200)["items"][0]["id"], own);
}

#[tokio::test]
async fn google_and_an_issuer_are_taken_beside_each_other() {
    let accounts = format!("{ACCOUNT}=escola-b:print");
    let (google, address) = FakeGoogle::start().await;
    let certs = format!("http://{address}/oauth2/v3/certs");
    let (issuer, server) = issuer(&[
        ("GABARITO_AUTH_GOOGLE", &accounts),
        ("GABARITO_AUTH_GOOGLE_AUDIENCE", AUDIENCE),
        ("GABARITO_AUTH_GOOGLE_JWKS_URL", &certs),
    ])
    .await;
    packages(&server, &google.token(|_| {})).await.expect(200);
    packages(&server, &issuer.token(good)).await.expect(200);
    // Neither signs for the other.
    packages(&server, &issuer.token(|_| {})).await.expect(401);
    packages(&server, &google.token(good)).await.expect(401);
}
