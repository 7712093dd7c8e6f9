//! Which fields a Lize sheet can have, and where: a table from model numbers to layouts, in configuration.
//!
//! A model lists blocks of fields as if all of them were printed; a sheet has as many of them as its exam needs, so a
//! [`Layout`] is a model and how much of each block is on the paper. `models.json` is the table where no other is given;
//! `docs/lize.md` describes its format, and says which of its numbers were measured and which are our choice.

use super::{EDITION, PAGE, RING_SIZE, RINGS, code_area};
use crate::json::{Fault, Faults, Object};
use crate::sheet::field::{CheckDigit, FieldKind};
use crate::sheet::frame::{Area, Fiducial, PageFormat, TextSize};
use crate::sheet::layout::{Bubble, Field, Layout, LayoutContent, LayoutPage, rounded};
use serde_json::Value;
use std::sync::LazyLock;

/// Radius of every bubble.
pub const BUBBLE_R: f64 = 1.651;
/// Of a sheet's fields in all; guards against a number typed wrong.
const MOST_FIELDS: u64 = 400;
const MOST_MODELS: usize = 100;

#[derive(Clone, Debug, PartialEq)]
pub struct Models(Vec<Model>);

#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub number: u32,
    pub name: String,
    pub blocks: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    pub rule: Rule,
    /// All that there can be, in the order in which a sheet takes them.
    pub fields: Vec<Field>,
    /// Of a discursive sheet's boxes, a code for each field.
    pub codes: Vec<Area>,
}

/// How much of a block a sheet may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The first so many fields, each with the first so many of its bubbles.
    Rows,
    /// The first so many fields.
    Boxes,
    /// All or nothing.
    Whole,
}

/// For each block of a model, how many bubbles each field has on a sheet; fields beyond are not printed.
pub type Printed = Vec<Vec<usize>>;

impl Default for Models {
    fn default() -> Self {
        Self::built_in().clone()
    }
}

impl Models {
    /// The table where no other is given.
    pub fn built_in() -> &'static Self {
        static BUILT_IN: LazyLock<Models> =
            LazyLock::new(|| Models::from_json(include_bytes!("models.json")).expect("our own table is sound"));
        &BUILT_IN
    }

    /// A table of one.
    pub fn only(model: Model) -> Self {
        Models(vec![model])
    }

    /// Reads a table, or says everything that is wrong with it.
    pub fn from_json(json: &[u8]) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        let value: Value = serde_json::from_slice(json)
            .map_err(|e| vec![Fault { path: String::new(), message: format!("not JSON: {e}") }])?;
        let mut o = Object::new(&value, "", &mut faults);
        let list = o.list("models", &mut faults).unwrap_or_default();
        let mut models: Vec<Model> = Vec::new();
        for (i, value) in list.iter().take(MOST_MODELS).enumerate() {
            let path = format!("models[{i}]");
            let model = model(value, &path, &mut faults);
            if models.iter().any(|m| m.number == model.number) {
                faults.add(format!("{path}.model"), format!("model {} is there twice", model.number));
            }
            models.push(model);
        }
        o.finish(&mut faults);
        if list.is_empty() || list.len() > MOST_MODELS {
            faults.add("models", format!("a list of 1 to {MOST_MODELS} models is expected"));
        }
        if faults.0.is_empty() { Ok(Models(models)) } else { Err(faults.0) }
    }

    pub fn get(&self, number: u32) -> Option<&Model> {
        self.0.iter().find(|m| m.number == number)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Model> {
        self.0.iter()
    }
}

impl Model {
    /// The layout of a sheet of this model.
    pub fn layout(&self, printed: &Printed) -> Layout {
        let of_block = |(block, counts): (&Block, &Vec<usize>)| -> Vec<Field> {
            block.fields.iter().zip(counts).map(|(f, &n)| first_bubbles(f, n)).collect()
        };
        let page = LayoutPage {
            number: 1,
            fiducials: RINGS.iter().enumerate().map(|(tag, &(x, y))| Fiducial { x, y, size: RING_SIZE, tag }).collect(),
            code: code_area(),
            backup: None,
            calibration: None,
            anchors: Vec::new(),
            fields: self.blocks.iter().zip(printed).flat_map(of_block).collect(),
        };
        Layout::new(LayoutContent {
            edition: EDITION.into(),
            format: PageFormat::A4,
            text: TextSize::Normal,
            page: PAGE,
            pages: vec![page],
        })
    }
}

fn first_bubbles(field: &Field, n: usize) -> Field {
    let mut field = field.clone();
    field.bubbles.truncate(n);
    if let FieldKind::Choice { labels, .. } = &mut field.kind {
        labels.truncate(n);
    }
    field
}

