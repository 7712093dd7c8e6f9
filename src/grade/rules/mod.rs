//! The rules by which an answer gives points, a file for each family. A rule has a name and a version (`sum.ufsc/2025`),
//! which every result repeats: a rule is never changed under its name.

mod alternatives;
mod essay;
mod exact;
mod numeric;
mod penalty;
mod rubric;
mod sum;
mod true_false;

use super::answer::{Answer, Status};
use super::number::{Exact, of_json, written};
use crate::json::{Faults, Object};
use num_integer::Integer;
use serde::Serialize;
use serde_json::Value;

/// How an answer stands to the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Correct,
    /// Some of the points.
    Partial,
    Incorrect,
    Unmarked,
    /// More marks than the field takes.
    Double,
    /// Means nothing as it stands.
    Invalid,
    /// A person must look at it first.
    Doubtful,
    /// Its page was not read, or another reader's mark is to come.
    Waiting,
    Annulled,
}

impl Verdict {
    pub const ALL: [Verdict; 9] = [
        Verdict::Correct,
        Verdict::Partial,
        Verdict::Incorrect,
        Verdict::Unmarked,
        Verdict::Double,
        Verdict::Invalid,
        Verdict::Doubtful,
        Verdict::Waiting,
        Verdict::Annulled,
    ];

    /// The points may still change.
    pub fn waits(self) -> bool {
        matches!(self, Verdict::Doubtful | Verdict::Waiting)
    }
}

/// Why points were given, in a sentence; it is only made where somebody wants it.
pub struct Why(Option<String>);

impl Why {
    pub fn wanted() -> Self {
        Why(Some(String::new()))
    }

    pub fn unwanted() -> Self {
        Why(None)
    }

    pub fn say(&mut self, sentence: impl FnOnce() -> String) {
        if let Some(said) = &mut self.0 {
            *said = sentence();
        }
    }

    pub fn said(self) -> Option<String> {
        self.0
    }
}

/// A verdict and its points; the fraction need not be reduced.
pub type Mark = (Verdict, Exact);

#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    Exact(exact::Exactly),
    Alternatives(alternatives::Alternatives),
    Penalty(penalty::Penalty),
    Sum(sum::Sum),
    TrueFalse(true_false::TrueFalse),
    Numeric(numeric::Numeric),
    Rubric(rubric::Rubric),
    Essay(essay::Essay),
}

/// What a question says of itself to its rule.
pub struct Asked<'v> {
    pub answer: Option<&'v Value>,
    pub path: String,
    pub points: Exact,
}

impl Asked<'_> {
    fn fault(&self, message: impl Into<String>, faults: &mut Faults) {
        faults.add(&self.path, message);
    }

    /// A rule whose points come from a person needs no answer.
    fn none(&self, faults: &mut Faults) {
        if self.answer.is_some() {
            self.fault("this rule takes no answer: its points are filled in on the sheet", faults);
        }
    }
}

type Reader = fn(&mut Object, &Asked, &mut Faults) -> Option<Rule>;

/// Every rule by its name and version.
const RULES: [(&str, Reader); 10] = [
    ("exact/1", exact::read),
    ("alternatives/1", alternatives::read),
    ("penalty/1", penalty::read),
    ("sum.exact/1", sum::read_exact),
    ("sum.ufsc/2025", sum::read_ufsc),
    ("sum.proportional/1", sum::read_proportional),
    ("true_false/1", true_false::read),
    ("numeric/1", numeric::read),
    ("rubric/1", rubric::read),
    ("essay.enem/2025", essay::read),
];

/// Every rule that needs no key to name it.
pub fn names() -> [&'static str; RULES.len()] {
    RULES.map(|(id, _)| id)
}

impl Rule {
    /// Reads `{"id": "penalty/1", "wrong": -0.25}` for one question.
    pub fn read(spec: &Value, path: &str, asked: &Asked, faults: &mut Faults) -> Option<Rule> {
        let mut o = Object::new(spec, path, faults);
        let id = o.text("id", faults);
        let Some((_, read)) = RULES.iter().find(|(known, _)| *known == id) else {
            if !id.is_empty() {
                faults.add(o.path("id"), format!("“{id}” is not a rule; one of {} is expected", names().join(", ")));
            }
            return None;
        };
        let rule = read(&mut o, asked, faults);
        o.finish(faults);
        rule
    }

