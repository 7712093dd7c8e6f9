//! The fields of a sheet that answers an exam, where a package names none: one for each question.

use super::exam::{Exam, Kind, Question, Space};
use crate::print::booklet::{Order, Which};
use serde_json::{Value, json};

/// On the sheet a written answer has at most so many lines.
const MOST_LINES: u32 = 12;
const LETTERS: &str = "ABCDEFGHIJ";

pub fn fields(exam: &Exam) -> Vec<Value> {
    let master = Order::new(exam, Which::Version(1));
    let mut languages: Vec<&str> = exam.sections.iter().filter_map(|s| s.language.as_deref()).collect();
    languages.dedup();
    let gated = |section: usize| exam.sections[section].language.is_some();
    let mut fields = Vec::new();
    if languages.len() > 1 {
        let ids = master.questions.iter().filter(|p| gated(p.section)).map(|p| format!("q{}", p.number));
        let mut gates: Vec<String> = ids.collect();
        gates.sort_unstable();
        gates.dedup();
        fields.push(json!({"type": "language", "id": "lingua", "labels": languages, "gates": gates}));
    }
    let mut last = 0;
    for placed in &master.questions {
        // Sections of different languages have the same numbers, and so the same fields.
        if placed.number > last {
            last = placed.number;
            fields.push(field(&exam.questions[placed.question], &format!("q{last}")));
        }
    }
    fields
}

fn field(question: &Question, id: &str) -> Value {
    let options = question.options.len();
    let letters: String = LETTERS.chars().take(options).collect();
    match question.kind {
        Kind::Choice => json!({"type": "choice", "id": id, "labels": letters}),
        Kind::Multiple => json!({"type": "choice", "id": id, "labels": letters, "multiple": true}),
        Kind::Matrix => json!({"type": "matrix", "id": id, "rows": options, "labels": "VF"}),
        Kind::Sum => json!({"type": "sum", "id": id, "propositions": options}),
        Kind::Numeric => json!({"type": "numeric", "id": id}),
        Kind::Open | Kind::Essay | Kind::Cloze => {
            let lines = match question.space {
                Space::Lines(lines) => lines.min(MOST_LINES),
                _ => 4,
            };
            json!({"type": "region", "id": id, "lines": lines})
        }
    }
}
