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
pub mod booklet;
pub mod draw;
pub mod fit;
pub mod logo;
pub mod manifest;
pub mod output;
pub mod package;
pub mod pdf;
mod plan;
pub mod rich;
pub mod stamp;
mod statics;
pub mod typeface;
pub mod typeset;

pub use output::{Discard, Folder, Output};
pub use package::Package;

use crate::sheet::{Identity, SheetKey};
use manifest::{Manifest, PrintedPage, hex};
use pdf::{BaseError, Writer};
use plan::FilePlan;
use sha2::{Digest, Sha256};
use stamp::{Person, Said, Stamp};
use statics::{RoomPages, Statics};
use std::io::{self, Write};
use std::path::Path;

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
    let statics = Statics::new(package)?;
    let files = plan::files(package);
    let mut report = Report { notes: package.notes.clone(), ..Report::default() };
    let all: u64 = files.iter().map(|f| plan::pages(package, f)).sum();

    // The manifest is created first, and so gets its name last: where it stands, all the others do.
    let manifest = output.create("manifest.json")?;
    let geometry = output.create("geometry.json")?;
    let mut manifest = Manifest::new(manifest, geometry, &package.application.id, package.sheets.all())?;
    for layout in package.sheets.all() {
        let name = format!("layouts/{}.json", layout.id);
        let mut file = output.create(&name)?;
        serde_json::to_writer(&mut file, layout).map_err(io::Error::from)?;
        file.flush()?;
        report.files.push(name);
    }
    for plan in &files {
        let mut run = Run { package, key, statics: &statics, manifest: &mut manifest, report: &mut report };
        let finished = run.file(plan, output.create(&plan.name)?, &|done| progress(done, all))?;
        report.bytes += finished.bytes;
        report.files.push(plan.name.clone());
        manifest.file(&plan.name, finished);
    }
    manifest.finish()?;
    progress(all, all);
    report.files.extend(["geometry.json".to_owned(), "manifest.json".to_owned()]);
    Ok(report)
}

/// Pages between two words about progress.
const PROGRESS_EVERY: u64 = 256;

struct Run<'a, M: Write, G: Write> {
    package: &'a Package,
    key: &'a SheetKey,
    statics: &'a Statics<'a>,
    manifest: &'a mut Manifest<M, G>,
    report: &'a mut Report,
}

impl<M: Write, G: Write> Run<'_, M, G> {
    fn file<W: Write>(&mut self, plan: &FilePlan, out: W, progress: &dyn Fn(u64)) -> Result<pdf::Finished, PrintError> {
        let mut writer = Writer::new(out)?;
        let bases = self.statics.write(&mut writer)?;
        let mut stamp = Stamp::new(&self.statics.fonts, self.key);
        let mut rooms = RoomPages::new(&bases);
        let mut pdf_page = 0;
        for sheet in plan::sheets(self.package, plan) {
            rooms.enter(sheet.unit, sheet.room);
            let mut said = match &self.package.sheets.lize {
                Some(order) => Said::Lize(sheet.lize_code(self.package, self.key, order)),
                None => Said::Native(Identity {
                    sheet: sheet.id(self.package, self.key),
                    page: 1,
                    layout: sheet.layout.id.clone(),
                }),
            };
            // A loose sheet is anybody's.
            let student = sheet.student.filter(|_| !said.is_loose());
            let version = student.and_then(|s| s.version).map(|v| v.to_string()).unwrap_or_default();
            let person = Person {
                name: student.map_or("", |s| &s.name),
                enrollment: student.map_or("", |s| &s.enrollment),
                version: &version,
            };
            for (i, base) in bases.iter().enumerate().filter(|(_, b)| *b.layout == sheet.layout.id) {
                let resources = rooms.resources(i, &mut stamp, &mut writer)?;
                if let Said::Native(identity) = &mut said {
                    identity.page = base.number;
                }
                let content = stamp.page(&base.places, &said, &person);
                writer.page(base.base.width_pt, base.base.height_pt, resources, content)?;
                pdf_page += 1;
                self.manifest.page(&PrintedPage {
                    sheet_id: said.sheet_id(),
                    student: student.map(|s| s.id.as_str()),
                    unit: &sheet.unit.id,
                    room: &sheet.room.id,
                    layout: &sheet.layout.id,
                    page: base.number,
                    pdf: &plan.name,
                    pdf_page,
                    sha256: hex(&Sha256::digest(content)),
                })?;
                self.report.pages += 1;
                if self.report.pages.is_multiple_of(PROGRESS_EVERY) {
                    progress(self.report.pages);
                }
            }
            self.report.sheets += 1;
        }
        let (_, finished) = writer.finish(&self.package.application.title)?;
        Ok(finished)
    }
}
