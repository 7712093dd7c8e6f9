use super::super::number::{Exact, written};
use super::*;
use serde_json::json;

fn read(spec: Value, answer: Value, points: i128) -> Rule {
    try_read(spec, answer, points).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn try_read(spec: Value, answer: Value, points: i128) -> Result<Rule, Vec<String>> {
    let mut faults = Faults::default();
    let answer = Some(&answer).filter(|a| !a.is_null());
    let asked = Asked { answer, path: "q.answer".into(), points: Exact::from_integer(points) };
    let rule = Rule::read(&spec, "q.rule", &asked, &mut faults);
    let said = faults.0.iter().map(ToString::to_string).collect();
    rule.filter(|_| faults.0.is_empty()).ok_or(said)
}

fn said(status: Status, text: &str) -> Answer<'_> {
    Answer::new(status, text)
}

/// The verdict, the points, and the sentence.
fn told(rule: &Rule, answers: &[Answer]) -> (Verdict, String, String) {
    let mut why = Why::wanted();
    let (verdict, points) = rule.mark(answers, &mut why);
    let points = Exact::new(*points.numer(), *points.denom());
    (verdict, written(points), why.said().unwrap())
}

fn gave(rule: &Rule, text: &str) -> (Verdict, String) {
    let status = if text.is_empty() { Status::Blank } else { Status::Answered };
    let (verdict, points, _) = told(rule, &[said(status, text)]);
    (verdict, points)
}

#[test]
fn exact_takes_the_right_answer_or_one_of_several() {
    use Verdict::*;
    let one = read(json!({"id": "exact/1"}), json!("B"), 2);
    assert_eq!(gave(&one, "B"), (Correct, "2".into()));
    assert_eq!(gave(&one, "C"), (Incorrect, "0".into()));
    assert_eq!(gave(&one, ""), (Unmarked, "0".into()));
    let double = told(&one, &[said(Status::Multiple, "A+B")]);
    assert_eq!(double, (Double, "0".into(), "Mais de uma marcação: A+B.".into()));
    let several = read(json!({"id": "exact/1"}), json!(["B", "D+A"]), 1);
    assert_eq!(gave(&several, "A+D"), (Correct, "1".into()));
    assert_eq!(told(&several, &[said(Status::Answered, "C")]).2, "Resposta C; o gabarito é B ou A+D.");
}

#[test]
fn what_is_not_decided_gives_nothing_yet_by_any_rule() {
    let rule = read(json!({"id": "penalty/1", "wrong": -1, "blank": 1}), json!("B"), 1);
    for (status, verdict) in [(Status::Doubtful, Verdict::Doubtful), (Status::Missing, Verdict::Waiting)] {
        let (found, points, why) = told(&rule, &[said(status, "B")]);
        assert_eq!((found, points.as_str()), (verdict, "0"));
        assert!(!why.is_empty());
    }
}

#[test]
fn alternatives_have_points_of_their_own() {
    let rule = read(json!({"id": "alternatives/1"}), json!({"A": 2, "C": "0,5", "E": -1}), 1);
    assert_eq!(gave(&rule, "A"), (Verdict::Correct, "2".into()));
    assert_eq!(gave(&rule, "C"), (Verdict::Partial, "0,5".into()));
    assert_eq!(gave(&rule, "E"), (Verdict::Incorrect, "-1".into()));
    assert_eq!(gave(&rule, "B"), (Verdict::Incorrect, "0".into()));
}

#[test]
fn a_penalty_tells_right_wrong_blank_and_double_apart() {
    let rule = read(json!({"id": "penalty/1", "wrong": "-0.25", "blank": 0.1, "double": -0.5}), json!("C"), 1);
    assert_eq!(gave(&rule, "C").1, "1");
    assert_eq!(gave(&rule, "E").1, "-0,25");
    assert_eq!(gave(&rule, "").1, "0,1");
    assert_eq!(told(&rule, &[said(Status::Multiple, "C+E")]).1, "-0,5");
}

