//! The attendance list: signed by who is there, and a bubble for everyone who is not. One layout serves all rooms.

use super::grid::{self, BESIDE_CODE, LEFT, WIDTH, baseline, column};
use super::{Filled, Form, Page, Paper, RoomFacts, StudentFacts, framed};
use crate::print::draw::{Align, Heading, Ink, Pen, field};
use crate::print::typeface::Style;
use crate::sheet::block::ANCHOR_SIZE;
use crate::sheet::field::FieldKind;
use crate::sheet::frame::Area;
use crate::sheet::layout::{Anchor, rounded};
use crate::sheet::{Bubble, Field};
use std::borrow::Cow;

const EDITION: &str = "attendance-1";
pub const ROWS: usize = 25;
const ROW: f64 = 6.9;
/// More space after every fifth row: the anchors beside the bubbles stand there.
const FIVES: usize = 5;
const FIVES_GAP: f64 = 1.2;

const CELLS: f64 = 48.0;
const HOW_TO: f64 = 62.6;
const HEAD: f64 = 71.2;
const TOP: f64 = 73.4;
const SUMMARY: f64 = 262.5;

/// Columns, by where their texts begin, and how wide they are.
const NUMBER: (f64, f64) = (LEFT, 6.0);
const NAME: (f64, f64) = (25.0, 59.0);
const ENROLLMENT: (f64, f64) = (86.0, 21.0);
const VERSION: (f64, f64) = (109.0, 8.0);
const SIGNATURE: (f64, f64) = (121.0, 48.0);
const ABSENT: f64 = 183.0;
const ANCHORS: [f64; 2] = [ABSENT - 9.0, ABSENT + 9.0];
const RADIUS: f64 = 2.0;
const SIZE: f64 = 9.5;

/// The middle of a row.
fn middle(row: usize) -> f64 {
    TOP + ROW * (row as f64 + 0.5) + FIVES_GAP * (row / FIVES) as f64
}

fn fields() -> Vec<Field> {
    let absent = |row: usize| Bubble {
        label: "Ausente".into(),
        x: ABSENT,
        y: rounded(middle(row)),
        rx: RADIUS,
        ry: RADIUS,
        row: None,
        column: None,
    };
    let field = |row: usize| Field {
        id: format!("r{}", row + 1),
        kind: FieldKind::Flag { labels: vec!["Ausente".into()] },
        caption: (row + 1).to_string(),
        area: Area::new(ABSENT - 7.0, rounded(middle(row) - ROW / 2.0), 14.0, ROW),
        bubbles: vec![absent(row)],
    };
    (0..ROWS).map(field).collect()
}

/// On both sides of the bubbles, over, between and under the groups of five.
fn anchors() -> Vec<Anchor> {
    let between = |row: usize| middle(row) - ROW / 2.0 - FIVES_GAP / 2.0;
    let last = middle(ROWS - 1) + ROW / 2.0 + FIVES_GAP / 2.0;
    let levels = (0..ROWS).step_by(FIVES).map(between).chain([last]);
    levels.flat_map(|y| ANCHORS.map(|x| Anchor { x, y: rounded(y), size: ANCHOR_SIZE })).collect()
}

pub fn form(heading: &Heading) -> Form {
    let layout = framed::layout(EDITION, fields(), anchors());
    framed::form(layout, heading, Paper::Attendance.title(), |pen, page| {
        grid::room_cells(CELLS, BESIDE_CODE).iter().for_each(|cell| cell.draw(pen));
        how_to(pen);
        let (centre, left) = (Align::Center, Align::Left);
        column(pen, left, NUMBER.0, HEAD, "Nº");
        column(pen, left, NAME.0, HEAD, "Nome");
        column(pen, left, ENROLLMENT.0, HEAD, "Matrícula");
        if heading.versions {
            column(pen, centre, VERSION.0 + VERSION.1 / 2.0, HEAD, "Versão");
        }
        column(pen, left, SIGNATURE.0, HEAD, "Assinatura");
        column(pen, centre, ABSENT, HEAD, "Ausente");
        for (i, field) in page.fields.iter().enumerate() {
            let bottom = field.area.bottom();
            let ink = if (i + 1) % FIVES == 0 { Ink::QUIET } else { Ink::HAIRLINE };
            pen.level(LEFT, SIGNATURE.0 - 2.0, bottom, ink);
            pen.level(SIGNATURE.0, SIGNATURE.0 + SIGNATURE.1, bottom, Ink::QUIET);
            field.bubbles.iter().for_each(|bubble| field::draw_bubble(pen, bubble));
        }
        summary(pen);
    })
}

fn how_to(pen: &mut Pen) {
    let lines = [
        "Quem está presente assina na sua linha; quem não está na lista escreve nome e matrícula numa linha livre.",
        "Quando mais ninguém puder entrar: de quem faltou, preencha a bolha por inteiro, com caneta azul ou preta.",
    ];
    for (i, line) in lines.into_iter().enumerate() {
        pen.write(Style::Regular, 8.5, Ink::TEXT, Align::Left, LEFT, HOW_TO + 3.9 * i as f64, WIDTH, line);
    }
}