    /// Its name and version.
    pub fn id(&self) -> &'static str {
        match self {
            Rule::Exact(_) => "exact/1",
            Rule::Alternatives(_) => "alternatives/1",
            Rule::Penalty(_) => "penalty/1",
            Rule::Sum(rule) => rule.id(),
            Rule::TrueFalse(_) => "true_false/1",
            Rule::Numeric(_) => "numeric/1",
            Rule::Rubric(_) => "rubric/1",
            Rule::Essay(_) => "essay.enem/2025",
        }
    }

    /// The fields that it looks at besides the question's own.
    pub fn more_fields(&self) -> &[String] {
        match self {
            Rule::Essay(essay) => &essay.more,
            _ => &[],
        }
    }

    /// `answers` has an answer for the question's field, and one for each of `more_fields`.
    pub fn mark(&self, answers: &[Answer], why: &mut Why) -> Mark {
        if let Rule::Essay(rule) = self {
            return rule.mark(answers, why);
        }
        let answer = answers.first().unwrap_or(&Answer::MISSING);
        match answer.status {
            Status::Doubtful => {
                why.say(|| match answer.text.is_empty() {
                    true => "Leitura duvidosa: aguarda decisão de uma pessoa.".to_owned(),
                    false => format!("Leitura duvidosa ({}?): aguarda decisão de uma pessoa.", answer.text),
                });
                return (Verdict::Doubtful, zero());
            }
            Status::Missing => {
                why.say(|| "A página desta questão não foi lida.".to_owned());
                return (Verdict::Waiting, zero());
            }
            _ => {}
        }
        match self {
            Rule::Exact(rule) => rule.mark(answer, why),
            Rule::Alternatives(rule) => rule.mark(answer, why),
            Rule::Penalty(rule) => rule.mark(answer, why),
            Rule::Sum(rule) => rule.mark(answer, why),
            Rule::TrueFalse(rule) => rule.mark(answer, why),
            Rule::Numeric(rule) => rule.mark(answer, why),
            Rule::Rubric(rule) => rule.mark(answer, why),
            Rule::Essay(rule) => rule.mark(answers, why),
        }
    }

    /// The least and the most that it gives.
    pub fn bounds(&self) -> (Exact, Exact) {
        match self {
            Rule::Exact(rule) => (zero(), rule.points),
            Rule::Alternatives(rule) => rule.bounds(),
            Rule::Penalty(rule) => rule.bounds(),
            Rule::Sum(rule) => (zero(), rule.points),
            Rule::TrueFalse(rule) => (zero(), rule.points),
            Rule::Numeric(rule) => (zero(), rule.points),
            Rule::Rubric(rule) => (zero(), rule.points),
            Rule::Essay(rule) => (zero(), rule.points),
        }
    }

    /// Of which all that it gives is a whole number of parts.
    pub fn denominator(&self) -> i128 {
        match self {
            Rule::Exact(rule) => *rule.points.denom(),
            Rule::Alternatives(rule) => rule.denominator(),
            Rule::Penalty(rule) => rule.denominator(),
            Rule::Sum(rule) => rule.denominator(),
            Rule::TrueFalse(rule) => rule.denominator(),
            Rule::Numeric(rule) => *rule.points.denom(),
            Rule::Rubric(rule) => rule.denominator(),
            Rule::Essay(rule) => rule.denominator(),
        }
    }
}

fn zero() -> Exact {
    Exact::new_raw(0, 1)
}

/// `points` in `parts` equal parts, `some` of them.
fn share(points: Exact, some: i128, parts: i128) -> Exact {
    Exact::new_raw(points.numer() * some, points.denom() * parts)
}

fn common(numbers: impl IntoIterator<Item = Exact>) -> i128 {
    numbers.into_iter().fold(1, |all, n| all.lcm(n.denom()))
}

/// Blank, or several marks where one is taken, or nothing that means something: no points by most rules.
fn nothing(answer: &Answer, why: &mut Why) -> Option<Mark> {
    let verdict = match answer.status {
        Status::Blank => Verdict::Unmarked,
        Status::Multiple => Verdict::Double,
        Status::Invalid => Verdict::Invalid,
        _ => return None,
    };
    why.say(|| silence(answer));
    Some((verdict, zero()))
}

fn silence(answer: &Answer) -> String {
    match answer.status {
        Status::Blank => "Em branco.".to_owned(),
        Status::Multiple => format!("Mais de uma marcação: {}.", answer.text),
        _ => format!("Marcação sem sentido: {}.", answer.text),
    }
}

/// A number of points, up to a million.
fn points(o: &mut Object, key: &'static str, default: Exact, faults: &mut Faults) -> Exact {
    let Some(value) = o.get(key) else { return default };
    let most = Exact::from_integer(1_000_000);
    let found = of_json(value).filter(|n| *n <= most && *n >= -most);
    if found.is_none() {
        let expected = "a number from -1000000 to 1000000 with at most 6 decimals is expected";
        faults.add(o.path(key), format!("{value} is not valid; {expected}"));
    }
    found.unwrap_or(default)
}

/// A number from zero on.
fn positive(o: &mut Object, key: &'static str, default: Exact, faults: &mut Faults) -> Exact {
    let found = points(o, key, default, faults);
    if found < zero() {
        faults.add(o.path(key), format!("{} is not valid; a number from 0 is expected", written(found)));
        return default;
    }
    found
}

#[cfg(test)]
mod tests;
