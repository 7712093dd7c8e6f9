//! Which sheets a run reads: ours, or those of a template; and what it keeps of a page to draw it.

use super::{CliError, sheet_key};
use crate::grade::evaluation::Key;
use crate::limits::Limits;
use crate::output::{Seen, Trace, trace};
use crate::print::manifest::hex;
use crate::read::batch::{Known, Observed, Printed, Roster};
use crate::read::layouts::{Layouts, LayoutsError};
use crate::read::pages::{PageRef, Picture};
use crate::read::policy::Policy;
use crate::read::result::{IdentifiedBy, Issue, Outcome, PageReading, SheetRef};
use crate::read::template::{self, Template, TemplateError, TemplateReading};
use crate::read::warp::Warp;
use crate::read::{PageTrace, Reader};
use crate::sheet::LayoutPage;
use crate::sheet::lize::Models;
use sha2::{Digest, Sha256};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

pub enum Sheets {
    Native(Reader),
    Foreign(Box<Foreign>),
}

/// Sheets of a template, and what their answers are worth.
pub struct Foreign {
    pub template: Template,
    key: Option<Key>,
}

/// What a picture of the reading is drawn from.
#[derive(Default)]
pub struct Shown {
    pub picture: Option<Picture>,
    warp: Option<Warp>,
    page: Option<LayoutPage>,
    trace: Trace,
    pub observed: Observed,
}

impl Shown {
    pub fn seen<'a>(&'a self, reading: &'a PageReading) -> Option<Seen<'a>> {
        let picture = &self.picture.as_ref()?.gray;
        Some(Seen { picture, warp: self.warp.as_ref(), page: self.page.as_ref(), reading, trace: Some(&self.trace) })
    }
}

/// What a run was told of the sheets that it reads.
#[derive(Clone, Copy, Default)]
pub struct Told<'a> {
    pub template: Option<&'a Path>,
    pub evaluation: Option<&'a Path>,
    pub layouts: Option<&'a Path>,
    pub models: Option<&'a Path>,
    pub policy: Option<&'a Path>,
}

impl Sheets {
    /// The sheets of `template`, or else ours: with the layouts named, or those beside the scans or in the folder that the
    /// command runs in.
    pub fn choose(told: Told, scans: &[PathBuf]) -> Result<Self, CliError> {
        match told.template {
            Some(path) => Foreign::open(path, told.evaluation).map(|f| Sheets::Foreign(Box::new(f))),
            None => Ok(Sheets::Native(Reader {
                layouts: find_layouts(told.layouts, scans)?.with_lize(lize_models(told.models)?),
                key: sheet_key()?,
                policy: told.policy.map_or_else(|| Ok(Policy::default()), policy)?,
            })),
        }
    }

    /// What a batch of these sheets can be held against.
    pub fn known(&self, roster: Option<&Path>, layouts: Option<&Path>, scans: &[PathBuf]) -> Result<Known, CliError> {
        let usage = |path: &Path, e: &dyn std::fmt::Display| CliError::Usage(format!("{}: {e}", path.display()));
        let roster = roster.map(|path| Roster::open(path).map_err(|e| usage(path, &e))).transpose()?;
        let Sheets::Native(reader) = self else { return Ok(Known { roster, ..Known::default() }) };
        let printed = match folder_of_layouts(layouts, scans) {
            Some(path) => Printed::beside(path).map_err(|e| CliError::Usage(e.to_string()))?,
            None => None,
        };
        Ok(Known { printed, roster, layouts: reader.layouts.clone() })
    }

    /// Of all that decides what is read: a run goes on only under the same.
    pub fn hash(&self, template: Option<&Path>, roster: Option<&Path>, limits: &Limits) -> Result<String, CliError> {
        let mut hash = Sha256::new();
        for path in [template, roster].into_iter().flatten() {
            hash.update(Sha256::digest(std::fs::read(path).map_err(|e| CliError::file(path, e))?));
        }
        hash.update(format!("{limits:?}"));
        if let Sheets::Native(reader) = self {
            hash.update(reader.key.sheet_id("", "", 0).as_str());
            hash.update(format!("{:?}", reader.policy));
            reader.layouts.ids().for_each(|id| hash.update(id.as_str()));
            reader.layouts.students().for_each(|(sheet, student)| hash.update(format!("{sheet} {student}\n")));
        }
        Ok(hex(&hash.finalize()))
    }

    /// With nothing to show where no picture is `drawn`: that would decode the whole page.
    pub fn read(&self, page: &PageRef, limits: &Limits, drawn: bool) -> (PageReading, Shown) {
        match self {
            Sheets::Native(reader) => {
                let (reading, mut seen) = reader.read_page(page, limits);
                let observed = Observed::of(&mut seen, page.source.page);
                let shown = if drawn { shown(seen) } else { Shown::default() };
                (reading, Shown { observed, ..shown })
            }
            Sheets::Foreign(foreign) => foreign.read(page, limits),
        }
    }
}

