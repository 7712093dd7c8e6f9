use super::*;
use tokio::io::AsyncReadExt;
use uuid::Uuid;

async fn read(objects: &Objects, key: &Key, range: Option<Range<u64>>) -> Result<Vec<u8>, ObjectError> {
    let mut opened = objects.open(key, range).await?;
    let mut bytes = Vec::new();
    opened.body.read_to_end(&mut bytes).await?;
    Ok(bytes)
}

/// What every backend does.
async fn suite(objects: &Objects, scratch: &Path) {
    let key = |name: &str| Key::PackageFile { tenant: "t".into(), package: Uuid::nil(), name: name.into() };
    let (a, b) = (key("a.pdf"), key("layouts/b.json"));
    assert!(matches!(objects.open(&a, None).await, Err(ObjectError::NotFound)));
    assert!(matches!(objects.fetch(&a, scratch).await, Err(ObjectError::NotFound)));
    objects.put(&a, Bytes::from_static(b"0123456789")).await.unwrap();
    assert_eq!(read(objects, &a, None).await.unwrap(), b"0123456789");
    assert_eq!(read(objects, &a, Some(3..6)).await.unwrap(), b"345");
    assert_eq!(read(objects, &a, Some(10..10)).await.unwrap(), b"");
    assert!(matches!(objects.open(&a, Some(3..11)).await, Err(ObjectError::Range(10))));
    // A later one takes its place, whole.
    let file = scratch.join("from");
    std::fs::write(&file, vec![7; 3 << 20]).unwrap();
    objects.put_file(&a, &file).await.unwrap();
    objects.put_file(&b, &file).await.unwrap();
    assert_eq!(read(objects, &a, None).await.unwrap(), vec![7; 3 << 20]);
    assert_eq!(std::fs::read(objects.fetch(&b, &scratch.join("to")).await.unwrap()).unwrap(), vec![7; 3 << 20]);
    objects.delete(&a).await.unwrap();
    objects.delete(&a).await.unwrap();
    assert!(matches!(objects.open(&a, None).await, Err(ObjectError::NotFound)));
    assert_eq!(objects.open(&b, None).await.unwrap().bytes, 3 << 20);
}

#[tokio::test]
async fn a_folder_keeps_the_contract() {
    let root = std::env::temp_dir().join(format!("gabarito-objects-{}", Uuid::now_v7()));
    let scratch = root.join("scratch");
    std::fs::create_dir_all(&scratch).unwrap();
    suite(&Objects::Local(Local::new(root.join("objects"))), &scratch).await;
    std::fs::remove_dir_all(root).unwrap();
}

#[test]
fn names_stay_below_their_folder() {
    for good in ["a.pdf", "layouts/0a.json", "mapa do município.png"] {
        assert!(key::is_safe_name(good), "{good}");
    }
    for bad in ["", "/etc/passwd", "../a", "a/../b", "a//b", "a\\b", "C:a", "a\0b"] {
        assert!(!key::is_safe_name(bad), "{bad}");
    }
}
