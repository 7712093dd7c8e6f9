//! A made-up scan with its reading, for tests of the pictures: no printer and no reader is in it.

use super::canvas::Seen;
use super::samples;
use super::trace::{AnchorTrace, CodeTrace, MarkTrace, Trace};
use crate::raster::Gray;
use crate::raster::draw::{Ellipse, Pen};
use crate::raster::rgb::Rgb;
use crate::raster::text::{Anchor, Font};
use crate::read::result::*;
use crate::read::warp::{Shift, Warp};
use crate::sheet::place::{Order, place};
use crate::sheet::{Layout, PageFormat};
use crate::units::{Homography, Mm, Point, Px};
use serde_json::json;

pub struct Sheet {
    pub layout: Layout,
    pub picture: Gray,
    pub warp: Warp,
    pub reading: PageReading,
    pub trace: Trace,
}

const PX_PER_MM: f64 = 200.0 / 25.4;

impl Sheet {
    /// An A4 sheet scanned at 200 dpi, turned clockwise by quarters and by half a degree.
    pub fn scanned(turn: u16) -> Sheet {
        let specs = crate::sheet::place::tests::specs(json!([
            {"type": "choice", "id": "q{n}", "count": 60, "labels": "ABCDE"},
            {"type": "id_grid", "id": "matricula", "digits": 8},
        ]));
        let layout = place(&Order::new(PageFormat::A4), &specs).unwrap();
        let base = scan_map(turn);
        let page = &layout.content.pages[0];
        let shifts: Vec<Shift> = (page.anchors.iter().zip(0..))
            .map(|(a, i)| Shift { at: Point::new(a.x, a.y), dx_px: 1.5 - f64::from(i % 4), dy_px: f64::from(i % 3) })
            .collect();
        let warp = Warp::with_shifts(base, shifts, 40.0);
        let reading = reading(&layout, turn);
        let picture = drawn(&layout, &warp, &reading, turn);
        let trace = trace(&layout, &warp);
        Sheet { layout, picture, warp, reading, trace }
    }

    pub fn seen(&self) -> Seen<'_> {
        Seen {
            picture: &self.picture,
            warp: Some(&self.warp),
            page: self.layout.content.pages.first(),
            reading: &self.reading,
            trace: Some(&self.trace),
        }
    }
}

fn scan_map(turn: u16) -> Homography<Mm, Px> {
    let (w, h) = (210.0, 297.0);
    let (sin, cos) = (f64::from(turn) + 0.5).to_radians().sin_cos();
    let (out_w, out_h) = if turn.is_multiple_of(180) { (w, h) } else { (h, w) };
    let s = PX_PER_MM;
    Homography::new([
        s * cos,
        -s * sin,
        s * (out_w / 2.0 - cos * w / 2.0 + sin * h / 2.0),
        s * sin,
        s * cos,
        s * (out_h / 2.0 - sin * w / 2.0 - cos * h / 2.0),
        0.0,
        0.0,
        1.0,
    ])
}

/// The questions go through all that can be said of one; the grid has one doubtful column.
fn reading(layout: &Layout, turn: u16) -> PageReading {
    let said = ["A", "B", "", "AC", "D?", "E", "C", "B"];
    let answers: Vec<&str> = (0..60).map(|i| said[i % said.len()]).collect();
    let mut reading = samples::page("turma 3º A – manhã.pdf", 4, &answers);
    if let Some(g) = &mut reading.registration {
        g.rotation = turn;
    }
    reading.issues =
        vec![Issue::new("doubtful_fields", "8 of 61"), Issue::new("low_resolution", "120 dpi; 200 is advised")];
    let faint = &mut reading.fields[4].marks[3];
    (faint.state, faint.ink) = (MarkState::Faint, 0.31);
    let grid = layout.content.pages[0].fields.iter().find(|f| f.id == "matricula").unwrap();
    let marks: Vec<MarkReading> = (grid.bubbles.iter())
        .map(|b| {
            let digit = b.column.map_or(0, |c| (c * 3 + 2) % 10);
            let filled = b.label == digit.to_string();
            MarkReading {
                label: b.label.clone(),
                ink: if filled { 0.88 } else { 0.03 },
                state: if filled { MarkState::Filled } else { MarkState::Empty },
                probability: if filled { 0.99 } else { 0.01 },
                row: b.row,
                column: b.column,
            }
        })
        .collect();
    reading.fields.push(FieldReading {
        id: "matricula".into(),
        kind: "id_grid".into(),
        status: FieldStatus::Answered,
        marked: (0..8).map(|c| ((c * 3 + 2) % 10).to_string()).collect(),
        value: Some("25814703".into()),
        confidence: 0.998,
        marks,
    });
    reading
}

