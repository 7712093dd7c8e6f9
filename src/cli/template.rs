//! `gabarito template`: templates of other systems into our notation, and a template over a picture.

use super::CliError;
use super::bounds::LimitArgs;
use super::sheets::{Foreign, open_template};
use crate::output::check::{displacements, draw};
use crate::output::{Seen, words};
use crate::read::pages;
use crate::read::template::native;
use crate::read::warp::Warp;
use clap::{Args, Subcommand};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Bring in templates of other systems, and see them over a picture
#[derive(Debug, Args)]
pub struct TemplateArgs {
    #[command(subcommand)]
    pub command: TemplateCommand,
}

#[derive(Debug, Subcommand)]
pub enum TemplateCommand {
    Import(ImportArgs),
    Check(CheckArgs),
}

/// Write a template of OMRChecker in our notation, its pictures in it
#[derive(Debug, Args)]
pub struct ImportArgs {
    #[arg(value_name = "TEMPLATE.json")]
    pub template: PathBuf,
    /// [default: stdout]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Draw a template over a picture: the page found, every bubble, and what was read
#[derive(Debug, Args)]
pub struct CheckArgs {
    #[arg(value_name = "PICTURE")]
    pub picture: PathBuf,
    #[arg(long, value_name = "TEMPLATE.json")]
    pub template: PathBuf,
    #[arg(long, value_name = "PNG")]
    pub out: PathBuf,
    /// Which page of the file, counted from 1
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub page: u32,
    #[command(flatten)]
    pub limits: LimitArgs,
}

pub fn run(args: &TemplateArgs) -> Result<ExitCode, CliError> {
    match &args.command {
        TemplateCommand::Import(args) => import(args),
        TemplateCommand::Check(args) => check(args),
    }
}

fn import(args: &ImportArgs) -> Result<ExitCode, CliError> {
    let template = open_template(&args.template)?;
    let value = native::json(&template).map_err(|e| CliError::Failed(e.to_string()))?;
    let text = native::pretty(&value);
    match &args.out {
        Some(path) => std::fs::write(path, text).map_err(|e| CliError::file(path, e))?,
        None => io::stdout().lock().write_all(text.as_bytes()).map_err(CliError::Output)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn check(args: &CheckArgs) -> Result<ExitCode, CliError> {
    args.picture.metadata().map_err(|e| CliError::file(&args.picture, e))?;
    let foreign = Foreign::open(&args.template, None)?;
    let limits = args.limits.limits();
    let Some(page) = pages::open(&args.picture, &limits).nth(args.page as usize - 1) else {
        return Err(CliError::Usage(format!("{} has no page {}", args.picture.display(), args.page)));
    };
    let (reading, looked) = foreign.look(&page, &limits);
    let Some((picture, read)) = looked else {
        let why = reading.issues.iter().map(|i| i.detail.as_str()).collect::<Vec<_>>().join("; ");
        return Err(CliError::Failed(format!("{}, page {}: {why}", args.picture.display(), args.page)));
    };
    let warp = read.laid.map(|(map, _)| Warp::new(map));
    let seen = Seen { picture: &picture.gray, warp: warp.as_ref(), page: None, reading: &reading, trace: None };
    let drawn = draw(&seen, &foreign.template, &read);
    let png = drawn.to_png().map_err(|e| CliError::Failed(format!("the picture could not be made: {e}")))?;
    std::fs::write(&args.out, png).map_err(|e| CliError::file(&args.out, e))?;
    let mut out = io::stdout().lock();
    let mut say = |line: String| writeln!(out, "{line}").map_err(CliError::Output);
    say(format!("{}: {}", args.out.display(), words::outcome(reading.outcome)))?;
    if let (Some((map, by)), Some(placed)) = (&read.laid, &read.placed) {
        say(format!("registro: {}", words::registered_by(*by)))?;
        for line in displacements(&foreign.template, map, placed) {
            say(format!("  {line}"))?;
        }
    }
    for issue in &reading.issues {
        say(format!("  {} [{}]", words::issue_line(issue), issue.detail))?;
    }
    Ok(ExitCode::SUCCESS)
}
