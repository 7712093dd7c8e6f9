//! How the choice of each answer changes with ability, without a model: kernel smoothing over ranks (Ramsay 1991).

use super::normal::{density, quantile};
use super::scores::Totals;
use super::table::{Response, Table};

/// Abilities at which curves are known: normal quantiles of a student's rank.
pub const GRID: usize = 61;
const REACH: f64 = 3.0;

pub fn ability(place: usize) -> f64 {
    -REACH + 2.0 * REACH * place as f64 / (GRID - 1) as f64
}

/// The place on the grid that is nearest to each student's rank; ties share one. None of whom nothing is known.
pub fn places(totals: &Totals) -> Vec<Option<usize>> {
    let mut ranked: Vec<(f64, usize)> = (0..totals.points.len()).filter_map(|i| Some((totals.share(i)?, i))).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut places = vec![None; totals.points.len()];
    let mut below = 0;
    for tied in ranked.chunk_by(|a, b| a.0 == b.0) {
        let rank = (below as f64 + tied.len() as f64 / 2.0) / ranked.len() as f64;
        let z = quantile(rank).clamp(-REACH, REACH);
        let place = ((z + REACH) / (2.0 * REACH) * (GRID - 1) as f64).round() as usize;
        tied.iter().for_each(|t| places[t.1] = Some(place));
        below += tied.len();
    }
    places
}

/// Of one question: at each place the probability of each of its answers; what is missing to 1 is blank or invalid.
pub struct Curves(Vec<[f64; GRID]>);

impl Curves {
    pub fn of(table: &Table, question: usize, places: &[Option<usize>]) -> Self {
        let answers = table.questions()[question].answers.len();
        let mut asked = [0.0; GRID];
        let mut chosen = vec![[0.0; GRID]; answers];
        for ((response, _), place) in table.column(question).zip(places) {
            let Some(place) = place.filter(|_| response.is_decided()) else { continue };
            asked[place] += 1.0;
            if let Response::Answer(a) = response {
                chosen[usize::from(a)][place] += 1.0;
            }
        }
        let kernel = kernel(asked.iter().sum());
        let asked = smooth(&asked, &kernel);
        // A little of every answer is everywhere: what was never seen is not impossible.
        const UNSEEN: f64 = 0.5;
        let whole = UNSEEN * (answers + 1) as f64;
        let curve = |counts: &[f64; GRID]| {
            let counts = smooth(counts, &kernel);
            std::array::from_fn(|g| (counts[g] + UNSEEN) / (asked[g] + whole))
        };
        Curves(chosen.iter().map(curve).collect())
    }

    pub fn probability(&self, answer: usize, place: usize) -> f64 {
        self.0[answer][place]
    }

    /// Of any of some answers.
    pub fn any(&self, answers: &[u16]) -> [f64; GRID] {
        std::array::from_fn(|g| answers.iter().map(|&a| self.0[usize::from(a)][g]).sum())
    }
}

/// Gaussian, with Ramsay's bandwidth 1.1 n^(−1/5); 1 in the middle, so that sums stay numbers of students.
fn kernel(students: f64) -> [f64; GRID] {
    let bandwidth = 1.1 * f64::max(students, 1.0).powf(-0.2);
    let step = 2.0 * REACH / (GRID - 1) as f64;
    std::array::from_fn(|d| density(d as f64 * step / bandwidth) / density(0.0))
}

fn smooth(counts: &[f64; GRID], kernel: &[f64; GRID]) -> [f64; GRID] {
    std::array::from_fn(|g| (0..GRID).map(|h| counts[h] * kernel[g.abs_diff(h)]).sum())
}
