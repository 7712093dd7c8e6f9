//! What a pupil handed in: the pages of a sheet joined, and the short text in which a database keeps it.

use super::answer::{Answer, Shape, Status};
use crate::read::result::{FieldStatus, Outcome, SheetRef, Source};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// A line of `gabarito read`, as far as grading goes.
#[derive(Clone, Debug, Deserialize)]
pub struct Page {
    pub source: Source,
    pub outcome: Outcome,
    #[serde(default)]
    pub sheet: Option<SheetRef>,
    #[serde(default)]
    pub fields: Vec<Field>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Field {
    pub id: String,
    #[serde(rename = "type")]
    kind: String,
    pub status: FieldStatus,
    #[serde(default)]
    marked: Vec<String>,
    #[serde(default)]
    value: Option<String>,
}

impl Page {
    /// Whether it says what a pupil answered.
    pub fn counts(&self) -> bool {
        matches!(self.outcome, Outcome::Read | Outcome::Review)
    }

    /// Whose it is: a student's, or a sheet's that names nobody, or its own where not even that is known.
    pub fn owner(&self) -> Owner {
        let sheet = self.sheet.as_ref();
        match (sheet.and_then(|s| s.student.clone()), sheet.and_then(|s| s.id.clone())) {
            (Some(student), _) => Owner::Student(student),
            (None, Some(sheet)) => Owner::Sheet(sheet),
            (None, None) => Owner::Page(self.source.clone()),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    Student(String),
    Sheet(String),
    Page(Source),
}

/// Pages of one owner, and what they say together.
#[derive(Clone, Debug, Default)]
pub struct Joined {
    pub sheet: SheetRef,
    pub pages: Vec<Source>,
    /// In the order of the sheet's pages.
    fields: Vec<(u16, String, String, Answer<'static>)>,
    /// Where each of them is, by its id.
    places: HashMap<String, usize>,
    /// Fields that two pages say differently: both are for a person.
    pub differ: Vec<String>,
    /// A page waits for a person, for whatever reason.
    review: bool,
}

impl Joined {
    /// The same page once more adds nothing. Where it says something else, the field is doubtful.
    pub fn add(&mut self, page: Page) {
        let sheet = page.sheet.unwrap_or_default();
        let number = sheet.page.unwrap_or(1);
        for Field { id, kind, status, marked, value } in page.fields {
            let answer = said(status, &marked, value);
            let known = self.places.get(&id).map(|&place| &mut self.fields[place].3);
            match known {
                None => {
                    self.places.insert(id.clone(), self.fields.len());
                    self.fields.push((number, id, kind, answer));
                }
                Some(known) if *known == answer => {}
                Some(known) => {
                    known.status = Status::Doubtful;
                    if !self.differ.contains(&id) {
                        self.differ.push(id);
                    }
                }
            }
        }
        self.review |= page.outcome == Outcome::Review;
        self.pages.push(page.source);
        let SheetRef { id, student, version, layout, .. } = sheet;
        let known = &mut self.sheet;
        known.id = known.id.take().or(id);
        known.student = known.student.take().or(student);
        known.version = known.version.or(version);
        known.layout = known.layout.take().or(layout);
    }

    pub fn paper(mut self) -> Paper<'static> {
        self.fields.sort_by_key(|(page, ..)| *page);
        let (mut shape, mut answers) = (Shape::default(), Vec::with_capacity(self.fields.len()));
        for (_, id, kind, answer) in self.fields {
            shape.0.push((id, kind));
            answers.push(answer);
        }
        let SheetRef { id, version, .. } = self.sheet;
        Paper { sheet: id, version, review: self.review, shape: Arc::new(shape), answers }
    }
}

fn said(status: FieldStatus, marked: &[String], value: Option<String>) -> Answer<'static> {
    let status = match status {
        FieldStatus::Answered => Status::Answered,
        FieldStatus::Blank => Status::Blank,
        FieldStatus::Multiple => Status::Multiple,
        FieldStatus::Invalid => Status::Invalid,
        FieldStatus::Doubtful => Status::Doubtful,
    };
    let text = match value {
        _ if status == Status::Blank => String::new(),
        Some(value) if status != Status::Multiple => value,
        _ => marked.join("+"),
    };
    Answer { status, text: Cow::Owned(text) }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Paper<'a> {
    pub sheet: Option<String>,
    /// Of the booklet, where it is known from elsewhere than the sheet's own field.
    pub version: Option<u32>,
    /// A page waits for a person: the grade is provisional.
    pub review: bool,
    pub shape: Arc<Shape>,
    pub answers: Vec<Answer<'a>>,
}

/// Between answers (ASCII's unit separator).
const SEPARATOR: char = '\u{1f}';

impl Paper<'_> {
    /// The version of the booklet: as known, or as filled in.
    pub fn version(&self) -> Option<u32> {
        let filled_in = || {
            let answer = self.answers.get(self.shape.of_type("version")?)?;
            Some(answer).filter(|a| a.status == Status::Answered)?.text.parse().ok()
        };
        self.version.or_else(filled_in)
    }

