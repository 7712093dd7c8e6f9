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

/// Neighbours that share a text or a block move as one, in their order; a fixed question keeps its place among them.
fn shuffled_questions(exam: &Exam, master: &[usize], keys: &mut Keys) -> Vec<usize> {
    let together = |a: &Question, b: &Question| {
        (a.text.is_some() && a.text == b.text) || (a.block.is_some() && a.block == b.block)
    };
    let questions = |i: &usize| &exam.questions[*i];
    let mut units: Vec<&[usize]> = master.chunk_by(|a, b| together(questions(a), questions(b))).collect();
    let free: Vec<usize> = (0..units.len()).filter(|&u| !units[u].iter().any(|q| questions(q).fixed)).collect();
    let mut moved: Vec<&[usize]> = free.iter().map(|&u| units[u]).collect();
    moved.sort_by_cached_key(|unit| keys.of(&questions(&unit[0]).id, u64::MAX));
    for (place, unit) in free.into_iter().zip(moved) {
        units[place] = unit;
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
