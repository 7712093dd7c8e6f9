//! `gabarito demo`: its arguments.

use clap::Args;
use std::path::PathBuf;

/// Print a small school's package, simulate the scans, read them back
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Folder for what is printed, scanned and read
    #[arg(long, value_name = "DIR", default_value = "gabarito-demo")]
    pub out: PathBuf,
}
