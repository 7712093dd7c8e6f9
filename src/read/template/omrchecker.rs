//! The template format of OMRChecker (github.com/Udayraj123/OMRChecker, `src/schemas/template_schema.py`): as it is since
//! 2023, what its development version added to it for bubbles, and, by way of [`super::legacy`], what came before.
//!
//! `origin` is the top-left corner of the first bubble's box. What prepares a picture for a global threshold
//! (`GaussianBlur`, `MedianBlur`) has no effect: marks are measured here against the paper and the ink around them.

use super::format::{Lattice, NewBlock, Template};
use super::labels::expand;
use super::outputs::outputs;
use super::{legacy, parts, steps};
use crate::json::{Faults, Object};
use serde_json::Value;
use std::collections::HashMap;

/// Values from left to right or from top to bottom.
#[derive(Clone, Debug)]
pub struct FieldType {
    pub values: Vec<String>,
    pub down: bool,
}

/// What a block takes from the whole template.
struct Defaults {
    bubble: (f64, f64),
    empty_value: String,
    offset: (f64, f64),
    types: HashMap<String, FieldType>,
}

pub fn template(value: &Value, file: &dyn Fn(&str) -> Result<Vec<u8>, String>, f: &mut Faults) -> Template {
    let modern;
    let value = if legacy::is_legacy(value) {
        modern = legacy::modern(value, file, f);
        &modern
    } else {
        value
    };
    let mut top = Object::new(value, "", f);
    // The development version calls them `templateDimensions`.
    let size = if top.get("templateDimensions").is_some() { "templateDimensions" } else { "pageDimensions" };
    let (width, height) = parts::pair(&mut top, size, 10.0..=20_000.0, f).unwrap_or((1.0, 1.0));
    let bubble = parts::pair(&mut top, "bubbleDimensions", 1.0..=2_000.0, f).unwrap_or((1.0, 1.0));
    let empty_value = top.opt_text("emptyValue", f).unwrap_or_default();
    let offset = match top.get("fieldBlocksOffset") {
        Some(_) => parts::pair(&mut top, "fieldBlocksOffset", -20_000.0..=20_000.0, f).unwrap_or_default(),
        None => (0.0, 0.0),
    };
    let types = parts::custom_types(top.get("customBubbleFieldTypes"), f);
    let defaults = Defaults { bubble, empty_value, offset, types };
    let mut template = Template { width, height, ..Template::default() };
    match top.get("fieldBlocks").map(Value::as_object) {
        Some(Some(blocks)) if !blocks.is_empty() => {
            for (name, block) in blocks {
                add_block(&mut template, name, block, &defaults, f);
            }
        }
        _ => f.add("fieldBlocks", "an object with at least one block is expected"),
    }
    let custom = top.get("customLabels");
    let columns = columns(&mut top, f);
    if f.0.is_empty() {
        template.outputs = outputs(&template.fields, custom, &columns, f);
    }
    let shape = top.get("processingImageShape").and_then(Value::as_array).and_then(|s| s.last()?.as_f64());
    steps::preprocessors(&mut template, top.list("preProcessors", f).unwrap_or_default(), shape, file, f);
    if top.get("conditionalSets").and_then(Value::as_array).is_some_and(|sets| !sets.is_empty()) {
        f.add("conditionalSets", "several layouts in one template are not supported; a template for each is expected");
    }
    if top.get("alignment").and_then(|a| a.as_object()).is_some_and(|a| !a.is_empty()) {
        template.notes.push("alignment: no effect, every block is aligned on its own print here".to_owned());
    }
    for ignored in ["$schema", "options", "comment", "outputImageShape", "output", "sortFiles"] {
        top.get(ignored);
    }
    top.finish(f);
    template
}

/// `outputColumns`: a list, or in the development version an object.
fn columns(top: &mut Object, f: &mut Faults) -> Vec<Value> {
    match top.get("outputColumns") {
        Some(value @ Value::Object(_)) => {
            let mut o = Object::new(value, "outputColumns", f);
            let list = o.list("customOrder", f).unwrap_or_default().to_vec();
            // The order of the rest is ours: labels by name and number.
            o.word("sortType", &[("ALPHANUMERIC", ()), ("CUSTOM", ()), ("ALPHABETICAL", ())], f);
            o.word("sortOrder", &[("ASC", ()), ("DESC", ())], f);
            o.finish(f);
            list
        }
        _ => top.list("outputColumns", f).unwrap_or_default().to_vec(),
    }
}

