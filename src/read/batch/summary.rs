//! A batch as a whole: what `--summary` writes, and what a person is told at the end.

use super::Batch;
use crate::read::identify::Stages;
use crate::read::result::{Outcome, PageReading, Source};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// By outcome; those that count no more as `duplicate`.
    pub pages: BTreeMap<&'static str, usize>,
    /// By the way that identified them.
    pub identified: BTreeMap<Cow<'static, str>, usize>,
    /// Of each way to identify a page: on how many it was tried, and of how many it gave an identity.
    pub stages: Stages,
    pub sheets: usize,
    /// Pages that an earlier page of the list says too: they count no more.
    pub duplicates: Vec<Pair>,
    /// Pages that say something else than an earlier reading of them: a person must see both.
    pub duplicates_that_differ: Vec<Pair>,
    /// Two sheets of one student: a person must see both.
    pub same_student: Vec<Pair>,
    /// Sheets of which some pages were read and others were not.
    pub incomplete: Vec<Incomplete>,
    /// Printed for a student and not read, by room.
    pub not_read: Vec<Room>,
    /// Pages that yielded no answers.
    pub set_aside: Vec<SetAside>,
    pub hints: Vec<Hint>,
    pub rate: Rate,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    pub page: Source,
    pub earlier: Source,
    pub sheet: Option<String>,
    pub student: Option<String>,
    pub fields: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Incomplete {
    pub sheet: String,
    pub student: Option<String>,
    pub read: Vec<u16>,
    pub missing: Vec<u16>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Room {
    pub unit: Option<String>,
    pub room: Option<String>,
    /// Students' sheets printed for it.
    pub printed: usize,
    /// Whose sheets were not read.
    pub students: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SetAside {
    pub page: Source,
    pub outcome: Outcome,
    /// Code of the first issue.
    pub reason: String,
}

/// Something to change at the copier or the printer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hint {
    pub code: &'static str,
    /// On how many pages it shows, of how many on which it could.
    pub pages: usize,
    pub of: usize,
    /// Dots per inch, millimetres or per cent, as the code has it.
    pub value: Option<f64>,
}

/// How fast it went, pages of an earlier run aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Rate {
    pub pages: usize,
    pub seconds: f64,
    pub pages_per_second: f64,
}

impl Pair {
    pub(super) fn new(reading: &PageReading, earlier: Source, fields: Vec<String>) -> Self {
        let sheet = reading.sheet.as_ref();
        Pair {
            page: reading.source.clone(),
            earlier,
            sheet: sheet.and_then(|s| s.id.clone()),
            student: sheet.and_then(|s| s.student.clone()),
            fields,
        }
    }
}

impl Batch {
    /// `seconds` is what the pages read in this run took.
    pub fn finish(self, seconds: f64) -> Summary {
        let incomplete = self.incomplete();
        let not_read = self.not_read();
        let pages = self.rows - self.replayed;
        let pages_per_second = if seconds > 0.0 { pages as f64 / seconds } else { 0.0 };
        Summary {
            pages: self.outcomes,
            identified: self.identified,
            stages: self.stages,
            sheets: self.sheets.iter().count(),
            duplicates: self.repeated,
            duplicates_that_differ: self.differing,
            same_student: self.same_student,
            incomplete,
            not_read,
            set_aside: self.set_aside,
            hints: self.scans.hints(),
            rate: Rate { pages, seconds, pages_per_second },
        }
    }

    fn incomplete(&self) -> Vec<Incomplete> {
        let printed = |id: &str| self.known.printed.as_ref().and_then(|p| p.get(id)).map(|s| s.pages.clone());
        let designed = |layout: Option<&str>| {
            let layout = self.known.layouts.get(&layout?.parse().ok()?)?;
            Some(layout.content.pages.iter().map(|p| p.number).collect::<Vec<_>>())
        };
        let lacking = self.sheets.iter().filter_map(|sheet| {
            let all = printed(&sheet.id).or_else(|| designed(sheet.layout.as_deref()))?;
            let mut read: Vec<u16> = sheet.pages.iter().map(|p| p.number).collect();
            read.sort_unstable();
            let missing: Vec<u16> = all.into_iter().filter(|p| !read.contains(p)).collect();
            let student = sheet.student.clone();
            (!missing.is_empty()).then(|| Incomplete { sheet: sheet.id.clone(), student, read, missing })
        });
        lacking.collect()
    }

    /// Nothing where no sheet of the exam was seen: it was not this exam's turn.
    fn not_read(&self) -> Vec<Room> {
        let Some(printed) = &self.known.printed else { return Vec::new() };
        let seen: HashSet<&str> = self.sheets.iter().map(|s| s.id.as_str()).collect();
        if !printed.sheets.iter().any(|s| seen.contains(s.id.as_str())) {
            return Vec::new();
        }
        let mut rooms: Vec<Room> = Vec::new();
        let mut numbers = BTreeMap::new();
        for sheet in &printed.sheets {
            let Some(student) = &sheet.student else { continue };
            let number = *numbers.entry((&sheet.unit, &sheet.room)).or_insert(rooms.len());
            if number == rooms.len() {
                let (unit, room) = (sheet.unit.clone(), sheet.room.clone());
                rooms.push(Room { unit, room, printed: 0, students: Vec::new() });
            }
            rooms[number].printed += 1;
            // Whoever wrote on a spare is not missing either.
            let claim = (sheet.application.clone(), student.clone());
            if !seen.contains(sheet.id.as_str()) && !self.claims.contains_key(&claim) {
                rooms[number].students.push(student.clone());
            }
        }
        rooms.retain(|r| !r.students.is_empty());
        rooms
    }
}
