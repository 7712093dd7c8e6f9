//! Grading: one pupil's answers under a key.

use super::answer::{Answer, Status};
use super::form::{Counted, Form};
use super::key::{Effect, Key};
use super::number::{Exact, Points};
use super::places::{Places, is_marked};
use super::rules::{Verdict, Why};
use serde::Serialize;

/// What a pupil handed in.
#[derive(Clone, Copy, Debug)]
pub struct Sitting<'a> {
    /// Of the booklet.
    pub version: Option<u32>,
    /// In the order of the shape that the places are of.
    pub answers: &'a [Answer<'a>],
    /// By the attendance list.
    pub absent: bool,
    /// A page waits for a person.
    pub review: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Graded,
    /// Something waits for a person: the grade may still change.
    Provisional,
    Absent,
    Eliminated,
    /// Nothing was read of this pupil.
    NotRead,
}

impl Standing {
    pub const ALL: [Standing; 5] =
        [Standing::Graded, Standing::Provisional, Standing::Absent, Standing::Eliminated, Standing::NotRead];

    pub fn name(self) -> &'static str {
        match self {
            Standing::Graded => "graded",
            Standing::Provisional => "provisional",
            Standing::Absent => "absent",
            Standing::Eliminated => "eliminated",
            Standing::NotRead => "not_read",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Graded {
    pub standing: Standing,
    /// None: no grade, as for who was absent.
    pub points: Option<Points>,
    /// The most that this pupil could have.
    pub max: Points,
    pub language: Option<String>,
    /// In the key's order: the questions that were the pupil's.
    pub questions: Vec<Marked>,
    pub blocks: Vec<Part>,
    pub subjects: Vec<Part>,
    /// Marked absent, and answers are there: one of them is wrong.
    pub absent_with_answers: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Marked {
    /// Its index in the key.
    pub question: usize,
    pub verdict: Verdict,
    pub points: Exact,
    pub max: Exact,
    pub status: Status,
    /// In the master's letters, where it was asked for.
    pub answer: String,
    /// A sentence in Portuguese, where it was asked for.
    pub why: Option<String>,
}

/// What a block or a subject gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Its index in the key; None: the questions of none.
    pub group: Option<usize>,
    pub points: Exact,
    pub max: Exact,
}

/// How much is told of every question besides its points. Less is quicker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    Points,
    /// What the answer was.
    Answers,
    /// And why it gave what it gave.
    Reasons,
}

impl Key {
    pub fn grade(&self, places: &Places, sitting: Sitting, detail: Detail) -> Graded {
        Grading { key: self, places, sitting, detail }.grade()
    }
}

struct Grading<'a> {
    key: &'a Key,
    places: &'a Places,
    sitting: Sitting<'a>,
    detail: Detail,
}

