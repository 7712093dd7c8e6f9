//! Pages whose codes nobody here can read, and a server that speaks Vision's documented JSON, faults included.

use crate::killed::png;
use crate::lifecycle::open;
use crate::print_and_read::package;
use crate::server::Server;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gabarito::service::store::db::Columns;
use gabarito::sheet::frame::{Frame, PageFormat};
use gabarito::sheet::{Identity, SheetKey};
use image::{GrayImage, Luma};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

/// What the server was sent, and what it says, request by request.
#[derive(Clone, Default)]
struct Fake(Arc<Mutex<State_>>);

#[derive(Default)]
struct State_ {
    answers: Vec<(u16, Value)>,
    images: Vec<Vec<u8>>,
    /// Files of these names below the folder are gone, or another's, before it answers.
    spoils: Option<(PathBuf, &'static str, Option<Vec<u8>>)>,
}

async fn annotate(State(fake): State<Fake>, Json(request): Json<Value>) -> (StatusCode, Json<Value>) {
    let answer = fake.answer(&request);
    match answer {
        Some((status, body)) => (StatusCode::from_u16(status).unwrap(), Json(body)),
        None => std::future::pending().await,
    }
}

/// Files of this name below a folder.
fn files(folder: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        if entry.is_dir() {
            found.extend(files(&entry, name));
        } else if entry.file_name().unwrap() == name {
            found.push(entry);
        }
    }
    found
}

impl Fake {
    /// None: it never answers.
    fn answer(&self, request: &Value) -> Option<(u16, Value)> {
        let mut state = self.0.lock().unwrap();
        for one in request["requests"].as_array().unwrap() {
            assert_eq!(one["features"][0]["type"], "TEXT_DETECTION");
            state.images.push(STANDARD.decode(one["image"]["content"].as_str().unwrap()).unwrap());
        }
        if let Some((folder, name, other)) = state.spoils.take() {
            for file in files(&folder, name) {
                std::fs::remove_file(&file).unwrap();
                if let Some(other) = &other {
                    std::fs::write(&file, other).unwrap();
                }
            }
        }
        (!state.answers.is_empty()).then(|| state.answers.remove(0))
    }

    async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/v1/images:annotate", post(annotate)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        format!("http://{address}")
    }

    fn says(&self, answers: Vec<(u16, Value)>) {
        self.0.lock().unwrap().answers = answers;
    }

    fn sent(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.0.lock().unwrap().images)
    }
}

/// A page of a PDF with its three codes painted over, and what its printed code said.
pub fn spoiled(pdf: &std::path::Path, page: u32, geometry: &Value) -> (Vec<u8>, String) {
    const DPI: f64 = 200.0;
    let out = pdf.with_extension(page.to_string());
    let n = page.to_string();
    let drawn = Command::new("pdftoppm")
        .args(["-r", "200", "-gray", "-png", "-singlefile", "-f", &n, "-l", &n])
        .arg(pdf)
        .arg(&out)
        .status();
    assert!(drawn.unwrap().success());
    let mut picture: GrayImage = image::open(out.with_extension(format!("{page}.png"))).unwrap().into_luma8();
    let frame = Frame::of(PageFormat::A4);
    let mut random = fastrand::Rng::with_seed(page.into());
    for area in [frame.code, frame.backup, frame.printed] {
        let px = |mm: f64| (mm / 25.4 * DPI) as u32;
        for y in px(area.y - 1.0)..px(area.y + area.h + 1.0) {
            for x in px(area.x - 1.0)..px(area.x + area.w + 1.0) {
                picture.put_pixel(x, y, Luma([random.u8(0..90)]));
            }
        }
    }
    let sheet = geometry["sheets"].as_array().unwrap().iter().find(|s| s["pdf_page"] == page).unwrap();
    let text = |field: &str| sheet[field].as_str().unwrap().to_owned();
    let identity = Identity {
        sheet: text("sheet_id").try_into().unwrap(),
        page: sheet["page"].as_u64().unwrap() as u16,
        layout: text("layout").try_into().unwrap(),
    };
    let mut png = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
    (png.into_inner(), identity.to_printed(&SheetKey::new(SheetKey::LAPTOP)))
}

