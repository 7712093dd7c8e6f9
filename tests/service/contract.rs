//! What callers rely on at every route: repeated requests, refusals, parts of files, lists.

use crate::print_and_read::package;
use crate::server::{Answer, Server};
use gabarito::service::config::Config;
use gabarito::service::jobs::Queue;
use gabarito::service::store::Db;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use std::io::Write;
use uuid::Uuid;

async fn keyed(server: &Server, path: &str, key: &str, body: &Value) -> Answer {
    server.send(server.client().post(server.url(path)).header("Idempotency-Key", key).json(body)).await
}

/// The exam `id`, printed: its path.
async fn printed(server: &Server, id: &str) -> String {
    let mut package = package();
    package["application"]["id"] = json!(id);
    let location = server.post_json("/v1/packages", &package).await.header("location").to_owned();
    assert_eq!(server.finished(&location).await["state"], "done");
    location
}

async fn sheets(server: &Server, package: &str) -> Vec<u8> {
    server.get(&format!("{package}/files/sheets.pdf")).await.body
}

#[tokio::test]
async fn every_post_can_be_repeated_with_its_key() {
    let server = Server::start();
    let location = printed(&server, "simulado-2").await;
    let upload = json!({"name": "a.pdf", "bytes": 3});
    let of_upload = server.post_json("/v1/uploads", &upload).await.header("location").to_owned();
    server.send(server.client().put(server.url(&format!("{of_upload}/pieces?offset=0"))).body("abc")).await;
    let pdf = json!({"content": "JVBERi0="});
    for (path, body, other, made) in [
        ("/v1/uploads", upload.clone(), json!({"name": "b.pdf", "bytes": 3}), true),
        (format!("{of_upload}/complete").as_str(), json!({}), json!({"a": 1}), true),
        ("/v1/webhooks", json!({"url": "https://example.com/a"}), json!({"url": "https://example.com/b"}), true),
        ("/v1/legal-holds", json!({"reason": "a"}), json!({"reason": "b"}), true),
        ("/v1/read", json!({"no": "picture"}), json!({"none": "either"}), true),
        // Made again, for it has names in it, and is not kept.
        (format!("{location}/reprint").as_str(), json!({"student": "aluno-1"}), json!({"student": "aluno-2"}), false),
    ] {
        let first = keyed(&server, path, path, &body).await;
        let again = keyed(&server, path, path, &body).await;
        assert!(first.status < 300, "{path}: {}", String::from_utf8_lossy(&first.body));
        assert_eq!((first.status, &first.body), (again.status, &again.body), "{path}");
        assert_eq!(
            (again.header("idempotency-replayed") == "true", again.header("location")),
            (made, first.header("location"))
        );
        let problem = keyed(&server, path, path, &other).await.expect(422);
        assert_eq!(problem["type"], "urn:gabarito:problem:key-reused", "{path}");
    }
    assert_eq!(server.get("/v1/webhooks").await.expect(200)["items"].as_array().unwrap().len(), 1);
    // The same key at another route is another request; what was refused leaves its key free.
    keyed(&server, "/v1/legal-holds", "/v1/uploads", &upload).await.expect(422);
    keyed(&server, "/validate", "k", &pdf).await.expect(422);
    keyed(&server, "/v1/uploads", "k", &upload).await.expect(201);
    keyed(&server, "/v1/uploads", "", &upload).await.expect(422);
}

#[tokio::test]
async fn what_is_no_json_is_malformed_and_what_it_says_wrongly_is_invalid() {
    let server = Server::start();
    let raw = async |path: &str, kind: &str, body: &'static [u8]| {
        server.send(server.client().post(server.url(path)).header("content-type", kind).body(body)).await
    };
    let paths = ["/v1/packages", "/v1/batches", "/v1/uploads", "/v1/webhooks", "/v1/legal-holds", "/print", "/merge"];
    for path in paths {
        for broken in [&b"{\"a\": "[..], b"", b"{} {}", b"\"\xff\""] {
            let problem = raw(path, "application/json", broken).await.expect(400);
            assert_eq!(problem["type"], "urn:gabarito:problem:malformed", "{path}");
        }
        assert_eq!(raw(path, "text/plain", b"{}").await.status, 415, "{path}");
        let unknown = raw(path, "application/json; charset=utf-8", b"{\"nonsense\": 1}").await.expect(422);
        assert!(unknown.to_string().contains("nonsense"), "{path}: {unknown}");
        assert!(!unknown["errors"].as_array().unwrap().is_empty(), "{path}: {unknown}");
        // No text with it could be kept by PostgreSQL.
        raw(path, "application/json", b"{\"nonsense\": \"\\u0000\"}").await.expect(422);
    }
    let form = |name: &'static str, text: &'static str| Form::new().text(name, text);
    for (path, form, status) in [
        ("/v1/packages", form("package", "{"), 400),
        ("/v1/packages", form("package", "{}"), 422),
        ("/v1/batches", form("options", "{"), 400),
        ("/v1/batches", form("nonsense", "1"), 422),
    ] {
        let answer = server.send(server.client().post(server.url(path)).multipart(form)).await;
        assert_eq!(answer.status, status, "{path}: {}", String::from_utf8_lossy(&answer.body));
    }
    let no_boundary = raw("/v1/batches", "multipart/form-data", b"--x").await;
    assert_eq!(no_boundary.status, 400);
}

