//! `gabarito accuracy`: the reader against scans whose truth is known.

use super::CliError;
use super::read::Jobs;
use crate::accuracy::real;
use crate::accuracy::table::{self, Plan};
use crate::print::PrintError;
use clap::Args;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Read simulated scans whose truth is known: a table of what was right, doubtful and wrong
#[derive(Debug, Args)]
pub struct AccuracyArgs {
    /// Pages of each set; clean sets take three times as many
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub pages: u32,
    /// Only sets whose name begins so
    #[arg(long, value_name = "NAME")]
    pub set: Option<String>,
    /// Other pages under another seed
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Real pictures too: a folder with truth.json, and templates beside the pictures
    #[arg(long, value_name = "DIR")]
    pub scans: Option<PathBuf>,
    #[command(flatten)]
    pub jobs: Jobs,
}

/// The table goes to stdout; on stderr a line for each set as it is done.
pub fn run(args: &AccuracyArgs) -> Result<ExitCode, CliError> {
    let plan = Plan { pages: args.pages as usize, seed: args.seed, only: args.set.clone() };
    let done = |row: &table::Row| {
        let _ = writeln!(io::stderr(), "{}", row.tally.row(&row.name));
    };
    // First, so that a wrong folder is said at once.
    let real =
        args.scans.as_ref().map(|folder| real::rows(folder).map_err(|e| CliError::file(folder, e))).transpose()?;
    let mut rows = args.jobs.pool()?.install(|| table::run(&plan, &done, &|_| {})).map_err(|e| match e {
        PrintError::Io(e) => CliError::Failed(format!("the sheets could not be printed: {e}")),
        e => CliError::Failed(e.to_string()),
    })?;
    rows.extend(real.into_iter().flatten().inspect(done));
    if rows.is_empty() {
        let named = args.set.as_deref().unwrap_or_default();
        return Err(CliError::Usage(format!("no set's name begins with “{named}”")));
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{}", table::markdown(&rows)).and_then(|()| out.flush()).map_err(CliError::Output)?;
    Ok(ExitCode::SUCCESS)
}
