//! A page's score under OMRChecker's evaluation, whose schemes know streaks. A doubtful answer is worth nothing until a
//! person has decided it, and the score says that it waits.

use crate::read::result::{FieldReading, FieldStatus, QuestionScore, Score, Verdict};

#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    pub schemes: Vec<Scheme>,
    /// In the order in which streaks run.
    pub questions: Vec<Question>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The id of the field that answers it.
    pub id: String,
    pub accepted: Vec<Accepted>,
    /// Index of its scheme.
    pub scheme: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    pub answer: String,
    /// Its own points, in place of the scheme's. Under zero it counts as incorrect.
    pub points: Option<f64>,
}

/// The points of a verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheme {
    pub name: String,
    pub streak: Streak,
    pub correct: Points,
    pub incorrect: Points,
    pub unmarked: Points,
}

/// How many questions in a row of a scheme count as a streak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streak {
    None,
    /// Those answered correctly, or those answered incorrectly; an unmarked one ends it.
    Verdict,
    /// Those of any one verdict.
    Section,
}

/// For the first of a streak, the second …; the last stands for all beyond. Never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Points(Vec<f64>);

impl Default for Points {
    fn default() -> Self {
        Points(vec![0.0])
    }
}

impl Points {
    pub fn new(points: Vec<f64>) -> Option<Self> {
        (!points.is_empty() && points.iter().all(|p| p.is_finite())).then_some(Points(points))
    }

    fn at(&self, streak: usize) -> f64 {
        self.0[streak.min(self.0.len() - 1)]
    }
}

/// A scheme's run of equal verdicts.
#[derive(Clone, Copy, Default)]
struct Run {
    verdict: Option<Verdict>,
    length: usize,
    /// A doubtful answer is in the scheme: what follows may or may not go on with its streak.
    open: bool,
}

impl Run {
    /// How many of the same went before.
    fn next(&mut self, streak: Streak, verdict: Verdict) -> usize {
        let grows = match streak {
            Streak::None => return 0,
            Streak::Verdict => verdict != Verdict::Unmarked,
            Streak::Section => true,
        };
        let before = if self.verdict == Some(verdict) { self.length } else { 0 };
        (self.verdict, self.length) = (Some(verdict), if grows { before + 1 } else { 0 });
        before
    }
}

impl Key {
    /// A question whose field was not read is doubtful.
    pub fn score(&self, fields: &[FieldReading]) -> Score {
        let mut runs = vec![Run::default(); self.schemes.len()];
        let questions: Vec<QuestionScore> = self
            .questions
            .iter()
            .map(|question| {
                let field = fields.iter().find(|f| f.id == question.id);
                self.mark(question, field, &mut runs[question.scheme])
            })
            .collect();
        let points: f64 = questions.iter().filter_map(|q| q.points).sum();
        let provisional = questions.iter().any(|q| q.points.is_none());
        Score { points: rounded(points), max: rounded(self.max()), provisional, questions }
    }

    fn mark(&self, question: &Question, field: Option<&FieldReading>, run: &mut Run) -> QuestionScore {
        let scheme = &self.schemes[question.scheme];
        let said = |verdict, points, rule| QuestionScore { id: question.id.clone(), verdict, points, rule };
        let Some(field) = field.filter(|f| f.status != FieldStatus::Doubtful) else {
            run.open = true;
            return said(Verdict::Doubtful, None, format!("{}.doubtful", scheme.name));
        };
        let answer = match field.status {
            FieldStatus::Blank => None,
            FieldStatus::Multiple if field.value.is_none() => Some(field.marked.concat()),
            _ => Some(field.value.clone().unwrap_or_default()),
        };
        let accepted = answer.as_ref().and_then(|a| question.accepted.iter().find(|x| x.answer == *a));
        let own = accepted.and_then(|a| a.points);
        let verdict = match (&answer, accepted) {
            (None, _) => Verdict::Unmarked,
            (_, Some(_)) if own.is_none_or(|p| p >= 0.0) => Verdict::Correct,
            _ => Verdict::Incorrect,
        };
        let streak = run.next(scheme.streak, verdict);
        let (points, mut rule) = match verdict {
            Verdict::Correct => (&scheme.correct, format!("{}.correct", scheme.name)),
            Verdict::Incorrect => (&scheme.incorrect, format!("{}.incorrect", scheme.name)),
            _ => (&scheme.unmarked, format!("{}.unmarked", scheme.name)),
        };
        if points.0.len() > 1 {
            rule += &format!("[{}]", streak.min(points.0.len() - 1));
        }
        match (own, answer) {
            (Some(own), Some(answer)) => said(verdict, Some(own), format!("{}.answers.{answer}", question.id)),
            _ if run.open && scheme.streak != Streak::None => said(verdict, None, rule),
            _ => said(verdict, Some(points.at(streak)), rule),
        }
    }

    /// The points of a page on which every question is answered as well as can be.
    fn max(&self) -> f64 {
        let mut runs = vec![Run::default(); self.schemes.len()];
        let best = |question: &Question| {
            let scheme = &self.schemes[question.scheme];
            let streak = runs[question.scheme].next(scheme.streak, Verdict::Correct);
            let correct = question.accepted.iter().map(|a| a.points.unwrap_or(scheme.correct.at(streak)));
            let other = [scheme.incorrect.at(0), scheme.unmarked.at(0)];
            correct.chain(other).fold(f64::MIN, f64::max)
        };
        self.questions.iter().map(best).sum()
    }
}

