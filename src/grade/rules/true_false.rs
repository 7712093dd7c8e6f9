//! True or false, or another choice in every row: as much of the points as rows are right. With `"wrong": 1` a wrong row
//! takes back a right one; a row without a mark neither gives nor takes.

use super::super::answer::{Answer, Status};
use super::super::number::{Exact, written};
use super::{Asked, Mark, Rule, Verdict, Why, nothing, positive, zero};
use crate::json::{Faults, Object};
use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
pub struct TrueFalse {
    rows: Vec<String>,
    /// What a wrong row takes back, in right rows.
    wrong: Exact,
    pub(super) points: Exact,
}

pub(super) fn read(o: &mut Object, asked: &Asked, faults: &mut Faults) -> Option<Rule> {
    let wrong = positive(o, "wrong", zero(), faults);
    let rows: Option<Vec<String>> = match asked.answer {
        Some(Value::String(s)) if s.contains(',') => Some(s.split(',').map(|r| r.trim().to_owned()).collect()),
        Some(Value::String(s)) => Some(s.trim().chars().map(String::from).collect()),
        Some(Value::Array(all)) => all.iter().map(|v| v.as_str().map(str::to_owned)).collect(),
        _ => None,
    };
    let rows = rows.filter(|r| !r.is_empty() && r.len() <= 100 && r.iter().all(|r| !r.is_empty()));
    if rows.is_none() {
        asked.fault("the right label of every row is expected: “VFVV” or [\"V\", \"F\", \"V\", \"V\"]", faults);
    }
    Some(Rule::TrueFalse(TrueFalse { rows: rows?, wrong, points: asked.points }))
}

impl TrueFalse {
    pub fn mark(&self, answer: &Answer, why: &mut Why) -> Mark {
        let said: Vec<&str> = answer.text.split(',').collect();
        if answer.status == Status::Blank || said.len() != self.rows.len() {
            let status = if answer.status == Status::Blank { Status::Blank } else { Status::Invalid };
            let answer = Answer { status, text: answer.text.clone() };
            return nothing(&answer, why).unwrap_or((Verdict::Invalid, zero()));
        }
        let (mut right, mut wrong) = (0, 0);
        for (said, key) in said.iter().zip(&self.rows) {
            match *said {
                "-" | "" => {}
                said if said == key => right += 1,
                _ => wrong += 1,
            }
        }
        let rows = self.rows.len() as i128;
        let worth = (Exact::from_integer(right) - self.wrong * wrong).max(zero());
        why.say(|| {
            let taken = match self.wrong == zero() {
                true => String::new(),
                false => format!("; cada errada desconta {}", written(self.wrong)),
            };
            format!("{right} de {rows} linhas certas, {wrong} erradas{taken}.")
        });
        let verdict = match worth {
            w if w == Exact::from_integer(rows) => Verdict::Correct,
            w if w > zero() => Verdict::Partial,
            _ => Verdict::Incorrect,
        };
        (verdict, self.points * worth / rows)
    }

    pub fn denominator(&self) -> i128 {
        self.points.denom() * self.wrong.denom() * self.rows.len() as i128
    }
}
