//! An entry of a key's `questions`: one question, or many with `count`.

use super::about::About;
use super::read::{number, weight};
use super::{Group, Question};
use crate::grade::number::Exact;
use crate::grade::rules::{self, Asked, Rule};
use crate::json::{Faults, Object};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const MOST: usize = 1000;

/// What questions refer to.
pub struct Named<'k> {
    pub rules: &'k BTreeMap<String, Value>,
    pub subjects: &'k [Group],
    pub blocks: &'k [Group],
}

/// One question of an entry.
struct Numbered<'v> {
    id: String,
    /// `{n}` in other texts.
    n: String,
    answer: Option<Value>,
    path: &'v str,
    answer_path: String,
}

pub fn questions(list: &[Value], named: &Named, f: &mut Faults) -> Vec<Question> {
    let mut all: Vec<Question> = Vec::new();
    for (i, value) in list.iter().enumerate() {
        let path = format!("questions[{i}]");
        let mut o = Object::new(value, &path, f);
        let numbered = expand(&mut o, &path, f);
        let field = o.opt_text("field", f);
        let language = o.opt_text("language", f);
        let subject = reference(&mut o, "subject", named.subjects, f);
        let block = reference(&mut o, "block", named.blocks, f);
        let (weight, one) = (weight(&mut o, f), Exact::from_integer(1));
        let points = number(&mut o, "points", 0, 1_000_000, f).unwrap_or(one);
        let spec = o.get("rule").cloned();
        let about = About::read(&mut o, value["count"].is_number().then_some(numbered.len()), f);
        o.finish(f);
        for (i, Numbered { id, n, answer, path, answer_path }) in numbered.into_iter().enumerate() {
            let asked = Asked { answer: answer.as_ref(), path: answer_path, points };
            let Some(rule) = rule(spec.as_ref(), path, &n, &asked, named, f) else { continue };
            let field = field.as_ref().map_or_else(|| id.clone(), |field| field.replace("{n}", &n));
            if all.len() == MOST {
                f.add("questions", format!("more than {MOST} questions"));
                return all;
            }
            if all.iter().any(|q| q.id == id) {
                f.add(format!("{path}.id"), format!("duplicate: a question “{id}” is there already"));
                continue;
            }
            if let Some(other) = all.iter().find(|q| q.field == field && together(&q.language, &language)) {
                let message =
                    format!("“{field}” answers the question “{}” already; a field of its own is expected", other.id);
                f.add(format!("{path}.field"), message);
            }
            let (language, by_version) = (language.clone(), BTreeMap::new());
            let (skills, irt) = (about.skills.clone(), about.irt(i));
            all.push(Question { id, field, language, subject, block, weight, rule, by_version, skills, irt });
        }
    }
    all
}

/// Whether a pupil may have to answer both.
fn together(a: &Option<String>, b: &Option<String>) -> bool {
    a.is_none() || b.is_none() || a == b
}

/// Right answers of versions: `{"version": 2, "questions": [{"id": "q{n}", "count": 40, "answers": "…"}]}`.
pub fn versions(list: &[Value], named: &Named, questions: &mut [Question], f: &mut Faults) {
    let mut seen = Vec::new();
    for (i, value) in list.iter().enumerate() {
        let path = format!("versions[{i}]");
        let mut o = Object::new(value, &path, f);
        let version = o.whole("version", 1..=u32::MAX.into(), f).map(|v| v as u32);
        if o.get("version").is_none() && value.is_object() {
            f.add(o.path("version"), "missing; a version's number is expected, from 1");
        }
        if version.is_some_and(|v| seen.contains(&v)) {
            f.add(o.path("version"), "duplicate");
        }
        seen.extend(version);
        for (j, value) in o.list("questions", f).unwrap_or_default().iter().enumerate() {
            let path = format!("{path}.questions[{j}]");
            let mut q = Object::new(value, &path, f);
            let numbered = expand(&mut q, &path, f);
            let spec = q.get("rule").cloned();
            let points = number(&mut q, "points", 0, 1_000_000, f);
            q.finish(f);
            for Numbered { id, n, answer, path, answer_path } in numbered {
                let Some(question) = questions.iter_mut().find(|q| q.id == id) else {
                    if !id.is_empty() {
                        f.add(format!("{path}.id"), format!("the key has no question “{id}”"));
                    }
                    continue;
                };
                let points = points.unwrap_or(question.rule.bounds().1);
                let asked = Asked { answer: answer.as_ref(), path: answer_path, points };
                let rule = rule(spec.as_ref(), path, &n, &asked, named, f);
                if let (Some(version), Some(rule)) = (version, rule) {
                    question.by_version.insert(version, rule);
                }
            }
        }
        o.finish(f);
    }
}

