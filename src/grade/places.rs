//! Where the answers to a key's questions stand among a sheet's fields.

use super::answer::{Answer, Shape, Status};
use super::key::Key;
use super::versions::Order;
use std::borrow::Cow;

/// For the sheets of one shape and one order of questions.
#[derive(Clone, Debug, PartialEq)]
pub struct Places {
    /// By question of the key: its own field first, then its rule's others.
    questions: Vec<Vec<Place>>,
    pub language: Option<usize>,
    pub flags: Vec<usize>,
    /// Which version the booklet was is not known, and it matters.
    pub unknown_version: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Place {
    /// None: no field of the sheet answers it.
    field: Option<usize>,
    /// The master's letter for each that was printed, where alternatives changed places.
    options: Option<Vec<char>>,
}

impl Places {
    /// `order` is that of the sheet's version. A key that has answers of this version's own goes by what is printed.
    pub fn new(key: &Key, shape: &Shape, version: Option<u32>, order: Option<&Order>) -> Self {
        let order = order.filter(|_| !version.is_some_and(|v| key.is_of_version(v)));
        let questions = key.questions.iter().map(|question| {
            let mapped = order.and_then(|o| o.of_question(&question.id));
            let own = match mapped {
                Some(mapped) => {
                    let field = shape.0.iter().position(|(id, kind)| mapped.is_answered_by(id, kind));
                    let is_choice = field.is_some_and(|i| shape.0[i].1 == "choice");
                    Place { field, options: Some(mapped.letters()).filter(|_| is_choice) }
                }
                None => Place { field: shape.place(&question.field), options: None },
            };
            let more = question.rule(version).more_fields().iter();
            std::iter::once(own).chain(more.map(|id| Place { field: shape.place(id), options: None })).collect()
        });
        let language = match key.language.as_ref().and_then(|g| g.field.as_ref()) {
            Some(field) => shape.place(field),
            None => shape.of_type("language"),
        };
        let flags = (0..shape.0.len()).filter(|&i| shape.0[i].1 == "flag").collect();
        Places { questions: questions.collect(), language, flags, unknown_version: false }
    }

    pub fn of_unknown_version(self, unknown_version: bool) -> Self {
        Places { unknown_version, ..self }
    }

    /// The field that answers a question.
    pub fn field(&self, question: usize) -> Option<usize> {
        self.questions[question].first()?.field
    }

    /// Whether any question is answered on such a sheet: a list is of none.
    pub fn answer_any(&self) -> bool {
        self.questions.iter().flatten().any(|place| place.field.is_some())
    }

    /// What answers a question, in the master's letters.
    pub fn answers<'a>(&self, question: usize, all: &'a [Answer<'a>], into: &mut Vec<Answer<'a>>) {
        into.clear();
        into.extend(self.questions[question].iter().map(|place| {
            let Some(answer) = place.field.and_then(|i| all.get(i)) else { return Answer::MISSING };
            let text = match &place.options {
                Some(options) => Cow::Owned(back(&answer.text, options)),
                None => Cow::Borrowed(answer.text.as_ref()),
            };
            Answer { status: answer.status, text }
        }));
    }
}

/// `A+D` to the master's letters.
fn back(labels: &str, options: &[char]) -> String {
    let letter = |label: &str| match label.as_bytes() {
        [c @ b'A'..=b'Z'] => options.get(usize::from(c - b'A')).map_or_else(|| label.to_owned(), char::to_string),
        _ => label.to_owned(),
    };
    match labels.contains('+') {
        true => super::answer::in_order(&labels.split('+').map(letter).collect::<Vec<_>>().join("+")).into_owned(),
        false => letter(labels),
    }
}

/// One that was answered, whatever it says.
pub(super) fn is_marked(answer: &Answer) -> bool {
    matches!(answer.status, Status::Answered | Status::Multiple | Status::Invalid)
}
