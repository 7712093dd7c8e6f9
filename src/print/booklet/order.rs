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
        let salt = match which {
            Which::Version(1) => None,
            Which::Version(n) => Some(format!("{}\0version\0{n}", exam.seed)),
            Which::Student(id) => Some(format!("{}\0student\0{id}", exam.seed)),
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
            let order = match &salt {
                Some(salt) if shuffled => shuffled_questions(exam, &master, salt),
                _ => master,
            };
            for question in order {
                let options = options(&exam.questions[question], salt.as_deref());
                questions.push(Placed { question, section: s, number, options });
                number += 1;
            }
        }
        Order { questions }
    }

    /// The map from what is printed to the master, for whoever grades.
    pub fn map(&self, exam: &Exam) -> Vec<MappedQuestion> {
        let letters = |options: &[usize]| options.iter().map(|&o| letter(o)).collect();
        let mapped = |p: &Placed| MappedQuestion {
            number: p.number,
            question: exam.questions[p.question].id.clone(),
            language: exam.sections[p.section].language.clone(),
            options: letters(&p.options),
        };
        self.questions.iter().map(mapped).collect()
    }
}

/// One printed question: which one it is, and the master's letter for each printed one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MappedQuestion {
    pub number: u32,
    pub question: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    pub options: String,
}

pub fn letter(option: usize) -> char {
    char::from(b'A' + (option % 26) as u8)
}

/// Eight keys of four bytes.
type Keys = [u8; 32];

fn keys(salt: &str, id: &str, what: u64) -> Keys {
    let hash = Sha256::new_with_prefix(salt).chain_update([0]).chain_update(id).chain_update([0]);
    hash.chain_update(what.to_be_bytes()).finalize().into()
}

/// Neighbours that share a text or a block move as one, in their order; a fixed question keeps its place among them.
fn shuffled_questions(exam: &Exam, master: &[usize], salt: &str) -> Vec<usize> {
    let together = |a: &Question, b: &Question| {
        (a.text.is_some() && a.text == b.text) || (a.block.is_some() && a.block == b.block)
    };
    let questions = |i: &usize| &exam.questions[*i];
    let mut units: Vec<&[usize]> = master.chunk_by(|a, b| together(questions(a), questions(b))).collect();
    let free: Vec<usize> = (0..units.len()).filter(|&u| !units[u].iter().any(|q| questions(q).fixed)).collect();
    let mut moved: Vec<&[usize]> = free.iter().map(|&u| units[u]).collect();
    moved.sort_by_cached_key(|unit| keys(salt, &questions(&unit[0]).id, u64::MAX));
    for (place, unit) in free.into_iter().zip(moved) {
        units[place] = unit;
    }
    units.concat()
}

fn options(question: &Question, salt: Option<&str>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..question.options.len()).collect();
    let (Some(salt), true, Kind::Choice | Kind::Multiple) = (salt, question.shuffle, question.kind) else {
        return order;
    };
    let free: Vec<usize> = order.iter().copied().filter(|&o| !question.options[o].fixed).collect();
    let mut moved = free.clone();
    // One hash is enough for the keys of eight.
    let hashes: Vec<Keys> = (0..order.len().div_ceil(8) as u64).map(|eight| keys(salt, &question.id, eight)).collect();
    moved.sort_by_key(|&o| hashes[o / 8].as_chunks::<4>().0[o % 8]);
    for (place, option) in free.into_iter().zip(moved) {
        order[place] = option;
    }
    order
}
