//! Counting the pages of a batch's files, so that every page has its number before the first is read.

use super::scratch::Scratch;
use super::{WorkError, print};
use crate::service::App;
use crate::service::child::{ChildError, Children, Event, Task};
use crate::service::jobs::{Claimed, Failure, ItemKind, NewItem};
use crate::service::store::db::Columns;
use crate::service::store::{DbError, Key};
use crate::service::upload;
use serde_json::json;
use sqlx::any::AnyRow;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Pages of an item that reads. A long file is shared among workers, and little is done again where one is lost.
const MOST: u64 = 1_000;

/// Bytes of the copies that are here at once, where one file has not more: the folder that they lie in may be memory.
const HERE: u64 = 256 << 20;

/// A file of the batch.
struct File {
    number: u32,
    bytes: u64,
    sha256: Option<String>,
    blake3: Option<String>,
    upload: Option<Uuid>,
}

pub async fn list(app: &App, item: &Claimed) -> Result<(), WorkError> {
    let batch: Uuid = super::payload(item, "batch")?;
    let scratch = Scratch::of(app, item).await?;
    let urls: Option<Vec<String>> = super::payload(item, "urls")?;
    let missing = super::fetch::fetch(app, item, batch, &urls.unwrap_or_default(), &scratch).await?;
    let files = files(app, batch).await?;
    let most = if app.objects.copies() { HERE } else { u64::MAX };
    let mut counts = Vec::new();
    for some in groups(&files, most) {
        let mut paths = Vec::new();
        for file in some {
            paths.push(match missing.contains_key(&file.number) {
                true => nothing(&scratch, file).await?,
                false => bring(app, item, batch, file, &scratch).await?,
            });
        }
        counts.extend(count(&app.children, &paths).await?);
        for path in paths {
            scratch.done_with(&path).await?;
        }
    }
    let mut tx = app.queue.fenced(item).await?;
    let mut first = 0;
    let mut items = Vec::new();
    for (File { number, sha256, blake3, .. }, pages) in files.iter().zip(counts) {
        let hash = sha256.as_ref().or(blake3.as_ref());
        let text = "UPDATE batch_files SET pages = $1, first_page = $2 WHERE batch_id = $3 AND number = $4";
        let query = app.db.query(text).bind(pages as i64).bind(first as i64).bind(batch.to_string());
        query.bind(i64::from(*number)).execute(&mut *tx).await?;
        for begin in (1..=pages).step_by(MOST as usize) {
            let end = (begin + MOST - 1).min(pages);
            let reason = missing.get(number);
            let payload = json!({"batch": batch, "file": number, "first": begin, "last": end, "missing": reason});
            let input_hash = hash.map(|hash| format!("{hash}:{begin}-{end}"));
            items.push(NewItem { kind: ItemKind::Read, payload, input_hash });
        }
        first += pages;
    }
    app.queue.set_total(&mut tx, item.job, first).await?;
    app.queue.add(&mut tx, item.job, &item.tenant, &items).await?;
    app.queue.finish(tx, item, &json!({"pages": first})).await?;
    Ok(())
}

async fn files(app: &App, batch: Uuid) -> Result<Vec<File>, DbError> {
    let text = "SELECT number, bytes, sha256, blake3, upload_id FROM batch_files WHERE batch_id = $1 ORDER BY number";
    let rows = app.db.query(text).bind(batch.to_string()).fetch_all(app.db.writer()).await?;
    let file = |row: &AnyRow| {
        Ok(File {
            number: row.col::<i64>("number")? as u32,
            bytes: row.col::<i64>("bytes")? as u64,
            sha256: row.col("sha256")?,
            blake3: row.col("blake3")?,
            upload: row.col::<Option<String>>("upload_id")?.and_then(|id| Uuid::parse_str(&id).ok()),
        })
    };
    rows.iter().map(file).collect()
}

/// Files that are here at once: of so many bytes together, or one.
fn groups(files: &[File], most: u64) -> Vec<&[File]> {
    let (mut all, mut from, mut bytes) = (Vec::new(), 0, 0_u64);
    for (i, file) in files.iter().enumerate() {
        if i > from && bytes.saturating_add(file.bytes) > most {
            all.push(&files[from..i]);
            (from, bytes) = (i, 0);
        }
        bytes = bytes.saturating_add(file.bytes);
    }
    if from < files.len() {
        all.push(&files[from..]);
    }
    all
}

/// In place of a file that could not be had there is nothing to open; its one page says why.
async fn nothing(scratch: &Scratch, file: &File) -> Result<PathBuf, WorkError> {
    let path = scratch.path().join(file.number.to_string());
    tokio::fs::write(&path, b"").await?;
    Ok(path)
}

