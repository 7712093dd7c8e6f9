//! Real pictures with truth transcribed by eye: a folder with `truth.json` (picture → field → value), and beside each
//! picture, or above it, the `template.json` of its sheet.

use super::table::Row;
use super::tally::{Tally, Verdict};
use crate::limits::Limits;
use crate::read::pages;
use crate::read::result::{FieldReading, FieldStatus, Outcome};
use crate::read::template::{self, Template, TemplateReading};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// By field: `""` is blank, `AD` two marks.
pub type Truth = BTreeMap<String, String>;

/// A picture, its template and what is truly on it.
pub struct Sample {
    pub name: String,
    pub picture: PathBuf,
    pub template: Template,
    pub truth: Truth,
}

/// All samples of a folder.
pub fn samples(folder: &Path) -> io::Result<Vec<Sample>> {
    let truths: BTreeMap<String, Truth> = serde_json::from_slice(&std::fs::read(folder.join("truth.json"))?)?;
    let sample = |(name, truth): (String, Truth)| {
        let picture = folder.join(&name);
        let template = picture
            .ancestors()
            .skip(1)
            .take_while(|p| p.starts_with(folder))
            .map(|p| p.join("template.json"))
            .find(|p| p.is_file())
            .ok_or_else(|| io::Error::other(format!("{name}: no template.json beside it or above")))?;
        let template = Template::open(&template).map_err(|e| io::Error::other(format!("{name}: {e}")))?;
        Ok(Sample { name, picture, template, truth })
    };
    truths.into_iter().map(sample).collect()
}

/// A row for each picture of a folder.
pub fn rows(folder: &Path) -> io::Result<Vec<Row>> {
    let row = |sample: Sample| {
        let begun = Instant::now();
        let limits = Limits::default();
        let page = pages::open(&sample.picture, &limits).next().expect("a path always gives an item");
        let picture = page.decode(&limits).map_err(|e| io::Error::other(format!("{}: {e}", sample.name)))?;
        let mut tally = compare(&template::read(&picture.seen(), &sample.template), &sample.truth);
        tally.ms = begun.elapsed().as_secs_f64() * 1e3;
        Ok(Row { name: format!("real: {}", sample.name), tally })
    };
    samples(folder)?.into_iter().map(row).collect()
}

/// Counts a picture's fields. One that the reader does not report is unread; one that is not in the truth is wrong.
pub fn compare(reading: &TemplateReading, truth: &Truth) -> Tally {
    let known = matches!(reading.outcome, Outcome::Read | Outcome::Review);
    let mut tally =
        Tally { pages: 1, identified: u64::from(known), unidentified: u64::from(!known), ..Tally::default() };
    let found = |id: &str| reading.fields.iter().find(|f| f.id == id);
    for (id, value) in truth {
        tally.count(found(id).map_or(Verdict::Unread, |f| judge(f, value)));
    }
    let invented = reading.fields.iter().filter(|f| !truth.contains_key(&f.id));
    tally.wrong_fields.extend(invented.map(|f| f.id.clone()));
    let wrong = truth.iter().filter(|(id, value)| found(id).is_some_and(|f| judge(f, value) == Verdict::Wrong));
    tally.wrong += tally.wrong_fields.len() as u64;
    tally.wrong_fields.extend(wrong.map(|(id, _)| id.clone()));
    tally
}

fn judge(field: &FieldReading, value: &str) -> Verdict {
    let blank = field.status == FieldStatus::Blank;
    if field.status == FieldStatus::Doubtful {
        Verdict::Doubtful
    } else if field.value.as_deref().unwrap_or_default() == value && blank == value.is_empty() {
        Verdict::Right
    } else {
        Verdict::Wrong
    }
}
