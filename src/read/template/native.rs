//! Our own notation for sheets that somebody else designed, as `docs/template.md` describes it: geometry in `blocks` of
//! `lines` of bubbles, meaning in `fields` made of lines.

use super::format::{Block, Bubble, Field, Lattice, Line, Markers, NewBlock, Output, Template};
use super::labels::{compressed, expand};
use super::levels::Levels;
use super::omrchecker::texts;
use super::parts::{gaps, pair};
use super::picture::{data, picture};
use crate::json::{Faults, Object};
use crate::sheet::FieldKind;
use crate::sheet::field::{CheckDigit, LeadingZeros, SumStyle};
use crate::sheet::frame::Area;
use crate::units::Point;
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};

pub const FORMAT: &str = "gabarito-template-1";
const KINDS: &str = "choice, concat, matrix, sum, numeric, id_grid, version, language, score, competence, flag";

type Files<'f> = &'f dyn Fn(&str) -> Result<Vec<u8>, String>;

pub fn template(value: &Value, file: Files<'_>, f: &mut Faults) -> Template {
    let mut top = Object::new(value, "", f);
    let format = top.text("format", f);
    if format != FORMAT {
        f.add("format", format!("“{format}” is not known; {FORMAT} is expected"));
    }
    let mut template = Template::default();
    let empty = Value::Object(Map::new());
    let mut page = Object::new(top.get("page").unwrap_or(&empty), "page", f);
    let mut size = |key, f: &mut Faults| match page.get(key) {
        Some(_) => page.number(key, 10.0..=20_000.0, f).unwrap_or(1.0),
        None => {
            f.add(page.path(key), "missing; a number of the template's units is expected");
            1.0
        }
    };
    (template.width, template.height) = (size("width", f), size("height", f));
    template.width_mm = page.number("width_mm", 20.0..=2_000.0, f);
    page.finish(f);
    for (i, kind) in top.list("registration", f).unwrap_or_default().iter().enumerate() {
        registration(&mut template, kind, &format!("registration[{i}]"), file, f);
    }
    let mut ids = HashSet::new();
    for (i, block) in top.list("blocks", f).unwrap_or_default().iter().enumerate() {
        add_block(&mut template, block, &format!("blocks[{i}]"), &mut ids, f);
    }
    if template.blocks.is_empty() && f.0.is_empty() {
        f.add("blocks", "a list of at least one block is expected");
    }
    let list = top.list("fields", f);
    if f.0.is_empty() {
        match list {
            Some(list) => fields(&mut template, list, f),
            None => template.outputs = (0..template.fields.len()).map(Output::Single).collect(),
        }
    }
    if let Some(value) = top.get("code") {
        let mut o = Object::new(value, "code", f);
        let mut number = |key| o.number(key, 0.0..=20_000.0, f).unwrap_or(-1.0);
        let area = Area::new(number("x"), number("y"), number("w"), number("h"));
        if area.x < 0.0 || area.y < 0.0 || area.w <= 0.0 || area.h <= 0.0 {
            f.add("code", "x, y, w and h of the code's square, with its quiet zone, are expected");
        }
        o.finish(f);
        template.code = Some(area);
    }
    if let Some(value) = top.get("levels") {
        let mut o = Object::new(value, "levels", f);
        let mut share = |key, default| o.number(key, 0.0..=1.0, f).unwrap_or(default);
        let levels = Levels { low: share("low", 0.0), high: share("high", 1.0), gamma: share("gamma", 1.0) };
        if levels.low >= levels.high || levels.gamma <= 0.0 {
            f.add("levels", "low under high, and a gamma over 0, are expected");
        }
        o.finish(f);
        template.levels = Some(levels);
    }
    template.review_multiple = top.flag("review_multiple", false, f);
    for ignored in ["$schema", "comment"] {
        top.get(ignored);
    }
    top.finish(f);
    template
}

fn registration(template: &mut Template, value: &Value, path: &str, file: Files<'_>, f: &mut Faults) {
    #[derive(Clone, Copy)]
    enum Kind {
        Outline,
        Markers,
        Reference,
    }
    let mut o = Object::new(value, path, f);
    if o.get("kind").is_none() {
        f.add(o.path("kind"), "missing; one of outline, markers, reference is expected");
    }
    let kinds = [("outline", Kind::Outline), ("markers", Kind::Markers), ("reference", Kind::Reference)];
    match o.word("kind", &kinds, f) {
        Kind::Outline => template.crop_page = true,
        Kind::Markers => {
            let name = o.text("picture", f);
            let width_ratio = o.number("sheet_to_marker_width", 2.0..=200.0, f).unwrap_or(17.0);
            let image = picture(file, &name, &o.path("picture"), f);
            template.markers = image.map(|image| Markers { image, width_ratio });
        }
        Kind::Reference => {
            let name = o.text("picture", f);
            template.reference = picture(file, &name, &o.path("picture"), f);
        }
    }
    o.finish(f);
}

