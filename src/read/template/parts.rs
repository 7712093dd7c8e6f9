//! The parts of OMRChecker's blocks with a fixed vocabulary: field types, directions, sizes and gaps.

use super::omrchecker::FieldType;
use crate::json::{Faults, Object};
use serde_json::Value;
use std::collections::HashMap;
use std::ops::RangeInclusive;

/// `QTYPE_ROLL` and `QTYPE_MED` are of versions before 2023.
const TYPES: [(&str, &str, bool); 8] = [
    ("QTYPE_MCQ4", "ABCD", false),
    ("QTYPE_MCQ5", "ABCDE", false),
    ("QTYPE_MCQ4_RTL", "DCBA", false),
    ("QTYPE_MCQ5_RTL", "EDCBA", false),
    ("QTYPE_INT", "0123456789", true),
    ("QTYPE_INT_FROM_1", "1234567890", true),
    ("QTYPE_ROLL", "0123456789", true),
    ("QTYPE_MED", "EH", true),
];

/// A block's values and whether they run downwards: of its type, or its own.
pub fn bubble_values(o: &mut Object, custom: &HashMap<String, FieldType>, f: &mut Faults) -> FieldType {
    // The development version calls it `bubbleFieldType`.
    let key = if o.get("bubbleFieldType").is_some() { "bubbleFieldType" } else { "fieldType" };
    let kind = o.opt_text(key, f);
    let values = o.labels("bubbleValues", f);
    let down = direction(o, f);
    let known = match kind.as_deref() {
        None | Some("__CUSTOM__") => None,
        Some(name) => {
            let own = custom.get(name).cloned();
            let standard = || {
                let (_, values, down) = TYPES.iter().find(|t| t.0 == name)?;
                Some(FieldType { values: values.chars().map(String::from).collect(), down: *down })
            };
            let found = own.or_else(standard);
            if found.is_none() {
                let message =
                    format!("“{name}” is not known; one of {}, or bubbleValues instead, is expected", names());
                f.add(o.path(key), message);
                return FieldType { values: Vec::new(), down: false };
            }
            found
        }
    };
    let standard_down = known.as_ref().is_some_and(|k| k.down);
    let values = values.or(known.map(|k| k.values)).unwrap_or_default();
    if values.is_empty() {
        f.add(o.path(key), format!("missing; one of {}, or bubbleValues instead, is expected", names()));
    }
    FieldType { values, down: down.unwrap_or(standard_down) }
}

fn names() -> String {
    TYPES.map(|t| t.0).join(", ")
}

fn direction(o: &mut Object, f: &mut Faults) -> Option<bool> {
    o.get("direction")?;
    Some(o.word("direction", &[("horizontal", false), ("vertical", true)], f))
}

/// The types that a template of the development version defines itself.
pub fn custom_types(value: Option<&Value>, f: &mut Faults) -> HashMap<String, FieldType> {
    let mut types = HashMap::new();
    match value {
        None => {}
        Some(Value::Object(map)) => {
            for (name, value) in map {
                let mut o = Object::new(value, format!("customBubbleFieldTypes.{name}"), f);
                let values = o.labels("bubbleValues", f).unwrap_or_default();
                if values.is_empty() {
                    f.add(o.path("bubbleValues"), "a list of at least one value is expected");
                }
                let down = direction(&mut o, f).unwrap_or(false);
                o.finish(f);
                types.insert(name.clone(), FieldType { values, down });
            }
        }
        Some(_) => f.add("customBubbleFieldTypes", "an object of types is expected"),
    }
    types
}

/// From each of `n` fields to the next: one number for all, or a list of one less than there are fields.
pub fn gaps(o: &mut Object, key: &'static str, n: usize, f: &mut Faults) -> Vec<f64> {
    const VALID: RangeInclusive<f64> = 0.0..=20_000.0;
    match o.get(key) {
        None => {
            if n > 1 {
                f.add(o.path(key), "missing; a number of the template's units is expected");
            }
            vec![0.0]
        }
        Some(Value::Array(list)) if n > 1 => {
            let gaps: Vec<f64> = list.iter().filter_map(Value::as_f64).filter(|g| VALID.contains(g)).collect();
            if gaps.len() != list.len() || gaps.len() + 1 != n {
                f.add(o.path(key), format!("a number, or a list of {} numbers, is expected", n - 1));
            }
            gaps
        }
        Some(_) => vec![o.number(key, VALID, f).unwrap_or(0.0)],
    }
}

/// Two numbers, as a list.
pub fn pair(o: &mut Object, key: &'static str, valid: RangeInclusive<f64>, f: &mut Faults) -> Option<(f64, f64)> {
    let value = o.get(key);
    let numbers: Vec<f64> = value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_f64).collect();
    match numbers[..] {
        [a, b] if valid.contains(&a) && valid.contains(&b) => Some((a, b)),
        _ => {
            let message = format!("a list of two numbers from {} to {} is expected", valid.start(), valid.end());
            f.add(o.path(key), message);
            None
        }
    }
}
