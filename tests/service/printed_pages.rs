//! `POST /print`, by a real Chromium (Debian: chromium).

use crate::monolith::widths;
use crate::server::{Answer, Server};
use crate::site::{Site, answer, redirect};
use axum::body::Body;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::UdpSocket;
use tokio::sync::Notify;

/// A page whose formulas come late: its second sheet is there with them, and then it says that it is loaded.
const LATE: &str = "<!doctype html><style>@page {size: 600pt 400pt; margin: 0} p {break-before: page}</style>
    <h1>Prova</h1><script>setTimeout(() => {
        const p = document.createElement('p');
        p.innerHTML = '<math><msup><mi>x</mi><mn>2</mn></msup></math><i id=loaded></i>';
        document.body.append(p);
    }, 700)</script>";

fn html(body: impl Into<Body>) -> Response {
    answer(200, "text/html; charset=utf-8", body)
}

/// A server that prints pages of `monolith`, which may load from `others`.
fn server(monolith: &Site, others: &[&Site], environment: &[(&str, &str)]) -> Server {
    let listed = |sites: &[&Site], scheme: &str| {
        sites.iter().map(|s| format!("{scheme}{}", s.address)).collect::<Vec<_>>().join(",")
    };
    let all = [&[monolith], others].concat();
    let (hosts, private, monolith) = (listed(others, "http://"), listed(&all, ""), listed(&[monolith], "http://"));
    let mut settings = vec![
        ("GABARITO_PRINT_MONOLITH", monolith.as_str()),
        ("GABARITO_PRINT_HOSTS", &hosts),
        ("GABARITO_OUTBOUND_ALLOW_PRIVATE", &private),
    ];
    settings.extend(environment);
    Server::start_with(&settings)
}

async fn print(server: &Server, url: String, and: Value) -> Answer {
    let mut asked = json!({"url": url, "filename": "prova"});
    asked.as_object_mut().unwrap().extend(and.as_object().unwrap().clone());
    server.post_json("/print", &asked).await
}

#[track_caller]
fn printed(answer: &Answer) -> Vec<i64> {
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.header("content-type"), "application/pdf");
    widths(&answer.body)
}

#[tokio::test]
async fn formulas_that_come_late_are_waited_for() {
    let site = Site::start(|path| if path == "/prova" { html(LATE) } else { answer(404, "text/plain", "") }).await;
    let server = server(&site, &[], &[]);
    let at_once = print(&server, site.url("/prova"), json!({})).await;
    assert_eq!(printed(&at_once), [600]);
    let content = STANDARD.encode(&at_once.body);
    assert_eq!(server.post_json("/validate", &json!({"content": content})).await.expect(200), json!({"valid": true}));
    assert!(at_once.header("content-disposition").contains("prova.pdf"));
    let loaded = |blank: Value| json!({"check_loaded_element": true, "blank_pages": blank});
    assert_eq!(printed(&print(&server, site.url("/prova"), loaded(Value::Null)).await), [600, 600]);
    assert_eq!(printed(&print(&server, site.url("/prova"), loaded(json!("between"))).await), [600; 4]);
    assert_eq!(printed(&print(&server, site.url("/prova"), loaded(json!("odd"))).await), [600, 600]);
    assert_eq!(printed(&print(&server, site.url("/prova"), json!({"blank_pages": "odd"})).await), [600, 600]);
    assert_eq!(printed(&print(&server, site.url("/prova"), json!({"wait_seconds": true})).await), [600, 600]);

    let problem = print(&server, site.url("/nada"), json!({})).await.expect(502);
    assert!(problem["detail"].as_str().unwrap().contains("404"), "{problem}");
    let problem = print(&server, site.url("/prova"), json!({"blank_pages": "even"})).await.expect(422);
    assert_eq!(problem["errors"][0]["path"], "blank_pages");
}

