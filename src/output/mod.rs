//! What leaves the reader: lines, tables, spreadsheets and pictures. Nothing here changes a reading.
//!
//! ```text
//! pages -> ordered_parallel -> PageReading, in input order -> Sink (table, jsonl, csv, xlsx)
//! ```

pub mod annotate;
mod canvas;
pub mod check;
pub mod crop;
pub mod csv;
pub mod explain;
pub mod grades;
pub mod jsonl;
#[cfg(test)]
mod made_up;
mod ordered;
pub mod progress;
pub mod report;
pub mod rows;
mod summary;
pub mod table;
pub mod trace;
mod view;
pub mod words;
mod workbook;
pub mod xlsx;

pub use canvas::Seen;
pub use ordered::ordered_parallel;
pub use trace::Trace;

use crate::read::batch::Amendment;
use crate::read::result::PageReading;
use std::io;
use std::time::Duration;

/// Takes the pages of a run one by one, in input order.
pub trait Sink {
    fn page(&mut self, reading: PageReading) -> io::Result<()>;
    /// A later page changed what is said of an earlier one. What was written as it came can't be changed any more: there
    /// the later page says it, and the batch's summary.
    fn amend(&mut self, _: &Amendment) {}
    fn finish(&mut self, run: &Run) -> io::Result<()>;
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn page(&mut self, reading: PageReading) -> io::Result<()> {
        (**self).page(reading)
    }

    fn amend(&mut self, amendment: &Amendment) {
        (**self).amend(amendment);
    }

    fn finish(&mut self, run: &Run) -> io::Result<()> {
        (**self).finish(run)
    }
}

/// How a run went as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Run {
    pub elapsed: Duration,
    pub threads: usize,
}

#[cfg(test)]
pub(crate) mod samples {
    use crate::read::result::*;

    /// A page of choices A to E, each `answers` its marked labels; “?” after them makes it doubtful.
    pub fn page(file: &str, page: u32, answers: &[&str]) -> PageReading {
        let fields: Vec<FieldReading> = (1..).zip(answers).map(|(n, said)| choice(&format!("q{n}"), said)).collect();
        let doubt = fields.iter().any(|f| f.status == FieldStatus::Doubtful);
        PageReading {
            source: Source { file: file.into(), page },
            outcome: if doubt { Outcome::Review } else { Outcome::Read },
            sheet: Some(SheetRef {
                id: Some("7KQM4T9XW2HD6RPF".into()),
                page: Some(1),
                layout: Some("0123456789AB".into()),
                student: Some("20261234".into()),
                operation: None,
                model: None,
                version: None,
            }),
            identified_by: Some(IdentifiedBy::Qr),
            registration: Some(RegistrationReport {
                rotation: 180,
                mirrored: false,
                dpi: 199.64,
                residual_mm: 0.0712,
                marks: 6,
            }),
            fields,
            score: None,
            issues: Vec::new(),
            timings_ms: Timings::default(),
        }
    }

    pub fn choice(id: &str, said: &str) -> FieldReading {
        let labels = said.trim_end_matches('?');
        let marked: Vec<String> = labels.chars().map(String::from).collect();
        let status = match (said.ends_with('?'), marked.len()) {
            (true, _) => FieldStatus::Doubtful,
            (_, 0) => FieldStatus::Blank,
            (_, 1) => FieldStatus::Answered,
            _ => FieldStatus::Multiple,
        };
        let mark = |label: char| {
            let filled = labels.contains(label);
            MarkReading {
                label: label.into(),
                ink: if filled { 0.91 } else { 0.02 },
                state: if filled { MarkState::Filled } else { MarkState::Empty },
                probability: if filled { 0.999 } else { 0.001 },
                row: None,
                column: None,
            }
        };
        FieldReading {
            id: id.into(),
            kind: "choice".into(),
            status,
            value: (marked.len() == 1).then(|| marked[0].clone()),
            marked,
            confidence: 0.9993,
            marks: "ABCDE".chars().map(mark).collect(),
        }
    }

    pub fn error(file: &str, code: &str) -> PageReading {
        let mut reading = PageReading::new(Source { file: file.into(), page: 1 }, Outcome::Error);
        reading.issues.push(Issue::new(code, "não abre"));
        reading
    }
}
