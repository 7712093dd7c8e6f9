//! `gabarito accuracy`: its arguments.

use super::read::Jobs;
use clap::Args;

/// Read simulated and real scans whose truth is known, and count what was right, doubtful and wrong
#[derive(Debug, Args)]
pub struct AccuracyArgs {
    /// Only these sets
    #[arg(long = "set", value_name = "NAME")]
    pub sets: Vec<String>,
    #[command(flatten)]
    pub jobs: Jobs,
}
