//! The template format of OMRChecker (github.com/Udayraj123/OMRChecker, `src/schemas/template_schema.py`): what is
//! where on a sheet that somebody else designed.
//!
//! Lengths are the template's own units: pixels of a page that was warped to `pageDimensions`, x to the right, y down.
//! They take the place of [`Mm`] here. `origin` is the top-left corner of the first bubble's box. The preprocessors
//! `GaussianBlur`, `MedianBlur` and `Levels` are accepted without effect: they prepare a picture for a global
//! threshold, and marks are measured here against the paper and the ink around them.

use super::labels::expand;
use super::parts;
use crate::json::{Fault, Faults, Object};
use crate::raster::gray::Gray;
use crate::units::{Mm, Point};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::path::Path;

const MAX_BUBBLES: usize = 20_000;
const MAX_FILE_BYTES: u64 = 16 << 20;

#[derive(Clone, Debug)]
pub struct Template {
    pub width: f64,
    pub height: f64,
    pub blocks: Vec<Block>,
    pub fields: Vec<Field>,
    /// What is reported, in order: fields on their own, and custom labels that join several.
    pub outputs: Vec<Output>,
    /// The sheet's outline is looked for.
    pub crop_page: bool,
    pub markers: Option<Markers>,
}

/// A lattice of equal bubbles. Steps are along x and along y; a lattice of one column has its step from the gaps too.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    pub name: String,
    pub step_x: f64,
    pub step_y: f64,
    pub rx: f64,
    pub ry: f64,
    pub fields: std::ops::Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub id: String,
    pub block: usize,
    pub empty_value: String,
    pub bubbles: Vec<Bubble>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Bubble {
    pub value: String,
    pub centre: Point<Mm>,
    /// Place in the block's lattice.
    pub column: usize,
    pub row: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    Single(usize),
    Concat { id: String, parts: Vec<usize> },
}

/// The four equal pictures at the corners of the page.
#[derive(Clone, Debug)]
pub struct Markers {
    pub image: Gray,
    /// The sheet's width over the marker's.
    pub width_ratio: f64,
}

#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("the template is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the template is not valid: {}", .0.iter().map(Fault::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Fault>),
}

impl Template {
    /// Reads a template file; the marker picture lies beside it.
    pub fn open(path: &Path) -> Result<Self, TemplateError> {
        let failed = |source| TemplateError::File { path: path.display().to_string(), source };
        let text = read_limited(path).map_err(failed)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        Self::parse(&text, |relative| {
            if Path::new(relative).is_absolute() {
                return Err("a path relative to the template is expected".to_owned());
            }
            read_limited(&folder.join(relative)).map_err(|e| e.to_string())
        })
    }

    /// `file` gives the bytes of a file by its path relative to the template.
    pub fn parse(json: &[u8], file: impl Fn(&str) -> Result<Vec<u8>, String>) -> Result<Self, TemplateError> {
        let value: Value = serde_json::from_slice(json)?;
        let mut faults = Faults::default();
        let f = &mut faults;
        let mut top = Object::new(&value, "", f);
        let (width, height) = pair(&mut top, "pageDimensions", 10.0..=20_000.0, f).unwrap_or((1.0, 1.0));
        let bubble = pair(&mut top, "bubbleDimensions", 1.0..=2_000.0, f).unwrap_or((1.0, 1.0));
        let empty_value = top.opt_text("emptyValue", f).unwrap_or_default();
        let mut template = Template {
            width,
            height,
            blocks: Vec::new(),
            fields: Vec::new(),
            outputs: Vec::new(),
            crop_page: false,
            markers: None,
        };
        match top.get("fieldBlocks").map(Value::as_object) {
            Some(Some(blocks)) if !blocks.is_empty() => {
                for (name, block) in blocks {
                    template.add_block(name, block, bubble, &empty_value, f);
                }
            }
            _ => f.add("fieldBlocks", "an object with at least one block is expected"),
        }
        let custom = top.get("customLabels");
        let columns = top.list("outputColumns", f).unwrap_or_default();
        if f.0.is_empty() {
            template.outputs = outputs(&template.fields, custom, columns, f);
        }
        parts::preprocessors(&mut template, top.list("preProcessors", f).unwrap_or_default(), file, f);
        for ignored in ["$schema", "options", "comment"] {
            top.get(ignored);
        }
        top.finish(f);
        if faults.0.is_empty() { Ok(template) } else { Err(TemplateError::Invalid(faults.0)) }
    }

    pub fn bubble_count(&self) -> usize {
        self.fields.iter().map(|f| f.bubbles.len()).sum()
    }

