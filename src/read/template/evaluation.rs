//! OMRChecker's `evaluation.json`: the key to a template's questions, and what verdicts are worth
//! (`src/schemas/evaluation_schema.py` there).

use super::format::{Template, TemplateError, beside, read_limited};
use super::omrchecker::texts;
use super::picture::decoded;
use crate::grade::evaluation::{Accepted, Key, Points, Question, Scheme, Streak};
use crate::json::{Faults, Object};
use crate::read::result::FieldStatus;
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};
use std::path::Path;

const DEFAULT: &str = "DEFAULT";

/// Reads an evaluation; the key's table or picture lies beside it.
pub fn open(path: &Path, template: &Template) -> Result<Key, TemplateError> {
    let failed = |source| TemplateError::File { path: path.display().to_string(), source };
    parse(&read_limited(path).map_err(failed)?, template, &|relative| beside(path, relative))
}

pub fn parse(
    json: &[u8],
    template: &Template,
    file: &dyn Fn(&str) -> Result<Vec<u8>, String>,
) -> Result<Key, TemplateError> {
    let value: Value = serde_json::from_slice(json)?;
    let mut faults = Faults::default();
    let f = &mut faults;
    let mut top = Object::new(&value, "", f);
    // `local` and `image_and_csv` are the names that came later.
    let sources = [("custom", false), ("local", false), ("csv", true), ("image_and_csv", true)];
    let from_table = top.word("source_type", &sources, f);
    let empty = Value::Object(Map::new());
    let mut options = Object::new(top.get("options").unwrap_or(&empty), "options", f);
    let listed = options.get("questions_in_order").is_some();
    let questions = if listed || !from_table { texts(&mut options, "questions_in_order", f) } else { Vec::new() };
    let answers: Vec<(String, Value)> = if from_table {
        let table = options.text("answer_key_csv_path", f);
        let image = options.opt_text("answer_key_image_path", f);
        from_files(&table, image.as_deref(), questions, template, file, f)
    } else {
        let list = options.list("answers_in_order", f).unwrap_or_default();
        if list.len() != questions.len() {
            let message = format!("{} answers to {} questions; as many are expected", list.len(), questions.len());
            f.add(options.path("answers_in_order"), message);
        }
        questions.into_iter().zip(list.iter().cloned()).collect()
    };
    for shown in ["should_explain_scoring", "enable_evaluation_table_to_csv"] {
        options.flag(shown, false, f);
    }
    options.finish(f);
    let mut key = Key { schemes: Vec::new(), questions: Vec::new() };
    // Before 2023 it was `marking_scheme`.
    let name = if top.get("marking_scheme").is_some() { "marking_scheme" } else { "marking_schemes" };
    let of_question = schemes(&mut key, top.get(name), name, &answers, f);
    let known: HashSet<&str> = template.outputs.iter().map(|o| o.id(&template.fields)).collect();
    for (i, (id, answer)) in answers.into_iter().enumerate() {
        if !known.contains(id.as_str()) {
            f.add("options.questions_in_order", format!("the template has no field {id}"));
        }
        if key.questions.iter().any(|q| q.id == id) {
            f.add("options.questions_in_order", format!("the question {id} is there twice"));
        }
        let accepted = accepted(&answer, &format!("options.answers_in_order[{i}]"), f);
        let scheme = of_question.get(&id).copied().unwrap_or(0);
        key.questions.push(Question { id, accepted, scheme });
    }
    if top.get("conditional_sets").and_then(Value::as_array).is_some_and(|sets| !sets.is_empty()) {
        f.add("conditional_sets", "not supported; one evaluation file for each set (--evaluation) is expected");
    }
    // How a score is drawn; here it goes into the results.
    for ignored in ["outputs_configuration", "$schema"] {
        top.get(ignored);
    }
    top.finish(f);
    if faults.0.is_empty() { Ok(key) } else { Err(TemplateError::Invalid(faults.0)) }
}

