//! Our numbers beside those of scipy, girth and mirt (PyPI), on the same answers. `tests/run` installs them.

use gabarito::statistics::irt::{self, Guess, Parameters, Priors, Quadrature, Scored};
use gabarito::statistics::{Options, simulated, statistics};
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

fn peers(given: &Value) -> Value {
    let installed = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("peers/bin/python");
    let python = if installed.is_file() { installed } else { PathBuf::from("python3") };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/statistics/peers.py");
    let mut child =
        Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python starts");
    child.stdin.take().unwrap().write_all(given.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the peers fail; tests/run installs them");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn are_near(what: &str, ours: impl IntoIterator<Item = Option<f64>>, theirs: &[f64], tolerance: f64) {
    let ours: Vec<f64> = ours.into_iter().map(|o| o.expect(what)).collect();
    assert_eq!(ours.len(), theirs.len());
    let apart = ours.iter().zip(theirs).map(|(o, t)| (o - t).abs()).fold(0.0, f64::max);
    assert!(apart <= tolerance, "{what}: {apart} apart");
}

#[test]
fn independent_packages_say_the_same() {
    const QUESTIONS: usize = 10;
    let cohort = simulated::cohort(1000, QUESTIONS, 11);
    let scored = Scored::of(&cohort.table, &(0..QUESTIONS).collect::<Vec<_>>());
    let row = |i| (0..QUESTIONS).map(|j| u8::from(scored.get(i, j) == Some(true))).collect::<Vec<_>>();
    let right: Vec<Vec<u8>> = (0..scored.students()).map(row).collect();
    let prior = Priors::default().of(5);
    let (Some(log_a), Some(b), Guess::Estimated(Some(c))) = (prior.log_a, prior.b, prior.c) else { panic!() };
    let true_ones: Vec<[f64; 3]> = cohort.parameters.iter().map(|p| [p.a, p.b, p.c]).collect();
    let theirs = peers(&json!({
        "right": right,
        "parameters": true_ones,
        "prior": {"log_a": [log_a.mean, log_a.deviation], "b": [b.mean, b.deviation], "c": [c.alpha, c.beta]},
    }));

    let ours = statistics(&cohort.table, &Options { copying: None, ..Options::default() });
    are_near("alpha", [ours.reliability.alpha], &[theirs["alpha"].as_f64().unwrap()], 1e-9);
    let items = || ours.items.iter();
    are_near("point-biserial", items().map(|i| i.point_biserial), &numbers(&theirs["point_biserial"]), 1e-9);
    are_near("biserial", items().map(|i| i.biserial), &numbers(&theirs["biserial"]), 1e-9);
    are_near("item-rest", items().map(|i| i.item_rest), &numbers(&theirs["item_rest"]), 1e-9);

    // Both are sums over nodes; the parameters are the same.
    let abilities = irt::abilities(&scored, &cohort.parameters, &Quadrature::fine());
    are_near("EAP", abilities.iter().map(|a| a.map(|a| a.theta)), &numbers(&theirs["eap"]), 1e-3);

    // Two optimisers that stop when they hardly move: the tops must agree to two digits, their heights to five.
    let found = irt::calibrate(&scored, &[prior; QUESTIONS], &irt::Options::default());
    assert!(found.converged);
    are_near("log-likelihood", [Some(found.log_likelihood)], &[theirs["log_likelihood"].as_f64().unwrap()], 0.05);
    let peer: Vec<Vec<f64>> = theirs["parameters"].as_array().unwrap().iter().map(numbers).collect();
    let of = |n: usize| peer.iter().map(|p| p[n]).collect::<Vec<_>>();
    let own = |get: fn(Parameters) -> f64| found.items.iter().map(|i| i.map(get)).collect::<Vec<_>>();
    are_near("a", own(|p| p.a), &of(0), 0.01);
    are_near("b", own(|p| p.b), &of(1), 0.01);
    are_near("c", own(|p| p.c), &of(2), 0.003);
}
