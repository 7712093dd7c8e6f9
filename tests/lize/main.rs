//! Lize sheets drawn from the measured numbers, filled in and scanned by the simulator, and read as the product does.

mod paper;
mod print;
mod school;

use fastrand::Rng;
use gabarito::read::result::{FieldStatus, IdentifiedBy, Outcome};
use gabarito::sim::Mark;
use paper::{ID, Sheet};
use qrcodegen::QrCodeEcc;
use school::{Score, fill, id};

const FIVE: fn(usize) -> usize = |_| 5;
const FOUR: fn(usize) -> usize = |_| 4;
/// The first questions of an exam have fewer alternatives than the rest.
const MIXED: fn(usize) -> usize = |n| if n < 12 { 4 } else { 5 };

#[test]
fn clean_scans_of_any_number_of_questions_are_read() {
    let mut all = Score::default();
    for (n, questions) in [10, 20, 30, 31, 45, 64, 90, 120, 149, 150].into_iter().enumerate() {
        let mut rng = Rng::with_seed(n as u64);
        let sheet = Sheet::new(questions, [FIVE, FOUR, MIXED][n % 3], n);
        let filled = fill(&sheet, if n % 2 == 0 { "clean-200" } else { "clean-300" }, &mut rng);
        let reading = filled.read();
        assert_eq!((id(&reading), reading.identified_by), (Some(ID), Some(IdentifiedBy::Qr)), "page {n}");
        let said = reading.sheet.as_ref().unwrap();
        assert_eq!((said.operation.as_deref(), said.model, said.version), (Some("S"), Some(1), None));
        let registration = reading.registration.as_ref().unwrap();
        assert_eq!(u32::from(registration.rotation), filled.shot.truth.rotation_deg, "page {n}");
        assert!(registration.residual_mm < 0.2 && registration.marks > 4 * questions, "page {n}: {registration:?}");
        let score = filled.score(&reading);
        assert!(score.is_safe(), "page {n}: {score:?}");
        all.add(score);
    }
    assert!(all.doubtful * 30 <= all.right, "{} doubtful, {} right", all.doubtful, all.right);
}

#[test]
fn spoiled_scans_and_photos_give_no_wrong_answer() {
    let mut all = Score::default();
    let sets = [
        "mirrored",
        "bilevel-300",
        "phone-flat",
        "phone-shadow",
        "noisy-jpeg",
        "low-res-100",
        "skewed",
        "uneven-feed",
        "fit-to-page",
        "stained",
        "photocopied",
        "pencil",
        "folded",
    ];
    for (n, set) in sets.into_iter().enumerate() {
        for look in [n, n + 7] {
            let mut rng = Rng::with_seed(100 + look as u64);
            let sheet = Sheet::new([90, 45][look % 2], [FIVE, FOUR][look % 2], look);
            let filled = fill(&sheet, set, &mut rng);
            let reading = filled.read();
            let score = filled.score(&reading);
            assert!(id(&reading).is_some(), "{set}, look {look}: {:?}", reading.issues);
            assert!(score.wrong.is_empty(), "{set}, look {look}: {score:?}");
            if !reading.fields.is_empty() {
                assert!(score.extent.is_empty(), "{set}, look {look}: {score:?}");
            }
            all.add(Score { extent: Vec::new(), ..score });
        }
    }
    assert!(all.right > 4 * all.doubtful, "{} right, {} doubtful", all.right, all.doubtful);
}

#[test]
fn half_the_resolution_is_enough() {
    let mut rng = Rng::with_seed(5);
    let filled = fill(&Sheet::new(60, FIVE, 2), "clean-200", &mut rng);
    let reading = filled.read_half();
    let score = filled.score(&reading);
    assert!(id(&reading).is_some() && score.is_safe() && score.doubtful < 4, "{score:?} {:?}", reading.issues);
}

#[test]
fn without_its_code_a_page_is_read_for_a_person_and_nobody_is_guessed() {
    for (n, set) in ["clean-200", "clean-300", "mirrored", "skewed"].into_iter().enumerate() {
        let mut rng = Rng::with_seed(40 + n as u64);
        let mut sheet = Sheet::new([90, 31, 150, 20][n], [FIVE, FOUR][n % 2], n);
        sheet.qr = false;
        sheet.rings[n] = n == 0;
        let filled = fill(&sheet, set, &mut rng);
        let reading = filled.read();
        assert_eq!((id(&reading), reading.identified_by), (None, None));
        assert_eq!(reading.outcome, Outcome::Unidentified, "{set}: {:?}", reading.issues);
        assert!(reading.issues.iter().any(|i| i.code == "code_unreadable"), "{:?}", reading.issues);
        let score = filled.score(&reading);
        assert!(score.is_safe(), "{set}: {score:?}");
    }
}

#[test]
fn a_ring_may_be_lost() {
    for lost in 0..4 {
        let mut rng = Rng::with_seed(60 + lost as u64);
        let mut sheet = Sheet::new(64, FIVE, lost);
        sheet.rings[lost] = false;
        let filled = fill(&sheet, "clean-200", &mut rng);
        let reading = filled.read();
        let score = filled.score(&reading);
        assert!(id(&reading).is_some() && score.is_safe(), "without {lost:?}: {score:?} {:?}", reading.issues);
    }
}

