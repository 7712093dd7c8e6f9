//! versions.json: the map from what is printed in each version to the master, so that answers are graded in its order.

use super::booklet::{MappedQuestion, Order, Which};
use super::package::{Exam, Versions};
use serde::Serialize;
use std::io::{self, Write};

/// `options` of a question says for each printed letter, in order, which of the master's it is.
#[derive(Serialize)]
struct Version<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    /// Where every student has an order of his own.
    #[serde(skip_serializing_if = "Option::is_none")]
    sheet_id: Option<&'a str>,
    questions: Vec<MappedQuestion<'a>>,
}

/// The file while it is written.
pub struct Maps<'p, W: Write> {
    out: W,
    exam: &'p Exam,
    first: bool,
}

impl<'p, W: Write> Maps<'p, W> {
    /// With the versions that students share.
    pub fn new(mut out: W, application: &str, exam: &'p Exam) -> io::Result<Self> {
        let application = serde_json::to_string(application)?;
        write!(out, "{{\"application\": {application}, \"seed\": {},\n\"versions\": [", exam.seed)?;
        let mut maps = Maps { out, exam, first: true };
        if let Versions::Count(count) = exam.versions {
            for n in 1..=count {
                let questions = Order::new(exam, Which::Version(n)).map(exam);
                maps.write(&Version { version: Some(n), sheet_id: None, questions })?;
            }
        }
        Ok(maps)
    }

    /// The order that one student alone has.
    pub fn own(&mut self, sheet_id: &str, order: &Order) -> io::Result<()> {
        let questions = order.map(self.exam);
        self.write(&Version { version: None, sheet_id: Some(sheet_id), questions })
    }

    fn write(&mut self, version: &Version) -> io::Result<()> {
        self.out.write_all(if std::mem::replace(&mut self.first, false) { b"\n" } else { b",\n" })?;
        Ok(serde_json::to_writer(&mut self.out, version)?)
    }

    pub fn finish(mut self) -> io::Result<()> {
        self.out.write_all(b"]}\n")?;
        self.out.flush()
    }
}
