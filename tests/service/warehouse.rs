//! Results to a warehouse: each once, whatever goes wrong on the way.

use crate::fake_bigquery::{Fake, Fault, TOKEN};
use crate::fake_gcs;
use crate::print_and_read::package;
use crate::server::Server;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Read;
use std::time::{Duration, Instant};

/// Prints the package's sheets, reads them as nobody filled them in, and puts a key: of every sheet a paper of thirty answers.
async fn graded(server: &Server, package: &Value) -> String {
    let location = server.post_json("/v1/packages", package).await.header("location").to_owned();
    assert_eq!(server.finished(&location).await["state"], "done");
    let pdf = server.get(&format!("{location}/files/sheets.pdf")).await.body;
    let form = Form::new().part("files", Part::bytes(pdf).file_name("Maria da Silva.pdf"));
    let created = server.send(server.client().post(server.url("/v1/batches")).multipart(form)).await;
    let location = created.header("location").to_owned();
    assert_eq!(server.finished(&location).await["state"], "done");
    let questions = json!({"id": "q{n}", "count": 30, "answers": "ABCDE".repeat(6), "skills": ["EF09MA01"]});
    put_key(server, &json!({"questions": [questions]})).await;
    location
}

async fn put_key(server: &Server, key: &Value) {
    let url = server.url("/v1/applications/simulado-2/key");
    server.send(server.client().put(url).json(key)).await.expect(200);
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn table(name: &str) -> String {
    format!("{name}_local_{}", jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).year())
}

/// A server with a bucket and BigQuery, and what else it is told.
fn with_bigquery(bucket: &fake_gcs::Fake, bigquery: &Fake, told: &[(&str, &str)]) -> Server {
    let all = [
        ("GABARITO_OBJECTS_KIND", "gcs"),
        ("GABARITO_OBJECTS_BUCKET", fake_gcs::BUCKET),
        ("GABARITO_OBJECTS_ENDPOINT", &bucket.base),
        ("GABARITO_OBJECTS_TOKEN", fake_gcs::TOKEN),
        ("GABARITO_WAREHOUSE_KIND", "bigquery"),
        ("GABARITO_WAREHOUSE_PROJECT", "um-projeto"),
        ("GABARITO_WAREHOUSE_ENDPOINT", &bigquery.base),
        ("GABARITO_WAREHOUSE_TOKEN", TOKEN),
    ];
    Server::start_with(&[&all, told].concat())
}

#[tokio::test]
async fn rows_are_loaded_once_whatever_fails() {
    let bucket = fake_gcs::Fake::start().await;
    let bigquery = Fake::start(&bucket).await;
    bigquery.order(&[Fault::Unavailable, Fault::Expired, Fault::Quota, Fault::Failed, Fault::Lost], 2);
    let server = with_bigquery(
        &bucket,
        &bigquery,
        &[
            ("GABARITO_WAREHOUSE_DELAY", "50ms"),
            ("GABARITO_WAREHOUSE_BACKOFF", "20ms"),
            ("GABARITO_JOBS_POLL", "100ms"),
        ],
    );
    let location = graded(&server, &package()).await;
    let (results, questions) = (table("results"), table("questions"));
    until("the results are loaded", || bigquery.rows(&results).len() == 90 && bigquery.rows(&questions).len() == 30)
        .await;
    let rows = bigquery.rows(&results);
    let row = rows.iter().find(|r| r["student"] == "aluno-2" && r["question"] == "q1").unwrap();
    assert_eq!(
        (&row["room"], &row["unit"], &row["application"], &row["standing"]),
        (&json!("sala-12"), &json!("centro"), &json!("simulado-2"), &json!("graded"))
    );
    assert_eq!(
        (&row["status"], &row["verdict"], &row["points"], row.get("answer")),
        (&json!("blank"), &json!("unmarked"), &json!(0.0), None)
    );
    let question = &bigquery.rows(&questions)[0];
    assert_eq!(
        (&question["facility"], &question["blank"], &question["skills"]),
        (&json!(0.0), &json!(3), &json!("EF09MA01"))
    );

    // What a person decides goes after it: the rows of that paper alone, with a later revision.
    let decided = json!({"fields": {"q1": {"marked": ["A"]}}});
    let patch = server.client().patch(server.url(&format!("{location}/pages/2"))).json(&decided);
    server.send(patch).await.expect(200);
    until("the decision is loaded", || bigquery.rows(&results).len() == 120 && bigquery.rows(&questions).len() == 60)
        .await;
    let rows = bigquery.rows(&results);
    let of_field = |row: &&Value| row["student"] == "aluno-2" && row["question"] == "q1";
    let latest = rows.iter().filter(of_field).max_by_key(|r| r["revision"].as_i64()).unwrap();
    assert_eq!(
        (&latest["answer"], &latest["verdict"], &latest["points"]),
        (&json!("A"), &json!("correct"), &json!(1.0))
    );

    // One job failed, one was asked for twice, and nothing was appended twice. Nothing is left in the bucket.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!((bigquery.rows(&results).len(), bigquery.rows(&questions).len()), (120, 60));
    let asked = bigquery.asked();
    let ids: BTreeSet<&str> = asked.iter().map(|j| j["jobReference"]["jobId"].as_str().unwrap()).collect();
    assert_eq!((asked.len(), ids.len()), (5, 5));
    let load = &asked[0]["configuration"]["load"];
    assert_eq!(load["schemaUpdateOptions"], json!(["ALLOW_FIELD_ADDITION"]));
    assert_eq!(
        (&load["writeDisposition"], &load["destinationTable"]["datasetId"]),
        (&json!("WRITE_APPEND"), &json!("gabarito"))
    );
    assert_eq!(bucket.names().iter().filter(|n| n.contains("warehouse")).count(), 0);
    assert!(!format!("{rows:?}{asked:?}").contains("Maria"), "a file may be named after a pupil");
}

