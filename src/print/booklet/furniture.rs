//! What stands around the columns: the head that says whose booklet it is, running heads, the cover, lines for an essay.

use super::look::Look;
use super::pack::Packed;
use crate::print::draw::{Align, Drawing, Heading, Ink, Path, Pen, Shape, Slot};
use crate::print::fit;
use crate::print::typeface::Style;
use crate::sheet::TextSize;
use crate::sheet::frame::Area;
use crate::units::MM_PER_POINT;

/// A kind of page: what is drawn on it is shared by all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Furniture {
    Cover,
    /// The first page of a booklet without a cover.
    First,
    Inner,
    Essay {
        lines: u32,
    },
    Draft,
}

/// Where a student's texts go; a slot without width is none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BookletSlots {
    pub name: Slot,
    pub enrollment: Slot,
    pub unit: Slot,
    pub room: Slot,
    pub version: Slot,
    /// The first characters of the sheet's id, by which booklet and sheet are matched.
    pub code: Slot,
    /// The page's number, centred on its x.
    pub number: Slot,
}

impl Furniture {
    pub fn of(page: &Packed, index: usize, covered: bool) -> Self {
        match page {
            Packed::Essay { lines, .. } => Furniture::Essay { lines: *lines },
            Packed::Cover(_) => Furniture::Cover,
            Packed::Columns(_) if index == 0 && !covered => Furniture::First,
            Packed::Columns(_) => Furniture::Inner,
        }
    }
}

/// Where a cover's head ends, and where its instructions begin, in millimetres.
const COVER_HEAD: f64 = 66.0;
pub const COVER_TEXT: f64 = COVER_HEAD + 20.0;

fn mm(points: f64) -> f64 {
    points * MM_PER_POINT
}

pub fn draw(furniture: Furniture, look: &Look, heading: &Heading) -> (Drawing, BookletSlots) {
    let mut page = Page { pen: Pen::on(look.format, look.text), look, heading, slots: BookletSlots::default() };
    page.draw(furniture);
    (page.pen.drawing, page.slots)
}

struct Page<'a> {
    pen: Pen,
    look: &'a Look,
    heading: &'a Heading,
    slots: BookletSlots,
}