#[tokio::test]
async fn a_page_reaches_the_hosts_that_are_allowed_and_the_token_the_monolith_alone() {
    let inside = Site::start(|_| html("secret")).await;
    let other = Site::start(|_| answer(200, "text/css", "p {color: black}")).await;
    let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (out, secret, stun) = (other.url(""), inside.address, udp.local_addr().unwrap());
    let page = format!(
        "<!doctype html><link rel=stylesheet href='{out}/a.css'><link rel=stylesheet href='/own.css'>
         <link rel=stylesheet href='/leads'><img src='http://{secret}/img'><iframe src='http://{secret}/frame'></iframe>
         <script>
         const peer = new RTCPeerConnection({{iceServers: [{{urls: 'stun:{stun}'}}]}});
         peer.createDataChannel('x');
         peer.createOffer().then(offer => peer.setLocalDescription(offer));
         new Worker(URL.createObjectURL(new Blob([`fetch('http://{secret}/worker')`])));
         navigator.sendBeacon('http://{secret}/beacon');
         const tries = ['http://{secret}/fetch', 'http://localhost:{port}/name', 'http://169.254.169.254/', 'https://example.com/',
                        'file:///etc/passwd', 'http://2130706433:{port}/decimal', 'http://[::ffff:127.0.0.1]:{port}/mapped', '/away'];
         const socket = new Promise(ended => {{ new WebSocket('ws://{secret}/socket').onclose = ended; }});
         Promise.all([socket, ...tries.map(url => fetch(url, {{mode: 'no-cors'}}).catch(() => 0))])
             .then(() => setTimeout(() => document.body.innerHTML += '<i id=loaded></i>', 1000));
         </script><body><p>",
        port = secret.port(),
    );
    let (leads, away) = (other.url("/led"), inside.url("/redirected"));
    let monolith = Site::start(move |path| match path {
        "/page" => html(page.clone()),
        "/leads" => redirect(&leads),
        "/away" | "/inside" => redirect(&away),
        _ => answer(200, "text/css", ""),
    })
    .await;
    let server = server(&monolith, &[&other], &[("AUTHORIZATION_TOKEN", "Token abc")]);
    printed(&print(&server, monolith.url("/page"), json!({"check_loaded_element": true})).await);

    let token = |site: &Site, path: &str| {
        let asked =
            site.asked().into_iter().find(|a| a.path == path).unwrap_or_else(|| panic!("{path} was not asked for"));
        asked.headers.get("authorization").map(|v| v.to_str().unwrap().to_owned())
    };
    for path in ["/page", "/own.css", "/leads"] {
        assert_eq!(token(&monolith, path).as_deref(), Some("Token abc"), "{path}");
    }
    for path in ["/a.css", "/led"] {
        assert_eq!(token(&other, path), None, "{path}");
    }
    assert!(inside.asked().is_empty(), "{:?}", inside.asked());
    let mut packet = [0; 64];
    assert!(udp.try_recv(&mut packet).is_err(), "WebRTC goes around the proxy");

    // Neither by the URL itself, nor by where it leads.
    let problem = print(&server, inside.url("/"), json!({})).await.expect(422);
    assert_eq!(problem["errors"][0]["path"], "url");
    print(&server, monolith.url("/inside"), json!({})).await.expect(502);
    assert!(inside.asked().is_empty(), "{:?}", inside.asked());
}

#[tokio::test]
async fn a_page_that_does_not_end_is_ended() {
    let site = Site::start(|path| match path {
        "/unended" => html(Body::from_stream(stream::pending::<Result<String, Infallible>>())),
        "/loop" => html("<p>a</p><script>setTimeout(() => { while (true); }, 50)</script>"),
        "/script" => html("<script>while (true);</script>"),
        "/alert" => html("<script>alert(1)</script><p>a"),
        "/long" => html("<style>p {break-after: page}</style>".to_owned() + &"<p>a</p>".repeat(9)),
        "/large" => html(Body::from_stream(stream::repeat_with(|| Ok::<_, Infallible>("<p>a</p>".repeat(10_000))))),
        _ => html("<p>a"),
    })
    .await;
    let limits = [("GABARITO_PRINT_TIME", "4s"), ("GABARITO_PRINT_PAGES", "8"), ("GABARITO_PRINT_BYTES", "4MiB")];
    let server = server(&site, &[], &limits);
    for path in ["/unended", "/loop", "/script"] {
        print(&server, site.url(path), json!({"check_loaded_element": true})).await.expect(504);
    }
    print(&server, site.url("/short"), json!({"check_loaded_element": true})).await.expect(504);
    let problem = print(&server, site.url("/long"), json!({})).await.expect(422);
    assert!(problem["detail"].as_str().unwrap().contains("8 pages"), "{problem}");
    let problem = print(&server, site.url("/large"), json!({})).await.expect(422);
    assert!(problem["detail"].as_str().unwrap().contains("loads more than 4 MiB"), "{problem}");
    assert_eq!(printed(&print(&server, site.url("/alert"), json!({})).await).len(), 1);
    assert_eq!(printed(&print(&server, site.url("/short"), json!({})).await).len(), 1);
}