#[test]
fn ufsc_gives_partial_credit() {
    let rule = |key: u32, np: u32| read(json!({"id": "sum.ufsc/2025", "propositions": np}), json!(key), 1);
    // 01, 04 and 08 are right.
    let rows = [
        ("13", "1"),
        ("12", "0,8"),
        ("04", "0,6"),
        ("15", "0,8"),
        ("14", "0,6"),
        ("07", "0,6"),
        ("03", "0"),
        ("02", "0"),
    ];
    for (answer, points) in rows {
        assert_eq!(gave(&rule(13, 5), answer).1, points, "{answer}");
    }
    let why = told(&rule(13, 5), &[said(Status::Answered, "14")]).2;
    assert_eq!(why, "Soma 14; o gabarito é 13: 2 de 3 corretas marcadas e 1 incorretas: 3/5 dos pontos.");
    // Its other published form: 1 + (NPC − NTPC − NPI) / NP.
    for np in 1..=6 {
        for (key, answer) in (0..1_u32 << np).flat_map(|k| (0..1_u32 << np).map(move |a| (k, a))) {
            let (npc, npi, ntpc) = ((key & answer).count_ones(), (!key & answer).count_ones(), key.count_ones());
            let other = Exact::from_integer(1) + Exact::new(i128::from(npc) - i128::from(ntpc + npi), np.into());
            let wanted = if key == answer || npc > npi { other } else { Exact::from_integer(0) };
            assert_eq!(gave(&rule(key, np), &format!("{answer:02}")).1, written(wanted), "{np} {key} {answer}");
        }
    }
}

#[test]
fn sums_all_or_nothing_and_proportional() {
    let all = read(json!({"id": "sum.exact/1"}), json!("13"), 1);
    assert_eq!((gave(&all, "13").1, gave(&all, "12").1), ("1".into(), "0".into()));
    let proportional = read(json!({"id": "sum.proportional/1", "propositions": 5}), json!(13), 1);
    assert_eq!(gave(&proportional, "12"), (Verdict::Partial, "2/3".into()));
    assert_eq!(gave(&proportional, "14"), (Verdict::Incorrect, "0".into()));
    assert_eq!(gave(&proportional, "45"), (Verdict::Invalid, "0".into()));
}

#[test]
fn rows_of_true_and_false_count_one_by_one() {
    let rule = read(json!({"id": "true_false/1"}), json!("VFVV"), 1);
    assert_eq!(gave(&rule, "V,F,V,V"), (Verdict::Correct, "1".into()));
    assert_eq!(gave(&rule, "V,V,V,V"), (Verdict::Partial, "0,75".into()));
    assert_eq!(told(&rule, &[said(Status::Invalid, "V,-,V,-")]).1, "0,5");
    assert_eq!(gave(&rule, "V,V"), (Verdict::Invalid, "0".into()));
    let strict = read(json!({"id": "true_false/1", "wrong": 1}), json!("VFVV"), 1);
    assert_eq!(gave(&strict, "V,V,V,V").1, "0,5");
    assert_eq!(gave(&strict, "F,V,F,V"), (Verdict::Incorrect, "0".into()));
}

#[test]
fn numbers_are_compared_as_numbers_within_a_tolerance() {
    let plain = read(json!({"id": "numeric/1"}), json!("12,50"), 1);
    assert_eq!(gave(&plain, "12,5").0, Verdict::Correct);
    assert_eq!(gave(&plain, "012,50").0, Verdict::Correct);
    assert_eq!(gave(&plain, "12,51").0, Verdict::Incorrect);
    let near = read(json!({"id": "numeric/1", "tolerance_percent": 2}), json!(-50), 1);
    assert_eq!((gave(&near, "-51").0, gave(&near, "-51,01").0), (Verdict::Correct, Verdict::Incorrect));
    let zeros = read(json!({"id": "numeric/1", "leading_zeros": "required", "digits": 3}), json!(7), 1);
    assert_eq!((gave(&zeros, "007").0, gave(&zeros, "7").0), (Verdict::Correct, Verdict::Invalid));
}