/// The questions that an entry stands for: with `count`, `{n}` in `id` becomes the number, from `start`, and `answers`
/// has an answer for each.
fn expand<'v>(o: &mut Object, path: &'v str, f: &mut Faults) -> Vec<Numbered<'v>> {
    let id = o.text("id", f);
    let one = o.get("answer").cloned();
    let Some(count) = o.whole("count", 1..=MOST as u64, f) else {
        for key in ["answers", "start"] {
            if o.get(key).is_some() && o.get("count").is_none() {
                f.add(o.path(key), "only with a count");
            }
        }
        return vec![Numbered { id, n: String::new(), answer: one, path, answer_path: format!("{path}.answer") }];
    };
    let start = o.whole("start", 0..=9999, f).unwrap_or(1);
    if count > 1 && !id.contains("{n}") {
        f.add(o.path("id"), "with a count, the id needs {n} for the number");
    }
    if one.is_some() {
        f.add(o.path("answer"), "with a count, “answers” has an answer for each question");
    }
    let answers: Vec<Value> = match o.get("answers") {
        Some(Value::String(s)) => s.chars().filter(|c| !c.is_whitespace()).map(|c| json!(c)).collect(),
        Some(Value::Array(all)) => all.clone(),
        None => vec![Value::Null; count as usize],
        Some(_) => {
            f.add(o.path("answers"), "a string with a letter for each question, or a list of answers is expected");
            return Vec::new();
        }
    };
    if answers.len() as u64 != count {
        f.add(o.path("answers"), format!("{} answers to {count} questions; as many are expected", answers.len()));
        return Vec::new();
    }
    let numbered = |(i, answer): (usize, Value)| {
        let n = (start + i as u64).to_string();
        let answer_path = format!("{path}.answers[{i}]");
        Numbered { id: id.replace("{n}", &n), n, answer: Some(answer).filter(|a| !a.is_null()), path, answer_path }
    };
    answers.into_iter().enumerate().map(numbered).collect()
}

fn reference(o: &mut Object, key: &'static str, groups: &[Group], f: &mut Faults) -> Option<usize> {
    let said = o.opt_text(key, f)?;
    let found = groups.iter().position(|g| g.id == said);
    if found.is_none() {
        let known: Vec<&str> = groups.iter().map(|g| g.id.as_str()).collect();
        let expected = match known.is_empty() {
            true => format!("the key names no {key}s"),
            false => format!("one of {} is expected", known.join(", ")),
        };
        f.add(o.path(key), format!("{key}s has no “{said}”; {expected}"));
    }
    found
}

/// A question's rule: an object, the name of one of the key's rules, or the id of one that needs nothing more. Not said,
/// the answer tells: points for alternatives, or what is right.
fn rule(spec: Option<&Value>, path: &str, n: &str, asked: &Asked, named: &Named, f: &mut Faults) -> Option<Rule> {
    let path = format!("{path}.rule");
    let id = |id: &str| json!({ "id": id });
    let (spec, path) = match spec {
        None if asked.answer.is_some_and(Value::is_object) => (id("alternatives/1"), path),
        None => (id("exact/1"), path),
        Some(Value::String(name)) => match named.rules.get(name) {
            Some(rule) => (rule.clone(), format!("rules.{name}")),
            None if rules::names().contains(&name.as_str()) => (id(name), path),
            None => {
                let mut known: Vec<&str> = named.rules.keys().map(String::as_str).collect();
                known.extend(rules::names());
                f.add(path, format!("“{name}” is not a rule; one of {} is expected", known.join(", ")));
                return None;
            }
        },
        Some(rule) => (rule.clone(), path),
    };
    Rule::read(&numbered(spec, n), &path, asked, f)
}

/// Fields that a rule names may be numbered too.
fn numbered(mut spec: Value, n: &str) -> Value {
    if let Some(map) = spec.as_object_mut() {
        for text in map.values_mut() {
            if let Some(s) = text.as_str().filter(|s| s.contains("{n}")) {
                *text = json!(s.replace("{n}", n));
            }
        }
    }
    spec
}
