//! What annotated and explained pages share: the page under a header that says how it was read, its colours and text.

use super::trace::Trace;
use super::view::View;
use super::words::{self, count, number};
use crate::raster::Gray;
use crate::raster::Rgb;
use crate::raster::draw::{Ellipse, Pen};
use crate::raster::rgb::Color;
use crate::raster::text::{Anchor, Font};
use crate::read::result::{FieldReading, FieldStatus, MarkReading, Outcome, PageReading};
use crate::read::warp::Warp;
use crate::sheet::{Bubble, Field, LayoutPage};
use crate::units::{Point, Px};

/// All that is drawn of one page. Without a warp there is only the picture, without a layout there are no fields.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    pub picture: &'a Gray,
    pub warp: Option<&'a Warp>,
    pub page: Option<&'a LayoutPage>,
    pub reading: &'a PageReading,
    pub trace: Option<&'a Trace>,
}

pub(super) const GREEN: Color = [0x12, 0x8A, 0x3E];
pub(super) const AMBER: Color = [0xE0, 0x8A, 0x00];
pub(super) const RED: Color = [0xCF, 0x22, 0x2E];
pub(super) const BLUE: Color = [0x1F, 0x5F, 0xD0];
pub(super) const GRAY: Color = [0x7A, 0x80, 0x88];
pub(super) const VIOLET: Color = [0x8A, 0x3F, 0xC0];
pub(super) const INK: Color = [0x1B, 0x1F, 0x24];
const PAPER: Color = [0xF4, 0xF5, 0xF7];
const WHITE: Color = [0xFF; 3];

/// A canvas is never narrower: its header must be legible over any picture.
const MIN_WIDTH: usize = 640;

pub(super) struct Canvas {
    pub rgb: Rgb,
    pub font: Font<'static>,
    pub view: View,
    /// Size of the small text, in pixels.
    pub text: f64,
    pub header: usize,
}

impl Canvas {
    /// The page upright with its header, and room for `lines` of text below it. `fade` (0 to 1) takes contrast from the
    /// scan, so that what is drawn on it stands out.
    pub fn new(seen: &Seen<'_>, height_px: usize, enlarge: f64, fade: f64, lines: usize) -> Self {
        // Not from a caller: the bytes are in the executable.
        let font = Font::new(include_bytes!("../print/fonts/IBMPlexSans-Regular.ttf")).expect("the embedded font");
        let view = View::new(seen.picture, seen.warp, height_px, enlarge);
        let width = view.width.max(MIN_WIDTH);
        let text = (width as f64 / 80.0).clamp(11.0, 19.0);
        let header = (text * 5.6) as usize;
        let footer = if lines == 0 { 0 } else { (text * (1.0 + 1.45 * lines as f64)) as usize };
        let mut rgb = Rgb::new(width, header + view.height + footer, PAPER);
        let lift = |v: u8| (f64::from(v) + (255.0 - f64::from(v)) * fade) as u8;
        rgb.put_gray(&view.picture(seen.picture), 0, header, lift);
        let mut canvas = Canvas { rgb, font, view: view.under(header), text, header };
        canvas.head(seen.reading);
        canvas
    }

    pub fn write(&mut self, text: &str, x: f64, y: f64, anchor: Anchor, size: f64, color: Color) -> f64 {
        self.font.draw(&mut self.rgb, text, Point::new(x, y), anchor, size, color)
    }

    /// Small text that stays legible over lines, centred at a place on the baseline.
    pub fn note(&mut self, text: &str, x: f64, y: f64, size: f64, color: Color) {
        let half = self.font.width_px(text, size) / 2.0;
        self.rgb.fill_rect(Point::new(x - half, y - size * 0.72), Point::new(x + half, y + size * 0.06), WHITE, 0.8);
        self.write(text, x, y, Anchor::Middle, size, color);
    }

    /// Text on a filled box, centred at a place.
    pub fn badge(&mut self, text: &str, x: f64, y: f64, size: f64, color: Color) {
        let w = self.font.width_px(text, size) + size * 0.6;
        let half = size * 0.6;
        self.rgb.fill_rect(Point::new(x - w / 2.0, y - half), Point::new(x + w / 2.0, y + half), color, 0.92);
        self.write(text, x, y + size * 0.36, Anchor::Middle, size, WHITE);
    }

