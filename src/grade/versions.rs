//! From a version's answers back to the master's: what `print` left in versions.json.

use crate::sheet::field::{ABOUT_PUPIL, number_of};
use serde::Deserialize;
use std::collections::HashMap;
use std::path::Path;

/// The order of each version, or of each sheet where every student has one of his own.
#[derive(Clone, Debug, Default)]
pub struct Versions {
    by_version: HashMap<u64, Order>,
    by_sheet: HashMap<String, Order>,
}

/// The questions of one order, as they are printed.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct Order(Vec<Mapped>);

/// A printed question.
#[derive(Clone, Debug, Deserialize)]
pub struct Mapped {
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
    questions: Order,
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

    pub fn add_version(&mut self, version: u64, order: Order) {
        self.by_version.insert(version, order);
    }

    pub fn add_sheet(&mut self, sheet: String, order: Order) {
        self.by_sheet.insert(sheet, order);
    }

    /// None where it is not known which version the sheet is of. A file of one version has no other.
    pub fn order(&self, sheet: Option<&str>, version: Option<u32>) -> Option<&Order> {
        let own = sheet.and_then(|id| self.by_sheet.get(id));
        own.or_else(|| match version {
            Some(version) => self.by_version.get(&version.into()),
            None => self.by_version.values().next().filter(|_| self.by_version.len() == 1 && self.by_sheet.is_empty()),
        })
    }

    /// Whether every sheet has an order of its own.
    pub fn are_of_sheets(&self) -> bool {
        !self.by_sheet.is_empty()
    }
}

impl Order {
    /// As they are printed.
    pub fn printed(&self) -> impl Iterator<Item = &Mapped> {
        self.0.iter()
    }

    /// Where a question of the package is printed.
    pub fn of_question(&self, id: &str) -> Option<&Mapped> {
        self.0.iter().find(|m| m.question == id)
    }

    /// The printed questions of a number: several where languages share it.
    pub fn of_number(&self, number: u32) -> impl Iterator<Item = &Mapped> {
        self.0.iter().filter(move |m| m.number == number)
    }
}

impl Mapped {
    pub fn question(&self) -> &str {
        &self.question
    }

    pub fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    /// The master's letter for each printed one, in order.
    pub fn letters(&self) -> Vec<char> {
        self.options.chars().collect()
    }

    pub fn is_answered_by(&self, id: &str, kind: &str) -> bool {
        !ABOUT_PUPIL.contains(&kind) && number_of(id) == Some(self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_found_where_it_is_printed() {
        let file = br#"{"versions": [{"version": 2, "questions": [
            {"number": 1, "question": "en", "language": "Ingl\u00eas", "options": "BA"},
            {"number": 1, "question": "es", "language": "Espanhol", "options": "AB"},
            {"number": 2, "question": "m7", "options": "CADB"}]},
            {"sheet_id": "S", "questions": [{"number": 9, "question": "m7", "options": "AB"}]}]}"#;
        let versions = Versions::from_json(file).unwrap();
        let order = versions.order(Some("other"), Some(2)).unwrap();
        let m7 = order.of_question("m7").unwrap();
        assert_eq!(m7.letters(), ['C', 'A', 'D', 'B']);
        assert!(m7.is_answered_by("q2", "choice") && m7.is_answered_by("soma02", "sum"));
        assert!(!m7.is_answered_by("q12", "choice") && !m7.is_answered_by("tipo2", "version"));
        let first: Vec<_> = order.of_number(1).map(|m| (m.question(), m.language())).collect();
        assert_eq!(first, [("en", Some("Ingl\u{ea}s")), ("es", Some("Espanhol"))]);
        assert!(versions.order(Some("S"), Some(2)).unwrap().of_question("m7").unwrap().is_answered_by("q9", "choice"));
        assert!(versions.order(None, Some(3)).is_none() && versions.order(None, None).is_none());
    }
}
