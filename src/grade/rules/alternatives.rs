//! Points for each alternative: `{"A": 1, "C": 0.5, "E": -0.25}`. Others give none.

use super::super::answer::{Answer, in_order};
use super::super::number::{Exact, of_json, written};
use super::{Asked, Mark, Rule, Verdict, Why, common, nothing, zero};
use crate::json::{Faults, Object};
use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
pub struct Alternatives {
    worth: Vec<(String, Exact)>,
}

pub(super) fn read(_: &mut Object, asked: &Asked, faults: &mut Faults) -> Option<Rule> {
    let Some(Value::Object(all)) = asked.answer.filter(|a| a.as_object().is_some_and(|o| !o.is_empty())) else {
        asked.fault("points for each alternative are expected: {\"A\": 1, \"C\": 0.5}", faults);
        return None;
    };
    let most = Exact::from_integer(1_000_000);
    let mut worth = Vec::new();
    for (label, value) in all {
        match of_json(value).filter(|n| *n <= most && *n >= -most) {
            Some(points) => worth.push((in_order(label).into_owned(), points)),
            None => {
                let message = format!("{value} is not valid; points with at most 6 decimals are expected");
                faults.add(format!("{}.{label}", asked.path), message);
            }
        }
    }
    Some(Rule::Alternatives(Alternatives { worth }))
}

impl Alternatives {
    pub fn mark(&self, answer: &Answer, why: &mut Why) -> Mark {
        let said = in_order(&answer.text);
        let Some((_, points)) = self.worth.iter().find(|(label, _)| *label == said) else {
            return nothing(answer, why).unwrap_or_else(|| {
                why.say(|| format!("A alternativa {} não vale pontos.", answer.text));
                (Verdict::Incorrect, zero())
            });
        };
        why.say(|| format!("A alternativa {} vale {}.", answer.text, written(*points)));
        let verdict = match points {
            p if *p == self.bounds().1 => Verdict::Correct,
            p if *p > zero() => Verdict::Partial,
            _ => Verdict::Incorrect,
        };
        (verdict, *points)
    }

    pub fn bounds(&self) -> (Exact, Exact) {
        let all = self.worth.iter().map(|(_, points)| *points);
        all.fold((zero(), zero()), |(least, most), p| (least.min(p), most.max(p)))
    }

    pub fn denominator(&self) -> i128 {
        common(self.worth.iter().map(|(_, points)| *points))
    }
}