/// The key of a table of questions and answers, or of a picture of a filled-in sheet where the table is not there.
fn from_files(
    table: &str,
    image: Option<&str>,
    questions: Vec<String>,
    template: &Template,
    file: &dyn Fn(&str) -> Result<Vec<u8>, String>,
    f: &mut Faults,
) -> Vec<(String, Value)> {
    match (file(table), image) {
        (Ok(bytes), _) => rows(&bytes, f),
        (Err(_), Some(name)) => match file(name).and_then(|bytes| decoded(&bytes)) {
            Ok(gray) => from_sheet(&gray, questions, template, f),
            Err(why) => {
                f.add("options.answer_key_image_path", format!("{name}: {why}"));
                Vec::new()
            }
        },
        (Err(why), None) => {
            f.add("options.answer_key_csv_path", format!("{table}: {why}"));
            Vec::new()
        }
    }
}

/// `q1,C`, `q2,"A,B"`, `q3,"[['A', 2], ['B', 1]]"`.
fn rows(bytes: &[u8], f: &mut Faults) -> Vec<(String, Value)> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(bytes);
    let mut answers = Vec::new();
    for (i, row) in reader.records().enumerate() {
        let path = format!("options.answer_key_csv_path: line {}", i + 1);
        let row = match row {
            Ok(row) => row,
            Err(e) => {
                f.add(path, e.to_string());
                continue;
            }
        };
        match (row.get(0).filter(|q| !q.is_empty()), row.get(1).filter(|a| !a.is_empty())) {
            (Some(question), Some(answer)) => {
                // Lists are written as Python writes them.
                let parsed = if answer.starts_with('[') {
                    serde_json::from_str(&answer.replace('\'', "\"")).ok()
                } else if answer.contains(',') {
                    Some(answer.split(',').map(|a| Value::from(a.trim())).collect())
                } else {
                    Some(Value::from(answer))
                };
                match parsed {
                    Some(value) => answers.push((question.trim_start_matches('\u{feff}').to_owned(), value)),
                    None => f.add(path, format!("“{answer}” is not an answer, nor a list of answers")),
                }
            }
            _ => f.add(path, "a question and its answer are expected"),
        }
    }
    answers
}

fn from_sheet(
    gray: &crate::raster::Gray,
    questions: Vec<String>,
    template: &Template,
    f: &mut Faults,
) -> Vec<(String, Value)> {
    let path = "options.answer_key_image_path";
    let reading = super::read(gray, template);
    if reading.fields.is_empty() {
        f.add(path, "the picture does not show the template's sheet");
    }
    let mut answers = Vec::new();
    for field in reading.fields {
        let wanted = questions.contains(&field.id);
        match (field.status, field.value) {
            (FieldStatus::Blank, _) if questions.is_empty() => {}
            _ if !wanted && !questions.is_empty() => {}
            (FieldStatus::Answered | FieldStatus::Multiple, Some(value)) => {
                answers.push((field.id, Value::from(value)))
            }
            // A key that is not sure would make every score wrong.
            (status, _) => f.add(path, format!("{} is {} on the key's sheet", field.id, status.name())),
        }
    }
    answers
}

/// The schemes, and which question has which; the first is for all others.
fn schemes(
    key: &mut Key,
    value: Option<&Value>,
    path: &str,
    answers: &[(String, Value)],
    f: &mut Faults,
) -> HashMap<String, usize> {
    let mut of_question = HashMap::new();
    let empty = Map::new();
    let map = value.and_then(Value::as_object).unwrap_or(&empty);
    if !map.contains_key(DEFAULT) {
        f.add(path, "an object of marking schemes is expected, one of them named DEFAULT");
    }
    let others = map.iter().filter(|(name, _)| *name != DEFAULT);
    for (name, value) in map.get_key_value(DEFAULT).into_iter().chain(others) {
        let mut o = Object::new(value, format!("{path}.{name}"), f);
        if name == DEFAULT {
            key.schemes.push(scheme(name, &mut o, Streak::None, f));
            o.finish(f);
            continue;
        }
        let types = [
            ("default", Streak::None),
            ("verdict_level_streak", Streak::Verdict),
            ("section_level_streak", Streak::Section),
        ];
        let streak = o.word("marking_type", &types, f);
        let one = o.get("questions").and_then(Value::as_str).map(super::labels::expand);
        let questions = match one {
            Some(Ok(names)) => names,
            Some(Err(message)) => {
                f.add(o.path("questions"), message);
                Vec::new()
            }
            None => texts(&mut o, "questions", f),
        };
        for question in questions {
            if !answers.iter().any(|(id, _)| *id == question) {
                f.add(o.path("questions"), format!("the key has no question {question}"));
            }
            if of_question.insert(question.clone(), key.schemes.len()).is_some() {
                f.add(o.path("questions"), format!("the question {question} is in two schemes"));
            }
        }
        let mut marking = Object::new(o.get("marking").unwrap_or(&Value::Null), o.path("marking"), f);
        key.schemes.push(scheme(name, &mut marking, streak, f));
        marking.finish(f);
        o.finish(f);
    }
    of_question
}

