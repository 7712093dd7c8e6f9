//! Printing: pages a second of CPU time, bytes a page beyond the shared part, peak memory.
//!
//! `print [GABARITO] [STUDENTS]` prints a part of benches/RESULTS.md. Every run is a process of its own (`print one
//! CANDIDATE STUDENTS [FILE]`), so that peak memory is its own; the candidates take turns.

mod sheet;
mod with_krilla;
mod with_lopdf;
mod with_printpdf;

use gabarito::print::{Discard, Package, print, print_to};
use gabarito::sheet::SheetKey;
use nix::sys::resource::{Usage, UsageWho, getrusage};
use sheet::Sheet;
use std::path::Path;
use std::process::{Command, Stdio};

const TURNS: usize = 5;
/// Pages by which the shared part is told from the rest.
const FEW: usize = 200;
const MANY: usize = 100_000;

struct Candidate {
    name: &'static str,
    /// The slow ones print fewer pages.
    students: usize,
    /// Prints into a file where one is named, for a person to look at.
    run: fn(usize, Option<&Path>),
}

const CANDIDATES: [Candidate; 6] = [
    Candidate { name: "gabarito, to nowhere", students: 2_000, run: |n, _| own(n, None) },
    Candidate {
        name: "gabarito, to files",
        students: 2_000,
        run: |n, to| own(n, Some(to.unwrap_or(Path::new("sheets")))),
    },
    Candidate {
        name: "printpdf 0.12, everything on each page",
        students: 400,
        run: |n, to| timed(to, || with_printpdf::whole_pages(&Sheet::new(), n)),
    },
    Candidate {
        name: "printpdf 0.12, static layer as an external form",
        students: 2_000,
        run: |n, to| timed(to, || with_printpdf::form(&Sheet::new(), n)),
    },
    Candidate {
        name: "krilla 0.8, static layer as a `Graphic`",
        students: 2_000,
        run: |n, to| timed(to, || with_krilla::print(&Sheet::new(), n)),
    },
    Candidate {
        name: "lopdf 0.47 `Document`, static layer as a form",
        students: 2_000,
        run: |n, to| timed(to, || with_lopdf::print(&Sheet::new(), n)),
    },
];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [one, index, students, to @ ..] = args.as_slice()
        && one == "one"
    {
        let candidate = &CANDIDATES[index.parse::<usize>().expect("an index")];
        (candidate.run)(students.parse().expect("a number of students"), to.first().map(Path::new));
        return;
    }
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["many", program, package] => return executable(program, Path::new(package)),
        ["package", path] => return std::fs::write(path, sheet::package(MANY).to_string()).expect("a file"),
        _ => {}
    }
    let students = args.get(1).map(|n| n.parse().expect("a number of students"));
    println!("\n## Printing\n");
    println!(
        "Personalised sheets of 100 questions, A4, 40 students to a room: name, enrollment, unit, room, printed code, QR \
         and backup code. Medians of {TURNS} turns of CPU time, candidates turn by turn, the package's reading not \
         counted; bytes beyond what {FEW} pages take. The peers get the same drawing and the same modules of the codes; \
         printpdf and lopdf set texts in a built-in font, which is less work than an embedded one.\n"
    );
    println!("| | pages | pages/s a core | of gabarito | bytes a page | peak MiB |");
    println!("|---|---|---|---|---|---|");
    let mut runs: Vec<Vec<Run>> = CANDIDATES.iter().map(|_| Vec::new()).collect();
    for _ in 0..TURNS {
        for (i, c) in CANDIDATES.iter().enumerate() {
            runs[i].push(child(i, students.unwrap_or(c.students)));
        }
    }
    let rates: Vec<f64> = runs.iter().map(|r| median(r.iter().map(|r| r.pages as f64 / r.cpu_s).collect())).collect();
    for (i, c) in CANDIDATES.iter().enumerate() {
        let last = runs[i].last().expect("a turn");
        let few = child(i, FEW.min(last.pages - 1));
        let each = (last.bytes - few.bytes) as f64 / (last.pages - few.pages) as f64;
        let (rate, share) = (rates[i], rates[i] / rates[0]);
        println!("| {} | {} | {rate:.0} | {share:.3} | {each:.0} | {:.0} |", c.name, last.pages, last.peak_mib);
    }
    println!("\nGoals: 15,000 pages/s a core, 900 bytes a page.");
    if let Some(program) = args.first() {
        let folder = tempfile::tempdir().expect("a folder");
        let package = folder.path().join("PACKAGE.json");
        // Made and printed by processes of their own: a child's peak counts what its parent held when it was started.
        for args in [vec![Path::new("package"), &package], vec![Path::new("many"), Path::new(program), &package]] {
            let own = std::env::current_exe().expect("this program has a path");
            let status = Command::new(own).args(args).status().expect("it runs");
            assert!(status.success(), "{status}");
        }
    }
}

