//! What is deleted after its time, and what nobody may delete.

use crate::postgres;
use crate::print_and_read::package;
use crate::server::Server;
use gabarito::service::config::{Config, Secret};
use gabarito::service::store::db::Columns;
use gabarito::service::store::{Db, Folder, Key, Objects};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use uuid::Uuid;

fn pages(pdf: &[u8], folder: &Path) -> Vec<PathBuf> {
    std::fs::write(folder.join("sheets.pdf"), pdf).unwrap();
    let status = Command::new("pdftoppm")
        .args(["-r", "100", "-gray", "-png", "sheets.pdf", "page"])
        .current_dir(folder)
        .status();
    assert!(status.unwrap().success());
    (1..=3).map(|n| folder.join(format!("page-{n}.png"))).collect()
}

/// A package that was printed, and its sheets as a batch of this form. Gives where both are.
async fn worked(server: &Server, form: impl FnOnce(Vec<u8>) -> Form) -> (String, String) {
    let package = server.post_json("/v1/packages", &package()).await.header("location").to_owned();
    let printed = server.finished(&package).await;
    let files = printed["files"].as_array().unwrap();
    let pdf = files.iter().find(|f| f["name"].as_str().unwrap().ends_with(".pdf")).unwrap();
    let bytes = server.get(pdf["url"].as_str().unwrap()).await.body;
    let made = server.send(server.client().post(server.url("/v1/batches")).multipart(form(bytes))).await;
    let batch = made.header("location").to_owned();
    assert_eq!(server.finished(&batch).await["outcomes"], json!({"read": 3}));
    (package, batch)
}

/// SQLite, and PostgreSQL: what a server is told.
pub async fn databases() -> [Option<String>; 2] {
    [None, Some(postgres::database().await)]
}

pub fn environment(database: &Option<String>) -> Vec<(&str, &str)> {
    database.iter().map(|url| ("GABARITO_DATABASE_URL", url.as_str())).collect()
}

pub async fn open(database: &Option<String>, data: &Path) -> Db {
    let mut config = Config::embedded(data).database;
    config.url = database.as_ref().map(Secret::new);
    Db::open(&config, data).await.unwrap()
}

fn id(location: &str) -> Uuid {
    location.rsplit('/').next().unwrap().parse().unwrap()
}

/// The last line of `gabarito lifecycle --sweep`.
pub fn sweep(data: &Path, environment: &[(&str, &str)]) -> String {
    told(data, environment).lines().last().unwrap().to_owned()
}

/// All that `gabarito lifecycle --sweep` says.
fn told(data: &Path, environment: &[(&str, &str)]) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_gabarito"))
        .args(["lifecycle", "--sweep", "--data"])
        .arg(data)
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    assert!(run.status.success(), "{text}");
    text
}

fn swept(scans: u32, images: u32, crops: u32, batches: u32, packages: u32) -> String {
    format!(
        "deleted: 0 uploads; scans of {scans} batches, page images of {images}, crops of {crops}; {batches} batches, {packages} packages"
    )
}

#[tokio::test]
async fn each_kind_goes_after_its_time_and_nothing_that_is_held() {
    for database in databases().await {
        each_in_its_time(database).await;
    }
}

