mod degenerate;
mod gathered;
mod groups;
mod pairs;
mod pictures;
mod published;

use super::*;

/// A table of right (1), wrong (0), blank (`_`), doubtful (`?`) and questions that were not asked (`-`), a student a row.
fn scored(rows: &[&str]) -> Table {
    let question = |j: usize| Question {
        id: format!("q{}", j + 1),
        max: 1.0,
        answers: vec!["certa".into(), "errada".into()],
        key: vec![0],
        alternatives: 2,
        ..Question::default()
    };
    let mut table = Table::new((0..rows.first().map_or(0, |r| r.len())).map(question).collect());
    for (i, row) in rows.iter().enumerate() {
        let response = |c: char| match c {
            '1' => (Response::Answer(0), 1.0),
            '0' => (Response::Answer(1), 0.0),
            '_' => (Response::Blank, 0.0),
            '?' => (Response::Doubtful, 0.0),
            _ => (Response::NotAsked, 0.0),
        };
        let row: Vec<_> = row.chars().map(response).collect();
        table.push(Student { id: format!("s{}", i + 1), ..Student::default() }, &row).unwrap();
    }
    table
}

fn near(found: impl Into<Option<f64>>, expected: f64, tolerance: f64) {
    let found = found.into().expect("a number");
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected} ± {tolerance}");
}