    fn add_block(&mut self, name: &str, value: &Value, bubble: (f64, f64), empty: &str, f: &mut Faults) {
        let before = f.0.len();
        let mut o = Object::new(value, format!("fieldBlocks.{name}"), f);
        let (values, vertical) = parts::bubble_values(&mut o, f);
        let origin = pair(&mut o, "origin", 0.0..=20_000.0, f).unwrap_or_default();
        let (w, h) = if o.get("bubbleDimensions").is_some() {
            pair(&mut o, "bubbleDimensions", 1.0..=2_000.0, f).unwrap_or(bubble)
        } else {
            bubble
        };
        let labels = parts::texts(&mut o, "fieldLabels", f);
        let mut gap = |key, needed: bool, f: &mut Faults| {
            if needed && o.get(key).is_none() {
                f.add(o.path(key), "missing; a number of the template's units is expected");
            }
            o.number(key, 0.0..=20_000.0, f).unwrap_or(0.0)
        };
        let bubbles_gap = gap("bubblesGap", true, f);
        let labels_gap = gap("labelsGap", labels.len() > 1, f);
        let empty_value = o.opt_text("emptyValue", f).unwrap_or_else(|| empty.to_owned());
        let path = o.path("");
        o.finish(f);
        // Bubbles on top of each other could not be told apart.
        let (along, across) = if vertical { (h, w) } else { (w, h) };
        let tight = |gap: f64, size: f64, n: usize| n > 1 && gap < 0.6 * size;
        if f.0.len() == before && (tight(bubbles_gap, along, values.len()) || tight(labels_gap, across, labels.len())) {
            f.add(&path, "the bubbles overlap: gaps of at least the bubble's size are expected");
        }
        if self.bubble_count() + values.len() * labels.len() > MAX_BUBBLES {
            f.add(&path, format!("too many bubbles; at most {MAX_BUBBLES} are expected"));
        }
        if f.0.len() > before {
            return;
        }
        // With one field or one value there is no lattice in that direction; the neighbourhood is twice the bubble.
        let bubbles_step = if values.len() > 1 { bubbles_gap } else { 2.0 * along };
        let labels_step = if labels.len() > 1 { labels_gap } else { 2.0 * across };
        let (step_x, step_y) = if vertical { (labels_step, bubbles_step) } else { (bubbles_step, labels_step) };
        let first = self.fields.len();
        for (i, id) in labels.into_iter().enumerate() {
            let bubbles = values.iter().enumerate().map(|(j, value)| {
                let (column, row) = if vertical { (i, j) } else { (j, i) };
                let x = origin.0 + w / 2.0 + column as f64 * step_x;
                let y = origin.1 + h / 2.0 + row as f64 * step_y;
                Bubble { value: value.clone(), centre: Point::new(x, y), column, row }
            });
            let field =
                Field { id, block: self.blocks.len(), empty_value: empty_value.clone(), bubbles: bubbles.collect() };
            if self.fields.iter().any(|other| other.id == field.id) {
                f.add(format!("{path}fieldLabels"), format!("the label {} is there twice", field.id));
            }
            let inside = |b: &Bubble| b.centre.x + w / 2.0 <= self.width && b.centre.y + h / 2.0 <= self.height;
            if !field.bubbles.iter().all(inside) {
                let message =
                    format!("bubbles of {} lie beyond the page of {} × {}", field.id, self.width, self.height);
                f.add(&path, message);
                return;
            }
            self.fields.push(field);
        }
        let fields = first..self.fields.len();
        self.blocks.push(Block { name: name.to_owned(), step_x, step_y, rx: w / 2.0, ry: h / 2.0, fields });
    }
}

/// Two numbers, as a list.
fn pair(o: &mut Object, key: &'static str, valid: std::ops::RangeInclusive<f64>, f: &mut Faults) -> Option<(f64, f64)> {
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

/// A custom label stands where the first of its parts would.
fn outputs(fields: &[Field], custom: Option<&Value>, columns: &[Value], f: &mut Faults) -> Vec<Output> {
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
    placed.extend(concats.into_iter().map(|c| match &c {
        Output::Concat { parts, .. } => (parts.first().copied().unwrap_or(0), c),
        Output::Single(i) => (*i, c),
    }));
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
    let id = |o: &Output| match o {
        Output::Single(i) => fields[*i].id.clone(),
        Output::Concat { id, .. } => id.clone(),
    };
    for name in wanted.keys() {
        if !placed.iter().any(|(_, o)| id(o) == *name) {
            f.add("outputColumns", format!("there is no field or custom label {name}"));
        }
    }
    placed.sort_by_key(|(i, o)| (wanted.get(&id(o)).copied().unwrap_or(usize::MAX), *i));
    placed.into_iter().map(|(_, o)| o).collect()
}

fn read_limited(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(std::io::Error::other(format!("larger than {MAX_FILE_BYTES} bytes")));
    }
    Ok(bytes)
}
