use super::*;
use crate::statistics::groups::GroupKind;
use crate::statistics::items::Remark;

#[test]
fn who_ties_at_the_border_belongs_to_a_group_in_part() {
    // Ten students: the groups are of three (2.7). Four tie at the lower border, of whom two places are left.
    let rows = ["1111", "1110", "1101", "1100", "1010", "0100", "0010", "0001", "1000", "0000"];
    let said = statistics(&scored(&rows), &Options::default());
    // Upper: the first three. Lower: 0000 and half of 0100, 0010, 0001, 1000.
    near(said.items[0].discrimination, 1.0 - 0.5 / 3.0, 1e-12);
    near(said.items[1].discrimination, 1.0 - 0.5 / 3.0, 1e-12);
    near(said.items[2].discrimination, 2.0 / 3.0 - 0.5 / 3.0, 1e-12);
    let mut turned = rows;
    turned.reverse();
    assert_eq!(statistics(&scored(&turned), &Options::default()).items[2].discrimination, said.items[2].discrimination);
}

#[test]
fn rooms_are_of_their_units_and_skills_of_their_questions() {
    let mut questions = scored(&["111"]).questions().to_vec();
    questions[0].skills = vec!["EF09MA01".into(), "D12".into()];
    questions[2].skills = vec!["D12".into()];
    let mut table = Table::new(questions);
    for (unit, room, points) in [("a", "1", [1.0, 0.0, 1.0]), ("a", "1", [1.0, 1.0, 0.0]), ("b", "1", [0.0, 0.0, 0.0])]
    {
        let row = points.map(|p| (Response::Answer(u16::from(p == 0.0)), p));
        let student = Student { unit: Some(unit.into()), room: Some(room.into()), ..Student::default() };
        table.push(student, &row).unwrap();
    }
    let said = statistics(&table, &Options::default());
    let named: Vec<_> =
        said.groups.iter().map(|g| (g.kind, g.unit.as_deref(), g.id.as_str(), g.scores.students)).collect();
    let (a, b) = (Some("a"), Some("b"));
    use GroupKind::{Room, Unit};
    assert_eq!(named, [(Unit, None, "a", 2), (Unit, None, "b", 1), (Room, a, "1", 2), (Room, b, "1", 1)]);
    near(said.groups[0].scores.mean, 200.0 / 3.0, 1e-9);
    assert_eq!(said.skills[0].skill, "D12");
    assert_eq!((said.skills[0].facility, said.skills[0].responses), (Some(0.5), 6));
    assert_eq!(said.skills[1].questions, ["q1"]);
    let own = statistics(&table.of(|s| s.unit.as_deref() == Some("b")), &Options::default());
    assert_eq!((own.scores.students, own.scores.mean), (1, Some(0.0)));
}

#[test]
fn a_wrong_key_is_remarked() {
    // The best have the first question “wrong”: the key is.
    let said = statistics(&scored(&["0111", "0111", "0110", "1100", "1000", "1000"]), &Options::default());
    assert!(said.items[0].remarks.contains(&Remark::NegativeDiscrimination));
    assert!(said.items[0].remarks.contains(&Remark::DistractorAttractsTheBest));
    assert!(said.items[2].remarks.is_empty());
    let wrong = &said.items[0].answers[1];
    assert_eq!((wrong.students, wrong.share, wrong.upper, wrong.lower), (3, Some(0.5), Some(1.0), Some(0.0)));
    near(said.items[0].answers[0].point_biserial, said.items[0].point_biserial.unwrap(), 1e-12);
}

#[test]
fn penalties_lower_the_score_and_not_the_facility() {
    let mut table = Table::new(scored(&["11"]).questions().to_vec());
    for points in [[1.0, -1.0], [-1.0, -1.0], [1.0, 1.0]] {
        let row = points.map(|p| (Response::Answer(u16::from(p < 0.0)), p));
        table.push(Student::default(), &row).unwrap();
    }
    let said = statistics(&table, &Options::default());
    near(said.items[0].facility, 2.0 / 3.0, 1e-12);
    assert_eq!(said.scores.least, Some(-100.0));
    // Of 0 and of −100 %.
    assert_eq!(said.histogram.counts[0], 2);
}

#[test]
fn marks_are_around_500() {
    let table = simulated::cohort(400, 20, 3).table;
    let options = Options { proficiency: Some(Source::Calibrated), ..Options::default() };
    let known = statistics(&table, &options).proficiency.unwrap();
    near(known.mean, 500.0, 5.0);
    assert!(known.items.iter().all(|i| !i.few_answers));
    near(known.scale.mark(1.5), 650.0, 1e-9);
    // The same parameters, given: the same marks.
    let mut questions = table.questions().to_vec();
    questions.iter_mut().zip(&known.items).for_each(|(q, i)| q.parameters = i.parameters);
    let mut given = Table::new(questions);
    for (i, student) in table.students().iter().enumerate() {
        let row: Vec<_> = (0..20).map(|j| table.column(j).nth(i).unwrap()).collect();
        given.push(student.clone(), &row).unwrap();
    }
    let again =
        statistics(&given, &Options { proficiency: Some(Source::Given), ..Options::default() }).proficiency.unwrap();
    assert_eq!((again.students, again.calibrated), (known.students, false));
}

#[test]
fn of_many_answers_the_most_frequent_are_told() {
    let mut table = Table::new(vec![Question { id: "n".into(), max: 1.0, ..Question::default() }]);
    for value in 0..40_u16 {
        table.add_answer(0, &value.to_string());
    }
    table.is_right(0, 39);
    // The value v is answered v times, but the right one once.
    for value in (0..40).flat_map(|v| std::iter::repeat_n(v, if v == 39 { 1 } else { usize::from(v) })) {
        let points = if value == 39 { 1.0 } else { 0.0 };
        table.push(Student::default(), &[(Response::Answer(value), points)]).unwrap();
    }
    let answers = &statistics(&table, &Options::default()).items[0].answers;
    let told: Vec<&str> = answers.iter().map(|a| a.answer.as_str()).collect();
    assert_eq!((told.len(), &told[..3], answers[0].key), (16, &["39", "38", "37"][..], true));
}
