//! `gabarito explain`: its arguments.

use clap::Args;
use std::path::PathBuf;

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
    /// The sheet is another system's, described in the format of OMRChecker
    #[arg(long, value_name = "TEMPLATE.json")]
    pub template: Option<PathBuf>,
}
