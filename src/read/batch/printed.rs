//! What was printed, as far as `print` left word of it: so what was not read can be named.

use serde::Deserialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The sheets of one exam, or of several, in the order in which they were printed.
#[derive(Clone, Debug, Default)]
pub struct Printed {
    pub sheets: Vec<PrintedSheet>,
    numbers: HashMap<String, usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PrintedSheet {
    pub id: String,
    /// Its exam, where sheets of several are held against what was read.
    pub application: Option<String>,
    /// None for a spare: nobody misses it.
    pub student: Option<String>,
    /// Where the manifest says it.
    pub unit: Option<String>,
    pub room: Option<String>,
    pub pages: Vec<u16>,
}

#[derive(Debug, thiserror::Error)]
pub enum PrintedError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{path}: not what `gabarito print` writes: {source}")]
    Json { path: PathBuf, source: serde_json::Error },
}

/// Both `manifest.json` (`pages`) and `geometry.json` (`sheets`).
#[derive(Deserialize)]
struct File {
    #[serde(default, alias = "sheets")]
    pages: Vec<Page>,
}

#[derive(Deserialize)]
struct Page {
    sheet_id: String,
    application: Option<String>,
    student: Option<String>,
    unit: Option<String>,
    room: Option<String>,
    page: u16,
}

impl Printed {
    /// From the manifest beside the layouts, or else their geometry, which does not know the rooms. None where there is
    /// neither.
    pub fn beside(layouts: &Path) -> Result<Option<Self>, PrintedError> {
        let folder = if layouts.is_dir() { layouts } else { layouts.parent().unwrap_or(Path::new(".")) };
        let above = if folder.ends_with("layouts") { folder.parent() } else { None };
        let names = ["manifest.json", "geometry.json"];
        let mut files = [Some(folder), above].into_iter().flatten().flat_map(|f| names.map(|n| f.join(n)));
        let Some(path) = files.find(|f| f.is_file()) else { return Ok(None) };
        let text = std::fs::read(&path).map_err(|source| PrintedError::Io { path: path.clone(), source })?;
        Self::from_json(&text).map(Some).map_err(|source| PrintedError::Json { path, source })
    }

    pub fn from_json(text: &[u8]) -> Result<Self, serde_json::Error> {
        let file: File = serde_json::from_slice(text)?;
        let mut printed = Printed::default();
        for page in file.pages {
            let next = printed.sheets.len();
            let number = *printed.numbers.entry(page.sheet_id.clone()).or_insert(next);
            if number == next {
                let Page { sheet_id: id, application, student, unit, room, .. } = page;
                printed.sheets.push(PrintedSheet { id, application, student, unit, room, pages: vec![page.page] });
            } else {
                printed.sheets[number].pages.push(page.page);
            }
        }
        Ok(printed)
    }

    pub fn get(&self, sheet: &str) -> Option<&PrintedSheet> {
        self.numbers.get(sheet).map(|&n| &self.sheets[n])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifest_and_geometry_say_the_same_of_sheets() {
        let manifest = br#"{"application": "a", "pages": [
            {"sheet_id": "X", "student": "s1", "unit": "u", "room": "r", "layout": "L", "page": 1, "pdf": "f",
             "pdf_page": 1, "sha256": "0"},
            {"sheet_id": "X", "student": "s1", "unit": "u", "room": "r", "layout": "L", "page": 2, "pdf": "f",
             "pdf_page": 2, "sha256": "0"},
            {"sheet_id": "Y", "student": null, "unit": "u", "room": "r", "layout": "L", "page": 1, "pdf": "f",
             "pdf_page": 3, "sha256": "0"}], "files": []}"#;
        let geometry = br#"{"layouts": [], "sheets": [
            {"sheet_id": "X", "student": "s1", "layout": "L", "page": 1, "pdf": "f", "pdf_page": 1},
            {"sheet_id": "X", "student": "s1", "layout": "L", "page": 2, "pdf": "f", "pdf_page": 2},
            {"sheet_id": "Y", "student": null, "layout": "L", "page": 1, "pdf": "f", "pdf_page": 3}]}"#;
        let manifest = Printed::from_json(manifest).unwrap();
        assert_eq!(manifest.get("X").unwrap().room.as_deref(), Some("r"));
        assert_eq!((manifest.sheets.len(), manifest.get("Y").unwrap().student.as_deref()), (2, None));
        let geometry = Printed::from_json(geometry).unwrap();
        assert_eq!(geometry.get("X").unwrap().pages, [1, 2]);
        assert_eq!(geometry.get("X").unwrap().room, None);
        assert!(geometry.get("Z").is_none() && Printed::from_json(b"[1]").is_err());
    }
}
