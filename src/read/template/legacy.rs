//! Templates of OMRChecker before 2023 (`QBlocks`), rewritten in its later notation. A block was a grid of groups there:
//! `qNos` is a list of lists of groups of labels, `gaps` the steps in a group and `bigGaps` what is between groups.

use super::parts::pair;
use crate::json::{Faults, Object};
use serde_json::{Map, Value, json};

pub fn is_legacy(value: &Value) -> bool {
    let old = ["Dimensions", "dimensions", "QBlocks", "qBlocks"];
    value.as_object().is_some_and(|map| !map.contains_key("fieldBlocks") && old.iter().any(|k| map.contains_key(*k)))
}

/// Some of its versions take keys in any case; names of blocks and labels are kept as they are.
fn lowered(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.iter().map(|(k, v)| (k.to_lowercase(), v.clone())).collect()),
        other => other.clone(),
    }
}

pub fn modern(value: &Value, file: &dyn Fn(&str) -> Result<Vec<u8>, String>, f: &mut Faults) -> Value {
    let lower = lowered(value);
    let mut top = Object::new(&lower, "", f);
    let mut out = Map::new();
    let mut keep = |from: &'static str, to: &str, top: &mut Object| {
        if let Some(v) = top.get(from) {
            out.insert(to.to_owned(), v.clone());
        }
    };
    keep("dimensions", "pageDimensions", &mut top);
    keep("bubbledimensions", "bubbleDimensions", &mut top);
    keep("emptyval", "emptyValue", &mut top);
    keep("concatenations", "customLabels", &mut top);
    let names = top.get("concatenations").and_then(Value::as_object).into_iter().flat_map(|m| m.keys());
    let singles = top.list("singles", f).unwrap_or_default().iter().cloned();
    let columns: Vec<Value> = names.map(|n| json!(n)).chain(singles).collect();
    let mut blocks = Map::new();
    match top.get("qblocks").and_then(Value::as_object) {
        Some(map) => map.iter().for_each(|(name, block)| groups(name, block, &mut blocks, f)),
        None => f.add("QBlocks", "an object with at least one block is expected"),
    }
    let steps = match top.get("preprocessors") {
        Some(Value::Object(map)) => map.iter().map(|(name, o)| json!({"name": name, "options": o})).collect(),
        Some(Value::Array(list)) => list.clone(),
        // It cropped the page unasked, and on markers where their picture lay beside the template.
        _ if file("omr_marker.jpg").is_ok() => {
            vec![json!({"name": "CropOnMarkers", "options": {"relativePath": "omr_marker.jpg"}})]
        }
        _ => vec![json!({"name": "CropPage"})],
    };
    for ignored in ["qtypes", "options", "alignment"] {
        top.get(ignored);
    }
    top.finish(f);
    out.insert("outputColumns".to_owned(), Value::Array(columns));
    out.insert("fieldBlocks".to_owned(), Value::Object(blocks));
    out.insert("preProcessors".to_owned(), Value::Array(steps));
    Value::Object(out)
}