#[tokio::test]
async fn a_route_answers_its_methods_alone_and_to_this_origin_alone() {
    let server = Server::start();
    let send = async |method: &str, path: &str| {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        server.send(server.client().request(method, server.url(path)).header("x-request-id", "a-1")).await
    };
    let wrong = send("PUT", "/v1/packages").await;
    assert_eq!((wrong.status, wrong.header("content-type")), (405, "application/problem+json"));
    for method in ["GET", "POST"] {
        assert!(wrong.header("allow").contains(method), "{}", wrong.header("allow"));
    }
    let preflight = send("OPTIONS", "/v1/packages").await;
    assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (405, ""));
    let listed = send("GET", "/v1/packages").await;
    assert_eq!((listed.header("access-control-allow-origin"), listed.header("x-request-id")), ("", "a-1"));
    assert!(!server.get("/v1/packages").await.header("x-request-id").is_empty());
    assert_eq!(send("HEAD", "/healthz").await.status, 200);
}

#[tokio::test]
async fn pages_of_the_sites_that_are_named_may_call_from_a_browser_and_no_others() {
    let key = format!("gab_{}", "k".repeat(43));
    let keys = format!("escola={key}");
    let sites = ("GABARITO_SERVER_CORS", "https://escola.example, http://localhost:3000");
    let server = Server::start_with(&[sites, ("GABARITO_AUTH_KEYS", &keys)]);
    let send = async |method: reqwest::Method, origin: &str| {
        let request = server.client().request(method.clone(), server.url("/v1/batches")).header("origin", origin);
        // Browsers ask without credentials first.
        server
            .send(match method {
                reqwest::Method::OPTIONS => request.header("access-control-request-method", "POST"),
                _ => request.bearer_auth(&key),
            })
            .await
    };
    for origin in ["https://escola.example", "http://localhost:3000"] {
        let preflight = send(reqwest::Method::OPTIONS, origin).await;
        assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (200, origin));
        for name in ["authorization", "idempotency-key", "content-type"] {
            assert!(preflight.header("access-control-allow-headers").contains(name), "{name}");
        }
        let listed = send(reqwest::Method::GET, origin).await;
        assert_eq!((listed.status, listed.header("access-control-allow-origin")), (200, origin));
        // A cookie of the pages is not another site's to use.
        assert_eq!(listed.header("access-control-allow-credentials"), "");
        assert!(listed.header("access-control-expose-headers").contains("retry-after"));
    }
    let other = send(reqwest::Method::OPTIONS, "https://escola.example.evil.example").await;
    assert_eq!(other.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn a_file_comes_whole_in_parts_or_not_again() {
    let server = Server::start();
    let location = printed(&server, "simulado-2").await;
    let path = format!("{location}/files/sheets.pdf");
    let with =
        async |name: &str, value: &str| server.send(server.client().get(server.url(&path)).header(name, value)).await;
    let whole = server.get(&path).await;
    let (bytes, etag) = (whole.body.len(), whole.header("etag").to_owned());
    let part = with("range", "bytes=5-14").await;
    assert_eq!((part.status, part.header("content-range")), (206, format!("bytes 5-14/{bytes}").as_str()));
    assert_eq!(part.body, whole.body[5..15]);
    assert_eq!(with("range", &format!("bytes={bytes}-")).await.status, 416);
    assert_eq!(with("if-none-match", &format!("\"x\", {etag}")).await.status, 304);
    // What is compressed is text, and whole.
    let json = format!("{location}/files/geometry.json");
    let zipped = async |range: Option<&str>| {
        let request = server.client().get(server.url(&json)).header("accept-encoding", "gzip");
        server.send(if let Some(range) = range { request.header("range", range) } else { request }).await
    };
    assert_eq!(
        (
            zipped(None).await.header("content-encoding"),
            with("accept-encoding", "gzip").await.header("content-encoding")
        ),
        ("gzip", "")
    );
    let part = zipped(Some("bytes=0-9")).await;
    assert_eq!((part.status, part.header("content-encoding"), part.body.len()), (206, "", 10));
}

#[tokio::test]
async fn lists_are_told_a_page_at_a_time() {
    let server = Server::start();
    for n in 0..3 {
        server.post_json("/v1/webhooks", &json!({"url": format!("https://example.com/{n}")})).await.expect(201);
        server.post_json("/v1/legal-holds", &json!({"reason": n.to_string()})).await.expect(201);
        let form = Form::new().part("files", Part::bytes(&b"x"[..]).file_name("x.pdf"));
        server.send(server.client().post(server.url("/v1/batches")).multipart(form)).await.expect(202);
    }
    for list in ["/v1/webhooks", "/v1/legal-holds", "/v1/batches"] {
        let mut seen = Vec::new();
        let mut next = format!("{list}?limit=2");
        loop {
            let page = server.get(&next).await.expect(200);
            seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            next = format!("{list}?limit=2&cursor={cursor}");
        }
        let mut sorted = seen.clone();
        sorted.sort_by(|a, b| b.cmp(a));
        sorted.dedup();
        assert_eq!((seen.len(), &seen), (3, &sorted), "{list}");
        server.get(&format!("{list}?nonsense=1")).await.expect(422);
    }
}

/// A ZIP of files.
fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[tokio::test]
async fn sheets_of_several_exams_come_in_one_batch_with_whatever_else_was_in_the_pile() {
    let server = Server::start();
    let (a, b) = (printed(&server, "prova-a").await, printed(&server, "prova-b").await);
    let (a, b) = (sheets(&server, &a).await, sheets(&server, &b).await);
    let zip = zipped(&[("sala/b.pdf", &b), ("leia-me.txt", b"x")]);
    let part = |bytes: Vec<u8>, name: &'static str| Part::bytes(bytes).file_name(name);
    let form = Form::new()
        .part("files", part(a.clone(), "a.pdf"))
        .part("files", part(Vec::new(), "vazio.pdf"))
        .part("files", part(zip, "b.zip"))
        .part("files", part(a[..a.len() / 2].to_vec(), "cortado.pdf"))
        .part("files", part(b"\x89PNG\r\n\x1a\nnothing".to_vec(), "quebrado.png"))
        .part("files", part(letter(), "carta.png"));
    let location = server.send(server.client().post(server.url("/v1/batches")).multipart(form)).await;
    let location = location.header("location").to_owned();
    let batch = server.finished(&location).await;
    assert_eq!(batch["state"], "done", "{batch}");
    let pages = server.get(&format!("{location}/pages")).await.expect(200)["items"].as_array().unwrap().clone();
    let of = |file: &str| {
        pages.iter().filter(|p| p["source"]["file"].as_str().unwrap().starts_with(file)).collect::<Vec<_>>()
    };
    for (file, read) in [("a.pdf", 3), ("b.zip", 3)] {
        let outcomes: Vec<&Value> = of(file).iter().map(|p| &p["outcome"]).collect();
        assert_eq!(outcomes.iter().filter(|o| **o == "read").count(), read, "{file}: {outcomes:?}");
    }
    for file in ["vazio.pdf", "quebrado.png"] {
        let pages = of(file);
        assert_eq!((pages.len(), &pages[0]["outcome"]), (1, &json!("error")), "{file}");
        assert!(!pages[0]["issues"][0]["detail"].as_str().unwrap().is_empty(), "{file}");
    }
    assert_eq!(of("carta.png")[0]["outcome"], "foreign");
    // As the command line has it: an object, whatever is known of it.
    assert!(pages.iter().all(|p| p["sheet"].as_object().is_some_and(|s| s.contains_key("id"))), "{pages:?}");
    // Of a file that was cut off, what is there is read or said to be missing.
    assert!(!of("cortado.pdf").is_empty());
    for exam in ["prova-a", "prova-b"] {
        let held = server.get(&format!("/v1/applications/{exam}/reconciliation")).await.expect(200);
        assert_eq!((&held["totals"]["missing"], &held["totals"]["foreign"]), (&json!(0), &json!(1)), "{held}");
    }
}

/// A page that is no sheet: lines of dark words.
fn letter() -> Vec<u8> {
    let ink = |x: u32, y: u32| y % 40 < 16 && x % 70 < 50 && (150..1100).contains(&x) && (150..1500).contains(&y);
    let page = image::GrayImage::from_fn(1240, 1754, |x, y| image::Luma([if ink(x, y) { 30 } else { 250 }]));
    let mut png = std::io::Cursor::new(Vec::new());
    page.write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

#[tokio::test]
async fn what_can_be_understood_is_taken_and_what_is_unknown_is_named() {
    let server = Server::start();
    let location = printed(&server, "prova-a").await;
    let pdf = sheets(&server, &location).await;
    // An upload of which all was put is complete.
    let upload = server.post_json("/v1/uploads", &json!({"name": "a.pdf", "bytes": pdf.len()})).await.expect(201);
    let (id, url) = (&upload["id"], upload["url"].as_str().unwrap());
    let batch = json!({"uploads": [id]});
    let early = server.post_json("/v1/batches", &batch).await.expect(422);
    assert_eq!(early["errors"][0]["path"], "uploads[0]", "{early}");
    server.send(server.client().put(url).body(pdf.clone())).await.expect(200);
    let batch = server.post_json("/v1/batches", &batch).await.header("location").to_owned();
    assert_eq!(server.finished(&batch).await["outcomes"], json!({"read": 3}));
    // One page may come as a form.
    for part in ["file", "imagem"] {
        let form = Form::new().part(part, Part::bytes(pdf.clone()).file_name("a.pdf"));
        let line = server.send(server.client().post(server.url("/v1/read")).multipart(form)).await.expect(200);
        assert_eq!((&line["outcome"], &line["sheet"]["page"]), (&json!("read"), &json!(1)), "{line}");
    }
    assert_eq!(server.get("/metrics").await.status, 200);

    let named = |problem: Value, name: &str| assert!(problem["errors"].to_string().contains(name), "{name}: {problem}");
    let reprint = format!("{location}/reprint");
    for body in [json!({"student": "aluno-1", "nonsense": 1}), json!({"nonsense": "aluno-1"})] {
        named(server.post_json(&reprint, &body).await.expect(422), "nonsense");
    }
    named(server.post_json(&reprint, &json!({"student": "a", "room": "b"})).await.expect(422), "room");
    named(server.post_json(&reprint, &json!({})).await.expect(422), "student");
    let answer = async |answer: Value| {
        let body = json!({"fields": {"q1": answer}});
        server.send(server.client().patch(server.url(&format!("{batch}/pages/1"))).json(&body)).await.expect(422)
    };
    named(answer(json!({"value": "B", "nonsense": 1})).await, "nonsense");
    named(answer(json!("nonsense")).await, "nonsense");
    named(answer(json!({"value": "B", "marked": ["B"]})).await, "marked");
    for (path, form) in [
        ("/v1/packages", Form::new().text("package", "{}").text("nonsense", "1")),
        ("/v1/batches", Form::new().text("nonsense", "1")),
        ("/v1/read", Form::new().text("nonsense", "1")),
    ] {
        named(server.send(server.client().post(server.url(path)).multipart(form)).await.expect(422), "nonsense");
    }
}

#[tokio::test]
async fn what_is_more_urgent_is_done_first() {
    // Nobody works.
    let folder = std::env::temp_dir().join(format!("gabarito-urgent-{}", Uuid::now_v7()));
    let server = Server::start_in(&folder, &[("GABARITO_JOBS_DELIVERY", "database")]);
    let mut made = Vec::new();
    for urgency in ["", "u=7", "u=1"] {
        let form = Form::new().part("files", Part::bytes(b"%PDF-1.7".to_vec()).file_name("a.pdf"));
        let request = server.client().post(server.url("/v1/batches")).multipart(form).header("priority", urgency);
        made.push(server.send(request).await.expect(202)["id"].clone());
    }
    let db = Db::connect(&Config::embedded(&folder).database, &folder).await.unwrap();
    let queue = Queue::new(db.clone(), Config::embedded(&folder).jobs);
    let mut order = Vec::new();
    while let Some(item) = queue.claim("w").await.unwrap() {
        order.push(item.payload["batch"].clone());
    }
    assert_eq!(order, [2, 0, 1].map(|i: usize| made[i].clone()));
    db.close().await;
}
