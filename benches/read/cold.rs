//! The executable itself: how soon it says something, and a folder of scans on one thread.

use crate::scans::{Kind, Scan};
use gabarito::accuracy::Masters;
use nix::sys::resource::{UsageWho, getrusage};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const TURNS: usize = 15;
/// Copies of each scan in the folder, so that starting up counts little.
const COPIES: usize = 5;

pub fn report(program: &str, masters: &Masters, count: usize) {
    let empty = tempfile::tempdir().expect("a folder");
    let layouts = tempfile::tempdir().expect("a folder");
    for layout in &masters.layouts {
        let file = fs::File::create(layouts.path().join(format!("{}.json", layout.id))).expect("a file");
        serde_json::to_writer(file, layout).expect("a layout is JSON");
    }
    println!("\n## Cold start\n");
    println!("Milliseconds from starting the process, by the clock, of {TURNS}; goal: under 50 to the first output.\n");
    println!("| | first output, least | median | end, median |");
    println!("|---|---|---|---|");
    let runs: [(&str, Vec<&Path>); 3] = [
        ("`gabarito --version`", vec![Path::new("--version")]),
        ("`gabarito --help`", vec![Path::new("--help")]),
        (
            "`gabarito read`, an empty folder",
            vec![Path::new("read"), empty.path(), Path::new("--layouts"), layouts.path()],
        ),
    ];
    for (name, args) in runs {
        let (first, end): (Vec<f64>, Vec<f64>) = (0..TURNS).map(|_| start(program, &args)).unzip();
        let least = first.iter().copied().fold(f64::MAX, f64::min);
        println!("| {name} | {least:.1} | {:.1} | {:.1} |", crate::median(first), crate::median(end));
    }

    let scans = tempfile::tempdir().expect("a folder");
    for n in 0..count {
        let scan = Scan::new(Kind::GrayJpeg, masters, n);
        for copy in 0..COPIES {
            fs::write(scans.path().join(format!("{n:03}-{copy}.jpg")), &scan.bytes).expect("a file");
        }
    }
    let before = cpu_s();
    let status = Command::new(program)
        .args([Path::new("read"), scans.path(), Path::new("--layouts"), layouts.path()])
        .args(["--format", "jsonl", "--jobs", "1"])
        .env_remove("GABARITO_SHEET_KEY")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("gabarito runs");
    assert!(status.success(), "gabarito read: {status}");
    let spent = cpu_s() - before;
    let peak_mib = getrusage(UsageWho::RUSAGE_CHILDREN).expect("usage").max_rss() as f64 / 1024.0;
    let pages = count * COPIES;
    println!(
        "\n`gabarito read --jobs 1` of a folder of {pages} such gray JPEGs, start to end: {:.0} pages/s of CPU time, \
         peak memory {peak_mib:.0} MiB.",
        pages as f64 / spent
    );
}

/// Milliseconds to the first byte on either output, and to the end.
fn start(program: &str, args: &[&Path]) -> (f64, f64) {
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let begun = Instant::now();
    let mut command = Command::new(program);
    command.args(args).env_remove("GABARITO_SHEET_KEY");
    let mut child = command.stdout(writer.try_clone().expect("a pipe")).stderr(writer).spawn().expect("gabarito runs");
    drop(command);
    let mut all = [0; 4096];
    let n = reader.read(&mut all).expect("a pipe is read");
    let first = begun.elapsed().as_secs_f64() * 1e3;
    assert!(n > 0, "{args:?} says nothing");
    let _ = reader.read_to_end(&mut Vec::new());
    child.wait().expect("it ends");
    (first, begun.elapsed().as_secs_f64() * 1e3)
}

/// Of all children so far.
fn cpu_s() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("usage");
    let s = |t: nix::sys::time::TimeVal| t.tv_sec() as f64 + t.tv_usec() as f64 / 1e6;
    s(usage.user_time()) + s(usage.system_time())
}
