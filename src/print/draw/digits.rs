//! Grids of digits: a box to write in over every column, and the decimal comma between two.

use super::pen::{Align, Ink, Pen, cap_mm};
use crate::print::typeface::Style;
use crate::sheet::Field;
use crate::sheet::field::FieldKind;
use crate::sheet::frame::Area;

pub fn draw(pen: &mut Pen, field: &Field) {
    let columns = columns(field);
    let Some(first) = field.bubbles.first() else { return };
    // Boxes fill the row over the first bubbles.
    let pitch = pen.measures.pitch;
    let bottom = first.y - pitch / 2.0 - pitch * 0.13;
    let (w, h) = (pitch - 0.7, pitch * 1.05);
    for &x in &columns {
        pen.outline(&Area::new(x - w / 2.0, bottom - h, w, h), Ink::OUTLINE);
    }
    if let FieldKind::Numeric { decimals, .. } = field.kind
        && decimals > 0
        && let Some(after) = columns.len().checked_sub(usize::from(decimals))
        && let (Some(left), Some(right)) = (after.checked_sub(1).and_then(|i| columns.get(i)), columns.get(after))
    {
        let size = pen.scaled(14.0);
        pen.write(Style::Bold, size, Ink::TEXT, Align::Center, (left + right) / 2.0, bottom, pitch, ",");
    }
    if let FieldKind::Sum { .. } = field.kind {
        let tens_and_units = ["dez.", "un."];
        let size = pen.scaled(5.5);
        for (&x, name) in columns.iter().zip(tens_and_units) {
            let y = bottom - h / 2.0 + cap_mm(Style::Regular, size) / 2.0;
            pen.write(Style::Regular, size, Ink::LETTER, Align::Center, x, y, w, name);
        }
    }
}

/// The middle of each column.
fn columns(field: &Field) -> Vec<f64> {
    let mut columns: Vec<f64> = Vec::new();
    for b in &field.bubbles {
        if b.column == Some(columns.len()) {
            columns.push(b.x);
        }
    }
    columns
}
