//! The order of questions and alternatives in a version, and the way back to the master.
//!
//! An order is no chain of random numbers but a sort by keyed hashes: of seed, version and id. So it is the same on every
//! machine and for ever, and a question that is added later leaves the others' order as it was.

use crate::print::package::{Exam, Kind, Question};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// What is printed, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub questions: Vec<Placed>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Index in [`Exam::questions`].
    pub question: usize,
    pub section: usize,
    /// As it is printed, from 1.
    pub number: u32,
    /// Which of the master's options stands at each place.
    pub options: Vec<usize>,
}

/// Which order: the master's, a version's, or a student's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which<'a> {
    Version(u64),
    Student(&'a str),
}

impl Order {
    /// Version 1 is the master itself.
    pub fn new(exam: &Exam, which: Which) -> Self {
        let mut keys = match which {
            Which::Version(1) => None,
            Which::Version(n) => Some(Keys::new(format!("{}\0version\0{n}\0", exam.seed))),
            Which::Student(id) => Some(Keys::new(format!("{}\0student\0{id}\0", exam.seed))),
        };
        let mut questions = Vec::with_capacity(exam.questions.len());
        let mut number = 1;
        // Where a run of sections of different languages began.
        let mut gated = None;
        for (s, section) in exam.sections.iter().enumerate() {
            match (&section.language, gated) {
                (Some(_), Some(first)) => number = first,
                (Some(_), None) => gated = Some(number),
                (None, _) => gated = None,
            }
            let master: Vec<usize> = section.questions.clone().collect();
            let shuffled = exam.shuffle_questions && section.shuffle;
            let order = match &mut keys {
                Some(keys) if shuffled => shuffled_questions(exam, &master, keys),
                _ => master,
            };
            for question in order {
                let options = options(&exam.questions[question], keys.as_mut());
                questions.push(Placed { question, section: s, number, options });
                number += 1;
            }
        }
        Order { questions }
    }

    /// The map from what is printed to the master, for whoever grades.
    pub fn map<'e>(&self, exam: &'e Exam) -> Vec<MappedQuestion<'e>> {
        let letters = |options: &[usize]| options.iter().map(|&o| letter(o)).collect();
        let mapped = |p: &Placed| MappedQuestion {
            number: p.number,
            question: &exam.questions[p.question].id,
            language: exam.sections[p.section].language.as_deref(),
            options: letters(&p.options),
        };
        self.questions.iter().map(mapped).collect()
    }
}

/// One printed question: which one it is, and the master's letter for each printed one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MappedQuestion<'e> {
    pub number: u32,
    pub question: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<&'e str>,
    pub options: String,
}

pub fn letter(option: usize) -> char {
    char::from(b'A' + (option % 26) as u8)
}

/// Eight keys of four bytes.
type Eight = [u8; 32];

/// The hashes of one order.
struct Keys {
    /// The salt, and after it what was hashed last.
    message: Vec<u8>,
    salt: usize,
}

impl Keys {
    fn new(salt: String) -> Self {
        Keys { salt: salt.len(), message: salt.into_bytes() }
    }

    fn of(&mut self, id: &str, what: u64) -> Eight {
        self.message.truncate(self.salt);
        self.message.extend_from_slice(id.as_bytes());
        self.message.push(0);
        self.message.extend_from_slice(&what.to_be_bytes());
        Sha256::digest(&self.message).into()
    }
}

/// Neighbours that share a text or a block move as one, in their order; a fixed question keeps its place among them. What
/// changes places is answered alike: the fields of a sheet keep theirs in every version.
fn shuffled_questions(exam: &Exam, master: &[usize], keys: &mut Keys) -> Vec<usize> {
    let together = |a: &Question, b: &Question| {
        (a.text.is_some() && a.text == b.text) || (a.block.is_some() && a.block == b.block)
    };
    let questions = |i: &usize| &exam.questions[*i];
    let mut units: Vec<&[usize]> = master.chunk_by(|a, b| together(questions(a), questions(b))).collect();
    let answered = |i: &usize| (questions(i).kind, questions(i).options.len());
    let mut free: Vec<usize> = (0..units.len()).filter(|&u| !units[u].iter().any(|q| questions(q).fixed)).collect();
    while let Some(&first) = free.first() {
        let alike = |&u: &usize| units[u].iter().map(answered).eq(units[first].iter().map(answered));
        let (places, others): (Vec<usize>, Vec<usize>) = free.into_iter().partition(alike);
        let mut moved: Vec<&[usize]> = places.iter().map(|&u| units[u]).collect();
        moved.sort_by_cached_key(|unit| keys.of(&questions(&unit[0]).id, u64::MAX));
        for (place, unit) in places.into_iter().zip(moved) {
            units[place] = unit;
        }
        free = others;
    }
    units.concat()
}

fn options(question: &Question, keys: Option<&mut Keys>) -> Vec<usize> {
    let all = 0..question.options.len();
    let (Some(keys), true, Kind::Choice | Kind::Multiple) = (keys, question.shuffle, question.kind) else {
        return all.collect();
    };
    let is_fixed = |o: &usize| question.options[*o].fixed;
    // One hash is enough for the keys of eight.
    let hashes: Vec<Eight> = (0..all.len().div_ceil(8) as u64).map(|eight| keys.of(&question.id, eight)).collect();
    let mut moved: Vec<usize> = all.clone().filter(|o| !is_fixed(o)).collect();
    moved.sort_unstable_by_key(|&o| (hashes[o / 8].as_chunks::<4>().0[o % 8], o));
    let mut moved = moved.into_iter();
    all.map(|o| if is_fixed(&o) { o } else { moved.next().unwrap_or(o) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::Package;
    use serde_json::{Value, json};

    #[test]
    fn a_number_is_answered_alike_in_every_version() {
        let options = |n: u32| -> Vec<Value> { (0..n).map(|o| json!({"text": format!("{o}")})).collect() };
        let question = |n: u32| {
            let mut question = json!({"id": format!("q{n}"), "stem": [{"text": "?"}], "kind": "choice"});
            match n % 4 {
                0 => question["kind"] = "numeric".into(),
                1 => question["alternatives"] = options(4).into(),
                _ => question["alternatives"] = options(5).into(),
            }
            question
        };
        let package = Package::from_json(&json!({
            "application": {"id": "a", "title": "T"},
            "exam": {"seed": 7, "versions": 4, "sections": [{"questions": (1..=24).map(question).collect::<Vec<_>>()}]},
            "units": [{"id": "u", "name": "U", "rooms": [{"id": "r", "name": "R", "students": [{"id": "s", "name": "S"}]}]}],
            "contents": ["booklet"],
        }))
        .unwrap();
        let exam = package.exam.as_ref().unwrap();
        let master = Order::new(exam, Which::Version(1));
        let mut moved = 0;
        for which in (2..=4).map(Which::Version).chain([Which::Student("a"), Which::Student("b")]) {
            for (was, is) in master.questions.iter().zip(&Order::new(exam, which).questions) {
                let [a, b] = [was, is].map(|placed| &exam.questions[placed.question]);
                assert_eq!((was.number, a.kind, a.options.len()), (is.number, b.kind, b.options.len()));
                moved += usize::from(was.question != is.question);
            }
        }
        assert!(moved > 60, "{moved}");
    }
}