fn model(value: &Value, path: &str, faults: &mut Faults) -> Model {
    let mut o = Object::new(value, path, faults);
    let number = o.whole("model", 0..=999_999, faults);
    if number.is_none() && o.get("model").is_none() {
        faults.add(o.path("model"), "missing; the number in the sheets' code is expected");
    }
    let name = o.text("name", faults);
    let list = o.list("blocks", faults).unwrap_or_default();
    if list.is_empty() {
        faults.add(o.path("blocks"), "missing; a list of blocks is expected");
    }
    o.finish(faults);
    let before = faults.0.len();
    let blocks: Vec<Block> =
        list.iter().enumerate().filter_map(|(i, v)| block(v, &format!("{path}.blocks[{i}]"), faults)).collect();
    if faults.0.len() == before {
        check(&blocks, path, faults);
    }
    Model { number: number.unwrap_or_default() as u32, name, blocks }
}

/// No two fields of a name, and no bubble beyond the paper or on another.
fn check(blocks: &[Block], path: &str, faults: &mut Faults) {
    let fields: Vec<&Field> = blocks.iter().flat_map(|b| &b.fields).collect();
    if fields.len() as u64 > MOST_FIELDS {
        return faults.add(path, format!("{} fields; at most {MOST_FIELDS} are expected", fields.len()));
    }
    if let Some((_, f)) = fields.iter().enumerate().find(|(i, f)| fields[..*i].iter().any(|o| o.id == f.id)) {
        faults.add(path, format!("a field named “{}” is there twice", f.id));
    }
    let bubbles: Vec<(&str, &Bubble)> =
        fields.iter().flat_map(|f| f.bubbles.iter().map(|b| (f.id.as_str(), b))).collect();
    let inside = |b: &Bubble| {
        let (w, h) = (PAGE.width - b.rx, PAGE.height - b.ry);
        (b.rx..=w).contains(&b.x) && (b.ry..=h).contains(&b.y)
    };
    if let Some((id, _)) = bubbles.iter().find(|(_, b)| !inside(b)) {
        faults.add(path, format!("bubbles of “{id}” lie beyond the page of {} × {} mm", PAGE.width, PAGE.height));
    }
    // Squares: every process that reads looks at all pairs of our own table first.
    let square = |d: f64| d * d;
    let overlap = |a: &Bubble, b: &Bubble| square(a.x - b.x) + square(a.y - b.y) < square(2.0 * BUBBLE_R);
    for (i, (id, a)) in bubbles.iter().enumerate() {
        if let Some((other, _)) = bubbles[..i].iter().find(|(_, b)| overlap(a, b)) {
            return faults.add(path, format!("bubbles of “{other}” and “{id}” overlap"));
        }
    }
}

/// A number of millimetres that must be there.
fn length(o: &mut Object, key: &'static str, faults: &mut Faults) -> f64 {
    if o.get(key).is_none() {
        faults.add(o.path(key), "missing; a number of millimetres is expected");
    }
    o.number(key, 0.0..=300.0, faults).unwrap_or_default()
}

fn bubble(label: &str, x: f64, y: f64, row: usize, column: usize) -> Bubble {
    let (row, column) = (Some(row), Some(column));
    Bubble { label: label.to_owned(), x: rounded(x), y: rounded(y), rx: BUBBLE_R, ry: BUBBLE_R, row, column }
}

fn area(x: f64, y: f64, w: f64, h: f64) -> Area {
    Area::new(rounded(x), rounded(y), rounded(w), rounded(h))
}

fn block(value: &Value, path: &str, faults: &mut Faults) -> Option<Block> {
    let mut o = Object::new(value, path, faults);
    let kind = o.text("type", faults);
    let id = o.text("id", faults);
    let (x, y) = (length(&mut o, "x", faults), length(&mut o, "y", faults));
    let block = match kind.as_str() {
        "choice" => choices(&mut o, &id, (x, y), faults),
        "id_grid" => id_grid(&mut o, &id, (x, y), faults),
        "language" => language(&mut o, &id, (x, y), faults),
        "score" => boxes(&mut o, &id, (x, y), faults),
        other => {
            let message = format!("“{other}” is not known; one of choice, id_grid, language, score is expected");
            faults.add(o.path("type"), message);
            return None;
        }
    };
    if block.fields.len() > 1 && !id.contains("{n}") {
        faults.add(o.path("id"), "with several fields, the id needs {n} for the number");
    }
    o.finish(faults);
    Some(block)
}

