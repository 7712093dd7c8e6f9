//! `gabarito explain`: the reader's reasoning about one page, as a picture.

use super::CliError;
use super::bounds::LimitArgs;
use super::sheets::{Sheets, Told};
use crate::output::explain::explain;
use crate::output::words;
use crate::read::pages;
use clap::Args;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Draw the reader's reasoning over a page
#[derive(Debug, Args)]
pub struct ExplainArgs {
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which page of the file, counted from 1
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub page: u32,
    #[arg(long, value_name = "PNG")]
    pub out: PathBuf,
    /// Where the printed layouts are: a folder `layouts/`, or a `geometry.json`
    #[arg(long, value_name = "DIR|geometry.json")]
    pub layouts: Option<PathBuf>,
    /// The sheet is of another system, described by a template
    #[arg(long, value_name = "TEMPLATE.json")]
    pub template: Option<PathBuf>,
    /// Models of Lize sheets, in place of the built-in table
    #[arg(long, value_name = "MODELS.json")]
    pub models: Option<PathBuf>,
    /// What a school makes of marks (docs/policy.md)
    #[arg(long, value_name = "POLICY.json", conflicts_with = "template")]
    pub policy: Option<PathBuf>,
    #[command(flatten)]
    pub limits: LimitArgs,
}

pub fn run(args: &ExplainArgs) -> Result<ExitCode, CliError> {
    args.file.metadata().map_err(|e| CliError::file(&args.file, e))?;
    let told = Told {
        template: args.template.as_deref(),
        layouts: args.layouts.as_deref(),
        models: args.models.as_deref(),
        policy: args.policy.as_deref(),
        ..Told::default()
    };
    let sheets = Sheets::choose(told, std::slice::from_ref(&args.file))?;
    let limits = args.limits.limits();
    let mut pages = pages::open(&args.file, &limits);
    let Some(page) = pages.nth(args.page as usize - 1) else {
        return Err(CliError::Usage(format!("{} has no page {}", args.file.display(), args.page)));
    };
    let (reading, shown) = sheets.read(&page, &limits, true);
    let Some(seen) = shown.seen(&reading) else {
        let why = reading.issues.iter().map(|i| i.detail.as_str()).collect::<Vec<_>>().join("; ");
        return Err(CliError::Failed(format!("{}, page {}: {why}", args.file.display(), args.page)));
    };
    let drawn = explain(&seen);
    let png = drawn.to_png().map_err(|e| CliError::Failed(format!("the picture could not be made: {e}")))?;
    std::fs::write(&args.out, png).map_err(|e| CliError::file(&args.out, e))?;
    writeln!(io::stdout(), "{}: {}", args.out.display(), words::outcome(reading.outcome)).map_err(CliError::Output)?;
    Ok(ExitCode::SUCCESS)
}
