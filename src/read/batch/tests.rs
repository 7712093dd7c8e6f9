use super::*;
use crate::output::samples;
use crate::read::result::{MarkReading, MarkState};

const MANIFEST: &str = r#"{"pages": [
    {"sheet_id": "A", "student": "ana", "unit": "centro", "room": "s1", "page": 1},
    {"sheet_id": "A", "student": "ana", "unit": "centro", "room": "s1", "page": 2},
    {"sheet_id": "B", "student": "bia", "unit": "centro", "room": "s1", "page": 1},
    {"sheet_id": "C", "student": "caio", "unit": "centro", "room": "s2", "page": 1},
    {"sheet_id": "R", "student": null, "unit": "centro", "room": "s2", "page": 1},
    {"sheet_id": "R", "student": null, "unit": "centro", "room": "s2", "page": 2}]}"#;

fn batch() -> Batch {
    let roster = Roster::parse(b"ra;id\n2026101;ana\n2026102;bia\n2026999;caio\n").unwrap();
    let printed = Printed::from_json(MANIFEST.as_bytes()).unwrap();
    Batch::new(Known { printed: Some(printed), roster: Some(roster), layouts: Layouts::default() })
}

fn page(n: u32, sheet: &str, number: u16, student: Option<&str>, answers: &[&str]) -> PageReading {
    let mut page = samples::page("a.pdf", n, answers);
    let reference = page.sheet.as_mut().unwrap();
    reference.id = Some(sheet.into());
    reference.page = Some(number);
    reference.student = student.map(Into::into);
    page
}

/// Marks for each character: a digit, `-` for none, `*` for two.
fn grid(text: &str) -> FieldReading {
    let mut field = samples::choice("matricula", "");
    field.kind = "id_grid".into();
    let marked = |c: char, row: usize| match c {
        '*' => row < 2,
        c => c.to_digit(10) == Some(row as u32),
    };
    let marks = text.chars().enumerate().flat_map(|(column, c)| {
        (0..10).map(move |row| MarkReading {
            label: row.to_string(),
            ink: 0.0,
            state: MarkState::Empty,
            probability: if marked(c, row) { 0.99 } else { 0.01 },
            row: Some(row),
            column: Some(column),
        })
    });
    field.marks = marks.collect();
    field.status = match text {
        t if t.contains('*') => FieldStatus::Multiple,
        t if t.bytes().all(|b| b == b'-') => FieldStatus::Blank,
        t if t.contains('-') => FieldStatus::Invalid,
        _ => FieldStatus::Answered,
    };
    field
}

fn spare(n: u32, sheet: &str, number: &str) -> PageReading {
    let mut page = page(n, sheet, 1, None, &["A"]);
    page.fields.push(grid(number));
    page
}

fn admit(batch: &mut Batch, page: &mut PageReading) -> Vec<Amendment> {
    batch.admit(page, &Observed::default())
}

fn codes(page: &PageReading) -> Vec<&str> {
    page.issues.iter().map(|i| i.code.as_str()).collect()
}

#[test]
fn the_same_page_with_the_same_answers_counts_once() {
    let mut batch = batch();
    admit(&mut batch, &mut page(1, "B", 1, Some("bia"), &["A", "B"]));
    let mut again = page(2, "B", 1, Some("bia"), &["A", "B"]);
    assert!(admit(&mut batch, &mut again).is_empty());
    assert_eq!((again.outcome, again.is_duplicate()), (Outcome::Read, true));
    assert_eq!(again.issues[0].other, Some(Source { file: "a.pdf".into(), page: 1 }));
    let summary = batch.finish(1.0);
    assert_eq!((summary.duplicates.len(), summary.duplicates_that_differ.len()), (1, 0));
}

#[test]
fn the_same_page_with_other_answers_sends_both_to_a_person() {
    let mut batch = batch();
    admit(&mut batch, &mut page(1, "B", 1, Some("bia"), &["A", "B", "C"]));
    let mut again = page(2, "B", 1, Some("bia"), &["A", "D", "C?"]);
    again.outcome = Outcome::Read;
    let amendments = admit(&mut batch, &mut again);
    assert_eq!((again.outcome, codes(&again)), (Outcome::Review, vec!["duplicate_differs"]));
    assert_eq!(again.issues[0].fields, ["q2", "q3"]);
    let [Amendment { row: 0, change: Change::Review(issue) }] = amendments.as_slice() else { panic!("{amendments:?}") };
    assert_eq!((issue.code.as_str(), issue.other.as_ref().unwrap().page), ("duplicate_differs", 2));
}

