//! `gabarito read`: its arguments, and where its results go.

use super::CliError;
use super::bounds::LimitArgs;
use super::resume::Resume;
use super::sheets::{Sheets, Told};
use super::spread::{Page, Spread};
use crate::output::Sink;
use crate::output::annotate::annotate;
use crate::output::csv::Csv;
use crate::output::jsonl::Jsonl;
use crate::output::progress::Progress;
use crate::output::report;
use crate::output::table::{Look, Table};
use crate::output::xlsx::Xlsx;
use crate::read::batch::Batch;
use crate::read::pages::{self, PageRef};
use clap::{Args, ValueEnum};
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Read scanned sheets: one result for every page, in input order
#[derive(Debug, Args)]
pub struct ReadArgs {
    /// Files and folders of PDF, TIFF, JPEG, PNG, WebP and ZIP
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Where the printed layouts are: a folder `layouts/`, or a `geometry.json`
    #[arg(long, value_name = "DIR|geometry.json")]
    pub layouts: Option<PathBuf>,
    /// Read sheets of another system, described by a template: ours (docs/template.md) or OMRChecker's
    #[arg(long, value_name = "TEMPLATE.json")]
    pub template: Option<PathBuf>,
    /// Score the template's answers by OMRChecker's evaluation [default: evaluation.json beside the template]
    #[arg(long, value_name = "EVALUATION.json", requires = "template")]
    pub evaluation: Option<PathBuf>,
    /// Models of Lize sheets, in place of the built-in table
    #[arg(long, value_name = "MODELS.json")]
    pub models: Option<PathBuf>,
    /// Students, to match numbers filled in by hand against: a CSV with a column matrícula, RA or enrollment, and
    /// perhaps one with their ids
    #[arg(long, value_name = "R.csv")]
    pub roster: Option<PathBuf>,
    /// What a school makes of marks: how sure an answer must be, and which kinds of mark count (docs/policy.md)
    #[arg(long, value_name = "POLICY.json", conflicts_with = "template")]
    pub policy: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// Draw every page with what was read, into this folder
    #[arg(long, value_name = "DIR")]
    pub annotate: Option<PathBuf>,
    /// Write JSON Lines into this file; if an earlier run was broken off there, go on after its last page
    #[arg(long, value_name = "RESULTS.jsonl")]
    pub resume: Option<PathBuf>,
    /// Write what shows of the batch as a whole: duplicates, missing sheets and pages, hints
    #[arg(long, value_name = "FILE.json")]
    pub summary: Option<PathBuf>,
    #[command(flatten)]
    pub jobs: Jobs,
    #[command(flatten)]
    pub limits: LimitArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a person
    Table,
    /// One JSON object a line, a line a page
    Jsonl,
    /// `;` between cells, for spreadsheets
    Csv,
    /// A workbook; redirect it to a file
    Xlsx,
}

#[derive(Clone, Copy, Debug, Args)]
pub struct Jobs {
    /// Threads to spread pages over [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub jobs: Option<u16>,
}

impl Jobs {
    pub fn pool(self) -> Result<rayon::ThreadPool, CliError> {
        let threads =
            self.jobs.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|e| CliError::Failed(format!("no threads to work on: {e}")))
    }
}

impl ReadArgs {
    /// A path that is not there ends the run before it begins; a bad file that is there is a line of the result.
    pub fn check_paths(&self) -> Result<(), CliError> {
        let named = [&self.layouts, &self.template, &self.evaluation, &self.models, &self.roster, &self.policy];
        for path in self.paths.iter().chain(named.into_iter().flatten()) {
            path.metadata().map_err(|e| CliError::file(path, e))?;
        }
        Ok(())
    }
}

impl Format {
    /// A sink onto stdout, as wide and colourful as it is.
    pub fn on_stdout(self) -> Result<Box<dyn Sink>, CliError> {
        let out = io::stdout();
        if self == Format::Xlsx && out.is_terminal() {
            return Err(CliError::Usage("--format xlsx is for a file: add `> respostas.xlsx`".to_owned()));
        }
        Ok(self.on(out, look_of_stdout()))
    }

    pub fn on(self, out: impl Write + 'static, look: Look) -> Box<dyn Sink> {
        match self {
            Format::Table => Box::new(Table::new(out, look)),
            Format::Jsonl => Box::new(Jsonl::new(out)),
            Format::Csv => Box::new(Csv::new(io::BufWriter::new(out))),
            Format::Xlsx => Box::new(Xlsx::new(out)),
        }
    }
}

