//! A key's questions one by one: what an entry with a `count` says of many is said of each.

use serde_json::{Map, Value};

/// The questions of a key that was checked: of its own `questions`, or of a version's.
pub fn questions(key: &Value) -> Vec<Map<String, Value>> {
    let entries = key["questions"].as_array().into_iter().flatten().filter_map(Value::as_object);
    entries.flat_map(one_by_one).collect()
}

fn one_by_one(entry: &Map<String, Value>) -> Vec<Map<String, Value>> {
    let Some(count) = entry.get("count").and_then(Value::as_u64) else { return vec![entry.clone()] };
    let start = entry.get("start").and_then(Value::as_u64).unwrap_or(1);
    let answers: Vec<Value> = match entry.get("answers") {
        Some(Value::String(letters)) => {
            letters.chars().filter(|c| !c.is_whitespace()).map(|c| Value::String(c.into())).collect()
        }
        Some(Value::Array(all)) => all.clone(),
        _ => Vec::new(),
    };
    let one = |i: u64| {
        let mut one = entry.clone();
        one.retain(|name, _| !["count", "start", "answers"].contains(&name.as_str()));
        let n = (start + i).to_string();
        for name in ["id", "field", "rule"] {
            if let Some(value) = one.get_mut(name) {
                numbered(value, &n);
            }
        }
        if let Some(answer) = answers.get(i as usize).filter(|a| !a.is_null()) {
            one.insert("answer".to_owned(), answer.clone());
        }
        if let Some(irt) = entry.get("irt").and_then(|all| all.get(i as usize)) {
            one.insert("irt".to_owned(), irt.clone());
        }
        one
    };
    (0..count).map(one).collect()
}

/// Puts the number where `{n}` stands: in a text, or in the texts of a rule.
fn numbered(value: &mut Value, n: &str) {
    match value {
        Value::String(text) => *text = text.replace("{n}", n),
        Value::Object(rule) => rule.values_mut().filter(|v| v.is_string()).for_each(|v| numbered(v, n)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grade::Key;
    use serde_json::json;

    #[test]
    fn a_key_said_one_by_one_is_the_same_key() {
        let school: Value = serde_json::from_str(include_str!("../../../samples/escola/KEY.json")).unwrap();
        let mut single = school.clone();
        single["questions"] = json!(questions(&school));
        for version in single["versions"].as_array_mut().unwrap() {
            version["questions"] = json!(questions(version));
        }
        assert_eq!(single["questions"].as_array().unwrap().len(), 53);
        assert_eq!(Key::from_json(&single).unwrap(), Key::from_json(&school).unwrap());
    }
}
