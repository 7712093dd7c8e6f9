//! Somatória: the numbers 01, 02, 04 … of the right propositions, added up.

use super::super::answer::{Answer, Status};
use super::super::number::Exact;
use super::{Asked, Mark, Rule, Verdict, Why, nothing, share, zero};
use crate::json::{Faults, Object};
use num_integer::Integer;
use serde_json::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Partly {
    /// All or nothing.
    None,
    /// UFSC: `P = (NP − (NTPC − (NPC − NPI))) / NP` where NPC > NPI, and else 0. NP: propositions; NTPC: those that are right;
    /// NPC: right ones marked; NPI: wrong ones marked. As the Coperve's editais have it; also at
    /// <https://pastebin.com/0Dph7FG2>, and as `1 + (NPC − NTPC − NPI) / NP` at <https://pastebin.com/Jrkma42s>.
    Ufsc,
    /// As many of the right ones as were marked, where none that is wrong was.
    Proportional,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Sum {
    partly: Partly,
    propositions: u32,
    /// The right propositions as bits.
    key: u32,
    pub(super) points: Exact,
}

/// The numbers go up to 64, as far as two digits can say their sum.
const MOST: u32 = 7;

pub(super) fn read_exact(o: &mut Object, asked: &Asked, faults: &mut Faults) -> Option<Rule> {
    read(o, asked, Partly::None, faults)
}

pub(super) fn read_ufsc(o: &mut Object, asked: &Asked, faults: &mut Faults) -> Option<Rule> {
    read(o, asked, Partly::Ufsc, faults)
}

pub(super) fn read_proportional(o: &mut Object, asked: &Asked, faults: &mut Faults) -> Option<Rule> {
    read(o, asked, Partly::Proportional, faults)
}

fn read(o: &mut Object, asked: &Asked, partly: Partly, faults: &mut Faults) -> Option<Rule> {
    let said = o.whole("propositions", 1..=MOST.into(), faults).map(|n| n as u32);
    if said.is_none() && o.get("propositions").is_none() && partly == Partly::Ufsc {
        faults.add(o.path("propositions"), "missing; how many propositions the question has is expected, 1 to 7");
    }
    let propositions = said.unwrap_or(MOST);
    let key = match asked.answer {
        Some(Value::Number(n)) => n.as_u64().and_then(|n| u32::try_from(n).ok()),
        Some(Value::String(s)) => s.parse().ok(),
        _ => None,
    };
    let Some(key) = key.filter(|k| *k < 1 << propositions) else {
        let most = (1_u32 << propositions) - 1;
        asked.fault(format!("the sum of the right propositions is expected, from 0 to {most}"), faults);
        return None;
    };
    Some(Rule::Sum(Sum { partly, propositions, key, points: asked.points }))
}

impl Sum {
    pub fn id(&self) -> &'static str {
        match self.partly {
            Partly::None => "sum.exact/1",
            Partly::Ufsc => "sum.ufsc/2025",
            Partly::Proportional => "sum.proportional/1",
        }
    }

    pub fn mark(&self, answer: &Answer, why: &mut Why) -> Mark {
        if let Some(nothing) = nothing(answer, why) {
            return nothing;
        }
        let Some(said) = answer.text.parse::<u32>().ok().filter(|n| *n < 1 << self.propositions) else {
            let wrong = Answer { status: Status::Invalid, text: answer.text.clone() };
            return nothing(&wrong, why).unwrap_or((Verdict::Invalid, zero()));
        };
        if said == self.key {
            why.say(|| format!("Soma {said:02}, a do gabarito."));
            return (Verdict::Correct, self.points);
        }
        let (right, wrong, all) =
            ((said & self.key).count_ones(), (said & !self.key).count_ones(), self.key.count_ones());
        let (some, parts) = match self.partly {
            Partly::Ufsc if right > wrong => (self.propositions + right - all - wrong, self.propositions),
            Partly::Proportional if wrong == 0 => (right, all.max(1)),
            _ => (0, 1),
        };
        why.say(|| {
            let marked = format!(
                "Soma {said:02}; o gabarito é {:02}: {right} de {all} corretas marcadas e {wrong} incorretas",
                self.key
            );
            match self.partly {
                Partly::None => format!("{marked}; só a soma exata vale."),
                _ => format!("{marked}: {some}/{parts} dos pontos."),
            }
        });
        let verdict = if some > 0 { Verdict::Partial } else { Verdict::Incorrect };
        (verdict, share(self.points, some.into(), parts.into()))
    }

    pub fn denominator(&self) -> i128 {
        let parts = match self.partly {
            Partly::None => 1,
            Partly::Ufsc => self.propositions,
            Partly::Proportional => self.key.count_ones().max(1),
        };
        (self.points.denom() * i128::from(parts)).lcm(&1)
    }
}