fn add_block(template: &mut Template, value: &Value, path: &str, names: &mut HashSet<String>, f: &mut Faults) {
    let before = f.0.len();
    let mut o = Object::new(value, path, f);
    let name = o.text("name", f);
    if !name.is_empty() && !names.insert(name.clone()) {
        f.add(o.path("name"), format!("a block named {name} is there already"));
    }
    let size = pair(&mut o, "bubble", 1.0..=2_000.0, f).unwrap_or((1.0, 1.0));
    let empty_value = o.opt_text("empty", f).unwrap_or_default();
    let made = if o.get("bubbles").is_some() {
        let list = o.list("bubbles", f).unwrap_or_default();
        let path = o.path("bubbles");
        o.finish(f);
        explicit(list, size, &path, f)
    } else {
        let ids = texts(&mut o, "lines", f);
        let labels = o.labels("labels", f).unwrap_or_default();
        if labels.is_empty() {
            f.add(o.path("labels"), "missing; a string of one-character labels or a list is expected");
        }
        let down = o.word("direction", &[("right", false), ("down", true)], f);
        let first = pair(&mut o, "first", 0.0..=20_000.0, f).unwrap_or_default();
        if labels.len() > 1 && o.get("step").is_none() {
            f.add(o.path("step"), "missing; a number of the template's units is expected");
        }
        let step = o.number("step", 0.0..=20_000.0, f).unwrap_or(0.0);
        let next = gaps(&mut o, "next", ids.len(), f);
        o.finish(f);
        if f.0.len() > before {
            return;
        }
        Lattice { first, size, labels, ids, down, step, next }.lines(path, f)
    };
    if let Some((steps, lines)) = made.filter(|_| f.0.len() == before) {
        template.add(NewBlock { name, size, steps, empty_value, lines }, path, f);
    }
}

/// Bubbles that are listed one by one: their columns and rows are what lines up.
fn explicit(list: &[Value], size: (f64, f64), path: &str, f: &mut Faults) -> Option<((f64, f64), Vec<Line>)> {
    if list.is_empty() || list.len() > super::format::MAX_BUBBLES {
        f.add(path, format!("1 to {} bubbles are expected", super::format::MAX_BUBBLES));
        return None;
    }
    let mut lines: Vec<Line> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (i, value) in list.iter().enumerate() {
        let mut o = Object::new(value, format!("{path}[{i}]"), f);
        let (id, value) = (o.text("line", f), o.text("label", f));
        let (x, y) = pair(&mut o, "at", 0.0..=20_000.0, f).unwrap_or_default();
        o.finish(f);
        let place = *places.entry(id.clone()).or_insert_with(|| {
            lines.push(Line { id, bubbles: Vec::new() });
            lines.len() - 1
        });
        let bubbles = &mut lines[place].bubbles;
        if bubbles.iter().any(|b| b.value == value) {
            f.add(format!("{path}[{i}].label"), format!("the label {value} is there twice"));
        }
        bubbles.push(Bubble { value, centre: Point::new(x, y), column: 0, row: 0 });
    }
    let all = || lines.iter().flat_map(|l| &l.bubbles);
    let overlap = |a: &Bubble, b: &Bubble| {
        (a.centre.x - b.centre.x).abs() < 0.6 * size.0 && (a.centre.y - b.centre.y).abs() < 0.6 * size.1
    };
    let mut sorted: Vec<&Bubble> = all().collect();
    sorted.sort_by(|a, b| a.centre.y.total_cmp(&b.centre.y));
    for (i, a) in sorted.iter().enumerate() {
        let near = sorted[i + 1..].iter().take_while(|b| b.centre.y - a.centre.y < 0.6 * size.1);
        if near.into_iter().any(|b| overlap(a, b)) {
            f.add(path, "the bubbles overlap: gaps of at least the bubble's size are expected");
            return None;
        }
    }
    let columns = aligned(all().map(|b| b.centre.x), size.0);
    let rows = aligned(all().map(|b| b.centre.y), size.1);
    let step =
        |starts: &[f64], size: f64| starts.windows(2).map(|w| w[1] - w[0]).reduce(f64::min).unwrap_or(2.0 * size);
    let steps = (step(&columns, size.0), step(&rows, size.1));
    for bubble in lines.iter_mut().flat_map(|l| &mut l.bubbles) {
        bubble.column = columns.partition_point(|&c| c <= bubble.centre.x) - 1;
        bubble.row = rows.partition_point(|&r| r <= bubble.centre.y) - 1;
    }
    Some((steps, lines))
}