pub async fn upload(server: &Server, scans: &[Vec<u8>]) -> String {
    let location = sent_to(server, scans).await;
    assert_eq!(server.finished(&location).await["state"], "done");
    location
}

async fn sent_to(server: &Server, scans: &[Vec<u8>]) -> String {
    let part = |(i, scan): (usize, &Vec<u8>)| Part::bytes(scan.clone()).file_name(format!("{i}.png"));
    let form = scans.iter().enumerate().fold(Form::new(), |form, scan| form.part("files", part(scan)));
    let created = server.send(server.client().post(server.url("/v1/batches")).multipart(form)).await;
    created.header("location").to_owned()
}

/// Sheets that were printed, their codes painted over, and what these said.
async fn printed(server: &Server) -> Vec<(Vec<u8>, String)> {
    let location = server.post_json("/v1/packages", &package()).await.header("location").to_owned();
    server.finished(&location).await;
    let geometry = server.get(&format!("{location}/files/geometry.json")).await.expect(200);
    let pdf = server.data.join("sheets.pdf");
    std::fs::write(&pdf, server.get(&format!("{location}/files/sheets.pdf")).await.body).unwrap();
    (1..=3).map(|n| spoiled(&pdf, n, &geometry)).collect()
}

fn said(text: &str) -> Value {
    json!({"fullTextAnnotation": {"text": text}})
}

