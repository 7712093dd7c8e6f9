//! How far a second, equivalent test would have given the same scores.

use super::items::credit;
use super::normal::Moments;
use super::table::{Response, Table};
use serde::Serialize;

/// Of the questions that were asked of everybody and are not annulled, and of the students of whom all of them are decided.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
pub struct Reliability {
    pub questions: usize,
    pub students: usize,
    /// Cronbach's alpha of the points.
    pub alpha: Option<f64>,
    /// Kuder and Richardson's formula 20, of right and wrong; null if a question has partial credit.
    pub kr20: Option<f64>,
    /// Standard deviation of the students' points.
    pub deviation: Option<f64>,
    /// Standard error of measurement, in points: `deviation` · √(1 − alpha).
    pub standard_error: Option<f64>,
    /// Alpha without each question of the table; null for those not in it.
    #[serde(skip)]
    pub alpha_without: Vec<Option<f64>>,
}

/// Variance of each part, covariance of each part with the sum, variance of the sum: divisor n.
struct Variances {
    parts: Vec<(f64, f64)>,
    sum: f64,
}

pub fn reliability(table: &Table) -> Reliability {
    let questions = table.questions();
    let asked = |j: &usize| !questions[*j].annulled && table.column(*j).all(|(r, _)| r != Response::NotAsked);
    let used: Vec<usize> = (0..questions.len()).filter(asked).collect();
    let mut complete = vec![true; table.students().len()];
    for &j in &used {
        for (complete, (response, _)) in complete.iter_mut().zip(table.column(j)) {
            *complete &= response.is_decided();
        }
    }
    let students = complete.iter().filter(|&&c| c).count();
    let mut said = Reliability { questions: used.len(), students, ..Reliability::default() };
    said.alpha_without = vec![None; questions.len()];
    if used.is_empty() || students < 2 {
        return said;
    }
    let points = variances(table, &used, &complete, |_, points| points);
    said.alpha = alpha(&points);
    let dichotomous = used.iter().all(|&j| {
        let credits = table.column(j).map(|(_, points)| credit(&questions[j], points));
        credits.zip(&complete).all(|(credit, complete)| !complete || credit == 0.0 || credit == 1.0)
    });
    if dichotomous {
        said.kr20 = alpha(&variances(table, &used, &complete, |j, points| credit(&questions[j], points)));
    }
    let n = students as f64;
    said.deviation = Some((points.sum * n / (n - 1.0)).sqrt());
    said.standard_error = said.deviation.zip(said.alpha).map(|(d, a)| d * (1.0 - a.min(1.0)).sqrt());
    for (&j, &(own, with_sum)) in used.iter().zip(&points.parts) {
        said.alpha_without[j] = without(&points, own, with_sum);
    }
    said
}

fn variances(table: &Table, used: &[usize], complete: &[bool], value: impl Fn(usize, f64) -> f64) -> Variances {
    let mut sums = vec![0.0; complete.len()];
    for &j in used {
        for (sum, (_, points)) in sums.iter_mut().zip(table.column(j)) {
            *sum += value(j, points);
        }
    }
    // Around their mean the sums lose no digits.
    let centre = sums.iter().sum::<f64>() / sums.len() as f64;
    let mut of_sum = Moments::default();
    for (sum, _) in sums.iter().zip(complete).filter(|(_, c)| **c) {
        of_sum.add(sum - centre, 0.0);
    }
    let part = |&j: &usize| {
        let mut moments = Moments::default();
        for (((_, points), sum), complete) in table.column(j).zip(&sums).zip(complete) {
            if *complete {
                moments.add(value(j, points), sum - centre);
            }
        }
        (moments.variance(), moments.covariance())
    };
    Variances { parts: used.iter().map(part).collect(), sum: of_sum.variance() }
}

/// Cronbach 1951. With right and wrong as 1 and 0 it is Kuder and Richardson's 20, whose pq is that variance.
fn alpha(v: &Variances) -> Option<f64> {
    let k = v.parts.len() as f64;
    let parts: f64 = v.parts.iter().map(|p| p.0).sum();
    (k > 1.0 && v.sum > 0.0).then(|| k / (k - 1.0) * (1.0 - parts / v.sum))
}

fn without(v: &Variances, own: f64, with_sum: f64) -> Option<f64> {
    let k = v.parts.len() as f64 - 1.0;
    let parts = v.parts.iter().map(|p| p.0).sum::<f64>() - own;
    let sum = v.sum - 2.0 * with_sum + own;
    (k > 1.0 && sum > 1e-12 * v.sum).then(|| k / (k - 1.0) * (1.0 - parts / sum))
}
