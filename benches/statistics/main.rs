//! Statistics of simulated exams, timed. `statistics DIR` writes the answers that peers are given to DIR, and a line of JSON
//! for each thing measured to stdout.

use gabarito::statistics::irt::{self, Parameters, Priors, Quadrature, Scored};
use gabarito::statistics::{Options, Table, simulated, statistics};
use serde_json::json;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

/// Students and questions that the peers can take.
const SMALL: (usize, usize) = (2_000, 30);

fn main() {
    // Cargo adds `--bench`.
    let dir = std::env::args().skip(1).find(|a| !a.starts_with("--")).expect("a directory");
    let dir = PathBuf::from(dir);

    let large = simulated::cohort(100_000, 180, 1);
    let without = Options { copying: None, ..Options::default() };
    timed("statistics", &large.table, || statistics(&large.table, &without));
    timed("statistics, pairs compared", &large.table, || statistics(&large.table, &Options::default()));
    let scored = scored(&large.table);
    timed("abilities, EAP", &large.table, || irt::abilities(&scored, &large.parameters, &Quadrature::fine()));
    drop(large);

    let middle = simulated::cohort(20_000, 180, 2);
    calibration("calibration, 3PL", &middle);

    let small = simulated::cohort(SMALL.0, SMALL.1, 3);
    let found = calibration("peers: calibration, 3PL", &small);
    let scored = self::scored(&small.table);
    timed("peers: abilities, EAP", &small.table, || irt::abilities(&scored, &found, &Quadrature::fine()));
    let mut rows = String::new();
    for i in 0..SMALL.0 {
        let right = (0..SMALL.1).map(|j| if scored.get(i, j) == Some(true) { "1" } else { "0" });
        let _ = writeln!(rows, "{}", right.collect::<Vec<_>>().join(","));
    }
    std::fs::write(dir.join("answers.csv"), rows).expect("the answers are written");
    let parameters: Vec<String> = found.iter().map(|p| format!("{},{},{}", p.a, p.b, p.c)).collect();
    std::fs::write(dir.join("parameters.csv"), parameters.join("\n")).expect("the parameters are written");
}

fn scored(table: &Table) -> Scored {
    Scored::of(table, &(0..table.questions().len()).collect::<Vec<_>>())
}

/// The parameters found, and how far they are from those that the answers were made with.
fn calibration(what: &str, cohort: &simulated::Cohort) -> Vec<Parameters> {
    let scored = scored(&cohort.table);
    let priors = vec![Priors::default().of(5); scored.questions()];
    let found = timed(what, &cohort.table, || irt::calibrate(&scored, &priors, &irt::Options::default()));
    let items: Vec<Parameters> = found.items.iter().flatten().copied().collect();
    let apart = |of: fn(&Parameters) -> f64| {
        let squares = items.iter().zip(&cohort.parameters).map(|(f, t)| (of(f) - of(t)).powi(2));
        (squares.sum::<f64>() / items.len() as f64).sqrt()
    };
    println!(
        "{}",
        json!({
            "recovered": what, "steps": found.steps, "converged": found.converged,
            "a": apart(|p| p.a), "b": apart(|p| p.b), "c": apart(|p| p.c),
        })
    );
    items
}

/// Everything here runs on this thread.
fn timed<T>(what: &str, table: &Table, work: impl Fn() -> T) -> T {
    let (began, cpu) = (Instant::now(), cpu_seconds());
    let mut made = work();
    let mut turns = 1.0;
    // The system counts CPU time in steps of a few milliseconds.
    while began.elapsed().as_secs_f64() < 0.5 {
        made = work();
        turns += 1.0;
    }
    let (wall, cpu) = (began.elapsed().as_secs_f64() / turns, (cpu_seconds() - cpu) / turns);
    let (students, questions) = (table.students().len(), table.questions().len());
    println!("{}", json!({"what": what, "students": students, "questions": questions, "cpu": cpu, "wall": wall}));
    made
}

/// CPU time of the main thread, which is the only one.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/schedstat").expect("Linux");
    let nanoseconds: f64 = stat.split(' ').next().and_then(|n| n.parse().ok()).expect("nanoseconds on a core");
    nanoseconds / 1e9
}
