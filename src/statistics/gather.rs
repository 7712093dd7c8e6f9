//! From grades to a table: what each student answered, and what it was worth under the key.

use super::irt::Parameters;
use super::table::{BadRow, Question, Response, Student, Table};
use crate::grade::{Exact, Graded, Key, Marked, Standing, Status, Verdict};
use std::collections::HashMap;

pub struct Gathering {
    table: Table,
    /// Of each question the numbers of its answers.
    numbers: Vec<HashMap<String, u16>>,
}

/// Answers of one question that are told apart; further ones are one.
const MOST: usize = 1000;
const OTHERS: &str = "…";

impl Gathering {
    /// `labels` are the alternatives of each question of the key; empty where there is nothing to choose from.
    pub fn new(key: &Key, labels: impl Fn(&crate::grade::Question) -> Vec<String>) -> Self {
        let annulled = |j: usize| {
            let whole = |a: &&crate::grade::Annulment| a.question == j && a.versions.is_empty();
            key.annulled.iter().any(|a| whole(&a))
        };
        let question = |(j, q): (usize, &crate::grade::Question)| {
            let answers = labels(q);
            Question {
                id: q.id.clone(),
                alternatives: answers.len(),
                answers,
                skills: q.skills.clone(),
                annulled: annulled(j),
                parameters: q.irt.map(|[a, b, c]| Parameters { a, b, c }),
                // Weighted, which grades know.
                ..Question::default()
            }
        };
        let questions: Vec<Question> = key.questions.iter().enumerate().map(question).collect();
        let numbered = |q: &Question| q.answers.iter().cloned().zip(0..).collect();
        Gathering { numbers: questions.iter().map(numbered).collect(), table: Table::new(questions) }
    }

    /// Adds a student, unless he was absent or eliminated.
    ///
    /// # Errors
    /// The grade is under another key.
    pub fn add(&mut self, student: Student, graded: &Graded) -> Result<(), BadRow> {
        if matches!(graded.standing, Standing::Absent | Standing::Eliminated) {
            return Ok(());
        }
        let mut row = vec![(Response::NotAsked, 0.0); self.numbers.len()];
        for marked in &graded.questions {
            if let Some(place) = row.get_mut(marked.question) {
                *place = self.response(marked);
            }
        }
        self.table.push(student, &row)
    }

    pub fn table(self) -> Table {
        self.table
    }

    fn response(&mut self, marked: &Marked) -> (Response, f64) {
        let (points, most) = (number(marked.points), number(marked.max));
        self.table.weighs(marked.question, most);
        let question = &self.table.questions()[marked.question];
        // In some versions an annulled question's points are with the others; what part of them was had is the same.
        let points = if most > 0.0 { points / most * question.max } else { 0.0 };
        match marked.verdict {
            Verdict::Doubtful => (Response::Doubtful, 0.0),
            Verdict::Waiting if marked.status == Status::Missing => (Response::NotRead, 0.0),
            Verdict::Waiting => (Response::Doubtful, 0.0),
            // Of one version only: it says nothing of this student.
            Verdict::Annulled if !question.annulled => (Response::NotAsked, 0.0),
            Verdict::Unmarked => (Response::Blank, points),
            _ if marked.status == Status::Blank => (Response::Blank, points),
            Verdict::Double | Verdict::Invalid => (Response::Invalid, points),
            verdict => {
                let answer = self.number(marked.question, &marked.answer);
                if verdict == Verdict::Correct {
                    self.table.is_right(marked.question, answer);
                }
                (Response::Answer(answer), points)
            }
        }
    }

    fn number(&mut self, question: usize, answer: &str) -> u16 {
        let known = &mut self.numbers[question];
        let answer = if known.len() < MOST || known.contains_key(answer) { answer } else { OTHERS };
        if let Some(number) = known.get(answer) {
            return *number;
        }
        let number = self.table.add_answer(question, answer);
        known.insert(answer.to_owned(), number);
        number
    }
}

fn number(exact: Exact) -> f64 {
    *exact.numer() as f64 / *exact.denom() as f64
}
