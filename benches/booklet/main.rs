//! Booklets and whole malotes: the first copy, every further student, pages a second, bytes a page, peak memory.
//!
//! - `booklet spec prova|html SALT [MATHJAX]` writes the exam for a peer, `booklet package` as ours;
//! - `booklet first ROUNDS` prints the CPU milliseconds of first copies, each of an exam never seen before;
//! - `booklet further` those of every further student; `booklet malote [STUDENTS]` a whole malote;
//! - `booklet program GABARITO` the whole command on a malote. `run` beside this file calls them all.

mod exam;

use gabarito::print::{Discard, Package, Prepared, print_to};
use gabarito::sheet::SheetKey;
use nix::sys::resource::{UsageWho, getrusage};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};

const STUDENTS: usize = 20_000;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize, or: usize| args.get(i).map_or(or, |n| n.parse().expect("a number"));
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["spec", "prova", ..] => println!("{}", exam::for_prova_pdf(number(2, 0))),
        ["spec", "html", ..] => println!("{}", exam::as_html(number(2, 0), args.get(3).map(String::as_str))),
        ["package", ..] => println!("{}", exam::malote(number(1, STUDENTS), "unit")),
        ["first", ..] => first(number(1, 7)),
        ["further"] => further(),
        ["malote", ..] => malote(number(1, STUDENTS)),
        ["program", program] => executable(program),
        _ => panic!("one of spec, package, first, further, malote and program is expected"),
    }
}

/// CPU seconds of all threads so far.
fn cpu() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("usage");
    let s = |t: nix::sys::time::TimeVal| t.tv_sec() as f64 + t.tv_usec() as f64 / 1e6;
    s(usage.user_time()) + s(usage.system_time())
}

fn key() -> SheetKey {
    SheetKey::new(SheetKey::LAPTOP)
}

fn read(package: &Value) -> Package {
    let text = serde_json::to_vec(package).expect("JSON");
    Package::from_slice(&text).unwrap_or_else(|faults| panic!("{faults:?}"))
}

/// From text to PDF, CPU milliseconds a line. Typefaces and template are loaded, as a peer's are.
fn first(rounds: usize) {
    for salt in 0..=rounds {
        let text = serde_json::to_vec(&exam::one_booklet(1000 * (salt + 1))).expect("JSON");
        let before = cpu();
        let package = Package::from_slice(&text).expect("sound");
        let report = print_to(&package, &key(), &mut Discard, &|_, _| ()).expect("it prints");
        if salt > 0 {
            println!("{:.2} {} {}", (cpu() - before) * 1000.0, report.pages, report.bytes);
        }
    }
}

/// CPU milliseconds of booklet and sheet for a student: of four versions, and where each has an order of his own.
fn further() {
    for versions in [Value::from(4), Value::from("student")] {
        let made = |students: usize| {
            let package = read(&exam::students(students, &versions));
            let prepared = Prepared::new(&package).expect("it is prepared");
            let before = cpu();
            let report = prepared.print_to(&key(), &mut Discard, &|_, _| ()).expect("it prints");
            (cpu() - before, report)
        };
        let (few, _) = made(20);
        let (many, report) = made(2020);
        println!("{versions} {:.4} {}", (many - few) / 2000.0 * 1000.0, report.pages);
    }
}

fn malote(students: usize) {
    for per in ["unit", "room"] {
        let mut value = exam::malote(students, per);
        value["options"]["zip"] = (per == "room").into();
        let package = read(&value);
        let before = cpu();
        let prepared = Prepared::new(&package).expect("it is prepared");
        let laid_out = cpu();
        let report = prepared.print_to(&key(), &mut Discard, &|_, _| ()).expect("it prints");
        let seconds = cpu() - laid_out;
        println!(
            "{per} {} pages, layout {:.3} s, print {seconds:.2} s, {:.0} pages/s, {:.0} bytes a page, {} files",
            report.pages,
            laid_out - before,
            report.pages as f64 / seconds,
            report.bytes as f64 / report.pages as f64,
            report.files.iter().filter(|f| f.ends_with(".pdf")).count(),
        );
    }
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("usage");
    println!("peak {:.0} MiB, package and all", usage.max_rss() as f64 / 1024.0);
}

/// The whole command, preflight and files and all, in a process whose only child it is.
fn executable(program: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let package = folder.path().join("PACKAGE.json");
    std::fs::write(&package, exam::malote(STUDENTS, "unit").to_string()).expect("a file");
    let out = folder.path().join("out");
    let began = std::time::Instant::now();
    let status = Command::new(program)
        .args([Path::new("print"), &package, Path::new("--out"), &out])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("gabarito runs");
    assert!(status.success(), "gabarito print: {status}");
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("usage");
    let s = |t: nix::sys::time::TimeVal| t.tv_sec() as f64 + t.tv_usec() as f64 / 1e6;
    println!(
        "{:.1} s of CPU time, {:.1} s in all, peak {:.0} MiB",
        s(usage.user_time()) + s(usage.system_time()),
        began.elapsed().as_secs_f64(),
        usage.max_rss() as f64 / 1024.0
    );
}