#[test]
fn a_rubric_adds_up_what_the_teacher_filled_in() {
    let one = read(json!({"id": "rubric/1", "criteria": [{"title": "Nota", "max": 10}]}), Value::Null, 2);
    assert_eq!(gave(&one, "7,5"), (Verdict::Partial, "1,5".into()));
    assert_eq!(gave(&one, "11").0, Verdict::Invalid);
    let two = json!([{"title": "Clareza", "max": 4, "weight": 3}, {"title": "Cálculo", "max": 6}]);
    let two = read(json!({"id": "rubric/1", "criteria": two}), Value::Null, 9);
    let (_, points, why) = told(&two, &[said(Status::Answered, "4,3")]);
    assert_eq!((points.as_str(), why.as_str()), ("7,5", "Clareza 4 de 4; Cálculo 3 de 6."));
}

#[test]
fn an_essay_goes_to_a_third_reader_and_to_a_panel() {
    let rule = read(json!({"id": "essay.enem/2025", "second": "b", "third": "c", "panel": "d"}), Value::Null, 1000);
    let mark = |readers: &[&str]| {
        let answer = |r: &&'static str| said(if r.is_empty() { Status::Blank } else { Status::Answered }, r);
        let readers: Vec<&'static str> = readers.iter().map(|r| &*Box::leak(r.to_string().into_boxed_str())).collect();
        let (verdict, points, _) = told(&rule, &readers.iter().map(answer).collect::<Vec<_>>());
        if verdict == Verdict::Waiting { "waits".to_owned() } else { points }
    };
    let (a, b) = ("120,120,120,120,120", "160,120,120,120,120");
    assert_eq!(mark(&[a, b]), "620");
    assert_eq!(mark(&[a]), "waits");
    // 100 apart is not more than 100, and 80 in a competence is not more than 80.
    assert_eq!(mark(&["120,120,120,120,120", "200,120,120,120,140"]), "650");
    let far = "160,160,160,120,120"; // 720 against 600
    assert_eq!(mark(&[a, far]), "waits");
    assert_eq!(mark(&[a, far, "160,160,120,120,120"]), "700");
    // Nearest of the two, where neither diverges: 640 is nearer to 600.
    assert_eq!(mark(&[a, far, "160,120,120,120,120"]), "620");
    // Just as near to both.
    assert_eq!(mark(&[a, far, "160,140,120,120,120"]), "waits");
    assert_eq!(mark(&[a, far, "160,140,120,120,120", "200,200,120,120,120"]), "760");
    // The third diverges from both.
    assert_eq!(mark(&[a, far, "200,200,200,200,200"]), "waits");
    assert_eq!(mark(&[a, far, "200,200,200,200,200", "160,160,160,160,160"]), "800");
    // The totals are the same, a competence is not.
    assert_eq!(mark(&["200,80,120,120,120", "80,200,120,120,120"]), "waits");
}

