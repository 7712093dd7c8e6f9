//! Any PDFs, in order, as one file. One input is in memory at a time, and of those before it only what the whole needs:
//! outlines' heads, page labels, names.
//!
//! ```text
//! bytes -> source (a Document, or why not) -> pages (the tree, walked) -> Copier -> pdf::Writer
//!                                          -> outline, labels, names, fields, layers ─┘
//! ```
//!
//! Only what a page, an outline or a form needs is copied, and streams as they are. What would act by itself (scripts,
//! programs to be started, forms to be sent) and what a merged file makes untrue (signatures) stays behind. The same
//! inputs give the same bytes.

mod copy;
mod fields;
mod labels;
mod layers;
mod names;
mod outline;
pub(super) mod pages;
pub(super) mod source;

use super::pdf::{About, Conformance, Writer, metadata};
use crate::json::{Fault, Faults};
use crate::limits::Limits;
use copy::Copier;
use std::io::{self, Write};
use std::path::Path;

/// A PDF with the name that it is called by in faults, notes and the outline.
pub struct Input {
    pub name: String,
    pub bytes: io::Result<Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeReport {
    pub files: usize,
    pub pages: u64,
    pub bytes: u64,
    pub sha256: [u8; 32],
    /// What stayed behind.
    pub notes: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// Of every input that can't be taken, why.
    #[error("{} of the files can't be merged", .0.len())]
    Inputs(Vec<Fault>),
    #[error("can't write: {0}")]
    Io(#[from] io::Error),
}

/// What is written once all inputs are.
#[derive(Default)]
struct Whole {
    outline: outline::Outline,
    labels: labels::Labels,
    names: names::Names,
    form: fields::Form,
    layers: layers::Layers,
    shared: copy::Shared,
}

impl Input {
    pub fn read(path: &Path, limits: &Limits) -> Self {
        let read = || {
            let size = std::fs::metadata(path)?.len();
            if size > limits.max_file_bytes {
                let most = limits.max_file_bytes >> 20;
                return Err(io::Error::other(format!("{} MiB; at most {most} MiB are expected", size >> 20)));
            }
            std::fs::read(path)
        };
        Input { name: path.display().to_string(), bytes: read() }
    }

    /// The file's name without folder and extension.
    fn title(&self) -> String {
        let stem = Path::new(&self.name).file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    }
}

/// Merges inputs, each asked for when its turn comes. After an error, what `out` was given is no PDF.
pub fn merge<W: Write>(
    inputs: impl ExactSizeIterator<Item = Input>,
    out: W,
    title: &str,
    limits: &Limits,
) -> Result<MergeReport, MergeError> {
    let mut writer = Writer::new(out, Conformance::Plain)?;
    let mut whole = Whole { outline: outline::Outline::new(inputs.len() > 1), ..Whole::default() };
    let (mut faults, mut notes) = (Faults::default(), Vec::new());
    let (mut files, mut pages) = (0, 0);
    for input in inputs {
        files += 1;
        match add(&input, pages, &mut whole, &mut writer, limits)? {
            Ok(added) => {
                pages += added.pages;
                notes.extend(added.notes.iter().map(|note| format!("{}: {note}", input.name)));
            }
            Err(message) => faults.add(input.name, message),
        }
    }
    if files == 0 {
        faults.add("", "nothing to merge");
    }
    if !faults.0.is_empty() {
        return Err(MergeError::Inputs(faults.0));
    }
    let mut catalog = Vec::new();
    whole.outline.write(&mut writer, &mut catalog)?;
    whole.labels.write(&mut catalog);
    whole.names.write(&mut writer, &mut catalog)?;
    whole.form.write(&mut catalog);
    whole.layers.write(&mut catalog);
    let about = About { title, day: metadata::NO_DAY, catalog: &catalog };
    let (_, finished) = writer.finish(&about)?;
    Ok(MergeReport { files, pages, bytes: finished.bytes, sha256: finished.sha256, notes })
}

/// What came of one input.
struct Added {
    pages: u64,
    notes: Vec<String>,
}

/// Copies an input; the inner error is why it can't be.
fn add<W: Write>(
    input: &Input,
    before: u64,
    whole: &mut Whole,
    writer: &mut Writer<W>,
    limits: &Limits,
) -> io::Result<Result<Added, String>> {
    let opened = match &input.bytes {
        Ok(bytes) => source::open(bytes, limits),
        Err(error) => Err(error.to_string()),
    };
    let doc = match opened {
        Ok(doc) => doc,
        Err(message) => return Ok(Err(message)),
    };
    let pages = match pages::walk(&doc, limits) {
        Ok(pages) => pages,
        Err(message) => return Ok(Err(message)),
    };
    let mut notes = source::left_behind(&doc);
    let mut copier = Copier::new(&doc, writer, &mut whole.shared);
    let numbers = copier.take_pages(&pages);
    // What pages refer to by name, and what is called otherwise here, is known before the first of them is written.
    whole.names.add(&mut copier)?;
    whole.form.add(&mut copier)?;
    whole.layers.add(&mut copier)?;
    whole.labels.add(before, pages.len(), &mut copier)?;
    if let Err(note) = whole.outline.add(&input.title(), numbers.first().copied(), &mut copier) {
        notes.push(note);
    }
    for (page, number) in pages.iter().zip(numbers) {
        copier.page(page, number)?;
    }
    copier.rest()?;
    Ok(copier.finish(&mut notes).map(|()| Added { pages: pages.len() as u64, notes }))
}