#[tokio::test]
async fn the_embedded_warehouse_is_a_folder() {
    let server = Server::start_with(&[
        ("GABARITO_WAREHOUSE_KIND", "folder"),
        ("GABARITO_WAREHOUSE_DELAY", "50ms"),
        ("GABARITO_JOBS_POLL", "100ms"),
    ]);
    graded(&server, &package()).await;
    let folder = server.data.join("warehouse");
    let files = || -> Vec<std::path::PathBuf> {
        let tables = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        let files = tables.flat_map(|t| std::fs::read_dir(t.path()).unwrap().flatten());
        files.map(|f| f.path()).filter(|p| p.extension().is_some_and(|e| e == "gz")).collect()
    };
    until("the files are there", || files().len() == 2).await;
    for (name, count) in [("results", 90), ("questions", 30)] {
        let file = files().into_iter().find(|f| f.parent().unwrap().ends_with(table(name))).unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap()).read_to_string(&mut text).unwrap();
        assert_eq!(text.lines().count(), count);
    }
}

/// The rows that count, as docs/warehouse.md asks for them.
fn counted(rows: &[Value]) -> Vec<&Value> {
    let latest =
        |owner: &Value| rows.iter().filter(|r| r["owner"] == *owner).filter_map(|r| r["revision"].as_i64()).max();
    rows.iter().filter(|r| r["revision"].as_i64() == latest(&r["owner"]) && r["withdrawn"] != json!(true)).collect()
}