impl Grading<'_> {
    fn grade(&self) -> Graded {
        let (language, language_waits) = self.language();
        let version = self.sitting.version;
        let unlocked = language.as_deref();
        let Some(form) = self.key.form(version, unlocked).or_else(|| self.key.form(version, None)) else {
            // A key has a form for each of its languages and for none.
            unreachable!("a key without a form")
        };
        let (mut answers, mut units) = (Vec::new(), Vec::with_capacity(form.questions.len()));
        let mut questions = Vec::with_capacity(form.questions.len());
        for counted in &form.questions {
            self.places.answers(counted.question, self.sitting.answers, &mut answers);
            let waits = language_waits && self.key.questions[counted.question].language.is_some();
            let (verdict, given, why) = self.mark(form, counted, version, waits, &answers);
            let first = answers.first().unwrap_or(&Answer::MISSING);
            units.push(given);
            questions.push(Marked {
                question: counted.question,
                verdict,
                points: Exact::new_raw(given, form.unit),
                max: Exact::new_raw(counted.max, form.unit),
                status: first.status,
                answer: if self.detail >= Detail::Answers { first.text.clone().into_owned() } else { String::new() },
                why,
            });
        }
        let (total, blocks, subjects) = self.add_up(form, &units);
        let (flag_absent, eliminated, flag_waits) = self.flags();
        let absent = self.sitting.absent || flag_absent;
        let marked = absent && self.sitting.answers.iter().enumerate().any(|(i, a)| self.is_answer(i) && is_marked(a));
        let waits = self.sitting.review || flag_waits || language_waits || questions.iter().any(|q| q.verdict.waits());
        let zero = |is_zero: bool| if is_zero { Some(Points(0)) } else { None };
        let marks = &self.key.marks;
        let (standing, points) = match (eliminated, absent && !marked) {
            (true, _) => (Standing::Eliminated, zero(marks.zero_eliminated)),
            (_, true) => (Standing::Absent, zero(marks.zero_absent)),
            _ if self.sitting.answers.is_empty() => (Standing::NotRead, None),
            _ if waits || absent => (Standing::Provisional, Some(self.final_points(form, total))),
            _ => (Standing::Graded, Some(self.final_points(form, total))),
        };
        let max = self.final_points(form, form.max);
        Graded { standing, points, max, language, questions, blocks, subjects, absent_with_answers: absent && marked }
    }

    /// The language that was chosen, and whether a doubt hangs over it.
    fn language(&self) -> (Option<String>, bool) {
        let Some(gate) = &self.key.language else { return (None, false) };
        let answer = self.places.language.and_then(|i| self.sitting.answers.get(i)).unwrap_or(&Answer::MISSING);
        let known = gate.languages.iter().find(|l| **l == answer.text).cloned();
        match answer.status {
            Status::Answered => (known.or_else(|| gate.default.clone()), false),
            // Until it is decided, what would be worth something by the best guess is not.
            Status::Doubtful | Status::Missing => (known, true),
            _ => (gate.default.clone(), false),
        }
    }

    /// Whether a field says more than who somebody is.
    fn is_answer(&self, field: usize) -> bool {
        (0..self.key.questions.len()).any(|q| self.places.field(q) == Some(field))
    }

    /// Absent, eliminated, and whether a doubt hangs over either.
    fn flags(&self) -> (bool, bool, bool) {
        let marks = &self.key.marks;
        let (mut absent, mut eliminated, mut waits) = (false, false, false);
        for answer in self.places.flags.iter().filter_map(|&i| self.sitting.answers.get(i)) {
            if answer.status == Status::Doubtful {
                waits = true;
                continue;
            }
            absent |= answer.text.split('+').any(|label| label == marks.absent);
            eliminated |= answer.text.split('+').any(|label| label == marks.eliminated);
        }
        (absent, eliminated, waits)
    }

    /// A question's verdict, its units, and why.
    fn mark(
        &self,
        form: &Form,
        counted: &Counted,
        version: Option<u32>,
        language_waits: bool,
        answers: &[Answer],
    ) -> (Verdict, i128, Option<String>) {
        let mut why = if self.detail == Detail::Reasons { Why::wanted() } else { Why::unwanted() };
        let first = answers.first().unwrap_or(&Answer::MISSING);
        let given = match counted.annulled {
            Some(effect) => {
                let waits = effect == Effect::GiveToAnswered && first.status.waits();
                let given = match effect {
                    Effect::GiveAll => counted.max,
                    Effect::GiveToAnswered if is_marked(first) => counted.max,
                    _ => 0,
                };
                why.say(|| {
                    match effect {
                        Effect::GiveAll => "Questão anulada: os pontos são de todos.",
                        Effect::Redistribute { .. } => "Questão anulada: os pontos foram para as demais.",
                        Effect::Drop => "Questão anulada: não conta.",
                        Effect::GiveToAnswered if waits => {
                            "Questão anulada, com pontos para quem respondeu: leitura pendente."
                        }
                        Effect::GiveToAnswered if given > 0 => "Questão anulada: os pontos são de quem respondeu.",
                        Effect::GiveToAnswered => {
                            "Questão anulada, com pontos só para quem respondeu; ficou em branco."
                        }
                    }
                    .to_owned()
                });
                (if waits { Verdict::Doubtful } else { Verdict::Annulled }, given)
            }
            None if self.places.unknown_version => {
                why.say(|| "Não se sabe a versão do caderno: aguarda decisão de uma pessoa.".to_owned());
                (Verdict::Waiting, 0)
            }
            None if language_waits => {
                why.say(|| "A língua escolhida ainda não foi decidida.".to_owned());
                (Verdict::Doubtful, 0)
            }
            None if counted.locked => {
                why.say(|| "Nenhuma língua foi escolhida.".to_owned());
                (Verdict::Unmarked, 0)
            }
            None => {
                let (verdict, points) = counted.rule(self.key, version).mark(answers, &mut why);
                (verdict, counted.units(points, self.key, form.unit))
            }
        };
        let (verdict, units) = given;
        (verdict, units, why.said())
    }

    /// The sum, and what blocks and subjects gave. A block's floor holds for the sum; subjects are only told.
    fn add_up(&self, form: &Form, units: &[i128]) -> (i128, Vec<Part>, Vec<Part>) {
        let of = |group: fn(&super::key::Question) -> Option<usize>, count: usize| {
            let mut sums = vec![(0, 0, false); count + 1];
            for (counted, given) in form.questions.iter().zip(units) {
                let sum = &mut sums[group(&self.key.questions[counted.question]).unwrap_or(count)];
                *sum = (sum.0 + given, sum.1 + counted.max, true);
            }
            sums
        };
        let mut blocks = of(|q| q.block, self.key.blocks.len());
        for (sum, block) in blocks.iter_mut().zip(&self.key.blocks) {
            if let Some(floor) = block.floor.filter(|_| sum.2) {
                sum.0 = sum.0.max((floor * form.unit).to_integer());
            }
        }
        let sum: i128 = blocks.iter().map(|sum| sum.0).sum();
        let total = form.floor.map_or(sum, |floor| sum.max(floor));
        let parts = |sums: Vec<(i128, i128, bool)>, count: usize| {
            let there = sums.into_iter().enumerate().filter(|(_, (_, _, there))| *there && count > 0);
            let exact = |n| Exact::new_raw(n, form.unit);
            there
                .map(|(i, (points, max, _))| Part {
                    group: Some(i).filter(|i| *i < count),
                    points: exact(points),
                    max: exact(max),
                })
                .collect()
        };
        let subjects = of(|q| q.subject, self.key.subjects.len());
        (total, parts(blocks, self.key.blocks.len()), parts(subjects, self.key.subjects.len()))
    }

    /// Scaled and rounded.
    fn final_points(&self, form: &Form, units: i128) -> Points {
        let total = &self.key.total;
        let (numerator, denominator) = match total.scale {
            Some(scale) if form.max > 0 => (units * scale.numer(), form.max * scale.denom()),
            _ => (units, form.unit),
        };
        Points::near(total.rounding.step * total.rounding.steps(numerator, denominator))
    }
}