    fn head(&mut self, r: &PageReading) {
        let (width, text) = (self.rgb.width as f64, self.text);
        let color = outcome_color(r.outcome);
        let large = text * 1.25;
        let (pad, first) = (text * 0.8, text * 1.75);
        self.rgb.fill_rect(
            Point::new(0.0, self.header as f64 - 2.0),
            Point::new(width, self.header as f64),
            color,
            1.0,
        );
        let word = words::outcome(r.outcome).to_uppercase();
        let chip = self.font.width_px(&word, large) + large;
        self.rgb.fill_rect(
            Point::new(pad, first - large * 1.05),
            Point::new(pad + chip, first + large * 0.42),
            color,
            1.0,
        );
        self.write(&word, pad + chip / 2.0, first, Anchor::Middle, large, WHITE);

        let who = identity(r);
        let who_width = self.font.width_px(&who, text);
        self.write(&who, width - pad, first, Anchor::Right, text, INK);
        let source = format!("{} · página {}", r.source.file, r.source.page);
        let left = pad + chip + text;
        let source = self.font.fitted(&source, text, width - pad - who_width - text - left);
        self.write(&source, left, first, Anchor::Left, text, INK);

        let second = first + text * 1.6;
        let how = registration(r);
        let how_width = self.font.width_px(&how, text);
        self.write(&how, width - pad, second, Anchor::Right, text, GRAY);
        let tally = self.font.fitted(&tally(r), text, width - 3.0 * pad - how_width);
        self.write(&tally, pad, second, Anchor::Left, text, INK);
        let issues = r.issues.iter().map(words::issue_line).collect::<Vec<_>>().join("; ");
        let issues = self.font.fitted(&issues, text, width - 2.0 * pad);
        self.write(&issues, pad, second + text * 1.5, Anchor::Left, text, color);
    }

    /// Samples with their meaning, from left to right under the page, on line `line`.
    pub fn legend(&mut self, line: usize, entries: &[(Symbol, Color, &str)]) {
        let (mut x, y) = (self.text * 0.8, self.below(line));
        let s = self.text * 0.45;
        for &(symbol, color, meaning) in entries {
            let at = Point::new(x + s, y - self.text * 0.33);
            let pen = Pen::new(color, 2.0);
            match symbol {
                Symbol::Ring => self.rgb.ring(Ellipse::circle(at, s), pen),
                Symbol::Box => self.boxed(at.x - s, at.y - s, at.x + s, at.y + s, pen),
                Symbol::Cross => self.cross(at, s, pen),
                Symbol::Arrow => {
                    self.rgb.arrow(Point::new(at.x - s, at.y + s * 0.7), Point::new(at.x + s, at.y - s * 0.7), pen)
                }
            }
            x = self.write(meaning, x + 2.0 * s + self.text * 0.4, y, Anchor::Left, self.text * 0.9, INK) + self.text;
        }
    }

    /// The baseline of a line of text under the page.
    pub fn below(&self, line: usize) -> f64 {
        (self.header + self.view.height) as f64 + self.text * (1.5 + 1.45 * line as f64)
    }

    pub fn boxed(&mut self, x0: f64, y0: f64, x1: f64, y1: f64, pen: Pen) {
        self.rgb.polygon(&[Point::new(x0, y0), Point::new(x1, y0), Point::new(x1, y1), Point::new(x0, y1)], pen);
    }

    pub fn cross(&mut self, at: Point<Px>, half: f64, pen: Pen) {
        self.rgb.line(Point::new(at.x - half, at.y), Point::new(at.x + half, at.y), pen);
        self.rgb.line(Point::new(at.x, at.y - half), Point::new(at.x, at.y + half), pen);
    }

    /// A field's box on the page, its corners in order; `out_mm` larger on every side.
    pub fn field_box(&self, warp: &Warp, field: &Field, out_mm: f64) -> [Point<Px>; 4] {
        let a = field.area;
        let (x0, y0, x1, y1) = (a.x - out_mm, a.y - out_mm, a.right() + out_mm, a.bottom() + out_mm);
        [(x0, y0), (x1, y0), (x1, y1), (x0, y1)].map(|(x, y)| self.view.on_paper(warp, x, y))
    }

