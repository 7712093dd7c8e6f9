//! Pages joined to sheets by the sheets' ids, with what was answered on each.

use crate::read::result::{FieldReading, PageReading, SheetRef, Source};
use std::collections::HashMap;

#[derive(Debug, Default)]
pub struct Sheets {
    /// In the order in which they were first seen.
    all: Vec<Sheet>,
    numbers: HashMap<String, usize>,
}

#[derive(Debug)]
pub struct Sheet {
    pub id: String,
    pub layout: Option<String>,
    pub student: Option<String>,
    pub pages: Vec<Page>,
}

#[derive(Debug)]
pub struct Page {
    pub number: u16,
    pub source: Source,
    row: usize,
    /// A line for each field: some ten bytes an answer.
    answers: Box<str>,
}

/// A page against the one that was read before it, if any.
pub enum Repeat {
    First,
    Same(Source),
    Differs { earlier: Source, row: usize, fields: Vec<String> },
}

impl Sheets {
    pub fn add(&mut self, reading: &PageReading, row: usize) -> Repeat {
        let Some(SheetRef { id: Some(id), page: Some(number), layout, .. }) = &reading.sheet else {
            return Repeat::First;
        };
        let next = self.all.len();
        let sheet = *self.numbers.entry(id.clone()).or_insert(next);
        if sheet == next {
            self.all.push(Sheet { id: id.clone(), layout: layout.clone(), student: None, pages: Vec::new() });
        }
        let sheet = &mut self.all[sheet];
        let answers: Vec<String> = reading.fields.iter().map(answer).collect();
        let Some(earlier) = sheet.pages.iter().find(|p| p.number == *number) else {
            let answers = answers.join("\n").into_boxed_str();
            sheet.pages.push(Page { number: *number, source: reading.source.clone(), row, answers });
            return Repeat::First;
        };
        let before = earlier.answers.split('\n').chain(std::iter::repeat(""));
        let differing =
            reading.fields.iter().zip(answers.iter().zip(before)).filter(|(_, (now, before))| now != before);
        let fields: Vec<String> = differing.map(|(field, _)| field.id.clone()).collect();
        match fields.is_empty() {
            true => Repeat::Same(earlier.source.clone()),
            false => Repeat::Differs { earlier: earlier.source.clone(), row: earlier.row, fields },
        }
    }

    /// Says whose a sheet is. Gives the rows of its earlier pages, which did not know it.
    pub fn name(&mut self, id: &str, student: &str, row: usize) -> Vec<usize> {
        match self.numbers.get(id).map(|&n| &mut self.all[n]) {
            Some(sheet) if sheet.student.is_none() => {
                sheet.student = Some(student.to_owned());
                sheet.pages.iter().map(|p| p.row).filter(|&r| r != row).collect()
            }
            _ => Vec::new(),
        }
    }

    pub fn student(&self, id: &str) -> Option<&str> {
        self.get(id)?.student.as_deref()
    }

    pub fn get(&self, id: &str) -> Option<&Sheet> {
        self.numbers.get(id).map(|&n| &self.all[n])
    }

    pub fn iter(&self) -> impl Iterator<Item = &Sheet> {
        self.all.iter()
    }
}

fn answer(field: &FieldReading) -> String {
    let said = format!("{}|{}|{}", field.status.name(), field.value.as_deref().unwrap_or(""), field.marked.join("+"));
    said.replace('\n', " ")
}
