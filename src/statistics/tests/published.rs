//! Examples that others worked out.

use super::*;
use crate::statistics::irt::{self, Guess, Parameters, Prior, Quadrature, Scored};

/// Karl Wuensch, East Carolina University, "The Kuder-Richardson 20": ten students, ten items.
const WUENSCH: [&str; 10] = [
    "1111110110",
    "1011011101",
    "1111011001",
    "0010001000",
    "0000010010",
    "1110111111",
    "1101110111",
    "1111111101",
    "0101111101",
    "1101101110",
];

#[test]
fn kr20_is_that_of_the_textbook() {
    let said = statistics(&scored(&WUENSCH), &Options::default());
    // As the page has them.
    let p = [0.7, 0.7, 0.6, 0.7, 0.6, 0.8, 0.7, 0.7, 0.5, 0.6];
    let pq = [0.21, 0.21, 0.24, 0.21, 0.24, 0.16, 0.21, 0.21, 0.25, 0.24];
    let variance = 5.84;
    said.items.iter().zip(p).for_each(|(item, p)| near(item.facility, p, 1e-12));
    near(said.reliability.kr20, 10.0 / 9.0 * (1.0 - pq.iter().sum::<f64>() / variance), 1e-12);
    near(said.reliability.alpha, said.reliability.kr20.unwrap(), 1e-12);
    near(said.reliability.deviation, (variance * 10.0 / 9.0f64).sqrt(), 1e-12);
}

/// Section 6 of the Law School Admission Test, five items (Bock and Lieberman 1970): patterns of 1,000 students.
const LSAT6: [(&str, usize); 30] = [
    ("00000", 3),
    ("00001", 6),
    ("00010", 2),
    ("00011", 11),
    ("00100", 1),
    ("00101", 1),
    ("00110", 3),
    ("00111", 4),
    ("01000", 1),
    ("01001", 8),
    ("01011", 16),
    ("01101", 3),
    ("01110", 2),
    ("01111", 15),
    ("10000", 10),
    ("10001", 29),
    ("10010", 14),
    ("10011", 81),
    ("10100", 3),
    ("10101", 28),
    ("10110", 15),
    ("10111", 80),
    ("11000", 16),
    ("11001", 56),
    ("11010", 21),
    ("11011", 173),
    ("11100", 11),
    ("11101", 61),
    ("11110", 28),
    ("11111", 298),
];

fn lsat6() -> Table {
    let rows: Vec<&str> = LSAT6.iter().flat_map(|&(row, times)| std::iter::repeat_n(row, times)).collect();
    assert_eq!(rows.len(), 1000);
    scored(&rows)
}

/// What `descript(LSAT)` of the R package ltm prints (Rizopoulos 2006, Journal of Statistical Software 17(5)).
#[test]
fn the_classical_numbers_of_lsat_6_are_those_of_ltm() {
    let said = statistics(&lsat6(), &Options::default());
    near(said.reliability.alpha, 0.2950, 5e-5);
    let facility = [0.924, 0.709, 0.553, 0.763, 0.870];
    let included = [0.3620, 0.5668, 0.6184, 0.5344, 0.4354];
    let excluded = [0.1128, 0.1532, 0.1728, 0.1444, 0.1216];
    let without = [0.2754, 0.2376, 0.2168, 0.2459, 0.2663];
    for (j, item) in said.items.iter().enumerate() {
        near(item.facility, facility[j], 1e-12);
        near(item.point_biserial, included[j], 1e-4);
        near(item.item_rest, excluded[j], 1e-4);
        near(item.alpha_without, without[j], 1e-4);
    }
}