#[test]
fn two_rings_may_be_lost() {
    for (n, lost) in [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]].into_iter().enumerate() {
        for set in ["clean-200", "skewed", "mirrored"] {
            let mut rng = Rng::with_seed(300 + n as u64);
            let mut sheet = Sheet::new(64, FIVE, n);
            lost.iter().for_each(|&i| sheet.rings[i] = false);
            let filled = fill(&sheet, set, &mut rng);
            let reading = filled.read();
            let score = filled.score(&reading);
            assert!(
                id(&reading).is_some() && score.is_safe(),
                "{set}, without {lost:?}: {score:?} {:?}",
                reading.issues
            );
        }
    }
}

#[test]
fn pages_that_lean_are_read_and_with_a_ring_lost_never_a_row_off() {
    for lost in 0..5 {
        let mut rng = Rng::with_seed(320 + lost as u64);
        let mut sheet = Sheet::new(90, FIVE, lost);
        sheet.rings.iter_mut().enumerate().for_each(|(i, ring)| *ring = i != lost);
        let filled = fill(&sheet, "phone-perspective", &mut rng);
        let reading = filled.read();
        let score = filled.score(&reading);
        let refused = lost < 4 && reading.fields.is_empty();
        assert!(
            id(&reading).is_some() && (refused || score.is_safe()),
            "without {lost}: {score:?} {:?}",
            reading.issues
        );
    }
}

#[test]
fn every_operation_is_said() {
    let codes = [
        (format!("#A:1:{ID}#"), "A", None),
        (format!("#R:1:7:{ID}#"), "R", Some(7)),
        (format!("#R:1:{ID}:12#"), "R", Some(12)),
    ];
    for (n, (code, operation, version)) in codes.into_iter().enumerate() {
        let mut rng = Rng::with_seed(80 + n as u64);
        let mut sheet = Sheet::new(20, FIVE, n);
        (sheet.code, sheet.level) = (code, QrCodeEcc::Low);
        let reading = fill(&sheet, "clean-200", &mut rng).read();
        assert_eq!(id(&reading), Some(ID));
        let said = reading.sheet.unwrap();
        assert_eq!((said.operation.as_deref(), said.version), (Some(operation), version));
    }
}

#[test]
fn a_model_that_the_print_does_not_bear_out_yields_no_answers() {
    let mut rng = Rng::with_seed(90);
    let mut sheet = Sheet::new(45, FIVE, 0);
    sheet.code = format!("#S:8:{ID}#");
    let reading = fill(&sheet, "clean-200", &mut rng).read();
    assert_eq!((id(&reading), reading.fields.len(), reading.outcome), (Some(ID), 0, Outcome::Review));
    assert_eq!(reading.issues[0].code, "print_not_borne_out");
    sheet.code = format!("#S:77:{ID}#");
    let filled = fill(&sheet, "clean-200", &mut rng);
    let reading = filled.read();
    assert_eq!((id(&reading), reading.outcome), (Some(ID), Outcome::Review));
    assert!(reading.issues.iter().any(|i| i.code == "unknown_model") && filled.score(&reading).is_safe());
}

#[test]
fn a_blank_sheet_is_blank_and_a_full_one_full() {
    for (set, status) in [("all-blank", FieldStatus::Blank), ("all-filled", FieldStatus::Multiple)] {
        let mut rng = Rng::with_seed(95);
        let filled = fill(&Sheet::new(60, FOUR, 2), set, &mut rng);
        let reading = filled.read();
        let score = filled.score(&reading);
        assert!(score.is_safe() && score.doubtful < 6, "{set}: {score:?} {:?}", reading.issues);
        let questions = reading.fields.iter().filter(|f| f.kind == "choice" && f.status != FieldStatus::Doubtful);
        assert!(questions.clone().count() > 50 && questions.clone().all(|f| f.status == status), "{set}");
    }
}

#[test]
fn a_gap_within_a_number_makes_it_invalid() {
    // A pupil of the simulator leaves one column in seventeen empty.
    let mut gaps = 0;
    for seed in 0..12 {
        let mut rng = Rng::with_seed(seed);
        let filled = fill(&Sheet::new(10, FIVE, 2), "clean-200", &mut rng);
        let reading = filled.read();
        let grid = reading.fields.iter().find(|f| f.id == "matricula").unwrap();
        let columns: Vec<bool> =
            (0..10).map(|c| grid.marks.iter().any(|m| m.column == Some(c) && m.probability > 0.5)).collect();
        let first = columns.iter().position(|c| *c).unwrap();
        let last = columns.iter().rposition(|c| *c).unwrap();
        let together = columns[first..=last].iter().all(|c| *c);
        match grid.status {
            FieldStatus::Answered => {
                assert!(together);
                assert_eq!(grid.value.as_ref().unwrap().len(), last + 1 - first);
            }
            FieldStatus::Invalid => {
                assert!(!together && grid.value.as_ref().unwrap().contains('-'));
                gaps += 1;
            }
            _ => {}
        }
    }
    assert!(gaps > 0, "no page with a gap");
}

#[test]
fn an_erased_mark_is_no_answer_and_half_a_mark_is_a_doubt_or_one() {
    let mut all = Score::default();
    for n in 0..4 {
        let mut rng = Rng::with_seed(200 + n);
        let filled = fill(&Sheet::new(90, FIVE, n as usize), "erased-and-cancelled", &mut rng);
        assert!(filled.has(Mark::Erased) && filled.has(Mark::Cancelled));
        let score = filled.score(&filled.read());
        assert!(score.wrong.is_empty(), "{score:?}");
        all.add(score);
    }
    assert!(all.right > 3 * all.doubtful, "{} right, {} doubtful", all.right, all.doubtful);
}