async fn each_in_its_time(database: Option<String>) {
    let environment = environment(&database);
    let server = Server::start_with(&environment);
    let (package, batch) = worked(&server, |pdf| Form::new().part("files", Part::bytes(pdf).file_name("a.pdf"))).await;
    let days = server.client().put(server.url("/v1/retention")).json(&json!({"images": 1}));
    let days = server.send(days).await.expect(200);
    assert_eq!(days, json!({"uploads": 90, "images": 1, "crops": 365, "results": 1825, "packages": 730}));
    let data = server.data.clone();
    server.stop();
    let config = Config::embedded(&data);
    let db = open(&database, &data).await;
    let objects = Objects::configured(&config.objects, &data).await.unwrap();
    let folder = || Folder::Batch { tenant: "local".into(), batch: id(&batch) };
    let names = async || objects.list(&folder()).await.unwrap().into_iter().map(|l| l.path).collect::<Vec<_>>();
    for name in ["plain.jpg", "field-0.jpg"] {
        let key = Key::Picture { tenant: "local".into(), batch: id(&batch), page: 1, name: name.into() };
        objects.put(&key, "x".into()).await.unwrap();
    }
    let run = async |text: &'static str| db.execute(db.query(text)).await.unwrap().rows_affected();
    let aged = async |days: i64| {
        let query = db.query("UPDATE jobs SET finished_at = {now} - $1").bind(days * 86_400_000);
        db.execute(query).await.unwrap();
    };

    aged(10_000).await;
    for hold in [
        "INSERT INTO legal_holds (id, tenant_id, reason, created_at) VALUES ('a', 'local', 'x', 0)",
        "INSERT INTO legal_holds (id, tenant_id, application_id, reason, created_at) VALUES ('b', 'local', 'simulado-2', 'x', 0)",
        "INSERT INTO legal_holds (id, tenant_id, student_id, reason, created_at) VALUES ('c', 'local', 'aluno-3', 'x', 0)",
    ] {
        run(hold).await;
        assert_eq!(sweep(&data, &environment), swept(0, 0, 0, 0, 0), "{hold}");
        run("UPDATE legal_holds SET released_at = 1").await;
    }
    run("INSERT INTO legal_holds (id, tenant_id, reason, created_at) VALUES ('d', 'another', 'x', 0)").await;
    aged(2).await;
    assert_eq!(sweep(&data, &environment), swept(0, 1, 0, 0, 0));
    assert_eq!(names().await, ["pages/1/field-0.jpg", "scans/0"]);
    aged(100).await;
    assert_eq!(sweep(&data, &environment), swept(1, 0, 0, 0, 0));
    assert_eq!(sweep(&data, &environment), swept(0, 0, 0, 0, 0));
    assert_eq!(names().await, ["pages/1/field-0.jpg"]);

    // What was read is still there; what it was read from is not.
    let server = Server::start_in(&data, &environment);
    assert_eq!(server.get(&format!("{batch}/pages/2")).await.expect(200)["sheet"]["student"], "aluno-2");
    server.get(&package).await.expect(200);
    server.stop();

    aged(10_000).await;
    assert_eq!(sweep(&data, &environment), swept(0, 0, 1, 1, 1));
    assert_eq!(names().await, Vec::<String>::new());
    for table in ["jobs", "job_items", "batches", "pages", "packages", "package_files", "sheets", "students"] {
        let text = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) AS n FROM {table}"));
        let row = sqlx::query(text).fetch_one(db.writer()).await.unwrap();
        assert_eq!(row.col::<i64>("n").unwrap(), 0, "{table}");
    }
    std::fs::remove_dir_all(&data).unwrap();
}

#[tokio::test]
async fn an_upload_that_no_batch_took_goes_when_its_time_is_over() {
    let server = Server::start();
    let made = server.post_json("/v1/uploads", &json!({"name": "a", "bytes": 3})).await.expect(201);
    let put = server.client().put(server.url(made["url"].as_str().unwrap())).body("abc");
    server.send(put).await.expect(200);
    let data = server.data.clone();
    server.stop();
    let db = open(&None, &data).await;
    assert!(sweep(&data, &[]).starts_with("deleted: 0 uploads"));
    db.execute(db.query("UPDATE uploads SET expires_at = {now} - 1")).await.unwrap();
    assert!(sweep(&data, &[]).starts_with("deleted: 1 uploads"));
    assert!(!data.join("objects/uploads").exists());
    std::fs::remove_dir_all(&data).unwrap();
}

#[tokio::test]
async fn a_student_is_erased_and_the_others_stay() {
    for database in databases().await {
        one_of_three(database).await;
    }
}