/// Where groups of places begin that are within half a bubble of each other.
fn aligned(places: impl Iterator<Item = f64>, size: f64) -> Vec<f64> {
    let mut sorted: Vec<f64> = places.collect();
    sorted.sort_by(f64::total_cmp);
    let mut starts: Vec<f64> = Vec::new();
    for place in sorted {
        if starts.last().is_none_or(|s| place - s > size / 2.0) {
            starts.push(place);
        }
    }
    starts
}

fn fields(template: &mut Template, list: &[Value], f: &mut Faults) {
    let index: HashMap<&str, usize> = template.fields.iter().enumerate().map(|(i, l)| (l.id.as_str(), i)).collect();
    let mut used = vec![false; template.fields.len()];
    let mut names = HashSet::new();
    let mut outputs = Vec::new();
    let mut take = |name: &str, path: &str, f: &mut Faults| match index.get(name) {
        None => {
            f.add(path, format!("no block has the line {name}"));
            None
        }
        Some(&i) if std::mem::replace(&mut used[i], true) => {
            f.add(path, format!("the line {name} is in two fields"));
            None
        }
        Some(&i) => Some(i),
    };
    for (n, value) in list.iter().enumerate() {
        let path = format!("fields[{n}]");
        match value.as_str().map(expand) {
            Some(Ok(ids)) => {
                let taken = ids.iter().filter_map(|id| take(id, &path, f));
                outputs.extend(taken.map(Output::Single));
                names.extend(ids);
            }
            Some(Err(message)) => f.add(path, message),
            None => {
                let mut o = Object::new(value, &path, f);
                let id = o.text("id", f);
                let lines = texts(&mut o, "lines", f);
                let parts: Vec<usize> = lines.iter().filter_map(|l| take(l, &o.path("lines"), f)).collect();
                let kind = kind(&mut o, parts.len(), f);
                if let Some(kind) = &kind {
                    digits_only(kind, parts.iter().map(|&i| &template.fields[i]), &path, f);
                }
                o.finish(f);
                if !id.is_empty() && !names.insert(id.clone()) {
                    f.add(format!("{path}.id"), format!("a field named {id} is there already"));
                }
                outputs.push(match kind {
                    Some(kind) => Output::Typed { id, kind, parts },
                    None => Output::Concat { id, parts },
                });
            }
        }
    }
    for (line, _) in template.fields.iter().zip(&used).filter(|(_, used)| !**used) {
        f.add("fields", format!("the line {} is in no field", line.id));
    }
    template.outputs = outputs;
}

/// What lines mean together; none for `concat`, whose text is that of its lines.
fn kind(o: &mut Object, lines: usize, f: &mut Faults) -> Option<FieldKind> {
    let name = o.text("type", f);
    let (labels, digits) = (Vec::new(), lines.min(usize::from(u8::MAX)) as u8);
    let one_line = matches!(name.as_str(), "choice" | "version" | "language" | "flag");
    if one_line && lines > 1 {
        f.add(o.path("lines"), format!("a field of type {name} has one line"));
    }
    Some(match name.as_str() {
        "" | "concat" => return None,
        "choice" => FieldKind::Choice { labels, multiple: o.flag("multiple", false, f) },
        "matrix" => FieldKind::Matrix { rows: Vec::new(), labels },
        "sum" => FieldKind::Sum {
            propositions: o.whole("propositions", 2..=7, f).unwrap_or(7) as u8,
            style: if lines == 1 { SumStyle::Bubbles } else { SumStyle::Grid },
        },
        "numeric" => {
            let zeros = [("optional", LeadingZeros::Optional), ("required", LeadingZeros::Required)];
            let sign = o.flag("sign", false, f);
            let most = u64::from(digits.saturating_sub(1 + u8::from(sign)));
            let decimals = o.whole("decimals", 0..=most, f).unwrap_or(0) as u8;
            FieldKind::Numeric { digits, decimals, sign, leading_zeros: o.word("leading_zeros", &zeros, f) }
        }
        "id_grid" => {
            let checks = [
                ("none", CheckDigit::None),
                ("mod11", CheckDigit::Mod11),
                ("mod10", CheckDigit::Mod10),
                ("cpf", CheckDigit::Cpf),
            ];
            let check = o.word("check", &checks, f);
            let least = if check == CheckDigit::Cpf { 11 } else { 2 };
            if check != CheckDigit::None && lines < least || check == CheckDigit::Cpf && lines > 11 {
                f.add(o.path("check"), format!("{lines} lines are not a number with this check; a CPF has 11"));
            }
            FieldKind::IdGrid { digits, check }
        }
        "version" => FieldKind::Version { labels },
        "language" => FieldKind::Language { labels, gates: Vec::new() },
        "score" => FieldKind::Score { max: 10, step: 1.0 },
        "competence" => FieldKind::Competence { rows: digits },
        "flag" => FieldKind::Flag { labels },
        other => {
            f.add(o.path("type"), format!("“{other}” is not known; one of {KINDS} is expected"));
            return None;
        }
    })
}