#[test]
fn faults_name_the_place_and_what_would_be_valid() {
    let faults = |spec, answer| try_read(spec, answer, 1).unwrap_err().join(" | ");
    assert!(
        faults(json!({"id": "exact/2"}), json!("A")).contains("q.rule.id: “exact/2” is not a rule; one of exact/1")
    );
    assert!(faults(json!({"id": "penalty/1"}), json!("A")).contains("q.rule.wrong: missing"));
    assert!(faults(json!({"id": "sum.ufsc/2025", "propositions": 3}), json!(8)).contains("from 0 to 7"));
    assert!(faults(json!({"id": "exact/1", "wrong": 1}), json!("A")).contains("q.rule.wrong: unknown field"));
    assert!(
        faults(json!({"id": "numeric/1", "leading_zeros": "required"}), json!(1)).contains("q.rule.digits: missing")
    );
    assert!(faults(json!({"id": "rubric/1"}), json!("A")).contains("takes no answer"));
    assert!(faults(json!({"id": "exact/1"}), Value::Null).contains("q.answer: the right answer is expected"));
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    fn rules() -> impl Strategy<Value = Rule> {
        let number = || (-200_i64..=200).prop_map(|n| json!(n as f64 / 8.0));
        prop_oneof![
            Just((json!({"id": "exact/1"}), json!(["B", "A+C"]))),
            (number(), number()).prop_map(|(a, c)| (json!({"id": "alternatives/1"}), json!({"A": a, "C": c}))),
            (0_i64..40, 0_i64..40, 0_i64..40).prop_map(|(w, b, d)| {
                let cost = |n: i64| json!(-(n as f64) / 16.0);
                (json!({"id": "penalty/1", "wrong": cost(w), "blank": cost(b), "double": cost(d)}), json!("B"))
            }),
            (1_u32..=7, 0_u32..128, 0..3_usize).prop_map(|(np, key, which)| {
                let id = ["sum.exact/1", "sum.ufsc/2025", "sum.proportional/1"][which];
                (json!({"id": id, "propositions": np}), json!(key & ((1 << np) - 1)))
            }),
            ("[VF]{1,9}", 0..5_u8).prop_map(|(key, w)| (json!({"id": "true_false/1", "wrong": f64::from(w) / 4.0}), json!(key))),
            (number(), 0_u8..9).prop_map(|(n, t)| (json!({"id": "numeric/1", "tolerance": t}), n)),
            prop::collection::vec((1_u16..500, 1_u16..300), 1..6).prop_map(|criteria| {
                let criterion =
                    |(max, w): (u16, u16)| json!({"title": "c", "max": f64::from(max) / 4.0, "weight": f64::from(w) / 100.0});
                let criteria: Vec<Value> = criteria.into_iter().map(criterion).collect();
                (json!({"id": "rubric/1", "criteria": criteria}), Value::Null)
            }),
            Just((json!({"id": "essay.enem/2025", "second": "b", "third": "c", "panel": "d"}), Value::Null)),
        ]
        .prop_map(|(spec, answer)| read(spec, answer, 3))
    }

    fn answers() -> impl Strategy<Value = (Status, String)> {
        let status = prop_oneof![
            Just(Status::Missing),
            Just(Status::Blank),
            Just(Status::Answered),
            Just(Status::Multiple),
            Just(Status::Invalid),
            Just(Status::Doubtful)
        ];
        let grade = || (0_u8..=5).prop_map(|n| u32::from(n) * 40);
        let text = prop_oneof![
            "[A-E]",
            "[A-E]\\+[A-E]",
            "[0-9]{1,3}",
            "-?[0-9]{1,2},[0-9]{1,2}",
            "[VF-](,[VF-]){0,8}",
            (grade(), grade(), grade(), grade(), grade()).prop_map(|(a, b, c, d, e)| format!("{a},{b},{c},{d},{e}")),
            ".{0,5}",
        ];
        (status, text)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn no_rule_gives_more_than_its_most_or_less_than_its_least(
            rule in rules(),
            answers in prop::collection::vec(answers(), 4),
        ) {
            let answers: Vec<Answer> = answers.iter().map(|(status, text)| said(*status, text)).collect();
            let mut why = Why::wanted();
            let (verdict, points) = rule.mark(&answers, &mut why);
            let points = Exact::new(*points.numer(), *points.denom());
            let (least, most) = rule.bounds();
            prop_assert!(least <= points && points <= most, "{points} of {least} to {most}");
            prop_assert_eq!(rule.denominator() % points.denom(), 0);
            prop_assert!(!verdict.waits() || points == Exact::from_integer(0));
            prop_assert!(why.said().is_some_and(|w| w.ends_with('.')));
            // The sentence changes nothing.
            let mute = rule.mark(&answers, &mut Why::unwanted());
            prop_assert_eq!((verdict, points), (mute.0, Exact::new(*mute.1.numer(), *mute.1.denom())));
        }
    }
}
