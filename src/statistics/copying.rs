//! Pairs of students of a room with more identical wrong answers than chance explains: the generalized binomial test of
//! van der Linden and Sotaridona (2006), of wrong answers alone.
//!
//! Of two students who work alone the number of identical wrong answers is a sum of independent events, one a question,
//! whose probabilities follow from how students of their abilities answer it ([`Curves`]). The tail of that sum's
//! distribution is exact. Every pair of a room is compared, so a pair's probability is multiplied by the number of all pairs
//! compared (Bonferroni): an exam in which nobody copied has an alert at all with a probability of `level` at most. An alert
//! is a reason to look, never a proof: pupils who learnt the same mistake look the same.

use super::curves::{Curves, GRID, places};
use super::scores::Totals;
use super::table::{Response, Table};
use serde::Serialize;
use std::collections::BTreeMap;

/// Fewer students do not tell how students answer.
pub const FEWEST: usize = 100;
/// Alerts told, the least probable first.
const MOST: usize = 1000;

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
pub struct Copying {
    /// Pairs compared: those of one room.
    pub pairs: usize,
    /// The probability of one false alert or more, if nobody copied.
    pub level: f64,
    pub alerts: Vec<Alert>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
pub struct Alert {
    pub unit: Option<String>,
    pub room: String,
    pub students: [String; 2],
    /// Questions that both have wrong in the same way.
    pub questions: Vec<String>,
    /// How many of them were to be expected of two such students.
    pub expected: f64,
    /// That two such students have so many or more, by chance.
    pub probability: f64,
    /// The same, for the number of pairs.
    pub adjusted: f64,
}

/// A student's wrong answers: the number of each from 1, 0 for none, bit by bit over the questions.
struct Wrong {
    planes: Vec<[u64; PLANES]>,
    place: usize,
}

const PLANES: usize = 4;
/// Wrong answers that four bits tell apart.
const MOST_WRONG: usize = (1 << PLANES) - 1;

/// Of two places on the grid: the expected number, and the probability of at least 0, 1, 2 … identical wrong answers.
struct Chance {
    expected: f64,
    tail: Vec<f64>,
}

/// None where there are fewer than [`FEWEST`] students with a room. Compared are questions with alternatives to choose from.
pub fn copying(table: &Table, totals: &Totals, level: f64) -> Option<Copying> {
    let places = places(totals);
    let mut rooms: BTreeMap<(Option<&str>, &str), Vec<usize>> = BTreeMap::new();
    for (i, student) in table.students().iter().enumerate() {
        if let (Some(room), Some(_)) = (&student.room, places[i]) {
            rooms.entry((student.unit.as_deref(), room)).or_default().push(i);
        }
    }
    if rooms.values().map(Vec::len).sum::<usize>() < FEWEST {
        return None;
    }
    let choice = |j: &usize| {
        let q = &table.questions()[*j];
        !q.annulled && q.alternatives > 1 && !q.key.is_empty() && q.answers.len() - q.key.len() <= MOST_WRONG
    };
    let questions: Vec<usize> = (0..table.questions().len()).filter(choice).collect();
    let wrong = wrong(table, &questions, &places);
    let matches = matches(table, &questions, &places);
    let mut chances: Vec<Option<Chance>> = (0..GRID * GRID).map(|_| None).collect();
    let pairs = rooms.values().map(|r| r.len() * (r.len() - 1) / 2).sum::<usize>();
    let mut found = Vec::new();
    for (&(unit, room), students) in &rooms {
        for (n, &a) in students.iter().enumerate() {
            for &b in &students[n + 1..] {
                let count = identical(&wrong[a], &wrong[b]).map(u64::count_ones).sum::<u32>() as usize;
                let (low, high) = (wrong[a].place.min(wrong[b].place), wrong[a].place.max(wrong[b].place));
                let chance = chances[low * GRID + high].get_or_insert_with(|| Chance::of(&matches, low, high));
                let probability = chance.tail[count];
                let adjusted = (probability * pairs as f64).min(1.0);
                if adjusted <= level {
                    found.push((probability, adjusted, chance.expected, unit, room, a, b));
                }
            }
        }
    }
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found.truncate(MOST);
    let alert =
        |(probability, adjusted, expected, unit, room, a, b): (f64, f64, f64, Option<&str>, &str, usize, usize)| {
            Alert {
                unit: unit.map(str::to_owned),
                room: room.to_owned(),
                students: [a, b].map(|i| table.students()[i].id.clone()),
                questions: ids(table, &questions, identical(&wrong[a], &wrong[b])),
                expected,
                probability,
                adjusted,
            }
        };
    Some(Copying { pairs, level, alerts: found.into_iter().map(alert).collect() })
}

fn wrong(table: &Table, questions: &[usize], places: &[Option<usize>]) -> Vec<Wrong> {
    let words = questions.len().div_ceil(64);
    let student = |place: &Option<usize>| Wrong { planes: vec![[0; PLANES]; words], place: place.unwrap_or(0) };
    let mut all: Vec<Wrong> = places.iter().map(student).collect();
    for (bit, &j) in questions.iter().enumerate() {
        let number = numbers(table, j);
        for (student, (response, _)) in all.iter_mut().zip(table.column(j)) {
            let Response::Answer(a) = response else { continue };
            for (plane, word) in student.planes[bit / 64].iter_mut().enumerate() {
                *word |= (number[usize::from(a)] >> plane & 1) << (bit % 64);
            }
        }
    }
    all
}

/// Of each answer: 0 if it is right, or else a number of its own.
fn numbers(table: &Table, question: usize) -> Vec<u64> {
    let question = &table.questions()[question];
    let mut next = 0;
    let number = |a: usize| {
        let right = question.key.contains(&(a as u16));
        next += u64::from(!right);
        if right { 0 } else { next }
    };
    (0..question.answers.len()).map(number).collect()
}

/// Bits of the questions that both have wrong in the same way.
fn identical<'a>(a: &'a Wrong, b: &'a Wrong) -> impl Iterator<Item = u64> + 'a {
    a.planes.iter().zip(&b.planes).map(|(a, b)| {
        let differ = (0..PLANES).fold(0, |differ, p| differ | (a[p] ^ b[p]));
        let answered = a.iter().fold(0, |any, plane| any | plane);
        answered & !differ
    })
}

fn ids(table: &Table, questions: &[usize], words: impl Iterator<Item = u64>) -> Vec<String> {
    let mut ids = Vec::new();
    for (w, word) in words.enumerate() {
        let bits = (0..64).filter(|bit| word >> bit & 1 == 1);
        ids.extend(bits.map(|bit| table.questions()[questions[w * 64 + bit]].id.clone()));
    }
    ids
}

/// Of each question the curves of its wrong answers.
fn matches(table: &Table, questions: &[usize], places: &[Option<usize>]) -> Vec<Vec<[f64; GRID]>> {
    let of = |&j: &usize| {
        let curves = Curves::of(table, j, places);
        let question = &table.questions()[j];
        let wrong = (0..question.answers.len()).filter(|&a| !question.key.contains(&(a as u16)));
        wrong.map(|a| std::array::from_fn(|g| curves.probability(a, g))).collect()
    };
    questions.iter().map(of).collect()
}

impl Chance {
    /// The distribution of a sum of independent events of different probabilities, event by event.
    fn of(matches: &[Vec<[f64; GRID]>], low: usize, high: usize) -> Self {
        let mut distribution = vec![0.0; matches.len() + 1];
        distribution[0] = 1.0;
        let mut expected = 0.0;
        for (n, question) in matches.iter().enumerate() {
            let p: f64 = question.iter().map(|curve| curve[low] * curve[high]).sum();
            expected += p;
            for m in (0..=n).rev() {
                distribution[m + 1] += distribution[m] * p;
                distribution[m] *= 1.0 - p;
            }
        }
        // From the small end, so that small probabilities keep their digits.
        let mut tail = distribution;
        for m in (0..tail.len() - 1).rev() {
            tail[m] += tail[m + 1];
        }
        tail.iter_mut().for_each(|p| *p = p.min(1.0));
        Chance { expected, tail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_that_of_a_sum_of_unequal_events() {
        // Three questions on which two such students agree with .1, .2 and .3.
        let questions: Vec<Vec<[f64; GRID]>> = [0.1f64, 0.2, 0.3].map(|p| vec![[p.sqrt(); GRID]]).to_vec();
        let chance = Chance::of(&questions, 0, 5);
        let two = 0.1 * 0.2 * 0.7 + 0.1 * 0.8 * 0.3 + 0.9 * 0.2 * 0.3;
        let expected = [1.0, 1.0 - 0.9 * 0.8 * 0.7, two + 0.006, 0.006];
        assert!(chance.tail.iter().zip(expected).all(|(t, e)| (t - e).abs() < 1e-12), "{:?}", chance.tail);
        assert!((chance.expected - 0.6).abs() < 1e-12);
    }
}
