//! A folder for one item's files, gone with it.

use crate::service::App;
use crate::service::jobs::Claimed;
use std::io;
use std::path::{Path, PathBuf};

pub struct Scratch(PathBuf);

impl Scratch {
    pub async fn of(app: &App, item: &Claimed) -> io::Result<Self> {
        // The fence keeps apart a worker that lost the item and does not know it yet.
        let path = app.config.data.join("scratch").join(format!("{}-{}", item.id, item.fence));
        tokio::fs::create_dir_all(&path).await?;
        Ok(Scratch(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Deletes a copy of which no more is needed; a file that lies elsewhere is none. The folder may be in memory.
    pub async fn done_with(&self, file: &Path) -> io::Result<()> {
        if file.starts_with(&self.0) { tokio::fs::remove_file(file).await } else { Ok(()) }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(e) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(error = %e, "a scratch folder could not be removed");
        }
    }
}
