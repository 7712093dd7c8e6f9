//! What is printed of a package, and how.

use crate::json::{Faults, Object};

const CONTENTS: [&str; 5] = ["cover", "attendance", "booklet", "sheet", "spares"];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    pub sheet: bool,
    /// Sheets without a name, for who is not on the list or spoils one.
    pub spares: bool,
}

/// A PDF for each of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Per {
    #[default]
    Unit,
    Room,
}

/// Spares of a room.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spares {
    Percent(f64),
    Count(u32),
}

impl Spares {
    pub fn of(self, students: usize) -> u32 {
        match self {
            Spares::Percent(percent) => (students as f64 * percent / 100.0).ceil() as u32,
            Spares::Count(count) => count,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Options {
    pub per: Per,
    pub spares: Option<Spares>,
    pub gray: bool,
}

impl Contents {
    pub fn read(package: &mut Object, faults: &mut Faults, notes: &mut Vec<String>) -> Self {
        let Some(list) = package.list("contents", faults) else {
            return Contents { sheet: true, spares: false };
        };
        let mut contents = Contents::default();
        for (i, value) in list.iter().enumerate() {
            match value.as_str() {
                Some("sheet") => contents.sheet = true,
                Some("spares") => contents.spares = true,
                Some(name) if CONTENTS.contains(&name) => {
                    notes.push(format!("contents[{i}]: “{name}” is not printed yet"));
                }
                _ => {
                    let known = CONTENTS.join(", ");
                    faults.add(format!("contents[{i}]"), format!("{value} is not known; one of {known} is expected"));
                }
            }
        }
        if !contents.sheet && !contents.spares {
            faults.0.push(super::nothing());
        }
        contents
    }
}

impl Options {
    pub fn read(package: &mut Object, contents: &Contents, faults: &mut Faults, notes: &mut Vec<String>) -> Self {
        let mut options = Options::default();
        let absent = serde_json::Value::Object(serde_json::Map::new());
        let value = package.get("options").unwrap_or(&absent);
        let mut o = Object::new(value, "options", faults);
        options.per = o.word("per", &[("unit", Per::Unit), ("room", Per::Room)], faults);
        options.gray = o.flag("gray", false, faults);
        options.spares = spares(&mut o, faults);
        let not_yet = [
            ("blank_pages", o.word("blank_pages", &[("none", false), ("even", true), ("between", true)], faults)),
            ("order", o.word("order", &[("student", false), ("document", false), ("version", true)], faults)),
            ("imposition", o.word("imposition", &[("none", false), ("2up", true), ("booklet", true)], faults)),
            ("pdf", o.word("pdf", &[("plain", false), ("a-2b", true), ("x-4", true)], faults)),
            ("zip", o.flag("zip", false, faults)),
        ];
        notes.extend(
            not_yet
                .iter()
                .filter(|(_, asked)| *asked)
                .map(|(key, _)| format!("options.{key}: not heeded yet; printed as without it")),
        );
        o.finish(faults);
        if contents.spares && options.spares.is_none() {
            faults.add(
                "options.spares",
                "missing; contents asks for spares: {\"percent\": 3} or {\"count\": 2} is expected",
            );
        }
        options
    }
}

fn spares(options: &mut Object, faults: &mut Faults) -> Option<Spares> {
    let value = options.get("spares")?;
    let mut o = Object::new(value, "options.spares", faults);
    let percent = o.number("percent", 0.0..=100.0, faults).map(Spares::Percent);
    let count = o.whole("count", 0..=1000, faults).map(|n| Spares::Count(n as u32));
    if percent.is_some() == count.is_some() {
        faults.add("options.spares", "either percent or count is expected");
    }
    o.finish(faults);
    percent.or(count)
}

/// Checks what `exam` says beside its questions, and gives the number of versions. Booklets read the questions.
pub fn exam(package: &mut Object, faults: &mut Faults) -> Option<u64> {
    let value = package.get("exam")?;
    let mut o = Object::new(value, "exam", faults);
    o.whole("columns", 1..=3, faults);
    let versions = o.whole("versions", 1..=99, faults);
    o.whole("seed", 0..=u64::MAX, faults);
    for (i, section) in o.list("sections", faults).unwrap_or_default().iter().enumerate() {
        let mut section = Object::new(section, format!("exam.sections[{i}]"), faults);
        section.opt_text("title", faults);
        section.list("questions", faults);
        section.finish(faults);
    }
    o.finish(faults);
    versions
}