/// Numbers are made of digits, and of a sign where there is one.
fn digits_only<'t>(kind: &FieldKind, lines: impl Iterator<Item = &'t Field>, path: &str, f: &mut Faults) {
    let sign = match kind {
        FieldKind::Numeric { sign, .. } => *sign,
        FieldKind::IdGrid { .. } | FieldKind::Sum { style: SumStyle::Grid, .. } => false,
        _ => return,
    };
    for (n, line) in lines.enumerate() {
        let valid = |label: &str| match sign && n == 0 {
            true => label == "+" || label == "−",
            false => label.len() == 1 && label.as_bytes()[0].is_ascii_digit(),
        };
        if let Some(bubble) = line.bubbles.iter().find(|b| !valid(&b.value)) {
            let wanted = if sign && n == 0 { "+ or −" } else { "a digit" };
            f.add(
                path,
                format!("“{}” of the line {} is no part of a number; {wanted} is expected", bubble.value, line.id),
            );
        }
    }
}

/// Whole numbers without a fraction.
fn number(v: f64) -> Value {
    if v.fract() == 0.0 && v.abs() < 1e9 { json!(v as i64) } else { json!(v) }
}

/// A template in this notation; its pictures are in it.
pub fn json(t: &Template) -> Result<Value, image::ImageError> {
    let mut top = json!({"format": FORMAT, "page": {"width": number(t.width), "height": number(t.height)}});
    if let Some(mm) = t.width_mm {
        top["page"]["width_mm"] = number(mm);
    }
    let mut registration = Vec::new();
    if t.crop_page {
        registration.push(json!({"kind": "outline"}));
    }
    if let Some(m) = &t.markers {
        let picture = data(&m.image)?;
        registration
            .push(json!({"kind": "markers", "picture": picture, "sheet_to_marker_width": number(m.width_ratio)}));
    }
    if let Some(reference) = &t.reference {
        registration.push(json!({"kind": "reference", "picture": data(reference)?}));
    }
    top["registration"] = Value::Array(registration);
    if let Some(l) = t.levels {
        top["levels"] = json!({"low": l.low, "high": l.high, "gamma": l.gamma});
    }
    if t.review_multiple {
        top["review_multiple"] = json!(true);
    }
    if let Some(c) = t.code {
        top["code"] = json!({"x": number(c.x), "y": number(c.y), "w": number(c.w), "h": number(c.h)});
    }
    top["blocks"] = t.blocks.iter().map(|b| block_json(t, b)).collect();
    top["fields"] = Value::Array(fields_json(t));
    Ok(top)
}

fn block_json(t: &Template, block: &Block) -> Value {
    let lines = &t.fields[block.fields.clone()];
    let ids = |lines: &[Field]| compressed(lines.iter().map(|l| l.id.as_str()));
    let mut out = json!({"name": block.name, "bubble": [number(2.0 * block.rx), number(2.0 * block.ry)]});
    if let Some(empty) = lines.first().map(|l| &l.empty_value).filter(|e| !e.is_empty()) {
        out["empty"] = json!(empty);
    }
    match lattice(block, lines) {
        Some(l) => {
            out["lines"] = json!(ids(lines));
            out["labels"] = json!(l.labels);
            out["direction"] = json!(if l.down { "down" } else { "right" });
            out["first"] = json!([number(l.first.0), number(l.first.1)]);
            if l.labels.len() > 1 {
                out["step"] = number(l.step);
            }
            if lines.len() > 1 {
                out["next"] = number(l.next[0]);
            }
        }
        None => {
            let bubble = |(line, b): (&String, &Bubble)| json!({"line": line, "label": b.value, "at": [number(b.centre.x), number(b.centre.y)]});
            out["bubbles"] = lines.iter().flat_map(|l| l.bubbles.iter().map(|b| bubble((&l.id, b)))).collect();
        }
    }
    out
}

