//! From an upload to a batch's scan.

use super::App;
use super::store::db::Columns;
use super::store::{DbError, Folder, Key, ObjectError};
use uuid::Uuid;

/// Moves an upload to where a batch's scans are. Whatever of it an earlier attempt did is not done again: the scan is
/// there whole before anything of the upload is deleted.
///
/// # Errors
/// Of the database or the storage.
pub async fn take(app: &App, upload: Uuid, scan: &Key) -> Result<(), ObjectError> {
    let Key::Scan { tenant, .. } = scan else { return Err(ObjectError::NotFound) };
    match app.objects.stat(scan).await {
        Ok(_) => {}
        Err(ObjectError::NotFound) => match pieces(app, tenant, upload).await?.as_slice() {
            [] => app.objects.rename(&Key::Upload { tenant: tenant.clone(), upload }, scan).await?,
            [one] => app.objects.rename(one, scan).await?,
            several => app.objects.join(several, scan).await?,
        },
        Err(e) => return Err(e),
    }
    app.objects.delete_folder(&Folder::Upload { tenant: tenant.clone(), upload }).await?;
    Ok(())
}

async fn pieces(app: &App, tenant: &str, upload: Uuid) -> Result<Vec<Key>, ObjectError> {
    let text = "SELECT id FROM upload_pieces WHERE upload_id = $1 ORDER BY first";
    let database = |e: DbError| std::io::Error::other(e);
    let rows = app.db.query(text).bind(upload.to_string()).fetch_all(app.db.writer()).await.map_err(database)?;
    let piece = |id: String| Uuid::parse_str(&id).map_err(std::io::Error::other);
    rows.iter()
        .map(|row| {
            let piece = piece(row.col("id").map_err(database)?)?;
            Ok(Key::Piece { tenant: tenant.to_owned(), upload, piece })
        })
        .collect()
}
