use super::*;

#[test]
fn where_nobody_copied_nobody_is_accused() {
    let said = statistics(&simulated::cohort(1200, 60, 5).table, &Options::default()).copying.unwrap();
    assert_eq!((said.pairs, said.alerts.len()), (30 * 40 * 39 / 2, 0));
    // Few probabilities are small: not more than their own share.
    let open = Options { copying: Some(f64::MAX), ..Options::default() };
    let said = statistics(&simulated::cohort(1200, 60, 5).table, &open).copying.unwrap();
    for level in [1e-2, 1e-3] {
        let under = said.alerts.iter().filter(|a| a.probability < level).count();
        assert!(under as f64 <= 1.2 * level * said.pairs as f64, "{under} under {level}");
    }
}

#[test]
fn who_copied_three_quarters_is_found() {
    let cohort = simulated::cohort(1200, 60, 6);
    let mut table = Table::new(cohort.table.questions().to_vec());
    let row = |i: usize| -> Vec<_> { (0..60).map(|j| cohort.table.column(j).nth(i).unwrap()).collect() };
    // The weakest of the first five rooms copies from a middling one of his room.
    let by_ability = |room: usize| {
        let mut students: Vec<usize> = (room * 40..room * 40 + 40).collect();
        students.sort_by(|a, b| cohort.abilities[*a].total_cmp(&cohort.abilities[*b]));
        (students[0], students[15])
    };
    let pairs: Vec<(usize, usize)> = (0..5).map(by_ability).collect();
    for (i, student) in cohort.table.students().iter().enumerate() {
        let mut own = row(i);
        if let Some((_, source)) = pairs.iter().find(|p| p.0 == i) {
            own[..45].copy_from_slice(&row(*source)[..45]);
        }
        table.push(student.clone(), &own).unwrap();
    }
    let said = statistics(&table, &Options::default()).copying.unwrap();
    let mut found: Vec<[String; 2]> = said.alerts.iter().map(|a| a.students.clone()).collect();
    let mut expected: Vec<[String; 2]> =
        pairs.iter().map(|&(a, b)| [a.min(b), a.max(b)].map(|i| format!("s{}", i + 1))).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    let alert = &said.alerts[0];
    assert!(alert.questions.len() as f64 > 2.0 * alert.expected && alert.adjusted <= 0.01);
}

#[test]
fn too_few_students_are_not_compared() {
    assert_eq!(statistics(&simulated::cohort(99, 30, 7).table, &Options::default()).copying, None);
    // Nor those without a room.
    assert_eq!(statistics(&scored(&["10"; 200]), &Options::default()).copying, None);
}
