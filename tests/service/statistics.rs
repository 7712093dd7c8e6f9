//! What an exam's answers say, over HTTP.

use crate::print_and_read::package;
use crate::server::Server;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

#[tokio::test]
async fn statistics_are_of_what_was_graded_under_the_key() {
    let server = Server::start();
    let location = server.post_json("/v1/packages", &package()).await.header("location").to_owned();
    assert_eq!(server.finished(&location).await["state"], "done");
    let pdf = server.get(&format!("{location}/files/sheets.pdf")).await.body;
    let form = Form::new().part("files", Part::bytes(pdf).file_name("folhas.pdf"));
    let created = server.send(server.client().post(server.url("/v1/batches")).multipart(form)).await;
    let batch = created.header("location").to_owned();
    assert_eq!(server.finished(&batch).await["state"], "done");

    let path = "/v1/applications/simulado-2/statistics";
    assert_eq!(server.get(path).await.status, 404, "there is no key yet");
    let irt: Vec<Value> = (0..30).map(|n| json!({"a": 1.2, "b": f64::from(n - 15) / 10.0, "c": 0.2})).collect();
    let questions =
        json!({"id": "q{n}", "count": 30, "answers": "ABCDE".repeat(6), "skills": ["EF09MA01"], "irt": irt});
    let put =
        server.client().put(server.url("/v1/applications/simulado-2/key")).json(&json!({"questions": [questions]}));
    server.send(put).await.expect(200);

    // Two of three have the first question, one the second; the third student leaves all blank.
    for (page, fields) in [
        (1, json!({"q1": {"marked": ["A"]}, "q2": {"marked": ["B"]}})),
        (2, json!({"q1": {"marked": ["A"]}, "q2": {"marked": ["C"]}})),
    ] {
        let patch =
            server.client().patch(server.url(&format!("{batch}/pages/{page}"))).json(&json!({"fields": fields}));
        server.send(patch).await.expect(200);
    }
    let said = server.get(&format!("{path}?proficiency=given&students=true")).await.expect(200);
    let number = |value: &Value, expected: f64| assert!((value.as_f64().unwrap() - expected).abs() < 1e-9, "{value}");
    assert_eq!((&said["scores"]["students"], &said["reliability"]["questions"]), (&json!(3), &json!(30)));
    number(&said["scores"]["mean"], 100.0 * (2.0 + 1.0 + 0.0) / 90.0);
    number(&said["items"][0]["facility"], 2.0 / 3.0);
    number(&said["items"][1]["facility"], 1.0 / 3.0);
    assert_eq!(said["items"][1]["answers"][2]["students"], 1);
    assert_eq!((&said["items"][1]["answers"][1]["key"], &said["items"][0]["blank"]), (&json!(true), &json!(1)));
    assert_eq!((&said["items"][5]["biserial"], &said["copying"]), (&Value::Null, &Value::Null));
    assert_eq!((&said["skills"][0]["skill"], &said["skills"][0]["responses"]), (&json!("EF09MA01"), &json!(90)));
    assert_eq!(said["groups"][0], json!({"kind": "unit", "unit": null, "id": "centro", "scores": said["scores"]}));
    let marks: Vec<f64> = said["students"].as_array().unwrap().iter().map(|s| s["mark"].as_f64().unwrap()).collect();
    assert!(marks[0] > marks[1] && marks[1] > marks[2] && marks[0] < 500.0, "{marks:?}");
    assert_eq!(said["students"][0]["student"], "aluno-1");

    let of_room = server.get(&format!("{path}?unit=centro&room=sala-12")).await.expect(200);
    assert_eq!(of_room["scores"], said["scores"]);
    assert_eq!(server.get(&format!("{path}?unit=norte")).await.expect(200)["scores"]["students"], 0);
    assert_eq!(server.get(&format!("{path}?sala=12")).await.status, 422);

    for (picture, words) in [
        ("histogram.svg", "Distribuição das notas"),
        ("items/q1.svg", "Curva da questão q1"),
        ("distractors/q2.svg", "Respostas à questão q2"),
    ] {
        let answer = server.get(&format!("{path}/{picture}")).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "image/svg+xml"));
        let svg = String::from_utf8(answer.body).unwrap();
        assert!(svg.starts_with("<svg") && svg.contains(words), "{svg}");
    }
    let english = server.get(&format!("{path}/histogram.svg?lang=en")).await;
    assert!(String::from_utf8(english.body).unwrap().contains("Distribution of scores"));
    for absent in ["items/q99.svg", "items/q1", "distractors/q99.svg"] {
        assert_eq!(server.get(&format!("{path}/{absent}")).await.status, 404, "{absent}");
    }
}
