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
const FIRST_NAME: f64 = NAMES_TOP + 6.0;
const BETWEEN: f64 = 10.0;
/// Left of the names, for initials.
const GUTTER: f64 = 7.0;
/// Between a name and its room.
const ROOM_GAP: f64 = 3.0;

/// A way to set the list.
struct Setting {
    columns: usize,
    size_pt: f64,
    leading: f64,
    /// The widest that rooms may be.
    room_w: f64,
}

/// Where rooms have short names, and where they have long ones.
const SETTINGS: [Setting; 2] = [
    Setting { columns: 2, size_pt: 10.0, leading: 4.85, room_w: 30.0 },
    Setting { columns: 1, size_pt: 12.0, leading: 5.8, room_w: 75.0 },
];

impl Setting {
    fn width(&self) -> f64 {
        (WIDTH - BETWEEN * (self.columns - 1) as f64) / self.columns as f64
    }

    fn left(&self, column: usize) -> f64 {
        LEFT + (self.width() + BETWEEN) * column as f64
    }

    /// More space before another initial.
    fn initial_gap(&self) -> f64 {
        self.leading * 0.55
    }
}

pub fn forms(heading: &Heading) -> Vec<Form> {
    SETTINGS.iter().map(|setting| form(heading, setting)).collect()
}

fn form(heading: &Heading, setting: &Setting) -> Form {
    let mut pen = grid::pen();
    grid::masthead(&mut pen, heading, Paper::Yard.title(), RIGHT);
    for i in 0..setting.columns {
        let left = setting.left(i);
        column(&mut pen, Align::Left, left + GUTTER, HEAD, "Nome");
        grid::rule(&mut pen, left, left + setting.width(), NAMES_TOP, 0.4);
        if i > 0 {
            pen.plumb(left - BETWEEN / 2.0, NAMES_TOP, BOTTOM, Ink::HAIRLINE);
        }
    }
    grid::foot(&mut pen, heading, Paper::Yard.title());
    Form { layout: None, drawing: pen.drawing }
}

/// The rooms' column, and how large each of their names is set: none may be cut.
struct Rooms<'a> {
    form: usize,
    w: f64,
    sizes_pt: BTreeMap<&'a str, f64>,
}

impl<'a> Rooms<'a> {
    fn new(students: &[StudentFacts<'a>]) -> Self {
        const LEAST_W: f64 = 12.0;
        const LEAST: f64 = 0.6;
        let mut at_1_pt = BTreeMap::new();
        for student in students {
            at_1_pt.entry(student.room).or_insert_with(|| fit::width_mm(Style::Bold.face(), 1.0, student.room));
        }
        let widest = at_1_pt.values().copied().fold(0.0, f64::max);
        let form = SETTINGS.iter().position(|s| widest * s.size_pt <= s.room_w).unwrap_or(SETTINGS.len() - 1);
        let Setting { size_pt, room_w, .. } = SETTINGS[form];
        let w = (widest * size_pt).clamp(LEAST_W, room_w) + 0.05;
        let fitting = |at_1_pt: f64| (w / at_1_pt.max(f64::MIN_POSITIVE)).clamp(LEAST * size_pt, size_pt);
        Rooms { form, w, sizes_pt: at_1_pt.into_iter().map(|(room, width)| (room, fitting(width))).collect() }
    }

    fn setting(&self) -> &'static Setting {
        &SETTINGS[self.form]
    }
}

/// A name's place.
struct Entry<'a> {
    student: &'a StudentFacts<'a>,
    initial: char,
    /// Whether the initial is shown beside it.
    leads: bool,
    page: usize,
    column: usize,
    y: f64,
}

fn entries<'a>(students: &'a [StudentFacts<'a>], setting: &Setting) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry> = Vec::with_capacity(students.len());
    for student in students {
        let initial = order::initial(student.name);
        let begun = Entry { student, initial, leads: true, page: 0, column: 0, y: FIRST_NAME };
        let entry = match entries.last() {
            None => begun,
            Some(last) => {
                let leads = last.initial != initial;
                let y = last.y + setting.leading + if leads { setting.initial_gap() } else { 0.0 };
                // An initial does not stand over the last name of a column.
                let lowest = if leads { y + setting.leading } else { y };
                if lowest <= BOTTOM - 1.0 {
                    Entry { leads, y, page: last.page, column: last.column, ..begun }
                } else if last.column + 1 < setting.columns {
                    Entry { page: last.page, column: last.column + 1, ..begun }
                } else {
                    Entry { page: last.page + 1, ..begun }
                }
            }
        };
        entries.push(entry);
    }
    entries
}

pub fn pages<'a>(facts: &'a RoomFacts<'a>) -> Vec<Page<'a>> {
    let rooms = Rooms::new(&facts.students);
    let setting = rooms.setting();
    let entries = entries(&facts.students, setting);
    let of = entries.last().map_or(1, |last| last.page + 1);
    let mut pages: Vec<Page> = (1..=of)
        .map(|n| {
            let mut texts = headline(Style::Bold, 20.0, &UNIT, facts.unit);
            texts.push(grid::folio(n, of));
            texts.extend((0..setting.columns).map(|i| {
                let x = setting.left(i) + setting.width() - rooms.w;
                Filled::new(Style::Regular, 7.5, Align::Left, (x, HEAD, rooms.w), "Sala")
            }));
            Page { form: rooms.form, texts, ..Page::default() }
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
    fn texts(&self, rooms: &Rooms) -> impl Iterator<Item = Filled<'a>> {
        let (setting, y, student) = (rooms.setting(), self.y, self.student);
        let left = setting.left(self.column);
        let initial = (left, y, GUTTER - 1.0);
        let name = (left + GUTTER, y, setting.width() - GUTTER - ROOM_GAP - rooms.w);
        let room = (left + setting.width() - rooms.w, y, rooms.w);
        let room_pt = rooms.sizes_pt.get(student.room).copied().unwrap_or(setting.size_pt);
        let leads = self
            .leads
            .then(|| Filled::new(Style::Bold, setting.size_pt * 1.4, Align::Left, initial, self.initial.to_string()));
        leads.into_iter().chain([
            Filled::new(Style::Regular, setting.size_pt, Align::Left, name, student.name).named(),
            Filled::new(Style::Bold, room_pt, Align::Left, room, student.room),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_with_long_names_get_the_width_they_need() {
        let shown = |room| {
            let students = vec![StudentFacts { name: "Ana", room, ..StudentFacts::default() }];
            let facts = RoomFacts { students, ..RoomFacts::default() };
            let page = pages(&facts).remove(0);
            let set = page.texts.iter().find(|t| t.text == room).unwrap();
            (page.form, set.fitted(Style::Bold.face()).1.text == room)
        };
        assert_eq!(shown("Sala 12"), (0, true));
        assert_eq!(shown("Laboratório de Informática 2 – Bloco B, 3º andar"), (1, true));
    }

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
