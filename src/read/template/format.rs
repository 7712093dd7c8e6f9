//! What is where on a sheet that somebody else designed, in either notation: ours ([`super::native`]) or that of
//! OMRChecker ([`super::omrchecker`]).
//!
//! Lengths are the template's own units, x to the right, y down, from the top-left corner of what registration finds: the
//! sheet's outline, the rectangle of its markers, or the whole picture. They take the place of [`Mm`] here.

use super::levels::Levels;
use super::{config, native, omrchecker};
use crate::json::{Fault, Faults};
use crate::raster::gray::Gray;
use crate::sheet::FieldKind;
use crate::sheet::frame::Area;
use crate::units::{Mm, Point};
use serde_json::Value;
use std::path::Path;

pub(super) const MAX_BUBBLES: usize = 20_000;
const MAX_FILE_BYTES: u64 = 16 << 20;

#[derive(Clone, Debug, Default)]
pub struct Template {
    pub width: f64,
    pub height: f64,
    /// The page's width on paper, where the template says it.
    pub width_mm: Option<f64>,
    pub blocks: Vec<Block>,
    pub fields: Vec<Field>,
    /// What is reported, in order: fields on their own, and labels that join several.
    pub outputs: Vec<Output>,
    /// The sheet's outline is looked for.
    pub crop_page: bool,
    pub markers: Option<Markers>,
    /// A picture of the page that the sheets are laid over.
    pub reference: Option<Gray>,
    pub levels: Option<Levels>,
    /// A page with a field of several marks is for a person.
    pub review_multiple: bool,
    /// Where a QR or Data Matrix says whose sheet it is.
    pub code: Option<Area>,
    /// What the template asks for and has no effect here, with the reason.
    pub notes: Vec<String>,
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

#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    Single(usize),
    /// The texts of several fields, one after the other.
    Concat {
        id: String,
        parts: Vec<usize>,
    },
    /// Several fields, each a column or a row, that mean what one of our field types means.
    Typed {
        id: String,
        kind: FieldKind,
        parts: Vec<usize>,
    },
}

impl Output {
    pub fn id<'a>(&'a self, fields: &'a [Field]) -> &'a str {
        match self {
            Output::Single(i) => &fields[*i].id,
            Output::Concat { id, .. } | Output::Typed { id, .. } => id,
        }
    }

    pub fn parts(&self) -> &[usize] {
        match self {
            Output::Single(i) => std::slice::from_ref(i),
            Output::Concat { parts, .. } | Output::Typed { parts, .. } => parts,
        }
    }
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
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("not valid: {}", .0.iter().map(Fault::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Fault>),
}

impl Template {
    /// Reads a template file, with the pictures that lie beside it and the `config.json` that belongs to it.
    pub fn open(path: &Path) -> Result<Self, TemplateError> {
        let failed = |source| TemplateError::File { path: path.display().to_string(), source };
        let text = read_limited(path).map_err(failed)?;
        let mut template = Self::parse(&text, |relative| beside(path, relative))?;
        config::apply(path, &mut template)?;
        Ok(template)
    }

    /// `file` gives the bytes of a file by its path relative to the template.
    pub fn parse(json: &[u8], file: impl Fn(&str) -> Result<Vec<u8>, String>) -> Result<Self, TemplateError> {
        let value: Value = serde_json::from_slice(json)?;
        let mut faults = Faults::default();
        let template = if value.get("format").is_some() {
            native::template(&value, &file, &mut faults)
        } else {
            omrchecker::template(&value, &file, &mut faults)
        };
        if faults.0.is_empty() { Ok(template) } else { Err(TemplateError::Invalid(faults.0)) }
    }

    pub fn bubble_count(&self) -> usize {
        self.fields.iter().map(|f| f.bubbles.len()).sum()
    }

    /// The bubbles of a block, field after field.
    pub fn bubbles<'t>(&'t self, block: &Block) -> impl Iterator<Item = &'t Bubble> + use<'t> {
        self.fields[block.fields.clone()].iter().flat_map(|f| &f.bubbles)
    }