/// As wide and colourful as the terminal is.
pub fn look_of_stdout() -> Look {
    if !io::stdout().is_terminal() {
        return Look::default();
    }
    // An empty NO_COLOR counts as unset (no-color.org).
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    let term = console::Term::stdout();
    let dumb = std::env::var_os("TERM").is_some_and(|t| t == "dumb");
    Look { width: term.size_checked().map(|(_, columns)| columns.into()), color: !no_color && !dumb }
}

pub fn run(args: &ReadArgs) -> Result<ExitCode, CliError> {
    args.check_paths()?;
    let told = Told {
        template: args.template.as_deref(),
        evaluation: args.evaluation.as_deref(),
        layouts: args.layouts.as_deref(),
        models: args.models.as_deref(),
        policy: args.policy.as_deref(),
    };
    let (template, layouts, roster) = (told.template, told.layouts, args.roster.as_deref());
    let sheets = Sheets::choose(told, &args.paths)?;
    let limits = args.limits.limits();
    let mut batch = Batch::new(sheets.known(roster, layouts, &args.paths)?);
    let mut pages = args.paths.iter().flat_map(|path| pages::open(path, &limits)).peekable();
    let mut progress = Progress::on_stderr(None);
    let sink: Box<dyn Sink> = match &args.resume {
        None => args.format.on_stdout()?,
        Some(_) if matches!(args.format, Format::Csv | Format::Xlsx) => {
            return Err(CliError::Usage("--resume writes JSON Lines, and no other format".to_owned()));
        }
        Some(path) => {
            let mut resume = Resume::open(path, &sheets.hash(template, roster, &limits)?)?;
            progress.skip(resume.skip(&mut pages, &mut batch)?);
            Box::new(resume.sink())
        }
    };
    let work = |page: PageRef| {
        let (reading, shown) = sheets.read(&page, &limits, args.annotate.is_some());
        // A picture that can't be encoded is left out: the reading is what was asked for.
        let draw = || annotate(&shown.seen(&reading)?).to_jpeg(85).ok();
        let annotated = args.annotate.as_ref().and_then(|_| draw());
        Page { reading, annotated, observed: shown.observed }
    };
    let run = Spread { pool: &args.jobs.pool()?, sink, annotate: args.annotate.as_deref(), batch };
    let summary = run.pages(pages, |page| page.source.clone(), work, progress)?;
    if let Some(path) = &args.summary {
        let json = serde_json::to_vec_pretty(&summary).map_err(|e| CliError::Failed(e.to_string()))?;
        std::fs::write(path, json).map_err(|e| CliError::file(path, e))?;
    }
    // Of a page alone its line says all. Whoever closed stderr does not want it.
    if summary.pages.values().sum::<usize>() > 1 {
        let _ = report::write(&mut io::stderr().lock(), &summary);
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Only {
        #[command(flatten)]
        read: ReadArgs,
    }

    fn parse(line: &str) -> Result<ReadArgs, clap::Error> {
        Only::try_parse_from(std::iter::once("gabarito").chain(line.split_whitespace())).map(|o| o.read)
    }

    #[test]
    fn the_flags_are_those_of_the_contract() {
        let line =
            "a.pdf b --layouts geometry.json --template t.json --roster r.csv --format xlsx --annotate d --jobs 3";
        let args = parse(line).unwrap();
        assert_eq!(args.paths, [PathBuf::from("a.pdf"), PathBuf::from("b")]);
        assert_eq!((args.format, args.jobs.jobs), (Format::Xlsx, Some(3)));
        assert_eq!(args.annotate, Some("d".into()));
        assert_eq!(parse("a").unwrap().format, Format::Table);
        for wrong in ["", "a --jobs 0", "a --format yaml", "a --unknown"] {
            assert_eq!(parse(wrong).unwrap_err().exit_code(), 2, "{wrong}");
        }
    }

    #[test]
    fn a_path_that_is_not_there_is_named() {
        let error = parse("/nowhere/at/all.pdf").unwrap().check_paths().unwrap_err();
        assert!(error.message().contains("/nowhere/at/all.pdf"), "{}", error.message());
    }
}
