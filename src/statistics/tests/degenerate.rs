//! Nothing is divided by nothing: what is not defined is null, and never NaN or infinite.

use super::*;

/// Every number of it as JSON has; serde_json writes NaN as null, so the numbers themselves are looked at in `Debug`.
fn is_sound(said: &Statistics) {
    let text = format!("{said:?}");
    assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
}

fn all(table: &Table) -> Statistics {
    let calibrated = Options { proficiency: Some(Source::Calibrated), ..Options::default() };
    let said = statistics(table, &calibrated);
    is_sound(&said);
    said
}

#[test]
fn nobody_and_nothing() {
    let said = all(&scored(&[]));
    assert_eq!((said.scores.students, said.scores.mean, said.reliability.alpha), (0, None, None));
    let said = all(&scored(&["", ""]));
    assert_eq!((said.scores.students, said.items.len()), (0, 0));
}

#[test]
fn one_student() {
    let said = all(&scored(&["1101"]));
    assert_eq!((said.scores.mean, said.scores.deviation), (Some(75.0), None));
    let item = &said.items[0];
    assert_eq!((item.facility, item.discrimination, item.point_biserial, item.biserial), (Some(1.0), None, None, None));
    assert_eq!(said.reliability.alpha, None);
    assert_eq!(said.proficiency.unwrap().items[0].parameters, None);
}

#[test]
fn all_right_and_all_alike() {
    let said = all(&scored(&["111", "111", "111"]));
    assert_eq!((said.scores.deviation, said.reliability.alpha), (Some(0.0), None));
    assert_eq!(said.reliability.standard_error, None);
    assert_eq!((said.items[0].discrimination, said.items[0].point_biserial), (Some(0.0), None));
    // One question that varies, among those that do not.
    let said = all(&scored(&["110", "100", "110", "100"]));
    assert_eq!(said.items[0].biserial, None);
    near(said.items[1].point_biserial, 1.0, 1e-9);
    assert_eq!(said.items[1].item_rest, None);
    let known = said.proficiency.unwrap();
    assert!(known.items[0].parameters.is_none() && known.items[1].parameters.is_some());
    assert!(known.items[1].few_answers);
}

#[test]
fn what_is_not_decided_counts_nowhere() {
    let said = all(&scored(&["11?", "10_", "00-", "011"]));
    let [_, second, third] = &said.items[..] else { panic!() };
    assert_eq!((second.students, third.students), (4, 2));
    assert_eq!((third.doubtful, third.blank, third.facility), (1, 1, Some(0.5)));
    // 2 of 2, 1 of 3, 0 of 2, 2 of 3.
    near(said.scores.mean, 100.0 * (1.0 + 1.0 / 3.0 + 0.0 + 2.0 / 3.0) / 4.0, 1e-9);
    // The third question was not asked of everybody; of the other two everything is known.
    assert_eq!((said.reliability.questions, said.reliability.students), (2, 4));
    // Nothing at all is known of somebody.
    let said = all(&scored(&["??", "11", "01"]));
    assert_eq!(said.scores.students, 2);
}

#[test]
fn annulled_questions_say_nothing() {
    let mut questions = scored(&["110", "011"]).questions().to_vec();
    questions[1].annulled = true;
    let mut table = Table::new(questions);
    for row in [[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0, 1.0, 1.0]] {
        let row = row.map(|p| (Response::Answer(u16::from(p == 0.0)), p));
        table.push(Student::default(), &row).unwrap();
    }
    let said = all(&table);
    assert_eq!((said.items[1].discrimination, said.items[1].point_biserial), (None, None));
    assert_eq!(said.reliability.questions, 2);
    assert_eq!(said.proficiency.unwrap().items.len(), 2);
}

#[test]
fn rows_that_do_not_fit_are_refused() {
    let mut table = Table::new(scored(&["11"]).questions().to_vec());
    let right = (Response::Answer(0), 1.0);
    assert!(table.push(Student::default(), &[right]).is_err());
    assert!(table.push(Student::default(), &[right, (Response::Answer(2), 1.0)]).is_err());
    assert!(table.push(Student::default(), &[right, (Response::Blank, f64::NAN)]).is_err());
    assert!(table.push(Student::default(), &[right, (Response::Doubtful, f64::NAN)]).is_ok());
    assert_eq!(table.students().len(), 1);
}
