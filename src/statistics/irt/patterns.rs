//! Right and wrong of many students, four questions at a time.
//!
//! A likelihood is a product over all questions at every node. Students agree in most groups of four (there are 16 ways to be
//! right or wrong, 81 with questions not asked), so the product of four is made once for each way that occurs, and a
//! student's is a quarter as long.

use super::super::table::{Response, Table};
use std::collections::HashMap;

const WIDTH: usize = 4;

/// Of a question right or wrong, by student; None: not asked, or not decided.
#[derive(Clone, Debug, Default)]
pub struct Scored {
    students: usize,
    columns: Vec<Vec<Option<bool>>>,
}

impl Scored {
    pub fn new(students: usize, columns: Vec<Vec<Option<bool>>>) -> Self {
        debug_assert!(columns.iter().all(|c| c.len() == students));
        Scored { students, columns }
    }

    /// Some questions of a table. Full points are right and anything less is wrong, as blank and invalid are.
    pub fn of(table: &Table, questions: &[usize]) -> Self {
        let column = |&j: &usize| {
            let max = table.questions()[j].max;
            let right = |(response, points): (Response, f64)| response.is_decided().then_some(points >= max - 1e-6);
            table.column(j).map(right).collect()
        };
        Scored { students: table.students().len(), columns: questions.iter().map(column).collect() }
    }

    /// Some of its questions.
    pub fn some(&self, questions: &[usize]) -> Self {
        Scored { students: self.students, columns: questions.iter().map(|&j| self.columns[j].clone()).collect() }
    }

    pub fn students(&self) -> usize {
        self.students
    }

    pub fn questions(&self) -> usize {
        self.columns.len()
    }

    /// How many answered the question, and how many of them rightly.
    pub fn counts(&self, question: usize) -> (usize, usize) {
        let answered = self.columns[question].iter().flatten();
        answered.fold((0, 0), |(all, right), &is_right| (all + 1, right + usize::from(is_right)))
    }

    pub fn get(&self, student: usize, question: usize) -> Option<bool> {
        self.columns[question][student]
    }
}

/// The patterns that occur in each block of four questions, numbered through.
pub(super) struct Patterns {
    /// Of each pattern: its responses, from the block's first question.
    pub all: Vec<Pattern>,
    /// `blocks` numbers for each student.
    of_student: Vec<u32>,
    blocks: usize,
}

pub(super) struct Pattern {
    pub first: usize,
    pub responses: Vec<Option<bool>>,
}

impl Patterns {
    pub fn of(scored: &Scored) -> Self {
        let blocks = scored.questions().div_ceil(WIDTH);
        let mut patterns = Patterns { all: Vec::new(), of_student: vec![0; blocks * scored.students], blocks };
        for block in 0..blocks {
            let first = block * WIDTH;
            let columns = &scored.columns[first..(first + WIDTH).min(scored.questions())];
            let mut known: HashMap<usize, u32> = HashMap::new();
            for student in 0..scored.students {
                let code = columns.iter().fold(0, |code, c| code * 3 + c[student].map_or(2, usize::from));
                let number = *known.entry(code).or_insert_with(|| {
                    let responses = columns.iter().map(|c| c[student]).collect();
                    patterns.all.push(Pattern { first, responses });
                    (patterns.all.len() - 1) as u32
                });
                patterns.of_student[student * blocks + block] = number;
            }
        }
        patterns
    }

    pub fn student(&self, student: usize) -> &[u32] {
        &self.of_student[student * self.blocks..(student + 1) * self.blocks]
    }

    pub fn students(&self) -> usize {
        self.of_student.len().checked_div(self.blocks).unwrap_or(0)
    }
}
