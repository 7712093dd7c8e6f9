//! `gabarito print`: its arguments.

use clap::Args;
use std::path::PathBuf;

/// Print the answer sheets of a package
#[derive(Debug, Args)]
pub struct PrintArgs {
    #[arg(value_name = "PACKAGE.json")]
    pub package: PathBuf,
    /// Folder for the PDFs, manifest.json, geometry.json and layouts/
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}
