//! `gabarito accuracy`: the reader against scans whose truth is known.

use super::CliError;
use super::read::Jobs;
use crate::accuracy::real;
use crate::accuracy::reliability::{Reliability, choice_plot, reliability_plot};
use crate::accuracy::table::{self, Plan};
use crate::print::PrintError;
use crate::read::calibration::Calibration;
use crate::read::policy::Policy;
use clap::Args;
use std::fs;
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
    /// Draw how sure the reader is beside how right, and what a school can choose, as SVG into this folder
    #[arg(long, value_name = "DIR")]
    pub plots: Option<PathBuf>,
    /// Fit what the rules' numbers are worth, and write it in place of the table (src/read/calibration.json)
    #[arg(long, conflicts_with = "scans")]
    pub calibrate: bool,
    #[command(flatten)]
    pub jobs: Jobs,
}

/// The table goes to stdout; on stderr a line for each set as it is done.
pub fn run(args: &AccuracyArgs) -> Result<ExitCode, CliError> {
    if args.calibrate {
        return calibrate(args);
    }
    let plan = plan(args, Policy::default());
    let done = |row: &table::Row| {
        let _ = writeln!(io::stderr(), "{}", row.tally.row(&row.name));
    };
    // First, so that a wrong folder is said at once.
    let real =
        args.scans.as_ref().map(|folder| real::rows(folder).map_err(|e| CliError::file(folder, e))).transpose()?;
    let mut rows = args.jobs.pool()?.install(|| table::run(&plan, &done, &|_| {})).map_err(unprinted)?;
    rows.extend(real.into_iter().flatten().inspect(done));
    if rows.is_empty() {
        let named = args.set.as_deref().unwrap_or_default();
        return Err(CliError::Usage(format!("no set's name begins with “{named}”")));
    }
    if let Some(folder) = &args.plots {
        let parts = table::reliabilities(&rows);
        let parts: Vec<(&str, &Reliability)> = parts.iter().map(|(name, r)| (*name, r)).collect();
        fs::create_dir_all(folder).map_err(|e| CliError::file(folder, e))?;
        for (name, svg) in [("reliability.svg", reliability_plot(&parts)), ("choice.svg", choice_plot(&parts))] {
            let path = folder.join(name);
            fs::write(&path, svg).map_err(|e| CliError::file(&path, e))?;
        }
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{}", table::markdown(&rows)).and_then(|()| out.flush()).map_err(CliError::Output)?;
    Ok(ExitCode::SUCCESS)
}

fn plan(args: &AccuracyArgs, policy: Policy) -> Plan {
    Plan { pages: args.pages as usize, seed: args.seed, only: args.set.clone(), policy }
}

fn unprinted(e: PrintError) -> CliError {
    match e {
        PrintError::Io(e) => CliError::Failed(format!("the sheets could not be printed: {e}")),
        e => CliError::Failed(e.to_string()),
    }
}

/// First the marks, then the fields of marks so calibrated.
fn calibrate(args: &AccuracyArgs) -> Result<ExitCode, CliError> {
    let mut calibration = Calibration::none();
    let pool = args.jobs.pool()?;
    let read = |calibration: &Calibration| {
        let plan = plan(args, Policy { calibration: calibration.clone(), ..Policy::default() });
        let done = |row: &table::Row| {
            let _ = writeln!(io::stderr(), "{}", row.name);
        };
        let rows = pool.install(|| table::run(&plan, &done, &|_| {})).map_err(unprinted)?;
        let mut all = Reliability::default();
        table::reliabilities(&rows).iter().for_each(|(_, r)| all.add(r));
        Ok::<_, CliError>(all)
    };
    calibration.marks = Reliability::curve(&read(&calibration)?.marks);
    calibration.fields = Reliability::curve(&read(&calibration)?.fields);
    let json = serde_json::to_string(&calibration).map_err(|e| CliError::Failed(e.to_string()))?;
    println!("{json}");
    Ok(ExitCode::SUCCESS)
}
