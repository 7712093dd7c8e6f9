//! A key is put, pupils are graded, an annulment is made and taken back; files of grades.

use crate::print_and_read::package;
use crate::server::{Answer, Server};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

const EXAM: &str = "/v1/applications/simulado-2";

fn key(more: Value) -> Value {
    let mut key = json!({"questions": [{"id": "q{n}", "count": 30, "answers": "ABCDE".repeat(6)}]});
    key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    key
}

async fn put(server: &Server, key: &Value, if_match: Option<&str>) -> Answer {
    let request = server.client().put(server.url(&format!("{EXAM}/key"))).json(key);
    server.send(if let Some(etag) = if_match { request.header("if-match", etag) } else { request }).await
}

async fn decide(server: &Server, path: &str, fields: Value) {
    let request = server.client().patch(server.url(path)).json(&json!({"fields": fields}));
    server.send(request).await.expect(200);
}

/// Prints the package, reads its sheets back, and says where the batch is.
async fn read(server: &Server, package: &Value) -> String {
    let location = server.post_json("/v1/packages", package).await.header("location").to_owned();
    assert_eq!(server.finished(&location).await["state"], "done");
    let pdf = server.get(&format!("{location}/files/sheets.pdf")).await.body;
    let form = Form::new().part("files", Part::bytes(pdf).file_name("folhas.pdf"));
    let batch = server.send(server.client().post(server.url("/v1/batches")).multipart(form)).await;
    let batch = batch.header("location").to_owned();
    assert_eq!(server.finished(&batch).await["state"], "done");
    batch
}

async fn points(server: &Server) -> Vec<(String, Value)> {
    let results = server.get(&format!("{EXAM}/results")).await.expect(200);
    let items = results["items"].as_array().unwrap().iter();
    items.map(|i| (i["student"].as_str().unwrap().to_owned(), i["points"].clone())).collect()
}

#[tokio::test]
async fn a_key_grades_at_once_and_an_annulment_is_taken_back() {
    let server = Server::start();
    let mut with_lists = package();
    with_lists["contents"] = json!(["attendance", "sheet"]);
    with_lists["units"][0]["rooms"][0]["students"][0]["class"] = json!("3B");
    server.get(&format!("{EXAM}/key")).await.expect(404);
    put(&server, &key(json!({})), None).await.expect(404);
    let location = server.post_json("/v1/packages", &with_lists).await.header("location").to_owned();
    assert_eq!(server.finished(&location).await["state"], "done");

    // Before anything is read: everybody is expected, nobody graded.
    let first = put(&server, &key(json!({})), None).await;
    assert_eq!(first.header("etag"), "\"1\"");
    assert_eq!(first.expect(200), json!({"revision": 1, "graded": 3, "moved": []}));
    let unread = server.get(&format!("{EXAM}/results?outcome=not_read")).await.expect(200);
    assert_eq!((unread["items"].as_array().unwrap().len(), &unread["items"][0]["points"]), (3, &Value::Null));

    // The settled batch grades its pupils; decisions grade them anew.
    let batch = read(&server, &with_lists).await;
    assert!(points(&server).await.iter().all(|(_, p)| *p == 0), "{:?}", points(&server).await);
    decide(&server, &format!("{batch}/pages/2"), json!({"q1": {"marked": ["A"]}, "q3": {"marked": ["D"]}})).await;
    decide(&server, &format!("{batch}/pages/3"), json!({"q1": {"marked": ["A"]}, "q2": {"marked": ["B"]}})).await;
    let graded = points(&server).await;
    assert_eq!(graded.iter().map(|(_, p)| p.clone()).collect::<Vec<_>>(), [json!(1), json!(2), json!(0)], "{graded:?}");

    // The third is absent by the list.
    let list = server.get(&format!("{batch}/pages/1")).await.expect(200);
    let (row, label) = (list["fields"][2]["id"].as_str().unwrap(), &list["fields"][2]["marks"][0]["label"]);
    decide(&server, &format!("{batch}/pages/1"), json!({ row: {"marked": [label]} })).await;
    let absent = server.get(&format!("{EXAM}/results?outcome=absent")).await.expect(200);
    assert_eq!((&absent["items"][0]["student"], &absent["items"][0]["points"]), (&json!("aluno-3"), &Value::Null));

    // An annulment moves two grades, and is taken back.
    let annulled = key(json!({"annulled": [{"question": "q3", "effect": "give_to_answered", "reason": "erro"}]}));
    let moved = put(&server, &annulled, Some("\"1\"")).await.expect(200);
    assert_eq!(
        moved["moved"],
        json!([{"student": "aluno-1", "sheet": moved["moved"][0]["sheet"], "before": 1, "after": 2,
                "outcome_before": "graded", "outcome_after": "graded"}])
    );
    put(&server, &annulled, Some("\"1\"")).await.expect(412);
    let explained = server.get(&format!("{EXAM}/results?student=aluno-1&questions=true")).await.expect(200);
    let third = &explained["items"][0]["questions"][2];
    assert_eq!((&third["verdict"], &third["rule"]), (&json!("annulled"), &json!("annulled.give_to_answered/1")));
    let earlier = server.get(&format!("{EXAM}/key?revision=1")).await.expect(200);
    let back = put(&server, &earlier, None).await.expect(200);
    assert_eq!((&back["revision"], back["moved"].as_array().unwrap().len()), (&json!(3), 1));
    assert_eq!(points(&server).await, {
        let mut before = graded.clone();
        before[2].1 = Value::Null;
        before
    });
    let revisions = server.get(&format!("{EXAM}/key/revisions")).await.expect(200);
    let moved: Vec<&Value> = revisions["items"].as_array().unwrap().iter().map(|r| &r["moved"]).collect();
    assert_eq!(moved, [&json!(0), &json!(1), &json!(1)]);
    server.get(&format!("{EXAM}/key?revision=9")).await.expect(404);

    // Filters, pages and files.
    let class = server.get(&format!("{EXAM}/results?class=3B&room=sala-12&unit=centro")).await.expect(200);
    assert_eq!(class["items"].as_array().unwrap().len(), 1);
    let page = server.get(&format!("{EXAM}/results?limit=2")).await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = server.get(&format!("{EXAM}/results?limit=2&cursor={cursor}")).await.expect(200);
    assert_eq!((rest["items"].as_array().unwrap().len(), rest.get("next_cursor")), (1, None));
    server.get(&format!("{EXAM}/results?outcome=late")).await.expect(422);
    let csv = server.get(&format!("{EXAM}/results.csv?class=3B")).await;
    let text = String::from_utf8(csv.body).unwrap();
    assert!(text.lines().count() == 2 && text.contains("aluno-1;"), "{text}");
    for (format, magic) in [("xlsx", &b"PK"[..]), ("parquet", b"PAR1"), ("txt", b"aluno-1 ")] {
        let file = server.get(&format!("{EXAM}/results.{format}")).await;
        assert!(file.status == 200 && file.body.starts_with(magic), "{format}: {}", file.status);
        assert!(file.header("content-disposition").contains(&format!("notas.{format}")));
    }

    // Erased, the student has no result any more.
    let erased = server.send(server.client().delete(server.url("/v1/students/aluno-1"))).await.expect(200);
    assert_eq!(erased["erased"]["results"], 1);
    assert_eq!(points(&server).await.len(), 2);
}

