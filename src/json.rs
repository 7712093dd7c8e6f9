//! Checked reading of JSON: every fault is collected with its path, so that a caller sees all of them at once, and a
//! field that nobody asked for is a fault too.

use serde_json::{Map, Value};
use std::fmt;

/// One thing wrong, and where: `units[0].rooms[2].students[5].id: duplicate`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fault {
    pub path: String,
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.path, self.message) }
    }
}

#[derive(Debug, Default)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    pub fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Fault { path: path.into(), message: message.into() });
    }
}

/// Whether a text in this JSON has the character U+0000, which no PostgreSQL keeps. JSON can say it in one way alone.
pub fn says_nul(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|&b| b == b'\\') {
        match rest[at + 1..].strip_prefix(b"u0000") {
            Some(_) => return true,
            // Whatever is escaped, a backslash too, begins nothing.
            None => rest = rest.get(at + 2..).unwrap_or_default(),
        }
    }
    false
}

/// One JSON object, read key by key. [`Object::finish`] refuses the keys that were not asked for.
pub struct Object<'v> {
    path: String,
    map: Option<&'v Map<String, Value>>,
    asked: Vec<&'static str>,
}

impl<'v> Object<'v> {
    pub fn new(value: &'v Value, path: impl Into<String>, faults: &mut Faults) -> Self {
        let path = path.into();
        let map = value.as_object();
        if map.is_none() {
            faults.add(&path, format!("an object is expected, not {}", kind(value)));
        }
        Object { path, map, asked: Vec::new() }
    }

    pub fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The value under `key`; null counts as absent.
    pub fn get(&mut self, key: &'static str) -> Option<&'v Value> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.map?.get(key).filter(|v| !v.is_null())
    }

    fn required<T>(&self, found: Option<T>, key: &str, what: &str, faults: &mut Faults) -> Option<T> {
        // A value that is not even an object has been said to be wrong already.
        if found.is_none() && self.map.is_some() {
            faults.add(self.path(key), format!("missing; {what} is expected"));
        }
        found
    }

    pub fn opt_text(&mut self, key: &'static str, faults: &mut Faults) -> Option<String> {
        let value = self.get(key)?;
        match value.as_str() {
            Some(s) => Some(s.to_owned()),
            None => {
                faults.add(self.path(key), format!("a string is expected, not {}", kind(value)));
                None
            }
        }
    }

    /// A string that must be there and say something.
    pub fn text(&mut self, key: &'static str, faults: &mut Faults) -> String {
        let absent = self.get(key).is_none();
        let found = if absent { None } else { self.opt_text(key, faults) };
        if absent {
            self.required(found, key, "a string", faults).unwrap_or_default()
        } else {
            if found.as_deref().is_some_and(|s| s.trim().is_empty()) {
                faults.add(self.path(key), "empty; a string that says something is expected");
            }
            found.unwrap_or_default()
        }
    }

    pub fn flag(&mut self, key: &'static str, default: bool, faults: &mut Faults) -> bool {
        match self.get(key) {
            None => default,
            Some(Value::Bool(b)) => *b,
            Some(v) => {
                faults.add(self.path(key), format!("true or false is expected, not {}", kind(v)));
                default
            }
        }
    }

    pub fn number(
        &mut self,
        key: &'static str,
        valid: std::ops::RangeInclusive<f64>,
        faults: &mut Faults,
    ) -> Option<f64> {
        let value = self.get(key)?;
        let found = value.as_f64().filter(|n| valid.contains(n));
        if found.is_none() {
            let message =
                format!("{value} is not valid; a number from {} to {} is expected", valid.start(), valid.end());
            faults.add(self.path(key), message);
        }
        found
    }

    pub fn whole(
        &mut self,
        key: &'static str,
        valid: std::ops::RangeInclusive<u64>,
        faults: &mut Faults,
    ) -> Option<u64> {
        let value = self.get(key)?;
        let found = value.as_u64().filter(|n| valid.contains(n));
        if found.is_none() {
            let message =
                format!("{value} is not valid; a whole number from {} to {} is expected", valid.start(), valid.end());
            faults.add(self.path(key), message);
        }
        found
    }

    /// One of a few words. The first of `words` is what an absent one means.
    pub fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)], faults: &mut Faults) -> T {
        let Some(said) = self.opt_text(key, faults) else { return words[0].1 };
        if let Some((_, value)) = words.iter().find(|(w, _)| *w == said) {
            return *value;
        }
        let list: Vec<&str> = words.iter().map(|(w, _)| *w).collect();
        faults.add(self.path(key), format!("“{said}” is not known; one of {} is expected", list.join(", ")));
        words[0].1
    }

    pub fn list(&mut self, key: &'static str, faults: &mut Faults) -> Option<&'v [Value]> {
        let value = self.get(key)?;
        match value.as_array() {
            Some(a) => Some(a),
            None => {
                faults.add(self.path(key), format!("a list is expected, not {}", kind(value)));
                None
            }
        }
    }

    /// Labels: a string whose characters are the labels (`"ABCDE"`), or a list of strings (`["10", "20"]`).
    pub fn labels(&mut self, key: &'static str, faults: &mut Faults) -> Option<Vec<String>> {
        let value = self.get(key)?;
        let found: Option<Vec<String>> = match value {
            Value::String(s) => Some(s.chars().map(String::from).collect()),
            Value::Array(a) => a.iter().map(|v| v.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        let Some(labels) = found else {
            faults.add(self.path(key), "a string of one-character labels or a list of strings is expected");
            return None;
        };
        for (i, label) in labels.iter().enumerate() {
            if label.trim().is_empty() {
                faults.add(format!("{}[{i}]", self.path(key)), "an empty label");
            } else if labels[..i].contains(label) {
                faults.add(format!("{}[{i}]", self.path(key)), format!("the label {label} is there twice"));
            }
        }
        Some(labels)
    }

    pub fn finish(self, faults: &mut Faults) {
        for key in self.map.into_iter().flat_map(|m| m.keys()) {
            if !self.asked.contains(&key.as_str()) {
                let message = format!("unknown field; known here: {}", self.asked.join(", "));
                faults.add(self.path(key), message);
            }
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_nul_is_found_and_what_only_looks_like_it_is_not() {
        for nul in [r#""\u0000""#, r#"{"a": "b\\\u0000"}"#] {
            assert!(says_nul(nul.as_bytes()), "{nul}");
        }
        for none in [r#""\\u0000""#, r#""\u0001""#, r#""\"#, "0"] {
            assert!(!says_nul(none.as_bytes()), "{none}");
        }
    }

    #[test]
    fn every_fault_is_said_with_its_path() {
        let value = json!({"id": "", "n": 70, "mode": "loud", "x": 1, "labels": "AA"});
        let mut faults = Faults::default();
        let mut o = Object::new(&value, "a[0]", &mut faults);
        o.text("id", &mut faults);
        o.text("name", &mut faults);
        o.whole("n", 1..=9, &mut faults);
        o.word("mode", &[("quiet", 0), ("still", 1)], &mut faults);
        o.labels("labels", &mut faults);
        o.finish(&mut faults);
        let said: Vec<String> = faults.0.iter().map(|f| f.to_string()).collect();
        assert_eq!(said.len(), 6, "{said:#?}");
        assert!(said[0].starts_with("a[0].id: empty"));
        assert!(said[1].starts_with("a[0].name: missing"));
        assert!(said[2].contains("1 to 9"));
        assert!(said[3].contains("quiet, still"));
        assert!(said[4].starts_with("a[0].labels[1]"));
        assert_eq!(said[5], "a[0].x: unknown field; known here: id, name, n, mode, labels");
    }
}
