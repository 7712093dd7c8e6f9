//! What is wrong costs points: right, wrong, blank and double are worth what the key says. How far down it may go is the
//! block's affair.

use super::super::answer::{Answer, Status};
use super::super::number::{Exact, written};
use super::exact::{accepted, is_in};
use super::{Asked, Mark, Rule, Verdict, Why, common, points, silence, zero};
use crate::json::{Faults, Object};

#[derive(Clone, Debug, PartialEq)]
pub struct Penalty {
    accepted: Vec<String>,
    right: Exact,
    wrong: Exact,
    blank: Exact,
    double: Exact,
}

pub(super) fn read(o: &mut Object, asked: &Asked, faults: &mut Faults) -> Option<Rule> {
    let right = points(o, "right", asked.points, faults);
    if o.get("wrong").is_none() {
        faults.add(o.path("wrong"), "missing; the points of a wrong answer are expected, such as -0.25");
    }
    let wrong = points(o, "wrong", zero(), faults);
    let blank = points(o, "blank", zero(), faults);
    let double = points(o, "double", wrong, faults);
    if [wrong, blank, double].iter().any(|p| *p > right) {
        faults.add(o.path("right"), "less than a wrong, blank or double answer gives");
    }
    Some(Rule::Penalty(Penalty { accepted: accepted(asked, faults)?, right, wrong, blank, double }))
}

impl Penalty {
    pub fn mark(&self, answer: &Answer, why: &mut Why) -> Mark {
        let is_right = !matches!(answer.status, Status::Blank | Status::Invalid) && is_in(&answer.text, &self.accepted);
        if is_right {
            why.say(|| format!("Resposta {}, a do gabarito: {}.", answer.text, written(self.right)));
            return (Verdict::Correct, self.right);
        }
        let (verdict, points) = match answer.status {
            Status::Blank => (Verdict::Unmarked, self.blank),
            Status::Multiple => (Verdict::Double, self.double),
            Status::Invalid => (Verdict::Invalid, self.wrong),
            _ => (Verdict::Incorrect, self.wrong),
        };
        why.say(|| match verdict {
            Verdict::Incorrect => {
                let right = self.accepted.join(" ou ");
                format!("Resposta {}; o gabarito é {right}: {}.", answer.text, written(points))
            }
            _ => format!("{}: {}.", silence(answer).trim_end_matches('.'), written(points)),
        });
        (verdict, points)
    }

    pub fn bounds(&self) -> (Exact, Exact) {
        (self.wrong.min(self.blank).min(self.double).min(self.right), self.right)
    }

    pub fn denominator(&self) -> i128 {
        common([self.right, self.wrong, self.blank, self.double])
    }
}