fn summary(pen: &mut Pen) {
    let cells = grid::row(
        Area::new(LEFT, SUMMARY - 7.5, WIDTH, 7.5),
        9.0,
        [("Presentes", 1.6), ("Ausentes", 1.6), ("Aplicador(a)", 5.0), ("Assinatura", 5.0)],
    );
    cells.iter().for_each(|cell| cell.draw(pen));
}

pub fn pages<'a>(facts: &'a RoomFacts<'a>) -> Vec<Page<'a>> {
    let of = facts.students.len().div_ceil(ROWS).max(1);
    (0..of).map(|n| page(facts, n, of)).collect()
}

fn page<'a>(facts: &'a RoomFacts<'a>, n: usize, of: usize) -> Page<'a> {
    let first = n * ROWS;
    let rows: Vec<usize> = (first..facts.students.len().min(first + ROWS)).collect();
    let mut texts = grid::fill_room(&grid::room_cells(CELLS, BESIDE_CODE), facts);
    for row in 0..ROWS {
        let number = (first + row + 1).to_string();
        texts.push(text(row, Style::Regular, 8.0, Align::Left, NUMBER, number));
    }
    for (row, student) in rows.iter().map(|&i| &facts.students[i]).enumerate() {
        texts.extend(student_texts(row, student));
    }
    texts.push(grid::folio(n + 1, of));
    Page { texts, rows, ..Page::default() }
}

fn student_texts<'a>(row: usize, student: &StudentFacts<'a>) -> Vec<Filled<'a>> {
    let mut texts = vec![text(row, Style::Bold, SIZE, Align::Left, NAME, student.name).named()];
    if !student.enrollment.is_empty() {
        texts.push(text(row, Style::Regular, SIZE, Align::Left, ENROLLMENT, student.enrollment));
    }
    if let Some(version) = student.version {
        texts.push(text(row, Style::Regular, SIZE, Align::Center, VERSION, version.to_string()));
    }
    texts
}

fn text<'a>(
    row: usize,
    style: Style,
    size_pt: f64,
    align: Align,
    (x, w): (f64, f64),
    text: impl Into<Cow<'a, str>>,
) -> Filled<'a> {
    Filled::new(style, size_pt, align, (x, baseline(style, size_pt, middle(row) + 0.4), w), text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::Frame;

    #[test]
    fn the_reader_finds_a_bubble_in_every_row_and_marks_around_it() {
        let form = form(&Heading::default());
        let layout = form.layout.unwrap();
        assert_eq!(crate::sheet::Layout::new(layout.content.clone()).id, layout.id);
        let [page] = &layout.content.pages[..] else { panic!("one page serves all") };
        let content = Frame::of(layout.content.format).content(2);
        assert_eq!(page.fields.len(), ROWS);
        let square = |a: &Anchor| Area::new(a.x - a.size / 2.0, a.y - a.size / 2.0, a.size, a.size);
        for (i, field) in page.fields.iter().enumerate() {
            assert_eq!(field.id, format!("r{}", i + 1));
            assert!(content.holds(&field.area), "{:?}", field.area);
            assert!(page.fields[i + 1..].iter().all(|other| !field.area.overlaps(&other.area)));
            let [b] = &field.bubbles[..] else { panic!("one bubble a row") };
            assert!(b.rx >= 1.65 && b.ry >= 1.65, "bubbles are never under 3.3 mm");
            assert!(field.area.holds(&Area::new(b.x - b.rx, b.y - b.ry, 2.0 * b.rx, 2.0 * b.ry)));
            // A mark on either side within reach of every bubble, none within the light band that each needs around it.
            let near = |side: f64| {
                page.anchors.iter().any(|a| (a.x - b.x) * side > 0.0 && (a.x - b.x).hypot(a.y - b.y) < 25.0)
            };
            assert!(near(-1.0) && near(1.0), "no mark is near {}", field.id);
            assert!(page.anchors.iter().all(|a| !square(a).grown(1.0).overlaps(&field.area)), "{}", field.id);
        }
        assert!(page.anchors.iter().all(|a| content.holds(&square(a))));
    }

    #[test]
    fn every_student_has_one_row() {
        let names: Vec<String> = (0..60).map(|n| format!("Aluno {n}")).collect();
        let students = names.iter().map(|name| StudentFacts { name, ..StudentFacts::default() }).collect();
        let facts = RoomFacts { students, ..RoomFacts::default() };
        let pages = pages(&facts);
        let rows: Vec<Vec<usize>> = pages.iter().map(|p| p.rows.clone()).collect();
        assert_eq!(rows.iter().map(Vec::len).collect::<Vec<_>>(), [25, 25, 10]);
        assert!(rows.concat().into_iter().eq(0..60));
        assert!(pages[2].texts.iter().any(|t| t.text == "75"), "rows to add by hand are numbered too");
    }
}
