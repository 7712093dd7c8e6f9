//! Programs in Python, each in an environment of its own that `tests/run` makes.

use std::path::PathBuf;
use std::process::Command;

/// A program of the environment `name`.
pub fn program(name: &str, program: &str) -> Command {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name).join("bin").join(program);
    assert!(path.is_file(), "{} is missing; tests/run installs it", path.display());
    Command::new(path)
}
