//! What only shows when pages are seen together: pages of one sheet, pages read twice, students by their numbers,
//! printed sheets that are missing, and a copier that wants cleaning.
//!
//! Pages come one by one in input order, and nothing waits for the last of them: what a later page says of an earlier
//! one is an [`Amendment`].

pub mod printed;
pub mod roster;
pub mod scan;
mod sheets;
mod summary;

pub use printed::Printed;
pub use roster::Roster;
pub use scan::Observed;
pub use summary::{Hint, Incomplete, Pair, Rate, Room, SetAside, Summary};

use crate::read::identify::Stages;
use crate::read::layouts::Layouts;
use crate::read::result::{
    FieldReading, FieldStatus, IdentifiedBy, Issue, MarkReading, Outcome, PageReading, SheetRef, Source,
};
use roster::Match;
use serde::Serialize;
use sheets::{Repeat, Sheets};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// What is known before the first page.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub printed: Option<Printed>,
    pub roster: Option<Roster>,
    pub layouts: Layouts,
}

#[derive(Debug, Default)]
pub struct Batch {
    known: Known,
    sheets: Sheets,
    /// By exam and student.
    claims: HashMap<(Option<String>, String), Claim>,
    rows: usize,
    /// Of these, pages that an earlier run read.
    replayed: usize,
    outcomes: BTreeMap<&'static str, usize>,
    identified: BTreeMap<Cow<'static, str>, usize>,
    stages: Stages,
    repeated: Vec<Pair>,
    differing: Vec<Pair>,
    same_student: Vec<Pair>,
    set_aside: Vec<SetAside>,
    scans: scan::Scans,
}

/// The first sheet that a student was found on.
#[derive(Debug)]
struct Claim {
    sheet: Option<String>,
    page: Source,
    row: usize,
}

/// What became known of an earlier page. Rows count from 0, in input order.
#[derive(Clone, Debug, PartialEq)]
pub struct Amendment {
    pub row: usize,
    pub change: Change,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A person must see it.
    Review(Issue),
    /// Another page of its sheet said whose it is.
    Student(String),
}

impl Batch {
    pub fn new(known: Known) -> Self {
        Batch { known, ..Batch::default() }
    }

    /// Says in the page's reading what the pages before it show. Gives what it shows of those.
    pub fn admit(&mut self, reading: &mut PageReading, observed: &Observed) -> Vec<Amendment> {
        self.match_student(reading);
        let amendments = self.compare(reading);
        self.count(reading, observed);
        amendments
    }

    /// Takes note of a page that an earlier run admitted and wrote.
    pub fn replay(&mut self, reading: &PageReading) {
        self.compare(&mut reading.clone());
        self.count(reading, &Observed::default());
        self.replayed += 1;
    }

    /// How many pages were admitted.
    pub fn pages(&self) -> usize {
        self.rows
    }

    fn count(&mut self, reading: &PageReading, observed: &Observed) {
        self.rows += 1;
        let outcome = if reading.is_duplicate() { "duplicate" } else { reading.outcome.name() };
        *self.outcomes.entry(outcome).or_default() += 1;
        if let Some(stage) = &observed.stage {
            *self.identified.entry(stage.clone()).or_default() += 1;
        }
        self.stages.count(&observed.attempts);
        self.scans.add(reading, observed);
        if !matches!(reading.outcome, Outcome::Read | Outcome::Review) {
            let reason = reading.issues.first().map(|i| i.code.clone()).unwrap_or_default();
            self.set_aside.push(SetAside { page: reading.source.clone(), outcome: reading.outcome, reason });
        }
    }

    /// Finds the student by the number that was filled in, where the sheet does not say who it is.
    fn match_student(&mut self, reading: &mut PageReading) {
        let Some(roster) = &self.known.roster else { return };
        let Some(field) = reading.fields.iter().find(|f| holds_number(f)) else {
            return self.student_of_other_page(reading);
        };
        let (digits, sure) = (digits(field), field.status == FieldStatus::Answered);
        let found = match field.status {
            FieldStatus::Blank => None,
            _ => Some(roster.find(&digits, sure)),
        };
        let number = || digits.iter().map(|d| d.unwrap_or('-')).collect::<String>();
        let id = field.id.clone();
        let about = |code: &str, detail: String| Issue { fields: vec![id], ..Issue::new(code, detail) };
        let said = reading.sheet.as_ref().and_then(|s| s.student.as_deref());
        let issue = match (said, found) {
            (Some(said), Some(Match::Exact(student))) if said != student => {
                let detail =
                    format!("the sheet is {said}'s, and the number {} filled in on it is {student}'s", number());
                about("roster_conflict", detail)
            }
            (Some(_), _) => return,
            (None, Some(Match::Exact(student))) => {
                let student = student.to_owned();
                return name(reading, student);
            }
            (None, Some(Match::Near { number: near, student })) => {
                let detail =
                    format!("{} was filled in; only {near} is like it ({student}): is it this student?", number());
                Issue { value: Some(near), ..about("roster_suggestion", detail) }
            }
            (None, Some(Match::Nobody)) => about("not_in_roster", format!("nobody has the number {}", number())),
            (None, None) => {
                about("not_in_roster", "the sheet names no student, and no number was filled in".to_owned())
            }
        };
        reading.review(issue);
    }

