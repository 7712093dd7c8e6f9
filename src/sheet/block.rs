//! The shape of each field type: how large it is, and where its bubbles are within.

use super::field::{FieldKind, FieldSpec, SumStyle};
use super::frame::{Area, TextSize};
use super::layout::{Bubble, Field, rounded};

pub const ANCHOR_SIZE: f64 = 1.6;
/// Left of every block, where its anchors stand.
const ANCHOR_STRIP: f64 = 2.4;
/// Right of a row's last bubble, before the next column's anchors.
const NEXT_ANCHOR: f64 = 0.4;
/// Extra space after every fifth row.
const FIVES_GAP: f64 = 1.2;

/// Distances that grow with the text, in millimetres.
#[derive(Clone, Debug)]
pub struct Measures {
    /// Radius of a bubble.
    pub r: f64,
    /// Distance between bubbles of a row.
    pub pitch: f64,
    /// Distance between rows.
    pub row: f64,
    /// Height of a caption over a block.
    pub caption: f64,
    /// Width of a question's number.
    pub number: f64,
    /// Width of an average character of a label.
    pub char: f64,
    /// Free space between blocks.
    pub gap: f64,
}

impl Measures {
    pub fn new(text: TextSize, row: f64) -> Self {
        let scale = match text {
            TextSize::Normal => 1.0,
            TextSize::Large18 => 1.45,
            TextSize::Large24 => 1.8,
        };
        Measures {
            r: 2.0 * scale,
            pitch: 5.2 * scale,
            row: row * scale,
            caption: text.caption_mm(),
            number: 6.4 * text.points() / 9.0,
            char: 1.85 * text.points() / 9.0,
            gap: 4.0,
        }
    }
}

/// A field's extent before it has a place.
#[derive(Clone, Debug)]
pub enum Block {
    Solid(Solid),
    Rows(Rows),
}

/// One field with a width and a height of its own. Bubbles are relative to its top-left corner.
#[derive(Clone, Debug)]
pub struct Solid {
    pub spec: FieldSpec,
    pub w: f64,
    pub h: f64,
    bubbles: Vec<Bubble>,
}

impl Solid {
    pub fn field(&self, at: &Area) -> Field {
        let bubbles = self.bubbles.iter().map(|b| moved(b, at.x, at.y)).collect();
        Field {
            id: self.spec.id.clone(),
            kind: self.spec.kind.clone(),
            caption: self.spec.caption.clone(),
            area: rounded_area(at),
            bubbles,
        }
    }
}

/// Fields of one row each and of one shape, which may be broken into columns.
#[derive(Clone, Debug)]
pub struct Rows {
    pub specs: Vec<FieldSpec>,
    pub w: f64,
    labels: usize,
    number_w: f64,
    measures: Measures,
}

impl Rows {
    /// Whether the rows may stand in one column: numbers of two and of three digits may.
    pub fn same_shape(&self, other: &Rows) -> bool {
        self.labels == other.labels && (self.number_w - other.number_w).abs() < 2.5 * self.measures.char
    }

    pub fn join(&mut self, more: Rows) {
        self.specs.extend(more.specs);
        self.number_w = self.number_w.max(more.number_w);
        self.w = self.w.max(more.w);
    }

    /// The first `n` rows, and the rest.
    pub fn split(mut self, n: usize) -> (Rows, Rows) {
        let later = self.specs.split_off(n);
        let rest = Rows { specs: later, measures: self.measures.clone(), ..self };
        (self, rest)
    }

    /// Height of `n` rows, with the gaps after every fifth.
    pub fn height(&self, n: usize) -> f64 {
        let gaps = n.saturating_sub(1) / 5;
        2.0 * ANCHOR_SIZE + self.measures.row * n as f64 + FIVES_GAP * gaps as f64
    }

    /// How many rows fit `height`.
    pub fn fitting(&self, height: f64) -> usize {
        (0..).take_while(|&n| self.height(n + 1) <= height + 1e-6).count()
    }