    /// Adds a block; says what is wrong with it otherwise. Fields and bubbles that other blocks have are refused, and
    /// bubbles off the page.
    pub(super) fn add(&mut self, block: NewBlock, path: &str, f: &mut Faults) {
        let (w, h) = block.size;
        let before = f.0.len();
        let first = self.fields.len();
        let index = self.blocks.len();
        if self.bubble_count() + block.lines.iter().map(|l| l.bubbles.len()).sum::<usize>() > MAX_BUBBLES {
            f.add(path, format!("too many bubbles; at most {MAX_BUBBLES} are expected"));
            return;
        }
        for line in block.lines {
            if self.fields.iter().any(|other| other.id == line.id) {
                f.add(path, format!("the field {} is there twice", line.id));
            }
            let inside = |b: &Bubble| {
                let (x, y) = (b.centre.x, b.centre.y);
                x - w / 2.0 >= 0.0 && y - h / 2.0 >= 0.0 && x + w / 2.0 <= self.width && y + h / 2.0 <= self.height
            };
            if !line.bubbles.iter().all(inside) {
                f.add(path, format!("bubbles of {} lie beyond the page of {} × {}", line.id, self.width, self.height));
            }
            let empty_value = block.empty_value.clone();
            self.fields.push(Field { id: line.id, block: index, empty_value, bubbles: line.bubbles });
        }
        if f.0.len() > before {
            self.fields.truncate(first);
            return;
        }
        let (step_x, step_y) = block.steps;
        let fields = first..self.fields.len();
        self.blocks.push(Block { name: block.name, step_x, step_y, rx: w / 2.0, ry: h / 2.0, fields });
    }
}

/// A block before it has a place among the others.
pub(super) struct NewBlock {
    pub name: String,
    pub size: (f64, f64),
    pub steps: (f64, f64),
    pub empty_value: String,
    pub lines: Vec<Line>,
}

pub(super) struct Line {
    pub id: String,
    pub bubbles: Vec<Bubble>,
}

/// A lattice in its notation: the centre of its first bubble, and the steps to the next label and to the next field.
pub(super) struct Lattice {
    pub first: (f64, f64),
    pub size: (f64, f64),
    pub labels: Vec<String>,
    pub ids: Vec<String>,
    /// Labels run downwards, and fields to the right.
    pub down: bool,
    pub step: f64,
    /// From each field to the next: one number where all are equal.
    pub next: Vec<f64>,
}

impl Lattice {
    /// The steps along x and y, and the fields.
    pub fn lines(self, path: &str, f: &mut Faults) -> Option<((f64, f64), Vec<Line>)> {
        let (w, h) = self.size;
        let (along, across) = if self.down { (h, w) } else { (w, h) };
        let (n, labels) = (self.ids.len(), self.labels.len());
        // The product is held against the limit before anything is made.
        if n.saturating_mul(labels) > MAX_BUBBLES {
            f.add(path, format!("too many bubbles; at most {MAX_BUBBLES} are expected"));
            return None;
        }
        let least = self.next.iter().copied().fold(f64::MAX, f64::min);
        if labels > 1 && self.step < 0.6 * along || n > 1 && least < 0.6 * across {
            f.add(path, "the bubbles overlap: gaps of at least the bubble's size are expected");
            return None;
        }
        // With one field or one label there is no lattice in that direction; the neighbourhood is twice the bubble.
        let label_step = if labels > 1 { self.step } else { 2.0 * along };
        let field_step = if n > 1 { least } else { 2.0 * across };
        let place = |i: usize| match self.next[..] {
            [one] => i as f64 * one,
            _ => self.next.iter().take(i).sum(),
        };
        let field = |(i, id): (usize, String)| {
            let bubble = |(j, value): (usize, &String)| {
                let (column, row) = if self.down { (i, j) } else { (j, i) };
                let (across, along) = (place(i), j as f64 * label_step);
                let (dx, dy) = if self.down { (across, along) } else { (along, across) };
                let centre = Point::new(self.first.0 + dx, self.first.1 + dy);
                Bubble { value: value.clone(), centre, column, row }
            };
            Line { id, bubbles: self.labels.iter().enumerate().map(bubble).collect() }
        };
        let steps = if self.down { (field_step, label_step) } else { (label_step, field_step) };
        Some((steps, self.ids.into_iter().enumerate().map(field).collect()))
    }
}

/// The bytes of a file named relative to another.
pub(super) fn beside(path: &Path, relative: &str) -> Result<Vec<u8>, String> {
    if Path::new(relative).is_absolute() {
        return Err("a path relative to the template is expected".to_owned());
    }
    read_limited(&path.parent().unwrap_or(Path::new(".")).join(relative)).map_err(|e| e.to_string())
}

pub(super) fn read_limited(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(std::io::Error::other(format!("larger than {MAX_FILE_BYTES} bytes")));
    }
    Ok(bytes)
}