    /// A page without a number of its own, of a sheet whose other page had one.
    fn student_of_other_page(&self, reading: &mut PageReading) {
        let Some(sheet) = reading.sheet.as_mut().filter(|s| s.student.is_none()) else { return };
        sheet.student = sheet.id.as_deref().and_then(|id| self.sheets.student(id)).map(str::to_owned);
    }

    /// Holds a page against those before it.
    fn compare(&mut self, reading: &mut PageReading) -> Vec<Amendment> {
        let mut amendments = Vec::new();
        if !matches!(reading.outcome, Outcome::Read | Outcome::Review) {
            return amendments;
        }
        match self.sheets.add(reading, self.rows) {
            Repeat::First => {}
            Repeat::Same(earlier) => {
                self.repeated.push(Pair::new(reading, earlier.clone(), Vec::new()));
                let detail = format!("{} says the same; this one counts no more", earlier.said());
                reading.issues.push(Issue { other: Some(earlier), ..Issue::new("duplicate", detail) });
                return amendments;
            }
            Repeat::Differs { earlier, row, fields } => {
                self.differing.push(Pair::new(reading, earlier.clone(), fields.clone()));
                let issue = |other: Source| {
                    let detail = format!("{} is the same page with other answers", other.said());
                    Issue { other: Some(other), fields: fields.clone(), ..Issue::new("duplicate_differs", detail) }
                };
                amendments.push(Amendment { row, change: Change::Review(issue(reading.source.clone())) });
                reading.review(issue(earlier));
            }
        }
        amendments.extend(self.claim(reading));
        amendments
    }

    /// Two sheets of one exam can't both be one student's.
    fn claim(&mut self, reading: &mut PageReading) -> Vec<Amendment> {
        let Some(SheetRef { student: Some(student), id, .. }) = &reading.sheet else { return Vec::new() };
        let unnamed = id.as_deref().map(|id| self.sheets.name(id, student, self.rows)).unwrap_or_default();
        let named = |row| Amendment { row, change: Change::Student(student.clone()) };
        let mut amendments: Vec<Amendment> = unnamed.into_iter().map(named).collect();
        let application = id.as_deref().and_then(|id| self.known.printed.as_ref()?.get(id)?.application.clone());
        match self.claims.get(&(application.clone(), student.clone())) {
            None => {
                let claim = Claim { sheet: id.clone(), page: reading.source.clone(), row: self.rows };
                self.claims.insert((application, student.clone()), claim);
            }
            Some(first) if first.sheet.is_some() && first.sheet == *id => {}
            Some(first) => {
                let issue = |other: &Source| {
                    let detail = format!("{} is another sheet of {student}", other.said());
                    Issue { other: Some(other.clone()), ..Issue::new("same_student", detail) }
                };
                amendments.push(Amendment { row: first.row, change: Change::Review(issue(&reading.source)) });
                self.same_student.push(Pair::new(reading, first.page.clone(), Vec::new()));
                let issue = issue(&first.page);
                reading.review(issue);
            }
        }
        amendments
    }
}

/// What [`Batch::admit`] looks at in a field, and grading too; what it has not is left out.
#[derive(Debug, Serialize)]
pub struct Gist<'f> {
    id: &'f str,
    #[serde(rename = "type")]
    kind: &'f str,
    status: FieldStatus,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    marked: &'f [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'f str>,
    confidence: f64,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    marks: &'f [MarkReading],
}

/// The gists of a page's fields: their marks are left out, but for those of a student's number.
pub fn gist(fields: &[FieldReading]) -> Vec<Gist<'_>> {
    fn of(field: &FieldReading) -> Gist<'_> {
        let FieldReading { id, kind, status, marked, value, confidence, marks } = field;
        let marks = if holds_number(field) { marks.as_slice() } else { &[] };
        Gist { id, kind, status: *status, marked, value: value.as_deref(), confidence: *confidence, marks }
    }
    fields.iter().map(of).collect()
}

/// Whether a student's number is filled in there.
fn holds_number(field: &FieldReading) -> bool {
    field.kind == "id_grid" || roster::names_number(&field.id)
}

/// A student that only the roster names.
fn name(reading: &mut PageReading, student: String) {
    let nothing =
        SheetRef { id: None, page: None, layout: None, student: None, operation: None, model: None, version: None };
    reading.sheet.get_or_insert(nothing).student = Some(student);
    reading.identified_by.get_or_insert(IdentifiedBy::Roster);
}

/// The digits of a number, None where a place has no mark or several.
fn digits(field: &FieldReading) -> Vec<Option<char>> {
    let digit = |label: &str| label.chars().next().filter(char::is_ascii_digit);
    let places = field.marks.iter().filter_map(|m| m.column).max().map_or(0, |last| last + 1);
    if places == 0 {
        return field.value.iter().flat_map(|v| v.chars()).map(|c| Some(c).filter(char::is_ascii_digit)).collect();
    }
    let place = |column: usize| {
        let mut marked = field.marks.iter().filter(|m| m.column == Some(column) && m.probability > 0.5);
        marked.next().filter(|_| marked.next().is_none()).and_then(|m| digit(&m.label))
    };
    (0..places).map(place).collect()
}

#[cfg(test)]
mod tests;