fn add_block(template: &mut Template, name: &str, value: &Value, defaults: &Defaults, f: &mut Faults) {
    let before = f.0.len();
    let path = format!("fieldBlocks.{name}");
    let mut o = Object::new(value, &path, f);
    o.word("fieldDetectionType", &[("BUBBLES_THRESHOLD", ())], f);
    let kind = parts::bubble_values(&mut o, &defaults.types, f);
    let origin = parts::pair(&mut o, "origin", 0.0..=20_000.0, f).unwrap_or_default();
    let (w, h) = match o.get("bubbleDimensions") {
        Some(_) => parts::pair(&mut o, "bubbleDimensions", 1.0..=2_000.0, f).unwrap_or(defaults.bubble),
        None => defaults.bubble,
    };
    let ids = texts(&mut o, "fieldLabels", f);
    if kind.values.len() > 1 && o.get("bubblesGap").is_none() {
        f.add(o.path("bubblesGap"), "missing; a number of the template's units is expected");
    }
    let step = o.number("bubblesGap", 0.0..=20_000.0, f).unwrap_or(0.0);
    let next = parts::gaps(&mut o, "labelsGap", ids.len(), f);
    let empty_value = o.opt_text("emptyValue", f).unwrap_or_else(|| defaults.empty_value.clone());
    o.finish(f);
    if f.0.len() > before {
        return;
    }
    let corner = (origin.0 + defaults.offset.0, origin.1 + defaults.offset.1);
    let first = (corner.0 + w / 2.0, corner.1 + h / 2.0);
    let lattice = Lattice { first, size: (w, h), labels: kind.values, ids, down: kind.down, step, next };
    if let Some((steps, lines)) = lattice.lines(&path, f) {
        template.add(NewBlock { name: name.to_owned(), size: (w, h), steps, empty_value, lines }, &path, f);
    }
}