#[tokio::test]
async fn more_pages_than_there_are_places_are_told_to_come_back() {
    let (asked, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (asked.clone(), go.clone());
    let site = Site::start(move |path| {
        if path != "/slow" {
            return html("<p>a");
        }
        tell.notify_one();
        let wait = wait.clone();
        html(Body::from_stream(stream::once(async move {
            wait.notified().await;
            Ok::<_, Infallible>("<p>late")
        })))
    })
    .await;
    let server = server(&site, &[], &[("GABARITO_PRINT_AT_ONCE", "1"), ("GABARITO_PRINT_WAITING", "0")]);
    let (slow, full) = tokio::join!(print(&server, site.url("/slow"), json!({})), async {
        asked.notified().await;
        let full = print(&server, site.url("/quick"), json!({})).await;
        go.notify_one();
        full
    });
    assert_eq!(printed(&slow).len(), 1);
    assert!(!full.header("retry-after").is_empty());
    full.expect(503);
    assert_eq!(printed(&print(&server, site.url("/quick"), json!({})).await).len(), 1);
}

/// The profiles of a server's browser.
fn profiles(data: &Path) -> String {
    format!("--user-data-dir={}", data.canonicalize().unwrap().join("chromium").display())
}

/// Chromium's own process, of all that have such a profile.
fn chromium(profiles: &str) -> Option<u32> {
    std::fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).into_owned();
        let ours = line.contains(profiles) && !line.contains("--type=") && !line.starts_with("sh\0");
        ours.then(|| entry.file_name().to_str()?.parse().ok())?
    })
}

/// Waits until there is none.
async fn ended(profiles: &str) {
    let begun = Instant::now();
    while let Some(pid) = chromium(profiles) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{pid} is still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_browser_that_died_or_served_its_time_is_started_anew() {
    let site = Site::start(|_| html("<p>a")).await;
    let server = server(&site, &[], &[("GABARITO_PRINT_RECYCLE", "2")]);
    let profiles = profiles(&server.data);
    let mut seen = Vec::new();
    for _ in 0..3 {
        assert_eq!(printed(&print(&server, site.url("/"), json!({})).await).len(), 1);
        seen.push(chromium(&profiles));
    }
    assert!(seen[0] == seen[1] && seen[1] != seen[2], "{seen:?}");
    let pid = chromium(&profiles).unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
    ended(&profiles).await;
    assert_eq!(printed(&print(&server, site.url("/"), json!({})).await).len(), 1);
}

#[tokio::test]
async fn chromium_goes_with_the_service_however_that_ends() {
    let site = Site::start(|_| html("<p>a")).await;
    for killed in [false, true] {
        let server = server(&site, &[], &[]);
        let (profiles, data) = (profiles(&server.data), server.data.clone());
        assert_eq!(printed(&print(&server, site.url("/"), json!({})).await).len(), 1);
        assert!(chromium(&profiles).is_some());
        if killed {
            // Dropped, it is killed.
            drop(server);
        } else {
            assert!(server.stop().success());
        }
        ended(&profiles).await;
        let _ = std::fs::remove_dir_all(data);
    }
}

#[tokio::test]
async fn where_chromium_is_not_installed_it_is_said() {
    let server = Server::start_with(&[("GABARITO_PRINT_CHROMIUM", "/nonexistent/chromium")]);
    let problem = print(&server, "https://example.com/".to_owned(), json!({})).await.expect(501);
    assert_eq!(problem["type"], "urn:gabarito:problem:not-available");
    assert!(problem["detail"].as_str().unwrap().contains("install"), "{problem}");
}