#[test]
fn a_page_that_could_not_be_read_is_no_duplicate() {
    let mut batch = batch();
    let mut unread = page(1, "B", 1, None, &[]);
    unread.outcome = Outcome::Unidentified;
    admit(&mut batch, &mut unread);
    let mut read = page(2, "B", 1, Some("bia"), &["A"]);
    admit(&mut batch, &mut read);
    assert!(read.issues.is_empty());
    let summary = batch.finish(1.0);
    assert_eq!((summary.set_aside.len(), summary.sheets), (1, 1));
}

#[test]
fn a_number_in_the_roster_names_the_student_of_all_pages() {
    let mut batch = batch();
    let mut second = page(1, "R", 2, None, &["C"]);
    assert!(admit(&mut batch, &mut second).is_empty());
    let mut first = spare(2, "R", "2026999");
    let amendments = admit(&mut batch, &mut first);
    assert_eq!((first.outcome, first.sheet.unwrap().student.as_deref()), (Outcome::Read, Some("caio")));
    // How the sheet was identified; its student is another matter.
    assert_eq!(first.identified_by, Some(IdentifiedBy::Qr));
    assert_eq!(amendments, [Amendment { row: 0, change: Change::Student("caio".into()) }]);
    let mut again = page(3, "R", 2, None, &["C"]);
    admit(&mut batch, &mut again);
    assert_eq!(again.sheet.unwrap().student.as_deref(), Some("caio"));
    // Caio wrote on a spare: his own sheet is not missed.
    let missed: Vec<String> = batch.finish(1.0).not_read.into_iter().flat_map(|r| r.students).collect();
    assert_eq!(missed, ["ana", "bia"]);
}

#[test]
fn a_number_that_is_not_sure_is_only_suggested() {
    for (number, suggested) in [
        ("2026998", Some("2026999")),
        ("202-999", Some("2026999")),
        ("20*6999", Some("2026999")),
        ("2026109", None),
        ("202610-", None),
        ("1111111", None),
        ("-------", None),
    ] {
        let mut page = spare(1, "R", number);
        admit(&mut batch(), &mut page);
        let code = if suggested.is_some() { "roster_suggestion" } else { "not_in_roster" };
        assert_eq!((page.outcome, codes(&page)), (Outcome::Review, vec![code]), "{number}");
        assert_eq!(page.issues[0].value.as_deref(), suggested);
        assert_eq!(page.sheet.unwrap().student, None);
    }
    let mut doubtful = spare(1, "R", "2026999");
    doubtful.fields[1].status = FieldStatus::Doubtful;
    admit(&mut batch(), &mut doubtful);
    assert_eq!(codes(&doubtful), ["roster_suggestion"]);
    assert_eq!(doubtful.sheet.unwrap().student, None);
}

#[test]
fn a_sheet_that_says_whose_it_is_is_believed_unless_the_number_is_anothers() {
    let said = |number: &str| {
        let mut page = spare(1, "B", number);
        page.sheet.as_mut().unwrap().student = Some("bia".into());
        admit(&mut batch(), &mut page);
        (page.outcome, page.issues.first().map(|i| i.code.clone()))
    };
    for number in ["2026102", "2026112", "-------", "5555555"] {
        assert_eq!(said(number), (Outcome::Read, None), "{number}");
    }
    assert_eq!(said("2026999"), (Outcome::Review, Some("roster_conflict".into())));
}