/// A list of labels that must hold something, ranges written out.
pub fn texts(o: &mut Object, key: &'static str, f: &mut Faults) -> Vec<String> {
    let mut found = Vec::new();
    let list = o.list(key, f).unwrap_or_default();
    for (i, value) in list.iter().enumerate() {
        match value.as_str().filter(|s| !s.trim().is_empty()).map(expand) {
            Some(Ok(names)) => found.extend(names),
            Some(Err(message)) => f.add(format!("{}[{i}]", o.path(key)), message),
            None => f.add(format!("{}[{i}]", o.path(key)), "a label is expected"),
        }
        if found.len() > super::format::MAX_BUBBLES {
            f.add(o.path(key), format!("too many labels; at most {} are expected", super::format::MAX_BUBBLES));
            break;
        }
    }
    if list.is_empty() {
        f.add(o.path(key), "a list of at least one label is expected");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Fault;
    use crate::read::template::TemplateError;
    use serde_json::json;

    fn sheet() -> Value {
        json!({
            "pageDimensions": [1000, 1400], "bubbleDimensions": [30, 20], "emptyValue": "-",
            "customLabels": {"code": ["d1..2"]},
            "fieldBlocks": {
                "digits": {"fieldType": "QTYPE_INT", "origin": [100, 50], "fieldLabels": ["d1..2"], "bubblesGap": 30, "labelsGap": 40},
                "questions": {"fieldType": "QTYPE_MCQ4", "origin": [100, 500], "fieldLabels": ["q9..11"], "bubblesGap": 50, "labelsGap": 35},
                "extra": {"bubbleValues": ["yes", "no"], "direction": "vertical", "origin": [600, 500], "fieldLabels": ["again"],
                    "bubblesGap": 60, "bubbleDimensions": [40, 40], "emptyValue": ""}}})
    }

    fn parse(value: &Value) -> Result<Template, TemplateError> {
        Template::parse(value.to_string().as_bytes(), |name| Err(format!("no {name}")))
    }

    fn faults(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut value = sheet();
        change(&mut value);
        match parse(&value) {
            Err(TemplateError::Invalid(faults)) => faults.iter().map(Fault::to_string).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn bubbles_lie_where_omrchecker_has_them() {
        let t = parse(&sheet()).unwrap();
        let field = |id: &str| t.fields.iter().find(|f| f.id == id).unwrap();
        // The origin is a box's corner; letters run along x, digits along y.
        let at = |id: &str, k: usize| (field(id).bubbles[k].centre.x, field(id).bubbles[k].centre.y);
        assert_eq!(at("q9", 0), (115.0, 510.0));
        assert_eq!(at("q11", 3), (265.0, 580.0));
        assert_eq!(at("d2", 9), (155.0, 330.0));
        assert_eq!(at("again", 1), (620.0, 580.0));
        assert_eq!(field("d1").bubbles[9].value, "9");
        assert_eq!((field("q9").empty_value.as_str(), field("again").empty_value.as_str()), ("-", ""));
    }

    #[test]
    fn joined_fields_are_not_listed_on_their_own() {
        let t = parse(&sheet()).unwrap();
        let ids: Vec<&str> = t.outputs.iter().map(|o| o.id(&t.fields)).collect();
        assert_eq!(ids, ["code", "again", "q9", "q10", "q11"]);
    }

    #[test]
    fn bad_templates_say_where_and_what_would_be_valid() {
        let one = |change: fn(&mut Value), path: &str, hint: &str| {
            let said = faults(change);
            assert!(said.iter().any(|f| f.starts_with(path) && f.contains(hint)), "{path}, {hint}: {said:?}");
        };
        one(|v| v["pageDimensions"] = json!([0, 5]), "pageDimensions", "two numbers");
        one(|v| v["fieldBlocks"] = json!({}), "fieldBlocks", "at least one block");
        one(
            |v| v["fieldBlocks"]["digits"]["fieldType"] = json!("QTYPE_X"),
            "fieldBlocks.digits.fieldType",
            "QTYPE_MCQ4",
        );
        one(|v| v["fieldBlocks"]["digits"]["origin"] = json!([990, 50]), "fieldBlocks.digits", "beyond the page");
        one(|v| v["fieldBlocks"]["digits"]["direction"] = json!("down"), "fieldBlocks.digits.direction", "vertical");
        one(
            |v| v["fieldBlocks"]["digits"]["fieldLabels"] = json!(["d9..1"]),
            "fieldBlocks.digits.fieldLabels[0]",
            "q1..10",
        );
        one(|v| v["fieldBlocks"]["digits"]["fieldLabels"] = json!(["q9"]), "fieldBlocks.", "twice");
        one(|v| v["fieldBlocks"]["digits"]["bubblesGap"] = json!(3), "fieldBlocks.digits", "overlap");
        one(|v| v["fieldBlocks"]["digits"]["colour"] = json!(3), "fieldBlocks.digits.colour", "unknown field");
        one(|v| v["customLabels"]["code"] = json!(["d1..3"]), "customLabels.code", "d3");
        one(|v| v["customLabels"]["q9"] = json!(["d1"]), "customLabels.q9", "already");
        one(|v| v["outputColumns"] = json!(["q77"]), "outputColumns", "q77");
        one(|v| v["preProcessors"] = json!([{"name": "Sharpen"}]), "preProcessors[0].name", "CropPage");
        one(
            |v| v["preProcessors"] = json!([{"name": "CropOnMarkers", "options": {"relativePath": "m.jpg"}}]),
            "preProcessors[0].options.relativePath",
            "no m.jpg",
        );
        assert!(matches!(Template::parse(b"{", |_| Err(String::new())), Err(TemplateError::Json(_))));
    }

    #[test]
    fn no_range_of_numbers_takes_memory_without_bound() {
        let said = faults(|v| v["fieldBlocks"]["digits"]["fieldLabels"] = json!(vec!["a1..999"; 60]));
        assert!(said.iter().any(|f| f.contains("too many")), "{said:?}");
        assert!(parse(&json!([1, 2])).is_err());
        assert!(parse(&json!({"pageDimensions": 7})).is_err());
    }
}
