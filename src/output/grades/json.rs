//! A grade as JSON: every question with the rule that gave its points, and why.

use crate::grade::{Effect, Exact, Graded, Key, Part, Points, Standing, Verdict};
use crate::read::result::{Issue, Source};
use serde::Serialize;

/// A pupil's grade.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
pub struct Grade {
    pub student: Option<String>,
    pub sheet: Option<String>,
    pub version: Option<u32>,
    /// The foreign language that was chosen.
    pub language: Option<String>,
    #[cfg_attr(feature = "service", schema(value_type = String))]
    pub outcome: Standing,
    /// Rounded; null where there is no grade, as for who was absent.
    #[cfg_attr(feature = "service", schema(value_type = Option<f64>))]
    pub points: Option<Points>,
    #[cfg_attr(feature = "service", schema(value_type = f64))]
    pub max: Points,
    /// Something waits for a person: the points may still change.
    pub provisional: bool,
    pub blocks: Vec<PartOfGrade>,
    pub subjects: Vec<PartOfGrade>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<QuestionOfGrade>,
    /// Where it was read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "service", schema(value_type = Vec<Object>))]
    pub pages: Vec<Source>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "service", schema(value_type = Vec<Object>))]
    pub issues: Vec<Issue>,
}

/// What a block or a subject gave.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
pub struct PartOfGrade {
    /// Null: the questions of none.
    pub id: Option<String>,
    #[cfg_attr(feature = "service", schema(value_type = f64))]
    pub points: Points,
    #[cfg_attr(feature = "service", schema(value_type = f64))]
    pub max: Points,
}

/// What a question gave.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
pub struct QuestionOfGrade {
    pub id: String,
    /// As on the sheet; `missing` where its page was not read.
    pub status: &'static str,
    /// In the letters of the key.
    pub answer: Option<String>,
    #[cfg_attr(feature = "service", schema(value_type = String))]
    pub verdict: Verdict,
    /// Null while it waits.
    #[cfg_attr(feature = "service", schema(value_type = Option<f64>))]
    pub points: Option<Points>,
    /// The points as a fraction, where no decimal says them: `1/3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exact: Option<String>,
    #[cfg_attr(feature = "service", schema(value_type = f64))]
    pub max: Points,
    /// The rule that gave them, with its version: `exact/1`, `sum.ufsc/2025`, `annulled.give_all/1`.
    pub rule: &'static str,
    /// For people, in Portuguese.
    pub why: String,
}

impl Grade {
    pub fn new(key: &Key, graded: &Graded) -> Self {
        let part = |ids: &[crate::grade::Group], part: &Part| PartOfGrade {
            id: part.group.map(|g| ids[g].id.clone()),
            points: Points::near(part.points),
            max: Points::near(part.max),
        };
        let mut issues = Vec::new();
        if graded.absent_with_answers {
            let detail = "marcado como ausente, e há respostas: um dos dois está errado";
            issues.push(Issue::new("absent_with_answers", detail));
        }
        Grade {
            student: None,
            sheet: None,
            version: None,
            language: graded.language.clone(),
            outcome: graded.standing,
            points: graded.points,
            max: graded.max,
            provisional: graded.standing == Standing::Provisional,
            blocks: graded.blocks.iter().map(|p| part(&key.blocks, p)).collect(),
            subjects: graded.subjects.iter().map(|p| part(&key.subjects, p)).collect(),
            questions: Vec::new(),
            pages: Vec::new(),
            issues,
        }
    }

    /// With every question.
    pub fn explained(key: &Key, graded: &Graded, version: Option<u32>) -> Self {
        let effect = |question: usize| {
            let annulled = key.annulled.iter().find(|a| a.question == question);
            match annulled.map(|a| a.effect) {
                Some(Effect::GiveAll) => "annulled.give_all/1",
                Some(Effect::Redistribute { .. }) => "annulled.redistribute/1",
                Some(Effect::Drop) => "annulled.drop/1",
                Some(Effect::GiveToAnswered) | None => "annulled.give_to_answered/1",
            }
        };
        let questions = graded.questions.iter().map(|marked| {
            let question = &key.questions[marked.question];
            QuestionOfGrade {
                id: question.id.clone(),
                status: marked.status.name(),
                answer: Some(marked.answer.clone()).filter(|a| !a.is_empty()),
                verdict: marked.verdict,
                points: Some(Points::near(marked.points)).filter(|_| !marked.verdict.waits()),
                exact: fraction(marked.points),
                max: Points::near(marked.max),
                rule: match marked.verdict {
                    Verdict::Annulled => effect(marked.question),
                    _ => question.rule(version).id(),
                },
                why: marked.why.clone().unwrap_or_default(),
            }
        });
        Grade { questions: questions.collect(), ..Grade::new(key, graded) }
    }
}

fn fraction(points: Exact) -> Option<String> {
    let points = Exact::new(*points.numer(), *points.denom());
    match Points::exactly(points) {
        Some(_) => None,
        None => Some(format!("{}/{}", points.numer(), points.denom())),
    }
}