/// What is said of a page that OCR could not help.
async fn ocr_failed(server: &Server, batch: &str, page: u32) -> String {
    let page = server.get(&format!("{batch}/pages/{page}")).await.expect(200);
    assert_eq!(page["outcome"], "unidentified", "{page}");
    let issues = page["issues"].as_array().unwrap();
    let issue = issues.iter().find(|i| i["code"] == "ocr_failed").unwrap_or_else(|| panic!("{page}"));
    issue["detail"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_no_reader_here_can_tell_is_asked_and_believed_only_if_it_was_printed() {
    let fake = Fake::default();
    let endpoint = fake.start().await;
    let server = Server::start_with(&[
        ("GABARITO_VISION_ENABLED", "true"),
        ("GABARITO_VISION_ENDPOINT", &endpoint),
        ("GABARITO_VISION_TOKEN", "a token"),
        ("GABARITO_VISION_BACKOFF", "10ms"),
        ("GABARITO_VISION_DAILY_IMAGES", "4"),
        ("GABARITO_VISION_PRICE", "0.25"),
        ("GABARITO_METRICS_ENABLED", "true"),
    ]);
    let pages = printed(&server).await;
    let scans: Vec<Vec<u8>> = pages.iter().map(|p| p.0.clone()).collect();
    let answers =
        json!({"responses": [said(&pages[0].1), {"error": {"code": 13, "message": "Internal"}}, said("7KQM 4T9X")]});
    fake.says(vec![(503, json!({})), (429, json!({})), (200, answers)]);

    let batch = upload(&server, &scans).await;
    let page = async |n: u32| server.get(&format!("{batch}/pages/{n}")).await.expect(200);
    let first = page(1).await;
    assert_eq!((&first["outcome"], &first["identified_by"]), (&json!("read"), &json!("vision")), "{first}");
    assert_eq!((&first["sheet"]["student"], first["fields"].as_array().unwrap().len()), (&json!("aluno-1"), 30));
    assert!(ocr_failed(&server, &batch, 2).await.contains("Internal"));
    assert!(ocr_failed(&server, &batch, 3).await.contains("no code of a sheet that was printed"));
    let sent = fake.sent();
    assert_eq!(sent.len(), 9);
    for png in sent {
        // The code's place and nothing more of the page.
        let picture = image::load_from_memory(&png).unwrap();
        assert!(f64::from(picture.height()) < 20.0 / 25.4 * 300.0, "{}", picture.height());
    }

    let counted = String::from_utf8(server.get("/metrics").await.body).unwrap();
    for (line, count) in [
        ("requests_total{of=\"failed\"}", "2"),
        ("requests_total{of=\"answered\"}", "1"),
        ("images_total{of=\"read\"}", "2"),
        ("images_total{of=\"error\"}", "1"),
        ("cost_total", "0.75"),
    ] {
        assert!(counted.contains(&format!("gabarito_vision_{line} {count}\n")), "{line}\n{counted}");
    }

    // What was answered once is not asked again.
    fake.says(vec![(200, json!({"responses": [said(&pages[1].1)]}))]);
    let again = upload(&server, &scans).await;
    assert_eq!(fake.sent().len(), 1);
    assert_eq!(server.get(&format!("{again}/pages/2")).await.expect(200)["identified_by"], "vision");

    // The day's images are used up: nothing new is asked, and what is known is known.
    let mut new = image::load_from_memory(&scans[2]).unwrap().into_luma8();
    let code = Frame::of(PageFormat::A4).printed;
    let px = |mm: f64| (mm / 25.4 * 200.0) as u32;
    new.put_pixel(px(code.x + code.w / 2.0), px(code.y + code.h / 2.0), Luma([200]));
    let mut png = std::io::Cursor::new(Vec::new());
    new.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let last = upload(&server, &[png.into_inner(), scans[0].clone()]).await;
    assert_eq!(fake.sent().len(), 0);
    assert_eq!(ocr_failed(&server, &last, 1).await, "today's images for OCR are used up");
    assert_eq!(server.get(&format!("{last}/pages/2")).await.expect(200)["identified_by"], "vision");
}

#[tokio::test]
async fn what_goes_wrong_with_a_page_is_for_a_person_and_what_was_not_sent_is_not_spent() {
    let fake = Fake::default();
    let endpoint = fake.start().await;
    let server = Server::start();
    let pages = printed(&server).await;
    let data = server.data.clone();
    server.stop();
    let environment = [
        ("GABARITO_VISION_ENABLED", "true"),
        ("GABARITO_VISION_ENDPOINT", &*endpoint),
        ("GABARITO_VISION_TOKEN", "a token"),
        ("GABARITO_VISION_BACKOFF", "10ms"),
        ("GABARITO_VISION_TIMEOUT", "10m"),
        ("GABARITO_VISION_FAILURES", "1"),
        ("GABARITO_VISION_PAUSE", "10m"),
        ("GABARITO_BOUNDS_MEMORY", "700MiB"),
        ("GABARITO_BOUNDS_MEGAPIXELS", "2000"),
        ("GABARITO_JOBS_LEASE", "2s"),
        ("GABARITO_JOBS_SWEEP", "500ms"),
    ];
    let server = Server::start_in(&data, &environment);
    let spoils = |name, other| fake.0.lock().unwrap().spoils = Some((data.join("objects/batches"), name, other));
    let one = |page: usize| [pages[page].0.clone()];

    // Who reads the page on dies of it.
    spoils("0", Some(png(30_000, 30_000)));
    fake.says(vec![(200, json!({"responses": [said(&pages[0].1)]}))]);
    let batch = upload(&server, &one(0)).await;
    assert!(ocr_failed(&server, &batch, 1).await.contains("died"));
    assert_eq!(fake.sent().len(), 1);

    // Its worker dies, and what is to be asked is gone when another takes over.
    spoils("code.png", None);
    let batch = sent_to(&server, &one(1)).await;
    while fake.0.lock().unwrap().images.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    server.kill();
    let server = Server::start_in(&data, &environment);
    assert_eq!(server.finished(&batch).await["state"], "done");
    assert!(ocr_failed(&server, &batch, 1).await.contains("picture"));
    assert_eq!(fake.sent().len(), 1);

    // It fails, and is left alone: what was not sent is given back.
    fake.says(vec![(503, json!({})); 4]);
    let batch = upload(&server, &one(2)).await;
    assert!(ocr_failed(&server, &batch, 1).await.contains("503"));
    assert_eq!(fake.sent().len(), 4);
    let batch = upload(&server, &one(1)).await;
    assert!(ocr_failed(&server, &batch, 1).await.contains("left alone"));
    assert_eq!(fake.sent().len(), 0);
    let db = open(&None, &data).await;
    let spent = db.query("SELECT SUM(images) AS images FROM vision_spent").fetch_one(db.writer()).await.unwrap();
    assert_eq!(spent.col::<i64>("images").unwrap(), 3);
}
