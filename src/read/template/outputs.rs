//! What of a template is reported, and in which order: custom labels join several fields to one.

use super::format::{Field, Output};
use super::labels::{expand, numbered};
use crate::json::Faults;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// `outputColumns` come first; then labels without a number as the template has them, then numbered ones by their number.
pub fn outputs(fields: &[Field], custom: Option<&Value>, columns: &[Value], f: &mut Faults) -> Vec<Output> {
    let index: HashMap<&str, usize> = fields.iter().enumerate().map(|(i, field)| (field.id.as_str(), i)).collect();
    let mut used = HashSet::new();
    let mut concats = Vec::new();
    match custom {
        None => {}
        Some(Value::Object(map)) => {
            for (id, list) in map {
                let path = format!("customLabels.{id}");
                let mut members = Vec::new();
                let texts = list.as_array().into_iter().flatten().filter_map(Value::as_str);
                for text in texts.map(expand) {
                    match text {
                        Err(message) => f.add(&path, message),
                        Ok(names) => members.extend(names),
                    }
                }
                if members.is_empty() {
                    f.add(&path, "a list of field labels is expected");
                }
                if index.contains_key(id.as_str()) {
                    f.add(&path, "a field has this label already; another name is expected");
                }
                let mut joined = Vec::new();
                for name in members {
                    match index.get(name.as_str()) {
                        None => f.add(&path, format!("no block has the field {name}")),
                        Some(&i) if used.insert(i) => joined.push(i),
                        Some(_) => f.add(&path, format!("the field {name} is joined twice")),
                    }
                }
                concats.push(Output::Concat { id: id.clone(), parts: joined });
            }
        }
        Some(_) => f.add("customLabels", "an object of lists of field labels is expected"),
    }
    let mut placed: Vec<(usize, Output)> =
        (0..fields.len()).filter(|i| !used.contains(i)).map(|i| (i, Output::Single(i))).collect();
    placed.extend(concats.into_iter().map(|c| (c.parts().first().copied().unwrap_or(0), c)));
    let mut wanted: HashMap<String, usize> = HashMap::new();
    for (n, text) in columns.iter().enumerate() {
        match text.as_str().map(expand) {
            Some(Ok(names)) => names.into_iter().for_each(|name| {
                let rank = wanted.len();
                wanted.entry(name).or_insert(rank);
            }),
            Some(Err(message)) => f.add(format!("outputColumns[{n}]"), message),
            None => f.add(format!("outputColumns[{n}]"), "a field label is expected"),
        }
    }
    let id = |o: &Output| o.id(fields).to_owned();
    for name in wanted.keys() {
        if !placed.iter().any(|(_, o)| id(o) == *name) {
            f.add("outputColumns", format!("there is no field or custom label {name}"));
        }
    }
    placed.sort_by_cached_key(|(i, o)| {
        let id = id(o);
        let (prefix, number) = numbered(&id);
        (wanted.get(&id).copied().unwrap_or(usize::MAX), prefix.map(str::to_owned), number, *i)
    });
    placed.into_iter().map(|(_, o)| o).collect()
}
