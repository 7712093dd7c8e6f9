//! A key as it holds for one version of the exam and one language: which questions count, and what their points are
//! worth. Everything in it is a whole number of the form's unit, so that to grade is to add whole numbers.

use super::key::{Annulment, Effect, Group, Key};
use super::number::Exact;
use super::rules::Rule;
use num_integer::Integer;
use num_traits::{CheckedAdd, CheckedMul, Zero};

#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    pub questions: Vec<Counted>,
    /// A point has so many units.
    pub unit: i128,
    /// Of all questions, in units.
    pub max: i128,
    pub floor: Option<i128>,
}

/// A question of a form.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// Its index in the key.
    pub question: usize,
    /// What a point of its rule is worth, in units.
    factor: Exact,
    pub max: i128,
    pub annulled: Option<Effect>,
    /// It is of a language, and none was chosen.
    pub locked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormError {
    /// This annulment's points can go to no other question.
    NothingLeft(usize),
    TooFine,
}

/// Numbers of a form stay so small that whatever is multiplied with them later fits into 128 bits: a thousand questions of
/// so many units, times a scale of seven digits, times the millionths of a rounding's step.
const MOST_UNIT: i128 = 10_000_000_000_000;
const MOST_UNITS: i128 = 1_000_000_000_000_000_000;

impl Form {
    /// Without a language chosen, the questions of the first one are there, and give nothing.
    pub fn new(key: &Key, version: Option<u32>, language: Option<&str>) -> Result<Form, FormError> {
        let first = key.language.as_ref().and_then(|g| g.languages.first().map(String::as_str));
        let shown = language.or(first);
        let annulment = |question: usize| {
            let holds = |a: &Annulment| a.versions.is_empty() || version.is_some_and(|v| a.versions.contains(&v));
            key.annulled.iter().position(|a| a.question == question && holds(a))
        };
        let there = |q: &usize| key.questions[*q].language.as_deref().is_none_or(|l| Some(l) == shown);
        let mut weighed = (0..key.questions.len())
            .filter(there)
            .map(|q| Ok(Weighed { question: q, weight: weight(key, q)?, annulment: annulment(q) }))
            .collect::<Result<Vec<_>, _>>()?;
        redistribute(key, version, &mut weighed)?;
        let mut unit = 1_i128;
        let fine = |unit: i128, d: i128| {
            let g = unit.gcd(&d);
            (unit / g).checked_mul(d).filter(|u| *u <= MOST_UNIT).ok_or(FormError::TooFine)
        };
        for w in &weighed {
            let rule = key.questions[w.question].rule(version);
            unit = fine(unit, rule.denominator().checked_mul(*w.weight.denom()).ok_or(FormError::TooFine)?)?;
        }
        for step in key.total.questions.iter().map(|r| r.step) {
            unit = fine(unit, *step.denom())?;
        }
        for floor in key.blocks.iter().filter_map(|b| b.floor).chain(key.total.floor) {
            unit = fine(unit, *floor.denom())?;
        }
        let mut questions = Vec::new();
        for Weighed { question, weight, annulment } in weighed {
            let rule = key.questions[question].rule(version);
            let factor = Exact::new(checked(*weight.numer(), unit)?, *weight.denom());
            let (least, most) = rule.bounds();
            for bound in [least, most] {
                checked(*bound.numer(), *factor.numer())?;
            }
            let annulled = annulment.map(|a| key.annulled[a].effect);
            let is_out = matches!(annulled, Some(Effect::Drop | Effect::Redistribute { .. }));
            let of_language = key.questions[question].language.is_some();
            let mut counted = Counted { question, factor, max: 0, annulled, locked: of_language && language.is_none() };
            counted.max = if is_out { 0 } else { counted.units(most, key, unit) };
            questions.push(counted);
        }
        let max = questions.iter().map(|q| q.max).sum();
        let floor = key.total.floor.map(|f| (f * unit).to_integer());
        Ok(Form { questions, unit, max, floor })
    }
}

impl Counted {
    pub fn rule<'k>(&self, key: &'k Key, version: Option<u32>) -> &'k Rule {
        key.questions[self.question].rule(version)
    }

    /// What a rule gave, in units, rounded if questions are.
    pub fn units(&self, points: Exact, key: &Key, unit: i128) -> i128 {
        let (n, d) = (points.numer() * self.factor.numer(), points.denom() * self.factor.denom());
        match &key.total.questions {
            None => n / d,
            Some(rounding) => rounding.steps(n, d * unit) * (rounding.step * unit).to_integer(),
        }
    }
}

struct Weighed {
    question: usize,
    weight: Exact,
    annulment: Option<usize>,
}

fn weight(key: &Key, question: usize) -> Result<Exact, FormError> {
    let question = &key.questions[question];
    let of = |groups: &[Group], i: Option<usize>| i.map_or(Exact::from_integer(1), |i| groups[i].weight);
    product(product(question.weight, of(&key.subjects, question.subject))?, of(&key.blocks, question.block))
}

/// Gives what annulled questions were worth to those that are left, in proportion. Those in a block first, so that what
/// the whole exam redistributes finds blocks as they will be.
fn redistribute(key: &Key, version: Option<u32>, all: &mut [Weighed]) -> Result<(), FormError> {
    let effect = |w: &Weighed| w.annulment.map(|a| key.annulled[a].effect);
    let is_left = |w: &Weighed| matches!(effect(w), None | Some(Effect::GiveAll | Effect::GiveToAnswered));
    let worth = |w: &Weighed| product(key.questions[w.question].rule(version).bounds().1, w.weight);
    let blocks = all.iter().map(|w| key.questions[w.question].block);
    let mut scopes: Vec<(bool, Option<usize>)> = blocks.map(|b| (true, b)).chain([(false, None)]).collect();
    scopes.sort_by_key(|(within_block, block)| (!within_block, *block));
    scopes.dedup();
    for (within_block, block) in scopes {
        let inside = |w: &&Weighed| !within_block || key.questions[w.question].block == block;
        let goes = |w: &&Weighed| inside(w) && effect(w) == Some(Effect::Redistribute { within_block });
        let Some(annulment) = all.iter().filter(goes).find_map(|w| w.annulment) else { continue };
        let add = |sum: Exact, w: &Weighed| sum.checked_add(&worth(w)?).ok_or(FormError::TooFine);
        let given = all.iter().filter(goes).try_fold(Exact::zero(), add)?;
        let left = all.iter().filter(inside).filter(|w| is_left(w)).try_fold(Exact::zero(), add)?;
        if left <= Exact::zero() {
            return Err(FormError::NothingLeft(annulment));
        }
        let grown = product(given.checked_add(&left).ok_or(FormError::TooFine)?, left.recip())?;
        for w in all.iter_mut().filter(|w| inside(&&**w) && is_left(w)) {
            w.weight = product(w.weight, grown)?;
        }
    }
    Ok(())
}

fn product(a: Exact, b: Exact) -> Result<Exact, FormError> {
    a.checked_mul(&b).ok_or(FormError::TooFine)
}

fn checked(a: i128, b: i128) -> Result<i128, FormError> {
    a.checked_mul(b).filter(|n| n.abs() <= MOST_UNITS).ok_or(FormError::TooFine)
}
