//! What all candidates print: a 100-question sheet of gabarito's own drawing, and what each student has on it.

use gabarito::print::Package;
use gabarito::print::draw::{self, Drawing, Heading, Path, Shape, Slot, Slots};
use gabarito::sheet::code::{Modules, datamatrix, qr};
use gabarito::sheet::frame::Area;
use gabarito::sheet::{Identity, Layout, SheetKey};
use gabarito::units::MM_PER_POINT;
use serde_json::{Value, json};

pub const WIDTH_PT: f64 = 210.0 / MM_PER_POINT;
pub const HEIGHT_PT: f64 = 297.0 / MM_PER_POINT;
const ROOM: usize = 40;
const UNIT: usize = 25 * ROOM;

pub struct Sheet {
    pub key: SheetKey,
    pub layout: Layout,
    pub drawing: Drawing,
    pub slots: Slots,
}

/// What one student's page has over the static layer. Lengths in points from the bottom left.
pub struct Stamp {
    pub texts: Vec<(f64, f64, f64, String)>,
    /// x, y, width, height of the runs of dark modules of both codes.
    pub modules: Vec<[f64; 4]>,
}

/// 40 students to a room, 1,000 to a unit.
pub fn package(students: usize) -> Value {
    let names = ["Ana Conceição", "João Gonçalves Filho", "Íris Müller de Araújo", "José Antônio da Assunção"];
    let student = |i: usize| json!({"id": format!("s{i}"), "name": names[i % 4], "enrollment": format!("2026{i:06}")});
    let room = |first: usize, last: usize| {
        let n = first % UNIT / ROOM + 1;
        json!({"id": format!("r{first}"), "name": format!("Sala {n}"), "students": (first..last).map(student).collect::<Vec<_>>()})
    };
    let unit = |first: usize| {
        let last = (first + UNIT).min(students);
        let rooms: Vec<Value> = (first..last).step_by(ROOM).map(|r| room(r, (r + ROOM).min(last))).collect();
        json!({"id": format!("u{first}"), "name": format!("Unidade {}", first / UNIT + 1), "rooms": rooms})
    };
    json!({
        "application": {"id": "bench", "title": "Simulado de 100 questões", "date": "2026-11-20",
                        "institution": {"name": "Escola de Exemplo"}},
        "sheet": {"edition": "native", "page": "A4",
                  "fields": [{"type": "choice", "id": "q{n}", "count": 100, "labels": "ABCDE"}]},
        "units": (0..students).step_by(UNIT).map(unit).collect::<Vec<_>>(),
    })
}

impl Sheet {
    pub fn new() -> Self {
        let package = Package::from_json(&package(1)).expect("the package is sound");
        let layout = package.sheets.normal.clone();
        let application = package.application;
        let heading = Heading {
            title: application.title,
            date: application.date,
            institution: application.institution,
            logo: None,
            versions: false,
        };
        let (drawing, slots) = draw::page(&layout, 1, &heading);
        Sheet { key: SheetKey::new(SheetKey::LAPTOP), layout, drawing, slots }
    }

    pub fn stamp(&self, i: usize) -> Stamp {
        let identity = Identity {
            sheet: self.key.sheet_id("bench", &format!("s{i}"), 0),
            page: 1,
            layout: self.layout.id.clone(),
        };
        let names = ["Ana Conceição", "João Gonçalves Filho", "Íris Müller de Araújo", "José Antônio da Assunção"];
        let at = |s: &Slot, text: String| (s.x / MM_PER_POINT, HEIGHT_PT - s.y / MM_PER_POINT, s.size_pt, text);
        let printed = identity.to_printed(&self.key);
        let (first, second) = printed.split_at(printed.len() / 2);
        let s = &self.slots;
        let texts = vec![
            at(&s.name, names[i % 4].to_owned()),
            at(&s.enrollment, format!("2026{i:06}")),
            at(&s.room, format!("Sala {}", i % UNIT / ROOM + 1)),
            at(&s.unit, format!("Unidade {}", i / UNIT + 1)),
            at(&s.printed[0], first.to_owned()),
            at(&s.printed[1], second.to_owned()),
        ];
        let page = &self.layout.content.pages[0];
        let code = identity.to_code(&self.key);
        let mut modules = Vec::new();
        runs(&qr::encode(&code), &page.code, &mut modules);
        runs(&datamatrix::encode(&code), &page.backup.expect("a native sheet has one"), &mut modules);
        Stamp { texts, modules }
    }
}

