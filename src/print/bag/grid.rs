//! What the papers share: the grid, the masthead, cells with a label, lines to sign on.

use super::headline::headline;
use super::{Filled, RoomFacts};
use crate::print::draw::{Align, Heading, Ink, Path, Pen, Shape, Slot, cap_mm};
use crate::print::fit;
use crate::print::typeface::Style;
use crate::sheet::frame::{Area, PageFormat, TextSize};
use crate::units::MM_PER_POINT;
use std::borrow::Cow;

/// All that is printed stands between these.
pub const LEFT: f64 = 17.0;
pub const RIGHT: f64 = 193.0;
pub const WIDTH: f64 = RIGHT - LEFT;
/// Where a paper with a code ends beside it.
pub const BESIDE_CODE: f64 = 157.0;
/// Under the masthead.
pub const TOP: f64 = 49.0;
/// Over the page's foot.
pub const BOTTOM: f64 = 274.0;

const MAST: f64 = 16.0;
const MAST_RULE: f64 = 34.0;
const PAPER_PT: f64 = 20.0;
const FOOT: f64 = 278.0;
const GUTTER: f64 = 4.0;

pub fn pen() -> Pen {
    Pen::on(PageFormat::A4, TextSize::Normal)
}

/// Logo, institution, exam and date over a rule, and what paper this is under it.
pub fn masthead(pen: &mut Pen, heading: &Heading, paper: &str, right: f64) {
    let mut left = LEFT;
    if let Some(logo) = &heading.logo {
        let (w, h) = (f64::from(logo.width), f64::from(logo.height));
        let scale = (14.0 / h).min(30.0 / w);
        let area = Area::new(left, MAST, w * scale, h * scale);
        pen.drawing.shapes.push(Shape::Picture(area, logo.clone()));
        left = area.right() + 4.0;
    }
    let small = 8.0;
    let y = MAST + cap_mm(Style::Regular, small);
    let date_w = fit::width_mm(Style::Regular.face(), small, &heading.date);
    pen.write(Style::Regular, small, Ink::QUIET, Align::Right, right, y, 40.0, &heading.date);
    let beside_date = right - left - date_w - GUTTER;
    pen.write(Style::Regular, small, Ink::QUIET, Align::Left, left, y, beside_date, &heading.institution);
    let (top, room) = if heading.institution.is_empty() { (MAST, beside_date) } else { (y + 2.8, right - left) };
    for line in headline(Style::Bold, 15.0, &Area::new(left, top, room, MAST_RULE - 2.6 - top), &heading.title) {
        pen.write(Style::Bold, line.slot.size_pt, Ink::SOLID, Align::Left, left, line.slot.y, line.slot.w, &line.text);
    }
    rule(pen, LEFT, right, MAST_RULE, 0.6);
    pen.write(Style::Bold, PAPER_PT, Ink::SOLID, Align::Left, LEFT, paper_line(), right - LEFT, paper);
}

fn paper_line() -> f64 {
    MAST_RULE + 4.6 + cap_mm(Style::Bold, PAPER_PT)
}

/// At the right of the paper's name, which is a short one.
pub fn beside_paper(text: &str) -> Filled<'_> {
    let w = WIDTH - 60.0;
    Filled::new(Style::Bold, smaller(13.0, w, text), Align::Right, (RIGHT - w, paper_line(), w), text)
}

/// What is long is set smaller before it is set narrower.
fn smaller(size_pt: f64, room_mm: f64, text: &str) -> f64 {
    let width = fit::width_mm(Style::Bold.face(), size_pt, text);
    size_pt * (room_mm / width.max(room_mm)).max(0.65)
}

/// The foot of a paper that has no frame.
pub fn foot(pen: &mut Pen, heading: &Heading, paper: &str) {
    let size = 7.0;
    let text = if heading.title.is_empty() { paper.to_owned() } else { format!("{paper} · {}", heading.title) };
    let y = FOOT + cap_mm(Style::Bold, 8.0);
    pen.write(Style::Regular, size, Ink::QUIET, Align::Left, LEFT, y, WIDTH - 40.0, &text);
}

/// The page's number, where sheets have theirs.
pub fn folio(page: usize, of: usize) -> Filled<'static> {
    let y = FOOT + cap_mm(Style::Bold, 8.0);
    Filled::new(Style::Bold, 8.0, Align::Right, (RIGHT - 36.0, y, 36.0), format!("Página {page} de {of}"))
}

