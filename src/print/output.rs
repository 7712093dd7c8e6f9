//! Where files go. In a folder they carry another name until all of them are whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

pub trait Output {
    type File: Write;
    /// A file by its name relative to the output: `sheets.pdf`, `layouts/….json`.
    fn create(&mut self, name: &str) -> io::Result<Self::File>;
}

/// A folder on disk.
pub struct Folder {
    root: PathBuf,
    /// Temporary and final path of each file.
    staged: Vec<(PathBuf, PathBuf)>,
}

impl Folder {
    pub fn new(root: &Path) -> Self {
        Folder { root: root.to_owned(), staged: Vec::new() }
    }

    /// Where a file lies until it has its name.
    pub fn staged(&self, name: &str) -> Option<&Path> {
        let last = self.root.join(name);
        self.staged.iter().find(|(_, path)| *path == last).map(|(temporary, _)| temporary.as_path())
    }

    /// Gives all files their names, the last created first: who sees the first has them all.
    pub fn commit(mut self) -> io::Result<()> {
        for (temporary, _) in &self.staged {
            File::open(temporary)?.sync_all()?;
        }
        for (temporary, last) in std::mem::take(&mut self.staged).into_iter().rev() {
            fs::rename(temporary, last)?;
        }
        Ok(())
    }
}

impl Output for Folder {
    type File = BufWriter<File>;

    fn create(&mut self, name: &str) -> io::Result<Self::File> {
        let last = self.root.join(name);
        let folder = last.parent().unwrap_or(&self.root).to_owned();
        fs::create_dir_all(&folder)?;
        let file_name = last.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let temporary = folder.join(format!(".{file_name}.part"));
        let file = File::create(&temporary)?;
        self.staged.push((temporary, last));
        Ok(BufWriter::with_capacity(1 << 17, file))
    }
}

impl Drop for Folder {
    /// What was not committed is removed.
    fn drop(&mut self) {
        for (temporary, _) in &self.staged {
            let _ = fs::remove_file(temporary);
        }
    }
}

/// Nowhere: to measure printing alone.
pub struct Discard;

impl Output for Discard {
    type File = io::Sink;

    fn create(&mut self, _name: &str) -> io::Result<io::Sink> {
        Ok(io::sink())
    }
}