#[tokio::test]
async fn a_key_that_is_none_is_refused_whole() {
    let server = Server::start();
    let location = server.post_json("/v1/packages", &package()).await.header("location").to_owned();
    server.finished(&location).await;
    let wrong = json!({"application": "another", "questions": [{"id": "q1", "answer": "A", "rule": "exact/9"}, {"id": "q1"}], "x": 1});
    let problem = put(&server, &wrong, None).await.expect(422);
    let paths: Vec<&str> = problem["errors"].as_array().unwrap().iter().map(|e| e["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["questions[0].rule", "questions[1].answer", "x"]);
    let other = put(&server, &key(json!({"application": "another"})), None).await.expect(422);
    assert_eq!(other["errors"][0]["path"], "application");
    server.get(&format!("{EXAM}/results")).await.expect(404);
}

/// Sheets that were printed elsewhere, of a layout that is known here, belong to the exam that they were sent for.
#[tokio::test]
async fn sheets_that_were_printed_elsewhere_are_graded_too() {
    let (elsewhere, server) = (Server::start(), Server::start());
    let mut other = package();
    other["application"]["id"] = json!("prova-de-fora");
    let printed = elsewhere.post_json("/v1/packages", &other).await.header("location").to_owned();
    assert_eq!(elsewhere.finished(&printed).await["state"], "done");
    let pdf = elsewhere.get(&format!("{printed}/files/sheets.pdf")).await.body;
    read(&server, &package()).await;
    let exam = "/v1/applications/prova-de-fora";
    server.get(&format!("{exam}/results")).await.expect(404);
    let options = Part::text(json!({"application": "prova-de-fora"}).to_string());
    let form = Form::new().part("files", Part::bytes(pdf).file_name("folhas.pdf")).part("options", options);
    let batch = server.send(server.client().post(server.url("/v1/batches")).multipart(form)).await;
    let batch = batch.header("location").to_owned();
    assert_eq!(server.finished(&batch).await["state"], "done");
    let put = server.client().put(server.url(&format!("{exam}/key"))).json(&key(json!({})));
    let put = server.send(put).await.expect(200);
    assert_eq!((&put["graded"], &put["moved"]), (&json!(3), &json!([])), "{put}");
    let results = server.get(&format!("{exam}/results")).await.expect(200);
    let result = &results["items"][0];
    assert_eq!(
        (&result["points"], &result["outcome"], &result["student"]),
        (&json!(0), &json!("graded"), &Value::Null)
    );
    decide(&server, &format!("{batch}/pages/1"), json!({"q1": {"marked": ["A"]}})).await;
    let results = server.get(&format!("{exam}/results")).await.expect(200);
    let points: f64 = results["items"].as_array().unwrap().iter().filter_map(|i| i["points"].as_f64()).sum();
    assert_eq!(points, 1.0);
    assert_eq!(server.get(&format!("{exam}/statistics")).await.expect(200)["scores"]["students"], 3);
    // Their fields are known: a person can fill in a key for them.
    let page = server.get("/aplicacoes/prova-de-fora/gabarito").await;
    let page = String::from_utf8(page.body).unwrap();
    assert!(page.contains("q30: Resposta certa"), "{page}");
    // The exam that was printed here has nothing of them.
    assert_eq!(server.get(&format!("{EXAM}/key")).await.status, 404);
}
