//! The list in the yard: everybody of a unit by name, and the room to go to. Initials hang beside the names.

use super::grid::{self, BOTTOM, LEFT, RIGHT, TOP, WIDTH, column};
use super::headline::headline;
use super::{Filled, Form, Page, Paper, RoomFacts, StudentFacts, order};
use crate::print::draw::{Align, Heading, Ink};
use crate::print::fit;
use crate::print::typeface::Style;
use crate::sheet::frame::Area;
use std::collections::BTreeMap;

const UNIT: Area = Area::new(LEFT, TOP + 4.0, WIDTH - 60.0, 11.5);
/// From which initial to which, at the right of the unit.
const SPAN: (f64, f64, f64) = (RIGHT - 56.0, TOP + 9.0, 56.0);
const SPAN_PT: f64 = 28.0;
const HEAD: f64 = 69.0;
const NAMES_TOP: f64 = 71.0;
const COLUMNS: usize = 2;
const BETWEEN: f64 = 10.0;
const COLUMN: f64 = (WIDTH - BETWEEN) / 2.0;
/// Left of the names, for initials.
const GUTTER: f64 = 7.0;
const SIZE: f64 = 10.0;
const INITIAL_PT: f64 = 14.0;
const LEADING: f64 = 4.85;
/// More space before another initial.
const INITIAL_GAP: f64 = 2.6;
/// So much of a column is for the rooms, in millimetres: a longer name is set smaller, for it must not be cut.
const ROOM_W: (f64, f64) = (12.0, 38.0);
const LEAST_ROOM: f64 = 0.6;

pub fn form(heading: &Heading) -> Form {
    let mut pen = grid::pen();
    grid::masthead(&mut pen, heading, Paper::Yard.title(), RIGHT);
    for left in lefts() {
        column(&mut pen, Align::Left, left + GUTTER, HEAD, "Nome");
        column(&mut pen, Align::Right, left + COLUMN, HEAD, "Sala");
        grid::rule(&mut pen, left, left + COLUMN, NAMES_TOP, 0.4);
    }
    pen.plumb(LEFT + COLUMN + BETWEEN / 2.0, NAMES_TOP, BOTTOM, Ink::HAIRLINE);
    grid::foot(&mut pen, heading, Paper::Yard.title());
    Form { layout: None, drawing: pen.drawing }
}

fn lefts() -> [f64; COLUMNS] {
    std::array::from_fn(|i| LEFT + (COLUMN + BETWEEN) * i as f64)
}

/// How wide the rooms' names are.
struct Rooms<'a> {
    widths: BTreeMap<&'a str, f64>,
    /// For all of them.
    w: f64,
}

impl<'a> Rooms<'a> {
    fn new(students: &[StudentFacts<'a>]) -> Self {
        let mut widths = BTreeMap::new();
        for student in students {
            let wide = || fit::width_mm(Style::Bold.face(), SIZE, student.room);
            widths.entry(student.room).or_insert_with(wide);
        }
        let w = widths.values().copied().fold(ROOM_W.0, f64::max).min(ROOM_W.1);
        Rooms { widths, w }
    }

    fn size_pt(&self, room: &str) -> f64 {
        let width = self.widths.get(room).copied().unwrap_or(self.w);
        SIZE * (self.w / width.max(self.w)).max(LEAST_ROOM)
    }
}

/// A name's place.
struct Entry<'a> {
    student: &'a StudentFacts<'a>,
    initial: char,
    /// Where the initial is shown, too.
    leads: bool,
    page: usize,
    column: usize,
    y: f64,
}

fn entries<'a>(students: &'a [StudentFacts<'a>]) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry> = Vec::with_capacity(students.len());
    for student in students {
        let initial = order::initial(student.name);
        let place = entries.last().map(|last| {
            let another = last.initial != initial;
            // An initial stands over two of its names at least, or over the next column's.
            let y = last.y + LEADING + if another { INITIAL_GAP } else { 0.0 };
            let low = if another { y + LEADING } else { y };
            (last, y, another, low > BOTTOM - 1.0)
        });
        let first = NAMES_TOP + 6.0;
        let (page, column, y, leads) = match place {
            None => (0, 0, first, true),
            Some((last, y, another, false)) => (last.page, last.column, y, another),
            Some((last, _, _, true)) if last.column + 1 < COLUMNS => (last.page, last.column + 1, first, true),
            Some((last, _, _, true)) => (last.page + 1, 0, first, true),
        };
        entries.push(Entry { student, initial, leads, page, column, y });
    }
    entries
}

pub fn pages<'a>(facts: &'a RoomFacts<'a>) -> Vec<Page<'a>> {
    let entries = entries(&facts.students);
    let of = entries.last().map_or(1, |last| last.page + 1);
    let rooms = Rooms::new(&facts.students);
    let mut pages: Vec<Page> = (1..=of)
        .map(|n| {
            let mut texts = headline(Style::Bold, 20.0, &UNIT, facts.unit);
            texts.push(grid::folio(n, of));
            Page { texts, ..Page::default() }
        })
        .collect();
    for of_page in entries.chunk_by(|a, b| a.page == b.page) {
        let (first, last) = (&of_page[0], &of_page[of_page.len() - 1]);
        let texts = &mut pages[first.page].texts;
        let span = if first.initial == last.initial {
            first.initial.to_string()
        } else {
            format!("{} – {}", first.initial, last.initial)
        };
        texts.push(Filled::new(Style::Bold, SPAN_PT, Align::Right, SPAN, span));
        of_page.iter().for_each(|entry| texts.extend(entry.texts(&rooms)));
    }
    pages
}

impl<'a> Entry<'a> {
    fn texts(&self, rooms: &Rooms) -> Vec<Filled<'a>> {
        let (left, y) = (lefts()[self.column], self.y);
        let name_w = COLUMN - GUTTER - rooms.w - 3.0;
        let mut texts = Vec::with_capacity(3);
        if self.leads {
            let initial = self.initial.to_string();
            texts.push(Filled::new(Style::Bold, INITIAL_PT, Align::Left, (left, y, GUTTER - 1.0), initial));
        }
        texts.push(
            Filled::new(Style::Regular, SIZE, Align::Left, (left + GUTTER, y, name_w), self.student.name).named(),
        );
        let room = self.student.room;
        let place = (left + COLUMN - rooms.w, y, rooms.w);
        texts.push(Filled::new(Style::Bold, rooms.size_pt(room), Align::Right, place, room));
        texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_a_unit_are_listed_once_and_no_column_runs_over() {
        let names: Vec<String> =
            (0..900).map(|n| format!("{}a Lima {n:03}", char::from(b'A' + (n / 40) as u8))).collect();
        let students =
            names.iter().map(|name| StudentFacts { name, room: "Sala 1", ..StudentFacts::default() }).collect();
        let facts = RoomFacts { students, ..RoomFacts::default() };
        let pages = pages(&facts);
        let shown = pages.iter().flat_map(|p| &p.texts).filter(|t| t.name).map(|t| t.text.as_ref());
        assert!(shown.eq(names.iter().map(String::as_str)));
        assert!(pages.iter().flat_map(|p| &p.texts).filter(|t| t.name).all(|t| t.slot.y < BOTTOM));
        let last = format!("Página {0} de {0}", pages.len());
        assert!(pages.last().unwrap().texts.iter().any(|t| t.text == last));
        assert!(pages[0].texts.iter().any(|t| t.text.starts_with("A – ")));
    }
}