    /// The registration marks: as traced, or else where the layout has them.
    pub fn marks(&mut self, seen: &Seen<'_>) {
        let pen = Pen::new(BLUE, 2.0);
        let size = self.text * 0.55;
        match (seen.trace, seen.warp, seen.page) {
            (Some(trace), ..) => {
                for found in trace.marks.iter().filter_map(|m| m.found) {
                    let at = self.view.place(found);
                    self.cross(at, size, pen);
                }
            }
            (None, Some(warp), Some(page)) => {
                for mark in &page.fiducials {
                    let at = self.view.on_paper(warp, mark.x, mark.y);
                    self.cross(at, size, pen);
                }
            }
            _ => {}
        }
    }
}

#[derive(Clone, Copy)]
pub(super) enum Symbol {
    Ring,
    Box,
    Cross,
    Arrow,
}

pub(super) fn status_color(s: FieldStatus) -> Color {
    match s {
        FieldStatus::Answered => GREEN,
        FieldStatus::Blank => GRAY,
        FieldStatus::Multiple | FieldStatus::Invalid => RED,
        FieldStatus::Doubtful => AMBER,
    }
}

fn outcome_color(o: Outcome) -> Color {
    match o {
        Outcome::Read => GREEN,
        Outcome::Review => AMBER,
        Outcome::Blank | Outcome::Foreign => GRAY,
        Outcome::Unidentified | Outcome::Error => RED,
    }
}

/// The fields of the page that were read, each with its place.
pub(super) fn placed<'a>(seen: &Seen<'a>) -> impl Iterator<Item = (&'a Field, &'a FieldReading)> {
    let reading = seen.reading;
    let fields = seen.page.map_or(&[][..], |p| &p.fields);
    fields.iter().filter_map(|f| Some((f, reading.fields.iter().find(|r| r.id == f.id)?)))
}

/// A field's bubbles, each with what was measured there.
pub(super) fn bubbles<'a>(f: &'a Field, r: &'a FieldReading) -> impl Iterator<Item = (&'a Bubble, &'a MarkReading)> {
    let fits = |b: &Bubble, m: &MarkReading| (&b.label, b.row, b.column) == (&m.label, m.row, m.column);
    f.bubbles.iter().enumerate().filter_map(move |(i, b)| {
        // Marks are in the layout's order; searching is for readings that a person has changed.
        let mark = r.marks.get(i).filter(|m| fits(b, m)).or_else(|| r.marks.iter().find(|m| fits(b, m)))?;
        Some((b, mark))
    })
}

/// Whether the mark counts as marked. In a field of several positions one label is there many times.
pub(super) fn counts(r: &FieldReading, m: &MarkReading) -> bool {
    let alone = m.row.is_none() && m.column.is_none();
    r.marked.contains(&m.label) && (alone || m.probability >= 0.5)
}

fn identity(r: &PageReading) -> String {
    let mut said = Vec::new();
    if let Some(sheet) = &r.sheet {
        said.extend(sheet.id.as_ref().map(|id| format!("folha {id}")));
        said.extend(sheet.page.map(|p| format!("pág. {p}")));
    }
    said.extend(r.identified_by.map(|by| format!("por {}", words::identified_by(by))));
    if said.is_empty() { "folha desconhecida".to_owned() } else { said.join(" · ") }
}

fn registration(r: &PageReading) -> String {
    let Some(g) = &r.registration else { return "sem registro".to_owned() };
    format!(
        "{} dpi · giro {}°{} · {} · resíduo {} mm",
        number(g.dpi, 0),
        g.rotation,
        if g.mirrored { " · espelhada" } else { "" },
        count(g.marks, "marca", "marcas"),
        number(g.residual_mm, 2),
    )
}

fn tally(r: &PageReading) -> String {
    use FieldStatus::*;
    let mut said = Vec::new();
    for status in [Answered, Blank, Multiple, Invalid, Doubtful] {
        let n = r.fields.iter().filter(|f| f.status == status).count();
        if n > 0 {
            let word = match (status, n) {
                (Answered, 1) => "respondido",
                (Answered, _) => "respondidos",
                (Invalid, n) if n > 1 => "inválidos",
                (s, _) => words::status(s),
            };
            said.push(format!("{n} {word}"));
        }
    }
    said.join(" · ")
}
