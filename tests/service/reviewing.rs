//! What a person does with what was read: looks, decides, compares with what was printed.

use crate::print_and_read::package;
use crate::server::{Answer, Server};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

/// The sheets of a package as they were printed, read back: the paths of the batch and of the package.
async fn read(server: &Server, package: &Value, pages: &str) -> String {
    let location = server.post_json("/v1/packages", package).await.header("location").to_owned();
    let printed = server.finished(&location).await;
    let pdf = server.get(&format!("{location}/files/{pages}")).await;
    assert_eq!(pdf.status, 200, "{printed}");
    let form = Form::new().part("files", Part::bytes(pdf.body).file_name("folhas.pdf"));
    let batch = server.send(server.client().post(server.url("/v1/batches")).multipart(form)).await;
    let batch = batch.header("location").to_owned();
    assert_eq!(server.finished(&batch).await["state"], "done");
    batch
}

async fn patch(server: &Server, path: &str, body: &Value, etag: Option<&str>) -> Answer {
    let request = server.client().patch(server.url(path)).json(body);
    server.send(if let Some(etag) = etag { request.header("if-match", etag) } else { request }).await
}

#[tokio::test]
async fn a_person_decides_and_what_was_decided_is_kept() {
    let server = Server::start();
    let batch = read(&server, &package(), "sheets.pdf").await;
    let path = format!("{batch}/pages/1");
    let before = server.get(&path).await;
    let etag = before.header("etag").to_owned();
    let decided = patch(&server, &path, &json!({"fields": {"q1": {"marked": ["C"]}}}), Some(&etag)).await.expect(200);
    assert_eq!((&decided["fields"][0]["value"], &decided["fields"][0]["status"]), (&json!("C"), &json!("answered")));
    // Somebody else who saw the page before that must look again.
    patch(&server, &path, &json!({"discard": true}), Some(&etag)).await.expect(412);
    let wrong =
        patch(&server, &path, &json!({"fields": {"q1": {"marked": ["Z"]}, "q99": "blank"}}), None).await.expect(422);
    assert_eq!(wrong["errors"].as_array().unwrap().len(), 2, "{wrong}");
    patch(&server, &path, &json!({"feilds": {}}), None).await.expect(422);
    let decisions = server.get(&format!("{path}/decisions")).await.expect(200);
    let decisions = &decisions["items"];
    assert_eq!(decisions.as_array().unwrap().len(), 1);
    assert_eq!(
        (&decisions[0]["decided_by"], &decisions[0]["before"]["fields"][0]["status"]),
        (&json!("local"), &json!("blank"))
    );
    let discarded = patch(&server, &path, &json!({"discard": true}), None).await.expect(200);
    assert_eq!(discarded["outcome"], "foreign");
}

#[tokio::test]
async fn pictures_show_the_page_and_its_fields() {
    let server = Server::start();
    let batch = read(&server, &package(), "sheets.pdf").await;
    for path in ["/pages/2/image", "/pages/2/image?annotated=false", "/pages/2/crops/q7", "/pages/2/crops/q7"] {
        let picture = server.get(&format!("{batch}{path}")).await;
        assert_eq!((picture.status, picture.header("content-type")), (200, "image/jpeg"), "{path}");
        let size = image::load_from_memory(&picture.body).unwrap();
        assert!(size.width() > 200 && size.height() > 50, "{path}: {} x {}", size.width(), size.height());
    }
    // It bears the name of the scan, and no place where it lies here.
    let other = read(&server, &package(), "sheets.pdf").await;
    let picture = async |batch: &str| server.get(&format!("{batch}/pages/2/image")).await.body;
    assert!(picture(&batch).await == picture(&other).await);
    server.get(&format!("{batch}/pages/2/crops/q77")).await.expect(404);
    server.get(&format!("{batch}/pages/9/image")).await.expect(404);
}

#[tokio::test]
async fn printed_is_held_against_read() {
    let server = Server::start();
    let mut package = package();
    package["contents"] = json!(["attendance", "sheet"]);
    let location = server.post_json("/v1/packages", &package).await.header("location").to_owned();
    server.finished(&location).await;
    let nothing = server.get("/v1/applications/simulado-2/reconciliation").await.expect(200);
    assert_eq!((&nothing["totals"]["printed"], &nothing["totals"]["missing"]), (&json!(3), &json!(3)));
    let missing = &nothing["rooms"][0]["missing_sheets"][0];
    assert_eq!((&missing["student"], &missing["pages"]), (&json!("aluno-1"), &json!([1])));
    let batch = read(&server, &package, "sheets.pdf").await;
    let all = server.get("/v1/applications/simulado-2/reconciliation").await.expect(200);
    assert_eq!((&all["totals"]["read"], &all["totals"]["missing"]), (&json!(3), &json!(0)), "{all}");
    // The attendance list lies before the sheets: a student marked absent on it was read all the same.
    let list = server.get(&format!("{batch}/pages/1")).await.expect(200);
    let (id, label) = (list["fields"][0]["id"].as_str().unwrap(), &list["fields"][0]["marks"][0]["label"]);
    let absent = json!({"fields": {id: {"marked": [label]}}});
    patch(&server, &format!("{batch}/pages/1"), &absent, None).await.expect(200);
    let all = server.get("/v1/applications/simulado-2/reconciliation").await.expect(200);
    assert_eq!(all["totals"]["absent_but_read"], 1, "{all}");
    server.get("/v1/applications/another/reconciliation").await.expect(404);
}

#[tokio::test]
async fn events_tell_every_page_and_the_end() {
    let server = Server::start();
    let batch = read(&server, &package(), "sheets.pdf").await;
    let events = server.get(&format!("{batch}/events")).await;
    assert_eq!((events.status, events.header("content-type")), (200, "text/event-stream"));
    let text = String::from_utf8(events.body).unwrap();
    let count = |name: &str| text.lines().filter(|l| *l == format!("event: {name}")).count();
    assert_eq!((count("page"), count("finished")), (3, 1), "{text}");
    let last = text.lines().rev().find_map(|l| l.strip_prefix("id: ")).unwrap();
    let rest =
        server.send(server.client().get(server.url(&format!("{batch}/events"))).header("last-event-id", last)).await;
    let rest = String::from_utf8(rest.body).unwrap();
    assert!(!rest.contains("event: page") && rest.contains("event: finished"), "{rest}");
}

#[tokio::test]
async fn one_picture_is_read_at_once() {
    let server = Server::start();
    let location = server.post_json("/v1/packages", &package()).await.header("location").to_owned();
    server.finished(&location).await;
    let pdf = server.get(&format!("{location}/files/sheets.pdf")).await.body;
    let line = server.send(server.client().post(server.url("/v1/read")).body(pdf)).await.expect(200);
    assert_eq!((&line["outcome"], &line["sheet"]["student"]), (&json!("read"), &json!("aluno-1")));
    let line = server.send(server.client().post(server.url("/v1/read")).body("no picture")).await.expect(200);
    assert_eq!(line["outcome"], "error");
    server.send(server.client().post(server.url("/v1/read"))).await.expect(422);
}