    /// Puts rows into a column at `at`.
    pub fn put(
        &self,
        specs: &[FieldSpec],
        at: &Area,
        right_edge: bool,
        fields: &mut Vec<Field>,
        anchors: &mut Vec<(f64, f64)>,
    ) {
        let m = &self.measures;
        let left = at.x + ANCHOR_SIZE / 2.0;
        // Just outside: the last bubble reaches to the column's edge.
        let right = at.right() + ANCHOR_SIZE * 0.75 - NEXT_ANCHOR;
        let mut mark = |y: f64| {
            anchors.push((left, y));
            if right_edge {
                anchors.push((right, y));
            }
        };
        mark(at.y + ANCHOR_SIZE / 2.0);
        mark(at.bottom() - ANCHOR_SIZE / 2.0);
        for (i, spec) in specs.iter().enumerate() {
            let top = at.y + ANCHOR_SIZE + m.row * i as f64 + FIVES_GAP * (i / 5) as f64;
            if i > 0 && i % 5 == 0 {
                anchors.push((left, top - FIVES_GAP / 2.0));
            }
            let first = at.x + ANCHOR_STRIP + self.number_w + m.pitch / 2.0;
            let y = top + m.row / 2.0;
            let bubbles = row_labels(&spec.kind)
                .into_iter()
                .enumerate()
                .map(|(j, label)| {
                    let mut b = bubble(label, first + m.pitch * j as f64, y, m.r);
                    if matches!(spec.kind, FieldKind::Sum { .. }) {
                        (b.row, b.column) = (Some(0), Some(j));
                    }
                    b
                })
                .collect();
            fields.push(Field {
                id: spec.id.clone(),
                kind: spec.kind.clone(),
                caption: spec.caption.clone(),
                area: rounded_area(&Area::new(at.x + ANCHOR_STRIP, top, at.w - ANCHOR_STRIP, m.row)),
                bubbles,
            });
        }
    }
}

/// Places for anchors at the corners of a block.
pub fn corners(at: &Area) -> [(f64, f64); 4] {
    let d = ANCHOR_SIZE / 2.0;
    [(at.x + d, at.y + d), (at.right() - d, at.y + d), (at.x + d, at.bottom() - d), (at.right() - d, at.bottom() - d)]
}

fn row_labels(kind: &FieldKind) -> Vec<String> {
    match kind {
        FieldKind::Choice { labels, .. } => labels.clone(),
        FieldKind::Sum { propositions, .. } => (0..*propositions).map(|i| format!("{:02}", 1 << i)).collect(),
        _ => Vec::new(),
    }
}

/// The block of a field.
pub fn of(spec: &FieldSpec, m: &Measures) -> Block {
    let short = |labels: &[String]| labels.iter().all(|l| l.chars().count() <= 3);
    match &spec.kind {
        FieldKind::Choice { labels, .. } if short(labels) => rows(spec, labels.len(), m),
        FieldKind::Sum { propositions, style: SumStyle::Bubbles } => rows(spec, usize::from(*propositions), m),
        FieldKind::Sum { style: SumStyle::Grid, .. } => digit_grid(spec, 2, 0, false, m),
        FieldKind::Numeric { digits, decimals, sign, .. } => digit_grid(spec, *digits, *decimals, *sign, m),
        FieldKind::IdGrid { digits, .. } => digit_grid(spec, *digits, 0, false, m),
        FieldKind::Choice { labels, .. }
        | FieldKind::Version { labels }
        | FieldKind::Language { labels, .. }
        | FieldKind::Flag { labels } => list(spec, labels, m),
        FieldKind::Matrix { rows, labels } => table(spec, rows, |_| labels.clone(), m),
        FieldKind::Competence { rows } => {
            let names: Vec<String> = (1..=*rows).map(|n| format!("C{n}")).collect();
            table(spec, &names, |_| (0..=5).map(|n| (40 * n).to_string()).collect(), m)
        }
        FieldKind::Score { max, step } => {
            let whole: Vec<String> = (0..=*max).map(|n| n.to_string()).collect();
            let parts = (1.0 / step).round() as u32;
            let fraction: Vec<String> = (0..parts).map(|n| score_fraction(n * 100 / parts)).collect();
            if parts == 1 {
                table(spec, &[String::new()], |_| whole.clone(), m)
            } else {
                table(spec, &[String::new(), String::new()], |r| [&whole, &fraction][r].clone(), m)
            }
        }
        FieldKind::Region { lines, .. } => {
            let line = 8.0 * (m.row / 6.2).max(0.85);
            let h = spec.size_mm.1.unwrap_or(if *lines > 0 { line * f64::from(*lines) + m.caption } else { 30.0 });
            solid(spec, spec.size_mm.0.unwrap_or(110.0), h, Vec::new())
        }
        FieldKind::Signature {} => {
            let (w, h) = (spec.size_mm.0.unwrap_or(80.0), spec.size_mm.1.unwrap_or(14.0));
            solid(spec, w, h + m.caption, Vec::new())
        }
    }
}

/// How hundredths of a point are written on a bubble: `,0`, `,25`, `,5`.
fn score_fraction(hundredths: u32) -> String {
    if hundredths.is_multiple_of(10) { format!(",{}", hundredths / 10) } else { format!(",{hundredths:02}") }
}

fn rows(spec: &FieldSpec, labels: usize, m: &Measures) -> Block {
    let number_w = m.number.max(m.char * spec.caption.chars().count() as f64 + 1.5);
    let w = ANCHOR_STRIP + number_w + m.pitch * labels as f64 + NEXT_ANCHOR;
    Block::Rows(Rows { specs: vec![spec.clone()], w, labels, number_w, measures: m.clone() })
}

