//! The head of a page: institution, title, and a grid of labelled lines for the student's data.

use super::Heading;
use super::pen::{Align, Ink, Pen, Shape, cap_mm};
use crate::print::typeface::Style;
use crate::sheet::frame::{Area, MONO_ADVANCE, PRINTED_LINE};
use crate::sheet::{Frame, TextSize};
use crate::units::MM_PER_POINT;

/// Where a student's own text is stamped: its baseline's beginning, and the width that it has.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Slot {
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub size_pt: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Slots {
    pub name: Slot,
    pub enrollment: Slot,
    pub room: Slot,
    pub unit: Slot,
    pub version: Slot,
    /// The two lines of the printed code, centred on their x.
    pub printed: [Slot; 2],
}

/// Between the cells of a row.
const GUTTER: f64 = 4.0;

#[derive(Clone, Copy, PartialEq)]
enum Cell {
    Name,
    Enrollment,
    Room,
    Unit,
    Date,
    Version,
}

impl Cell {
    fn label(self) -> &'static str {
        match self {
            Cell::Name => "Nome",
            Cell::Enrollment => "Matrícula",
            Cell::Room => "Sala",
            Cell::Unit => "Unidade",
            Cell::Date => "Data",
            Cell::Version => "Versão",
        }
    }
}

pub fn draw(pen: &mut Pen, heading: &Heading) -> Slots {
    let area = pen.frame.header;
    let rows = rows(pen, &area, heading.versions);
    let large = pen.text != TextSize::Normal;
    let row_h = if rows.len() == 2 { 10.5 } else { 8.0 };
    let grid_top = area.bottom() - row_h * rows.len() as f64;
    title(pen, heading, &Area::new(area.x, area.y, area.w, grid_top - area.y));

    let (label_pt, value_pt) = match (rows.len(), large) {
        (2, false) => (6.0, 10.5),
        (2, true) => (8.0, 15.0),
        _ => (5.5, if large { 11.0 } else { 9.5 }),
    };
    let mut slots = Slots { printed: printed(&pen.frame), ..Slots::default() };
    for (i, row) in rows.iter().enumerate() {
        let top = grid_top + row_h * i as f64;
        let shares: f64 = row.iter().map(|(_, share)| share).sum();
        let free = area.w - GUTTER * (row.len() - 1) as f64;
        let mut x = area.x;
        for &(cell, share) in row {
            let w = free * share / shares;
            let label = top + 1.2 + cap_mm(Style::Regular, label_pt);
            pen.write(Style::Regular, label_pt, Ink::QUIET, Align::Left, x, label, w, cell.label());
            let line = top + row_h - 0.3;
            pen.level(x, x + w, line, Ink::HAIRLINE);
            let slot = Slot { x, y: line - 0.28 * value_pt * MM_PER_POINT, w, size_pt: value_pt };
            match cell {
                Cell::Name => slots.name = slot,
                Cell::Enrollment => slots.enrollment = slot,
                Cell::Room => slots.room = slot,
                Cell::Unit => slots.unit = slot,
                Cell::Version => slots.version = slot,
                Cell::Date => {
                    pen.write(Style::Regular, value_pt, Ink::TEXT, Align::Left, slot.x, slot.y, w, &heading.date);
                }
            }
            x += w + GUTTER;
        }
    }
    slots
}

/// Cells with their shares of a row's width: two rows where there is room, three on narrow or large-print pages.
fn rows(pen: &Pen, area: &Area, versions: bool) -> Vec<Vec<(Cell, f64)>> {
    let mut rows = if area.w / pen.scaled(1.0).sqrt() > 130.0 {
        vec![
            vec![(Cell::Name, 10.0), (Cell::Enrollment, 3.6)],
            vec![(Cell::Unit, 5.2), (Cell::Room, 4.0), (Cell::Date, 2.6), (Cell::Version, 1.8)],
        ]
    } else {
        vec![
            vec![(Cell::Name, 1.0)],
            vec![(Cell::Enrollment, 4.0), (Cell::Date, 3.4), (Cell::Version, 2.0)],
            vec![(Cell::Unit, 5.0), (Cell::Room, 5.0)],
        ]
    };
    if !versions {
        rows.iter_mut().for_each(|row| row.retain(|(cell, _)| *cell != Cell::Version));
    }
    rows
}

fn title(pen: &mut Pen, heading: &Heading, area: &Area) {
    let mut left = area.x;
    if let Some(logo) = &heading.logo {
        let scale = (area.h - 2.0).min(13.0) / f64::from(logo.height);
        let scale = scale.min(28.0 / f64::from(logo.width));
        let (w, h) = (f64::from(logo.width) * scale, f64::from(logo.height) * scale);
        pen.drawing.shapes.push(Shape::Picture(Area::new(left, area.y, w, h), logo.clone()));
        left += w + 3.5;
    }
    let room = area.right() - left;
    let small = if pen.text == TextSize::Normal { 7.5 } else { 9.5 };
    let mut y = area.y;
    if !heading.institution.is_empty() {
        y += cap_mm(Style::Regular, small);
        pen.write(Style::Regular, small, Ink::QUIET, Align::Left, left, y, room, &heading.institution);
        y += 2.6;
    }
    let large = pen.scaled(15.0).min(22.0).min((area.bottom() - y - 1.0) / MM_PER_POINT / 0.95);
    let width = crate::print::fit::width_mm(Style::Bold.face(), large, &heading.title);
    // A long title is set smaller before it is set narrower.
    let size = if width > room { (large * room / width).max(large * 0.7) } else { large };
    pen.write(Style::Bold, size, Ink::SOLID, Align::Left, left, y + cap_mm(Style::Bold, size), room, &heading.title);
}

/// The lines of the printed code.
pub fn printed(frame: &Frame) -> [Slot; 2] {
    frame.printed_lines().map(|line| Slot {
        x: line.x,
        y: line.y,
        w: PRINTED_LINE as f64 * MONO_ADVANCE * line.size_pt * MM_PER_POINT,
        size_pt: line.size_pt,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::frame::MONO_CAP;

    #[test]
    fn the_codes_typeface_is_as_wide_and_as_high_as_the_reader_takes_it_to_be() {
        let mono = Style::Mono.face();
        assert_eq!(mono.cap_height(), MONO_CAP);
        for c in "0123456789ABCDEFGHJKMNPQRSTVWXYZ ".chars() {
            assert_eq!(f64::from(mono.advance(mono.glyph(c).unwrap())), 1000.0 * MONO_ADVANCE);
        }
    }
}
