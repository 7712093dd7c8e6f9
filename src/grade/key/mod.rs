//! KEY.json, checked whole: what is right, by which rule, and what it is worth (docs/grading.md).

mod about;
mod entry;
mod read;

use super::form::{Form, FormError};
use super::number::Exact;
use super::rounding::{Mode, Rounding};
use super::rules::Rule;
use crate::json::{Fault, Faults};
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The exam that it is of, if it says so.
    pub application: Option<String>,
    pub language: Option<Gate>,
    pub subjects: Vec<Group>,
    pub blocks: Vec<Group>,
    pub questions: Vec<Question>,
    pub annulled: Vec<Annulment>,
    pub total: Total,
    pub marks: Marks,
    /// Every form that it has: of the versions that it names, and of all others (None), by language.
    forms: BTreeMap<(Option<u32>, Option<String>), Form>,
}

/// A foreign language that the pupil chooses: questions of others are not his.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// The field in which it is chosen; None: the first field of the type `language`.
    pub field: Option<String>,
    /// What counts as chosen where nothing was.
    pub default: Option<String>,
    /// In the order of the questions.
    pub languages: Vec<String>,
}

/// A subject, or a block of the exam.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub id: String,
    pub title: String,
    pub weight: Exact,
    /// Of a block: the least that it gives, weighted.
    pub floor: Option<Exact>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub id: String,
    /// Where it is answered, if no versions.json says otherwise.
    pub field: String,
    pub language: Option<String>,
    /// Indices of its subject and block.
    pub subject: Option<usize>,
    pub block: Option<usize>,
    pub weight: Exact,
    pub rule: Rule,
    /// Where a version has a right answer of its own: as printed in it, at the same field.
    pub by_version: BTreeMap<u32, Rule>,
    /// For statistics: what it is about (BNCC skills, SAEB descriptors), and a, b, c of the three-parameter model.
    pub skills: Vec<String>,
    pub irt: Option<[f64; 3]>,
}

impl Question {
    pub fn rule(&self, version: Option<u32>) -> &Rule {
        version.and_then(|v| self.by_version.get(&v)).unwrap_or(&self.rule)
    }
}

/// A question that was withdrawn after the exam. Taken out of the key again, everything is as before.
#[derive(Clone, Debug, PartialEq)]
pub struct Annulment {
    /// Index of the question.
    pub question: usize,
    pub effect: Effect,
    /// Only in these versions; empty: in all.
    pub versions: Vec<u32>,
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Everybody has its points.
    GiveAll,
    /// Its points go to the questions that are left, in proportion to theirs: of its block, or of the exam.
    Redistribute { within_block: bool },
    /// It counts no more, and there are fewer points to have.
    Drop,
    /// Whoever marked anything has its points.
    GiveToAnswered,
}

/// From points to the grade.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Total {
    pub floor: Option<Exact>,
    /// All points are so much: a grade of 0 to 10.
    pub scale: Option<Exact>,
    pub rounding: Rounding,
    /// Of each question's points, before they are added up.
    pub questions: Option<Rounding>,
}

impl Default for Total {
    fn default() -> Self {
        Total { floor: None, scale: None, rounding: Rounding::places(Mode::HalfUp, 2), questions: None }
    }
}

/// The marks that say who was not there, and what such pupils get.
#[derive(Clone, Debug, PartialEq)]
pub struct Marks {
    pub absent: String,
    pub eliminated: String,
    /// Zero, or no grade at all.
    pub zero_absent: bool,
    pub zero_eliminated: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{} to mend", .0.len())]
    Invalid(Vec<Fault>),
}

impl Key {
    /// # Errors
    /// Not JSON, or all that is wrong with it.
    pub fn parse(json: &[u8]) -> Result<Key, KeyError> {
        Key::from_json(&serde_json::from_slice(json)?).map_err(KeyError::Invalid)
    }

    /// # Errors
    /// All that is wrong with it, by path.
    pub fn from_json(value: &Value) -> Result<Key, Vec<Fault>> {
        let mut faults = Faults::default();
        let mut key = read::key(value, &mut faults);
        if faults.0.is_empty() {
            key.make_forms(&mut faults);
        }
        // What an entry of many questions says wrong is wrong once.
        let mut said = std::collections::HashSet::new();
        faults.0.retain(|f| said.insert((f.path.clone(), f.message.clone())));
        if faults.0.is_empty() { Ok(key) } else { Err(faults.0) }
    }

    fn make_forms(&mut self, faults: &mut Faults) {
        let named = self.questions.iter().flat_map(|q| q.by_version.keys());
        let mut versions: Vec<Option<u32>> =
            named.chain(self.annulled.iter().flat_map(|a| &a.versions)).map(|v| Some(*v)).collect();
        versions.push(None);
        versions.sort_unstable();
        versions.dedup();
        let languages: Vec<Option<String>> =
            self.language.iter().flat_map(|g| g.languages.iter().cloned().map(Some)).chain([None]).collect();
        for version in versions {
            for language in &languages {
                match Form::new(self, version, language.as_deref()) {
                    Ok(form) => {
                        self.forms.insert((version, language.clone()), form);
                    }
                    Err(FormError::NothingLeft(annulment)) => {
                        let message =
                            "no question is left for its points; give_all, drop or give_to_answered is expected";
                        faults.add(format!("annulled[{annulment}].effect"), message);
                    }
                    Err(FormError::TooFine) => {
                        faults.add(
                            "questions",
                            "the points fall into too fine parts; rounder points and weights are expected",
                        );
                    }
                }
            }
        }
    }

    pub(super) fn form(&self, version: Option<u32>, language: Option<&str>) -> Option<&Form> {
        let language = language.map(str::to_owned);
        self.forms.get(&(version, language.clone())).or_else(|| self.forms.get(&(None, language)))
    }

    /// Whether the key has right answers of this version's own.
    pub fn is_of_version(&self, version: u32) -> bool {
        self.questions.iter().any(|q| q.by_version.contains_key(&version))
    }

    pub fn has_versions(&self) -> bool {
        self.questions.iter().any(|q| !q.by_version.is_empty())
    }

    pub fn question(&self, id: &str) -> Option<usize> {
        self.questions.iter().position(|q| q.id == id)
    }
}
