//! The demonstration finds what it has hidden.

use super::Scratch;
use std::process::Command;

#[test]
fn the_absent_and_the_lost_are_told_apart() {
    let scratch = Scratch::new("demo");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gabarito"));
    let output = command.args(["demo", "--seed", "5", "--out"]).arg(scratch.0.join("day")).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    for line in [", 0 erradas", "2 ausentes na lista de presença: a-12-10, a-12-21", "impressa e não lida, procure: "]
    {
        assert_eq!(said.matches(line).count(), 1, "{line}: {said}");
    }
}
