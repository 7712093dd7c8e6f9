//! The students' scores: what each has of what was asked and is decided.

use super::table::Table;
use serde::Serialize;

/// Of each student, in the order of the table.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Points of decided responses.
    pub points: Vec<f64>,
    /// Most that they could have been worth.
    pub max: Vec<f64>,
}

impl Totals {
    pub fn of(table: &Table) -> Self {
        let n = table.students().len();
        let mut totals = Totals { points: vec![0.0; n], max: vec![0.0; n] };
        for (j, question) in table.questions().iter().enumerate() {
            let sums = totals.points.iter_mut().zip(&mut totals.max);
            for ((response, points), (sum, max)) in table.column(j).zip(sums) {
                if response.is_decided() {
                    *sum += points;
                    *max += question.max;
                }
            }
        }
        // Three times two thirds ties with two.
        totals.points.iter_mut().for_each(|p| *p = rounded(*p));
        totals
    }

    /// From 0 to 1, and below it where wrong answers cost points. None of whom nothing is known.
    pub fn share(&self, student: usize) -> Option<f64> {
        let max = self.max[student];
        (max > 0.0).then(|| self.points[student] / max)
    }
}

pub fn rounded(points: f64) -> f64 {
    (points * 1e4).round() / 1e4 + 0.0
}

/// Scores of some students, in percent of what was asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
pub struct Summary {
    /// Of whom at least one answer is decided.
    pub students: usize,
    pub mean: Option<f64>,
    /// With divisor n − 1.
    pub deviation: Option<f64>,
    pub least: Option<f64>,
    pub lower_quartile: Option<f64>,
    pub median: Option<f64>,
    pub upper_quartile: Option<f64>,
    pub most: Option<f64>,
}

impl Summary {
    /// Of shares from 0 to 1.
    pub fn of(mut shares: Vec<f64>) -> Self {
        shares.sort_by(f64::total_cmp);
        let n = shares.len();
        let Some(most) = shares.last() else { return Summary::default() };
        let mean = shares.iter().sum::<f64>() / n as f64;
        let squares: f64 = shares.iter().map(|s| (s - mean).powi(2)).sum();
        let quantile = |q: f64| {
            // Linear between order statistics (type 7 of Hyndman and Fan 1996, the default of R and of spreadsheets).
            let at = q * (n - 1) as f64;
            let (low, part) = (at.floor() as usize, at.fract());
            Some(100.0 * (shares[low] + part * (shares[(low + 1).min(n - 1)] - shares[low])))
        };
        Summary {
            students: n,
            mean: Some(100.0 * mean),
            deviation: (n > 1).then(|| 100.0 * (squares / (n - 1) as f64).sqrt()),
            least: Some(100.0 * shares[0]),
            lower_quartile: quantile(0.25),
            median: quantile(0.5),
            upper_quartile: quantile(0.75),
            most: Some(100.0 * most),
        }
    }
}

/// Students by score: `counts[i]` of them from `5 i` percent to below the next; the last takes 100 too, the first what is
/// below 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
pub struct Histogram {
    pub counts: Vec<usize>,
}

impl Histogram {
    pub const BINS: usize = 20;

    pub fn of(shares: impl Iterator<Item = f64>) -> Self {
        let mut counts = vec![0; Self::BINS];
        for share in shares {
            // A share of 0.3 is not below the bin that begins at 30 %.
            let bin = (share * Self::BINS as f64 + 1e-9).floor().max(0.0) as usize;
            counts[bin.min(Self::BINS - 1)] += 1;
        }
        Histogram { counts }
    }
}
