//! Fields: bubbles with their letters, and what tells a person what to do with them.

use super::pen::{Align, Ink, Path, Pen, cap_mm};
use super::{digits, table};
use crate::print::fit;
use crate::print::typeface::Style;
use crate::sheet::field::{FieldKind, SumStyle};
use crate::sheet::frame::Area;
use crate::sheet::{Bubble, Field};
use crate::units::MM_PER_POINT;

const OUTLINE_MM: f64 = 0.25;
/// From a block's edge to what stands in it: past the anchors at its corners.
pub const INSET: f64 = 2.8;

pub fn draw(pen: &mut Pen, field: &Field) {
    use FieldKind::*;
    for bubble in &field.bubbles {
        draw_bubble(pen, bubble);
    }
    match &field.kind {
        Choice { .. } | Sum { style: SumStyle::Bubbles, .. } if one_row(field) => number(pen, field),
        Sum { .. } | Numeric { .. } | IdGrid { .. } => {
            block(pen, field, "");
            digits::draw(pen, field);
        }
        Choice { .. } | Version { .. } | Language { .. } => {
            block(pen, field, "");
            beside(pen, field);
        }
        Flag { .. } => {
            block(pen, field, "");
            beside(pen, field);
        }
        Matrix { .. } => {
            block(pen, field, "");
            table::draw(pen, field);
        }
        Score { .. } | Competence { .. } => {
            block(pen, field, "uso do professor");
            table::draw(pen, field);
        }
        Region { lines, .. } => {
            block(pen, field, "");
            ruled(pen, field, *lines);
        }
        Signature {} => {
            block(pen, field, "");
            let a = &field.area;
            pen.level(a.x + INSET, a.right() - INSET, a.bottom() - 3.2, Ink::QUIET);
        }
    }
}

fn one_row(field: &Field) -> bool {
    match field.bubbles.first() {
        Some(first) => field.bubbles.iter().all(|b| b.y == first.y) && field.bubbles.iter().all(Bubble::label_inside),
        None => false,
    }
}

pub fn draw_bubble(pen: &mut Pen, b: &Bubble) {
    // The outline's outer edge is the bubble's: what is measured is within.
    let (rx, ry) = (b.rx - OUTLINE_MM / 2.0, b.ry - OUTLINE_MM / 2.0);
    pen.stroke(Path::Ellipse { x: b.x, y: b.y, rx, ry }, Ink::OUTLINE, OUTLINE_MM);
    if b.label_inside() {
        let largest = b.ry * 0.86 / Style::Regular.face().cap_height() / MM_PER_POINT;
        pen.centred(Style::Regular, largest, Ink::LETTER, b.x, b.y, b.rx * 1.34, &b.label);
    }
}

/// A question's number, left of its bubbles.
fn number(pen: &mut Pen, field: &Field) {
    let Some(first) = field.bubbles.first() else { return };
    let right = first.x - first.rx - pen.scaled(1.1);
    let size = pen.text.points();
    let y = first.y + cap_mm(Style::Bold, size) / 2.0;
    pen.write(Style::Bold, size, Ink::TEXT, Align::Right, right, y, right - field.area.x, &field.caption);
}

/// The outline of a block, and its caption.
fn block(pen: &mut Pen, field: &Field, note: &str) {
    let a = &field.area;
    let inset = 0.8;
    pen.outline(&Area::new(a.x + inset, a.y + inset, a.w - 2.0 * inset, a.h - 2.0 * inset), Ink::HAIRLINE);
    let room = a.w - 2.0 * INSET;
    let largest = pen.scaled(7.5);
    let at_largest = fit::width_mm(Style::Bold.face(), largest, &field.caption);
    // In large print a block may be narrower than its caption.
    let size = largest * (room / at_largest).clamp(0.6, 1.0);
    let width = at_largest * size / largest;
    let y = a.y + 1.2 + (pen.measures.caption - 1.2) / 2.0 + cap_mm(Style::Bold, size) / 2.0;
    pen.write(Style::Bold, size, Ink::TEXT, Align::Left, a.x + INSET, y, room + 0.01, &field.caption);
    if room - width > 22.0 && !note.is_empty() {
        let small = pen.scaled(6.0);
        pen.write(Style::Regular, small, Ink::QUIET, Align::Right, a.right() - INSET, y, room - width - 3.0, note);
    }
}

/// Longer labels, to the right of their bubbles.
pub fn beside(pen: &mut Pen, field: &Field) {
    let size = pen.scaled(8.0);
    for b in field.bubbles.iter().filter(|b| !b.label_inside()) {
        let x = b.x + b.rx + pen.scaled(1.0);
        let next = field.bubbles.iter().filter(|n| n.y == b.y && n.x > b.x).map(|n| n.x - n.rx - 0.8);
        let end = next.fold(field.area.right() - 1.6, f64::min);
        let y = b.y + cap_mm(Style::Regular, size) / 2.0;
        pen.write(Style::Regular, size, Ink::TEXT, Align::Left, x, y, end - x, &b.label);
    }
}

/// Lines to write on.
fn ruled(pen: &mut Pen, field: &Field, lines: u16) {
    let a = &field.area;
    let top = a.y + pen.measures.caption;
    let step = (a.bottom() - 1.6 - top) / f64::from(lines.max(1));
    for i in 1..lines {
        pen.level(a.x + INSET, a.right() - INSET, top + step * f64::from(i), Ink::gray(0.75));
    }
}