/// What a candidate's process says of itself.
struct Run {
    pages: usize,
    cpu_s: f64,
    bytes: u64,
    peak_mib: f64,
}

fn child(index: usize, students: usize) -> Run {
    let own = std::env::current_exe().expect("this program has a path");
    let out = Command::new(own).args(["one", &index.to_string(), &students.to_string()]).output().expect("it runs");
    assert!(out.status.success(), "{}: {}", CANDIDATES[index].name, String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).expect("text");
    let numbers: Vec<f64> = text.split_whitespace().map(|v| v.parse().expect("a number")).collect();
    Run { pages: students, cpu_s: numbers[0], bytes: numbers[1] as u64, peak_mib: numbers[2] }
}

/// The whole command on many students, in a process whose only child it is.
fn executable(program: &str, package: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let status = Command::new(program)
        .args([Path::new("print"), package, Path::new("--no-preflight"), Path::new("--out"), &out])
        .env_remove("GABARITO_SHEET_KEY")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("gabarito runs");
    assert!(status.success(), "gabarito print: {status}");
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("usage");
    let (rate, peak_mib) = (MANY as f64 / seconds(&usage), usage.max_rss() as f64 / 1024.0);
    println!(
        "\n`gabarito print --no-preflight` of {MANY} such students, start to end, PACKAGE.json read and files written: {rate:.0} pages/s \
         of CPU time, peak memory **{peak_mib:.0} MiB** (goal: under 64)."
    );
}

fn own(students: usize, to: Option<&Path>) {
    let package = Package::from_json(&sheet::package(students)).expect("the package is sound");
    let key = SheetKey::new(SheetKey::LAPTOP);
    let folder = tempfile::tempdir().expect("a folder");
    let before = seconds(&getrusage(UsageWho::RUSAGE_SELF).expect("usage"));
    let report = match to {
        // A path that is relative goes where it is removed again.
        Some(to) => print(&package, &key, &folder.path().join(to), &|_, _| ()),
        None => print_to(&package, &key, &mut Discard, &|_, _| ()),
    };
    say(before, report.expect("it prints").bytes);
}

fn timed(to: Option<&Path>, run: impl FnOnce() -> Vec<u8>) {
    let before = seconds(&getrusage(UsageWho::RUSAGE_SELF).expect("usage"));
    let pdf = run();
    say(before, pdf.len() as u64);
    if let Some(to) = to {
        std::fs::write(to, pdf).expect("a file");
    }
}

fn say(before: f64, bytes: u64) {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("usage");
    println!("{} {bytes} {}", seconds(&usage) - before, usage.max_rss() as f64 / 1024.0);
}

fn seconds(usage: &Usage) -> f64 {
    let s = |t: nix::sys::time::TimeVal| t.tv_sec() as f64 + t.tv_usec() as f64 / 1e6;
    s(usage.user_time()) + s(usage.system_time())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