/// Thirds add up to whole points again.
fn rounded(points: f64) -> f64 {
    (points * 1e6).round() / 1e6 + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(id: &str, status: FieldStatus, value: &str) -> FieldReading {
        let value = Some(value.to_owned()).filter(|v| !v.is_empty());
        let marked = value.iter().cloned().collect();
        FieldReading {
            id: id.into(),
            kind: "choice".into(),
            status,
            marked,
            value,
            confidence: 0.99,
            marks: Vec::new(),
        }
    }

    fn read(answers: &[&str]) -> Vec<FieldReading> {
        let field = |(i, a): (usize, &&str)| match a.strip_suffix('?') {
            Some(guess) => field(&format!("q{}", i + 1), FieldStatus::Doubtful, guess),
            None if a.is_empty() => field(&format!("q{}", i + 1), FieldStatus::Blank, ""),
            None => field(&format!("q{}", i + 1), FieldStatus::Answered, a),
        };
        answers.iter().enumerate().map(field).collect()
    }

    fn key(streak: Streak, correct: &[f64], answers: &[&[(&str, Option<f64>)]]) -> Key {
        let points = |p: &[f64]| Points::new(p.to_vec()).unwrap();
        let (incorrect, unmarked) = (points(&[-2.0 / 3.0]), points(&[0.0]));
        let scheme = Scheme { name: "DEFAULT".into(), streak, correct: points(correct), incorrect, unmarked };
        let accepted = |a: &[(&str, Option<f64>)]| {
            a.iter().map(|(answer, points)| Accepted { answer: (*answer).into(), points: *points }).collect()
        };
        let question = |(i, a): (usize, &&[(&str, Option<f64>)])| Question {
            id: format!("q{}", i + 1),
            accepted: accepted(a),
            scheme: 0,
        };
        Key { schemes: vec![scheme], questions: answers.iter().enumerate().map(question).collect() }
    }

    #[test]
    fn every_mark_has_the_rule_that_gave_it() {
        let key = key(
            Streak::None,
            &[2.0],
            &[
                &[("A", None)],
                &[("B", None), ("C", None)],
                &[("A", Some(3.0)), ("C", Some(-2.0))],
                &[("D", None)],
                &[("E", None)],
            ],
        );
        let score = key.score(&read(&["B", "C", "C", "", "E"]));
        let said: Vec<_> = score.questions.iter().map(|q| (q.verdict, q.rule.as_str())).collect();
        use Verdict::*;
        let wanted = [
            (Incorrect, "DEFAULT.incorrect"),
            (Correct, "DEFAULT.correct"),
            (Incorrect, "q3.answers.C"),
            (Unmarked, "DEFAULT.unmarked"),
            (Correct, "DEFAULT.correct"),
        ];
        assert_eq!(said, wanted);
        assert_eq!((score.points, score.max, score.provisional), (1.333_333, 11.0, false));
    }

    #[test]
    fn a_doubtful_answer_is_worth_nothing_yet_and_the_score_says_so() {
        let key = key(Streak::None, &[1.0], &[&[("A", None)], &[("B", None)], &[("C", None)]]);
        // The guess is right, and the third question's field is not on the page.
        let score = key.score(&read(&["A", "B?"]));
        assert_eq!((score.points, score.provisional), (1.0, true));
        assert_eq!(score.questions[1].verdict, Verdict::Doubtful);
        assert_eq!((score.questions[1].points, score.questions[2].points), (None, None));
    }

    #[test]
    fn streaks_grow_with_equal_verdicts_and_wait_for_doubtful_ones() {
        let answers: [&[(&str, Option<f64>)]; 5] = [&[("A", None)]; 5];
        let by_verdict = key(Streak::Verdict, &[1.0, 2.0, 4.0], &answers);
        let points = |key: &Key, read_as: &[&str]| -> Vec<Option<f64>> {
            key.score(&read(read_as)).questions.iter().map(|q| q.points).collect()
        };
        assert_eq!(points(&by_verdict, &["A"; 5]), [1.0, 2.0, 4.0, 4.0, 4.0].map(Some));
        assert_eq!(points(&by_verdict, &["A", "A", "", "A", "A"]), [1.0, 2.0, 0.0, 1.0, 2.0].map(Some));
        let waiting = points(&by_verdict, &["A", "A", "A?", "A", ""]);
        assert_eq!(waiting, [Some(1.0), Some(2.0), None, None, None]);
        assert_eq!(by_verdict.score(&read(&["A"; 5])).max, 15.0);
    }

    #[test]
    fn several_marks_are_an_answer_of_their_own() {
        let key = key(Streak::None, &[1.0], &[&[("AD", None)], &[("A", None)]]);
        let fields = [field("q1", FieldStatus::Multiple, "AD"), field("q2", FieldStatus::Multiple, "AD")];
        assert_eq!(key.score(&fields).points, rounded(1.0 - 2.0 / 3.0));
    }
}
