use super::number::written;
use super::versions::Versions;
use super::*;
use serde_json::{Value, json};

fn key(value: Value) -> Key {
    Key::from_json(&value).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn faults(value: Value) -> Vec<String> {
    Key::from_json(&value).unwrap_err().iter().map(ToString::to_string).collect()
}

/// A sheet as a test writes it: `q1=B`, `q2=A+C` (several), `q3=` (blank), `q4=B?` (doubtful), `lingua:language=Inglês`.
fn paper(text: &str, version: Option<u32>) -> Paper<'static> {
    let (mut shape, mut answers) = (Shape::default(), Vec::new());
    for (field, said) in text.split_whitespace().filter_map(|f| f.split_once('=')) {
        let (id, kind) = field.split_once(':').unwrap_or((field, "choice"));
        shape.0.push((id.into(), kind.into()));
        let (status, said) = match said.strip_suffix('?') {
            Some(guess) => (Status::Doubtful, guess),
            None if said.is_empty() => (Status::Blank, ""),
            None if said.contains('+') && kind == "choice" => (Status::Multiple, said),
            None => (Status::Answered, said),
        };
        answers.push(Answer { status, text: said.to_owned().into() });
    }
    Paper { sheet: None, version, review: false, shape: shape.into(), answers }
}

fn grade_as(key: &Key, text: &str, version: Option<u32>, versions: Option<&Versions>) -> Graded {
    let paper = paper(text, version);
    let mut grader = Grader::new(key, versions);
    let graded = grader.grade(&paper, false, Detail::Reasons);
    let mute = grader.grade(&paper, false, Detail::Points);
    assert_eq!((mute.points, mute.standing, mute.max), (graded.points, graded.standing, graded.max));
    graded
}

fn grade(key: &Key, text: &str) -> Graded {
    grade_as(key, text, None, None)
}

/// Points and the most, as they are written.
fn points(graded: &Graded) -> (String, String) {
    (graded.points.map_or("-".into(), |p| p.to_string()), graded.max.to_string())
}

fn five(more: Value) -> Value {
    let mut key = json!({"questions": [{"id": "q{n}", "count": 5, "answers": "ABCDE"}]});
    key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    key
}

const SHEET: &str = "q1=A q2=B q3=A q4= q5=E";

#[test]
fn every_question_says_the_rule_its_verdict_and_why() {
    let key = key(five(json!({})));
    let graded = grade(&key, "q1=A q2=C q3= q4=D+E q5=E?");
    assert_eq!((graded.standing, points(&graded)), (Standing::Provisional, ("1".into(), "5".into())));
    let said: Vec<_> = graded.questions.iter().map(|q| (q.verdict, q.why.as_deref().unwrap())).collect();
    use Verdict::*;
    assert_eq!(
        said,
        [
            (Correct, "Resposta A, a do gabarito."),
            (Incorrect, "Resposta C; o gabarito é B."),
            (Unmarked, "Em branco."),
            (Double, "Mais de uma marcação: D+E."),
            (Doubtful, "Leitura duvidosa (E?): aguarda decisão de uma pessoa."),
        ]
    );
    let mut whole = paper("q1=A q2=B q3=C q4=D q5=E", None);
    assert_eq!(Grader::new(&key, None).grade(&whole, false, Detail::Points).standing, Standing::Graded);
    whole.review = true;
    assert_eq!(Grader::new(&key, None).grade(&whole, false, Detail::Points).standing, Standing::Provisional);
    let missing = grade(&key, "q1=A");
    assert_eq!((missing.standing, missing.questions[4].verdict), (Standing::Provisional, Waiting));
}

