//! What is printed, as other programs see it, and as the reader reads it back. qpdf, poppler-utils and ghostscript must be
//! installed.

mod black;
mod conformance;
#[cfg(feature = "booklets")]
mod demo;
mod hostile;
mod make;
mod malote;
mod merge;
mod renderers;
mod sheets;

use gabarito::sheet::SheetKey;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// A folder that is removed again.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("gabarito-print-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.0.join(name)).unwrap()).unwrap()
    }

    /// Writes a file, and says where it is.
    fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a program that must have nothing to complain about.
fn tool(name: &str, args: &[&str]) -> String {
    let output = Command::new(name).args(args).output().unwrap_or_else(|e| {
        panic!("{name} can't be run ({e}): these tests need the packages qpdf, poppler-utils and ghostscript")
    });
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaint.is_empty(), "{name} {args:?}: {said}{complaint}");
    said
}

fn key() -> SheetKey {
    SheetKey::new("test")
}

/// The text of each page.
fn texts(pdf: &str) -> Vec<String> {
    let text = tool("pdftotext", &["-raw", pdf, "-"]);
    let mut pages: Vec<String> = text.split('\u{c}').map(|page| page.trim().to_owned()).collect();
    pages.pop();
    pages
}