/// A level line, in millimetres.
pub fn rule(pen: &mut Pen, x0: f64, x1: f64, y: f64, width: f64) {
    pen.stroke(Path::Line(vec![(x0, y), (x1, y)]), Ink::SOLID, width);
}

/// A place with a small label over it and a line under it: filled in by us or by hand.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    pub label: &'static str,
    pub area: Area,
    pub size_pt: f64,
}

impl Cell {
    pub fn draw(&self, pen: &mut Pen) {
        let (a, size) = (&self.area, if self.size_pt < 20.0 { 7.0 } else { 9.0 });
        let y = a.y + cap_mm(Style::Regular, size);
        pen.write(Style::Regular, size, Ink::QUIET, Align::Left, a.x, y, a.w, self.label);
        pen.level(a.x, a.right(), a.bottom(), Ink::HAIRLINE);
    }

    /// With a text that is the same on all pages.
    pub fn print(&self, pen: &mut Pen, text: &str) {
        self.draw(pen);
        let Filled { slot, style, align, .. } = self.fill(text);
        pen.write(style, slot.size_pt, Ink::SOLID, align, slot.x, slot.y, slot.w, text);
    }

    pub fn fill<'a>(&self, text: impl Into<Cow<'a, str>>) -> Filled<'a> {
        let (a, text) = (&self.area, text.into());
        let y = a.bottom() - 0.3 * self.size_pt * MM_PER_POINT;
        Filled::new(Style::Bold, smaller(self.size_pt, a.w, &text), Align::Left, (a.x, y, a.w + 0.01), text)
    }
}

/// Cells side by side; each has a share of the width.
pub fn row<const N: usize>(area: Area, size_pt: f64, cells: [(&'static str, f64); N]) -> [Cell; N] {
    let shares: f64 = cells.iter().map(|(_, share)| share).sum();
    let free = area.w - GUTTER * (N - 1) as f64;
    let mut x = area.x;
    cells.map(|(label, share)| {
        let w = free * share / shares;
        let cell = Cell { label, area: Area::new(x, area.y, w, area.h), size_pt };
        x += w + GUTTER;
        cell
    })
}

/// Unit, room and number of students, at the head of a room's papers.
pub fn room_cells(y: f64, right: f64) -> [Cell; 3] {
    row(Area::new(LEFT, y, right - LEFT, 9.5), 11.0, [("Unidade", 5.0), ("Sala", 4.0), ("Alunos", 1.2)])
}

pub fn fill_room<'a>(cells: &[Cell; 3], facts: &RoomFacts<'a>) -> Vec<Filled<'a>> {
    let [unit, room, students] = cells;
    vec![unit.fill(facts.unit), room.fill(facts.room), students.fill(facts.students.len().to_string())]
}

/// Lines side by side, each with who signs under it.
pub fn signatures<const N: usize>(pen: &mut Pen, y: f64, who: [&str; N]) {
    let w = (WIDTH - 8.0 * (N - 1) as f64) / N as f64;
    for (i, who) in who.into_iter().enumerate() {
        let x = LEFT + (w + 8.0) * i as f64;
        pen.level(x, x + w, y, Ink::TEXT);
        pen.write(Style::Regular, 8.0, Ink::QUIET, Align::Center, x + w / 2.0, y + 4.0, w, who);
    }
}

/// The heading of a part of a paper.
pub fn section(pen: &mut Pen, y: f64, text: &str) {
    pen.write(Style::Bold, 11.0, Ink::SOLID, Align::Left, LEFT, y, WIDTH, text);
}

/// A box to tick.
pub fn tick(pen: &mut Pen, x: f64, y: f64) {
    let side = 4.0;
    pen.stroke(Path::Rect(Area::new(x - side / 2.0, y - side / 2.0, side, side)), Ink::QUIET, 0.25);
}

/// A heading over a column of a table.
pub fn column(pen: &mut Pen, align: Align, x: f64, y: f64, text: &str) {
    pen.write(Style::Regular, 7.5, Ink::QUIET, align, x, y, 60.0, text);
}

/// The baseline of a text whose capitals are centred on `y`.
pub fn baseline(style: Style, size_pt: f64, y: f64) -> f64 {
    y + cap_mm(style, size_pt) / 2.0
}

impl<'a> Filled<'a> {
    pub fn new(
        style: Style,
        size_pt: f64,
        align: Align,
        (x, y, w): (f64, f64, f64),
        text: impl Into<Cow<'a, str>>,
    ) -> Self {
        Filled { slot: Slot { x, y, w, size_pt }, style, align, name: false, text: text.into() }
    }

    pub fn named(self) -> Self {
        Filled { name: true, ..self }
    }
}
