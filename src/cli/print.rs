//! `gabarito print`: a package to PDFs.

use super::sheets::lize_models;
use super::{CliError, sheet_key};
use crate::output::progress::Progress;
use crate::output::words::{count, number};
use crate::preflight::{self, Checked, PreflightError};
use crate::print::package::Reading;
use crate::print::rich;
use crate::print::{self, Folder, Output, Package, Prepared, PrintError, Reprint};
use crate::sheet::SheetKey;
use clap::Args;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Print a package: booklets, answer sheets, and the papers of the exam bag
#[derive(Debug, Args)]
pub struct PrintArgs {
    #[arg(value_name = "PACKAGE.json")]
    pub package: PathBuf,
    /// Folder for the PDFs, manifest.json, geometry.json and layouts/
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Models of Lize sheets, in place of the built-in table
    #[arg(long, value_name = "MODELS.json")]
    pub models: Option<PathBuf>,
    /// Print again what this student has, into DIR/reimpressao.pdf
    #[arg(long, value_name = "ID", conflicts_with = "room")]
    pub student: Option<String>,
    /// Print again the bag of this room, into DIR/reimpressao.pdf
    #[arg(long, value_name = "ID")]
    pub room: Option<String>,
    /// Deliver without reading back what was printed
    #[arg(long)]
    pub no_preflight: bool,
}

pub fn run(args: &PrintArgs) -> Result<ExitCode, CliError> {
    let package = load(&args.package, args.models.as_deref())?;
    let key = sheet_key()?;
    if let Some(what) = args.student.as_deref().map(Reprint::Student).or(args.room.as_deref().map(Reprint::Room)) {
        return reprint(&package, &key, what, args);
    }
    let begun = Instant::now();
    let progress = Progress::on_stderr(Some(0));
    let told = |done, of| progress.at(done, of);
    let printed = match package.options.preflight && !args.no_preflight {
        true => preflight::print(&package, &key, &args.out, &told).map(|(report, checked)| (report, Some(checked))),
        false => print::print(&package, &key, &args.out, &told).map(|report| (report, None)).map_err(Into::into),
    };
    progress.finish();
    let (report, checked) = printed.map_err(|e| match e {
        PreflightError::Print(PrintError::Io(e)) => CliError::file(&args.out, e),
        PreflightError::Print(e) => CliError::Failed(e.to_string()),
        PreflightError::Faults { faults, count } => CliError::Preflight { faults, count },
    })?;
    let mut out = io::stdout().lock();
    let mut say = |line: String| writeln!(out, "{line}").map_err(CliError::Output);
    say(format!(
        "{} ({}) em {} s, {} MB, em {}",
        count(report.sheets as usize, "folha", "folhas"),
        count(report.pages as usize, "página", "páginas"),
        number(begun.elapsed().as_secs_f64(), 1),
        number(report.bytes as f64 / 1e6, 1),
        args.out.display(),
    ))?;
    if let Some(Checked { pages, read }) = checked {
        let codes = if package.sheets.lize.is_some() { "QR" } else { "QR, código reserva" };
        say(format!(
            "{}: {codes} e código impresso; {} também no arquivo pronto, por inteiro",
            count(pages as usize, "página com códigos conferida", "páginas com códigos conferidas"),
            number(read as f64, 0),
        ))?;
    }
    for file in report.files.iter().filter(|f| f.ends_with(".pdf")) {
        say(format!("  {file}"))?;
    }
    for note in &report.notes {
        say(format!("  note: {note}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Its name until a further one.
const REPRINT: &str = "reimpressao.pdf";

fn reprint(package: &Package, key: &SheetKey, what: Reprint, args: &PrintArgs) -> Result<ExitCode, CliError> {
    let failed = |e: PrintError| match e {
        PrintError::Io(e) => CliError::file(&args.out, e),
        e => CliError::Failed(e.to_string()),
    };
    let prepared = Prepared::new(package).map_err(failed)?;
    let begun = Instant::now();
    let mut pdf = Vec::new();
    let Some(printed) = prepared.reprint(key, what, &mut pdf).map_err(failed)? else {
        let (kind, id) = match what {
            Reprint::Student(id) => ("student", id),
            Reprint::Room(id) => ("room", id),
        };
        let file = args.package.display();
        return Err(CliError::Usage(format!("--{kind} {id}: no {kind} of {file} has this id")));
    };
    let mut folder = Folder::new(&args.out);
    let wrote = folder.create(REPRINT).and_then(|mut file| {
        file.write_all(&pdf)?;
        file.flush()?;
        drop(file);
        folder.commit()
    });
    wrote.map_err(|e| CliError::file(&args.out, e))?;
    let pages = count(printed.pages, "página", "páginas");
    let ms = number(begun.elapsed().as_secs_f64() * 1000.0, 1);
    writeln!(io::stdout(), "{pages} em {ms} ms, em {}", args.out.join(REPRINT).display()).map_err(CliError::Output)?;
    Ok(ExitCode::SUCCESS)
}

/// Reads and checks a package: every fault at once.
pub fn load(path: &Path, models: Option<&Path>) -> Result<Package, CliError> {
    let bytes = std::fs::read(path).map_err(|e| CliError::file(path, e))?;
    let faults = |faults| CliError::Faults { file: path.to_owned(), faults };
    let source = rich::Folder::new(path.parent().unwrap_or(Path::new("")));
    let models = lize_models(models)?;
    Package::open(&bytes, &Reading { models: &models, source: &source }).map_err(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_package_says_so_with_its_status() {
        let path = std::env::temp_dir().join(format!("gabarito-package-{}.json", std::process::id()));
        for (text, said) in [("{", "not JSON"), ("{}", "sheet: missing")] {
            std::fs::write(&path, text).unwrap();
            let message = load(&path, None).err().unwrap().message();
            assert!(message.contains(said), "{message}");
        }
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(load(&path, None), Err(CliError::File { .. })));
    }
}
