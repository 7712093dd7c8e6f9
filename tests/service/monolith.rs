//! The calls that the monolith makes today.

use crate::server::Server;
use crate::site::{Site, answer, redirect};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lopdf::{Document, Object, Stream, dictionary};
use serde_json::{Value, json};

/// A PDF of pages so many points wide.
pub fn pdf(widths: &[i64]) -> Vec<u8> {
    let mut doc = Document::with_version("1.7");
    let tree = doc.new_object_id();
    let kids: Vec<Object> = widths
        .iter()
        .map(|width| {
            let content = doc.add_object(Stream::new(dictionary! {}, b"0 0 10 10 re f BI/W 8/H 1/IM true/F/AHx ID FF>EI ".to_vec()));
            let media = vec![0.into(), 0.into(), (*width).into(), 842.into()];
            let resources = dictionary! {};
            doc.add_object(dictionary! {
                "Type" => "Page", "Parent" => tree, "MediaBox" => media, "Contents" => content, "Resources" => resources,
            })
            .into()
        })
        .collect();
    let count = kids.len() as i64;
    doc.set_object(tree, dictionary! {"Type" => "Pages", "Kids" => kids, "Count" => count});
    let catalog = doc.add_object(dictionary! {"Type" => "Catalog", "Pages" => tree});
    doc.trailer.set("Root", catalog);
    doc.compress();
    let mut bytes = Vec::new();
    doc.save_to(&mut bytes).unwrap();
    bytes
}

/// The width of each page.
pub fn widths(bytes: &[u8]) -> Vec<i64> {
    let doc = Document::load_mem(bytes).unwrap();
    let width = |id| {
        let page = doc.get_dictionary(id).unwrap();
        page.get_deref(b"MediaBox", &doc).unwrap().as_array().unwrap()[2].as_float().unwrap().round() as i64
    };
    doc.page_iter().map(width).collect()
}

