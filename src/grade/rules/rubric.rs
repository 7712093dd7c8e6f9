//! What a teacher filled in, criterion by criterion: a score field of one, competences of several.

use super::super::answer::Answer;
use super::super::number::{Exact, decimal, written};
use super::{Asked, Mark, Rule, Verdict, Why, nothing, positive, zero};
use crate::json::{Faults, Object};
use num_integer::Integer;

#[derive(Clone, Debug, PartialEq)]
pub struct Rubric {
    criteria: Vec<Criterion>,
    pub(super) points: Exact,
}

#[derive(Clone, Debug, PartialEq)]
struct Criterion {
    title: String,
    max: Exact,
    weight: Exact,
}

/// Values have at most two decimals.
const FINEST: i128 = 100;

pub(super) fn read(o: &mut Object, asked: &Asked, faults: &mut Faults) -> Option<Rule> {
    asked.none(faults);
    let list = o.list("criteria", faults).unwrap_or_default();
    if list.is_empty() || list.len() > 20 {
        faults
            .add(o.path("criteria"), "a list of 1 to 20 criteria is expected: [{\"title\": \"Clareza\", \"max\": 10}]");
        return None;
    }
    let mut criteria = Vec::new();
    for (i, value) in list.iter().enumerate() {
        let mut c = Object::new(value, format!("{}[{i}]", o.path("criteria")), faults);
        let title = c.text("title", faults);
        let one = Exact::from_integer(1);
        let (max, weight) = (positive(&mut c, "max", zero(), faults), positive(&mut c, "weight", one, faults));
        for (key, n) in [("max", max), ("weight", weight)] {
            if n <= zero() || n > Exact::from_integer(1000) || (n * FINEST).denom() != &1 {
                let expected = "a number over 0, up to 1000, with at most 2 decimals is expected";
                faults.add(c.path(key), expected);
                return None;
            }
        }
        c.finish(faults);
        criteria.push(Criterion { title, max, weight });
    }
    Some(Rule::Rubric(Rubric { criteria, points: asked.points }))
}

impl Rubric {
    pub fn mark(&self, answer: &Answer, why: &mut Why) -> Mark {
        if let Some(nothing) = nothing(answer, why) {
            return nothing;
        }
        let texts: Vec<&str> = match self.criteria.len() {
            // Its comma is a decimal one.
            1 => vec![&answer.text],
            _ => answer.text.split(',').collect(),
        };
        let fine = |n: &Exact| *n >= zero() && FINEST.is_multiple_of(n.denom());
        let said: Option<Vec<Exact>> = texts.iter().map(|t| decimal(t).filter(fine)).collect();
        let fits = |said: &Vec<Exact>| {
            said.len() == self.criteria.len() && said.iter().zip(&self.criteria).all(|(n, c)| *n <= c.max)
        };
        let Some(said) = said.filter(fits) else {
            why.say(|| format!("Os pontos lançados ({}) não cabem nos critérios.", answer.text));
            return (Verdict::Invalid, zero());
        };
        let given: Exact = said.iter().zip(&self.criteria).map(|(n, c)| n * c.weight).sum();
        why.say(|| {
            let line = |(n, c): (&Exact, &Criterion)| format!("{} {} de {}", c.title, written(*n), written(c.max));
            format!("{}.", said.iter().zip(&self.criteria).map(line).collect::<Vec<_>>().join("; "))
        });
        let verdict = match given {
            g if g == self.most() => Verdict::Correct,
            g if g > zero() => Verdict::Partial,
            _ => Verdict::Incorrect,
        };
        (verdict, self.points * given / self.most())
    }

    fn most(&self) -> Exact {
        self.criteria.iter().map(|c| c.max * c.weight).sum()
    }

    pub fn denominator(&self) -> i128 {
        let weights = self.criteria.iter().fold(1, |all: i128, c| all.lcm(c.weight.denom()));
        // Of a given sum, times what it is divided by.
        self.points.denom() * FINEST * weights * self.most().numer()
    }
}
