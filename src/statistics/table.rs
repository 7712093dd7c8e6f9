//! What is analysed: how every student answered every question, and what that was worth.

use super::irt::Parameters;
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response {
    /// Not this student's question (the other language's). It counts nowhere.
    NotAsked,
    /// Of a page that was not read, and counts nowhere until it is.
    NotRead,
    /// It waits for a person, and counts nowhere until it is decided.
    Doubtful,
    /// Asked, and left empty: wrong.
    Blank,
    /// Several marks where one is allowed, or something without meaning: wrong.
    Invalid,
    /// Index of one of the question's answers.
    Answer(u16),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Question {
    pub id: String,
    /// The points of a right answer.
    pub max: f64,
    /// What can be answered, in the order in which tables show it.
    pub answers: Vec<String>,
    /// Indices of the answers that are right.
    pub key: Vec<u16>,
    /// Alternatives to guess among; 0 where there is nothing to guess (a number, an essay).
    pub alternatives: usize,
    /// BNCC skills (`EF09MA01`), SAEB descriptors (`D12`).
    pub skills: Vec<String>,
    /// Annulled: its points are in the scores, and it says nothing about anybody.
    pub annulled: bool,
    /// Of item response theory, where they are known.
    pub parameters: Option<Parameters>,
}

/// Who answered, by ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Student {
    pub id: String,
    pub unit: Option<String>,
    pub room: Option<String>,
    pub class: Option<String>,
}

/// Students by questions, kept question by question.
#[derive(Clone, Debug, Default)]
pub struct Table {
    questions: Vec<Question>,
    students: Vec<Student>,
    columns: Vec<Column>,
}

#[derive(Clone, Debug, Default)]
struct Column {
    codes: Vec<u16>,
    points: Vec<f32>,
}

/// A row is not one response for each question, or names an answer that its question does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    pub student: String,
    pub reason: &'static str,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: {}", self.student, self.reason)
    }
}

impl std::error::Error for BadRow {}

const NOT_ASKED: u16 = u16::MAX;
const DOUBTFUL: u16 = u16::MAX - 1;
const BLANK: u16 = u16::MAX - 2;
const INVALID: u16 = u16::MAX - 3;
const NOT_READ: u16 = u16::MAX - 4;

impl Response {
    fn code(self) -> u16 {
        match self {
            Response::NotAsked => NOT_ASKED,
            Response::NotRead => NOT_READ,
            Response::Doubtful => DOUBTFUL,
            Response::Blank => BLANK,
            Response::Invalid => INVALID,
            Response::Answer(index) => index,
        }
    }

    fn of(code: u16) -> Self {
        match code {
            NOT_ASKED => Response::NotAsked,
            NOT_READ => Response::NotRead,
            DOUBTFUL => Response::Doubtful,
            BLANK => Response::Blank,
            INVALID => Response::Invalid,
            index => Response::Answer(index),
        }
    }

    /// It was asked, and is not waiting for anybody.
    pub fn is_decided(self) -> bool {
        !matches!(self, Response::NotAsked | Response::NotRead | Response::Doubtful)
    }
}

impl Table {
    pub fn new(questions: Vec<Question>) -> Self {
        let columns = questions.iter().map(|_| Column::default()).collect();
        Table { questions, students: Vec::new(), columns }
    }

    /// Adds a student with the response to each question and its points. Points of what is not decided are not looked at.
    ///
    /// # Errors
    /// The row does not fit the questions; nothing was added.
    pub fn push(&mut self, student: Student, row: &[(Response, f64)]) -> Result<(), BadRow> {
        let bad = |reason| Err(BadRow { student: student.id.clone(), reason });
        if row.len() != self.questions.len() {
            return bad("one response for each question is expected");
        }
        let known = |(question, (response, points)): (&Question, &(Response, f64))| match response {
            Response::Answer(index) => usize::from(*index) < question.answers.len() && points.is_finite(),
            response => !response.is_decided() || points.is_finite(),
        };
        if !self.questions.iter().zip(row).all(known) {
            return bad("an answer that the question does not have, or points that are no number");
        }
        for (column, (response, points)) in self.columns.iter_mut().zip(row) {
            column.codes.push(response.code());
            column.points.push(if response.is_decided() { *points as f32 } else { 0.0 });
        }
        self.students.push(student);
        Ok(())
    }

    /// Something else that can be answered, and its index.
    pub fn add_answer(&mut self, question: usize, answer: &str) -> u16 {
        let answers = &mut self.questions[question].answers;
        answers.push(answer.to_owned());
        (answers.len() - 1) as u16
    }

    /// Notes the points of a right answer, if they were not known.
    pub fn weighs(&mut self, question: usize, max: f64) {
        let question = &mut self.questions[question];
        if question.max == 0.0 {
            question.max = max;
        }
    }

    /// Notes that this answer is right.
    pub fn is_right(&mut self, question: usize, answer: u16) {
        let key = &mut self.questions[question].key;
        if !key.contains(&answer) {
            key.push(answer);
        }
    }

    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    pub fn students(&self) -> &[Student] {
        &self.students
    }

    /// The responses to a question with their points, in the order of the students.
    pub fn column(&self, question: usize) -> impl ExactSizeIterator<Item = (Response, f64)> + '_ {
        let Column { codes, points } = &self.columns[question];
        codes.iter().zip(points).map(|(&code, &points)| (Response::of(code), f64::from(points)))
    }

    /// The table of some of its students.
    pub fn of(&self, keep: impl Fn(&Student) -> bool) -> Table {
        let kept: Vec<usize> = (0..self.students.len()).filter(|&i| keep(&self.students[i])).collect();
        let column = |c: &Column| Column {
            codes: kept.iter().map(|&i| c.codes[i]).collect(),
            points: kept.iter().map(|&i| c.points[i]).collect(),
        };
        Table {
            questions: self.questions.clone(),
            students: kept.iter().map(|&i| self.students[i].clone()).collect(),
            columns: self.columns.iter().map(column).collect(),
        }
    }
}
