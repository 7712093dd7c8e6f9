//! The child: one task, its events on stdout, and an end.

mod pdf;

use super::blank::blank;
use super::{Bounds, Drawing, Event, Order, PageDrawings, Task};
use crate::limits::Limits;
use crate::output::annotate::{annotate, plain, thumbnail};
use crate::output::{Seen, Trace, crop, ordered_parallel, trace};
use crate::preflight::{self, PreflightError};
use crate::print::{self, Package, Prepared, PrintError, Reprint, package, rich};
use crate::raster::Rgb;
use crate::read::Reader;
use crate::read::batch::Observed;
use crate::read::identify::Ask;
use crate::read::layouts::{Layouts, LayoutsError};
use crate::read::pages::{self, PageRef};
use crate::read::policy::Policy;
use crate::read::result::{Issue, Outcome, PageReading, Source};
use crate::sheet::SheetKey;
use crate::sheet::lize::Models;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, BufWriter, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// By how much a child's priority is below that of the parent, which answers requests meanwhile: where both want a core, the
/// parent has it nine times out of ten. A core that nobody else wants is the child's.
const NICE: i32 = 10;

/// Does what the order on `stdin` says.
pub fn run(mut stdin: impl Read, stdout: impl Write) -> ExitCode {
    // Linux has a priority for each thread: those that are started from here on inherit it. Nothing is lost where it can't be.
    let _ = rustix::process::nice(NICE);
    let mut text = Vec::new();
    let out = Out { lines: RefCell::new(BufWriter::new(stdout)) };
    let order = stdin.read_to_end(&mut text).map_err(|e| e.to_string());
    let order = order.and_then(|_| serde_json::from_slice::<Order>(&text).map_err(|e| e.to_string()));
    let done = order.map_err(|detail| said(Event::Failed { detail })).and_then(|order| {
        bound(order.bounds)?;
        match &order.task {
            Task::Count { files } => count(files, &order.limits, &out),
            Task::Read { .. } => read(&order, &out),
            Task::Draw { .. } => draw(&order, &out),
            Task::Resume { .. } => resume(&order, &out),
            Task::Check { package } => open(package).map(|_| ()),
            Task::Reprint { package, student, room, out } => {
                let what = student.as_deref().map(Reprint::Student).or(room.as_deref().map(Reprint::Room));
                what.map_or(Ok(()), |what| reprint(package, what, out, &order.sheet_key))
            }
            Task::Erase { file, pages, out } => without(file, pages, out),
            Task::Print { package, out: folder } => print(package, folder, &order.sheet_key, &out),
            task => match pdf::run(task, &order.limits)? {
                Some(event) => Ok(out.say(&event)?),
                None => Ok(()),
            },
        }
    });
    let told = match done {
        Ok(()) => out.say(&Event::End),
        Err(Stop::Said(event)) => out.say(&event).and_then(|()| out.say(&Event::End)),
        Err(Stop::Unheard) => return ExitCode::FAILURE,
    };
    if told.is_err() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Why a task ends early.
enum Stop {
    Said(Box<Event>),
    /// Nobody listens: the parent is gone.
    Unheard,
}

impl From<io::Error> for Stop {
    fn from(_: io::Error) -> Self {
        Stop::Unheard
    }
}

fn said(event: Event) -> Stop {
    Stop::Said(Box::new(event))
}

fn failed(e: impl std::fmt::Display) -> Stop {
    said(Event::Failed { detail: e.to_string() })
}

struct Out<W: Write> {
    lines: RefCell<BufWriter<W>>,
}

impl<W: Write> Out<W> {
    fn say(&self, event: &Event) -> io::Result<()> {
        let mut lines = self.lines.borrow_mut();
        serde_json::to_writer(&mut *lines, event)?;
        lines.write_all(b"\n")?;
        lines.flush()
    }
}

/// Over its limits the kernel ends the child, or an allocation fails, which ends it too.
fn bound(bounds: Bounds) -> Result<(), Stop> {
    let set = |resource: rlimit::Resource, most: u64| {
        let (_, hard) = resource.get()?;
        let most = most.min(hard);
        resource.set(most, most)
    };
    set(rlimit::Resource::AS, bounds.memory).map_err(failed)?;
    set(rlimit::Resource::CPU, bounds.cpu_seconds).map_err(failed)?;
    // A dump of its memory would be a copy of pupils' sheets.
    set(rlimit::Resource::CORE, 0).map_err(failed)
}

fn count(files: &[std::path::PathBuf], limits: &Limits, out: &Out<impl Write>) -> Result<(), Stop> {
    for file in files {
        let pages = pages::open(file, limits).count();
        out.say(&Event::Counted { pages: u32::try_from(pages).unwrap_or(u32::MAX) })?;
    }
    Ok(())
}

fn read(order: &Order, out: &Out<impl Write>) -> Result<(), Stop> {
    let Task::Read { file, name, first, last, layouts, policy } = &order.task else { return Ok(()) };
    let reader = reader(order, layouts, policy.as_ref())?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(order.bounds.threads).build().map_err(failed)?;
    let take = last.saturating_sub(first.saturating_sub(1)) as usize;
    let pages = pages::open(file, &order.limits).enumerate().skip(first.saturating_sub(1) as usize).take(take);
    let work = |(at, page): (usize, PageRef)| {
        let source = page.source.clone();
        let (mut reading, observed, ask) = catch_unwind(AssertUnwindSafe(|| {
            let (reading, mut seen) = reader.read_page(&page, &order.limits);
            let ask = seen.trace.ask.as_ref().filter(|_| reading.outcome == Outcome::Unidentified).and_then(png);
            (reading, Observed::of(&mut seen, page.source.page), ask)
        }))
        .unwrap_or_else(|_| {
            let mut reading = PageReading::new(source, Outcome::Error);
            reading.issues.push(Issue::new("internal", "the reader failed on this page; it was not read"));
            (reading, Observed::default(), None)
        });
        reading.source = named(reading.source, file, name);
        Event::page(at as u32 + 1, reading, observed, ask)
    };
    ordered_parallel(&pool, pages, work, |event| out.say(&event.map_err(failed)?).map_err(Stop::from))
}

fn reader(order: &Order, layouts: &Path, policy: Option<&serde_json::Value>) -> Result<Reader, Stop> {
    let layouts = match Layouts::load(layouts) {
        // Lize's sheets need none, and pages of sheets unknown here are told one by one.
        Err(LayoutsError::Nothing(_)) => Layouts::default(),
        layouts => layouts.map_err(failed)?,
    };
    let policy = match policy {
        None => Policy::default(),
        Some(json) => Policy::from_json(json.to_string().as_bytes()).map_err(|faults| {
            let detail = "the policy is not valid".to_owned();
            said(Event::Refused { code: "not_a_policy".to_owned(), detail, faults })
        })?,
    };
    Ok(Reader { layouts, key: SheetKey::new(&order.sheet_key), policy })
}

/// The code's place, as OCR is shown it. None where it can't be encoded: then nobody is asked.
fn png(ask: &Ask) -> Option<String> {
    let mut rgb = Rgb::new(ask.crop.width, ask.crop.height, [0xFF; 3]);
    rgb.put_gray(&ask.crop, 0, 0, |v| v);
    rgb.to_png().ok().map(|png| STANDARD.encode(png))
}

fn resume(order: &Order, out: &Out<impl Write>) -> Result<(), Stop> {
    let Task::Resume { file, name, answers, by, layouts, policy } = &order.task else { return Ok(()) };
    let reader = reader(order, layouts, policy.as_ref())?;
    for (number, page) in (1..).zip(pages::open(file, &order.limits)) {
        let Some(answer) = answers.get(&number) else { continue };
        let mut reading = reader.read_answered(&page, &order.limits, answer, *by).0;
        reading.source = named(reading.source, file, name);
        out.say(&Event::page(number, reading, Observed::default(), None).map_err(failed)?)?;
    }
    Ok(())
}

/// Pages are named as the user knows the file, and not by where it lies here.
fn named(mut source: Source, file: &Path, name: &str) -> Source {
    if let Some(rest) = source.file.strip_prefix(&*file.to_string_lossy()) {
        source.file = format!("{name}{rest}");
    }
    source
}

fn draw(order: &Order, out: &Out<impl Write>) -> Result<(), Stop> {
    let Task::Draw { file, name, layouts, policy, pages } = &order.task else { return Ok(()) };
    let reader = reader(order, layouts, policy.as_ref())?;
    let last = pages.iter().map(|wanted| wanted.page).max().unwrap_or(0);
    let is_wanted = |number: u32| pages.iter().any(|wanted| wanted.page == number);
    let listed = (1..=last).zip(pages::open(file, &order.limits)).filter(|(number, _)| is_wanted(*number));
    let listed: BTreeMap<u32, PageRef> = listed.collect();
    // In the order in which they are wanted: somebody may wait for the first.
    for wanted in pages {
        let lacking = match listed.get(&wanted.page) {
            None => Some("the file has no such page".to_owned()),
            Some(page) => draw_page(wanted, page, &reader, &order.limits, |source| named(source, file, name))?,
        };
        out.say(&Event::Drawn { page: wanted.page, lacking })?;
    }
    Ok(())
}

/// Draws one page; gives why it can't be.
fn draw_page(
    wanted: &PageDrawings,
    page: &PageRef,
    reader: &Reader,
    limits: &Limits,
    named: impl Fn(Source) -> Source,
) -> Result<Option<String>, Stop> {
    let (mut reading, seen) = match &wanted.told {
        Some((code, by)) => reader.read_answered(page, limits, code, *by),
        None => reader.read_page(page, limits),
    };
    reading.source = named(reading.source);
    let (warp, known) = (trace::warp_of(&seen.trace), trace::page_of(&seen.trace).cloned());
    let drawn = Trace::of(&seen.trace);
    let Some(picture) = seen.picture else {
        return Ok(Some("the page has no picture that can be decoded".to_owned()));
    };
    let picture = picture.whole().gray;
    let seen =
        Seen { picture: &picture, warp: warp.as_ref(), page: known.as_ref(), reading: &reading, trace: Some(&drawn) };
    for (nth, (drawing, out)) in wanted.drawings.iter().enumerate() {
        let rgb = match drawing {
            Drawing::Plain => Some(plain(&seen)),
            Drawing::Thumbnail => Some(thumbnail(&seen)),
            Drawing::Annotated => Some(annotate(&seen)),
            Drawing::Field(id) => crop::field(&seen, id),
        };
        match rgb {
            Some(rgb) => std::fs::write(out, rgb.to_jpeg(85).map_err(failed)?).map_err(failed)?,
            None if nth == 0 => return Ok(Some("the page has no such field, or was not registered".to_owned())),
            None => {}
        }
    }
    Ok(None)
}

/// How often progress is told.
const TELL: Duration = Duration::from_millis(200);

fn open(path: &Path) -> Result<Package, Stop> {
    let json = std::fs::read(path).map_err(failed)?;
    let source = rich::Folder::new(path.parent().unwrap_or(Path::new("")));
    let models = Models::default();
    Package::open(&json, &package::Reading { models: &models, source: &source }).map_err(|faults| {
        let detail = "the package can't be printed".to_owned();
        said(Event::Refused { code: "not_a_package".to_owned(), detail, faults })
    })
}

fn refused(e: PrintError) -> Stop {
    match e {
        PrintError::Io(e) => failed(e),
        e => said(Event::Refused { code: "not_printable".to_owned(), detail: e.to_string(), faults: Vec::new() }),
    }
}

fn reprint(path: &Path, what: Reprint, out: &Path, key: &str) -> Result<(), Stop> {
    let package = open(path)?;
    let prepared = Prepared::new(&package).map_err(refused)?;
    let mut pdf = Vec::new();
    match prepared.reprint(&SheetKey::new(key), what, &mut pdf).map_err(refused)? {
        Some(_) => std::fs::write(out, pdf).map_err(failed),
        None => {
            let detail = "nobody of the package has this id".to_owned();
            Err(said(Event::Refused { code: "not_in_package".to_owned(), detail, faults: Vec::new() }))
        }
    }
}

fn without(file: &Path, pages: &[u32], out: &Path) -> Result<(), Stop> {
    let refused = |detail: String| said(Event::Refused { code: "not_blanked".to_owned(), detail, faults: Vec::new() });
    let pdf = std::fs::read(file).map_err(failed)?;
    match blank(&pdf, pages) {
        Ok(Some(pdf)) => std::fs::write(out, pdf).map_err(failed),
        Ok(None) => Err(refused("the pages can't be told from the rest for sure".to_owned())),
        Err(e) => Err(refused(e.to_string())),
    }
}

fn print(path: &Path, folder: &Path, key: &str, out: &Out<impl Write>) -> Result<(), Stop> {
    let package = open(path)?;
    let key = SheetKey::new(key);
    let told = RefCell::new(Instant::now());
    let progress = |done, of| {
        if told.borrow().elapsed() >= TELL {
            *told.borrow_mut() = Instant::now();
            // If nobody listens, the next event that matters says so.
            let _ = out.say(&Event::Progress { done, of });
        }
    };
    let report = match package.options.preflight {
        true => preflight::print(&package, &key, folder, &progress).map(|(report, _)| report),
        false => print::print(&package, &key, folder, &progress).map_err(PreflightError::from),
    };
    let report = report.map_err(|e| match e {
        PreflightError::Print(e) => refused(e),
        e @ PreflightError::Faults { .. } => failed(e),
    })?;
    let print::Report { sheets, pages, bytes, files, notes } = report;
    out.say(&Event::Printed { sheets, pages, bytes, files, notes })?;
    Ok(())
}
