//! Classical analysis of a question: how hard it is, whether it tells good students from weak ones, and who chose what.

use super::extremes::Extremes;
use super::normal::{Moments, density, quantile};
use super::scores::Totals;
use super::table::{Question, Response, Table};
use serde::Serialize;

/// A number is null where it is not defined: nobody was asked, or everybody answered alike.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
pub struct Item {
    pub question: String,
    pub annulled: bool,
    /// Who were asked and whose answer is decided; all that follows but `doubtful` is of them.
    pub students: usize,
    pub blank: usize,
    pub invalid: usize,
    /// Waiting for a person.
    pub doubtful: usize,
    /// Mean share of the question's points, from 0 to 1: of a question that is right or wrong the share who had it right.
    pub facility: Option<f64>,
    /// The facility in the upper 27 % less that in the lower 27 %.
    pub discrimination: Option<f64>,
    /// Correlation of the question with the score.
    pub point_biserial: Option<f64>,
    /// The same, had the question measured a normal trait that was cut in two; it can exceed 1. Only of right-or-wrong questions.
    pub biserial: Option<f64>,
    /// Correlation of the question with the score in the other questions.
    pub item_rest: Option<f64>,
    /// Cronbach's alpha of the test without the question.
    pub alpha_without: Option<f64>,
    /// In the question's order. Of very many, as numbers have, the right ones and the most frequent.
    pub answers: Vec<Chosen>,
    pub remarks: Vec<Remark>,
}

/// A row of the distractor table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
pub struct Chosen {
    pub answer: String,
    pub key: bool,
    pub students: usize,
    /// Of all who were asked, of the upper and of the lower 27 %.
    pub share: Option<f64>,
    pub upper: Option<f64>,
    pub lower: Option<f64>,
    /// Mean score in percent of those who chose it.
    pub mean_score: Option<f64>,
    /// Correlation of choosing it with the score.
    pub point_biserial: Option<f64>,
}

/// What a teacher should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Remark {
    /// Weak students have it right more often than good ones: is the key wrong?
    NegativeDiscrimination,
    /// A wrong answer is chosen by good students more often than by weak ones.
    DistractorAttractsTheBest,
    /// A wrong answer is chosen more often than the right one.
    DistractorBeatsTheKey,
    /// Fewer than one in a hundred chose a wrong answer, of at least a hundred students.
    UnusedDistractor,
    TooEasy,
    TooHard,
}

/// Under this facility a question is hard, and over 1 less it easy, beyond use.
const EXTREME: f64 = 0.05;

/// Sums of those who gave one answer.
#[derive(Clone, Copy, Default)]
struct Choosers {
    count: usize,
    upper: f64,
    lower: f64,
    score: f64,
}

pub fn analyse(table: &Table, totals: &Totals, extremes: &Extremes) -> Vec<Item> {
    (0..table.questions().len()).map(|j| item(table, j, totals, extremes)).collect()
}

