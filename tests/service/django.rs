//! The Django client of `samples/django`, by its own tests, against services of our own.

use crate::python::program;
use crate::server::Server;
use crate::uploads::s3;
use std::net::TcpListener;
use std::path::Path;

/// Runs its tests, or those of this name.
fn tested(environment: &[(&str, &str)], name: &str) -> Server {
    // A port that is free now, for Django to listen on: the service must be told of it first.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let allowed = format!("127.0.0.1:{port}");
    let also = [("GABARITO_OUTBOUND_ALLOW_PRIVATE", allowed.as_str()), ("GABARITO_METRICS_ENABLED", "true")];
    let server = Server::start_with(&[environment, &also].concat());
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/django");
    let mut tests = program("django", "python");
    tests.args(["-B", "manage.py", "test", "-k", name]).current_dir(sample);
    tests.env("GABARITO_URL", &server.base).env("WEBHOOK_PORT", port.to_string());
    let done = tests.env_remove("GABARITO_KEY").output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    server
}

/// Whether pieces of uploads were put through the service.
async fn has_pieces(server: &Server) -> bool {
    let metrics = String::from_utf8(server.get("/metrics").await.body).unwrap();
    assert!(metrics.contains("/v1/uploads/{id}/complete"), "{metrics}");
    metrics.contains("/v1/uploads/{id}/pieces")
}

#[tokio::test]
async fn the_sample_client_prints_uploads_and_is_told() {
    assert!(has_pieces(&tested(&[], "test")).await);
}

#[tokio::test]
async fn the_sample_client_puts_files_where_the_storage_signs_links() {
    let told = s3().await;
    let told = told.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert!(!has_pieces(&tested(&told, "printed_and_read_back")).await);
}
