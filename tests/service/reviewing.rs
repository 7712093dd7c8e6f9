//! What a person does with what was read: looks, decides, compares with what was printed.

use crate::print_and_read::package;
use crate::server::{Answer, Server, gabarito};
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

/// What the pages' script sends: a form, answered with the page.
fn form(server: &Server, path: &str, said: &[(&str, &str)]) -> reqwest::RequestBuilder {
    let said = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(said).finish();
    let request = server.client().post(server.url(path)).body(said).header("accept", "application/json");
    request.header("content-type", "application/x-www-form-urlencoded")
}

#[tokio::test]
async fn what_is_taken_back_is_what_was_meant() {
    let server = Server::start();
    let batch = read(&server, &package(), "sheets.pdf").await;
    let etag = async |n: u32| server.get(&format!("{batch}/pages/{n}")).await.header("etag").to_owned();
    let path = format!("{batch}/pages/1");
    let decide = async |q: &str| {
        patch(&server, &path, &json!({"fields": {q: {"marked": ["C"]}}}), None).await.header("etag").to_owned()
    };
    let undo = async |etag: &str| {
        server.send(server.client().post(server.url(&format!("{path}/undo"))).header("if-match", etag)).await
    };
    let (ana, bia) = (decide("q1").await, decide("q2").await);
    undo(&ana).await.expect(412);
    assert_eq!(etag(1).await, bia);
    let undone = undo(&bia).await;
    assert_eq!((undone.status, undone.header("etag")), (200, ana.as_str()));
    // Sent again, because no answer came: nothing more is taken back.
    undo(&bia).await.expect(412);
    assert_eq!(etag(1).await, ana);

    // Of two pages one counts: both are decided, and both are taken back.
    let page = format!("{}/paginas/1", batch.replace("/v1/batches", "/lotes"));
    let (decide, undo) = (format!("{page}/decidir"), format!("{page}/desfazer"));
    let other = etag(2).await;
    let counts = |other| [("acao", "aceitar"), ("contra", "2"), ("etag", ana.as_str()), ("etag_outra", other)];
    server.send(form(&server, &decide, &counts(&ana))).await.expect(412);
    assert_eq!(etag(1).await, ana);
    let decided = server.send(form(&server, &decide, &counts(&other))).await;
    let (one, two) = (decided.header("etag").to_owned(), decided.header("other-etag").to_owned());
    assert_eq!((decided.status, etag(1).await, etag(2).await), (200, one.clone(), two.clone()));
    let back = |one, two| [("etag", one), ("outra", "2"), ("etag_outra", two)];
    for stale in [back(&ana, &two), back(&one, &other)] {
        server.send(form(&server, &undo, &stale)).await.expect(412);
        assert_eq!((etag(1).await, etag(2).await), (one.clone(), two.clone()));
    }
    server.send(form(&server, &undo, &back(&one, &two))).await.expect(200);
    assert_eq!((etag(1).await, etag(2).await), (ana, other));
}

#[tokio::test]
async fn a_second_look_that_was_refused_can_be_said_again() {
    let server = Server::start();
    let batch = read(&server, &package(), "sheets.pdf").await;
    let path = format!("{batch}/pages/1");
    patch(&server, &path, &json!({"fields": {"q1": {"marked": ["C"]}}}), None).await.expect(200);
    let mut add = gabarito();
    add.args(["key", "--data"]).arg(&server.data).args(["add", "--tenant", "local", "--name", "bia"]);
    let said = String::from_utf8(add.output().unwrap().stdout).unwrap();
    let key = said.split_whitespace().find(|word| word.starts_with("gab_")).unwrap_or_else(|| panic!("{said}"));
    let seen = server.get(&path).await.header("etag").to_owned();
    patch(&server, &path, &json!({"fields": {"q2": {"marked": ["A"]}}}), None).await.expect(200);
    let look = async |etag: &str| {
        let decide = format!("{}/paginas/1/decidir", batch.replace("/v1/batches", "/lotes"));
        let said = [("campo", "q1"), ("marca", "D"), ("segunda", "1"), ("etag", etag)];
        server.send(form(&server, &decide, &said).bearer_auth(key)).await
    };
    look(&seen).await.expect(412);
    let now = server.get(&path).await.header("etag").to_owned();
    assert_eq!(look(&now).await.expect(200)["fields"][0]["value"], "D");
    // What they say now is their own: for somebody else to look at.
    let now = server.get(&path).await.header("etag").to_owned();
    look(&now).await.expect(409);
}
