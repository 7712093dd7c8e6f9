//! A person types what is printed under a QR that nobody could read: the page is read again.

use crate::print_and_read::package;
use crate::server::{Answer, Server};
use crate::vision::{spoiled, upload};
use serde_json::{Value, json};

async fn patch(server: &Server, path: &str, body: Value) -> Answer {
    server.send(server.client().patch(server.url(path)).json(&body)).await
}

#[tokio::test]
async fn a_typed_code_or_sheet_has_the_page_read() {
    let server = Server::start();
    let location = server.post_json("/v1/packages", &package()).await.header("location").to_owned();
    server.finished(&location).await;
    let geometry = server.get(&format!("{location}/files/geometry.json")).await.expect(200);
    let pdf = server.data.join("sheets.pdf");
    std::fs::write(&pdf, server.get(&format!("{location}/files/sheets.pdf")).await.body).unwrap();
    let (first, code) = spoiled(&pdf, 1, &geometry);
    let (second, _) = spoiled(&pdf, 2, &geometry);
    let mut blank = std::io::Cursor::new(Vec::new());
    image::GrayImage::from_pixel(1654, 2339, image::Luma([255])).write_to(&mut blank, image::ImageFormat::Png).unwrap();
    let batch = upload(&server, &[first.clone(), second, first, blank.into_inner()]).await;
    let path = |n: u32| format!("{batch}/pages/{n}");
    let before = server.get(&path(1)).await.expect(200);
    assert_eq!((&before["outcome"], &before["fields"]), (&json!("unidentified"), &json!([])));
    let crop = format!("{}/crops/q7", path(1));
    server.get(&crop).await.expect(404);
    let unmarked = server.get(&format!("{}/image", path(1))).await;

    // What is no code, or none of ours, is said, and the page stays as it is.
    let altered = format!("{}{}", if code.starts_with('0') { '1' } else { '0' }, &code[1..]);
    let sheet = |n: usize| geometry["sheets"][n]["sheet_id"].clone();
    for (decision, field) in [
        (json!({"code": "7KQM"}), "code"),
        (json!({"code": altered}), "code"),
        (json!({"sheet": "0000000000000000"}), "sheet"),
        (json!({"sheet": sheet(0), "sheet_page": 2}), "sheet_page"),
        (json!({"sheet_page": 1}), "sheet_page"),
        (json!({"sheet": sheet(0), "code": code}), "sheet"),
        (json!({"code": code, "fields": {"q77": "blank"}}), "fields.q77"),
    ] {
        let problem = patch(&server, &path(1), decision.clone()).await.expect(422);
        assert_eq!(problem["errors"][0]["path"], field, "{decision}: {problem}");
    }
    assert_eq!(server.get(&path(1)).await.expect(200), before);
    // Nothing is on it that could be read.
    patch(&server, &path(4), json!({"code": code})).await.expect(422);

    let typed = code.to_lowercase().replace(' ', "-");
    let read = patch(&server, &path(1), json!({"code": typed, "fields": {"q2": {"marked": ["D"]}}})).await.expect(200);
    assert_eq!((&read["outcome"], &read["identified_by"]), (&json!("read"), &json!("person")), "{read}");
    assert_eq!((&read["sheet"]["student"], &read["sheet"]["id"]), (&json!("aluno-1"), &sheet(0)));
    assert_eq!((read["fields"].as_array().unwrap().len(), &read["fields"][1]["value"]), (30, &json!("D")));
    let decided = server.get(&format!("{}/decisions", path(1))).await.expect(200);
    assert_eq!(
        (&decided["items"][0]["change"]["code"], &decided["items"][0]["before"]["outcome"]),
        (&json!(typed), &json!("unidentified"))
    );
    // Its pictures show what was read.
    assert_eq!(server.get(&crop).await.status, 200);
    let marked = server.get(&format!("{}/image", path(1))).await;
    assert!(marked.status == 200 && marked.body != unmarked.body);

    let named = patch(&server, &path(2), json!({"sheet": sheet(1)})).await.expect(200);
    assert_eq!((&named["outcome"], &named["sheet"]["student"]), (&json!("read"), &json!("aluno-2")), "{named}");
    // The same page once more, with another answer than was decided of the first.
    let again = patch(&server, &path(3), json!({"sheet": sheet(0)})).await.expect(200);
    let codes: Vec<&Value> = again["issues"].as_array().unwrap().iter().map(|i| &i["code"]).collect();
    assert!(again["outcome"] == "review" && codes.contains(&&json!("duplicate_differs")), "{again}");
    let held = server.get("/v1/applications/simulado-2/reconciliation").await.expect(200);
    assert_eq!((&held["totals"]["missing"], &held["totals"]["duplicate"]), (&json!(1), &json!(1)), "{held}");
}
