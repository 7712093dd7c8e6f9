//! Rows with a name each: propositions, scales, scores, competences.

use super::field::{INSET, beside};
use super::pen::{Align, Ink, Pen, cap_mm};
use crate::print::typeface::Style;
use crate::sheet::Field;
use crate::sheet::field::FieldKind;

pub fn draw(pen: &mut Pen, field: &Field) {
    beside(pen, field);
    let size = pen.scaled(8.0);
    let mut row = 0;
    let mut above: Option<f64> = None;
    while let Some(first) = field.bubbles.iter().find(|b| b.row == Some(row)) {
        if let Some(above) = above
            && !matches!(field.kind, FieldKind::Score { .. })
        {
            pen.level(field.area.x + INSET, field.area.right() - INSET, (above + first.y) / 2.0, Ink::gray(0.8));
        }
        let left = field.area.x + INSET;
        let right = first.x - first.rx - 0.8;
        if let Some(name) = name(&field.kind, row) {
            let y = first.y + cap_mm(Style::Regular, size) / 2.0;
            pen.write(Style::Regular, size, Ink::TEXT, Align::Left, left, y, right - left, &name);
        }
        above = Some(first.y);
        row += 1;
    }
}

fn name(kind: &FieldKind, row: usize) -> Option<String> {
    match kind {
        FieldKind::Matrix { rows, .. } => rows.get(row).cloned(),
        FieldKind::Competence { .. } => Some(format!("C{}", row + 1)),
        _ => None,
    }
}