#[tokio::test]
async fn a_spare_sheet_that_gets_its_student_later_is_counted_once() {
    let server = Server::start_with(&[
        ("GABARITO_WAREHOUSE_KIND", "folder"),
        ("GABARITO_WAREHOUSE_DELAY", "20ms"),
        ("GABARITO_WAREHOUSE_PATIENCE", "1s"),
        ("GABARITO_JOBS_POLL", "50ms"),
    ]);
    let mut spared = package();
    spared["contents"] = json!(["sheet", "spares"]);
    spared["options"] = json!({"spares": {"count": 1}});
    let batch = graded(&server, &spared).await;
    let folder = server.data.join("warehouse").join(table("results"));
    let rows = || -> Vec<Value> {
        let mut rows = Vec::new();
        for file in std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|f| f.path()) {
            if file.extension().is_some_and(|e| e == "gz") {
                let mut text = String::new();
                flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap()).read_to_string(&mut text).unwrap();
                rows.extend(text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
            }
        }
        rows
    };
    let of = |rows: &[&Value], student: &Value| rows.iter().filter(|r| r["student"] == *student).count();
    until("the spare sheet is there under its own id", || of(&counted(&rows()), &Value::Null) == 30).await;
    let pages = server.get(&format!("{batch}/pages")).await.expect(200);
    let spare = pages["items"].as_array().unwrap().iter().find(|p| p["sheet"]["student"].is_null()).unwrap();
    let decide = async |change: Value| {
        let url = server.url(&format!("{batch}/pages/{}", spare["number"]));
        server.send(server.client().patch(url).json(&change)).await.expect(200);
    };
    decide(json!({"student": "aluno-9", "accept": true})).await;
    until("it is the student's", || of(&counted(&rows()), &json!("aluno-9")) == 30).await;
    assert_eq!((counted(&rows()).len(), of(&counted(&rows()), &Value::Null)), (120, 0));
    // Taken back, it is nobody's once more.
    server.post_json(&format!("{batch}/pages/{}/undo", spare["number"]), &json!({})).await.expect(200);
    until("it is nobody's", || of(&counted(&rows()), &Value::Null) == 30).await;
    // Erased with the student, it is not there under any id.
    decide(json!({"student": "aluno-9", "accept": true})).await;
    until("it is the student's", || of(&counted(&rows()), &json!("aluno-9")) == 30).await;
    let receipt = erase(&server, "aluno-9").await;
    assert_eq!(receipt["erased"]["warehouse"], json!(true), "{receipt}");
    let left = || rows().iter().filter(|r| r["student"] == "aluno-9" || r["sheet"] == spare["sheet"]["id"]).count();
    until("the warehouse has forgotten it", || left() == 0).await;
    assert_eq!(counted(&rows()).len(), 90);
}

async fn erase(server: &Server, student: &str) -> Value {
    let url = server.url(&format!("/v1/students/{student}"));
    server.send(server.client().delete(url)).await.expect(200)
}

#[tokio::test]
async fn an_erased_student_is_taken_out_of_bigquery() {
    let bucket = fake_gcs::Fake::start().await;
    let bigquery = Fake::start(&bucket).await;
    let server = with_bigquery(
        &bucket,
        &bigquery,
        &[
            ("GABARITO_WAREHOUSE_DELAY", "20ms"),
            ("GABARITO_WAREHOUSE_BACKOFF", "20ms"),
            ("GABARITO_WAREHOUSE_PATIENCE", "1s"),
            ("GABARITO_JOBS_POLL", "50ms"),
        ],
    );
    // Nothing was sent yet: there is no table, and nothing to do.
    let location = server.post_json("/v1/packages", &package()).await.header("location").to_owned();
    assert_eq!(server.finished(&location).await["state"], "done");
    erase(&server, "aluno-1").await;
    let queries = || bigquery.asked().iter().filter(|j| j["configuration"]["query"].is_object()).count();
    until("the warehouse was asked", || queries() == 1).await;

    graded(&server, &package()).await;
    let results = table("results");
    let of = |student: &str| bigquery.rows(&results).iter().filter(|r| r["student"] == student).count();
    until("the results are loaded", || of("aluno-2") == 30).await;
    bigquery.order(&[Fault::Unavailable], 1);
    erase(&server, "aluno-2").await;
    until("the warehouse has forgotten the student", || of("aluno-2") == 0).await;
    assert!(!bigquery.rows(&results).is_empty());
    assert_eq!(queries(), 2);
}

#[test]
fn bigquery_needs_a_project_and_a_bucket() {
    use gabarito::service::config::{CommandLine, Config};
    let read = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(k, v)| (format!("GABARITO_{k}"), (*v).to_owned()));
        Config::read(None, pairs, &CommandLine::default())
    };
    let faults = read(&[("WAREHOUSE_KIND", "bigquery")]).unwrap_err();
    let paths: Vec<&str> = faults.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(paths, ["warehouse.project", "warehouse.kind"]);
    let whole =
        [("WAREHOUSE_KIND", "bigquery"), ("WAREHOUSE_PROJECT", "p"), ("OBJECTS_KIND", "gcs"), ("OBJECTS_BUCKET", "b")];
    assert!(read(&whole).is_ok());
}
