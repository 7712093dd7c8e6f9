//! From a version's answers back to the master's: what `print` left in versions.json.

use crate::read::result::{FieldReading, FieldStatus, SheetRef};
use serde::Deserialize;
use std::collections::HashMap;
use std::path::Path;

/// The order of each version, or of each sheet where every student has one of his own.
#[derive(Clone, Debug, Default)]
pub struct Versions {
    by_version: HashMap<u64, Vec<Mapped>>,
    by_sheet: HashMap<String, Vec<Mapped>>,
}

#[derive(Clone, Debug, Deserialize)]
struct Mapped {
    number: u32,
    question: String,
    language: Option<String>,
    /// The master's letter for each printed one.
    options: String,
}

#[derive(Deserialize)]
struct File {
    versions: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    version: Option<u64>,
    sheet_id: Option<String>,
    questions: Vec<Mapped>,
}

/// An answer in the master's terms.
#[derive(Clone, Debug, PartialEq)]
pub struct MasterAnswer {
    /// The question's id in the package.
    pub question: String,
    /// The id of the field that was read.
    pub field: String,
    pub status: FieldStatus,
    pub marked: Vec<String>,
    pub value: Option<String>,
    pub confidence: f64,
}

impl Versions {
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let text = std::fs::read(path)?;
        Self::from_json(&text).map_err(std::io::Error::from)
    }

    pub fn from_json(text: &[u8]) -> serde_json::Result<Self> {
        let file: File = serde_json::from_slice(text)?;
        let mut all = Versions::default();
        for Version { version, sheet_id, questions } in file.versions {
            match (version, sheet_id) {
                (_, Some(sheet)) => all.by_sheet.insert(sheet, questions),
                (Some(version), None) => all.by_version.insert(version, questions),
                (None, None) => None,
            };
        }
        Ok(all)
    }

    /// None where it is not known which version the sheet is of. A field belongs to the question whose number its id ends
    /// in; of two questions with one number, to that in the language that was marked.
    pub fn master(&self, sheet: &SheetRef, fields: &[FieldReading]) -> Option<Vec<MasterAnswer>> {
        let own = sheet.id.as_ref().and_then(|id| self.by_sheet.get(id));
        let map = own.or_else(|| self.by_version.get(&u64::from(sheet.version?)))?;
        let language = fields.iter().find(|f| f.kind == "language").and_then(|f| f.value.clone());
        let answer = |field: &FieldReading| {
            let number = number_of(&field.id)?;
            let mut candidates = map.iter().filter(|m| m.number == number);
            let mapped = candidates.find(|m| m.language.is_none() || m.language == language)?;
            let back = |label: &String| mapped.back(label, &field.kind);
            let value =
                field.value.as_ref().map(|v| v.split('+').map(|l| back(&l.to_owned())).collect::<Vec<_>>().join("+"));
            Some(MasterAnswer {
                question: mapped.question.clone(),
                field: field.id.clone(),
                status: field.status,
                marked: field.marked.iter().map(back).collect(),
                value,
                confidence: field.confidence,
            })
        };
        Some(fields.iter().filter_map(answer).collect())
    }
}

impl Mapped {
    /// Only alternatives change places.
    fn back(&self, label: &str, kind: &str) -> String {
        let place = match label.as_bytes() {
            [letter @ b'A'..=b'Z'] if kind == "choice" => usize::from(letter - b'A'),
            _ => return label.to_owned(),
        };
        self.options.chars().nth(place).map_or_else(|| label.to_owned(), String::from)
    }
}

fn number_of(id: &str) -> Option<u32> {
    let digits = id.len() - id.bytes().rev().take_while(u8::is_ascii_digit).count();
    id[digits..].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_s_letters_are_led_back_to_the_master_s() {
        let file = br#"{"versions": [{"version": 2, "questions": [
            {"number": 1, "question": "en", "language": "Ingles", "options": "BA"},
            {"number": 1, "question": "es", "language": "Espanhol", "options": "AB"},
            {"number": 2, "question": "m7", "options": "CADB"},
            {"number": 3, "question": "sum", "options": "AB"}]}]}"#;
        let versions = Versions::from_json(file).unwrap();
        let field = |id: &str, kind: &str, value: &str| FieldReading {
            id: id.into(),
            kind: kind.into(),
            status: FieldStatus::Answered,
            marked: value.split('+').map(str::to_owned).collect(),
            value: Some(value.into()),
            confidence: 1.0,
            marks: Vec::new(),
        };
        let fields = [
            field("lingua", "language", "Espanhol"),
            field("q1", "choice", "B"),
            field("q2", "choice", "A+D"),
            field("q3", "sum", "03"),
        ];
        let sheet = SheetRef { version: Some(2), ..SheetRef::default() };
        let answers = versions.master(&sheet, &fields).unwrap();
        let said: Vec<_> = answers.iter().map(|a| (a.question.as_str(), a.value.as_deref().unwrap())).collect();
        assert_eq!(said, [("es", "B"), ("m7", "C+B"), ("sum", "03")]);
        assert_eq!(versions.master(&SheetRef::default(), &fields), None);
    }
}