impl Page<'_> {
    fn left(&self) -> f64 {
        mm(self.look.left)
    }

    fn right(&self) -> f64 {
        mm(self.look.width - self.look.left)
    }

    /// Type that grows with the booklet's, but not as fast.
    fn points(&self, normal: f64) -> f64 {
        match self.look.text {
            TextSize::Normal => normal,
            TextSize::Large18 => normal * 1.4,
            TextSize::Large24 => normal * 1.7,
        }
    }

    fn draw(&mut self, furniture: Furniture) {
        match furniture {
            Furniture::Cover => self.cover(),
            Furniture::First => self.head(mm(self.look.first_top), 14.0, self.heading.versions),
            Furniture::Inner | Furniture::Essay { .. } | Furniture::Draft => self.running_head(),
        }
        match furniture {
            Furniture::First => self.column_rules(mm(self.look.first_top)),
            Furniture::Inner => self.column_rules(mm(self.look.top)),
            Furniture::Essay { lines } => self.essay(lines),
            Furniture::Draft => self.draft(),
            Furniture::Cover => {}
        }
        self.foot();
    }

    /// Institution, title, and a table for the student's data, down to `bottom` less a little.
    /// `versioned`: with the version among them.
    fn head(&mut self, bottom: f64, largest: f64, versioned: bool) {
        let (left, right, top) = (self.left(), self.right(), 11.0);
        let row = 9.0_f64.min((bottom - top) * 0.24);
        let grid = bottom - 5.0 - 2.0 * row;
        let mut x = left;
        if let Some(logo) = &self.heading.logo {
            let room = grid - top - 3.0;
            let scale = (room / f64::from(logo.height)).min(34.0 / f64::from(logo.width));
            let (w, h) = (f64::from(logo.width) * scale, f64::from(logo.height) * scale);
            let area = Area::new(left, top + (room - h) / 2.0, w, h);
            self.pen.drawing.shapes.push(Shape::Picture(area, logo.clone()));
            x += w + 4.0;
        }
        let room = right - x;
        let mut y = top + 3.2;
        let small = self.points(8.5).min(11.0);
        if !self.heading.institution.is_empty() {
            self.pen.write(Style::Regular, small, Ink::TEXT, Align::Left, x, y, room, &self.heading.institution);
            y += 1.5;
        }
        let mut size = self.points(largest).min(26.0);
        let lines = loop {
            let lines = fit::paragraph(Style::Bold.face(), size, room, &self.heading.title);
            if y + lines.len() as f64 * mm(size) * 1.12 <= grid - 2.0 || size <= 8.0 {
                break lines;
            }
            size *= 0.92;
        };
        for line in lines {
            y += mm(size) * 1.08;
            self.pen.write(Style::Bold, size, Ink::SOLID, Align::Left, x, y, room, &line);
        }
        self.grid(Area::new(left, grid, right - left, 2.0 * row), row, versioned);
    }

    /// Head, what this is and which version, room for instructions, and a line to sign.
    fn cover(&mut self) {
        self.head(COVER_HEAD, 24.0, false);
        let (left, right) = (self.left(), self.right());
        let (size, small) = (self.points(17.0).min(26.0), self.points(9.0).min(13.0));
        let y = COVER_HEAD + 9.0;
        self.pen.write(Style::Bold, size, Ink::SOLID, Align::Left, left, y, right - left - 50.0, "Caderno de prova");
        if self.heading.versions {
            self.pen.write(Style::Regular, small, Ink::QUIET, Align::Right, right - 17.0, y, 30.0, "Versão");
            self.slots.version = Slot { x: right - 15.0, y, w: 15.0, size_pt: size * 1.5 };
        }
        self.pen.stroke(Path::Line(vec![(left, y + 4.0), (right, y + 4.0)]), Ink::SOLID, 0.5);
        let foot = mm(self.look.bottom) - 4.0;
        self.pen.level(left, left + 110.0, foot, Ink::HAIRLINE);
        self.pen.write(
            Style::Regular,
            small * 0.8,
            Ink::QUIET,
            Align::Left,
            left,
            foot + 3.6,
            110.0,
            "Assinatura do estudante",
        );
    }

    fn grid(&mut self, area: Area, row: f64, versioned: bool) {
        let upper: &[(&str, f64)] = &[("Nome", 0.74), ("Matrícula", 0.26)];
        let lower: &[(&str, f64)] = if versioned {
            &[("Unidade", 0.36), ("Sala", 0.26), ("Data", 0.2), ("Versão", 0.18)]
        } else {
            &[("Unidade", 0.42), ("Sala", 0.32), ("Data", 0.26)]
        };
        let (label, value) = (self.points(5.5).min(7.0), self.points(9.5).min(13.0));
        self.pen.stroke(Path::Rect(area), Ink::HAIRLINE, 0.2);
        self.pen.level(area.x, area.right(), area.y + row, Ink::HAIRLINE);
        for (i, cells) in [upper, lower].into_iter().enumerate() {
            let mut x = area.x;
            let y = area.y + row * i as f64;
            for (j, &(name, share)) in cells.iter().enumerate() {
                let w = area.w * share;
                if j > 0 {
                    self.pen.plumb(x, y, y + row, Ink::HAIRLINE);
                }
                self.pen.write(Style::Regular, label, Ink::QUIET, Align::Left, x + 1.2, y + 2.6, w - 2.0, name);
                let slot = Slot { x: x + 1.2, y: y + row - 1.7, w: w - 2.4, size_pt: value };
                match name {
                    "Nome" => self.slots.name = slot,
                    "Matrícula" => self.slots.enrollment = slot,
                    "Unidade" => self.slots.unit = slot,
                    "Sala" => self.slots.room = slot,
                    "Versão" => self.slots.version = slot,
                    _ => {
                        let date = self.heading.date.clone();
                        self.pen.write(Style::Regular, value, Ink::TEXT, Align::Left, slot.x, slot.y, slot.w, &date);
                    }
                }
                x += w;
            }
        }
    }

    fn running_head(&mut self) {
        let (left, right, y) = (self.left(), self.right(), 12.5);
        let size = self.points(8.0).min(11.0);
        let middle = (left + right) / 2.0;
        self.pen.write(
            Style::Regular,
            size,
            Ink::QUIET,
            Align::Left,
            left,
            y,
            middle - left - 4.0,
            &self.heading.title,
        );
        self.slots.name = Slot { x: middle, y, w: right - middle - 24.0, size_pt: size };
        self.slots.version = Slot { x: right - 8.0, y, w: 8.0, size_pt: size };
        if self.heading.versions {
            self.pen.write(Style::Regular, size, Ink::QUIET, Align::Right, right - 9.5, y, 14.0, "Versão");
        }
        self.pen.level(left, right, y + 1.8, Ink::HAIRLINE);
    }

    fn column_rules(&mut self, top: f64) {
        for column in 1..self.look.columns {
            let x = mm(self.look.column_x(column) - self.look.gutter / 2.0);
            self.pen.plumb(x, top, mm(self.look.bottom), Ink::gray(0.75));
        }
    }

    fn foot(&mut self) {
        let y = mm(self.look.height) - 8.5;
        let size = self.points(8.0).min(11.0);
        let middle = mm(self.look.width) / 2.0;
        self.slots.number = Slot { x: middle, y, w: 30.0, size_pt: size };
        self.slots.code = Slot { x: self.right() - 22.0, y, w: 22.0, size_pt: size * 0.8 };
        let room = middle - self.left() - 16.0;
        let institution = self.heading.institution.clone();
        self.pen.write(Style::Regular, size * 0.85, Ink::QUIET, Align::Left, self.left(), y, room, &institution);
    }

    /// Numbered lines over the whole page.
    fn essay(&mut self, lines: u32) {
        let (left, right) = (self.left(), self.right());
        let top = mm(self.look.top) + 10.0;
        let bottom = mm(self.look.bottom) - 2.0;
        let pitch = ((bottom - top) / f64::from(lines)).min(9.5);
        let size = (pitch / MM_PER_POINT * 0.32).min(8.0);
        for i in 0..=lines {
            let y = top + pitch * f64::from(i);
            self.pen.level(left, right, y, Ink::gray(0.45));
            if i > 0 {
                let (x, y) = (left + 4.0, y - pitch * 0.3);
                self.pen.write(Style::Regular, size, Ink::QUIET, Align::Center, x, y, 8.0, &i.to_string());
            }
        }
        let low = top + pitch * f64::from(lines);
        for x in [left, left + 8.0, right] {
            self.pen.plumb(x, top, low, Ink::gray(0.45));
        }
    }

    fn draft(&mut self) {
        let (left, right) = (self.left(), self.right());
        let (top, bottom) = (mm(self.look.top) + 4.0, mm(self.look.bottom));
        let size = self.points(11.0);
        self.pen.write(
            Style::Bold,
            size,
            Ink::QUIET,
            Align::Center,
            (left + right) / 2.0,
            top,
            right - left,
            "RASCUNHO",
        );
        let small = self.points(7.5);
        let said = "O que for escrito aqui não será corrigido.";
        self.pen.write(
            Style::Regular,
            small,
            Ink::QUIET,
            Align::Center,
            (left + right) / 2.0,
            top + 4.5,
            right - left,
            said,
        );
        let area = Area::new(left, top + 8.0, right - left, bottom - top - 8.0);
        self.pen.stroke(Path::Rect(area), Ink::gray(0.75), 0.2);
    }
}