/// What `ltm(LSAT ~ z1)` prints: difficulties, discriminations, and a log-likelihood of −2466.653.
#[test]
fn the_two_parameter_model_of_lsat_6_is_that_of_ltm() {
    let free = Prior { log_a: None, b: None, c: Guess::Fixed(0.0) };
    let scored = Scored::of(&lsat6(), &[0, 1, 2, 3, 4]);
    let found = irt::calibrate(&scored, &[free; 5], &irt::Options { tolerance: 1e-6, ..irt::Options::default() });
    assert!(found.converged);
    near(found.log_likelihood, -2466.653, 5e-4);
    let b = [-3.3597, -1.3696, -0.2799, -1.8659, -3.1236];
    let a = [0.8254, 0.7229, 0.8905, 0.6886, 0.6575];
    for (j, item) in found.items.iter().enumerate() {
        // ltm integrates over 21 nodes, which is good for about three digits.
        near(item.unwrap().a, a[j], 1e-3);
        near(item.unwrap().b, b[j], 3e-3);
    }
}

/// Baker, "The Basics of Item Response Theory" (2001).
#[test]
fn probabilities_are_those_of_baker() {
    // Chapter 2, table 2-3: b = 1.5, a = 1.3, c = .2.
    let item = Parameters { a: 1.3, b: 1.5, c: 0.2 };
    for (theta, p) in
        [(-3.0, 0.202), (-2.0, 0.208), (-1.0, 0.230), (0.0, 0.300), (1.0, 0.474), (2.0, 0.726), (3.0, 0.900)]
    {
        near(item.probability(theta), p, 6e-4);
    }
    // Chapter 6: the information at θ = 0 of b = 1, a = 1.5, c = .2.
    near(Parameters { a: 1.5, b: 1.0, c: 0.2 }.information(0.0), 0.142, 6e-4);
}

#[test]
fn abilities_come_from_the_posterior() {
    // One question with a = 1, b = 0: by symmetry the posteriors of right and wrong mirror each other, and of the standard
    // normal times the logistic curve the mean is 2 ∫ θ φ(θ) P(θ) dθ = 2 ∫ φ(θ) P(θ) (1 − P(θ)) dθ.
    let scored = Scored::new(3, vec![vec![Some(true), Some(false), None]]);
    let item = Parameters { a: 1.0, b: 0.0, c: 0.0 };
    let found = irt::abilities(&scored, &[item], &Quadrature::fine());
    let fine = Quadrature::new(2001, 8.0);
    let slope = |(t, w): (&f64, &f64)| w * item.probability(*t) * (1.0 - item.probability(*t));
    let mean: f64 = 2.0 * fine.nodes.iter().zip(&fine.weights).map(slope).sum::<f64>();
    near(found[0].unwrap().theta, mean, 1e-6);
    near(found[1].unwrap().theta, -mean, 1e-6);
    near(found[0].unwrap().error, (1.0 - mean * mean).sqrt(), 1e-6);
    assert_eq!(found[2], None);
}

/// Three parameters are found again, within what so many students can tell.
#[test]
fn calibration_finds_what_the_answers_were_made_with() {
    let cohort = simulated::cohort(3000, 24, 1);
    let scored = Scored::of(&cohort.table, &(0..24).collect::<Vec<_>>());
    let priors = vec![irt::Priors::default().of(5); 24];
    let found = irt::calibrate(&scored, &priors, &irt::Options::default());
    assert!(found.converged);
    let apart = |of: fn(&Parameters) -> f64| {
        let both = found.items.iter().flatten().zip(&cohort.parameters);
        (both.map(|(f, t)| (of(f) - of(t)).powi(2)).sum::<f64>() / 24.0).sqrt()
    };
    assert!(apart(|p| p.a) < 0.2 && apart(|p| p.b) < 0.2 && apart(|p| p.c) < 0.07);
    let items: Vec<Parameters> = found.items.iter().flatten().copied().collect();
    let abilities = irt::abilities(&scored, &items, &Quadrature::fine());
    // Nine in ten true abilities within 1.645 errors.
    let within =
        abilities.iter().flatten().zip(&cohort.abilities).filter(|(f, t)| (f.theta - **t).abs() < 1.645 * f.error);
    let share = within.count() as f64 / 3000.0;
    assert!((0.87..0.93).contains(&share), "{share}");
}
