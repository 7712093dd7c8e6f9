//! One right answer, or several: `"B"`, `["B", "D"]`. `"A+C"` is one answer of two labels.

use super::super::answer::{Answer, Status, in_order};
use super::super::number::Exact;
use super::{Asked, Mark, Rule, Verdict, Why, nothing, zero};
use crate::json::{Faults, Object};
use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
pub struct Exactly {
    pub(super) accepted: Vec<String>,
    pub(super) points: Exact,
}

pub(super) fn read(_: &mut Object, asked: &Asked, faults: &mut Faults) -> Option<Rule> {
    Some(Rule::Exact(Exactly { accepted: accepted(asked, faults)?, points: asked.points }))
}

/// The right answers of a question.
pub(super) fn accepted(asked: &Asked, faults: &mut Faults) -> Option<Vec<String>> {
    let text = |v: &Value| match v {
        Value::String(s) if !s.trim().is_empty() => Some(in_order(s.trim()).into_owned()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    };
    let found = match asked.answer {
        Some(Value::Array(all)) if !all.is_empty() => all.iter().map(text).collect::<Option<Vec<_>>>(),
        Some(one) => text(one).map(|one| vec![one]),
        None => None,
    };
    if found.is_none() {
        asked.fault("the right answer is expected (“B”), or a list of those that are right", faults);
    }
    found
}

impl Exactly {
    pub fn mark(&self, answer: &Answer, why: &mut Why) -> Mark {
        let is_right = !matches!(answer.status, Status::Blank | Status::Invalid) && is_in(&answer.text, &self.accepted);
        if is_right {
            why.say(|| match self.accepted.len() {
                1 => format!("Resposta {}, a do gabarito.", answer.text),
                _ => format!("Resposta {}, uma das que o gabarito aceita.", answer.text),
            });
            return (Verdict::Correct, self.points);
        }
        nothing(answer, why).unwrap_or_else(|| {
            why.say(|| format!("Resposta {}; o gabarito é {}.", answer.text, self.accepted.join(" ou ")));
            (Verdict::Incorrect, zero())
        })
    }
}

pub(super) fn is_in(text: &str, accepted: &[String]) -> bool {
    let text = in_order(text);
    accepted.iter().any(|a| *a == text)
}
