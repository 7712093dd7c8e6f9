//! A Lize sheet's static layer. Rings, code, rows and grid are where they were measured, and look as they did; the
//! header, the instructions and a discursive sheet's boxes are ours.

use super::pen::{Align, Ink, Path, Pen, cap_mm};
use super::{Heading, Slot, Slots, frame};
use crate::print::typeface::Style;
use crate::sheet::field::FieldKind;
use crate::sheet::frame::Area;
use crate::sheet::lize::Block;
use crate::sheet::lize::models::{BUBBLE_R, Rule};
use crate::sheet::{Bubble, Field, LayoutPage};
use crate::units::MM_PER_POINT;

const OUTLINE: Ink = Ink::rgb(0x46, 0x46, 0x46);
const LETTER: Ink = Ink::rgb(0, 0, 0x80);
const SHADE: Ink = Ink::rgb(0xEA, 0xED, 0xF3);
const OUTLINE_MM: f64 = 0.26;
const LETTER_PT: f64 = 6.5;

/// Of the code's text, over the header.
const CODE_PT: f64 = 8.32;
const CODE_TOP: f64 = 15.83 * MM_PER_POINT;

const HEADER: Area = Area::new(11.97, 13.2, 188.0, 21.3);
const QR_CELL: f64 = 22.6;
const LINE_MM: f64 = 0.2;

/// `blocks` are those of the sheet's model: what it reserves and hides is drawn in the ground's colour.
pub fn page(pen: &mut Pen, page: &LayoutPage, blocks: &[Block], heading: &Heading) -> Slots {
    for ring in &page.fiducials {
        for (part, ink) in [(1.0, Ink::SOLID), (0.68, Ink::PAPER), (0.38, Ink::SOLID)] {
            pen.disc(ring.x, ring.y, part * ring.size / 2.0, ink);
        }
    }
    frame::finders(pen, &page.code);
    let slots = header(pen, heading);
    let grid = page.fields.iter().any(|f| matches!(f.kind, FieldKind::IdGrid { .. }));
    let boxes = page.fields.iter().any(|f| matches!(f.kind, FieldKind::Score { .. }));
    if !boxes {
        instructions(pen, if grid { 132.0 } else { 174.0 });
    }
    for block in blocks {
        for (n, full) in block.fields.iter().enumerate() {
            let Some(field) = page.fields.iter().find(|f| f.id == full.id) else { continue };
            match block.rule {
                Rule::Rows => row(pen, n, field, full),
                Rule::Boxes => answer_box(pen, field, &block.codes[n]),
                Rule::Whole => whole(pen, field),
            }
        }
    }
    slots
}

fn rectangle(pen: &mut Pen, a: &Area, width_mm: f64) {
    pen.stroke(Path::Rect(*a), Ink::SOLID, width_mm);
}

fn bubble(pen: &mut Pen, b: &Bubble, outline: Ink, letter: Option<Ink>) {
    let r = BUBBLE_R - OUTLINE_MM / 2.0;
    pen.stroke(Path::Ellipse { x: b.x, y: b.y, rx: r, ry: r }, outline, OUTLINE_MM);
    if let Some(ink) = letter {
        pen.centred(Style::Regular, LETTER_PT, ink, b.x, b.y, 2.0 * BUBBLE_R, &b.label);
    }
}

/// A question: odd ones are shaded, and the alternatives that it has not are hidden in the row's colour.
fn row(pen: &mut Pen, n: usize, field: &Field, full: &Field) {
    let shaded = n.is_multiple_of(2);
    if shaded {
        pen.fill(Path::Rect(field.area), SHADE);
    }
    let Some(first) = field.bubbles.first() else { return };
    let y = first.y + cap_mm(Style::Regular, 7.5) / 2.0;
    let right = first.x - BUBBLE_R - 2.2;
    pen.write(Style::Regular, 7.5, Ink::SOLID, Align::Right, right, y, right - field.area.x, &field.caption);
    for (i, b) in full.bubbles.iter().enumerate() {
        let hidden = if shaded { SHADE } else { Ink::PAPER };
        let (outline, letter) = if i < field.bubbles.len() { (OUTLINE, LETTER) } else { (hidden, hidden) };
        bubble(pen, b, outline, Some(letter));
    }
}

fn whole(pen: &mut Pen, field: &Field) {
    let a = &field.area;
    let FieldKind::IdGrid { digits, .. } = field.kind else { return beside(pen, field) };
    let step = a.w / f64::from(digits);
    let boxes = a.y - 5.2;
    for column in 0..digits {
        let x = a.x + step * f64::from(column);
        if column.is_multiple_of(2) {
            pen.fill(Path::Rect(Area::new(x, a.y, step, a.h)), SHADE);
        }
        rectangle(pen, &Area::new(x + 0.2, boxes, step - 0.4, 4.6), LINE_MM);
    }
    pen.write(Style::Bold, 8.0, Ink::SOLID, Align::Center, a.x + a.w / 2.0, boxes - 1.4, a.w, &field.caption);
    field.bubbles.iter().for_each(|b| bubble(pen, b, OUTLINE, Some(LETTER)));
}

