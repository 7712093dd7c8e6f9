//! PACKAGE.json to paper: PDFs, manifest.json, geometry.json and layouts.
//!
//! ```text
//! Value -> Package (checked) -> plan (files, sheets) ─────────────────────┐
//!   Layout -> draw -> Drawing -> vector + Subset -> Base (once a layout) ─┴-> Stamp (every page) -> pdf::Writer
//! ```
//!
//! Typeset once, stamp many, stream everything. The same package and key give the same bytes: nothing here knows a clock
//! or the environment.

pub mod bag;
pub mod blank_pages;
pub mod booklet;
pub mod draw;
pub mod fit;
mod imposition;
pub mod inspect;
pub mod logo;
pub mod manifest;
pub mod merge;
pub mod output;
pub mod package;
pub mod pdf;
mod plan;
mod press;
pub mod rich;
pub mod sound;
pub mod stamp;
mod statics;
pub mod typeface;
pub mod typeset;
mod versions;

pub use output::{Discard, Folder, Output};
pub use package::Package;

use crate::sheet::SheetKey;
use booklet::Booklets;
use inspect::{Ground, Inspect, Unseen};
use manifest::Manifest;
use package::Content;
use pdf::BaseError;
use plan::{Bag, Document};
use press::{Press, Shop};
use statics::Statics;
use std::io::{self, Write};
use std::path::Path;
use versions::Maps;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    #[error("can't write: {0}")]
    Io(#[from] io::Error),
    #[error("a layout's static layer can't be taken over: {0}")]
    Base(#[from] BaseError),
}

/// What was printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub sheets: u64,
    pub pages: u64,
    /// Of all PDFs.
    pub bytes: u64,
    /// Names relative to the output, in the order that they were written.
    pub files: Vec<String>,
    pub notes: Vec<String>,
}

/// Prints into a folder. `progress` is told the pages done, and all that are to do.
pub fn print(package: &Package, key: &SheetKey, out: &Path, progress: &dyn Fn(u64, u64)) -> Result<Report, PrintError> {
    let mut folder = Folder::new(out);
    let report = print_to(package, key, &mut folder, progress)?;
    folder.commit()?;
    Ok(report)
}

/// Prints into anything that takes files.
pub fn print_to<O: Output>(
    package: &Package,
    key: &SheetKey,
    output: &mut O,
    progress: &dyn Fn(u64, u64),
) -> Result<Report, PrintError> {
    Prepared::new(package)?.print_to(key, output, progress)
}

/// What is printed again, by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reprint<'a> {
    Student(&'a str),
    Room(&'a str),
}

/// A package with all that its pages share: made once, printed from as often as one likes.
pub struct Prepared<'p> {
    package: &'p Package,
    statics: Statics<'p>,
    booklets: Option<Booklets<'p>>,
}

impl<'p> Prepared<'p> {
    pub fn new(package: &'p Package) -> Result<Self, PrintError> {
        let statics = Statics::new(package)?;
        let exam = package.exam.as_ref().filter(|_| package.contents.has(Content::Booklet));
        let booklets = exam.map(|exam| {
            let mut sizes = vec![(exam.look.format, exam.look.text)];
            if let Some(large) = &package.sheets.large_print {
                sizes.push((large.content.format, large.content.text));
            }
            Booklets::new(package, exam, &sizes, &statics.heading, &statics.fonts)
        });
        let booklets = booklets.transpose()?;
        Ok(Prepared { package, statics, booklets })
    }

