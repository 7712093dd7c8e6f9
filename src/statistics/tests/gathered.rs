use super::*;
use crate::grade::{Detail, Grader, Joined, Key, Page};
use crate::statistics::gather::Gathering;
use serde_json::{Value, json};

/// What a student handed in: a status and labels for each question read.
fn graded(key: &Key, student: &str, fields: &[(&str, &str, &str)]) -> crate::grade::Graded {
    let field = |(id, status, marked): &(&str, &str, &str)| {
        let marked: Vec<String> = marked.chars().map(String::from).collect();
        let kind = if *id == "lingua" { "language" } else { "choice" };
        let value = if *id == "lingua" { Some("Inglês".to_owned()) } else { marked.first().cloned() };
        let value = value.filter(|_| marked.len() == 1);
        let marked = if *id == "lingua" { vec!["Inglês".to_owned()] } else { marked };
        json!({"id": id, "type": kind, "status": status, "marked": marked, "value": value})
    };
    let fields: Vec<Value> = fields.iter().map(field).collect();
    let page: Page = serde_json::from_value(json!({
        "source": {"file": "a.pdf", "page": 1}, "outcome": "read",
        "sheet": {"id": format!("S-{student}"), "page": 1, "student": student}, "fields": fields,
    }))
    .unwrap();
    let mut joined = Joined::default();
    joined.add(page);
    Grader::new(key, None).grade(&joined.paper(), false, Detail::Answers)
}

#[test]
fn grades_become_responses() {
    let key = Key::from_json(&json!({
        "language": {"field": "lingua"},
        "questions": [
            {"id": "q{n}", "count": 2, "answers": "AB", "skills": ["EF09MA01"], "irt": [{"a": 1, "b": 0.5, "c": 0.2}, {"a": 2, "b": 0, "c": 0}]},
            {"id": "q3", "answer": "C", "points": 2, "weight": 2},
            {"id": "q4", "answer": "D"},
            {"id": "en", "field": "q5", "answer": "E", "language": "Inglês"},
            {"id": "es", "field": "q5", "answer": "A", "language": "Espanhol"},
        ],
        "annulled": [{"question": "q4", "effect": "give_all"}],
    }))
    .unwrap();
    let mut gathering = Gathering::new(&key, |_| ["A", "B", "C", "D", "E"].map(str::to_owned).to_vec());
    let all = [
        graded(
            &key,
            "um",
            &[
                ("lingua", "answered", "I"),
                ("q1", "answered", "A"),
                ("q2", "blank", ""),
                ("q3", "answered", "C"),
                ("q4", "answered", "A"),
                ("q5", "answered", "E"),
            ],
        ),
        // The page with the other questions was not read.
        graded(&key, "dois", &[("lingua", "answered", "I"), ("q1", "multiple", "AB"), ("q2", "doubtful", "B")]),
    ];
    for (graded, student) in all.iter().zip(["um", "dois"]) {
        gathering.add(Student { id: student.into(), ..Student::default() }, graded).unwrap();
    }
    let table = gathering.table();
    let column = |j: usize| table.column(j).collect::<Vec<_>>();
    use Response::{Answer, Blank, Doubtful, Invalid, NotAsked, NotRead};
    assert_eq!(column(0), [(Answer(0), 1.0), (Invalid, 0.0)]);
    assert_eq!(column(1), [(Blank, 0.0), (Doubtful, 0.0)]);
    assert_eq!(column(2), [(Answer(2), 4.0), (NotRead, 0.0)]);
    assert_eq!(column(4)[0], (Answer(4), 1.0));
    assert_eq!(column(5), [(NotAsked, 0.0), (NotAsked, 0.0)]);
    let [first, _, third, fourth, ..] = table.questions() else { panic!() };
    assert_eq!((first.max, first.alternatives, &first.key[..], first.skills.len()), (1.0, 5, &[0][..], 1));
    assert_eq!(first.parameters.map(|p| p.b), Some(0.5));
    assert_eq!((third.max, third.parameters), (4.0, None));
    assert!(fourth.annulled);
    let said = statistics(&table, &Options { proficiency: Some(Source::Given), ..Options::default() });
    assert_eq!((said.items[0].students, said.items[0].invalid, said.items[2].students), (2, 1, 1));
    assert_eq!(said.proficiency.unwrap().items.len(), 2);
}

#[test]
fn who_has_a_page_to_come_does_not_keep_the_others_from_being_reliable() {
    let key = Key::from_json(&json!({"questions": [{"id": "q{n}", "count": 3, "answers": "ABC"}]})).unwrap();
    let mut gathering = Gathering::new(&key, |_| ["A", "B", "C"].map(str::to_owned).to_vec());
    for (student, answers) in
        [("1", "ABC"), ("2", "ABA"), ("3", "ACA"), ("4", "BCA"), ("not all", "A"), ("nothing", "")]
    {
        let fields: Vec<(String, String)> =
            answers.chars().zip(1..).map(|(a, n)| (format!("q{n}"), a.to_string())).collect();
        let fields: Vec<_> = fields.iter().map(|(id, a)| (id.as_str(), "answered", a.as_str())).collect();
        gathering.add(Student { id: student.into(), ..Student::default() }, &graded(&key, student, &fields)).unwrap();
    }
    let said = statistics(&gathering.table(), &Options::default()).reliability;
    // docs/statistics.md
    assert_eq!((said.questions, said.students), (3, 4));
    assert!((said.kr20.unwrap() - 0.75).abs() < 1e-9 && said.alpha == said.kr20, "{said:?}");
}

#[test]
fn what_a_key_says_for_statistics_is_checked() {
    let faults = |question: Value| {
        let faults = Key::from_json(&json!({"questions": [question]})).unwrap_err();
        faults.into_iter().map(|f| f.path).collect::<Vec<_>>()
    };
    assert_eq!(faults(json!({"id": "a", "answer": "A", "skills": ["D1", 7]})), ["questions[0].skills[1]"]);
    assert_eq!(faults(json!({"id": "a", "answer": "A", "irt": {"a": 1, "b": 0}})), ["questions[0].irt.c"]);
    assert_eq!(
        faults(json!({"id": "a", "answer": "A", "irt": {"a": 0, "b": 0, "c": 0.2, "d": 1}})),
        ["questions[0].irt.a", "questions[0].irt.d"]
    );
    assert_eq!(
        faults(json!({"id": "a{n}", "count": 2, "answers": "AB", "irt": [{"a": 1, "b": 0, "c": 0}]})),
        ["questions[0].irt"]
    );
}