/// The lattice that gives just these bubbles, if one does.
fn lattice(block: &Block, lines: &[Field]) -> Option<Lattice> {
    let first = lines.first()?.bubbles.first()?;
    let last = lines.first()?.bubbles.last()?;
    let down =
        if lines[0].bubbles.len() > 1 { last.row > first.row } else { lines.last()?.bubbles.first()?.column > 0 };
    let (step, next) = if down { (block.step_y, block.step_x) } else { (block.step_x, block.step_y) };
    let make = || Lattice {
        first: (first.centre.x, first.centre.y),
        size: (2.0 * block.rx, 2.0 * block.ry),
        labels: lines[0].bubbles.iter().map(|b| b.value.clone()).collect(),
        ids: lines.iter().map(|l| l.id.clone()).collect(),
        down,
        step,
        next: vec![next],
    };
    let (steps, made) = make().lines("", &mut Faults::default())?;
    let same = steps == (block.step_x, block.step_y) && made.iter().zip(lines).all(|(a, b)| a.bubbles == b.bubbles);
    same.then(make)
}

fn fields_json(t: &Template) -> Vec<Value> {
    let mut out = Vec::new();
    let mut singles: Vec<&str> = Vec::new();
    for output in &t.outputs {
        let (kind, parts) = match output {
            Output::Single(i) => {
                singles.push(&t.fields[*i].id);
                continue;
            }
            Output::Concat { parts, .. } => (None, parts),
            Output::Typed { kind, parts, .. } => (Some(kind), parts),
        };
        out.extend(compressed(singles.drain(..)).into_iter().map(Value::from));
        let lines = compressed(parts.iter().map(|&i| t.fields[i].id.as_str()));
        let mut field = json!({"id": output.id(&t.fields), "lines": lines});
        // A kind's own keys are those of a package, but for what the lines say themselves.
        let said = kind.and_then(|k| serde_json::to_value(k).ok()).unwrap_or_else(|| json!({"type": "concat"}));
        for (key, value) in said.as_object().into_iter().flatten() {
            if !["labels", "rows", "digits", "style", "gates", "max", "step"].contains(&key.as_str()) {
                field[key] = value.clone();
            }
        }
        out.push(field);
    }
    out.extend(compressed(singles.into_iter()).into_iter().map(Value::from));
    out
}

/// JSON for people: what is short stands on one line.
pub fn pretty(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out + "\n"
}

