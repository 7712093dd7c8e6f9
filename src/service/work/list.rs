//! Counting the pages of a batch's files, so that every page has its number before the first is read.

use super::scratch::Scratch;
use super::{WorkError, print};
use crate::service::App;
use crate::service::child::{ChildError, Event, Task};
use crate::service::jobs::{Claimed, Failure, ItemKind, NewItem};
use crate::service::store::Key;
use crate::service::store::db::Columns;
use crate::service::upload;
use serde_json::json;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Pages of an item that reads. A long file is shared among workers, and little is done again where one is lost.
const MOST: u64 = 1_000;

pub async fn list(app: &App, item: &Claimed) -> Result<(), WorkError> {
    let batch: Uuid = super::payload(item, "batch")?;
    let scratch = Scratch::of(app, item).await?;
    let urls: Option<Vec<String>> = super::payload(item, "urls")?;
    let missing = super::fetch::fetch(app, item, batch, &urls.unwrap_or_default(), scratch.path()).await?;
    let text = "SELECT number, sha256, blake3, upload_id FROM batch_files WHERE batch_id = $1 ORDER BY number";
    let rows = app.db.query(text).bind(batch.to_string()).fetch_all(app.db.writer()).await?;
    let mut files = Vec::new();
    for row in rows {
        let number = row.col::<i64>("number")? as u32;
        if missing.contains_key(&number) {
            // Nothing to open; its one page says why.
            let path = scratch.path().join(number.to_string());
            tokio::fs::write(&path, b"").await?;
            files.push((number, None, path));
            continue;
        }
        let key = Key::Scan { tenant: item.tenant.clone(), batch, number };
        let upload = row.col::<Option<String>>("upload_id")?.and_then(|id| Uuid::parse_str(&id).ok());
        if let Some(upload) = upload {
            upload::take(app, upload, &key).await?;
        }
        let path = app.objects.fetch(&key, &scratch.path().join(number.to_string())).await?;
        let announced: Option<String> = row.col("sha256")?;
        if let (Some(announced), Some(_)) = (&announced, upload) {
            check(&path, announced.clone()).await?;
        }
        files.push((number, announced.or(row.col("blake3")?), path));
    }
    let counts = count(app, files.iter().map(|(.., path)| path.as_path())).await?;
    let mut tx = app.queue.fenced(item).await?;
    let mut first = 0;
    let mut items = Vec::new();
    for ((number, hash, _), pages) in files.iter().zip(counts) {
        let text = "UPDATE batch_files SET pages = $1, first_page = $2 WHERE batch_id = $3 AND number = $4";
        let query = app.db.query(text).bind(pages as i64).bind(first as i64).bind(batch.to_string());
        query.bind(i64::from(*number)).execute(&mut *tx).await?;
        for begin in (1..=pages).step_by(MOST as usize) {
            let end = (begin + MOST - 1).min(pages);
            let reason = missing.get(number);
            let payload = json!({"batch": batch, "file": number, "first": begin, "last": end, "missing": reason});
            let input_hash = hash.as_ref().map(|hash| format!("{hash}:{begin}-{end}"));
            items.push(NewItem { kind: ItemKind::Read, payload, input_hash });
        }
        first += pages;
    }
    app.queue.set_total(&mut tx, item.job, first).await?;
    app.queue.add(&mut tx, item.job, &item.tenant, &items).await?;
    app.queue.finish(tx, item, &json!({"pages": first})).await?;
    Ok(())
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
async fn count<'p>(app: &App, files: impl Iterator<Item = &'p Path>) -> Result<Vec<u64>, WorkError> {
    let files: Vec<PathBuf> = files.map(Path::to_owned).collect();
    let mut counts = Vec::new();
    while counts.len() < files.len() {
        let mut child = app.children.start_on(Task::Count { files: files[counts.len()..].to_vec() }, 1).await?;
        loop {
            match child.next().await {
                Ok(Some(Event::Counted { pages })) => counts.push(u64::from(pages)),
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(ChildError::Io(e)) => return Err(e.into()),
                Err(_) => {
                    counts.push(1);
                    break;
                }
            }
        }
    }
    Ok(counts)
}