fn shown(seen: PageTrace) -> Shown {
    Shown {
        warp: trace::warp_of(&seen.trace),
        page: trace::page_of(&seen.trace).cloned(),
        trace: Trace::of(&seen.trace),
        picture: seen.picture.map(Picture::whole),
        observed: Observed::default(),
    }
}

/// Opens a template, and says on stderr what in it has no effect.
pub fn open_template(path: &Path) -> Result<Template, CliError> {
    let template = Template::open(path).map_err(|e| template_error(path, e))?;
    for note in &template.notes {
        let _ = writeln!(io::stderr(), "note: {}: {note}", path.display());
    }
    Ok(template)
}

fn template_error(path: &Path, error: TemplateError) -> CliError {
    match error {
        TemplateError::Invalid(faults) => CliError::Faults { file: path.to_owned(), faults },
        TemplateError::File { path, source } => CliError::file(Path::new(&path), source),
        e => CliError::Usage(format!("{}: {e}", path.display())),
    }
}

impl Foreign {
    /// An `evaluation.json` beside the template is heeded unasked, as OMRChecker does.
    pub fn open(path: &Path, evaluation: Option<&Path>) -> Result<Self, CliError> {
        let template = open_template(path)?;
        let beside = path.with_file_name("evaluation.json");
        let key = evaluation.or(Some(&*beside).filter(|p| p.is_file()));
        let open = |p: &Path| template::evaluation::open(p, &template).map_err(|e| template_error(p, e));
        Ok(Foreign { key: key.map(open).transpose()?, template })
    }

    fn read(&self, page: &PageRef, limits: &Limits) -> (PageReading, Shown) {
        let (reading, looked) = self.look(page, limits);
        let Some((picture, read)) = looked else { return (reading, Shown::default()) };
        let (warp, page) = read.placed.map(|p| trace::of_template(&p, &reading.fields)).unzip();
        (reading, Shown { picture: Some(picture), warp, page, ..Shown::default() })
    }

    /// The reading, and where the template was laid on the picture, for [`crate::output::check`].
    pub fn look(&self, page: &PageRef, limits: &Limits) -> (PageReading, Option<(Picture, TemplateReading)>) {
        let ms = |since: Instant| since.elapsed().as_secs_f64() * 1000.0;
        let begun = Instant::now();
        let mut reading = PageReading::new(page.source.clone(), Outcome::Error);
        let picture = match page.decode(limits) {
            Ok(picture) => picture,
            Err(error) => {
                reading.issues.push(Issue::new(error.code(), error.to_string()));
                reading.timings_ms.total = ms(begun);
                return (reading, None);
            }
        };
        reading.timings_ms.decode = ms(begun);
        let mut read = template::read(&picture.gray, &self.template);
        reading.outcome = read.outcome;
        reading.registration = read.registration.clone();
        if let Some(code) = read.code.clone() {
            reading.sheet = Some(SheetRef { id: Some(code), ..SheetRef::default() });
            reading.identified_by = Some(IdentifiedBy::Qr);
        }
        reading.fields = std::mem::take(&mut read.fields);
        reading.issues = std::mem::take(&mut read.issues);
        for note in &picture.notes {
            reading.issues.push(Issue::new(note.code(), note.detail()));
        }
        // A page that was not recognised has no answers, and so no score.
        reading.score = self.key.as_ref().filter(|_| !reading.fields.is_empty()).map(|k| k.score(&reading.fields));
        reading.timings_ms.total = ms(begun);
        (reading, Some((picture, read)))
    }
}

fn folder_of_layouts<'p>(layouts: Option<&'p Path>, scans: &'p [PathBuf]) -> Option<&'p Path> {
    let beside = scans.iter().filter_map(|p| if p.is_dir() { Some(p.as_path()) } else { p.parent() });
    let mut near = beside.chain([Path::new(".")]);
    layouts.or_else(|| near.find(|d| d.join("geometry.json").is_file() || d.join("layouts").is_dir()))
}

/// The table of the Lize sheet's models: that of a file, or the built-in one.
pub fn lize_models(path: Option<&Path>) -> Result<Models, CliError> {
    let Some(path) = path else { return Ok(Models::default()) };
    let json = std::fs::read(path).map_err(|e| CliError::file(path, e))?;
    Models::from_json(&json).map_err(|faults| CliError::Faults { file: path.to_owned(), faults })
}

fn policy(path: &Path) -> Result<Policy, CliError> {
    let json = std::fs::read(path).map_err(|e| CliError::file(path, e))?;
    Policy::from_json(&json).map_err(|faults| CliError::Faults { file: path.to_owned(), faults })
}

fn find_layouts(layouts: Option<&Path>, scans: &[PathBuf]) -> Result<Layouts, CliError> {
    let Some(path) = folder_of_layouts(layouts, scans) else {
        let _ = writeln!(
            io::stderr(),
            "note: no layouts were given and none lie beside the scans; --layouts names the folder that `gabarito \
             print` wrote"
        );
        return Ok(Layouts::default());
    };
    Layouts::load(path).map_err(|e| match e {
        LayoutsError::Io { path, source } => CliError::file(Path::new(&path), source),
        e => CliError::Usage(e.to_string()),
    })
}
