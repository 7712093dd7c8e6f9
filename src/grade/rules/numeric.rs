//! A number, exact or within a tolerance.

use super::super::answer::Answer;
use super::super::number::{Exact, decimal, of_json, written};
use super::{Asked, Mark, Rule, Verdict, Why, nothing, positive, zero};
use crate::json::{Faults, Object};

#[derive(Clone, Debug, PartialEq)]
pub struct Numeric {
    value: Exact,
    /// How far an answer may be off.
    tolerance: Exact,
    /// How many digits must be filled in before the comma, where leading zeros are asked for.
    digits: Option<usize>,
    pub(super) points: Exact,
}

pub(super) fn read(o: &mut Object, asked: &Asked, faults: &mut Faults) -> Option<Rule> {
    let absolute = positive(o, "tolerance", zero(), faults);
    let percent = positive(o, "tolerance_percent", zero(), faults);
    let required = o.word("leading_zeros", &[("optional", false), ("required", true)], faults);
    let digits = o.whole("digits", 1..=9, faults).map(|n| n as usize);
    if required && digits.is_none() {
        faults.add(o.path("digits"), "missing; with leading zeros the number of digits is expected, 1 to 9");
    }
    let Some(value) = asked.answer.and_then(of_json) else {
        asked.fault("a number is expected, such as 12.5 or “12,50”", faults);
        return None;
    };
    let magnitude = value.max(-value);
    let tolerance = absolute.max(magnitude * percent / 100);
    let digits = digits.filter(|_| required);
    Some(Rule::Numeric(Numeric { value, tolerance, digits, points: asked.points }))
}

impl Numeric {
    pub fn mark(&self, answer: &Answer, why: &mut Why) -> Mark {
        if let Some(nothing) = nothing(answer, why) {
            return nothing;
        }
        let Some(said) = decimal(&answer.text) else {
            why.say(|| format!("{} não é um número.", answer.text));
            return (Verdict::Invalid, zero());
        };
        let whole = answer.text.trim_start_matches(['-', '−', '+']).split([',', '.']).next().unwrap_or_default();
        if let Some(digits) = self.digits.filter(|d| *d != whole.len()) {
            why.say(|| format!("{} não tem os {digits} dígitos pedidos, com os zeros à esquerda.", answer.text));
            return (Verdict::Invalid, zero());
        }
        let off = (said - self.value).max(self.value - said);
        let is_right = off <= self.tolerance;
        why.say(|| {
            let (said, key) = (written(said), written(self.value));
            match (is_right, self.tolerance == zero()) {
                (true, true) => format!("{said}, o valor do gabarito."),
                (false, true) => format!("{said}; o gabarito é {key}."),
                (true, false) => {
                    format!("{said}, dentro da tolerância de {} em torno de {key}.", written(self.tolerance))
                }
                (false, false) => {
                    format!("{said}, fora da tolerância de {} em torno de {key}.", written(self.tolerance))
                }
            }
        });
        if is_right { (Verdict::Correct, self.points) } else { (Verdict::Incorrect, zero()) }
    }
}
