//! What a sheet says, as far as a key asks: of every field its status and its text.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Its page was not read.
    Missing,
    Blank,
    Answered,
    /// More marks than the field takes; the text has all of them: `A+C`.
    Multiple,
    /// An incomplete number, say.
    Invalid,
    /// A person must look. The text is a best guess, and worth nothing.
    Doubtful,
}

impl Status {
    /// As results have it.
    pub fn name(self) -> &'static str {
        match self {
            Status::Missing => "missing",
            Status::Blank => "blank",
            Status::Answered => "answered",
            Status::Multiple => "multiple",
            Status::Invalid => "invalid",
            Status::Doubtful => "doubtful",
        }
    }

    /// It may still turn out to say something else.
    pub fn waits(self) -> bool {
        matches!(self, Status::Missing | Status::Doubtful)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    pub status: Status,
    pub text: Cow<'a, str>,
}

impl<'a> Answer<'a> {
    pub const MISSING: Answer<'static> = Answer { status: Status::Missing, text: Cow::Borrowed("") };

    pub fn new(status: Status, text: &'a str) -> Self {
        Answer { status, text: Cow::Borrowed(text) }
    }
}

/// The fields of a sheet in their order: ids and types. Sheets of one layout share it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shape(pub Vec<(String, String)>);

impl Shape {
    pub fn place(&self, id: &str) -> Option<usize> {
        self.0.iter().position(|(field, _)| field == id)
    }

    /// The first field of this type.
    pub fn of_type(&self, kind: &str) -> Option<usize> {
        self.0.iter().position(|(_, k)| k == kind)
    }
}

/// Several labels in their order, whatever order they were marked or written in: `C+A` is `A+C`.
pub fn in_order(labels: &str) -> Cow<'_, str> {
    if !labels.contains('+') {
        return Cow::Borrowed(labels);
    }
    let mut all: Vec<&str> = labels.split('+').collect();
    all.sort_unstable();
    Cow::Owned(all.join("+"))
}