#[test]
fn weights_multiply_and_a_scale_makes_a_grade_of_ten() {
    let key = key(json!({
        "subjects": [{"id": "mat", "weight": 2}, {"id": "por"}],
        "blocks": [{"id": "dia1", "weight": 1.5}],
        "questions": [
            {"id": "q1", "answer": "A", "subject": "mat", "block": "dia1", "points": 2, "weight": 0.5},
            {"id": "q2", "answer": "B", "subject": "por"},
        ],
        "total": {"scale": 10, "rounding": {"mode": "half_up", "places": 1}},
    }));
    // 3 of 4 points.
    let graded = grade(&key, "q1=A q2=C");
    assert_eq!(points(&graded), ("7,5".into(), "10".into()));
    let parts: Vec<_> = graded.subjects.iter().map(|p| (p.group, written(p.points), written(p.max))).collect();
    assert_eq!(parts, [(Some(0), "3".into(), "3".into()), (Some(1), "0".into(), "1".into())]);
    let blocks: Vec<_> = graded.blocks.iter().map(|p| (p.group, written(p.points))).collect();
    assert_eq!(blocks, [(Some(0), "3".into()), (None, "0".into())]);
}

#[test]
fn whoever_names_what_is_not_there_is_told_what_is() {
    let faults = |value: serde_json::Value| Key::from_json(&value).unwrap_err()[0].to_string();
    let named = |rules: serde_json::Value| {
        faults(json!({"rules": rules, "questions": [{"id": "q1", "answer": "A", "rule": "penalti/1"}]}))
    };
    assert!(named(json!({})).contains("“penalti/1” is not a rule; one of exact/1, "), "{}", named(json!({})));
    assert!(named(json!({"ce": {"id": "penalty/1", "wrong": -1}})).contains("one of ce, exact/1, "));
    let of = json!({"questions": [{"id": "q1", "answer": "A", "subject": "historia"}]});
    assert!(faults(of.clone()).contains("the key names no subjects"), "{}", faults(of));
}

#[test]
fn a_block_goes_no_deeper_than_its_floor() {
    let questions = json!([
        {"id": "q{n}", "count": 3, "answers": "CCC", "block": "b1", "rule": "ce"},
        {"id": "q{n}", "start": 4, "count": 2, "answers": "CC", "block": "b2", "rule": "ce"},
    ]);
    let rules = json!({"ce": {"id": "penalty/1", "wrong": -1}});
    let blocks = json!([{"id": "b1", "floor": 0}, {"id": "b2"}]);
    let value = json!({"rules": rules, "blocks": blocks, "questions": questions});
    let graded = grade(&key(value.clone()), "q1=E q2=E q3=C q4=C q5=E");
    assert_eq!(points(&graded), ("0".into(), "5".into()));
    let floored = grade(&key(value.clone()), "q1=E q2=E q3=E q4=E q5=E");
    assert_eq!(points(&floored).0, "-2");
    let mut value = value;
    value["total"] = json!({"floor": 0});
    assert_eq!(points(&grade(&key(value), "q1=E q2=E q3=E q4=E q5=E")).0, "0");
}

#[test]
fn thirds_are_added_up_before_they_are_rounded() {
    let question = json!({"id": "q{n}", "count": 3, "answers": [7, 7, 7], "rule": {"id": "sum.proportional/1"}});
    let exact = key(json!({"questions": [question]}));
    let sheet = "q1:sum=01 q2:sum=02 q3:sum=04";
    let graded = grade(&exact, sheet);
    assert_eq!((points(&graded).0, written(graded.questions[0].points)), ("1".into(), "1/3".into()));
    let total = json!({"question_rounding": {"mode": "down", "places": 2}});
    let each = key(json!({"questions": [question], "total": total}));
    assert_eq!(points(&grade(&each, sheet)).0, "0,99");
}

#[test]
fn annulled_questions_in_four_ways() {
    let annulled = |effect: &str, question: &str| {
        key(five(json!({"annulled": [{"question": question, "effect": effect, "reason": "duas respostas"}]})))
    };
    assert_eq!(points(&grade(&key(five(json!({}))), SHEET)), ("3".into(), "5".into()));
    assert_eq!(points(&grade(&annulled("give_all", "q3"), SHEET)), ("4".into(), "5".into()));
    assert_eq!(points(&grade(&annulled("drop", "q1"), SHEET)), ("2".into(), "4".into()));
    assert_eq!(points(&grade(&annulled("give_to_answered", "q3"), SHEET)), ("4".into(), "5".into()));
    assert_eq!(points(&grade(&annulled("give_to_answered", "q4"), SHEET)), ("3".into(), "5".into()));
    // Three of four questions of 5/4 points.
    let graded = grade(&annulled("redistribute", "q3"), SHEET);
    assert_eq!((points(&graded), written(graded.questions[0].max)), (("3,75".into(), "5".into()), "1,25".into()));
    assert_eq!(graded.questions[2].why.as_deref(), Some("Questão anulada: os pontos foram para as demais."));
}

