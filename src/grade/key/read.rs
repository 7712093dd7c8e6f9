//! KEY.json from JSON to a [`Key`].

use super::entry::{self, Named};
use super::{Annulment, Effect, Gate, Group, Key, Marks, Total};
use crate::grade::number::{Exact, of_json, written};
use crate::grade::rounding::{Mode, Rounding};
use crate::json::{Faults, Object};
use serde_json::Value;
use std::collections::BTreeMap;

pub fn key(value: &Value, f: &mut Faults) -> Key {
    let mut o = Object::new(value, "", f);
    let application = o.opt_text("application", f);
    let mut seen = Vec::new();
    let subjects = groups(&mut o, "subjects", false, &mut seen, f);
    let blocks = groups(&mut o, "blocks", true, &mut Vec::new(), f);
    let rules = named_rules(&mut o, f);
    let named = Named { rules: &rules, subjects: &subjects, blocks: &blocks };
    let list = o.list("questions", f).unwrap_or_default();
    if list.is_empty() && value.is_object() {
        f.add("questions", "missing or empty; a list of questions with their answers is expected");
    }
    let mut questions = entry::questions(list, &named, f);
    entry::versions(o.list("versions", f).unwrap_or_default(), &named, &mut questions, f);
    let mut key = Key {
        application,
        language: None,
        subjects,
        blocks,
        questions,
        annulled: Vec::new(),
        total: Total::default(),
        marks: marks(&mut o, f),
        forms: BTreeMap::new(),
    };
    key.language = gate(&mut o, &key, f);
    key.annulled = annulments(&mut o, &key, f);
    key.total = total(&mut o, f);
    o.finish(f);
    key
}

/// A number within bounds, with at most so many decimals.
pub(super) fn number(o: &mut Object, key: &'static str, from: i128, to: i128, f: &mut Faults) -> Option<Exact> {
    let value = o.get(key)?;
    let fits = |n: &Exact| *n >= Exact::from_integer(from) && *n <= Exact::from_integer(to);
    let found = of_json(value).filter(fits);
    if found.is_none() {
        let message = format!("{value} is not valid; a number from {from} to {to} with at most 6 decimals is expected");
        f.add(o.path(key), message);
    }
    found
}

/// A weight: over zero, up to 100, with at most four decimals.
pub(super) fn weight(o: &mut Object, f: &mut Faults) -> Exact {
    let one = Exact::from_integer(1);
    let Some(found) = number(o, "weight", 0, 100, f) else { return one };
    if found == Exact::from_integer(0) || !(found * 10_000).is_integer() {
        let message = format!("{} is not valid; a number over 0 with at most 4 decimals is expected", written(found));
        f.add(o.path("weight"), message);
        return one;
    }
    found
}

fn groups(o: &mut Object, key: &'static str, is_block: bool, seen: &mut Vec<String>, f: &mut Faults) -> Vec<Group> {
    let mut all = Vec::new();
    for (i, value) in o.list(key, f).unwrap_or_default().iter().enumerate() {
        let mut g = Object::new(value, format!("{key}[{i}]"), f);
        let id = g.text("id", f);
        if seen.contains(&id) {
            f.add(g.path("id"), format!("duplicate: “{id}” is there already"));
        }
        seen.push(id.clone());
        let title = g.opt_text("title", f).unwrap_or_else(|| id.clone());
        let weight = weight(&mut g, f);
        let floor = if is_block { number(&mut g, "floor", -1_000_000, 1_000_000, f) } else { None };
        g.finish(f);
        all.push(Group { id, title, weight, floor });
    }
    all
}

/// Rules that questions refer to by a name of the key's own.
fn named_rules(o: &mut Object, f: &mut Faults) -> BTreeMap<String, Value> {
    let Some(value) = o.get("rules") else { return BTreeMap::new() };
    let Some(all) = value.as_object() else {
        f.add("rules", "an object is expected that gives rules names: {\"certo_errado\": {\"id\": \"penalty/1\", …}}");
        return BTreeMap::new();
    };
    for name in all.keys().filter(|name| crate::grade::rules::names().contains(&name.as_str())) {
        f.add(format!("rules.{name}"), "the name of a rule that is there already; another name is expected");
    }
    all.iter().map(|(name, rule)| (name.clone(), rule.clone())).collect()
}

fn gate(o: &mut Object, key: &Key, f: &mut Faults) -> Option<Gate> {
    let mut languages: Vec<String> = Vec::new();
    for language in key.questions.iter().filter_map(|q| q.language.as_ref()) {
        if !languages.contains(language) {
            languages.push(language.clone());
        }
    }
    let (mut field, mut default) = (None, None);
    if let Some(value) = o.get("language") {
        let mut g = Object::new(value, "language", f);
        (field, default) = (g.opt_text("field", f), g.opt_text("default", f));
        if languages.is_empty() {
            f.add("language", "no question has a language");
        } else if let Some(said) = default.as_ref().filter(|d| !languages.contains(d)) {
            let known = languages.join(", ");
            f.add("language.default", format!("no question has the language “{said}”; one of {known} is expected"));
        }
        g.finish(f);
    }
    if languages.is_empty() { None } else { Some(Gate { field, default, languages }) }
}

