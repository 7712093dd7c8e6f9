use std::process::ExitCode;

fn main() -> ExitCode {
    gabarito::cli::run(std::env::args_os())
}
