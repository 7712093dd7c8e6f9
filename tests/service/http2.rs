//! HTTP/2 without TLS, from the first byte on: how Cloud Run speaks to a port named h2c.

use crate::print_and_read::package;
use crate::server::Server;
use reqwest::Version;
use reqwest::multipart::{Form, Part};

#[tokio::test]
async fn http2_is_answered_with_prior_knowledge_and_http1_beside_it() {
    let server = Server::start();
    let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let health = client.get(server.url("/healthz")).send().await.unwrap();
    assert_eq!((health.status().as_u16(), health.version()), (200, Version::HTTP_2));
    let created = client.post(server.url("/v1/packages")).json(&package()).send().await.unwrap();
    assert_eq!((created.status().as_u16(), created.version()), (202, Version::HTTP_2));
    // More than the 32 MiB that Cloud Run lets through over HTTP/1.
    let large = Form::new().part("files", Part::bytes(vec![b' '; 40 << 20]).file_name("grande.pdf"));
    let created = client.post(server.url("/v1/batches")).multipart(large).send().await.unwrap();
    assert_eq!(created.status().as_u16(), 202);
    assert_eq!(reqwest::get(server.url("/healthz")).await.unwrap().version(), Version::HTTP_11);
}
