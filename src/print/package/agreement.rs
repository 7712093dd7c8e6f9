//! Does the sheet answer the booklet? What a package asks for is printed all the same, with a note of what pupils could not
//! answer.

use super::exam::{Exam, Kind, Question};
use super::sheets::Sheets;
use crate::print::booklet::{Order, Which};
use crate::sheet::field::{FieldKind, number_of};
use crate::sheet::layout::Field;

pub fn note(exam: &Exam, sheets: &Sheets, notes: &mut Vec<String>) {
    let fields = sheets.normal.content.pages.iter().flat_map(|p| &p.fields);
    let answers: Vec<&Field> = fields.filter(|f| !f.kind.is_about_pupil()).collect();
    let master = Order::new(exam, Which::Version(1));
    let asked = master.questions.iter().map(|p| p.number).max().unwrap_or(0);
    if asked as usize != answers.len() {
        let fields = answers.len();
        notes.push(format!("the booklet has {asked} numbered questions, and the sheet {fields} fields for answers"));
    }
    for placed in &master.questions {
        let question = &exam.questions[placed.question];
        let mut own = answers.iter().filter(|f| number_of(&f.id) == Some(placed.number)).peekable();
        let Some(first) = own.peek().map(|f| **f) else { continue };
        if !own.any(|field| takes(&field.kind, question)) {
            let (path, number, kind, options) =
                (&question.path, placed.number, question.kind.name(), question.options.len());
            let of = if options > 0 { format!(" of {options}") } else { String::new() };
            let field = shape(&first.kind);
            notes.push(format!(
                "{path}: question {number} is {kind}{of}, and its field on the sheet, {}, is {field}",
                first.id
            ));
        }
    }
}

/// Whether a field has room for every answer to a question.
fn takes(field: &FieldKind, question: &Question) -> bool {
    let options = question.options.len();
    match (question.kind, field) {
        (Kind::Choice, FieldKind::Choice { labels, .. }) => labels.len() >= options,
        (Kind::Multiple, FieldKind::Choice { labels, multiple }) => *multiple && labels.len() >= options,
        (Kind::Matrix, FieldKind::Matrix { rows, .. }) => rows.len() >= options,
        (Kind::Sum, FieldKind::Sum { propositions, .. }) => usize::from(*propositions) >= options,
        (Kind::Numeric, FieldKind::Numeric { .. }) => true,
        (
            Kind::Open | Kind::Essay | Kind::Cloze,
            FieldKind::Region { .. } | FieldKind::Score { .. } | FieldKind::Competence { .. },
        ) => true,
        _ => false,
    }
}

/// A field's type and how many answers it takes: `choice of 5`.
fn shape(field: &FieldKind) -> String {
    let name = field.name();
    match field {
        FieldKind::Choice { labels, multiple: false } => format!("{name} of {}", labels.len()),
        FieldKind::Choice { labels, multiple: true } => format!("{name} of several of {}", labels.len()),
        FieldKind::Matrix { rows, .. } => format!("{name} of {}", rows.len()),
        FieldKind::Sum { propositions, .. } => format!("{name} of {propositions}"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::print::package::Package;
    use serde_json::{Value, json};

    fn notes(fields: Value) -> Vec<String> {
        let options = json!([{"html": "a"}, {"html": "b"}, {"html": "c"}]);
        let package = json!({
            "application": {"id": "a", "title": "t", "date": "2026-11-20", "institution": {"name": "Escola"}},
            "exam": {"sections": [{"title": "s", "questions": [
                {"id": "c", "kind": "choice", "stem": [{"html": "?"}], "alternatives": options},
                {"id": "s", "kind": "sum", "stem": [{"html": "?"}], "statements": options},
                {"id": "o", "kind": "open", "stem": [{"html": "?"}]},
            ]}]},
            "sheet": {"fields": fields},
            "units": [{"id": "u", "name": "U", "rooms": [{"id": "r", "name": "R", "students": [
                {"id": "1", "name": "Ana", "enrollment": "1"}]}]}],
        });
        Package::from_json(&package).unwrap().notes
    }

    #[test]
    fn a_field_that_takes_all_answers_needs_no_note() {
        let sum = json!({"type": "sum", "id": "q2", "propositions": 3});
        let open = json!({"type": "region", "id": "q3", "lines": 2});
        let field = |labels: &str| json!([{"type": "choice", "id": "q1", "labels": labels}, sum, open]);
        assert_eq!(notes(field("ABCDE")), Vec::<String>::new());
        let said = notes(field("AB"));
        let expected =
            "exam.sections[0].questions[0]: question 1 is choice of 3, and its field on the sheet, q1, is choice of 2";
        assert_eq!(said, [expected]);
        let said = notes(json!([{"type": "choice", "id": "q{n}", "count": 3, "labels": "ABC"}]));
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[1].ends_with("question 3 is open, and its field on the sheet, q3, is choice of 3"), "{said:?}");
    }
}
