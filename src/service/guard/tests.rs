//! Against servers on this machine, which only a setting lets through.

use super::{Denied, FetchError, Guard, OutboundConfig};
use crate::service::config::Reader;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

/// Answers every request by its path, until the test's process ends.
fn server(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            let mut buffer = [0; 1024];
            while !head.windows(4).any(|w| w == b"\r\n\r\n") {
                match stream.read(&mut buffer) {
                    Ok(n) if n > 0 => head.extend_from_slice(&buffer[..n]),
                    _ => break,
                }
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let _ = stream.write_all(&answer(head.split(' ').nth(1).unwrap_or_default()));
        }
    });
    address
}

fn redirect(to: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").into_bytes()
}

fn guard(allowed: &str) -> Guard {
    let environment = [("GABARITO_OUTBOUND_ALLOW_PRIVATE".to_owned(), allowed.to_owned())];
    let mut reader = Reader::new(None, environment);
    let config = OutboundConfig::of(&mut reader);
    assert_eq!(reader.finish(&[]).1, []);
    Guard::new(&config).unwrap()
}

fn file() -> PathBuf {
    std::env::temp_dir().join(format!("gabarito-fetched-{}", uuid::Uuid::now_v7()))
}

async fn fetch(guard: &Guard, url: &str, most: u64) -> Result<(u64, Option<String>, Vec<u8>), FetchError> {
    let path = file();
    let fetched = guard.fetch(url, most, &path).await;
    let body = std::fs::read(&path).unwrap_or_default();
    let _ = std::fs::remove_file(&path);
    fetched.map(|f| (f.bytes, f.content_type, body))
}

#[tokio::test]
async fn a_file_is_fetched_whole_and_no_larger_than_allowed() {
    let address = server(|path| match path {
        "/said" => {
            b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nContent-Length: 5\r\nConnection: close\r\n\r\n%PDF-"
                .to_vec()
        }
        // Its length is not said.
        "/unsaid" => [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec(), vec![b'x'; 5_000]].concat(),
        "/broken" => b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\nConnection: close\r\n\r\nshort".to_vec(),
        _ => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(),
    });
    let guard = guard(&address.to_string());
    let url = |path: &str| format!("http://{address}{path}");
    let (bytes, content_type, body) = fetch(&guard, &url("/said"), 5).await.unwrap();
    assert_eq!((bytes, content_type.as_deref(), body.as_slice()), (5, Some("application/pdf"), &b"%PDF-"[..]));
    assert_eq!(fetch(&guard, &url("/unsaid"), 5_000).await.unwrap().0, 5_000);
    assert!(matches!(fetch(&guard, &url("/said"), 4).await, Err(FetchError::TooLarge(4))));
    assert!(matches!(fetch(&guard, &url("/unsaid"), 4_999).await, Err(FetchError::TooLarge(4_999))));
    assert!(matches!(fetch(&guard, &url("/broken"), 100).await, Err(FetchError::Unreachable)));
    assert!(matches!(fetch(&guard, &url("/no"), 100).await, Err(FetchError::Status(s)) if s == 404));
}

#[tokio::test]
async fn every_hop_is_a_url_of_a_stranger() {
    let inner = server(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret".to_vec());
    let address = server(move |path| match path {
        "/inside" => redirect(&format!("https://{inner}/")),
        "/metadata" => redirect("https://169.254.169.254/"),
        "/file" => redirect("file:///etc/passwd"),
        "/round" => redirect("/round"),
        path => match path.strip_prefix("/hops/").and_then(|n| n.parse::<u32>().ok()) {
            Some(0) | None => b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok".to_vec(),
            Some(n) => redirect(&format!("/hops/{}", n - 1)),
        },
    });
    let guard = guard(&address.to_string());
    let url = |path: &str| format!("http://{address}{path}");
    let denied = |kind| move |e: &FetchError| matches!(e, FetchError::Redirected(Denied::NotPublic(k)) if *k == kind);
    assert!(fetch(&guard, &url("/inside"), 100).await.is_err_and(|e| denied("loopback")(&e)));
    assert!(fetch(&guard, &url("/metadata"), 100).await.is_err_and(|e| denied("link-local")(&e)));
    let file = fetch(&guard, &url("/file"), 100).await;
    assert!(matches!(file, Err(FetchError::Redirected(Denied::Scheme))), "{file:?}");
    assert!(matches!(fetch(&guard, &url("/round"), 100).await, Err(FetchError::Redirects)));
    assert_eq!(fetch(&guard, &url("/hops/5"), 100).await.unwrap().2, b"ok");
    assert!(matches!(fetch(&guard, &url("/hops/6"), 100).await, Err(FetchError::Redirects)));
}

#[tokio::test]
async fn a_name_is_judged_by_the_address_that_is_connected_to() {
    let address = server(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok".to_vec());
    let named = format!("localhost:{}", address.port());
    assert_eq!(fetch(&guard(&named), &format!("http://{named}/"), 9).await.unwrap().2, b"ok");
    // The name is as public as any other, and leads to this machine.
    let denied = fetch(&guard(""), "https://localhost/", 9).await;
    assert!(matches!(denied, Err(FetchError::Denied(Denied::NotPublic("loopback")))), "{denied:?}");
}