#[test]
fn an_annulment_may_hold_for_one_version_or_one_block() {
    let one = key(five(json!({"annulled": [{"question": "q3", "effect": "give_all", "versions": [2]}]})));
    assert_eq!(points(&grade_as(&one, SHEET, Some(1), None)).0, "3");
    assert_eq!(points(&grade_as(&one, SHEET, Some(2), None)).0, "4");
    let blocks = key(json!({
        "blocks": [{"id": "a"}, {"id": "b"}],
        "questions": [{"id": "q{n}", "count": 2, "answers": "AB", "block": "a"},
                      {"id": "q{n}", "start": 3, "count": 3, "answers": "CDE", "block": "b"}],
        "annulled": [{"question": "q3", "effect": "redistribute", "within": "block"}],
    }));
    let graded = grade(&blocks, SHEET);
    let worth: Vec<_> = graded.questions.iter().map(|q| written(q.max)).collect();
    assert_eq!(worth, ["1", "1", "0", "1,5", "1,5"]);
}

#[test]
fn only_the_chosen_language_counts() {
    let gated = key(json!({"questions": [
        {"id": "en{n}", "field": "q{n}", "count": 2, "answers": "AB", "language": "Inglês"},
        {"id": "es{n}", "field": "q{n}", "count": 2, "answers": "CD", "language": "Espanhol"},
        {"id": "q3", "answer": "E"},
    ]}));
    let on = |language: &str| grade(&gated, &format!("lingua:language={language} q1=A q2=D q3=E"));
    let english = on("Inglês");
    assert_eq!((points(&english), english.language.as_deref()), (("2".into(), "3".into()), Some("Inglês")));
    let ids: Vec<_> = on("Espanhol").questions.iter().map(|q| gated.questions[q.question].id.clone()).collect();
    assert_eq!(ids, ["es1", "es2", "q3"]);
    let none = on("");
    assert_eq!((points(&none), none.standing), (("1".into(), "3".into()), Standing::Graded));
    assert_eq!(none.questions[0].why.as_deref(), Some("Nenhuma língua foi escolhida."));
    let doubtful = on("Inglês?");
    assert_eq!((points(&doubtful).0, doubtful.standing), ("1".into(), Standing::Provisional));
}

#[test]
fn who_was_absent_or_eliminated_has_no_grade_or_zero() {
    let key = key(five(json!({})));
    let flagged = |flag: &str, answers: &str| grade(&key, &format!("aplicador:flag={flag} {answers}"));
    let empty = "q1= q2= q3= q4= q5=";
    let absent = flagged("Ausente", empty);
    assert_eq!((absent.standing, absent.points), (Standing::Absent, None));
    let eliminated = flagged("Eliminado", SHEET);
    assert_eq!((eliminated.standing, eliminated.points), (Standing::Eliminated, Some(Points(0))));
    let both = flagged("Ausente", SHEET);
    assert_eq!((both.standing, both.absent_with_answers), (Standing::Provisional, true));
    assert_eq!(flagged("Eliminado?", SHEET).standing, Standing::Provisional);
}

