//! The list on the door: the room, and who sits in it. Fewer names are set larger.

use super::grid::{self, BOTTOM, Cell, LEFT, RIGHT, TOP, WIDTH, baseline, column};
use super::headline::headline;
use super::{Filled, Form, Page, Paper, RoomFacts, StudentFacts};
use crate::print::draw::{Align, Heading, Ink};
use crate::print::typeface::Style;
use crate::sheet::frame::Area;
use std::borrow::Cow;

const ROOM: Area = Area::new(LEFT, TOP + 5.0, WIDTH - 34.0, 33.0);
const STUDENTS: Cell = Cell { label: "Alunos", area: Area::new(RIGHT - 26.0, TOP + 14.0, 26.0, 18.0), size_pt: 28.0 };
const HEAD: f64 = 94.0;
const ROWS_TOP: f64 = 96.0;
const BETWEEN: f64 = 8.0;

/// A way to set the names.
struct Setting {
    columns: usize,
    /// In a column.
    rows: usize,
    size_pt: f64,
}

/// From few names to many. More than the last holds go on further pages.
const SETTINGS: [Setting; 5] = [
    Setting { columns: 1, rows: 12, size_pt: 19.0 },
    Setting { columns: 1, rows: 20, size_pt: 15.0 },
    Setting { columns: 1, rows: 30, size_pt: 11.5 },
    Setting { columns: 2, rows: 22, size_pt: 11.0 },
    Setting { columns: 2, rows: 30, size_pt: 10.5 },
];

impl Setting {
    fn holds(&self) -> usize {
        self.columns * self.rows
    }

    fn width(&self) -> f64 {
        (WIDTH - BETWEEN * (self.columns - 1) as f64) / self.columns as f64
    }

    fn left(&self, column: usize) -> f64 {
        LEFT + (self.width() + BETWEEN) * column as f64
    }

    fn row_h(&self) -> f64 {
        // Few rows do not stretch to the page's foot.
        ((BOTTOM - ROWS_TOP) / self.rows as f64).min(10.0)
    }

    /// Where seat, name and enrollment begin, and how wide they are.
    fn cells(&self, column: usize) -> [(f64, f64); 3] {
        let (left, em) = (self.left(column), self.size_pt / 11.5);
        let (seat, enrollment) = (11.0 * em, 22.0 * em);
        let name = self.width() - seat - enrollment - 2.0;
        [(left, seat - 2.0), (left + seat, name), (left + seat + name + 2.0, enrollment)]
    }
}

pub fn forms(heading: &Heading) -> Vec<Form> {
    SETTINGS.iter().map(|setting| form(heading, setting)).collect()
}

fn form(heading: &Heading, setting: &Setting) -> Form {
    let mut pen = grid::pen();
    grid::masthead(&mut pen, heading, Paper::Door.title(), RIGHT);
    STUDENTS.draw(&mut pen);
    for i in 0..setting.columns {
        let [_, name, enrollment] = setting.cells(i);
        column(&mut pen, Align::Left, name.0, HEAD, "Nome");
        column(&mut pen, Align::Right, enrollment.0 + enrollment.1, HEAD, "Matrícula");
        let (left, right) = (setting.left(i), setting.left(i) + setting.width());
        grid::rule(&mut pen, left, right, ROWS_TOP, 0.4);
        for row in 1..=setting.rows {
            pen.level(left, right, ROWS_TOP + setting.row_h() * row as f64, Ink::HAIRLINE);
        }
    }
    grid::foot(&mut pen, heading, Paper::Door.title());
    Form { layout: None, drawing: pen.drawing }
}

pub fn pages<'a>(facts: &'a RoomFacts<'a>) -> Vec<Page<'a>> {
    let most = SETTINGS[SETTINGS.len() - 1].holds();
    let count = facts.students.len();
    let of = count.div_ceil(most).max(1);
    // Pages alike: 61 names are 31 and 30.
    let on_one = count.div_ceil(of);
    let form = SETTINGS.iter().position(|s| s.holds() >= on_one).unwrap_or(SETTINGS.len() - 1);
    (0..of)
        .map(|n| {
            let students = n * on_one..count.min((n + 1) * on_one);
            let mut texts = headline(Style::Bold, 88.0, &ROOM, facts.room);
            texts.extend([grid::beside_paper(facts.unit), STUDENTS.fill(count.to_string()), grid::folio(n + 1, of)]);
            let first = students.start;
            texts.extend(list(&SETTINGS[form], &facts.students[students], first));
            Page { form, texts, ..Page::default() }
        })
        .collect()
}

/// Names down the first column, then down the second, in columns of one length. Where no seats are assigned, the place in
/// the list stands for them.
fn list<'a>(setting: &Setting, students: &[StudentFacts<'a>], first: usize) -> Vec<Filled<'a>> {
    let rows = students.len().div_ceil(setting.columns).max(1);
    let size = setting.size_pt;
    let mut texts = Vec::with_capacity(3 * students.len() + setting.columns);
    let seat_label = if students.iter().any(|s| !s.seat.is_empty()) { "Lugar" } else { "Nº" };
    for column in 0..setting.columns {
        let [(x, w), ..] = setting.cells(column);
        texts.push(Filled::new(Style::Regular, 7.5, Align::Left, (x, HEAD, w), seat_label));
    }
    for (i, student) in students.iter().enumerate() {
        let [seat, name, enrollment] = setting.cells(i / rows);
        let middle = ROWS_TOP + setting.row_h() * ((i % rows) as f64 + 0.5);
        let text = |style, align, size, (x, w), text: Cow<'a, str>| {
            Filled::new(style, size, align, (x, baseline(style, size, middle), w), text)
        };
        let seat_text = if student.seat.is_empty() { (first + i + 1).to_string().into() } else { student.seat.into() };
        texts.push(text(Style::Regular, Align::Left, size, seat, seat_text));
        texts.push(text(Style::Bold, Align::Left, size, name, student.name.into()).named());
        if !student.enrollment.is_empty() {
            texts.push(text(Style::Regular, Align::Right, size * 0.85, enrollment, student.enrollment.into()));
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_on_the_door_once_however_many_there_are() {
        for count in [0, 1, 12, 13, 30, 31, 60, 61, 130] {
            let names: Vec<String> = (0..count).map(|n| format!("Aluno Número {n}")).collect();
            let students = names.iter().map(|name| StudentFacts { name, ..StudentFacts::default() }).collect();
            let facts = RoomFacts { students, ..RoomFacts::default() };
            let pages = pages(&facts);
            let shown = pages.iter().flat_map(|p| &p.texts).filter(|t| t.name).map(|t| t.text.as_ref());
            assert!(shown.eq(names.iter().map(String::as_str)), "{count} names");
            let lowest = pages.iter().flat_map(|p| &p.texts).filter(|t| t.name).map(|t| t.slot.y).fold(0.0, f64::max);
            assert!(lowest < BOTTOM);
        }
    }
}
