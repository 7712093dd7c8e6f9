//! An essay as the Enem marks it: two readers, five competences of 0 to 200; a third reader where they are too far apart,
//! and then a panel. From the Inep's “A redação do Enem: cartilha do participante” and the exam's edital:
//!
//! - two marks diverge where their totals differ by more than 100, or one competence by more than 80;
//! - where the two do not, the grade is their mean;
//! - where they do, a third reader marks it; the grade is the mean of the third's mark and of that one of the two which
//!   is nearer to it and does not diverge from it;
//! - where it diverges from both, a panel gives the grade. What the texts leave open, a third mark just as near to both,
//!   goes to the panel here.

use super::super::answer::{Answer, Status};
use super::super::number::Exact;
use super::{Asked, Mark, Rule, Verdict, Why, share, zero};
use crate::json::{Faults, Object};

const COMPETENCES: usize = 5;
const MOST_EACH: i128 = 200;
const MOST: i128 = MOST_EACH * COMPETENCES as i128;
const APART: i128 = 100;
const APART_EACH: i128 = 80;

#[derive(Clone, Debug, PartialEq)]
pub struct Essay {
    /// The fields of the second reader, and perhaps of the third and the panel. The question's own is the first's.
    pub(super) more: Vec<String>,
    pub(super) points: Exact,
}

type Competences = [i128; COMPETENCES];

pub(super) fn read(o: &mut Object, asked: &Asked, faults: &mut Faults) -> Option<Rule> {
    asked.none(faults);
    let second = o.text("second", faults);
    let (third, panel) = (o.opt_text("third", faults), o.opt_text("panel", faults));
    if panel.is_some() && third.is_none() {
        faults.add(o.path("third"), "missing; where there is a panel the field of the third reader is expected");
    }
    let more = [Some(second), third, panel].into_iter().flatten().collect();
    Some(Rule::Essay(Essay { more, points: asked.points }))
}

impl Essay {
    pub fn mark(&self, answers: &[Answer], why: &mut Why) -> Mark {
        let mark = |reader: usize| answers.get(reader).and_then(competences);
        if let Some(doubtful) = answers.iter().find(|a| a.status == Status::Doubtful) {
            why.say(|| format!("Nota de um avaliador em leitura duvidosa ({}?).", doubtful.text));
            return (Verdict::Doubtful, zero());
        }
        let (Some(first), Some(second)) = (mark(0), mark(1)) else {
            why.say(|| "Falta a nota de um dos dois avaliadores.".to_owned());
            return (Verdict::Waiting, zero());
        };
        let (a, b) = (total(&first), total(&second));
        if !diverge(&first, &second) {
            why.say(|| format!("Média de dois avaliadores: {a} e {b}."));
            return self.give(a + b, 2);
        }
        let Some(third) = mark(2) else {
            why.say(|| format!("Avaliadores discrepantes ({a} e {b}): falta a nota do terceiro."));
            return (Verdict::Waiting, zero());
        };
        let c = total(&third);
        let near = |other: &Competences| Some((total(other) - c).abs()).filter(|_| !diverge(other, &third));
        let nearest = match (near(&first), near(&second)) {
            (Some(x), Some(y)) if x == y => None,
            (Some(x), Some(y)) => Some(if x < y { a } else { b }),
            (Some(_), None) => Some(a),
            (None, Some(_)) => Some(b),
            (None, None) => None,
        };
        if let Some(nearest) = nearest {
            why.say(|| format!("Avaliadores discrepantes ({a} e {b}): média das duas mais próximas, {nearest} e {c}."));
            return self.give(nearest + c, 2);
        }
        match mark(3).map(|m| total(&m)) {
            Some(panel) => {
                why.say(|| format!("Três avaliações discrepantes ({a}, {b} e {c}): nota da banca, {panel}."));
                self.give(panel, 1)
            }
            None => {
                why.say(|| format!("Três avaliações discrepantes ({a}, {b} e {c}): falta a nota da banca."));
                (Verdict::Waiting, zero())
            }
        }
    }

    fn give(&self, sum: i128, readers: i128) -> Mark {
        let verdict = match sum {
            0 => Verdict::Incorrect,
            s if s == MOST * readers => Verdict::Correct,
            _ => Verdict::Partial,
        };
        (verdict, share(self.points, sum, MOST * readers))
    }

    pub fn denominator(&self) -> i128 {
        self.points.denom() * MOST * 2
    }
}

/// None where a reader did not mark it, or not whole.
fn competences(answer: &Answer) -> Option<Competences> {
    let said = Some(&answer.text).filter(|_| answer.status == Status::Answered)?;
    let all: Option<Vec<i128>> =
        said.split(',').map(|c| c.parse().ok().filter(|n| (0..=MOST_EACH).contains(n))).collect();
    all?.try_into().ok()
}

fn total(mark: &Competences) -> i128 {
    mark.iter().sum()
}

fn diverge(a: &Competences, b: &Competences) -> bool {
    (total(a) - total(b)).abs() > APART || a.iter().zip(b).any(|(a, b)| (a - b).abs() > APART_EACH)
}