fn solid(spec: &FieldSpec, w: f64, h: f64, bubbles: Vec<Bubble>) -> Block {
    let caption_w = 2.0 * ANCHOR_STRIP + 1.9 * spec.caption.chars().count() as f64;
    Block::Solid(Solid { spec: spec.clone(), w: w.max(caption_w.min(170.0)), h, bubbles })
}

/// Columns of the digits 0 to 9 downwards, under boxes to write them in.
fn digit_grid(spec: &FieldSpec, digits: u8, decimals: u8, sign: bool, m: &Measures) -> Block {
    let columns = usize::from(digits) + usize::from(sign);
    let comma = if decimals > 0 { m.pitch * 0.5 } else { 0.0 };
    let top = m.caption + m.pitch * 1.25;
    let mut bubbles = Vec::new();
    for column in 0..columns {
        let after_comma = decimals > 0 && column + usize::from(decimals) >= columns;
        let x = ANCHOR_STRIP + 1.0 + m.pitch * (column as f64 + 0.5) + if after_comma { comma } else { 0.0 };
        let labels: Vec<String> =
            if sign && column == 0 { vec!["+".into(), "−".into()] } else { (0..10).map(|d| d.to_string()).collect() };
        for (row, label) in labels.into_iter().enumerate() {
            let mut b = bubble(label, x, top + m.pitch * (row as f64 + 0.5), m.r);
            (b.row, b.column) = (Some(row), Some(column));
            bubbles.push(b);
        }
    }
    let w = 2.0 * (ANCHOR_STRIP + 1.0) + m.pitch * columns as f64 + comma;
    solid(spec, w, top + m.pitch * 10.0 + ANCHOR_SIZE + 0.4, bubbles)
}

/// Labels one under the other, each beside its bubble.
fn list(spec: &FieldSpec, labels: &[String], m: &Measures) -> Block {
    let top = m.caption + ANCHOR_SIZE * 0.5;
    let longest = labels.iter().map(|l| l.chars().count()).filter(|&n| n > 3).max().unwrap_or(0);
    let x = ANCHOR_STRIP + 1.0 + m.pitch / 2.0;
    let bubbles =
        labels.iter().enumerate().map(|(i, l)| bubble(l.clone(), x, top + m.row * (i as f64 + 0.5), m.r)).collect();
    let w = 2.0 * (ANCHOR_STRIP + 1.0) + m.pitch + m.char * longest as f64;
    solid(spec, w, top + m.row * labels.len() as f64 + ANCHOR_SIZE + 0.4, bubbles)
}

/// Rows with a name each, and bubbles across.
fn table(spec: &FieldSpec, names: &[String], labels: impl Fn(usize) -> Vec<String>, m: &Measures) -> Block {
    let longest = names.iter().map(|n| n.chars().count()).max().unwrap_or(0);
    let names_w = if longest == 0 { 0.0 } else { (m.char * longest as f64 + 2.0).min(60.0) };
    let all: Vec<Vec<String>> = (0..names.len()).map(labels).collect();
    let long = all.iter().flatten().map(|l| l.chars().count()).filter(|&n| n > 3).max().unwrap_or(0);
    // Longer labels stand to the right of their bubbles.
    let pitch = m.pitch + if long > 0 { m.char * long as f64 + 1.0 } else { 0.0 };
    let left = ANCHOR_STRIP + 1.0 + names_w;
    let top = m.caption + ANCHOR_SIZE * 0.5;
    let mut bubbles = Vec::new();
    let mut columns = 0;
    for (row, labels) in all.iter().enumerate() {
        columns = columns.max(labels.len());
        for (column, label) in labels.iter().enumerate() {
            let x = left + m.pitch / 2.0 + pitch * column as f64;
            let mut b = bubble(label.clone(), x, top + m.row * (row as f64 + 0.5), m.r);
            (b.row, b.column) = (Some(row), Some(column));
            bubbles.push(b);
        }
    }
    let w = left + pitch * columns as f64 + ANCHOR_STRIP + 1.0;
    solid(spec, w, top + m.row * names.len() as f64 + ANCHOR_SIZE + 0.4, bubbles)
}

fn bubble(label: String, x: f64, y: f64, r: f64) -> Bubble {
    Bubble { label, x: rounded(x), y: rounded(y), rx: rounded(r), ry: rounded(r), row: None, column: None }
}

fn moved(b: &Bubble, dx: f64, dy: f64) -> Bubble {
    Bubble { x: rounded(b.x + dx), y: rounded(b.y + dy), ..b.clone() }
}

fn rounded_area(a: &Area) -> Area {
    Area::new(rounded(a.x), rounded(a.y), rounded(a.w), rounded(a.h))
}