fn item(table: &Table, j: usize, totals: &Totals, extremes: &Extremes) -> Item {
    let question = &table.questions()[j];
    let mut item = Item { question: question.id.clone(), annulled: question.annulled, ..Item::default() };
    let mut choosers = vec![Choosers::default(); question.answers.len()];
    let (mut with_score, mut with_rest, mut scores) = (Moments::default(), Moments::default(), Moments::default());
    let (mut upper, mut lower) = ((0.0, 0.0), (0.0, 0.0));
    let mut dichotomous = true;
    for (i, (response, points)) in table.column(j).enumerate() {
        match response {
            Response::NotAsked | Response::NotRead => continue,
            Response::Doubtful => {
                item.doubtful += 1;
                continue;
            }
            Response::Blank => item.blank += 1,
            Response::Invalid => item.invalid += 1,
            Response::Answer(_) => {}
        }
        item.students += 1;
        let credit = credit(question, points);
        dichotomous &= credit == 0.0 || credit == 1.0;
        let (u, l) = (extremes.upper[i], extremes.lower[i]);
        upper = (upper.0 + u, upper.1 + u * credit);
        lower = (lower.0 + l, lower.1 + l * credit);
        let Some(score) = totals.share(i) else { continue };
        with_score.add(credit, score);
        scores.add(score, score);
        let rest = totals.max[i] - question.max;
        if rest > 0.0 {
            with_rest.add(credit, (totals.points[i] - points) / rest);
        }
        if let Response::Answer(a) = response {
            let chosen = &mut choosers[usize::from(a)];
            *chosen = Choosers {
                count: chosen.count + 1,
                upper: chosen.upper + u,
                lower: chosen.lower + l,
                score: chosen.score + score,
            };
        }
    }
    let share = |(all, right): (f64, f64)| (all > 0.0).then(|| right / all);
    item.facility = with_score.mean();
    let each = choosers.iter().enumerate();
    item.answers = told(each.map(|(a, c)| chosen(question, a, c, &scores, upper.0, lower.0)).collect());
    if question.annulled {
        return item;
    }
    item.discrimination = share(upper).zip(share(lower)).map(|(u, l)| u - l);
    item.point_biserial = with_score.correlation();
    item.item_rest = with_rest.correlation();
    item.biserial = item.point_biserial.zip(item.facility).filter(|_| dichotomous).map(|(r, p)| biserial(r, p));
    item.remarks = remarks(&item);
    item
}

/// Answers that a table shows.
const MOST: usize = 16;

fn told(mut all: Vec<Chosen>) -> Vec<Chosen> {
    if all.len() > MOST {
        all.sort_by_key(|a| (!a.key, std::cmp::Reverse(a.students)));
        all.truncate(MOST);
    }
    all
}

/// A share of the question's points.
pub fn credit(question: &Question, points: f64) -> f64 {
    if question.max > 0.0 { (points / question.max).clamp(0.0, 1.0) } else { 0.0 }
}

/// From the point-biserial and the facility, which is neither 0 nor 1.
fn biserial(r: f64, p: f64) -> f64 {
    r * (p * (1.0 - p)).sqrt() / density(quantile(p))
}

fn chosen(question: &Question, a: usize, c: &Choosers, scores: &Moments, upper: f64, lower: f64) -> Chosen {
    let (all, count) = (scores.count(), c.count as f64);
    let of = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    let (share, mean) = (of(count, all), of(c.score, count));
    let deviation = scores.variance().sqrt();
    let point_biserial = share.zip(mean).zip(scores.mean()).and_then(|((p, mean), of_all)| {
        (p < 1.0 && deviation > 0.0).then(|| (mean - of_all) / deviation * (p / (1.0 - p)).sqrt())
    });
    Chosen {
        answer: question.answers[a].clone(),
        key: question.key.contains(&(a as u16)),
        students: c.count,
        share,
        upper: of(c.upper, upper),
        lower: of(c.lower, lower),
        mean_score: mean.map(|m| 100.0 * m),
        point_biserial,
    }
}

fn remarks(item: &Item) -> Vec<Remark> {
    let mut all = Vec::new();
    let mut say = |remark, holds: bool| {
        if holds {
            all.push(remark);
        }
    };
    let wrong = || item.answers.iter().filter(|a| !a.key);
    let right: usize = item.answers.iter().filter(|a| a.key).map(|a| a.students).sum();
    // Of a few students any share is luck.
    let enough = item.students >= 100;
    let chosen = |a: &Chosen| a.share.is_some_and(|s| s >= 0.05);
    let more = |a: &Chosen| a.upper > a.lower && a.point_biserial.is_some_and(|r| r > 0.0);
    say(Remark::NegativeDiscrimination, item.discrimination.is_some_and(|d| d < 0.0));
    say(Remark::DistractorAttractsTheBest, wrong().any(|a| chosen(a) && more(a)));
    say(Remark::DistractorBeatsTheKey, right > 0 && wrong().any(|a| a.students > right));
    say(Remark::UnusedDistractor, enough && wrong().any(|a| a.students * 100 < item.students));
    say(Remark::TooEasy, item.facility.is_some_and(|p| p > 1.0 - EXTREME));
    say(Remark::TooHard, item.facility.is_some_and(|p| p < EXTREME));
    all
}
