//! The layouts that a reader knows: ours by name, those of Lize sheets by their model; and which student a sheet is of,
//! where a geometry says so.

use crate::sheet::lize::Models;
use crate::sheet::{Layout, LayoutId, layout::LayoutError};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Clone, Debug, Default)]
pub struct Layouts {
    layouts: BTreeMap<LayoutId, Arc<Layout>>,
    /// By sheet id.
    sheets: BTreeMap<String, Known>,
    lize: Models,
}

/// What a geometry says of a sheet.
#[derive(Clone, Debug, Default)]
struct Known {
    student: Option<String>,
    version: Option<u32>,
}

#[derive(Debug, thiserror::Error)]
pub enum LayoutsError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{path}: not JSON: {source}")]
    Json { path: PathBuf, source: serde_json::Error },
    #[error("{path}: {source}")]
    Layout { path: PathBuf, source: LayoutError },
    #[error(
        "{0}: no layouts here; the folder that `gabarito print` wrote, its layouts/ or its geometry.json is expected"
    )]
    Nothing(PathBuf),
}

impl Layouts {
    /// From a `geometry.json`, a layout's own file, or a folder of either.
    pub fn load(path: &Path) -> Result<Self, LayoutsError> {
        let mut all = Layouts::default();
        if path.is_dir() {
            let geometry = path.join("geometry.json");
            if geometry.is_file() {
                all.add_file(&geometry)?;
            }
            for folder in [path.to_owned(), path.join("layouts")] {
                for file in json_files(&folder)? {
                    all.add_file(&file)?;
                }
            }
        } else {
            all.add_file(path)?;
        }
        if all.layouts.is_empty() { Err(LayoutsError::Nothing(path.to_owned())) } else { Ok(all) }
    }

    pub fn from_layouts(layouts: impl IntoIterator<Item = Layout>) -> Self {
        let layouts = layouts.into_iter().map(|l| (l.id.clone(), Arc::new(l))).collect();
        Layouts { layouts, ..Layouts::default() }
    }

    /// With another table of the Lize sheet's models.
    pub fn with_lize(self, lize: Models) -> Self {
        Layouts { lize, ..self }
    }

    pub fn lize(&self) -> &Models {
        &self.lize
    }

    pub fn get(&self, id: &LayoutId) -> Option<&Arc<Layout>> {
        self.layouts.get(id)
    }

    /// By their names, which are hashes of what they hold.
    pub fn ids(&self) -> impl Iterator<Item = &LayoutId> {
        self.layouts.keys()
    }

    /// Sheets and whose they are.
    pub fn students(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sheets.iter().filter_map(|(sheet, known)| Some((sheet.as_str(), known.student.as_deref()?)))
    }

    pub fn student(&self, sheet: &str) -> Option<&str> {
        self.sheets.get(sheet)?.student.as_deref()
    }

    /// Of the exam, as it was printed.
    pub fn version(&self, sheet: &str) -> Option<u32> {
        self.sheets.get(sheet)?.version
    }

    fn add_file(&mut self, path: &Path) -> Result<(), LayoutsError> {
        let at = || path.to_owned();
        let text = std::fs::read(path).map_err(|source| LayoutsError::Io { path: at(), source })?;
        let mut value: Value =
            serde_json::from_slice(&text).map_err(|source| LayoutsError::Json { path: at(), source })?;
        let layouts = match value.get_mut("layouts").map(Value::take) {
            Some(Value::Array(list)) => list,
            // A manifest and other files stand beside layouts.
            _ if value.get("pages").is_none() || value.get("id").is_none() => return Ok(()),
            _ => vec![value.clone()],
        };
        for layout in layouts {
            let layout = Layout::from_json(layout).map_err(|source| LayoutsError::Layout { path: at(), source })?;
            self.layouts.insert(layout.id.clone(), Arc::new(layout));
        }
        for sheet in value.get("sheets").and_then(Value::as_array).into_iter().flatten() {
            if let Some(id) = sheet["sheet_id"].as_str() {
                let student = sheet["student"].as_str().map(str::to_owned);
                let version = sheet["version"].as_u64().and_then(|v| v.try_into().ok());
                self.sheets.insert(id.to_owned(), Known { student, version });
            }
        }
        Ok(())
    }
}

fn json_files(folder: &Path) -> Result<Vec<PathBuf>, LayoutsError> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "json") && !p.ends_with("geometry.json"))
        .collect();
    files.sort();
    Ok(files)
}
