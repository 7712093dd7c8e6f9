//! Who was expected, as `print` left word of it in manifest.json: where pupils belong, and who the attendance lists say
//! was absent.

use super::paper::Page;
use crate::read::result::FieldStatus;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

#[derive(Clone, Debug, Default)]
pub struct Roll {
    /// By student.
    pub pupils: BTreeMap<String, Pupil>,
    /// Of attendance lists, by sheet and page: the students of the rows.
    lists: HashMap<(String, u16), Vec<String>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pupil {
    pub unit: Option<String>,
    pub room: Option<String>,
    pub class: Option<String>,
}

#[derive(Deserialize)]
struct File {
    pages: Vec<Printed>,
    #[serde(default)]
    documents: Vec<Document>,
}

#[derive(Deserialize)]
struct Printed {
    kind: String,
    sheet_id: String,
    student: Option<String>,
    unit: Option<String>,
    room: Option<String>,
    page: u16,
    #[serde(default)]
    rows: Vec<String>,
}

#[derive(Deserialize)]
struct Document {
    student: Option<String>,
    class: Option<String>,
}

impl Roll {
    pub fn from_json(manifest: &[u8]) -> serde_json::Result<Self> {
        let file: File = serde_json::from_slice(manifest)?;
        let mut roll = Roll::default();
        for Printed { kind, sheet_id, student, unit, room, page, rows } in file.pages {
            match (kind.as_str(), student) {
                ("attendance", _) => {
                    roll.lists.insert((sheet_id, page), rows);
                }
                ("sheet", Some(student)) => {
                    roll.pupils.entry(student).or_insert(Pupil { unit, room, class: None });
                }
                _ => {}
            }
        }
        for Document { student, class } in file.documents {
            if let (Some(pupil), Some(class)) = (student.and_then(|s| roll.pupils.get_mut(&s)), class) {
                pupil.class = Some(class);
            }
        }
        Ok(roll)
    }

    /// The students that a page of an attendance list marks absent; None: it is none.
    pub fn absent(&self, page: &Page) -> Option<Vec<String>> {
        let sheet = page.sheet.as_ref()?;
        let rows = self.lists.get(&(sheet.id.clone()?, sheet.page.unwrap_or(1)))?;
        Some(absent(page, rows))
    }
}

/// The students whose bubble “Ausente” is filled in: field `r1` is of the first row.
pub fn absent(page: &Page, rows: &[String]) -> Vec<String> {
    let answered = page.fields.iter().filter(|f| f.status == FieldStatus::Answered);
    let row = answered.filter_map(|f| f.id.strip_prefix('r')?.parse::<usize>().ok()?.checked_sub(1));
    row.filter_map(|r| rows.get(r).cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_list_says_who_was_absent() {
        let manifest = json!({
            "pages": [
                {"kind": "sheet", "sheet_id": "S1", "student": "a", "unit": "u", "room": "12", "page": 1},
                {"kind": "attendance", "sheet_id": "L", "student": null, "unit": "u", "room": "12", "page": 1, "rows": ["a", "b"]},
            ],
            "documents": [{"kind": "sheet", "student": "a", "class": "3B"}],
        });
        let roll = Roll::from_json(manifest.to_string().as_bytes()).unwrap();
        assert_eq!(roll.pupils["a"].class.as_deref(), Some("3B"));
        let page = |sheet: &str, status: &str| -> Page {
            let fields =
                json!([{"id": "r2", "type": "flag", "status": status, "marked": ["Ausente"], "value": "Ausente"}]);
            let sheet = json!({"id": sheet, "page": 1});
            let source = json!({"file": "x", "page": 1});
            serde_json::from_value(json!({"source": source, "outcome": "read", "sheet": sheet, "fields": fields}))
                .unwrap()
        };
        assert_eq!(roll.absent(&page("L", "answered")), Some(vec!["b".to_owned()]));
        assert_eq!(roll.absent(&page("L", "doubtful")), Some(Vec::new()));
        assert_eq!(roll.absent(&page("S1", "answered")), None);
    }
}