fn groups(name: &str, value: &Value, blocks: &mut Map<String, Value>, f: &mut Faults) {
    let before = f.0.len();
    let lower = lowered(value);
    let mut o = Object::new(&lower, format!("QBlocks.{name}"), f);
    let kind = o.opt_text("qtype", f);
    let own = o.get("vals").cloned();
    let origin = pair(&mut o, "orig", 0.0..=20_000.0, f).unwrap_or_default();
    let gaps = pair(&mut o, "gaps", 0.0..=20_000.0, f).unwrap_or_default();
    let big = pair(&mut o, "biggaps", 0.0..=20_000.0, f).unwrap_or_default();
    let empty = o.opt_text("emptyval", f);
    let across = matches!(kind.as_deref(), Some("QTYPE_MCQ4" | "QTYPE_MCQ5"));
    let default = if kind.is_none() || across { [("H", true), ("V", false)] } else { [("V", false), ("H", true)] };
    let across = o.word("orient", &default, f);
    o.get("col_orient");
    let values = match (&own, kind.as_deref()) {
        (Some(Value::Array(list)), _) => list.len(),
        (_, Some("QTYPE_MCQ4")) => 4,
        (_, Some("QTYPE_MCQ5")) => 5,
        (_, Some("QTYPE_MED")) => 2,
        _ => 10,
    };
    let rows = o.list("qnos", f).unwrap_or_default();
    let path = o.path("qNos");
    o.finish(f);
    let (mut along_rows, mut n) = (0.0, 0);
    for row in rows {
        let mut along_groups = 0.0;
        let mut deepest = 0.0;
        for group in row.as_array().into_iter().flatten() {
            let Some(labels) = group.as_array() else {
                f.add(&path, "a list of lists of lists of labels is expected");
                return;
            };
            // Groups follow each other in the direction of their fields, rows of groups in that of the values. The steps
            // are taken crosswise where values run down; users' templates have been fitted to that.
            let fields = labels.len().saturating_sub(1) as f64;
            let depth = values.saturating_sub(1) as f64;
            let (x, y) = if across { (along_rows, along_groups) } else { (along_groups, along_rows) };
            let mut block = json!({
                "origin": [origin.0 + x, origin.1 + y],
                "fieldLabels": labels,
                "bubblesGap": if across { gaps.0 } else { gaps.1 },
                "labelsGap": if across { gaps.1 } else { gaps.0 },
                "direction": if across { "horizontal" } else { "vertical" },
            });
            for (key, said) in [("fieldType", kind.clone().map(Value::from)), ("bubbleValues", own.clone())] {
                said.into_iter().for_each(|v| block[key] = v);
            }
            empty.iter().for_each(|v| block["emptyValue"] = json!(v));
            n += 1;
            blocks.insert(if n == 1 { name.to_owned() } else { format!("{name} ({n})") }, block);
            along_groups += if across { big.1 + fields * gaps.1 } else { big.0 + fields * gaps.1 };
            deepest = if across { big.0 + depth * gaps.0 } else { big.1 + depth * gaps.0 };
        }
        along_rows += deepest;
    }
    if n == 0 && f.0.len() == before {
        f.add(&path, "a list of lists of lists of labels is expected");
    }
}

#[cfg(test)]
mod tests {
    use crate::read::template::Template;
    use serde_json::json;

    /// Positions as OMRChecker of 2021 has them: groups of a row follow each other downwards where values run across, and to
    /// the right where they run down.
    #[test]
    fn blocks_of_groups_become_blocks() {
        let value = json!({
            "Dimensions": [1000, 1000], "BubbleDimensions": [20, 20],
            "Concatenations": {"Roll": ["r1", "r2"]}, "Singles": ["q3", "q1", "q2", "q4"],
            "QBlocks": {
                "roll": {"qType": "QTYPE_ROLL", "orig": [500, 100], "bigGaps": [50, 50], "gaps": [40, 30],
                         "qNos": [[["r1", "r2"]]]},
                "mcq": {"qType": "QTYPE_MCQ4", "orig": [100, 100], "bigGaps": [90, 80], "gaps": [30, 40],
                        "qNos": [[["q1", "q2"], ["q3"]], [["q4"]]]}}});
        let template = Template::parse(value.to_string().as_bytes(), |_| Err(String::new())).unwrap();
        let at = |id: &str, k: usize| {
            let field = template.fields.iter().find(|f| f.id == id).unwrap();
            (field.bubbles[k].centre.x, field.bubbles[k].centre.y)
        };
        assert_eq!(at("q1", 3), (200.0, 110.0));
        assert_eq!(at("q2", 0), (110.0, 150.0));
        assert_eq!(at("q3", 0), (110.0, 230.0));
        assert_eq!(at("q4", 0), (290.0, 110.0));
        assert_eq!(at("r2", 9), (550.0, 380.0));
        let ids: Vec<&str> = template.outputs.iter().map(|o| o.id(&template.fields)).collect();
        assert_eq!(ids, ["Roll", "q3", "q1", "q2", "q4"]);
        assert!(template.crop_page && template.markers.is_none());
        let broken = json!({"Dimensions": [9], "QBlocks": {"a": {"orig": 1, "qNos": [[1]], "x": 2}}});
        let said = Template::parse(broken.to_string().as_bytes(), |_| Err(String::new())).unwrap_err().to_string();
        assert!(said.contains("QBlocks.a.x: unknown field") && said.contains("QBlocks.a.orig"), "{said}");
    }
}
