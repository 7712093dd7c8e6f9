//! The best and the weakest 27 %, which Kelley (1939) showed to tell items apart best.

use super::scores::Totals;

pub const SHARE: f64 = 0.27;

/// How much of each student belongs to the upper and to the lower group. Students who tie at a border belong to it in
/// part, all equally, so that neither their order nor luck decides.
#[derive(Clone, Debug, Default)]
pub struct Extremes {
    pub upper: Vec<f64>,
    pub lower: Vec<f64>,
}

impl Extremes {
    pub fn of(totals: &Totals) -> Self {
        let students = 0..totals.points.len();
        let mut ranked: Vec<(f64, usize)> = students.filter_map(|i| Some((totals.share(i)?, i))).collect();
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        // One student is not two groups.
        let size = if ranked.len() < 2 { 0 } else { ((ranked.len() as f64 * SHARE).round() as usize).max(1) };
        let lower = group(&ranked, size, totals.points.len());
        ranked.reverse();
        Extremes { upper: group(&ranked, size, totals.points.len()), lower }
    }
}

/// The weights of the first `size`.
fn group(ranked: &[(f64, usize)], size: usize, students: usize) -> Vec<f64> {
    let mut weights = vec![0.0; students];
    let Some(border) = size.checked_sub(1).map(|last| ranked[last].0) else { return weights };
    let tied = ranked.iter().filter(|r| r.0 == border).count();
    let inside = ranked[..size].iter().filter(|r| r.0 != border).count();
    let part = (size - inside) as f64 / tied as f64;
    for &(score, student) in &ranked[..inside + tied] {
        weights[student] = if score == border { part } else { 1.0 };
    }
    weights
}
