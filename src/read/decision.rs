//! What a person decides of a page that the reader left to them.

use super::result::{FieldReading, FieldStatus, IdentifiedBy, Issue, Outcome, PageReading};
use crate::json::{Fault, Faults};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The page's printed code, as it stands under the QR: 24 characters; spaces and lower case don't matter. The page is
    /// read again as that sheet's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// In place of `code`: the id of the page's sheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Which page of `sheet` it is; not needed of a sheet with one page.
    #[cfg_attr(feature = "service", schema(minimum = 1, maximum = 31))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet_page: Option<u16>,
    /// Whose page it is, by id.
    #[cfg_attr(feature = "service", schema(min_length = 1))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub student: Option<String>,
    /// By the fields' ids.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Answer>,
    /// The page counts no more: it is not a sheet, or it is there twice.
    #[serde(default)]
    pub discard: bool,
    /// A person has seen what else the page says, and it stands.
    #[serde(default)]
    pub accept: bool,
}

/// What a field says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// These labels are marked; none: it is blank. For fields of which each bubble has a label of its own.
    Marked(Vec<String>),
    /// It says this.
    Value(String),
    Blank,
    /// Something is written there, or it is signed. For fields without bubbles.
    Written,
    /// More is marked than may be.
    Multiple,
    /// What is marked means nothing.
    Invalid,
}

impl<'de> Deserialize<'de> for Answer {
    /// As derived, but what is unknown is called by its name.
    fn deserialize<D: Deserializer<'de>>(said: D) -> Result<Self, D::Error> {
        const EXPECTED: &str =
            "{\"marked\": […]}, {\"value\": …}, \"blank\", \"written\", \"multiple\" or \"invalid\" is expected";
        let wrong = |what: &str| D::Error::custom(format!("{what}; {EXPECTED}"));
        let word = |word: &str| match word {
            "blank" => Some(Answer::Blank),
            "written" => Some(Answer::Written),
            "multiple" => Some(Answer::Multiple),
            "invalid" => Some(Answer::Invalid),
            _ => None,
        };
        let mut fields = match Value::deserialize(said)? {
            Value::String(said) => return word(&said).ok_or_else(|| wrong(&format!("“{said}” is no answer"))),
            Value::Object(fields) => fields,
            _ => return Err(wrong("no answer")),
        };
        let (marked, value) = (fields.remove("marked"), fields.remove("value"));
        if let Some(unknown) = fields.keys().next() {
            return Err(wrong(&format!("unknown field `{unknown}`")));
        }
        match (marked, value) {
            (Some(labels), None) => serde_json::from_value(labels).map(Answer::Marked).map_err(D::Error::custom),
            (None, Some(value)) => serde_json::from_value(value).map(Answer::Value).map_err(D::Error::custom),
            (Some(_), Some(_)) => Err(wrong("marked and value")),
            (None, None) => Err(wrong("no answer")),
        }
    }
}

impl Decision {
    /// The page as it stands after this. Where it names a sheet, `page` was read as that sheet's.
    ///
    /// # Errors
    /// Everything that the page has no place for; nothing is decided then.
    pub fn apply(&self, page: &PageReading) -> Result<PageReading, Vec<Fault>> {
        let mut after = page.clone();
        let mut faults = Faults::default();
        if *self == Decision::default() {
            faults.add("", "nothing is decided; code, sheet, student, fields, discard or accept is expected");
        }
        for (id, answer) in &self.fields {
            match after.fields.iter_mut().find(|f| f.id == *id) {
                Some(field) => answer.apply(field, &mut faults),
                None => {
                    let known: Vec<&str> = page.fields.iter().map(|f| f.id.as_str()).collect();
                    faults
                        .add(format!("fields.{id}"), format!("the page has no such field; it has {}", listed(&known)));
                }
            }
        }
        if let Some(student) = &self.student {
            if student.is_empty() {
                faults.add("student", "empty; a student's id is expected");
            }
            after.sheet.get_or_insert_default().student = Some(student.clone());
            after.identified_by = Some(IdentifiedBy::Person);
        }
        if !faults.0.is_empty() {
            return Err(faults.0);
        }
        if self.accept && !after.issues.iter().any(|i| i.code == ACCEPTED) {
            after.issues.push(Issue::new(ACCEPTED, "a person saw what it says, and it stands"));
        }
        if self.discard {
            after.outcome = Outcome::Foreign;
            after.issues.push(Issue::new("discarded", "a person set the page aside"));
        } else if matches!(after.outcome, Outcome::Review) {
            let accepted = after.issues.iter().any(|i| i.code == ACCEPTED);
            let settled = accepted || !after.issues.iter().any(|i| waits(&i.code));
            let doubtful = after.fields.iter().any(|f| f.status == FieldStatus::Doubtful);
            if settled && !doubtful {
                after.outcome = Outcome::Read;
            }
        }
        Ok(after)
    }
}

/// A person has seen what else the page says. It holds while its fields are still being settled.
pub const ACCEPTED: &str = "accepted";