    /// A sign and the text for each answer: `=B`, `+A+C`, `!1-4`, `?B`; nothing for a blank one.
    pub fn written(&self) -> String {
        let mut text = String::new();
        for (i, answer) in self.answers.iter().enumerate() {
            if i > 0 {
                text.push(SEPARATOR);
            }
            text.push_str(match answer.status {
                Status::Blank => continue,
                Status::Answered => "=",
                Status::Multiple => "+",
                Status::Invalid => "!",
                Status::Doubtful => "?",
                Status::Missing => "-",
            });
            text.extend(answer.text.chars().map(|c| if c == SEPARATOR || c == '\0' { ' ' } else { c }));
        }
        text
    }
}

/// What [`Paper::written`] wrote.
pub fn answers(written: &str) -> Vec<Answer<'_>> {
    let answer = |text| {
        let said = |status, text| Answer { status, text: Cow::Borrowed(text) };
        let mut chars = str::chars(text);
        match chars.next() {
            None => said(Status::Blank, ""),
            Some('=') => said(Status::Answered, chars.as_str()),
            Some('+') => said(Status::Multiple, chars.as_str()),
            Some('!') => said(Status::Invalid, chars.as_str()),
            Some('?') => said(Status::Doubtful, chars.as_str()),
            Some(_) => said(Status::Missing, chars.as_str()),
        }
    };
    written.split(SEPARATOR).map(answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn page(number: u16, source: u32, fields: &[(&str, &str, &[&str])]) -> Page {
        let field = |(id, status, marked): &(&str, &str, &[&str])| {
            let value = Some(marked.concat()).filter(|_| marked.len() == 1);
            json!({"id": id, "type": "choice", "status": status, "marked": marked, "value": value})
        };
        let fields: Vec<_> = fields.iter().map(field).collect();
        let sheet = json!({"id": "S", "page": number, "student": "aluno-1"});
        let source = json!({"file": "a.pdf", "page": source});
        serde_json::from_value(json!({"source": source, "outcome": "read", "sheet": sheet, "fields": fields})).unwrap()
    }

    #[test]
    fn pages_join_in_the_sheets_order_and_count_once() {
        let first = page(1, 2, &[("q1", "answered", &["A"]), ("q2", "multiple", &["A", "C"])]);
        let second = page(2, 1, &[("q3", "blank", &[]), ("q4", "doubtful", &["B"])]);
        let mut joined = Joined::default();
        for page in [second, first.clone(), first] {
            joined.add(page);
        }
        assert_eq!((joined.pages.len(), joined.differ.len()), (3, 0));
        let paper = joined.paper();
        let ids: Vec<_> = paper.shape.0.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["q1", "q2", "q3", "q4"]);
        let written = paper.written();
        assert_eq!(written, "=A\u{1f}+A+C\u{1f}\u{1f}?B");
        assert_eq!(answers(&written), paper.answers);
    }

    #[test]
    fn what_two_pages_say_differently_is_for_a_person() {
        let mut joined = Joined::default();
        joined.add(page(1, 1, &[("q1", "answered", &["A"]), ("q2", "answered", &["B"])]));
        joined.add(page(1, 9, &[("q1", "answered", &["A"]), ("q2", "answered", &["C"])]));
        assert_eq!(joined.differ, ["q2"]);
        let statuses: Vec<_> = joined.paper().answers.iter().map(|a| a.status).collect();
        assert_eq!(statuses, [Status::Answered, Status::Doubtful]);
    }
}
