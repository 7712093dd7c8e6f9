//! Item response theory of a table: which questions take part, with which parameters, and the students' marks.

use super::irt::{Ability, Calibration, Options, Parameters, Priors, Quadrature, Scored, abilities, calibrate};
use super::items::credit;
use super::scale::Scale;
use super::table::Table;
use serde::Serialize;

/// Under so many answers a question's parameters are mostly what was believed before.
pub const FEW: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The parameters that questions bring; questions without them are left out.
    Given,
    /// Parameters from these answers.
    Calibrated,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
pub struct Proficiency {
    pub calibrated: bool,
    /// False: the parameters have not settled, and are as far as they came.
    pub converged: bool,
    pub items: Vec<ItemParameters>,
    pub scale: Scale,
    /// Mean of the students' marks.
    pub mean: Option<f64>,
    /// Of each student, in the order of the table.
    #[serde(skip)]
    pub students: Vec<Option<Ability>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
pub struct ItemParameters {
    pub question: String,
    /// Null where everybody answered alike.
    pub parameters: Option<Parameters>,
    pub answers: usize,
    /// Calibrated on fewer than 200 answers: not to be relied on.
    pub few_answers: bool,
}

/// Right-or-wrong questions take part that are not annulled. None where there are none.
pub fn proficiency(table: &Table, source: Source, scale: Scale) -> Option<Proficiency> {
    let questions = table.questions();
    let takes_part = |j: &usize| {
        let question = &questions[*j];
        let given = source == Source::Calibrated || question.parameters.is_some();
        let whole = |points| matches!(credit(question, points), 0.0 | 1.0);
        given && !question.annulled && question.max > 0.0 && table.column(*j).all(|(_, points)| whole(points))
    };
    let used: Vec<usize> = (0..questions.len()).filter(takes_part).collect();
    if used.is_empty() {
        return None;
    }
    let scored = Scored::of(table, &used);
    let (found, converged) = match source {
        Source::Given => (used.iter().map(|&j| questions[j].parameters).collect(), true),
        Source::Calibrated => {
            let priors: Vec<_> = used.iter().map(|&j| Priors::default().of(questions[j].alternatives)).collect();
            let Calibration { items, converged, .. } = calibrate(&scored, &priors, &Options::default());
            (items, converged)
        }
    };
    let items: Vec<ItemParameters> = used
        .iter()
        .enumerate()
        .map(|(n, &j)| {
            let answers = scored.counts(n).0;
            let few_answers = source == Source::Calibrated && answers < FEW;
            ItemParameters { question: questions[j].id.clone(), parameters: found[n], answers, few_answers }
        })
        .collect();
    let known: Vec<usize> = (0..used.len()).filter(|&n| found[n].is_some()).collect();
    let parameters: Vec<Parameters> = known.iter().filter_map(|&n| found[n]).collect();
    let students = abilities(&scored.some(&known), &parameters, &Quadrature::fine());
    let marks: Vec<f64> = students.iter().flatten().map(|s| scale.mark(s.theta)).collect();
    let mean = (!marks.is_empty()).then(|| marks.iter().sum::<f64>() / marks.len() as f64);
    Some(Proficiency { calibrated: source == Source::Calibrated, converged, items, scale, mean, students })
}
