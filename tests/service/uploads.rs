//! Large files: in pieces through the service, or by a signed link past it; then read as a batch.

use crate::moto;
use crate::postgres;
use crate::print_and_read::package;
use crate::server::Server;
use gabarito::print::manifest::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Sheets as they were printed.
async fn scan(server: &Server) -> (Value, Vec<u8>) {
    let location = server.post_json("/v1/packages", &package()).await.header("location").to_owned();
    let printed = server.finished(&location).await;
    let files = printed["files"].as_array().unwrap();
    let pdf = files.iter().find(|f| f["name"].as_str().unwrap().ends_with(".pdf")).unwrap();
    (pdf.clone(), server.get(pdf["url"].as_str().unwrap()).await.body)
}

async fn put(server: &Server, url: &str, bytes: &[u8]) -> crate::server::Answer {
    server.send(server.client().put(server.url(url)).body(bytes.to_vec())).await
}

/// A bucket with PostgreSQL, as where it runs beside one: what a server is told.
pub async fn s3() -> [(&'static str, String); 6] {
    let (endpoint, bucket) = moto::bucket().await;
    [
        ("GABARITO_DATABASE_URL", postgres::database().await),
        ("GABARITO_OBJECTS_KIND", "s3".to_owned()),
        ("GABARITO_OBJECTS_ENDPOINT", endpoint),
        ("GABARITO_OBJECTS_BUCKET", bucket),
        ("GABARITO_OBJECTS_ACCESS_KEY", "an-id".to_owned()),
        ("GABARITO_OBJECTS_SECRET_KEY", "a-secret".to_owned()),
    ]
}

async fn s3_server() -> Server {
    let told = s3().await;
    Server::start_with(&told.each_ref().map(|(name, value)| (*name, value.as_str())))
}

/// In pieces, with all that can go wrong between; then a batch of it.
async fn in_pieces(server: &Server) {
    let (_, bytes) = scan(server).await;
    let new = json!({"name": "lote 1.pdf", "bytes": bytes.len(), "sha256": hex(&Sha256::digest(&bytes))});
    let made = server.post_json("/v1/uploads", &new).await;
    let location = made.header("location").to_owned();
    let made = made.expect(201);
    assert_eq!(
        (made["state"].as_str(), made["received"].as_u64(), made["piece_bytes"].as_u64()),
        (Some("open"), Some(0), Some(8_388_608))
    );
    let pieces = |offset: usize| format!("{location}/pieces?offset={offset}");
    let (half, most) = (bytes.len() / 2, bytes.len() * 3 / 4);
    server.post_json(&format!("{location}/complete"), &json!({})).await.expect(409);
    assert_eq!(put(server, &pieces(0), &bytes[..half]).await.expect(200)["received"], half);
    // Its answer was lost, and it is sent again.
    let again = put(server, &pieces(0), &bytes[..half]).await.expect(409);
    assert!(again["detail"].as_str().unwrap().contains(&format!("offset={half}")), "{again}");
    put(server, &pieces(most), &bytes[most..]).await.expect(409);
    put(server, &pieces(half), &[]).await.expect(422);
    put(server, &pieces(half), &bytes).await.expect(422);
    put(server, &pieces(half), &bytes[half..most]).await.expect(200);
    assert_eq!(server.get(&location).await.expect(200)["received"], most);
    server.post_json(&format!("{location}/complete"), &json!({})).await.expect(409);
    let early = server.post_json("/v1/batches", &json!({"uploads": [made["id"]]})).await.expect(422);
    assert_eq!(early["errors"][0]["path"], "uploads[0]");
    put(server, &pieces(most), &bytes[most..]).await.expect(200);
    for _ in 0..2 {
        let complete = server.post_json(&format!("{location}/complete"), &json!({})).await.expect(200);
        assert_eq!((&complete["state"], &complete["sha256"]), (&json!("complete"), &new["sha256"]));
    }
    put(server, &pieces(bytes.len()), b"x").await.expect(409);
    read_back(server, &made["id"], &new).await;
    server.send(server.client().delete(server.url(&location))).await.expect(409);
}

async fn read_back(server: &Server, upload: &Value, new: &Value) {
    let body = json!({"uploads": [upload], "application": "simulado-2"});
    let made = server.post_json("/v1/batches", &body).await;
    let location = made.header("location").to_owned();
    made.expect(202);
    let read = server.finished(&location).await;
    assert_eq!((&read["state"], &read["outcomes"]), (&json!("done"), &json!({"read": 3})), "{read}");
    assert_eq!((&read["files"][0]["name"], &read["files"][0]["sha256"]), (&new["name"], &new["sha256"]));
    server.post_json("/v1/batches", &body).await.expect(422);
}

#[tokio::test]
async fn a_file_comes_in_pieces_and_is_read() {
    in_pieces(&Server::start()).await;
}

#[tokio::test]
async fn a_file_comes_in_pieces_to_s3_and_is_read() {
    in_pieces(&s3_server().await).await;
}

#[tokio::test]
async fn a_file_comes_at_once_where_its_url_says() {
    for server in [Server::start(), s3_server().await] {
        let (pdf, bytes) = scan(&server).await;
        let new = json!({"name": "lote.pdf", "bytes": bytes.len(), "sha256": pdf["sha256"]});
        let made = server.post_json("/v1/uploads", &new).await.expect(201);
        let at = format!("/v1/uploads/{}", made["id"].as_str().unwrap());
        let wrong = server.post_json("/v1/uploads", &new).await.expect(201);
        let wrong_at = format!("/v1/uploads/{}", wrong["id"].as_str().unwrap());
        let mut other = bytes.clone();
        other[9] ^= 1;
        assert_eq!(put(&server, made["url"].as_str().unwrap(), &bytes).await.status, 200);
        assert_eq!(put(&server, wrong["url"].as_str().unwrap(), &other).await.status, 200);
        server.post_json(&format!("{at}/complete"), &json!({})).await.expect(200);
        read_back(&server, &made["id"], &new).await;
        // What passed by the service is hashed when it is opened.
        if wrong["url"].as_str().unwrap().starts_with(&server.base) || wrong["url"].as_str().unwrap().starts_with('/') {
            let problem = server.post_json(&format!("{wrong_at}/complete"), &json!({})).await.expect(422);
            assert_eq!(problem["errors"][0]["path"], "sha256");
        } else {
            server.post_json(&format!("{wrong_at}/complete"), &json!({})).await.expect(200);
            let made = server.post_json("/v1/batches", &json!({"uploads": [wrong["id"]]})).await;
            let failed = server.finished(made.header("location")).await;
            assert_eq!((&failed["state"], &failed["error"]["code"]), (&json!("failed"), &json!("sha256_mismatch")));
            // And a download goes past it too.
            let link = server.get(&format!("{}?link=true", pdf["url"].as_str().unwrap())).await.expect(200);
            assert!(link["expires_at"].is_string(), "{link}");
            let got = server.get(link["url"].as_str().unwrap()).await;
            assert!(got.status == 200 && got.body == bytes && got.header("content-disposition").contains("attachment"));
        }
    }
}

/// Its link is good for longer than until it is complete.
#[tokio::test]
async fn what_was_put_again_after_it_was_complete_is_not_read() {
    let server = s3_server().await;
    let made = server.post_json("/v1/uploads", &json!({"name": "lote.pdf", "bytes": 5})).await.expect(201);
    let url = made["url"].as_str().unwrap();
    assert_eq!(put(&server, url, b"12345").await.status, 200);
    let complete = format!("/v1/uploads/{}/complete", made["id"].as_str().unwrap());
    server.post_json(&complete, &json!({})).await.expect(200);
    assert_eq!(put(&server, url, b"123456789").await.status, 200);
    let batch = server.post_json("/v1/batches", &json!({"uploads": [made["id"]]})).await;
    let failed = server.finished(batch.header("location")).await;
    let said = json!({"code": "size_mismatch", "detail": "an upload has 9 bytes; 5 were announced"});
    assert_eq!((&failed["state"], &failed["error"]), (&json!("failed"), &said));
}

#[tokio::test]
async fn what_can_not_be_taken_is_said_with_its_field() {
    let server = Server::start();
    for (body, field) in [
        (json!({"name": "", "bytes": 1}), "name"),
        (json!({"name": "a", "bytes": 0}), "bytes"),
        (json!({"name": "a", "bytes": 1_u64 << 40}), "bytes"),
        (json!({"name": "a", "bytes": 1, "sha256": "ABC"}), "sha256"),
        (json!({"name": "a", "bytes": 1, "size": 1}), "size"),
    ] {
        let problem = server.post_json("/v1/uploads", &body).await.expect(422);
        assert!(problem["errors"][0].to_string().contains(field), "{problem}");
    }
    let made = server.post_json("/v1/uploads", &json!({"name": "a", "bytes": 3})).await.header("location").to_owned();
    server.send(server.client().delete(server.url(&made))).await.expect(204);
    server.get(&made).await.expect(404);
    put(&server, &format!("{made}/pieces?offset=0"), b"abc").await.expect(404);
    let problem = server.post_json("/v1/batches", &json!({"uploads": []})).await.expect(422);
    assert_eq!(problem["errors"][0]["path"], "uploads");
}
