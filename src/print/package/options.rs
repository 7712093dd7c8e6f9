//! What is printed of a package, in what order, and onto what pages.

use super::super::bag::Paper;
pub use super::super::pdf::Conformance;
use super::super::rich::Pictures;
use crate::json::{Faults, Object};

/// One entry of `contents`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Paper(Paper),
    Booklet,
    Sheet,
    /// Booklets and sheets without a name, for who is not on the list or spoils one.
    Spares,
}

/// In the order that they go into the bag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents(pub Vec<Content>);

/// A PDF for each of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Per {
    #[default]
    Unit,
    Room,
    Class,
}

/// In what order a room's students and their papers come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sorting {
    /// Each student's booklet and sheet together.
    #[default]
    Student,
    /// All booklets, then all sheets.
    Document,
    Version,
    Seat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BlankPages {
    #[default]
    None,
    /// Every document has an even number of pages.
    Even,
    /// After every page.
    Between,
}

/// How booklets' pages lie on the printer's sheets. Answer sheets are never imposed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Imposition {
    #[default]
    None,
    /// Two pages side by side, in reading order.
    TwoUp,
    /// To be folded and stapled in the middle.
    Saddle,
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

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    pub per: Per,
    pub order: Sorting,
    pub blank_pages: BlankPages,
    /// A blank page behind every answer sheet's page.
    pub blank_back: bool,
    pub imposition: Imposition,
    pub conformance: Conformance,
    pub zip: bool,
    pub spares: Option<Spares>,
    pub gray: bool,
    /// Nothing but black ink is asked for.
    pub black: bool,
    /// A PDF of more pages, or of more megabytes, is split at the next room.
    pub split_pages: Option<u64>,
    pub split_megabytes: Option<u64>,
    pub preflight: bool,
}

impl Contents {
    pub fn read(package: &mut Object, faults: &mut Faults) -> Self {
        let Some(list) = package.list("contents", faults) else { return Contents(vec![Content::Sheet]) };
        let mut known = vec![("booklet", Content::Booklet), ("sheet", Content::Sheet), ("spares", Content::Spares)];
        known.splice(0..0, Paper::ALL.map(|paper| (paper.word(), Content::Paper(paper))));
        let mut contents = Vec::new();
        for (i, value) in list.iter().enumerate() {
            match value.as_str().and_then(|word| known.iter().find(|(name, _)| *name == word)) {
                Some((word, content)) if contents.contains(content) => {
                    faults.add(format!("contents[{i}]"), format!("“{word}” is there twice"));
                }
                Some((_, content)) => contents.push(*content),
                None => {
                    let known: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
                    let known = known.join(", ");
                    faults.add(format!("contents[{i}]"), format!("{value} is not known; one of {known} is expected"));
                }
            }
        }
        if contents.is_empty() {
            faults.add("contents", "nothing to print: the list is empty");
        }
        Contents(contents)
    }

    pub fn has(&self, content: Content) -> bool {
        self.0.contains(&content)
    }
}

impl Options {
    pub fn read(package: &mut Object, contents: &Contents, faults: &mut Faults) -> Self {
        let absent = serde_json::Value::Object(serde_json::Map::new());
        let value = package.get("options").unwrap_or(&absent);
        let mut o = Object::new(value, "options", faults);
        let options = Options {
            per: o.word("per", &[("unit", Per::Unit), ("room", Per::Room), ("class", Per::Class)], faults),
            order: o.word(
                "order",
                &[
                    ("student", Sorting::Student),
                    ("document", Sorting::Document),
                    ("version", Sorting::Version),
                    ("seat", Sorting::Seat),
                ],
                faults,
            ),
            blank_pages: o.word(
                "blank_pages",
                &[("none", BlankPages::None), ("even", BlankPages::Even), ("between", BlankPages::Between)],
                faults,
            ),
            blank_back: o.flag("blank_back", false, faults),
            imposition: o.word(
                "imposition",
                &[("none", Imposition::None), ("2up", Imposition::TwoUp), ("booklet", Imposition::Saddle)],
                faults,
            ),
            conformance: o.word(
                "pdf",
                &[("plain", Conformance::Plain), ("a-2b", Conformance::A2b), ("x-4", Conformance::X4)],
                faults,
            ),
            zip: o.flag("zip", false, faults),
            spares: spares(&mut o, faults),
            gray: o.flag("gray", false, faults),
            black: o.flag("black", false, faults),
            split_pages: o.whole("split_pages", 1..=1_000_000, faults),
            split_megabytes: o.whole("split_megabytes", 1..=100_000, faults),
            preflight: o.flag("preflight", true, faults),
        };
        o.finish(faults);
        // PDF/X-4 is made for a press with black ink.
        let gray = options.gray || options.black || options.conformance == Conformance::X4;
        let options = Options { gray, ..options };
        if contents.has(Content::Spares) && options.spares.is_none() {
            faults.add(
                "options.spares",
                "missing; contents asks for spares: {\"percent\": 3} or {\"count\": 2} is expected",
            );
        }
        options
    }

    /// For pictures in the inks that are asked for.
    pub fn pictures(&self) -> Pictures {
        if self.black { Pictures::decoded() } else { Pictures::new(self.gray) }
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