async fn one_of_three(database: Option<String>) {
    let server = Server::start_with(&environment(&database));
    let scratch = server.data.join("scratch");
    std::fs::create_dir_all(&scratch).unwrap();
    let form = |pdf: Vec<u8>| {
        pages(&pdf, &scratch).iter().fold(Form::new(), |form, page| {
            let name = page.file_name().unwrap().to_str().unwrap().to_owned();
            form.part("files", Part::bytes(std::fs::read(page).unwrap()).file_name(name))
        })
    };
    let (package, batch) = worked(&server, form).await;
    server.get("/v1/students/aluno-9").await.expect(405);
    let erase = async |who: &str| server.send(server.client().delete(server.url(&format!("/v1/students/{who}")))).await;
    erase("aluno-9").await.expect(404);

    let hold = json!({"application": "simulado-2", "reason": "ofício 12/2026"});
    let hold = server.post_json("/v1/legal-holds", &hold).await.header("location").to_owned();
    assert!(erase("aluno-2").await.expect(409)["detail"].as_str().unwrap().contains("legal hold"));
    server.send(server.client().delete(server.url(&package))).await.expect(409);
    server.send(server.client().delete(server.url(&hold))).await.expect(204);
    assert!(server.get("/v1/legal-holds").await.expect(200)["items"][0]["released_at"].is_string());
    let db = open(&database, &server.data).await;
    others_are_held(&server, &db, &package).await;

    let receipt = erase("aluno-2").await.expect(200);
    let erased = |kind: &str| receipt["erased"][kind].as_u64().unwrap();
    assert_eq!(
        (erased("pages"), erased("sheets"), erased("enrollments"), erased("packages")),
        (1, 1, 1, 1),
        "{receipt}"
    );
    assert_eq!((erased("scans_deleted"), erased("scans_blanked")), (1, 0), "a picture can't be blanked: {receipt}");
    assert!(!receipt.to_string().contains("aluno-2"));
    let found = server.get(&format!("/v1/erasures/{}", receipt["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(found, receipt);
    // Asked again, it answers with what was done.
    assert_eq!(erase("aluno-2").await.expect(200), receipt);

    server.get(&format!("{batch}/pages/2")).await.expect(404);
    assert_eq!(server.get(&format!("{batch}/pages/3")).await.expect(200)["sheet"]["student"], "aluno-3");
    let again = |who: &str| json!({"student": who});
    let reprint = format!("{package}/reprint");
    server.post_json(&reprint, &again("aluno-2")).await.expect(422);
    assert_eq!(server.post_json(&reprint, &again("aluno-3")).await.status, 200);
    assert_eq!(server.get(&package).await.expect(200)["files"], json!([]));
    // Nothing of what is kept knows the id, or the name.
    let mut rows = Vec::new();
    for table in ["pages", "sheets", "students", "decisions", "batches", "erasures", "job_items", "packages"] {
        // The driver for both knows no JSONB: a row as one text.
        let all =
            if database.is_some() { format!("SELECT t::text AS row FROM {table} t") } else { every(&db, table).await };
        for row in sqlx::query(sqlx::AssertSqlSafe(all)).fetch_all(db.writer()).await.unwrap() {
            rows.push(row.col::<String>("row").unwrap());
        }
    }
    assert!(rows.len() > 10 && rows.iter().all(|text| !text.contains("aluno-2")), "{rows:?}");
    let objects = Objects::configured(&Config::embedded(&server.data).objects, &server.data).await.unwrap();
    let key = Key::PackageInput { tenant: "local".into(), package: id(&package), name: "PACKAGE.json".into() };
    let input = std::fs::read(objects.fetch(&key, Path::new("")).await.unwrap()).unwrap();
    let input: Value = serde_json::from_slice(&input).unwrap();
    assert_eq!(input["units"][0]["rooms"][0]["students"].as_array().unwrap().len(), 2);
}

/// A hold that names another student keeps the scans and the package that hold that student's data too.
async fn others_are_held(server: &Server, db: &Db, package: &str) {
    let run = async |text: &'static str| assert_eq!(db.execute(db.query(text)).await.unwrap().rows_affected(), 1);
    let refused = async || {
        let erase = server.send(server.client().delete(server.url("/v1/students/aluno-2"))).await;
        assert!(erase.expect(409)["detail"].as_str().unwrap().contains("legal hold"));
    };
    let hold = server.post_json("/v1/legal-holds", &json!({"student": "aluno-3", "reason": "x"})).await;
    let hold = hold.header("location").to_owned();
    refused().await;
    // The batch alone, then the package alone.
    run("UPDATE sheets SET student_id = 'x' WHERE student_id = 'aluno-3'").await;
    refused().await;
    run("UPDATE pages SET student_id = NULL, engine = sheet_id, sheet_id = NULL WHERE student_id = 'aluno-3'").await;
    run("UPDATE sheets SET student_id = 'aluno-3' WHERE student_id = 'x'").await;
    refused().await;
    run("UPDATE pages SET student_id = 'aluno-3', sheet_id = engine WHERE sheet_id IS NULL").await;
    assert_ne!(server.get(package).await.expect(200)["files"], json!([]));
    server.send(server.client().delete(server.url(&hold))).await.expect(204);
}

#[tokio::test]
async fn what_came_for_a_package_that_is_never_printed_goes_with_its_job() {
    for database in databases().await {
        never_printed(database).await;
    }
}

async fn never_printed(database: Option<String>) {
    let mut environment = environment(&database);
    // Nobody works.
    environment.push(("GABARITO_JOBS_DELIVERY", "database"));
    let server = Server::start_with(&environment);
    let post = async || server.post_json("/v1/packages", &package()).await.header("location").to_owned();
    let delete = async |path: &str| server.send(server.client().delete(server.url(path))).await;
    let (cancelled, failed) = (post().await, post().await);
    let db = open(&database, &server.data).await;
    let objects = Objects::configured(&Config::embedded(&server.data).objects, &server.data).await.unwrap();
    let names = async |package: &str| {
        let folder = Folder::Package { tenant: "local".into(), package: id(package) };
        objects.list(&folder).await.unwrap().into_iter().map(|l| l.path).collect::<Vec<_>>()
    };
    let swept = || told(&server.data, &environment).contains("the input of 1 packages");
    assert_eq!(names(&cancelled).await, ["input/PACKAGE.json"]);
    // No row says so, and yet the student's name is there.
    assert!(delete("/v1/students/aluno-2").await.expect(409)["detail"].as_str().unwrap().contains("worked on"));

    let late = || Key::PackageFile { tenant: "local".into(), package: id(&cancelled), name: "sheets.pdf".into() };
    objects.put(&late(), "x".into()).await.unwrap();
    delete(&cancelled).await.expect(204);
    assert_eq!(names(&cancelled).await, Vec::<String>::new());
    assert_eq!(server.get(&cancelled).await.expect(200)["state"], "cancelled");
    server.post_json(&format!("{cancelled}/reprint"), &json!({"student": "aluno-1"})).await.expect(410);
    // Its worker did not know yet; within its lease nobody can say that it is done.
    objects.put(&late(), "x".into()).await.unwrap();
    assert!(!swept());
    let aged = "UPDATE jobs SET finished_at = finished_at - 3600000 WHERE finished_at IS NOT NULL";
    db.execute(db.query(aged)).await.unwrap();
    assert!(swept());
    assert_eq!(names(&cancelled).await, Vec::<String>::new());

    let query = db.query("UPDATE jobs SET state = 'failed', finished_at = {now} - 3600000 WHERE state = 'queued'");
    assert_eq!(db.execute(query).await.unwrap().rows_affected(), 1);
    let hold = server.post_json("/v1/legal-holds", &json!({"application": "simulado-2", "reason": "x"})).await;
    assert!(!swept());
    delete("/v1/students/aluno-2").await.expect(409);
    delete(hold.header("location")).await.expect(204);
    assert_eq!(delete("/v1/students/aluno-2").await.expect(200)["erased"]["packages"], 1);
    assert_eq!(names(&failed).await, ["input/PACKAGE.json"]);
    assert!(swept() && !swept());
    assert_eq!(names(&failed).await, Vec::<String>::new());
}

/// What selects all columns of a table of SQLite as one text.
async fn every(db: &Db, table: &str) -> String {
    let text = sqlx::AssertSqlSafe(format!("SELECT name FROM pragma_table_info('{table}')"));
    let columns = sqlx::query(text).fetch_all(db.writer()).await.unwrap();
    let columns: Vec<String> =
        columns.iter().map(|c| format!("COALESCE({}, '')", c.col::<String>("name").unwrap())).collect();
    format!("SELECT {} AS row FROM {table}", columns.join(" || ' ' || "))
}