#[test]
fn a_version_may_have_answers_of_its_own() {
    let key =
        key(five(json!({"versions": [{"version": 2, "questions": [{"id": "q{n}", "count": 5, "answers": "EDCBA"}]}]})));
    assert_eq!(points(&grade_as(&key, "q1=A q2=B q3=C q4=D q5=E", Some(1), None)).0, "5");
    assert_eq!(points(&grade_as(&key, "q1=A q2=B q3=C q4=D q5=E", Some(2), None)).0, "1");
    // The pupil filled in which version it is.
    assert_eq!(points(&grade(&key, "tipo:version=2 q1=E q2=D q3=C q4=B q5=A")).0, "5");
    // Or did not: no order is guessed.
    let unknown = grade(&key, "tipo:version= q1=E q2=D q3=C q4=B q5=A");
    assert_eq!((unknown.standing, points(&unknown).0.as_str()), (Standing::Provisional, "0"));
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let said = faults(json!({
        "subjects": [{"id": "mat", "weight": 0}],
        "rules": {"exact/1": {"id": "exact/1"}, "r": {"id": "penalty/1"}},
        "questions": [
            {"id": "q1", "answer": "A", "subject": "por"},
            {"id": "q1", "answer": "B"},
            {"id": "q{n}", "count": 3, "answers": "AB"},
            {"id": "q9", "answer": "A", "rule": "r"},
            {"id": "q10", "answer": "A", "rule": "s"},
            {"id": "q11", "field": "q9", "answer": "A", "pontos": 2},
        ],
        "annulled": [{"question": "q77", "effect": "anular"}],
        "total": {"rounding": {"mode": "half_up"}},
        "idioma": 1,
    }));
    let paths: Vec<&str> = said.iter().map(|f| f.split(": ").next().unwrap()).collect();
    for path in [
        "subjects[0].weight",
        "rules.exact/1",
        "questions[0].subject",
        "questions[1].id",
        "questions[2].answers",
        "rules.r.wrong",
        "questions[4].rule",
        "questions[5].field",
        "questions[5].pontos",
        "annulled[0].question",
        "annulled[0].effect",
        "total.rounding",
        "idioma",
    ] {
        assert!(paths.contains(&path), "{path} in {said:#?}");
    }
    assert!(matches!(Key::parse(b"{"), Err(e) if e.to_string().starts_with("not JSON")));
    let nothing_left =
        json!({"questions": [{"id": "q1", "answer": "A"}], "annulled": [{"question": "q1", "effect": "redistribute"}]});
    assert!(faults(nothing_left)[0].starts_with("annulled[0].effect: no question is left"));
    let primes = [65_537, 65_539, 65_543, 65_551, 65_557, 65_563];
    let too_fine: Vec<Value> = primes
        .iter()
        .enumerate()
        .map(|(i, p)| {
            let criteria = json!([{"title": "a", "max": f64::from(*p) / 100.0}]);
            json!({"id": format!("q{i}"), "rule": {"id": "rubric/1", "criteria": criteria}})
        })
        .collect();
    assert!(faults(json!({ "questions": too_fine }))[0].contains("too fine parts"));
}