fn annulments(o: &mut Object, key: &Key, f: &mut Faults) -> Vec<Annulment> {
    #[derive(Clone, Copy)]
    enum Word {
        GiveAll,
        Redistribute,
        Drop,
        GiveToAnswered,
    }
    let words = [
        ("give_all", Word::GiveAll),
        ("redistribute", Word::Redistribute),
        ("drop", Word::Drop),
        ("give_to_answered", Word::GiveToAnswered),
    ];
    let mut all: Vec<Annulment> = Vec::new();
    for (i, value) in o.list("annulled", f).unwrap_or_default().iter().enumerate() {
        let mut a = Object::new(value, format!("annulled[{i}]"), f);
        let id = a.text("question", f);
        if a.get("effect").is_none() && value.is_object() {
            let known = words.map(|(word, _)| word).join(", ");
            f.add(a.path("effect"), format!("missing; one of {known} is expected"));
        }
        let word = a.word("effect", &words, f);
        let within_block = a.word("within", &[("exam", false), ("block", true)], f);
        let reason = a.opt_text("reason", f);
        let mut versions = Vec::new();
        for (j, version) in a.list("versions", f).unwrap_or_default().iter().enumerate() {
            match version.as_u64().and_then(|v| u32::try_from(v).ok()).filter(|v| *v > 0) {
                Some(version) => versions.push(version),
                None => f.add(format!("{}[{j}]", a.path("versions")), "a version's number is expected, from 1"),
            }
        }
        let effect = match word {
            Word::GiveAll => Effect::GiveAll,
            Word::Redistribute => Effect::Redistribute { within_block },
            Word::Drop => Effect::Drop,
            Word::GiveToAnswered => Effect::GiveToAnswered,
        };
        match key.question(&id) {
            None if !id.is_empty() => f.add(a.path("question"), format!("the key has no question “{id}”")),
            Some(question) if all.iter().any(|a| a.question == question) => {
                f.add(a.path("question"), format!("duplicate: “{id}” is annulled already"));
            }
            Some(question) => all.push(Annulment { question, effect, versions, reason }),
            None => {}
        }
        a.finish(f);
    }
    all
}

fn total(o: &mut Object, f: &mut Faults) -> Total {
    let mut total = Total::default();
    let Some(value) = o.get("total") else { return total };
    let mut t = Object::new(value, "total", f);
    total.floor = number(&mut t, "floor", -1_000_000, 1_000_000, f);
    total.scale = number(&mut t, "scale", 0, 10_000, f);
    if total.scale.is_some_and(|s| s == Exact::from_integer(0) || !(s * 100).is_integer()) {
        f.add("total.scale", "a number over 0 with at most 2 decimals is expected");
    }
    if let Some(rounding) = rounding(&mut t, "rounding", f) {
        total.rounding = rounding;
    }
    total.questions = rounding(&mut t, "question_rounding", f);
    t.finish(f);
    total
}

fn rounding(o: &mut Object, key: &'static str, f: &mut Faults) -> Option<Rounding> {
    let value = o.get(key)?;
    let mut r = Object::new(value, o.path(key), f);
    let mode = r.word("mode", &Mode::WORDS, f);
    let places = r.whole("places", 0..=6, f);
    let step = number(&mut r, "step", 0, 1000, f);
    if places.is_some() == step.is_some() {
        f.add(o.path(key), "places or a step is expected: {\"mode\": \"half_up\", \"places\": 2}");
    }
    if step.is_some_and(|s| s == Exact::from_integer(0)) {
        f.add(r.path("step"), "0 is not valid; a number over 0 is expected");
    }
    r.finish(f);
    match (places, step) {
        (_, Some(step)) => Some(Rounding { mode, step }),
        (Some(places), None) => Some(Rounding::places(mode, places as u32)),
        (None, None) => None,
    }
}

fn marks(o: &mut Object, f: &mut Faults) -> Marks {
    let mut marks = Marks {
        absent: "Ausente".to_owned(),
        eliminated: "Eliminado".to_owned(),
        zero_absent: false,
        zero_eliminated: true,
    };
    for (key, label, zero) in [
        ("absent", &mut marks.absent, &mut marks.zero_absent),
        ("eliminated", &mut marks.eliminated, &mut marks.zero_eliminated),
    ] {
        let Some(value) = o.get(key) else { continue };
        let mut m = Object::new(value, key, f);
        *label = m.opt_text("label", f).unwrap_or_else(|| label.clone());
        let words = [("none", false), ("zero", true)];
        if m.get("grade").is_some() {
            *zero = m.word("grade", &words, f);
        }
        m.finish(f);
    }
    marks
}
