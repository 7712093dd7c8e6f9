//! Fetching the files of a batch that was given as URLs. One that can't be had is a page with its reason, as one that
//! can't be opened is.

use super::WorkError;
use crate::service::App;
use crate::service::guard::{FetchError, Fetched};
use crate::service::jobs::{Claimed, Failure};
use crate::service::store::Key;
use crate::service::store::db::Columns;
use std::collections::HashMap;
use std::path::Path;
use uuid::Uuid;

/// Fetches what an earlier attempt has not. Gives, by the file's number, why a file is not there.
pub async fn fetch(
    app: &App,
    item: &Claimed,
    batch: Uuid,
    urls: &[String],
    scratch: &Path,
) -> Result<HashMap<u32, String>, WorkError> {
    let text = "SELECT number FROM batch_files WHERE batch_id = $1 AND sha256 <> ''";
    let rows = app.db.query(text).bind(batch.to_string()).fetch_all(app.db.writer()).await?;
    let there: Vec<i64> = rows.iter().map(|row| row.col("number")).collect::<Result<_, _>>()?;
    let most = app.guard.config().file.min(app.config.bounds.limits.max_file_bytes);
    let mut missing = HashMap::new();
    for (number, url) in (0..).zip(urls) {
        if there.contains(&i64::from(number)) {
            continue;
        }
        let path = scratch.join(number.to_string());
        match app.guard.fetch(url, most, &path).await {
            Ok(fetched) => {
                let key = Key::Scan { tenant: item.tenant.clone(), batch, number };
                app.objects.put_file(&key, &path).await?;
                note(app, item, batch, number, url, &fetched).await?;
            }
            Err(FetchError::Io(e)) => return Err(e.into()),
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