fn scheme(name: &str, o: &mut Object, streak: Streak, f: &mut Faults) -> Scheme {
    let mut points = |key: &'static str| {
        let list = match o.get(key) {
            Some(Value::Array(list)) if streak != Streak::None => list.iter().map(number).collect(),
            Some(value) => number(value).map(|n| vec![n]),
            None => None,
        };
        list.and_then(Points::new).unwrap_or_else(|| {
            let list = if streak == Streak::None { "" } else { ", or a list of them for a streak," };
            f.add(o.path(key), format!("a number or a fraction such as \"-2/3\"{list} is expected"));
            Points::default()
        })
    };
    let (correct, incorrect, unmarked) = (points("correct"), points("incorrect"), points("unmarked"));
    Scheme { name: name.to_owned(), streak, correct, incorrect, unmarked }
}

/// `2`, `"-0.5"`, `"-2/3"`.
fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::String(text) => match text.trim().split_once('/') {
            Some((a, b)) => a.trim().parse::<f64>().ok()? / b.trim().parse::<f64>().ok()?,
            None => text.trim().parse().ok()?,
        },
        other => other.as_f64()?,
    };
    (number.is_finite() && number.abs() <= 1e6).then_some(number)
}

/// `"B"`, `["B", "BC"]`, `[["A", 2], ["B", "1/2"]]`, and before 2023 `["A", ["1"]]` for an answer with points of its own.
fn accepted(value: &Value, path: &str, f: &mut Faults) -> Vec<Accepted> {
    let plain = |v: &Value| {
        let answer = v.as_str().filter(|a| !a.is_empty())?.to_owned();
        Some(Accepted { answer, points: None })
    };
    let weighted = |v: &Value| match v.as_array().map(Vec::as_slice) {
        Some([answer, points]) => Some(Accepted { points: Some(number(points)?), ..plain(answer)? }),
        _ => None,
    };
    let found = match value {
        Value::Array(list) => match &list[..] {
            [answer @ Value::String(_), Value::Array(own)] if own.len() == 1 => {
                plain(answer).zip(own.first().and_then(number)).map(|(a, p)| vec![Accepted { points: Some(p), ..a }])
            }
            [Value::String(_), ..] => list.iter().map(plain).collect(),
            _ => list.iter().map(weighted).collect(),
        },
        one => plain(one).map(|a| vec![a]),
    };
    found.filter(|a: &Vec<Accepted>| !a.is_empty()).unwrap_or_else(|| {
        f.add(path, "an answer, a list of answers, or a list of [answer, points] is expected");
        Vec::new()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn template() -> Template {
        let value = json!({"pageDimensions": [500, 500], "bubbleDimensions": [20, 20], "fieldBlocks": {
            "q": {"fieldType": "QTYPE_MCQ4", "origin": [50, 50], "fieldLabels": ["q1..5"], "bubblesGap": 30, "labelsGap": 30}}});
        Template::parse(value.to_string().as_bytes(), |_| Err(String::new())).unwrap()
    }

    fn evaluation() -> Value {
        json!({
            "source_type": "custom",
            "options": {"questions_in_order": ["q1..5"], "should_explain_scoring": true,
                        "answers_in_order": ["B", ["B", "C"], [["A", 2], ["D", "-1/2"]], "AD", "A"]},
            "marking_schemes": {
                "DEFAULT": {"correct": "3", "incorrect": "-2/3", "unmarked": 0},
                "RUN": {"questions": ["q4..5"], "marking_type": "verdict_level_streak",
                        "marking": {"correct": [1, "3/2"], "incorrect": 0, "unmarked": 0}}}})
    }

    fn parsed(value: &Value) -> Result<Key, TemplateError> {
        parse(value.to_string().as_bytes(), &template(), &|name| match name {
            "key.csv" => Ok("q1,C\nq2,\"A,B\"\nq3,\"[['A', 2], ['B', '1/2']]\"\nq4,\"['A', ['5']]\"\n".into()),
            other => Err(format!("no {other}")),
        })
    }

    fn faults(change: impl FnOnce(&mut Value)) -> String {
        let mut value = evaluation();
        change(&mut value);
        parsed(&value).unwrap_err().to_string()
    }

    #[test]
    fn answers_and_schemes_are_read() {
        let key = parsed(&evaluation()).unwrap();
        let points = |i: usize| key.questions[i].accepted.iter().map(|a| a.points).collect::<Vec<_>>();
        assert_eq!((points(0), points(2)), (vec![None], vec![Some(2.0), Some(-0.5)]));
        assert_eq!(key.questions[1].accepted[1].answer, "C");
        let names: Vec<&str> = key.questions.iter().map(|q| key.schemes[q.scheme].name.as_str()).collect();
        assert_eq!(names, ["DEFAULT", "DEFAULT", "DEFAULT", "RUN", "RUN"]);
        assert_eq!(key.schemes[1].streak, Streak::Verdict);
    }

    #[test]
    fn a_table_of_answers_is_a_key() {
        let mut value = evaluation();
        value["source_type"] = json!("csv");
        value["options"] = json!({"answer_key_csv_path": "key.csv"});
        value["marking_schemes"].as_object_mut().unwrap().remove("RUN");
        let key = parsed(&value).unwrap();
        let said: Vec<Vec<(&str, Option<f64>)>> =
            key.questions.iter().map(|q| q.accepted.iter().map(|a| (a.answer.as_str(), a.points)).collect()).collect();
        assert_eq!(said[0], [("C", None)]);
        assert_eq!(said[1], [("A", None), ("B", None)]);
        assert_eq!(said[2], [("A", Some(2.0)), ("B", Some(0.5))]);
        assert_eq!(said[3], [("A", Some(5.0))]);
        value["options"]["answer_key_csv_path"] = json!("lost.csv");
        assert!(parsed(&value).unwrap_err().to_string().contains("answer_key_csv_path: lost.csv: no lost.csv"));
    }

    #[test]
    fn faults_say_where_and_what_would_be_valid() {
        let said = faults(|v| v["options"]["questions_in_order"] = json!(["q1..6"]));
        assert!(said.contains("options.answers_in_order: 5 answers to 6 questions"), "{said}");
        let said = faults(|v| v["options"]["questions_in_order"] = json!(["q1..4", "nota"]));
        assert!(said.contains("the template has no field nota"), "{said}");
        let said = faults(|v| v["options"]["answers_in_order"][0] = json!([]));
        assert!(said.contains("options.answers_in_order[0]: an answer, a list"), "{said}");
        let said = faults(|v| v["marking_schemes"]["DEFAULT"]["correct"] = json!("1/0"));
        assert!(said.contains("marking_schemes.DEFAULT.correct: a number or a fraction"), "{said}");
        let said = faults(|v| v["marking_schemes"]["DEFAULT"]["correct"] = json!([1, 2]));
        assert!(said.contains("marking_schemes.DEFAULT.correct"), "{said}");
        let said = faults(|v| {
            v["marking_schemes"]["X"] =
                json!({"questions": ["q5"], "marking": {"correct": 1, "incorrect": 0, "unmarked": 0}})
        });
        assert!(said.contains("the question q5 is in two schemes"), "{said}");
        let said = faults(|v| v["conditional_sets"] = json!([{}]));
        assert!(said.contains("conditional_sets: not supported"), "{said}");
        let said = faults(|v| v["colour"] = json!(1));
        assert!(said.contains("colour: unknown field"), "{said}");
    }
}