/// Room for a question's number, left of its first bubble.
const NUMBER_MM: f64 = 10.5;

fn choices(o: &mut Object, id: &str, (x, y): (f64, f64), faults: &mut Faults) -> Block {
    let labels = o.labels("labels", faults).unwrap_or_else(|| "ABCDE".chars().map(String::from).collect());
    if !(2..=10).contains(&labels.len()) {
        faults.add(o.path("labels"), format!("{} labels; 2 to 10 are expected", labels.len()));
    }
    let (step_x, step_y) = (length(o, "step_x", faults), length(o, "step_y", faults));
    let rows = o.whole("rows", 1..=60, faults).unwrap_or(1) as usize;
    let columns = o.whole("columns", 1..=10, faults).unwrap_or(1) as usize;
    let column_step = if columns > 1 { length(o, "column_step", faults) } else { 0.0 };
    let field = |n: usize| {
        let (x, y) = (x + column_step * (n / rows) as f64, y + step_y * (n % rows) as f64);
        let bubbles = labels.iter().enumerate().map(|(i, label)| Bubble {
            row: None,
            column: None,
            ..bubble(label, x + step_x * i as f64, y, 0, 0)
        });
        Field {
            id: id.replace("{n}", &(n + 1).to_string()),
            kind: FieldKind::Choice { labels: labels.clone(), multiple: false },
            caption: format!("{:02}", n + 1),
            area: area(x - NUMBER_MM, y - step_y / 2.0, NUMBER_MM + step_x * (labels.len() as f64 - 0.5), step_y),
            bubbles: bubbles.collect(),
        }
    };
    Block { rule: Rule::Rows, fields: (0..rows * columns).map(field).collect(), codes: Vec::new() }
}

fn id_grid(o: &mut Object, id: &str, (x, y): (f64, f64), faults: &mut Faults) -> Block {
    let (step_x, step_y) = (length(o, "step_x", faults), length(o, "step_y", faults));
    let digits = o.whole("digits", 1..=20, faults).unwrap_or(10) as usize;
    let place = |i: usize| (i / 10, i % 10);
    let bubbles = (0..10 * digits).map(place).map(|(column, row)| {
        bubble(&row.to_string(), x + step_x * column as f64, y + step_y * row as f64, row, column)
    });
    let field = Field {
        id: id.to_owned(),
        kind: FieldKind::IdGrid { digits: digits as u8, check: CheckDigit::None },
        caption: "Matrícula".to_owned(),
        area: area(x - step_x / 2.0, y - step_y / 2.0, step_x * digits as f64, step_y * 10.0),
        bubbles: bubbles.collect(),
    };
    Block { rule: Rule::Whole, fields: vec![field], codes: Vec::new() }
}

fn language(o: &mut Object, id: &str, (x, y): (f64, f64), faults: &mut Faults) -> Block {
    let step_x = length(o, "step_x", faults);
    let default = || ["inglês", "espanhol"].map(str::to_owned).to_vec();
    let labels = o.labels("labels", faults).unwrap_or_else(default);
    let n = labels.len() as f64;
    let bubbles = labels.iter().enumerate().map(|(i, label)| bubble(label, x + step_x * i as f64, y, 0, i));
    let field = Field {
        id: id.to_owned(),
        kind: FieldKind::Language { labels: labels.clone(), gates: Vec::new() },
        caption: "Língua estrangeira".to_owned(),
        area: area(x - NUMBER_MM, y - 2.5, NUMBER_MM + step_x * n, 5.0),
        bubbles: bubbles.collect(),
    };
    Block { rule: Rule::Whole, fields: vec![field], codes: Vec::new() }
}

