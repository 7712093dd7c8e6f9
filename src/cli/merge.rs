//! `gabarito merge`: any PDFs as one.

use super::CliError;
use crate::limits::Limits;
use crate::output::words::{count, number};
use crate::print::merge::{Input, MergeError, merge};
use crate::print::{Folder, Output};
use clap::Args;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Merge PDFs, in order, into one
#[derive(Debug, Args)]
pub struct MergeArgs {
    #[arg(value_name = "PDF", required = true)]
    pub pdfs: Vec<PathBuf>,
    /// The PDF to write; it is there only once it is whole
    #[arg(long, value_name = "PDF")]
    pub out: PathBuf,
}

pub fn run(args: &MergeArgs) -> Result<ExitCode, CliError> {
    let begun = Instant::now();
    let limits = Limits::default();
    let Some(name) = args.out.file_name() else {
        return Err(CliError::Usage(format!("--out {}: the name of a file is expected", args.out.display())));
    };
    let folder = args.out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |e| CliError::file(&args.out, e);
    let mut output = Folder::new(folder);
    let file = output.create(&name.to_string_lossy()).map_err(failed)?;
    let title = args.out.file_stem().unwrap_or_default().to_string_lossy();
    let inputs = args.pdfs.iter().map(|path| Input::read(path, &limits));
    let report = merge(inputs, file, &title, &limits).map_err(|e| match e {
        MergeError::Inputs(faults) => CliError::Inputs(faults),
        MergeError::Io(e) => failed(e),
    })?;
    output.commit().map_err(failed)?;
    let mut out = io::stdout().lock();
    let mut say = |line: String| writeln!(out, "{line}").map_err(CliError::Output);
    say(format!(
        "{} ({}) em {} s, {} MB, em {}",
        count(report.files, "arquivo", "arquivos"),
        count(report.pages as usize, "página", "páginas"),
        number(begun.elapsed().as_secs_f64(), 1),
        number(report.bytes as f64 / 1e6, 1),
        args.out.display(),
    ))?;
    for note in &report.notes {
        say(format!("  note: {note}"))?;
    }
    Ok(ExitCode::SUCCESS)
}
