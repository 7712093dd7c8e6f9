//! The executable's subcommands, a file each. Here alone are the environment, the terminal and exit statuses: 0 when
//! the run finished, 2 for what was asked wrongly, 1 when the run itself could not be done.

pub mod accuracy;
mod bounds;
pub mod demo;
mod error;
pub mod explain;
pub mod grade;
mod key;
#[cfg(feature = "service")]
pub mod lifecycle;
pub mod merge;
pub mod print;
pub mod read;
mod resume;
#[cfg(feature = "service")]
pub mod serve;
mod sheets;
mod spread;
pub mod template;

pub use error::CliError;
pub use key::{sheet_key, sheet_secret};
pub use spread::{Page, Spread};

use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Prints exam answer sheets and reads the scanned sheets back
#[derive(Debug, Parser)]
#[command(name = "gabarito", version, propagate_version = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// A subcommand is listed once its function is there.
#[derive(Debug, Subcommand)]
pub enum Command {
    Demo(demo::DemoArgs),
    Print(print::PrintArgs),
    Merge(merge::MergeArgs),
    Read(read::ReadArgs),
    Grade(grade::GradeArgs),
    Explain(explain::ExplainArgs),
    Template(template::TemplateArgs),
    Accuracy(accuracy::AccuracyArgs),
    #[cfg(feature = "service")]
    Serve(serve::ServeArgs),
    #[cfg(feature = "service")]
    Work(serve::WorkArgs),
    #[cfg(feature = "service")]
    Key(serve::KeyArgs),
    #[cfg(feature = "service")]
    Migrate(serve::MigrateArgs),
    #[cfg(feature = "service")]
    Openapi(serve::OpenapiArgs),
    #[cfg(feature = "service")]
    Lifecycle(lifecycle::LifecycleArgs),
    /// One task for a parent that listens
    #[cfg(feature = "service")]
    #[command(hide = true)]
    Child,
}

pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(e) => {
            // Help that nobody reads to its end (`--help | head`) is no error.
            let _ = e.print();
            return ExitCode::from(u8::try_from(e.exit_code()).unwrap_or(2));
        }
    };
    finish(match cli.command {
        Command::Demo(args) => demo::run(&args),
        Command::Print(args) => print::run(&args),
        Command::Merge(args) => merge::run(&args),
        Command::Read(args) => read::run(&args),
        Command::Grade(args) => grade::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Template(args) => template::run(&args),
        Command::Accuracy(args) => accuracy::run(&args),
        #[cfg(feature = "service")]
        Command::Serve(args) => serve::serve(&args),
        #[cfg(feature = "service")]
        Command::Work(args) => serve::work(&args),
        #[cfg(feature = "service")]
        Command::Key(args) => serve::key(&args),
        #[cfg(feature = "service")]
        Command::Migrate(args) => serve::migrate(&args),
        #[cfg(feature = "service")]
        Command::Openapi(args) => serve::openapi(&args),
        #[cfg(feature = "service")]
        Command::Lifecycle(args) => lifecycle::run(&args),
        #[cfg(feature = "service")]
        Command::Child => Ok(serve::child()),
    })
}

/// Says on stderr what went wrong, a line each.
fn finish(result: Result<ExitCode, CliError>) -> ExitCode {
    result.unwrap_or_else(|e| {
        if !e.is_silent() {
            let _ = write!(std::io::stderr(), "{}", e.message());
        }
        e.status()
    })
}