fn boxes(o: &mut Object, id: &str, (x, y): (f64, f64), faults: &mut Faults) -> Block {
    let (w, h) = (length(o, "w", faults), length(o, "h", faults));
    let boxes = o.whole("boxes", 1..=20, faults).unwrap_or(1) as usize;
    let step_y = if boxes > 1 { length(o, "step_y", faults) } else { 0.0 };
    let max = o.whole("max", 1..=20, faults).unwrap_or(10) as u8;
    let step = o.number("step", 0.05..=1.0, faults).unwrap_or(0.25);
    let parts = (1.0 / step).round();
    if (parts * step - 1.0).abs() > 1e-6 {
        faults.add(o.path("step"), "a part of a point is expected: 1, 0.5, 0.25, 0.2, 0.1 or 0.05");
    }
    let whole: Vec<String> = (0..=max).map(|n| n.to_string()).collect();
    let fraction: Vec<String> = (0..parts as u32).map(|n| score_fraction(n, parts as u32)).collect();
    let rows: Vec<Vec<String>> = if parts > 1.0 { vec![whole, fraction] } else { vec![whole] };
    let null = Value::Null;
    let mut inner = |key: &'static str| Object::new(o.get(key).unwrap_or(&null), o.path(key), faults);
    let (mut bubbles, mut code) = (inner("bubbles"), inner("code"));
    let at = (length(&mut bubbles, "x", faults), length(&mut bubbles, "y", faults));
    let steps = (length(&mut bubbles, "step_x", faults), length(&mut bubbles, "step_y", faults));
    let (dx, dy, side) =
        (length(&mut code, "x", faults), length(&mut code, "y", faults), length(&mut code, "w", faults));
    bubbles.finish(faults);
    code.finish(faults);
    let field = |n: usize| {
        let top = y + step_y * n as f64;
        let row = |(r, labels): (usize, &Vec<String>)| -> Vec<Bubble> {
            let place = |c: usize| (x + at.0 + steps.0 * c as f64, top + at.1 + steps.1 * r as f64);
            labels.iter().enumerate().map(|(c, l)| bubble(l, place(c).0, place(c).1, r, c)).collect()
        };
        Field {
            id: id.replace("{n}", &(n + 1).to_string()),
            kind: FieldKind::Score { max, step },
            caption: (n + 1).to_string(),
            area: area(x, top, w, h),
            bubbles: rows.iter().enumerate().flat_map(row).collect(),
        }
    };
    let codes = (0..boxes).map(|n| area(x + dx, y + step_y * n as f64 + dy, side, side)).collect();
    Block { rule: Rule::Boxes, fields: (0..boxes).map(field).collect(), codes }
}

/// How a part of a point is written on a bubble: `,0`, `,25`, `,5`.
fn score_fraction(n: u32, parts: u32) -> String {
    let hundredths = n * 100 / parts;
    if hundredths.is_multiple_of(10) { format!(",{}", hundredths / 10) } else { format!(",{hundredths:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_objective_sheet_is_where_it_was_measured() {
        let models = Models::default();
        let layout = models.get(1).unwrap().layout(&vec![vec![100], vec![4; 45]]);
        let page = layout.page(1).unwrap();
        let points = |b: &Bubble| (b.x / crate::units::MM_PER_POINT, b.y / crate::units::MM_PER_POINT);
        let near = |b: &Bubble, (x, y): (f64, f64)| (points(b).0 - x).hypot(points(b).1 - y) < 0.05;
        let field = |id: &str| page.fields.iter().find(|f| f.id == id).unwrap();
        assert!(near(&field("q1").bubbles[0], (72.65, 380.75)));
        assert!(near(&field("q30").bubbles[3], (72.65 + 3.0 * 11.83, 380.75 + 29.0 * 13.776)));
        assert!(near(&field("q31").bubbles[0], (72.65 + 98.77, 380.75)));
        let grid = field("matricula");
        assert!(near(&grid.bubbles[0], (444.34, 159.82)));
        assert!(near(&grid.bubbles[99], (444.34 + 9.0 * 11.78, 159.82 + 9.0 * 13.72)));
        assert_eq!((field("q45").bubbles.len(), page.fields.len()), (4, 46));
    }

    #[test]
    fn every_fault_of_a_table_is_said() {
        let wrong = r#"{"models": [
            {"model": 1, "name": "a", "blocks": [{"type": "choice", "id": "q", "x": 25, "y": 134, "step_x": 3, "step_y": 4.86, "rows": 2}]},
            {"model": 1, "name": "b", "blocks": [{"type": "choices", "id": "q", "x": 1, "y": 2}], "more": 1},
            {"model": 2, "name": "c", "blocks": [{"type": "id_grid", "id": "m", "x": 200, "y": 56, "step_x": 4, "step_y": 4}]},
            {"name": "d", "blocks": []}]}"#;
        let said: Vec<String> = Models::from_json(wrong.as_bytes()).unwrap_err().iter().map(Fault::to_string).collect();
        for begin in [
            "models[0].blocks[0].id: with several fields",
            "models[1].blocks[0].type: “choices” is not known",
            "models[1].more: unknown field",
            "models[1].model: model 1 is there twice",
            "models[2]: bubbles of “m” lie beyond",
            "models[3].model: missing",
            "models[3].blocks: missing",
        ] {
            assert!(said.iter().any(|f| f.starts_with(begin)), "{begin}: {said:#?}");
        }
        assert!(Models::from_json(b"[").is_err() && Models::from_json(b"{}").is_err());
    }
}
