//! What a key says of questions that only statistics ask for: `skills`, and `irt`, the parameters of the three-parameter
//! model where an item bank knows them.

use crate::json::{Faults, Object};
use serde_json::Value;

pub struct About {
    pub skills: Vec<String>,
    /// For each question of the entry.
    irt: Vec<[f64; 3]>,
}

impl About {
    /// Of an entry that stands for `count` questions; None: for one.
    pub fn read(o: &mut Object, count: Option<usize>, f: &mut Faults) -> Self {
        let mut skills = Vec::new();
        for (i, skill) in o.list("skills", f).unwrap_or_default().iter().enumerate() {
            match skill.as_str().filter(|s| !s.trim().is_empty()) {
                Some(skill) => skills.push(skill.to_owned()),
                None => f.add(format!("{}[{i}]", o.path("skills")), "a skill such as EF09MA01 or D12 is expected"),
            }
        }
        let path = o.path("irt");
        let irt = match (o.get("irt"), count) {
            (None, _) => Vec::new(),
            (Some(one), None) => vec![parameters(one, path, f)],
            (Some(_), Some(count)) => {
                let list = o.list("irt", f).unwrap_or_default();
                if list.len() != count {
                    f.add(&path, format!("{} for {count} questions; as many are expected", list.len()));
                }
                let each = list.iter().enumerate();
                each.map(|(i, one)| parameters(one, format!("{path}[{i}]"), f)).collect()
            }
        };
        About { skills, irt }
    }

    pub fn irt(&self, question: usize) -> Option<[f64; 3]> {
        self.irt.get(question).copied()
    }
}

/// `{"a": 1.2, "b": -0.5, "c": 0.2}`: a logistic slope, a difficulty in deviations, and what guessing is worth.
fn parameters(value: &Value, path: String, f: &mut Faults) -> [f64; 3] {
    let mut o = Object::new(value, path, f);
    let mut number = |key: &'static str, valid| {
        if o.get(key).is_none() {
            f.add(o.path(key), "missing; a number is expected");
        }
        o.number(key, valid, f).unwrap_or_default()
    };
    let found = [number("a", 0.01..=10.0), number("b", -10.0..=10.0), number("c", 0.0..=0.9)];
    o.finish(f);
    found
}
