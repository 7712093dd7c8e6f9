//! `gabarito demo`: the main job from end to end, on a small school.

use super::read::Jobs;
use super::sheets::{Sheets, Told};
use super::spread::{Page, Spread};
use super::{CliError, sheet_key};
use crate::demo;
use crate::limits::Limits;
use crate::output::annotate::annotate;
use crate::output::csv::Csv;
use crate::output::progress::Progress;
use crate::output::words::count;
use crate::output::{Run, Sink};
use crate::preflight;
use crate::print::Package;
use crate::print::bag::Paper;
use crate::print::package::{Content, Reading};
use crate::print::rich::Source;
use crate::read::batch::Batch;
use crate::read::pages::{self, PageRef};
use crate::read::result::PageReading;
use crate::sheet::lize::Models;
use clap::Args;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Print a small school's exam bag, simulate the scans of its sheets and lists, read them back and compare
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Folder for the PDFs, the scans, the annotated pages and the CSV
    #[arg(long, value_name = "DIR", default_value = "gabarito-demo")]
    pub out: PathBuf,
    /// Another day at the same school
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    #[command(flatten)]
    pub jobs: Jobs,
}

/// A whole exam bag; without booklets, a school's sheets.
const SCHOOL: &[u8] = match cfg!(feature = "booklets") {
    true => include_bytes!("../../samples/malote/PACKAGE.json"),
    false => include_bytes!("../../samples/escola/PACKAGE.json"),
};

/// The pictures of the school's questions.
struct Pictures;

impl Source for Pictures {
    fn fetch(&self, reference: &str) -> Result<Vec<u8>, String> {
        match reference {
            "circuito.png" => Ok(include_bytes!("../../samples/malote/circuito.png").to_vec()),
            _ => Err("the demonstration has no such file".to_owned()),
        }
    }
}

pub fn run(args: &DemoArgs) -> Result<ExitCode, CliError> {
    let package = Package::open(SCHOOL, &Reading { models: &Models::default(), source: &Pictures })
        .map_err(|faults| CliError::Faults { file: "PACKAGE.json".into(), faults })?;
    let (printed, scans, annotated) = (args.out.join("impressos"), args.out.join("escaneados"), args.out.join("lidos"));
    // What an earlier demonstration left would be read again.
    for folder in [&scans, &annotated] {
        if folder.exists() {
            std::fs::remove_dir_all(folder).map_err(|e| CliError::file(folder, e))?;
        }
    }
    let pool = args.jobs.pool()?;
    say("1. Impressão")?;
    let (report, checked) =
        preflight::print(&package, &sheet_key()?, &printed, &|_, _| ()).map_err(|e| CliError::Failed(e.to_string()))?;
    let (sheets, pages) = (report.sheets as usize, report.pages as usize);
    say(&format!(
        "   {} em {}: {}",
        count(sheets, "folha", "folhas"),
        count(pages, "página", "páginas"),
        bag(&package)
    ))?;
    let coded = checked.pages as usize;
    say(&format!(
        "   {} antes da entrega",
        count(coded, "página com códigos conferida", "páginas com códigos conferidas")
    ))?;

    say("2. Prova: os alunos preenchem, a escola escaneia e fotografa")?;
    let rooms = package.units.iter().flat_map(|unit| &unit.rooms);
    let numbers = rooms.flat_map(|room| &room.students).map(|s| (s.id.as_str(), s.enrollment.as_str())).collect();
    let day = || demo::exam_day(&printed, &scans, &numbers, args.seed);
    let handed = pool.install(day).map_err(|e| CliError::file(&args.out, e))?;

    say("3. Leitura\n")?;
    let told = Told { layouts: Some(&printed), ..Told::default() };
    let reading = Sheets::choose(told, &[])?;
    let limits = Limits::default();
    let csv = args.out.join("respostas.csv");
    let file = std::fs::File::create(&csv).map_err(|e| CliError::file(&csv, e))?;
    let mut readings = Vec::new();
    let tee = Tee {
        table: super::read::Format::Table.on_stdout()?,
        csv: Csv::new(io::BufWriter::new(file)),
        kept: &mut readings,
    };
    let work = |page: PageRef| {
        let (reading, shown) = reading.read(&page, &limits, true);
        let annotated = shown.seen(&reading).and_then(|s| annotate(&s).to_jpeg(80).ok());
        Page { reading, annotated, observed: shown.observed }
    };
    let spread = Spread { pool: &pool, sink: Box::new(tee), annotate: Some(&annotated), batch: Batch::default() };
    spread.pages(pages::open(&scans, &limits), |p| p.source.clone(), work, Progress::on_stderr(None))?;

    let (tally, missing) = demo::compare(&handed, &readings);
    say("\n4. Conferência com o que os alunos marcaram de verdade")?;
    say(&format!(
        "   {} certas, {} duvidosas (para uma pessoa), {} não lidas, {} erradas",
        tally.right, tally.doubtful, tally.unread, tally.wrong
    ))?;
    for field in &tally.wrong_fields {
        say(&format!("   errada: {field}"))?;
    }
    let absent = demo::absent(&handed, &readings);
    let ids = absent.iter().copied().collect::<Vec<_>>().join(", ");
    if handed.iter().any(|page| !page.rows.is_empty()) {
        say(&format!("   {} na lista de presença: {ids}", count(absent.len(), "ausente", "ausentes")))?;
    }
    for page in missing {
        let Some(student) = page.student.as_deref().filter(|id| !absent.contains(id)) else { continue };
        let room = package.units.iter().flat_map(|u| &u.rooms).find(|r| r.id == page.room).map_or("", |r| &r.name);
        say(&format!(
            "   impressa e não lida, procure: {room}, estudante {student}, folha {}, p. {}",
            page.sheet_id, page.page
        ))?;
    }
    say("\n5. Onde está")?;
    for (what, path) in
        [("PDFs impressos", printed), ("escaneados", scans), ("páginas anotadas", annotated), ("respostas", csv)]
    {
        say(&format!("   {what}: {}", path.display()))?;
    }
    Ok(if tally.wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a room's bag has.
fn bag(package: &Package) -> String {
    let words = package.contents.0.iter().filter_map(|content| match content {
        Content::Paper(Paper::Cover) => Some("capa"),
        Content::Paper(Paper::Attendance) => Some("lista de presença"),
        Content::Paper(_) | Content::Spares => None,
        Content::Booklet => Some("cadernos de prova"),
        Content::Sheet => Some("folhas de respostas"),
    });
    words.collect::<Vec<_>>().join(", ")
}

fn say(line: &str) -> Result<(), CliError> {
    writeln!(io::stdout(), "{line}").map_err(CliError::Output)
}

/// The table on the terminal, the CSV beside it, and the readings kept to be compared.
struct Tee<'a> {
    table: Box<dyn Sink>,
    csv: Csv<io::BufWriter<std::fs::File>>,
    kept: &'a mut Vec<PageReading>,
}

impl Sink for Tee<'_> {
    fn page(&mut self, reading: PageReading) -> io::Result<()> {
        self.kept.push(reading.clone());
        self.csv.page(reading.clone())?;
        self.table.page(reading)
    }

    fn finish(&mut self, run: &Run) -> io::Result<()> {
        self.csv.finish(run)?;
        self.table.finish(run)
    }
}
