//! The Django client of `samples/django`, by its own tests, against a service of our own.

use crate::python::program;
use crate::server::Server;
use std::net::TcpListener;
use std::path::Path;

#[test]
fn the_sample_client_prints_uploads_and_is_told() {
    // A port that is free now, for Django to listen on: the service must be told of it first.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = Server::start_with(&[("GABARITO_OUTBOUND_ALLOW_PRIVATE", &format!("127.0.0.1:{port}"))]);
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/django");
    let mut tests = program("django", "python");
    tests.args(["-B", "manage.py", "test"]).current_dir(sample);
    tests.env("GABARITO_URL", &server.base).env("WEBHOOK_PORT", port.to_string());
    let done = tests.env_remove("GABARITO_KEY").output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
