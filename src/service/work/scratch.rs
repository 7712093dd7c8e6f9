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

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[tokio::test]
    async fn copies_go_and_what_lies_elsewhere_stays() {
        let folder = std::env::temp_dir().join(format!("gabarito-scratch-{}", Uuid::now_v7()));
        let (scratch, kept) = (Scratch(folder.join("a")), folder.join("kept"));
        std::fs::create_dir_all(scratch.path()).unwrap();
        let copy = scratch.path().join("copy");
        for file in [&copy, &kept] {
            std::fs::write(file, "x").unwrap();
            scratch.done_with(file).await.unwrap();
        }
        assert!(!copy.exists() && kept.exists());
        drop(scratch);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
