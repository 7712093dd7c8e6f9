//! Schemathesis sends what the OpenAPI document allows and what it does not, and finds no answer that is not in it.

use crate::print_and_read::package;
use crate::python::program;
use crate::server::Server;
use reqwest::multipart::{Form, Part};
use std::path::Path;

const KEY: &str = "gab_aaaaaaaaaaaaaaaaaaaaaaaaaaaa";

#[tokio::test]
async fn no_answer_is_another_than_the_document_says() {
    let keys = format!("escola={KEY}");
    let server = Server::start_with(&[("GABARITO_AUTH_KEYS", &keys)]);
    let of_ours = |request: reqwest::RequestBuilder| server.send(request.bearer_auth(KEY));
    let made = of_ours(server.client().post(server.url("/v1/packages")).json(&package())).await.expect(202);
    let package = made["id"].as_str().unwrap().to_owned();
    let scan = Form::new().part("files", Part::bytes(&b"not a scan"[..]).file_name("x.pdf"));
    let made = of_ours(server.client().post(server.url("/v1/batches")).multipart(scan)).await.expect(202);
    let batch = made["id"].as_str().unwrap().to_owned();
    for path in [format!("/v1/packages/{package}"), format!("/v1/batches/{batch}")] {
        while of_ours(server.client().get(server.url(&path))).await.expect(200)["state"] != "done" {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/service/schemathesis.toml");
    let mut tool = program("schemathesis", "schemathesis");
    tool.arg("--config-file").arg(config).args(["run", "--no-color"]).arg(server.url("/openapi.json"));
    tool.envs([("GABARITO_URL", server.base.as_str()), ("GABARITO_KEY", KEY)]);
    tool.envs([("GABARITO_PACKAGE", &package), ("GABARITO_BATCH", &batch)]).current_dir(&server.data);
    let done = tokio::task::spawn_blocking(move || tool.output()).await.unwrap().unwrap();
    assert!(
        done.status.success(),
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
}