fn paths(problem: &Value) -> Vec<&str> {
    problem["errors"].as_array().unwrap().iter().map(|e| e["path"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn status_says_that_it_is_there() {
    assert_eq!(Server::start().get("/status").await.expect(200)["status"], "ok");
}

#[tokio::test]
async fn the_pdfs_at_urls_are_merged_in_their_order() {
    let site = Site::start(|path| match path {
        "/a.pdf" => answer(200, "application/pdf", pdf(&[300, 301])),
        "/b.pdf" => answer(200, "application/pdf", pdf(&[200])),
        "/c" => redirect("/b.pdf"),
        "/text.pdf" => answer(200, "application/pdf", "not a PDF"),
        "/cut.pdf" => answer(200, "application/pdf", pdf(&[1])[..200].to_vec()),
        "/broken" => answer(500, "text/plain", ""),
        _ => answer(404, "text/plain", ""),
    })
    .await;
    let server = Server::start_with(&[("GABARITO_OUTBOUND_ALLOW_PRIVATE", &site.address.to_string())]);
    let merge = |urls: &[&str]| {
        let urls: Vec<String> =
            urls.iter().map(|u| if u.starts_with('/') { site.url(u) } else { (*u).into() }).collect();
        json!({"output_name": "malote 1º.pdf", "urls": urls})
    };
    let merged = server.post_json("/merge", &merge(&["/b.pdf", "/a.pdf", "/c"])).await;
    assert_eq!((merged.status, merged.header("content-type")), (200, "application/pdf"));
    assert!(
        merged.header("content-disposition").contains("filename*=UTF-8''malote%201%C2%BA%2Epdf"),
        "{:?}",
        merged.headers
    );
    assert_eq!(widths(&merged.body), [200, 300, 301, 200]);

    // Everything that is wrong, at once, with its place.
    let urls = ["/a.pdf", "http://10.0.0.1/", "/no.pdf", "https://127.0.0.1/a", "file:///etc/passwd", "/broken"];
    let problem = server.post_json("/merge", &merge(&urls)).await.expect(422);
    assert_eq!(paths(&problem), ["urls[1]", "urls[2]", "urls[3]", "urls[4]", "urls[5]"], "{problem}");
    let problem = server.post_json("/merge", &merge(&["/a.pdf", "/text.pdf", "/cut.pdf"])).await.expect(422);
    assert_eq!(paths(&problem), ["urls[1]", "urls[2]"], "{problem}");
    let problem = server.post_json("/merge", &merge(&["/a.pdf", "/broken"])).await.expect(502);
    assert_eq!((paths(&problem), &problem["type"]), (vec!["urls[1]"], &json!("urn:gabarito:problem:upstream")));
    assert_eq!(paths(&server.post_json("/merge", &merge(&[])).await.expect(422)), ["urls"]);
    let problem = server.post_json("/merge", &json!({"urls": [], "nome": "x"})).await.expect(422);
    assert!(problem["detail"].as_str().unwrap().contains("nome"), "{problem}");
}

#[tokio::test]
async fn nothing_inside_is_fetched_unless_the_configuration_names_it() {
    let site = Site::start(|_| answer(200, "application/pdf", pdf(&[1]))).await;
    let server = Server::start();
    let port = site.address.port();
    for url in [site.url("/"), format!("https://localhost:{port}/"), format!("http://2130706433:{port}/")] {
        let problem = server.post_json("/merge", &json!({"output_name": "x", "urls": [url]})).await.expect(422);
        assert_eq!(paths(&problem), ["urls[0]"]);
    }
    assert!(site.asked().is_empty());
}

#[tokio::test]
async fn a_sound_pdf_is_told_from_a_damaged_one() {
    let server = Server::start();
    let validate = |bytes: &[u8]| json!({"content": STANDARD.encode(bytes)});
    let sound = pdf(&[595, 595, 842]);
    assert_eq!(server.post_json("/validate", &validate(&sound)).await.expect(200), json!({"valid": true}));
    let broken_lines =
        STANDARD.encode(&sound).as_bytes().chunks(76).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\n");
    server.post_json("/validate", &json!({"content": broken_lines})).await.expect(200);

    let replaced = |from: &str, to: &str| {
        let at = sound.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
        [&sound[..at], to.as_bytes(), &sound[at + from.len()..]].concat()
    };
    for (what, bytes, said) in [
        ("cut", sound[..sound.len() / 2].to_vec(), "cross-reference"),
        ("a picture", b"\x89PNG\r\n\x1a\n".to_vec(), "no PDF"),
        ("of another standard", replaced("%PDF-1.7", "%PDF-2.0"), "version 2.0"),
        ("without a box", replaced("/MediaBox", "/MediaBux"), "page 1: it has no MediaBox"),
        ("with too many pages", replaced("/Count 3", "/Count 4"), "another count"),
        ("shifted", replaced("%PDF-1.7\n", "%PDF-1.7\n%   \n"), ""),
    ] {
        let problem = server.post_json("/validate", &validate(&bytes)).await.expect(422);
        assert!(problem["detail"].as_str().unwrap().contains(said), "{what}: {problem}");
    }
    assert_eq!(paths(&server.post_json("/validate", &json!({"content": "%%%"})).await.expect(422)), ["content"]);
    assert_eq!(paths(&server.post_json("/validate", &json!({"content": ""})).await.expect(422)), ["content"]);
}

#[tokio::test]
async fn scans_at_urls_are_fetched_and_read_each_with_its_outcome() {
    let site = Site::start(|path| match path {
        "/sala%2012.pdf" => answer(200, "application/pdf", pdf(&[595, 595])),
        _ => answer(404, "text/plain", ""),
    })
    .await;
    let server = Server::start_with(&[("GABARITO_OUTBOUND_ALLOW_PRIVATE", &site.address.to_string())]);
    let urls = [site.url("/sala%2012.pdf?assinatura=abc"), site.url("/nada.pdf"), site.url("/sala%2012.pdf")];
    let created = server.post_json("/v1/batches", &json!({"urls": urls})).await;
    let location = created.header("location").to_owned();
    created.expect(202);
    let batch = server.finished(&location).await;
    assert_eq!((&batch["state"], &batch["progress"]["done"]), (&json!("done"), &json!(5)), "{batch}");
    let names: Vec<&str> = batch["files"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["sala 12.pdf", "nada.pdf", "sala 12.pdf"]);
    let page = server.get(&format!("{location}/pages/3")).await.expect(200);
    assert_eq!((&page["source"], &page["outcome"]), (&json!({"file": "nada.pdf", "page": 1}), &json!("error")));
    assert_eq!(page["issues"][0]["code"], "not_fetched", "{page}");
    assert!(page["issues"][0]["detail"].as_str().unwrap().contains("404"), "{page}");

    let inside = json!({"urls": [site.url("/a"), "https://10.0.0.1/a", "ftp://example.com/"]});
    assert_eq!(paths(&server.post_json("/v1/batches", &inside).await.expect(422)), ["urls[1]", "urls[2]"]);
    assert_eq!(paths(&server.post_json("/v1/batches", &json!({"urls": []})).await.expect(422)), ["urls"]);
    server.post_json("/v1/batches", &json!({"urls": [], "urlz": 1})).await.expect(422);
}

#[tokio::test]
async fn scans_at_urls_have_the_bounds_of_one_request_together() {
    let site = Site::start(|path| match path {
        "/never.pdf" => {
            let body = axum::body::Body::from_stream(futures_util::stream::pending::<Result<&str, std::io::Error>>());
            answer(200, "application/pdf", body)
        }
        _ => answer(200, "application/pdf", vec![b'x'; 600 << 10]),
    })
    .await;
    let server = Server::start_with(&[
        ("GABARITO_OUTBOUND_ALLOW_PRIVATE", &site.address.to_string()),
        ("GABARITO_OUTBOUND_TOTAL", "1MiB"),
        ("GABARITO_OUTBOUND_TOTAL_TIME", "2s"),
    ]);
    for (paths, code, said) in [
        (["/a.pdf", "/b.pdf"], "urls_too_large", "urls[1]: together more than 1 MiB"),
        (["/never.pdf", "/a.pdf"], "urls_too_slow", "urls[0]: fetching all files took more than 2 s"),
    ] {
        let created = server.post_json("/v1/batches", &json!({"urls": paths.map(|path| site.url(path))})).await;
        let batch = server.finished(created.header("location")).await;
        assert_eq!((&batch["state"], &batch["error"]), (&json!("failed"), &json!({"code": code, "detail": said})));
    }
}
