//! From an upload to a batch's scan.

use super::App;
use super::store::db::Columns;
use super::store::{DbError, Folder, Key, ObjectError};
use crate::print::manifest::hex;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// SHA-256 of what came so far. It is kept between pieces, so that no piece is read a second time to check the whole,
/// whichever instance took it.
#[derive(Clone)]
pub struct Hash(Sha256);

impl Hash {
    pub fn new() -> Self {
        Hash(Sha256::new())
    }

    pub fn of_text(text: &str) -> Result<Self, DbError> {
        let not_ours = || DbError::Protocol("the state of a hash can't be understood".to_owned());
        let bytes = STANDARD_NO_PAD.decode(text).map_err(|_| not_ours())?;
        let state = SerializedState::<Sha256>::try_from(bytes.as_slice()).map_err(|_| not_ours())?;
        Sha256::deserialize(&state).map(Hash).map_err(|_| not_ours())
    }

    pub fn to_text(&self) -> String {
        STANDARD_NO_PAD.encode(self.0.serialize())
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn digest(self) -> String {
        hex(&self.0.finalize())
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_goes_on_where_it_was_kept() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1_000).collect();
        let mut hash = Hash::new();
        for piece in bytes.chunks(37) {
            hash = Hash::of_text(&hash.to_text()).unwrap();
            hash.update(piece);
        }
        assert_eq!(hash.digest(), hex(&Sha256::digest(&bytes)));
        assert!(Hash::of_text("AAAA").is_err());
    }
}