#[test]
fn a_student_has_a_sheet_of_each_exam() {
    let manifest = r#"{"pages": [
        {"sheet_id": "A", "application": "matematica", "student": "ana", "page": 1},
        {"sheet_id": "B", "application": "fisica", "student": "ana", "page": 1},
        {"sheet_id": "C", "application": "fisica", "student": "ana", "page": 1}]}"#;
    let printed = Printed::from_json(manifest.as_bytes()).unwrap();
    let mut batch = Batch::new(Known { printed: Some(printed), ..Known::default() });
    for (n, sheet, outcome) in [(1, "A", Outcome::Read), (2, "B", Outcome::Read), (3, "C", Outcome::Review)] {
        let mut page = page(n, sheet, 1, Some("ana"), &["A"]);
        admit(&mut batch, &mut page);
        assert_eq!(page.outcome, outcome, "{sheet}");
    }
}

#[test]
fn two_sheets_of_one_student_are_both_for_a_person() {
    let mut batch = batch();
    admit(&mut batch, &mut page(1, "C", 1, Some("caio"), &["A"]));
    admit(&mut batch, &mut page(2, "B", 1, Some("bia"), &["A"]));
    let mut other = spare(3, "R", "2026999");
    let amendments = admit(&mut batch, &mut other);
    assert_eq!((other.outcome, codes(&other)), (Outcome::Review, vec!["same_student"]));
    assert!(matches!(&amendments[..], [Amendment { row: 0, change: Change::Review(i) }] if i.code == "same_student"));
    assert_eq!(batch.finish(1.0).same_student.len(), 1);
}

#[test]
fn a_sheet_that_only_a_number_names_is_identified_by_the_roster() {
    let mut foreign = samples::page("foto.jpg", 1, &["A"]);
    (foreign.sheet, foreign.identified_by) = (None, None);
    let mut roll = grid("2026101");
    (roll.id, roll.kind, roll.value) = ("Roll".into(), "concat".into(), Some("2026101".into()));
    roll.marks.clear();
    foreign.fields.push(roll);
    admit(&mut batch(), &mut foreign);
    assert_eq!(foreign.identified_by, Some(IdentifiedBy::Roster));
    assert_eq!(foreign.sheet.unwrap().student.as_deref(), Some("ana"));
}

#[test]
fn what_is_missing_is_said_by_sheet_and_by_room() {
    let mut batch = batch();
    admit(&mut batch, &mut page(1, "A", 2, Some("ana"), &["A"]));
    admit(&mut batch, &mut page(2, "R", 1, None, &["A"]));
    let summary = batch.finish(2.0);
    let incomplete: Vec<_> = summary.incomplete.iter().map(|s| (s.sheet.as_str(), s.missing.clone())).collect();
    assert_eq!(incomplete, [("A", vec![1]), ("R", vec![2])]);
    let rooms: Vec<_> =
        (summary.not_read.iter()).map(|r| (r.room.as_deref().unwrap(), r.printed, r.students.join(" "))).collect();
    assert_eq!(rooms, [("s1", 2, "bia".to_owned()), ("s2", 1, "caio".to_owned())]);
    assert_eq!(summary.rate, Rate { pages: 2, seconds: 2.0, pages_per_second: 1.0 });
}

#[test]
fn an_exam_of_which_nothing_was_seen_is_not_missed() {
    let mut batch = batch();
    admit(&mut batch, &mut page(1, "Z", 1, Some("zoe"), &["A"]));
    assert!(batch.finish(1.0).not_read.is_empty());
}

#[test]
fn pages_of_an_earlier_run_count_as_if_they_were_read_now() {
    let pages = || {
        vec![
            page(1, "R", 2, None, &["C"]),
            spare(2, "R", "2026999"),
            page(3, "B", 1, Some("bia"), &["A"]),
            page(4, "B", 1, Some("bia"), &["B"]),
            page(5, "C", 1, Some("caio"), &["A"]),
        ]
    };
    let mut whole = batch();
    let lines: Vec<PageReading> = pages()
        .into_iter()
        .map(|mut p| {
            admit(&mut whole, &mut p);
            p
        })
        .collect();
    let whole = whole.finish(0.0);
    for cut in 0..lines.len() {
        let mut resumed = batch();
        lines[..cut].iter().for_each(|p| resumed.replay(p));
        for (mut page, line) in pages().into_iter().zip(&lines).skip(cut) {
            admit(&mut resumed, &mut page);
            assert_eq!(page, *line, "cut at {cut}");
        }
        assert_eq!(Summary { rate: whole.rate, ..resumed.finish(0.0) }, whole, "cut at {cut}");
    }
}