#[test]
fn the_documented_key_and_the_samples_are_keys() {
    let documented = include_str!("../../docs/grading.md").split("## KEY.json").nth(1).unwrap();
    let example = documented.split("```json").nth(1).unwrap().split("```").next().unwrap();
    let key = Key::parse(example.as_bytes()).unwrap();
    assert_eq!((key.questions.len(), key.annulled.len()), (15, 1));
    for sample in [include_str!("../../samples/escola/KEY.json"), include_str!("../../samples/malote/KEY.json")] {
        Key::parse(sample.as_bytes()).unwrap();
    }
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    /// Questions of several rules, in blocks with floors, weighted.
    fn keys() -> impl Strategy<Value = Value> {
        let question = prop_oneof![
            "[A-E]".prop_map(|a| json!({"answer": a})),
            "[A-E]".prop_map(|a| json!({"answer": a, "rule": {"id": "penalty/1", "wrong": -0.25, "double": -0.5}})),
            ("[A-E]", 0..9_u8).prop_map(|(a, n)| json!({"answer": {a: f64::from(n) / 4.0}})),
        ];
        let weighed = (question, 1..5_u8, 0..3_usize).prop_map(|(mut q, weight, block)| {
            q["weight"] = json!(f64::from(weight) / 2.0);
            if block < 2 {
                q["block"] = json!(format!("b{block}"));
            }
            q
        });
        prop::collection::vec(weighed, 2..12).prop_map(|mut questions| {
            for (i, question) in questions.iter_mut().enumerate() {
                question["id"] = json!(format!("q{}", i + 1));
            }
            let blocks = json!([{"id": "b0", "floor": 0}, {"id": "b1", "weight": 2}]);
            json!({"blocks": blocks, "questions": questions})
        })
    }

    fn sheet(letters: &[u8]) -> String {
        let said = |b: &u8| match b % 8 {
            n @ 0..=4 => char::from(b'A' + n).to_string(),
            5 => String::new(),
            6 => "A+C".to_owned(),
            _ => "B?".to_owned(),
        };
        letters.iter().enumerate().map(|(i, b)| format!("q{}={} ", i + 1, said(b))).collect()
    }

    fn count(value: &Value) -> usize {
        value["questions"].as_array().unwrap().len()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 300, ..ProptestConfig::default() })]

        #[test]
        fn parts_add_up_to_the_total(value in keys(), letters in prop::collection::vec(any::<u8>(), 12)) {
            let key = key(value.clone());
            let graded = grade(&key, &sheet(&letters[..count(&value)]));
            let sum: Exact = graded.blocks.iter().map(|p| p.points).sum();
            prop_assert_eq!(graded.points.map(Points::exact), Some(key.total.rounding.round(sum)));
            let max: Exact = graded.questions.iter().map(|q| q.max).sum();
            prop_assert_eq!(graded.max.exact(), key.total.rounding.round(max));
            prop_assert!(graded.points.is_some_and(|p| p <= graded.max));
            prop_assert!(graded.blocks.iter().all(|p| p.group != Some(0) || p.points >= Exact::from_integer(0)));
        }

        #[test]
        fn an_annulment_taken_back_leaves_no_trace(
            value in keys(),
            letters in prop::collection::vec(any::<u8>(), 12),
            which in any::<prop::sample::Index>(),
            effect in prop::sample::select(vec!["give_all", "redistribute", "drop", "give_to_answered"]),
        ) {
            let sheet = sheet(&letters[..count(&value)]);
            let before = grade(&key(value.clone()), &sheet);
            let mut annulled = value.clone();
            annulled["annulled"] = json!([{"question": format!("q{}", which.index(count(&value)) + 1), "effect": effect}]);
            // Where all others are worth nothing, nothing can be redistributed.
            if let Ok(annulled) = Key::from_json(&annulled) {
                let during = grade(&annulled, &sheet);
                if effect == "redistribute" {
                    let all = |g: &Graded| g.questions.iter().map(|q| q.max).sum::<Exact>();
                    prop_assert_eq!(all(&during), all(&before));
                }
            }
            annulled["annulled"] = json!([]);
            prop_assert_eq!(grade(&key(annulled), &sheet), before);
        }

        #[test]
        fn the_order_of_a_version_changes_no_grade(
            letters in prop::collection::vec(any::<u8>(), 8),
            places in Just((0..8_usize).collect::<Vec<_>>()).prop_shuffle(),
            options in prop::collection::vec(Just(vec!['A', 'B', 'C', 'D', 'E']).prop_shuffle(), 8),
        ) {
            let questions = json!([{"id": "m{n}", "field": "q{n}", "count": 8, "answers": "ABCDEABC"}]);
            let key = key(json!({"questions": questions}));
            let master = grade(&key, &sheet(&letters));
            // Question i of the master is printed at place places[i], its alternatives in the order of options[i].
            let map: Vec<Value> = (0..8)
                .map(|i| {
                    let options: String = options[i].iter().collect();
                    json!({"number": places[i] + 1, "question": format!("m{}", i + 1), "options": options})
                })
                .collect();
            let file = json!({"versions": [{"version": 3, "questions": map}]}).to_string();
            let versions = Versions::from_json(file.as_bytes()).unwrap();
            let on_master = paper(&sheet(&letters), None);
            let mut printed = vec![String::new(); 8];
            for (i, Answer { status, text }) in on_master.answers.iter().enumerate() {
                let to = |label: &str| {
                    let place = options[i].iter().position(|c| c.to_string() == label).unwrap();
                    char::from(b'A' + place as u8).to_string()
                };
                let said: Vec<String> = text.split('+').filter(|l| !l.is_empty()).map(to).collect();
                let doubt = if *status == Status::Doubtful { "?" } else { "" };
                printed[places[i]] = format!("q{}={}{doubt} ", places[i] + 1, said.join("+"));
            }
            prop_assert_eq!(grade_as(&key, &printed.concat(), Some(3), Some(&versions)), master);
        }
    }
}