/// Brings a file here. An upload must be what was announced: a signed link may be used once more after it was looked at.
async fn bring(app: &App, item: &Claimed, batch: Uuid, file: &File, scratch: &Scratch) -> Result<PathBuf, WorkError> {
    let key = Key::Scan { tenant: item.tenant.clone(), batch, number: file.number };
    if let Some(upload) = file.upload {
        upload::take(app, upload, &key).await?;
        let (found, announced) = (app.objects.stat(&key).await?, file.bytes);
        if found != announced {
            let detail = format!("an upload has {found} bytes; {announced} were announced");
            return Err(Failure::lasting("size_mismatch", detail).into());
        }
    }
    let path = app.objects.fetch(&key, &scratch.path().join(file.number.to_string())).await?;
    if let (Some(announced), Some(_)) = (&file.sha256, file.upload) {
        check(&path, announced.clone()).await?;
    }
    Ok(path)
}

/// Whether an upload is what was announced.
async fn check(path: &Path, announced: String) -> Result<(), WorkError> {
    let path = path.to_owned();
    let hashed = tokio::task::spawn_blocking(move || print::hash(&path)).await.map_err(std::io::Error::other)?;
    match hashed? {
        (_, found) if found == announced => Ok(()),
        _ => Err(Failure::lasting("sha256_mismatch", "an upload is not the file that was announced").into()),
    }
}

/// Pages of each file. One that its process dies of counts as one page: reading it will say what is wrong.
async fn count(children: &Children, files: &[PathBuf]) -> Result<Vec<u64>, WorkError> {
    let mut counts = Vec::new();
    while counts.len() < files.len() {
        let before = counts.len();
        let mut child = children.start_on(Task::Count { files: files[before..].to_vec() }, 1).await?;
        loop {
            match child.next().await {
                Ok(Some(Event::Counted { pages })) => counts.push(u64::from(pages)),
                Ok(Some(Event::Failed { detail })) => return Err(Failure::transient("not_counted", detail).into()),
                Ok(Some(_)) => {}
                Ok(None) if counts.len() == before => {
                    return Err(Failure::transient("not_counted", "the counting process said nothing of a file").into());
                }
                Ok(None) => break,
                Err(ChildError::Io(e)) => return Err(e.into()),
                Err(_) => {
                    counts.push(1);
                    break;
                }
            }
        }
    }
    // One that dies after its last file is not of another.
    counts.truncate(files.len());
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::service::child::Bounds;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    #[test]
    fn few_bytes_are_here_at_once() {
        let file = |bytes| File { number: 0, bytes, sha256: None, blake3: None, upload: None };
        let files: Vec<File> = [3, 3, 4, 11, 1, 9, 1].map(file).into();
        let sizes = |most| groups(&files, most).iter().map(|g| g.len()).collect::<Vec<_>>();
        assert_eq!(sizes(10), [3, 1, 2, 1]);
        assert_eq!(sizes(u64::MAX), [7]);
        assert!(groups(&[], 10).is_empty());
    }

    /// Counts with a process that says these lines.
    async fn counted(lines: &str, files: usize) -> Result<Vec<u64>, WorkError> {
        let script = std::env::temp_dir().join(format!("gabarito-count-{}", Uuid::now_v7()));
        std::fs::write(&script, format!("#!/bin/sh\ncat >/dev/null\ncat <<'E'\n{lines}\nE\n")).unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        let bounds = Bounds { memory: 1, cpu_seconds: 1, threads: 1 };
        let children = Children::new(bounds, Limits::default(), String::new(), Duration::from_secs(20)).unwrap();
        let counts = count(&children.by(script.clone()), &vec![PathBuf::from("a"); files]).await;
        std::fs::remove_file(script).unwrap();
        counts
    }

    #[tokio::test]
    async fn a_count_that_fails_is_no_count_and_ends() {
        let one = r#"{"counted":{"pages":7}}"#;
        // Once more for what is left; a death counts for one page.
        assert_eq!(counted(&format!("{one}\n\"end\""), 2).await.unwrap(), [7, 7]);
        assert_eq!(counted(one, 3).await.unwrap(), [7, 1, 7]);
        for failed in [r#"{"failed":{"detail":"no memory"}}"#, ""] {
            let failed = counted(format!("{failed}\n\"end\"").trim_start(), 1).await.unwrap_err();
            assert!(matches!(&failed, WorkError::Failed(f) if f.again && f.code == "not_counted"), "{failed}");
        }
    }
}