/// Labels to the right of their bubbles.
fn beside(pen: &mut Pen, field: &Field) {
    let a = &field.area;
    pen.write(Style::Bold, 8.0, Ink::SOLID, Align::Left, a.x, a.y - 1.2, a.w, &field.caption);
    for b in &field.bubbles {
        bubble(pen, b, OUTLINE, None);
        let y = b.y + cap_mm(Style::Regular, 8.0) / 2.0;
        pen.write(Style::Regular, 8.0, Ink::SOLID, Align::Left, b.x + BUBBLE_R + 1.2, y, 24.0, &b.label);
    }
}

/// A discursive question: its border, its score bubbles under their values, and lines to write on.
fn answer_box(pen: &mut Pen, field: &Field, code: &Area) {
    let a = &field.area;
    rectangle(pen, a, 0.4);
    frame::finders(pen, code);
    let title = format!("Questão {}", field.caption);
    pen.write(Style::Bold, 10.0, Ink::SOLID, Align::Left, a.x + 3.0, a.y + 6.5, 60.0, &title);
    let Some(first) = field.bubbles.first() else { return };
    let (right, small) = (first.x - BUBBLE_R - 2.0, 6.5);
    let note = first.y + cap_mm(Style::Regular, small) / 2.0;
    pen.write(Style::Regular, small, Ink::QUIET, Align::Right, right, note, 40.0, "Nota (uso do professor)");
    for b in &field.bubbles {
        bubble(pen, b, OUTLINE, None);
        pen.write(Style::Regular, 6.0, Ink::TEXT, Align::Center, b.x, b.y - BUBBLE_R - 1.0, 4.4, &b.label);
    }
    let top = code.bottom() + 4.5;
    let lines = ((a.bottom() - 1.0 - top) / 7.5).floor().max(0.0) as usize;
    for i in 0..=lines {
        pen.level(a.x + 3.0, a.right() - 3.0, top + 7.5 * i as f64, Ink::HAIRLINE);
    }
}

fn header(pen: &mut Pen, heading: &Heading) -> Slots {
    let (a, cell) = (HEADER, HEADER.right() - QR_CELL);
    rectangle(pen, &a, LINE_MM);
    let row_h = a.h / 3.0;
    let line = |pen: &mut Pen, from: (f64, f64), to: (f64, f64)| {
        pen.stroke(Path::Line(vec![from, to]), Ink::SOLID, LINE_MM);
    };
    line(pen, (cell, a.y), (cell, a.bottom()));
    for i in 1..3 {
        let y = a.y + row_h * f64::from(i);
        line(pen, (a.x, y), (cell, y));
    }
    let title = [heading.institution.as_str(), &heading.title].into_iter().filter(|t| !t.is_empty());
    let title = title.collect::<Vec<_>>().join(" · ");
    let date_x = cell - 34.0;
    let baseline = |row: usize, size: f64| a.y + row_h * (row as f64 + 1.0) - (row_h - cap_mm(Style::Bold, size)) / 2.0;
    pen.write(Style::Bold, 10.0, Ink::SOLID, Align::Left, a.x + 2.0, baseline(0, 10.0), date_x - a.x - 4.0, &title);
    pen.write(Style::Regular, 9.0, Ink::SOLID, Align::Left, date_x + 2.0, baseline(0, 9.0), 30.0, &heading.date);
    // A label in the upper left corner of its cell, and a slot beneath.
    let mut slot = |row: usize, x: f64, right: f64, label: &str| {
        let top = a.y + row_h * row as f64;
        let y = top + 0.9 + cap_mm(Style::Regular, 5.5);
        pen.write(Style::Regular, 5.5, Ink::QUIET, Align::Left, x + 2.0, y, right - x - 4.0, label);
        if x > a.x {
            line(pen, (x, top), (x, top + row_h));
        }
        Slot { x: x + 2.0, y: top + row_h - 1.5, w: right - x - 4.0, size_pt: 9.5 }
    };
    let (name, enrollment) = (slot(1, a.x, date_x, "Nome"), slot(1, date_x, cell, "Matrícula"));
    let (unit, room) = (slot(2, a.x, a.x + 75.0, "Unidade"), slot(2, a.x + 75.0, date_x, "Sala"));
    let version = slot(2, date_x, cell, if heading.versions { "Versão" } else { "" });
    let code = Slot { x: 105.0, y: CODE_TOP + cap_mm(Style::Mono, CODE_PT), w: 190.0, size_pt: CODE_PT };
    Slots { name, enrollment, room, unit, version, printed: [code, Slot::default()] }
}

fn instructions(pen: &mut Pen, width: f64) {
    const SENTENCES: [&str; 4] = [
        "Preencha o círculo por inteiro, com caneta esferográfica azul ou preta.",
        "Marca errada não se apaga: avise o aplicador ou peça outra folha.",
        "Não dobre, não amasse e não escreva sobre o código e os alvos dos cantos.",
        "Confira seu nome antes de começar.",
    ];
    pen.write(Style::Bold, 9.0, Ink::SOLID, Align::Left, 18.0, 56.0, width, "Instruções");
    for (i, sentence) in SENTENCES.iter().enumerate() {
        pen.write(Style::Regular, 8.5, Ink::TEXT, Align::Left, 18.0, 61.5 + 4.8 * i as f64, width, sentence);
    }
}
