//! One question's parameters, given how many at each node answered it and how many rightly: the M step of Bock and Aitkin
//! (1981), with priors (Mislevy 1986) since data alone hardly tell a from c.

use super::{Parameters, Quadrature};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normal {
    pub mean: f64,
    pub deviation: f64,
}

/// Density proportional to x^(alpha − 1) (1 − x)^(beta − 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beta {
    pub alpha: f64,
    pub beta: f64,
}

/// What is believed of a question before anybody has answered. Without one of them the likelihood alone decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prior {
    pub log_a: Option<Normal>,
    pub b: Option<Normal>,
    pub c: Guess,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Guess {
    /// Not estimated: the two-parameter model with 0.
    Fixed(f64),
    Estimated(Option<Beta>),
}

/// How priors are made of what a question is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Priors {
    pub log_a: Option<Normal>,
    pub b: Option<Normal>,
    /// The prior of c is worth so many answers of students who only guess; its mode is 1 / alternatives.
    pub guesses: f64,
}

impl Default for Priors {
    /// Those of BILOG-MG: a log-normal around 1 in the normal metric, which is 1.7 here, with deviation 0.5; c as if 20
    /// students had guessed; and a wide one on b, so that questions that nearly everybody has right have one.
    fn default() -> Self {
        Priors {
            log_a: Some(Normal { mean: 1.7_f64.ln(), deviation: 0.5 }),
            b: Some(Normal { mean: 0.0, deviation: 2.0 }),
            guesses: 20.0,
        }
    }
}

impl Priors {
    /// Of a question with so many alternatives; with none there is nothing to guess.
    pub fn of(&self, alternatives: usize) -> Prior {
        let c = if alternatives < 2 {
            Guess::Fixed(0.0)
        } else {
            let share = 1.0 / alternatives as f64;
            let beta = Beta { alpha: self.guesses * share + 1.0, beta: self.guesses * (1.0 - share) + 1.0 };
            Guess::Estimated((self.guesses > 0.0).then_some(beta))
        };
        Prior { log_a: self.log_a, b: self.b, c }
    }
}

/// A question's parameters without bounds: log a, b, logit c.
pub(super) type Free = [f64; 3];

/// Beyond these nothing sensible lies.
const BOUNDS: [(f64, f64); 3] = [(-3.0, 2.3), (-12.0, 12.0), (-12.0, 2.0)];

pub(super) fn bounded(x: Free) -> Free {
    std::array::from_fn(|i| x[i].clamp(BOUNDS[i].0, BOUNDS[i].1))
}

pub(super) fn parameters(x: &Free, prior: &Prior) -> Parameters {
    let c = match prior.c {
        Guess::Fixed(c) => c,
        Guess::Estimated(_) => 1.0 / (1.0 + (-x[2]).exp()),
    };
    Parameters { a: x[0].exp(), b: x[1], c }
}

/// The logarithm of the prior's density, but for a constant. That of a is taken as a density of log a.
pub(super) fn log_prior(item: &Parameters, prior: &Prior) -> f64 {
    let normal = |x: f64, of: Option<Normal>| of.map_or(0.0, |n| -0.5 * ((x - n.mean) / n.deviation).powi(2));
    let guess = match prior.c {
        Guess::Estimated(Some(Beta { alpha, beta })) => {
            (alpha - 1.0) * item.c.ln() + (beta - 1.0) * (1.0 - item.c).ln()
        }
        _ => 0.0,
    };
    normal(item.a.ln(), prior.log_a) + normal(item.b, prior.b) + guess
}

/// How many answered a question at each node, and how many of them rightly.
pub(super) struct Expected<'a> {
    pub answered: &'a [f64],
    pub right: &'a [f64],
}

const STEPS: usize = 4;