fn runs(modules: &Modules, area: &Area, out: &mut Vec<[f64; 4]>) {
    let unit = area.w / modules.size as f64 / MM_PER_POINT;
    let (x, y) = (area.x / MM_PER_POINT, HEIGHT_PT - area.y / MM_PER_POINT);
    for row in 0..modules.size {
        let mut column = 0;
        while column < modules.size {
            let run = (column..modules.size).take_while(|&c| modules.get(row, c)).count();
            if run > 0 {
                out.push([x + column as f64 * unit, y - (row + 1) as f64 * unit, run as f64 * unit, unit]);
            }
            column += run.max(1);
        }
    }
}

/// A path as points and Bézier curves, for any library.
pub enum Step {
    Move(f64, f64),
    Line(f64, f64),
    Curve([f64; 6]),
}

/// In points from the bottom left; says whether it is closed.
pub fn steps(path: &Path) -> (Vec<Step>, bool) {
    let at = |x: f64, y: f64| (x / MM_PER_POINT, HEIGHT_PT - y / MM_PER_POINT);
    let polygon = |points: &[(f64, f64)]| {
        let step = |(i, &(x, y)): (usize, &(f64, f64))| {
            let (x, y) = at(x, y);
            if i == 0 { Step::Move(x, y) } else { Step::Line(x, y) }
        };
        points.iter().enumerate().map(step).collect()
    };
    match path {
        Path::Rect(a) => (polygon(&[(a.x, a.y), (a.right(), a.y), (a.right(), a.bottom()), (a.x, a.bottom())]), true),
        Path::Line(points) => (polygon(points), false),
        Path::Polygon(points) => (polygon(points), true),
        &Path::Ellipse { x, y, rx, ry } => {
            let k = 0.552_284_749_8;
            let curve = |a: (f64, f64), b: (f64, f64), c: (f64, f64)| {
                let [a, b, c] = [a, b, c].map(|(u, v)| at(x + u * rx, y + v * ry));
                Step::Curve([a.0, a.1, b.0, b.1, c.0, c.1])
            };
            let (sx, sy) = at(x + rx, y);
            let quarters = vec![
                Step::Move(sx, sy),
                curve((1.0, k), (k, 1.0), (0.0, 1.0)),
                curve((-k, 1.0), (-1.0, k), (-1.0, 0.0)),
                curve((-1.0, -k), (-k, -1.0), (0.0, -1.0)),
                curve((k, -1.0), (1.0, -k), (1.0, 0.0)),
            ];
            (quarters, true)
        }
    }
}

/// The static layer as operators, its texts in the font /F0 as WinAnsi: for the candidates that take operators.
pub fn operators(drawing: &Drawing) -> Vec<u8> {
    use std::io::Write;
    let mut out = Vec::new();
    for shape in &drawing.shapes {
        let (path, paint) = match shape {
            Shape::Fill(path, ink) => {
                let _ = write!(out, "{} g ", ink.0[0]);
                (path, "f\n")
            }
            Shape::Stroke(path, ink, width) => {
                let _ = write!(out, "{} G {:.3} w ", ink.0[0], width / MM_PER_POINT);
                (path, "S\n")
            }
            Shape::Picture(..) => continue,
        };
        let (steps, closed) = steps(path);
        for step in steps {
            let _ = match step {
                Step::Move(x, y) => write!(out, "{x:.2} {y:.2} m "),
                Step::Line(x, y) => write!(out, "{x:.2} {y:.2} l "),
                Step::Curve(c) => {
                    write!(out, "{:.2} {:.2} {:.2} {:.2} {:.2} {:.2} c ", c[0], c[1], c[2], c[3], c[4], c[5])
                }
            };
        }
        let _ = write!(out, "{}{paint}", if closed { "h " } else { "" });
    }
    out.extend_from_slice(b"BT ");
    for text in &drawing.texts {
        let (x, y) = (text.x / MM_PER_POINT, HEIGHT_PT - text.y / MM_PER_POINT);
        let _ = write!(out, "{} g /F0 {} Tf 1 0 0 1 {x:.2} {y:.2} Tm (", text.ink.0[0], text.size_pt);
        out.extend(latin1(&text.text).into_iter().flat_map(|b| match b {
            b'(' | b')' | b'\\' => vec![b'\\', b],
            _ => vec![b],
        }));
        out.extend_from_slice(b") Tj\n");
    }
    out.extend_from_slice(b"ET\n");
    out
}

pub fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'-')).collect()
}