    /// What coded pages are printed over, for who inspects them.
    pub fn grounds(&self) -> Result<Vec<Ground<'_>>, PrintError> {
        inspect::grounds(&self.statics)
    }

    pub fn print_to<O: Output>(
        &self,
        key: &SheetKey,
        output: &mut O,
        progress: &dyn Fn(u64, u64),
    ) -> Result<Report, PrintError> {
        self.print_inspected(key, output, &Unseen, progress)
    }

    /// Prints, and shows every coded page to who inspects it.
    pub fn print_inspected<O: Output>(
        &self,
        key: &SheetKey,
        output: &mut O,
        inspect: &dyn Inspect,
        progress: &dyn Fn(u64, u64),
    ) -> Result<Report, PrintError> {
        let package = self.package;
        let files = plan::files(package);
        let mut report = Report { notes: self.notes(), ..Report::default() };
        let all: u64 = files.iter().flat_map(|f| &f.bags).map(|bag| self.pages(bag)).sum();

        // The manifest is created first, and so gets its name last: where it stands, all the others do.
        let manifest = output.create("manifest.json")?;
        let geometry = output.create("geometry.json")?;
        let application = &package.application.id;
        let maps = match &self.booklets {
            Some(booklets) => Some(Maps::new(output.create(VERSIONS)?, application, booklets.exam)?),
            None => None,
        };
        report.files.extend(maps.is_some().then(|| VERSIONS.to_owned()));
        let mut manifest = Manifest::new(manifest, geometry, maps, application, self.statics.layouts())?;
        for layout in self.statics.layouts() {
            let name = format!("layouts/{}.json", layout.id);
            let mut file = output.create(&name)?;
            serde_json::to_writer(&mut file, layout).map_err(io::Error::from)?;
            file.flush()?;
            report.files.push(name);
        }
        let mut zip = match package.options.zip {
            true => Some(ZipWriter::new_stream(output.create(ZIP)?)),
            false => None,
        };
        let shop = Shop { package, key, statics: &self.statics, booklets: self.booklets.as_ref(), inspect };
        for plan in &files {
            let mut bags = &plan.bags[..];
            let mut part = 1;
            while !bags.is_empty() {
                let name =
                    if part == 1 { format!("{}.pdf", plan.name) } else { format!("{}-parte-{part}.pdf", plan.name) };
                if let Some(zip) = &mut zip {
                    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
                    zip.start_file(name.as_str(), stored.large_file(true)).map_err(io::Error::from)?;
                }
                let out = Both { file: output.create(&name)?, zip: zip.as_mut() };
                let (left, finished) =
                    self.file(&shop, &name, bags, out, &mut manifest, &mut report, &|done| progress(done, all))?;
                bags = left;
                part += 1;
                report.bytes += finished.bytes;
                report.files.push(name.clone());
                manifest.file(&name, finished);
            }
        }
        if let Some(zip) = zip {
            zip.finish().map_err(io::Error::from)?.into_inner().flush()?;
            report.files.push(ZIP.to_owned());
        }
        manifest.finish()?;
        progress(all, all);
        report.files.extend(["geometry.json".to_owned(), "manifest.json".to_owned()]);
        Ok(report)
    }

    /// Prints again what one student or one room has, into one PDF: page for page the same bytes as before. None where the
    /// package has no such student or room.
    pub fn reprint<W: Write>(
        &self,
        key: &SheetKey,
        what: Reprint,
        out: W,
    ) -> Result<Option<pdf::Finished>, PrintError> {
        let (package, statics, booklets) = (self.package, &self.statics, self.booklets.as_ref());
        let shop = Shop { package, key, statics, booklets, inspect: &Unseen };
        let mut manifest =
            Manifest::new(io::sink(), io::sink(), None, &self.package.application.id, std::iter::empty())?;
        let (room, student) = match what {
            Reprint::Room(id) => (Some(id), None),
            Reprint::Student(id) => (None, Some(id)),
        };
        let files = plan::files(self.package);
        let mut bags = files.iter().flat_map(|f| &f.bags).filter(|bag| match what {
            Reprint::Room(id) => bag.room.id == id,
            Reprint::Student(id) => bag.students.iter().any(|s| s.id == id),
        });
        let Some(first) = bags.next() else { return Ok(None) };
        let name = room.or(student).unwrap_or_default();
        let mut press = Press::new(&shop, name, out)?;
        for bag in std::iter::once(first).chain(bags) {
            press.bag(bag, student, &mut manifest, &mut |_| ())?;
        }
        Ok(Some(press.finish()?.1))
    }

    /// Prints as many bags as go into one file, and says which are left.
    #[expect(clippy::too_many_arguments, reason = "each is one thing that a file is made from or told to")]
    fn file<'b, W: Write, M: Write, G: Write>(
        &self,
        shop: &Shop<'_>,
        name: &str,
        bags: &'b [Bag<'p>],
        out: W,
        manifest: &mut Manifest<M, G>,
        report: &mut Report,
        progress: &dyn Fn(u64),
    ) -> Result<(&'b [Bag<'p>], pdf::Finished), PrintError> {
        const MEGABYTE: u64 = 1_000_000;
        let options = &self.package.options;
        let mut press = Press::new(shop, name, out)?;
        let mut bags = bags;
        while let Some((bag, rest)) = bags.split_first() {
            let before = report.pages;
            let mut told = before;
            let made = press.bag(bag, None, manifest, &mut |pages| {
                let now = before.max(pages);
                if now >= told + PROGRESS_EVERY {
                    told = now;
                    progress(now);
                }
            })?;
            report.pages += made.pages;
            report.sheets += made.sheets;
            bags = rest;
            let full = options.split_pages.is_some_and(|most| press.pages() >= most)
                || options.split_megabytes.is_some_and(|most| press.bytes() >= most * MEGABYTE);
            if full {
                break;
            }
        }
        Ok((bags, press.finish()?.1))
    }

    /// About how many pages a bag has.
    fn pages(&self, bag: &Bag) -> u64 {
        let booklet = self.booklets.as_ref().map_or(1, |b| b.usual_pages() as u64);
        let sheet = self.package.sheets.normal.content.pages.len() as u64;
        let pages = |document: Document| match document {
            Document::Paper(_) => 1,
            Document::Booklet(_) => booklet,
            Document::Sheet(_) => sheet,
        };
        bag.documents(self.package).into_iter().map(pages).sum()
    }

    fn notes(&self) -> Vec<String> {
        let typeset = self.booklets.iter().flat_map(|b| b.notes.iter().map(ToString::to_string));
        self.package.notes.iter().cloned().chain(typeset).collect()
    }
}

/// Pages between two words about progress.
const PROGRESS_EVERY: u64 = 256;
const VERSIONS: &str = "versions.json";
/// All PDFs once more, for who passes them on.
const ZIP: &str = "malote.zip";

/// A file, and its copy in the ZIP.
struct Both<'z, F: Write, Z: Write> {
    file: F,
    zip: Option<&'z mut ZipWriter<StreamWriter<Z>>>,
}

impl<F: Write, Z: Write> Write for Both<'_, F, Z> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        if let Some(zip) = &mut self.zip {
            zip.write_all(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
