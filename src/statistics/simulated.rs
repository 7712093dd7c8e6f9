//! Students who answer as the three-parameter model says, for tests and measurements: the same seed, the same answers.

use super::irt::Parameters;
use super::table::{Question, Response, Student, Table};
use fastrand::Rng;

pub struct Cohort {
    pub table: Table,
    pub abilities: Vec<f64>,
    pub parameters: Vec<Parameters>,
}

const LABELS: [&str; 5] = ["A", "B", "C", "D", "E"];
const ROOM: usize = 40;
const UNIT: usize = 25;

/// Five alternatives, rooms of 40, units of 25 rooms. Wrong answers are unequally attractive, and differently to good and to
/// weak students; one in fifty who does not know leaves the question blank.
pub fn cohort(students: usize, questions: usize, seed: u64) -> Cohort {
    let mut rng = Rng::with_seed(seed);
    let parameters: Vec<Parameters> = (0..questions)
        .map(|_| Parameters { a: (0.3 + 0.3 * normal(&mut rng)).exp(), b: normal(&mut rng), c: 0.1 + 0.2 * rng.f64() })
        .collect();
    let attraction: Vec<[f64; 4]> = (0..questions).map(|_| std::array::from_fn(|_| 0.1 + rng.f64())).collect();
    let question = |j: usize| Question {
        id: format!("q{}", j + 1),
        max: 1.0,
        answers: LABELS.map(str::to_owned).to_vec(),
        key: vec![(j % 5) as u16],
        alternatives: 5,
        skills: vec![format!("D{}", j % 20 + 1)],
        ..Question::default()
    };
    let mut table = Table::new((0..questions).map(question).collect());
    let mut abilities = Vec::with_capacity(students);
    for i in 0..students {
        let theta = normal(&mut rng);
        let row: Vec<(Response, f64)> = (0..questions)
            .map(|j| match () {
                () if rng.f64() < parameters[j].probability(theta) => (Response::Answer((j % 5) as u16), 1.0),
                () if rng.f64() < 0.02 => (Response::Blank, 0.0),
                () => (Response::Answer(((j + 1 + wrong(&attraction[j], theta, &mut rng)) % 5) as u16), 0.0),
            })
            .collect();
        let room = i / ROOM;
        let student = Student {
            id: format!("s{}", i + 1),
            unit: Some(format!("u{}", room / UNIT + 1)),
            room: Some(format!("r{}", room % UNIT + 1)),
            class: None,
        };
        abilities.push(theta);
        table.push(student, &row).expect("a response to each question");
    }
    Cohort { table, abilities, parameters }
}

/// Which of four wrong answers: the last ones attract better students more than the first ones do.
fn wrong(attraction: &[f64; 4], theta: f64, rng: &mut Rng) -> usize {
    let weights: [f64; 4] = std::array::from_fn(|i| attraction[i] * (0.3 * theta * (i as f64 - 1.5)).exp());
    let mut left = rng.f64() * weights.iter().sum::<f64>();
    for (i, weight) in weights.iter().enumerate() {
        left -= weight;
        if left < 0.0 {
            return i;
        }
    }
    3
}

/// By Box and Muller.
fn normal(rng: &mut Rng) -> f64 {
    (-2.0 * (1.0 - rng.f64()).ln()).sqrt() * (std::f64::consts::TAU * rng.f64()).cos()
}
