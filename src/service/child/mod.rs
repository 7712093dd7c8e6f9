//! Foreign bytes are opened in a child process: running out of memory and overflowing a stack are no panics, and no wall
//! inside a process holds them.
//!
//! The child is this executable once more (`gabarito child`). It takes one [`Task`] as JSON on its stdin, limits itself,
//! and says what it finds on its stdout, an [`Event`] a line. It knows no network, no database and no secret but the key
//! of the sheets.

mod blank;
mod inside;
mod outside;

pub use inside::run;
pub use outside::{Child, ChildError, Children};

use crate::json::Fault;
use crate::limits::Limits;
use crate::output::jsonl::presented;
use crate::print::blank_pages::Blank;
use crate::print::manifest::hex;
use crate::read::batch::{self, Observed};
use crate::read::result::{IdentifiedBy, PageReading};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a child may use, from the one configuration.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Bounds {
    /// Address space, in bytes.
    pub memory: u64,
    /// CPU time of all its threads, in seconds.
    pub cpu_seconds: u64,
    pub threads: usize,
}

/// What a child must know and must not show in its arguments.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    pub bounds: Bounds,
    pub limits: Limits,
    /// Under which sheets are signed and checked.
    pub sheet_key: String,
    pub task: Task,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Reads pages once more, with what OCR or a person says of their codes.
    Resume {
        file: PathBuf,
        name: String,
        answers: BTreeMap<u32, String>,
        by: IdentifiedBy,
        layouts: PathBuf,
        policy: Option<serde_json::Value>,
    },
    /// Counts the pages of files.
    Count { files: Vec<PathBuf> },
    /// Reads pages `first` to `last` of a file, counted from 1 as they are listed.
    Read { file: PathBuf, name: String, first: u32, last: u32, layouts: PathBuf, policy: Option<serde_json::Value> },
    /// Opens a package and tells all its faults.
    Check { package: PathBuf },
    /// Prints again what a student or a room has, into a file.
    Reprint { package: PathBuf, student: Option<String>, room: Option<String>, out: PathBuf },
    /// Draws pages of a file, or parts of them, as JPEGs.
    Draw { file: PathBuf, name: String, layouts: PathBuf, policy: Option<serde_json::Value>, pages: Vec<PageDrawings> },
    /// Writes a PDF once more, without what is on these pages.
    Erase { file: PathBuf, pages: Vec<u32>, out: PathBuf },
    /// Prints a package into a folder.
    Print { package: PathBuf, out: PathBuf },
    /// Merges PDFs into one. Each has the name that it is called by in faults and in the outline.
    Merge { files: Vec<(String, PathBuf)>, title: String, out: PathBuf },
    /// Tells all that is wrong with a PDF.
    Validate { file: PathBuf },
    /// Puts blank pages into a PDF of at most so many pages.
    Blank { file: PathBuf, blank: Option<Blank>, most: u32, out: PathBuf },
}

/// A page that is drawn.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PageDrawings {
    /// The one so far down the file's list, from 1.
    pub page: u32,
    /// Its printed code, where somebody else had to say it.
    pub told: Option<(String, IdentifiedBy)>,
    /// Each with the file that it goes into. The first must be there; of the others those that the page has.
    pub drawings: Vec<(Drawing, PathBuf)>,
}

/// What of a page is drawn.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drawing {
    /// The scan, upright.
    Plain,
    /// With what was read on it.
    Annotated,
    /// The scan, upright and small.
    Thumbnail,
    /// One field.
    Field(String),
}

impl Drawing {
    /// The name under which the picture is kept. A field's id may have any character: its hash has not.
    pub fn file_name(&self) -> String {
        match self {
            Drawing::Plain => "plain.jpg".to_owned(),
            Drawing::Annotated => "annotated.jpg".to_owned(),
            Drawing::Thumbnail => "thumbnail.jpg".to_owned(),
            Drawing::Field(id) => format!("field-{}.jpg", &hex(&Sha256::digest(id))[..24]),
        }
    }
}

/// A reading whose fields stay the text that the child wrote: they are most of it, and whoever keeps it need not know them.
pub type Unparsed = PageReading<Box<RawValue>>;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Pages of a file, in the order of `files`.
    Counted {
        pages: u32,
    },
    /// A page that was read, in the order of the file.
    Page {
        number: u32,
        reading: Box<Unparsed>,
        /// Of its fields, what a batch as a whole looks at ([`gist`](batch::gist)).
        gist: Box<RawValue>,
        observed: Observed,
        /// Of a page that could not be identified, the place of its printed code for OCR: a PNG in base64.
        ask: Option<String>,
    },
    /// A page was drawn, or why the first of its drawings could not be.
    Drawn {
        page: u32,
        lacking: Option<String>,
    },
    Progress {
        done: u64,
        of: u64,
    },
    Printed {
        sheets: u64,
        pages: u64,
        bytes: u64,
        files: Vec<String>,
        notes: Vec<String>,
    },
    /// A PDF was written.
    Written {
        pages: u64,
    },
    /// The input is not what it must be: trying again would not help.
    Refused {
        code: String,
        detail: String,
        faults: Vec<Fault>,
    },
    /// Something of this machine failed.
    Failed {
        detail: String,
    },
    /// All was said.
    End,
}

impl Event {
    /// A page as it is presented, its fields written as JSON.
    ///
    /// # Errors
    /// None: readings can be written.
    pub fn page(
        number: u32,
        reading: PageReading,
        observed: Observed,
        ask: Option<String>,
    ) -> serde_json::Result<Event> {
        let reading = presented(reading);
        let gist = to_raw_value(&batch::gist(&reading.fields))?;
        let fields = to_raw_value(&reading.fields)?;
        Ok(Event::Page { number, reading: Box::new(reading.with_fields(fields)), gist, observed, ask })
    }
}