/// Goes up from `x` by Fisher scoring. A few steps do: the next E step moves the target anyway.
pub(super) fn improve(mut x: Free, counts: &Expected, quadrature: &Quadrature, prior: &Prior) -> Free {
    let mut height = objective(&x, counts, quadrature, prior);
    for _ in 0..STEPS {
        let Some(step) = step(&x, counts, quadrature, prior) else { break };
        let longest = step.iter().fold(0.0, |most: f64, s| most.max(s.abs()));
        // Far from the top the quadratic picture is wrong.
        let mut part = (1.0 / longest).min(1.0);
        let climbed = loop {
            let next = bounded(std::array::from_fn(|i| x[i] + part * step[i]));
            let reached = objective(&next, counts, quadrature, prior);
            if reached >= height {
                (x, height) = (next, reached);
                break true;
            }
            part /= 2.0;
            if part * longest < 1e-8 {
                break false;
            }
        };
        if !climbed || longest < 1e-6 {
            break;
        }
    }
    x
}

fn objective(x: &Free, counts: &Expected, quadrature: &Quadrature, prior: &Prior) -> f64 {
    let item = parameters(x, prior);
    let nodes = quadrature.nodes.iter().zip(counts.answered).zip(counts.right);
    let likelihood = nodes.map(|((&theta, n), r)| {
        let p = item.probability(theta).clamp(1e-15, 1.0 - 1e-15);
        r * p.ln() + (n - r) * (1.0 - p).ln()
    });
    likelihood.sum::<f64>() + log_prior(&item, prior)
}

/// The information's inverse times the gradient.
fn step(x: &Free, counts: &Expected, quadrature: &Quadrature, prior: &Prior) -> Option<Free> {
    let item = parameters(x, prior);
    let Parameters { a, b, c } = item;
    let estimated = matches!(prior.c, Guess::Estimated(_));
    let (mut gradient, mut information) = ([0.0; 3], [[0.0; 3]; 3]);
    for ((&theta, n), r) in quadrature.nodes.iter().zip(counts.answered).zip(counts.right) {
        let p = item.probability(theta).clamp(1e-15, 1.0 - 1e-15);
        let rising = ((p - c) / (1.0 - c)).clamp(0.0, 1.0);
        let slope = (1.0 - c) * rising * (1.0 - rising);
        let of_c = if estimated { c * (1.0 - c) * (1.0 - rising) } else { 0.0 };
        let d = [slope * a * (theta - b), -slope * a, of_c];
        let variance = p * (1.0 - p);
        for i in 0..3 {
            gradient[i] += (r - n * p) / variance * d[i];
            for k in 0..=i {
                information[i][k] += n / variance * d[i] * d[k];
            }
        }
    }
    for (i, (value, of)) in [(x[0], prior.log_a), (x[1], prior.b)].into_iter().enumerate() {
        if let Some(Normal { mean, deviation }) = of {
            gradient[i] -= (value - mean) / deviation.powi(2);
            information[i][i] += 1.0 / deviation.powi(2);
        }
    }
    match prior.c {
        Guess::Estimated(Some(Beta { alpha, beta })) => {
            gradient[2] += (alpha - 1.0) * (1.0 - c) - (beta - 1.0) * c;
            information[2][2] += (alpha + beta - 2.0) * c * (1.0 - c);
        }
        Guess::Estimated(None) => {}
        Guess::Fixed(_) => information[2][2] = 1.0,
    }
    solve(information, gradient)
}

/// By Cholesky, of the lower triangle; a little on the diagonal keeps it positive.
fn solve(mut m: [[f64; 3]; 3], v: Free) -> Option<Free> {
    for i in 0..3 {
        m[i][i] = m[i][i] * (1.0 + 1e-9) + 1e-9;
        for k in 0..=i {
            let sum: f64 = (0..k).map(|t| m[i][t] * m[k][t]).sum();
            m[i][k] = if i == k { (m[i][i] - sum).sqrt() } else { (m[i][k] - sum) / m[k][k] };
        }
    }
    let mut x = v;
    for i in 0..3 {
        x[i] = (x[i] - (0..i).map(|t| m[i][t] * x[t]).sum::<f64>()) / m[i][i];
    }
    for i in (0..3).rev() {
        x[i] = (x[i] - (i + 1..3).map(|t| m[t][i] * x[t]).sum::<f64>()) / m[i][i];
    }
    x.iter().all(|s| s.is_finite()).then_some(x)
}
