//! What ends a run, and with which status.

use crate::json::Fault;
use crate::output::words::number;
use crate::preflight;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Asked wrongly, in a way that only shows once the arguments were understood.
    #[error("{0}")]
    Usage(String),
    /// A file named on the command line that can't be used as what it was named for.
    #[error("{} cannot be used: {} to mend", .file.display(), .faults.len())]
    Faults { file: PathBuf, faults: Vec<Fault> },
    /// Of several such files, the reason for each.
    #[error("nothing was written: {} to mend", .0.len())]
    Inputs(Vec<Fault>),
    #[error("{}: {source}", .path.display())]
    File { path: PathBuf, source: io::Error },
    /// Writing results to stdout.
    #[error("the results could not be written: {0}")]
    Output(#[source] io::Error),
    /// What was printed, and is not delivered.
    #[error("a conferência reprovou o que foi impresso, e nada foi entregue: {} a corrigir", number(*.count as f64, 0))]
    Preflight { faults: Vec<preflight::Fault>, count: u64 },
    #[error("{0}")]
    Failed(String),
}

impl CliError {
    pub fn file(path: &Path, source: io::Error) -> Self {
        CliError::File { path: path.to_owned(), source }
    }

    /// Whoever read our output wants no more of it (`gabarito read … | head`): nothing went wrong.
    pub fn is_silent(&self) -> bool {
        matches!(self, CliError::Output(e) if e.kind() == io::ErrorKind::BrokenPipe)
    }

    pub fn status(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    fn code(&self) -> u8 {
        match self {
            _ if self.is_silent() => 0,
            CliError::Usage(_) | CliError::Faults { .. } | CliError::Inputs(_) => 2,
            CliError::File { .. } | CliError::Output(_) | CliError::Preflight { .. } | CliError::Failed(_) => 1,
        }
    }

    /// For stderr: every fault on a line of its own.
    pub fn message(&self) -> String {
        let mut text = format!("error: {self}\n");
        if let CliError::Faults { faults, .. } | CliError::Inputs(faults) = self {
            for fault in faults {
                text += &format!("  {fault}\n");
            }
        }
        if let CliError::Preflight { faults, count } = self {
            for fault in faults {
                text += &format!("  {fault}\n");
            }
            let untold = count - faults.len() as u64;
            if untold > 0 {
                text += &format!("  … e mais {}\n", number(untold as f64, 0));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_a_line_and_the_status_of_bad_arguments() {
        let fault = |path: &str| Fault { path: path.into(), message: "duplicate".into() };
        let error =
            CliError::Faults { file: "p.json".into(), faults: vec![fault("units[0].id"), fault("units[1].id")] };
        assert_eq!(
            error.message(),
            "error: p.json cannot be used: 2 to mend\n  units[0].id: duplicate\n  units[1].id: duplicate\n"
        );
        assert_eq!(error.code(), 2);
    }

    #[test]
    fn what_preflight_found_is_told_line_by_line_and_the_rest_counted() {
        let whose = preflight::Whose::Student("s7".into());
        let what = preflight::What::OtherName;
        let fault = preflight::Fault { whose, at: Some(("sheets.pdf".into(), 3)), what };
        let error = CliError::Preflight { faults: vec![fault], count: 1201 };
        let told = "  aluno s7, sheets.pdf, página 3: o nome na folha não é o do aluno\n  … e mais 1.200\n";
        assert!(error.message().ends_with(told), "{}", error.message());
        assert_eq!(error.code(), 1);
    }

    #[test]
    fn a_closed_pipe_is_no_error_and_a_full_disk_is_one() {
        let pipe = CliError::Output(io::ErrorKind::BrokenPipe.into());
        assert!(pipe.is_silent() && pipe.code() == 0);
        let disk = CliError::Output(io::ErrorKind::StorageFull.into());
        assert!(!disk.is_silent() && disk.code() == 1);
        assert_eq!(CliError::file(Path::new("x"), io::ErrorKind::NotFound.into()).code(), 1);
    }
}