/// Issues that stay for a person when no field is doubtful any more: all but those that only tell.
pub fn waits(code: &str) -> bool {
    const TELL: [&str; 8] = [
        ACCEPTED,
        "box_code_unreadable",
        "code_unreadable",
        "doubtful_fields",
        "duplicate",
        "low_resolution",
        "multiple_marks",
        "rendered",
    ];
    !TELL.contains(&code)
}

fn listed(ids: &[&str]) -> String {
    match ids {
        [] => "none".to_owned(),
        [first, .., last] if ids.len() > 12 => format!("{} fields, {first} to {last}", ids.len()),
        _ => ids.join(", "),
    }
}

impl Answer {
    fn apply(&self, field: &mut FieldReading, faults: &mut Faults) {
        let (status, marked, value) = match self {
            Answer::Marked(labels) => {
                let known: Vec<&str> = field.marks.iter().map(|m| m.label.as_str()).collect();
                if let Some(label) = labels.iter().find(|l| !known.contains(&l.as_str())) {
                    let message = format!("“{label}” is none of its labels; it has {}", listed(&known));
                    return faults.add(format!("fields.{}.marked", field.id), message);
                }
                let status = match labels.len() {
                    0 => FieldStatus::Blank,
                    1 => FieldStatus::Answered,
                    _ if field.kind == "choice" => FieldStatus::Multiple,
                    _ => FieldStatus::Answered,
                };
                let value = (status == FieldStatus::Answered).then(|| labels.join("+"));
                (status, labels.clone(), value)
            }
            Answer::Value(value) => (FieldStatus::Answered, vec![value.clone()], Some(value.clone())),
            Answer::Blank => (FieldStatus::Blank, Vec::new(), None),
            Answer::Written if !field.marks.is_empty() => {
                let message = "the field has bubbles; marked, value, blank, multiple or invalid is expected";
                return faults.add(format!("fields.{}", field.id), message);
            }
            Answer::Written => (FieldStatus::Answered, Vec::new(), None),
            Answer::Multiple => (FieldStatus::Multiple, field.marked.clone(), None),
            Answer::Invalid => (FieldStatus::Invalid, field.marked.clone(), None),
        };
        field.status = status;
        field.marked = marked;
        field.value = value;
        // Whoever looked at the paper.
        field.confidence = 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::samples;

    fn decided(json: &str, page: &PageReading) -> Result<PageReading, Vec<Fault>> {
        serde_json::from_str::<Decision>(json).unwrap().apply(page)
    }

    #[test]
    fn a_page_is_read_when_its_last_doubt_is_settled() {
        let page = samples::page("a.pdf", 1, &["A", "B?", "C?"]);
        let after = decided(r#"{"fields": {"q2": {"marked": ["D"]}}}"#, &page).unwrap();
        assert_eq!((after.outcome, after.fields[1].value.as_deref()), (Outcome::Review, Some("D")));
        assert_eq!((after.fields[1].status, after.fields[1].confidence), (FieldStatus::Answered, 1.0));
        let after = decided(r#"{"fields": {"q3": "blank"}}"#, &after).unwrap();
        assert_eq!((after.outcome, after.fields[2].value.clone()), (Outcome::Read, None));
        let twice = decided(r#"{"fields": {"q1": {"marked": ["A", "E"]}}}"#, &page).unwrap();
        assert_eq!((twice.fields[0].status, twice.fields[0].value.clone()), (FieldStatus::Multiple, None));
    }

    #[test]
    fn other_doubts_wait_until_they_are_accepted() {
        let mut page = samples::page("a.pdf", 1, &["A"]);
        page.review(Issue::new("same_student", "page 3 is another sheet of 7"));
        let named = decided(r#"{"student": "8"}"#, &page).unwrap();
        assert_eq!((named.outcome, named.identified_by), (Outcome::Review, Some(IdentifiedBy::Person)));
        assert_eq!(decided(r#"{"accept": true}"#, &page).unwrap().outcome, Outcome::Read);
        assert_eq!(decided(r#"{"discard": true}"#, &page).unwrap().outcome, Outcome::Foreign);
    }

    #[test]
    fn what_was_accepted_stays_so_while_fields_are_settled() {
        let mut page = samples::page("a.pdf", 1, &["A", "B?"]);
        page.review(Issue::new("several_sheets", ""));
        let seen = decided(r#"{"accept": true}"#, &page).unwrap();
        assert_eq!(seen.outcome, Outcome::Review);
        assert_eq!(decided(r#"{"fields": {"q2": "blank"}}"#, &seen).unwrap().outcome, Outcome::Read);
        assert_eq!(decided(r#"{"fields": {"q2": "blank"}}"#, &page).unwrap().outcome, Outcome::Review);
        assert!(decided(r#"{"fields": {"q2": "written"}}"#, &page).is_err());
    }

    #[test]
    fn what_the_page_has_no_place_for_is_named() {
        let page = samples::page("a.pdf", 1, &["A"]);
        let faults =
            decided(r#"{"fields": {"q1": {"marked": ["Z"]}, "q7": "blank"}, "student": ""}"#, &page).unwrap_err();
        let paths: Vec<&str> = faults.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(paths, ["fields.q1.marked", "fields.q7", "student"]);
        assert!(decided("{}", &page).is_err());
    }
}
