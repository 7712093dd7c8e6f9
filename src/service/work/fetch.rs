//! Fetching the files of a batch that was given as URLs. One that can't be had is a page with its reason, as one that
//! can't be opened is. All of them together have the bounds of one request's files.

use super::WorkError;
use super::scratch::Scratch;
use crate::service::App;
use crate::service::guard::{FetchError, Fetched};
use crate::service::jobs::{Claimed, Failure};
use crate::service::store::db::Columns;
use crate::service::store::{DbError, Key};
use std::collections::HashMap;
use tokio::time::Instant;
use uuid::Uuid;

/// Fetches what an earlier attempt has not. Gives, by the file's number, why a file is not there.
pub async fn fetch(
    app: &App,
    item: &Claimed,
    batch: Uuid,
    urls: &[String],
    scratch: &Scratch,
) -> Result<HashMap<u32, String>, WorkError> {
    let text = "SELECT number, bytes FROM batch_files WHERE batch_id = $1 AND sha256 <> ''";
    let rows = app.db.query(text).bind(batch.to_string()).fetch_all(app.db.writer()).await?;
    let there = rows.iter().map(|row| Ok((row.col("number")?, row.col("bytes")?)));
    let there: HashMap<i64, i64> = there.collect::<Result<_, DbError>>()?;
    let config = app.guard.config();
    let most = config.file.min(app.config.bounds.limits.max_file_bytes);
    let (mut left, until) =
        (config.total.saturating_sub(there.values().sum::<i64>() as u64), Instant::now() + config.total_time);
    let mut missing = HashMap::new();
    for (number, url) in (0..).zip(urls) {
        if there.contains_key(&i64::from(number)) {
            continue;
        }
        let path = scratch.path().join("fetched");
        let fetched = tokio::time::timeout_at(until, app.guard.fetch(url, most.min(left), &path)).await;
        let fetched = fetched.map_err(|_| {
            let seconds = config.total_time.as_secs();
            Failure::lasting("urls_too_slow", format!("urls[{number}]: fetching all files took more than {seconds} s"))
        })?;
        match fetched {
            Ok(fetched) => {
                let key = Key::Scan { tenant: item.tenant.clone(), batch, number };
                app.objects.put_file(&key, &path).await?;
                scratch.done_with(&path).await?;
                note(app, item, batch, number, url, &fetched).await?;
                left -= fetched.bytes;
            }
            Err(FetchError::Io(e)) => return Err(e.into()),
            Err(FetchError::TooLarge(_)) if left < most => {
                let detail = format!("urls[{number}]: together more than {} MiB", config.total >> 20);
                return Err(Failure::lasting("urls_too_large", detail).into());
            }
            Err(e) if e.is_transient() && !item.is_last_attempt() => {
                return Err(Failure::transient("not_fetched", format!("urls[{number}]: {e}")).into());
            }
            Err(e) => {
                let nothing = Fetched { bytes: 0, sha256: String::new(), content_type: None };
                note(app, item, batch, number, url, &nothing).await?;
                missing.insert(number, e.to_string());
            }
        }
    }
    Ok(missing)
}

async fn note(app: &App, item: &Claimed, batch: Uuid, number: u32, url: &str, file: &Fetched) -> Result<(), WorkError> {
    let text = "INSERT INTO batch_files (batch_id, number, name, bytes, sha256) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (batch_id, number) DO UPDATE SET bytes = excluded.bytes, sha256 = excluded.sha256";
    let mut tx = app.queue.fenced(item).await?;
    let query = app.db.query(text).bind(batch.to_string()).bind(i64::from(number)).bind(name(number, url));
    query.bind(file.bytes as i64).bind(file.sha256.clone()).execute(&mut *tx).await?;
    Ok(tx.commit().await?)
}

/// The last segment of the URL's path; what follows it may be a signature.
fn name(number: u32, url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    let name = percent_encoding::percent_decode_str(last).decode_utf8_lossy().replace(['\0', '/'], "");
    if name.is_empty() { (number + 1).to_string() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_as_in_its_url_without_what_is_secret() {
        assert_eq!(name(0, "https://a.example/x/sala%2012.pdf?X-Amz-Signature=abc"), "sala 12.pdf");
        assert_eq!(name(4, "https://a.example/x/"), "5");
        assert_eq!(name(4, "https://a.example/..%2f..%00a"), "....a");
    }
}