fn write(value: &Value, indent: usize, out: &mut String) {
    const WIDTH: usize = 110;
    const FIRST: [&str; 8] = ["format", "name", "id", "page", "registration", "blocks", "lines", "labels"];
    let plain = |v: &Value| !v.is_array() && !v.is_object();
    let (open, close, mut items) = match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().map(|(k, v)| (Some(k.as_str()), v)).collect();
            entries.sort_by_key(|(k, _)| FIRST.iter().position(|f| Some(*f) == *k).unwrap_or(FIRST.len()));
            ('{', '}', entries)
        }
        Value::Array(list) => ('[', ']', list.iter().map(|v| (None, v)).collect()),
        other => {
            *out += &other.to_string();
            return;
        }
    };
    let flat = value.is_array() && items.iter().all(|(_, v)| plain(v));
    let one_line = flat || value.to_string().len() + 2 * indent <= WIDTH;
    let (before, between) = match one_line {
        true => (String::new(), ", ".to_owned()),
        false => (format!("\n{}", "  ".repeat(indent + 1)), format!(",\n{}", "  ".repeat(indent + 1))),
    };
    out.push(open);
    for (i, (key, value)) in items.drain(..).enumerate() {
        *out += if i == 0 { &before } else { &between };
        if let Some(key) = key {
            *out += &format!("{}: ", Value::from(key));
        }
        write(value, indent + 1, out);
    }
    if !one_line {
        *out += &format!("\n{}", "  ".repeat(indent));
    }
    out.push(close);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::template::TemplateError;

    fn sheet() -> Value {
        json!({
            "format": "gabarito-template-1",
            "page": {"width": 1000, "height": 1400, "width_mm": 210},
            "registration": [{"kind": "outline"}],
            "blocks": [
                {"name": "questions", "lines": ["q1..3"], "labels": "ABCD", "bubble": [30, 20], "first": [115, 510],
                 "step": 50, "next": [35, 50]},
                {"name": "digits", "lines": ["m1..8"], "labels": "0123456789", "direction": "down", "bubble": [30, 30],
                 "first": [500, 100], "step": 40, "next": 44, "empty": "_"},
                {"name": "loose", "bubble": [30, 30], "bubbles": [
                    {"line": "x", "label": "sim", "at": [500, 900]}, {"line": "x", "label": "não", "at": [560, 902]},
                    {"line": "y", "label": "sim", "at": [501, 960]}, {"line": "y", "label": "não", "at": [561, 961]}]}],
            "fields": ["q1..3", {"id": "matricula", "type": "id_grid", "lines": ["m1..8"]},
                       {"id": "opcoes", "type": "matrix", "lines": ["x", "y"]}]})
    }

    fn parse(value: &Value) -> Result<Template, TemplateError> {
        Template::parse(value.to_string().as_bytes(), |name| Err(format!("no {name}")))
    }

    #[test]
    fn what_is_written_is_read_again() {
        let first = parse(&sheet()).unwrap();
        assert_eq!(first.blocks.len(), 3);
        let q3 = &first.fields[2];
        assert_eq!((q3.bubbles[3].centre.x, q3.bubbles[3].centre.y), (265.0, 595.0));
        let loose = &first.fields[first.blocks[2].fields.clone()];
        assert_eq!((loose[1].bubbles[1].column, loose[1].bubbles[1].row), (1, 1));
        assert_eq!((first.blocks[2].step_x, first.blocks[1].step_y), (60.0, 40.0));
        let again = Template::parse(pretty(&json(&first).unwrap()).as_bytes(), |_| Err(String::new())).unwrap();
        assert_eq!((&first.blocks, &first.fields), (&again.blocks, &again.fields));
        assert_eq!(first.outputs, again.outputs);
        assert_eq!((again.width_mm, again.crop_page), (Some(210.0), true));
    }

    #[test]
    fn faults_say_where_and_what_would_be_valid() {
        let said = |change: fn(&mut Value), path: &str, hint: &str| {
            let mut value = sheet();
            change(&mut value);
            let Err(TemplateError::Invalid(faults)) = parse(&value) else { panic!("{path} was accepted") };
            let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
            assert!(said.iter().any(|f| f.starts_with(path) && f.contains(hint)), "{path}, {hint}: {said:?}");
        };
        said(|v| v["format"] = json!("gabarito-template-9"), "format", "gabarito-template-1");
        said(|v| v["page"]["width"] = json!(null), "page.width", "missing");
        said(|v| v["registration"][0]["kind"] = json!("stars"), "registration[0].kind", "outline, markers, reference");
        said(
            |v| v["registration"][0] = json!({"kind": "markers", "picture": "m.png"}),
            "registration[0].picture",
            "no m.png",
        );
        said(
            |v| v["registration"][0] = json!({"kind": "reference", "picture": "data:image/png;base64,@"}),
            "registration[0].picture",
            "the picture in it",
        );
        said(|v| v["blocks"][0]["colour"] = json!(1), "blocks[0].colour", "unknown field");
        said(|v| v["blocks"][1]["name"] = json!("questions"), "blocks[1].name", "already");
        said(|v| v["blocks"][0]["next"] = json!([35]), "blocks[0].next", "a list of 2 numbers");
        said(|v| v["blocks"][0]["first"] = json!([5, 510]), "blocks[0]", "beyond the page");
        said(|v| v["blocks"][2]["bubbles"][1]["at"] = json!([505, 900]), "blocks[2].bubbles", "overlap");
        said(|v| v["fields"][0] = json!("q1..2"), "fields", "q3 is in no field");
        said(|v| v["fields"][1]["lines"] = json!(["m1..8", "q1"]), "fields[1].lines", "in two fields");
        said(|v| v["fields"][1]["type"] = json!("essay"), "fields[1].type", "id_grid");
        said(|v| v["fields"][1]["check"] = json!("cpf"), "fields[1].check", "11");
        said(|v| v["fields"][2]["type"] = json!("numeric"), "fields[2]", "a digit");
        said(|v| v["fields"][2]["type"] = json!("choice"), "fields[2].lines", "one line");
    }
}
