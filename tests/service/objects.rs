//! One contract for all backends: a folder, S3 (moto), Cloud Storage (a fake of its JSON API).

use crate::fake_gcs::{BUCKET, Fake, Faults, TOKEN};
use crate::moto;
use bytes::Bytes;
use gabarito::service::config::Config;
use gabarito::service::config::Secret;
use gabarito::service::store::objects::{ObjectsKind, PIECE, Rules, is_crop};
use gabarito::service::store::{Folder, Key, ObjectError, Objects, ObjectsConfig};
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use uuid::Uuid;

struct Case {
    objects: Objects,
    folder: PathBuf,
}

impl Drop for Case {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn case(change: impl FnOnce(&mut ObjectsConfig)) -> Case {
    let folder = std::env::temp_dir().join(format!("gabarito-objects-{}", Uuid::now_v7()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut config = Config::embedded(&folder).objects;
    change(&mut config);
    Case { objects: Objects::configured(&config, &folder).await.unwrap(), folder }
}

async fn s3() -> Case {
    let (endpoint, bucket) = moto::bucket().await;
    case(|config| {
        config.kind = ObjectsKind::S3;
        (config.endpoint, config.bucket, config.prefix) = (Some(endpoint), bucket, "shared/with others".to_owned());
        (config.access_key, config.secret_key) = (Some(Secret::new("an-id")), Some(Secret::new("a-secret")));
    })
    .await
}

async fn cloud(fake: &Fake) -> Case {
    case(|config| {
        config.kind = ObjectsKind::Cloud;
        (config.endpoint, config.bucket) = (Some(fake.base.clone()), BUCKET.to_owned());
        (config.token, config.patience) = (Some(Secret::new(TOKEN)), Duration::from_secs(20));
    })
    .await
}

fn key(name: &str) -> Key {
    Key::PackageFile { tenant: "t".into(), package: Uuid::nil(), name: name.into() }
}

/// Bytes of which no part is like another.
fn pattern(length: usize) -> Vec<u8> {
    (0..length as u64).map(|n| (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect()
}

async fn read(objects: &Objects, key: &Key, range: Option<Range<u64>>) -> Result<Vec<u8>, ObjectError> {
    let mut opened = objects.open(key, range).await?;
    let mut bytes = Vec::new();
    opened.body.read_to_end(&mut bytes).await?;
    Ok(bytes)
}

/// What every backend does.
async fn contract(case: &Case) {
    let (objects, scratch) = (&case.objects, &case.folder);
    let (a, b) = (key("a.pdf"), key("layouts/mapa do município.png"));
    assert!(matches!(objects.open(&a, None).await, Err(ObjectError::NotFound)));
    assert!(matches!(objects.fetch(&a, &scratch.join("to")).await, Err(ObjectError::NotFound)));
    assert!(matches!(objects.stat(&a).await, Err(ObjectError::NotFound)));
    assert!(matches!(objects.rename(&a, &b).await, Err(ObjectError::NotFound)));
    objects.put(&a, Bytes::from_static(b"0123456789")).await.unwrap();
    assert_eq!(read(objects, &a, None).await.unwrap(), b"0123456789");
    assert_eq!(read(objects, &a, Some(3..6)).await.unwrap(), b"345");
    assert_eq!(read(objects, &a, Some(10..10)).await.unwrap(), b"");
    assert!(matches!(objects.open(&a, Some(3..11)).await, Err(ObjectError::Range(10))));
    let opened = objects.open(&a, Some(3..6)).await.unwrap();
    assert_eq!((opened.bytes, opened.range), (10, 3..6));

    // What breaks off leaves what was there before, whether it goes in one piece or in several.
    let short = |length: usize| Box::pin(std::io::Cursor::new(pattern(length)));
    for length in [5, 2 * PIECE as usize] {
        assert!(objects.put_stream(&a, short(length), length as u64 + 1).await.is_err());
        assert!(objects.put_stream(&b, short(length), length as u64 + 1).await.is_err());
    }
    assert_eq!(objects.stat(&a).await.unwrap(), 10);
    assert!(matches!(objects.stat(&b).await, Err(ObjectError::NotFound)));

    // A later one takes its place, whole; this one goes in three pieces.
    let large = pattern(2 * PIECE as usize + 12_345);
    let file = scratch.join("from");
    std::fs::write(&file, &large).unwrap();
    objects.put_file(&a, &file).await.unwrap();
    objects.put_file(&b, &file).await.unwrap();
    assert!(read(objects, &a, None).await.unwrap() == large);
    assert!(std::fs::read(objects.fetch(&b, &scratch.join("to")).await.unwrap()).unwrap() == large);
    let middle = PIECE - 5..PIECE + 5;
    assert_eq!(
        read(objects, &b, Some(middle.clone())).await.unwrap(),
        large[middle.start as usize..middle.end as usize]
    );

    let (tail, whole) = (key("tail"), key("whole"));
    objects.put(&tail, Bytes::from_static(b"tail")).await.unwrap();
    objects.join(&[a.clone(), tail.clone(), tail.clone()], &whole).await.unwrap();
    assert!(read(objects, &whole, None).await.unwrap() == [&large[..], b"tailtail"].concat());
    objects.rename(&whole, &a).await.unwrap();
    assert!(matches!(objects.stat(&whole).await, Err(ObjectError::NotFound)));
    assert_eq!(objects.stat(&a).await.unwrap(), large.len() as u64 + 8);

    objects.delete(&a).await.unwrap();
    objects.delete(&a).await.unwrap();
    assert!(matches!(objects.open(&a, None).await, Err(ObjectError::NotFound)));
    assert_eq!(objects.stat(&b).await.unwrap(), large.len() as u64);

    folders(objects).await;
}

async fn folders(objects: &Objects) {
    let (batch, other) = (Uuid::from_u128(1), Uuid::from_u128(10));
    let picture = |batch, name: &str| Key::Picture { tenant: "t".into(), batch, page: 1, name: name.into() };
    let crop = |n: u32| format!("field-{n}.jpg");
    for (batch, name) in
        [(batch, "plain.jpg".to_owned()), (batch, crop(1)), (batch, crop(2)), (batch, crop(3)), (other, crop(1))]
    {
        objects.put(&picture(batch, &name), Bytes::from_static(b"x")).await.unwrap();
    }
    objects.put(&Key::Scan { tenant: "t".into(), batch, number: 0 }, Bytes::from_static(b"scan")).await.unwrap();
    let pictures = |batch| Folder::Pictures { tenant: "t".into(), batch };
    let listed = objects.list(&pictures(batch)).await.unwrap();
    let names: Vec<&str> = listed.iter().map(|l| l.path.as_str()).collect();
    assert_eq!(names, ["1/field-1.jpg", "1/field-2.jpg", "1/field-3.jpg", "1/plain.jpg"]);
    assert!(listed.iter().all(|l| l.bytes == 1 && l.modified > 1_700_000_000_000));
    let crops = objects.delete_of(&pictures(batch), |l| is_crop(l.path.trim_start_matches("1/"))).await.unwrap();
    assert_eq!((crops, objects.list(&pictures(batch)).await.unwrap().len()), (3, 1));
    assert_eq!(objects.delete_folder(&Folder::Batch { tenant: "t".into(), batch }).await.unwrap(), 2);
    assert_eq!(objects.delete_folder(&Folder::Batch { tenant: "t".into(), batch }).await.unwrap(), 0);
    assert_eq!(objects.list(&pictures(batch)).await.unwrap(), []);
    assert_eq!(objects.list(&pictures(other)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_folder_keeps_the_contract() {
    let case = case(|_| {}).await;
    contract(&case).await;
    assert_eq!(case.objects.sign_get(&key("a"), Duration::from_secs(60), "attachment").await.unwrap(), None);
    // What a crash left is no file, and is gone when it is old.
    let folder = case.folder.join("objects/packages/t");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(".0190.part"), "half").unwrap();
    assert_eq!(case.objects.tidy(Duration::from_secs(60)).await.unwrap(), 0);
    assert_eq!(case.objects.tidy(Duration::ZERO).await.unwrap(), 1);
}

#[tokio::test]
async fn s3_keeps_the_contract_and_signs_links() {
    let case = s3().await;
    contract(&case).await;
    let (objects, minute) = (&case.objects, Duration::from_secs(60));
    let put = objects.sign_put(&key("in"), minute, 5).await.unwrap().unwrap();
    let client = reqwest::Client::new();
    assert_eq!(client.put(&put.url).body("12345").send().await.unwrap().status(), 200);
    let disposition = "attachment; filename=\"sala 12.pdf\"";
    let link = objects.sign_get(&key("in"), minute, disposition).await.unwrap().unwrap();
    let got = client.get(&link).send().await.unwrap();
    assert_eq!(got.headers()["content-disposition"], disposition);
    assert_eq!(got.bytes().await.unwrap(), "12345");

    assert_eq!(objects.rules().await.unwrap(), None);
    objects.set_rules(&Rules::of(Duration::from_secs(86_400))).await.unwrap();
    let rules = objects.rules().await.unwrap().unwrap();
    assert!(rules.contains("<Days>8</Days>") && rules.contains("shared/with others/uploads/"), "{rules}");
}

#[tokio::test]
async fn cloud_storage_keeps_the_contract() {
    let fake = Fake::start().await;
    let case = cloud(&fake).await;
    contract(&case).await;
    assert!(fake.seen("resumable") >= 3 && fake.seen("single") >= 3);
    assert_eq!(case.objects.rules().await.unwrap(), None);
    case.objects.set_rules(&Rules::of(Duration::from_secs(86_400))).await.unwrap();
    let rules = case.objects.rules().await.unwrap().unwrap();
    assert!(rules.contains("\"age\": 8") && rules.contains("uploads/"), "{rules}");
}

#[tokio::test]
async fn cloud_storage_is_tried_again_where_it_fails_and_goes_on_where_it_was_cut() {
    let fake = Fake::start().await;
    let case = cloud(&fake).await;
    let (objects, large) = (&case.objects, pattern(2 * PIECE as usize + 1));
    fake.order(Faults { unavailable: 2, torn: 2, ..Faults::default() });
    objects.put(&key("a"), large.clone().into()).await.unwrap();
    assert_eq!(fake.seen("resumable"), 1, "an upload goes on; it does not begin anew");
    fake.order(Faults { unavailable: 1, cut: 2, ..Faults::default() });
    assert!(read(objects, &key("a"), None).await.unwrap() == large);
    assert_eq!(fake.seen("download"), 3);
    for call in 0..4 {
        fake.order(Faults { unavailable: 2, ..Faults::default() });
        match call {
            0 => assert_eq!(objects.stat(&key("a")).await.unwrap(), large.len() as u64),
            1 => objects.rename(&key("a"), &key("b")).await.unwrap(),
            2 => assert_eq!(
                objects.list(&Folder::Package { tenant: "t".into(), package: Uuid::nil() }).await.unwrap().len(),
                1
            ),
            _ => objects.delete(&key("b")).await.unwrap(),
        }
    }
    assert_eq!(fake.seen("unavailable"), 11);
    // For so long and no longer.
    let config = |c: &mut ObjectsConfig| {
        c.kind = ObjectsKind::Cloud;
        (c.endpoint, c.bucket) = (Some(fake.base.clone()), BUCKET.to_owned());
        (c.token, c.patience) = (Some(Secret::new(TOKEN)), Duration::from_millis(300));
    };
    let hasty = self::case(config).await;
    fake.order(Faults { unavailable: u32::MAX, ..Faults::default() });
    assert!(matches!(hasty.objects.stat(&key("b")).await, Err(ObjectError::Backend(_))));
    assert!(matches!(hasty.objects.put(&key("b"), Bytes::from_static(b"x")).await, Err(ObjectError::Backend(_))));
}

/// An S3 server that gives a file a byte at a time, and of the file `stalled` only the first.
async fn slow_server(bytes: u64, pause: Duration) -> String {
    let get = move |axum::extract::Path(path): axum::extract::Path<String>| async move {
        let stalled = path.ends_with("stalled");
        let chunks = futures_util::stream::unfold(0, move |n| async move {
            match n {
                0 => {}
                _ if n == bytes => return None,
                _ if stalled => std::future::pending().await,
                _ => tokio::time::sleep(pause).await,
            }
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b"x")), n + 1))
        });
        axum::http::Response::builder()
            .header("content-length", bytes)
            .header("etag", "\"x\"")
            .header("last-modified", "Tue, 01 Dec 2026 12:00:00 GMT")
            .body(axum::body::Body::from_stream(chunks))
            .unwrap()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().route("/{*path}", axum::routing::get(get));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}")
}

#[tokio::test]
async fn s3_may_be_slow_but_not_silent() {
    let endpoint = slow_server(34, Duration::from_secs(1)).await;
    let case = case(|config| {
        config.kind = ObjectsKind::S3;
        (config.endpoint, config.bucket, config.patience) = (Some(endpoint), "b".to_owned(), Duration::from_secs(3));
        (config.access_key, config.secret_key) = (Some(Secret::new("an-id")), Some(Secret::new("a-secret")));
    })
    .await;
    let stalled = async {
        let begun = std::time::Instant::now();
        assert!(read(&case.objects, &key("stalled"), None).await.is_err());
        begun.elapsed()
    };
    // Longer than the patience, and than the 30 s that the client has by itself.
    let (steady, stalled) = (key("steady"), stalled);
    let (steady, stalled) = tokio::join!(read(&case.objects, &steady, None), stalled);
    assert_eq!(steady.unwrap(), [b'x'; 34]);
    assert!(stalled < Duration::from_secs(20), "{stalled:?}");
}