/// Bubbles, letters and pen marks, drawn on the scan upright in its own direction.
fn drawn(layout: &Layout, warp: &Warp, reading: &PageReading, turn: u16) -> Gray {
    let side = |mm: f64| (mm * PX_PER_MM).round() as usize;
    let (w, h) = if turn.is_multiple_of(180) { (side(210.0), side(297.0)) } else { (side(297.0), side(210.0)) };
    let mut rgb = Rgb::new(w, h, [246; 3]);
    let font = Font::new(include_bytes!("../print/fonts/IBMPlexSans-Regular.ttf")).unwrap();
    let page = &layout.content.pages[0];
    let circle = |x, y, r: f64| Ellipse::circle(warp.to_picture(Point::new(x, y)), r * PX_PER_MM);
    for f in &page.fiducials {
        rgb.disc(circle(f.x, f.y, f.size / 2.0), [30; 3], 1.0);
    }
    for a in &page.anchors {
        rgb.disc(circle(a.x, a.y, a.size / 2.0), [30; 3], 1.0);
    }
    for field in &page.fields {
        let read = reading.fields.iter().find(|r| r.id == field.id).unwrap();
        for (b, m) in field.bubbles.iter().zip(&read.marks) {
            let e = circle(b.x, b.y, b.rx);
            rgb.ring(e, Pen::new([170; 3], 1.2));
            let at = Point::new(e.centre.x, e.centre.y + 6.0);
            font.draw(&mut rgb, &b.label, at, Anchor::Middle, 16.0, [180; 3]);
            rgb.disc(circle(b.x + 0.2, b.y - 0.1, b.rx * 0.9), [60; 3], if m.ink > 0.2 { m.ink } else { 0.0 });
        }
    }
    Gray::from_vec(w, h, rgb.data.chunks_exact(3).map(|c| c[0]).collect())
}

fn trace(layout: &Layout, warp: &Warp) -> Trace {
    let page = &layout.content.pages[0];
    let off = |p: Point<Px>, i: usize| Point::new(p.x + [0.8, -0.5, 1.1][i % 3], p.y + [0.4, 0.9][i % 2]);
    let marks = (page.fiducials.iter().enumerate()).map(|(i, f)| {
        let expected = Point::new(f.x, f.y);
        MarkTrace { expected, found: (i != 6).then(|| off(warp.base.apply(expected), i)), ok: i != 6 && i != 2 }
    });
    let anchors = (page.anchors.iter().enumerate()).map(|(i, a)| {
        let expected = Point::new(a.x, a.y);
        AnchorTrace { expected, found: (i != 1).then(|| warp.to_picture(expected)) }
    });
    let window = |a: crate::sheet::frame::Area| {
        [(a.x, a.y), (a.right(), a.y), (a.right(), a.bottom()), (a.x, a.bottom())]
            .map(|(x, y)| warp.to_picture(Point::new(x, y)))
    };
    Trace {
        marks: marks.collect(),
        codes: vec![
            CodeTrace { name: "QR".into(), corners: window(page.code), decoded: false },
            CodeTrace { name: "reserva".into(), corners: window(page.backup.unwrap_or_default()), decoded: true },
        ],
        anchors: anchors.collect(),
        window: 0.8,
    }
}
