//! The two flows over HTTP: a package is printed, its sheets are read back.

use crate::server::Server;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use std::process::Command;

pub fn package() -> Value {
    let student =
        |n: u32| json!({"id": format!("aluno-{n}"), "name": format!("Aluno {n}"), "enrollment": format!("2026{n:04}")});
    json!({
        "application": {"id": "simulado-2", "title": "2º simulado", "date": "2026-11-20"},
        "sheet": {"edition": "native", "page": "A4", "fields": [{"type": "choice", "id": "q{n}", "count": 30, "labels": "ABCDE"}]},
        "units": [{"id": "centro", "name": "Unidade Centro", "rooms": [
            {"id": "sala-12", "name": "Sala 12", "students": [student(1), student(2), student(3)]}]}],
        "contents": ["sheet"],
    })
}

#[tokio::test]
async fn a_package_is_printed_and_its_sheets_are_read_back() {
    let server = Server::start();
    let created = server.post_json("/v1/packages", &package()).await;
    let location = created.header("location").to_owned();
    let created = created.expect(202);
    assert_eq!(location, format!("/v1/packages/{}", created["id"].as_str().unwrap()));
    let printed = server.finished(&location).await;
    assert_eq!((printed["state"].as_str(), printed["progress"]["done"].as_u64()), (Some("done"), Some(3)), "{printed}");
    let files = printed["files"].as_array().unwrap();
    let pdf = files.iter().find(|f| f["name"].as_str().unwrap().ends_with(".pdf")).unwrap();
    let downloaded = server.get(pdf["url"].as_str().unwrap()).await;
    assert_eq!((downloaded.status, downloaded.header("content-type")), (200, "application/pdf"));
    assert_eq!(downloaded.body.len() as u64, pdf["bytes"].as_u64().unwrap());

    let reprinted = server.post_json(&format!("{location}/reprint"), &json!({"student": "aluno-2"})).await;
    assert!(reprinted.status == 200 && reprinted.body.starts_with(b"%PDF-"), "{}", reprinted.status);
    let nobody = server.post_json(&format!("{location}/reprint"), &json!({"student": "aluno-9"})).await.expect(422);
    assert_eq!(nobody["errors"][0]["path"], "student");

    // The sheets as they were printed: nobody has filled them in.
    let form = Form::new().part("files", Part::bytes(downloaded.body).file_name("folhas.pdf"));
    let created = server.send(server.client().post(server.url("/v1/batches")).multipart(form)).await;
    let location = created.header("location").to_owned();
    created.expect(202);
    let read = server.finished(&location).await;
    assert_eq!(
        (read["state"].as_str(), read["progress"]["done"].as_u64(), read["progress"]["total"].as_u64()),
        (Some("done"), Some(3), Some(3)),
        "{read}"
    );
    assert_eq!(read["outcomes"], json!({"read": 3}));
    assert_eq!(read["files"][0]["pages"], 3);
    let pages = server.get(&format!("{location}/pages?outcome=read&limit=2")).await.expect(200);
    assert_eq!(pages["items"].as_array().unwrap().len(), 2);
    let next = format!("{location}/pages?limit=2&cursor={}", pages["next_cursor"].as_str().unwrap());
    let rest = server.get(&next).await.expect(200);
    assert_eq!((rest["items"].as_array().unwrap().len(), rest.get("next_cursor")), (1, None));
    let page = server.get(&format!("{location}/pages/2")).await.expect(200);
    assert_eq!(page["sheet"]["student"], "aluno-2");
    assert_eq!(page["source"], json!({"file": "folhas.pdf", "page": 2}));
    assert!(page["fields"].as_array().unwrap().iter().all(|f| f["status"] == "blank"), "{page}");
}

#[tokio::test]
async fn what_is_wrong_is_told_at_once_with_its_place() {
    let server = Server::start();
    let mut wrong = package();
    wrong["units"][0]["rooms"][0]["students"][2]["id"] = json!("aluno-1");
    wrong["sheet"]["fields"][0]["type"] = json!("choise");
    wrong["tilte"] = json!("x");
    let answer = server.post_json("/v1/packages", &wrong).await;
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.expect(422);
    let paths: Vec<&str> = problem["errors"].as_array().unwrap().iter().map(|e| e["path"].as_str().unwrap()).collect();
    assert!(paths.contains(&"tilte"), "{paths:?}");
    assert!(paths.iter().any(|p| p.starts_with("sheet.fields[0]")), "{paths:?}");
    assert_eq!(problem["type"], "urn:gabarito:problem:invalid");

    let none = server.get("/v1/packages/0190b0a0-0000-7000-8000-000000000000").await.expect(404);
    assert_eq!(none["type"], "urn:gabarito:problem:not-found");
    server.get("/v1/packages/not-an-id").await.expect(404);
    server.get("/v1/nothing").await.expect(404);
    server.get("/v1/packages?limit=0").await.expect(422);
    server.get("/v1/packages?cursor=%25").await.expect(422);
    let form = Form::new().text("options", "{\"polici\": 1}");
    let answer = server.send(server.client().post(server.url("/v1/batches")).multipart(form)).await.expect(422);
    assert!(answer["detail"].as_str().unwrap().contains("polici"), "{answer}");
}

#[tokio::test]
async fn a_file_that_is_no_scan_is_a_page_with_its_reason() {
    let server = Server::start();
    let part = |bytes: &'static [u8], name: &'static str| Part::bytes(bytes).file_name(name);
    let form = Form::new()
        .part("files", part(b"not a picture", "notas.txt"))
        .part("files", part(b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>", "quebrado.pdf"));
    let created = server.send(server.client().post(server.url("/v1/batches")).multipart(form)).await;
    let location = created.header("location").to_owned();
    created.expect(202);
    let read = server.finished(&location).await;
    assert_eq!(read["outcomes"], json!({"error": 2}), "{read}");
    let pages = server.get(&format!("{location}/pages?outcome=error")).await.expect(200);
    for (page, name) in pages["items"].as_array().unwrap().iter().zip(["notas.txt", "quebrado.pdf"]) {
        assert_eq!(page["source"]["file"], name);
        assert!(!page["issues"].as_array().unwrap().is_empty(), "{page}");
    }
}

#[tokio::test]
async fn it_stops_when_it_is_told_to_and_goes_on_where_it_was() {
    let server = Server::start();
    let location = server.post_json("/v1/packages", &package()).await.header("location").to_owned();
    let data = server.data.clone();
    // Stopped at once: whatever was begun is given back, and done by the next.
    assert!(server.stop().success());
    let server = Server::start_in(&data, &[]);
    assert_eq!(server.finished(&location).await["state"], "done");
}

#[tokio::test]
async fn the_service_says_what_it_takes_and_has_a_page_to_try_it() {
    let server = Server::start();
    let document = server.get("/openapi.json").await.expect(200);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let told = Command::new(env!("CARGO_BIN_EXE_gabarito")).arg("openapi").output().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&told.stdout).unwrap()["paths"], document["paths"]);
    let page = server.get("/docs/").await;
    assert_eq!((page.status, page.header("content-type").starts_with("text/html")), (200, true));
    // Nothing of the page comes from elsewhere.
    assert!(!String::from_utf8(page.body).unwrap().contains("https://"));
}
