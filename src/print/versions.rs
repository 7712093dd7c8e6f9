//! versions.json: the map from what is printed in each version to the master, so that answers are graded in its order.

use super::booklet::{MappedQuestion, Order, Which};
use super::package::{Exam, Package, Versions};
use crate::sheet::SheetKey;
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
    questions: Vec<MappedQuestion>,
}

pub fn write(package: &Package, exam: &Exam, key: &SheetKey, out: &mut impl Write) -> io::Result<()> {
    let application = &package.application.id;
    write!(
        out,
        "{{\"application\": {}, \"seed\": {},\n\"versions\": [",
        serde_json::to_string(application)?,
        exam.seed
    )?;
    let mut first = true;
    let mut one = |version: &Version| {
        out.write_all(if std::mem::replace(&mut first, false) { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, version).map_err(io::Error::from)
    };
    match exam.versions {
        Versions::Count(count) => {
            for n in 1..=count {
                let questions = Order::new(exam, Which::Version(n)).map(exam);
                one(&Version { version: Some(n), sheet_id: None, questions })?;
            }
        }
        Versions::Student => {
            for file in super::plan::files(package) {
                for bag in &file.bags {
                    for owner in bag.all_owners(package) {
                        let id = owner.id(package, key, bag);
                        let questions = Order::new(exam, Which::Student(id.as_str())).map(exam);
                        one(&Version { version: None, sheet_id: Some(id.as_str()), questions })?;
                    }
                }
            }
        }
    }
    out.write_all(b"]}\n")
}
