//! Booklets in four versions over HTTP: what is filled in on one of them is graded in the master's order.

use crate::server::Server;
use gabarito::accuracy::{PX_PER_MM, rasterise};
use gabarito::raster::Rgb;
use gabarito::sheet::Layout;
use gabarito::sim::mark::{self, Bubble, Mark};
use gabarito::sim::{Hand, Pen};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

const RIGHT: [(&str, char); 6] = [("m1", 'A'), ("m2", 'B'), ("m3", 'C'), ("m4", 'D'), ("m5", 'E'), ("m6", 'A')];

fn package() -> Value {
    let question = |(id, _): &(&str, char)| {
        let alternative = |letter: char| json!({"text": format!("resposta {letter} de {id}")});
        let alternatives: Vec<Value> = "ABCDE".chars().map(alternative).collect();
        json!({"id": id, "kind": "choice", "stem": [{"text": format!("Pergunta {id}")}], "alternatives": alternatives})
    };
    let student = |n: u32| json!({"id": format!("aluno-{n}"), "name": format!("Aluno {n}"), "enrollment": format!("{n}"), "version": n});
    json!({
        "application": {"id": "versoes", "title": "Versões", "date": "2026-11-20"},
        "exam": {"versions": 4, "seed": 7, "sections": [
            {"title": "Matemática", "questions": RIGHT.iter().map(question).collect::<Vec<_>>()}]},
        "units": [{"id": "u", "name": "Centro", "rooms": [
            {"id": "r", "name": "Sala 1", "students": (1..=4).map(student).collect::<Vec<_>>()}]}],
        "contents": ["booklet", "sheet"],
    })
}

/// A sheet on which these bubbles are filled, as a scan.
fn filled(pdf: Vec<u8>, sheet: &Value, layouts: &[Layout], answers: &[(String, char)]) -> Vec<u8> {
    let master = rasterise(pdf, sheet, layouts).unwrap();
    let (mut picture, mut rng) = (master.picture, fastrand::Rng::with_seed(1));
    let hand = Hand::new(Pen::BlackBallpoint, &mut rng);
    for (field, letter) in answers {
        let field = master.page.fields.iter().find(|f| f.id == *field).unwrap();
        let b = &field.bubbles[(*letter as u8 - b'A') as usize];
        let place = Bubble { x: b.x, y: b.y, rx: b.rx, ry: b.ry };
        mark::draw(&mut picture, PX_PER_MM, place, Mark::Full, &hand, &mut rng);
    }
    let mut scan = Rgb::new(picture.width, picture.height, [255; 3]);
    scan.put_gray(&picture, 0, 0, |v| v);
    scan.to_png().unwrap()
}

#[tokio::test]
async fn a_sheet_of_another_version_is_graded_in_the_masters_order() {
    let server = Server::start();
    let location = server.post_json("/v1/packages", &package()).await.header("location").to_owned();
    let printed = server.finished(&location).await;
    assert_eq!(printed["state"], "done", "{printed}");
    let file = async |name: &str| server.get(&format!("{location}/files/{name}")).await;
    let geometry = file("geometry.json").await.expect(200);
    let layouts: Vec<Layout> =
        geometry["layouts"].as_array().unwrap().iter().map(|l| Layout::from_json(l.clone()).unwrap()).collect();
    let sheet = geometry["sheets"].as_array().unwrap().iter().find(|s| s["student"] == "aluno-2").unwrap();
    let versions = file("versions.json").await.expect(200);
    let order = &versions["versions"].as_array().unwrap().iter().find(|v| v["version"] == 2).unwrap()["questions"];

    // The last question wrong, by the letter that the booklet has where the master's is the next one.
    let (mut answers, mut as_the_master) = (Vec::new(), 0);
    for question in order.as_array().unwrap() {
        let (id, right) = RIGHT.iter().find(|(id, _)| question["question"] == *id).unwrap();
        let meant = if *id == "m6" { 'B' } else { *right };
        let place = question["options"].as_str().unwrap().chars().position(|master| master == meant).unwrap();
        let printed = (b'A' + place as u8) as char;
        let number = question["number"].as_u64().unwrap();
        as_the_master += usize::from(RIGHT[number as usize - 1].1 == printed);
        answers.push((format!("q{number}"), printed));
    }
    assert!(as_the_master < 5, "the versions are too much alike for this test: {order}");

    let pdf = file(sheet["pdf"].as_str().unwrap()).await.body;
    let scan = filled(pdf, sheet, &layouts, &answers);
    let form = Form::new().part("files", Part::bytes(scan).file_name("folha.png"));
    let batch = server.send(server.client().post(server.url("/v1/batches")).multipart(form)).await;
    let batch = batch.header("location").to_owned();
    assert_eq!(server.finished(&batch).await["outcomes"], json!({"read": 1}));
    let page = server.get(&format!("{batch}/pages/1")).await.expect(200);
    assert_eq!((&page["sheet"]["student"], &page["sheet"]["version"]), (&json!("aluno-2"), &json!(2)), "{page}");

    let questions: Vec<Value> = RIGHT.iter().map(|(id, a)| json!({"id": id, "answer": a})).collect();
    let key = server.client().put(server.url("/v1/applications/versoes/key")).json(&json!({"questions": questions}));
    server.send(key).await.expect(200);
    let results = server.get("/v1/applications/versoes/results?student=aluno-2&questions=true").await.expect(200);
    let grade = &results["items"][0];
    assert_eq!((&grade["version"], &grade["points"]), (&json!(2), &json!(5)), "{grade}");
    let graded: Vec<(&str, &str, &str)> = grade["questions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|q| (q["id"].as_str().unwrap(), q["answer"].as_str().unwrap(), q["verdict"].as_str().unwrap()))
        .collect();
    let expected = [
        ("m1", "A", "correct"),
        ("m2", "B", "correct"),
        ("m3", "C", "correct"),
        ("m4", "D", "correct"),
        ("m5", "E", "correct"),
        ("m6", "B", "incorrect"),
    ];
    assert_eq!(graded, expected, "{grade}");
}
