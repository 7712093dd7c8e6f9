//! The cover of a room's bag (capa do malote): whose it is, from two metres; and what is in it, with codes to scan.

use super::grid::{self, Cell, LEFT, RIGHT, WIDTH, baseline, column, row, rule, tick};
use super::headline::headline;
use super::{Filled, Form, Page, Paper, RoomFacts, contents, framed};
use crate::print::draw::{Align, Heading, Ink, Pen};
use crate::print::typeface::Style;
use crate::sheet::frame::Area;

const EDITION: &str = "cover-1";

const NAMES_TOP: f64 = 56.5;
const UNIT: Area = Area::new(LEFT, 61.5, WIDTH, 12.0);
const ROOM: Area = Area::new(LEFT, 79.0, WIDTH, 42.0);
const NAMES_BOTTOM: f64 = 123.0;
const FIGURES: Area = Area::new(LEFT, 128.0, WIDTH, 16.0);
/// The table of contents: its head, its first row and how many there are.
const HEAD: f64 = 153.5;
const ROWS_TOP: f64 = 155.5;
const ROW: f64 = 5.5;
const ROWS: usize = 12;
const COUNT_RIGHT: f64 = 128.0;
const OUT: f64 = 152.0;
const BACK: f64 = 180.0;
const HANDS: [f64; 3] = [225.0, 237.5, 250.0];
const BARCODE: Area = Area::new(RIGHT - 82.0, 236.0, 82.0, 20.0);

fn figures() -> [Cell; 5] {
    row(FIGURES, 24.0, [("Alunos", 2.2), ("Reservas", 2.0), ("Versões", 2.9), ("Malote", 2.9), ("Data", 4.3)])
}

pub fn form(heading: &Heading) -> Form {
    let layout = framed::layout(EDITION, Vec::new(), Vec::new());
    framed::form(layout, heading, Paper::Cover.title(), |pen, _| {
        rule(pen, LEFT, RIGHT, NAMES_TOP, 1.2);
        rule(pen, LEFT, RIGHT, NAMES_BOTTOM, 1.2);
        let [.., date] = figures();
        figures()[..4].iter().for_each(|cell| cell.draw(pen));
        date.print(pen, &heading.date);
        table(pen);
        for (y, label) in HANDS.into_iter().zip(["Lacre nº", "Entregue por", "Recebido por"]) {
            Cell { label, area: Area::new(LEFT, y, 86.0, 10.5), size_pt: 11.0 }.draw(pen);
        }
        column(pen, Align::Left, BARCODE.x, 231.0, "Código do malote");
    })
}

fn table(pen: &mut Pen) {
    column(pen, Align::Left, LEFT, HEAD, "Conteúdo");
    column(pen, Align::Right, COUNT_RIGHT, HEAD, "Quantidade");
    column(pen, Align::Center, OUT, HEAD, "Conferido na saída");
    column(pen, Align::Center, BACK, HEAD, "Conferido na volta");
    rule(pen, LEFT, RIGHT, ROWS_TOP, 0.4);
    for i in 0..ROWS {
        let bottom = ROWS_TOP + ROW * (i + 1) as f64;
        pen.level(LEFT, RIGHT, bottom, Ink::HAIRLINE);
        tick(pen, OUT, bottom - ROW / 2.0);
        tick(pen, BACK, bottom - ROW / 2.0);
    }
}

pub fn page<'a>(facts: &'a RoomFacts<'a>) -> Page<'a> {
    let mut texts = headline(Style::Bold, 26.0, &UNIT, facts.unit);
    texts.extend(headline(Style::Bold, 124.0, &ROOM, facts.room));
    let [students, spares, versions, bag, _] = figures();
    texts.push(students.fill(facts.students.len().to_string()));
    texts.push(spares.fill(facts.spares.to_string()));
    texts.push(versions.fill(contents::versions(facts)));
    texts.push(bag.fill(contents::bag(facts)));
    for (i, (name, count)) in contents::rows(facts, ROWS).into_iter().enumerate() {
        let y = baseline(Style::Regular, 11.0, ROWS_TOP + ROW * (i as f64 + 0.5));
        texts.push(Filled::new(Style::Regular, 11.0, Align::Left, (LEFT, y, 88.0), name));
        let count = Filled::new(Style::Bold, 11.0, Align::Right, (COUNT_RIGHT - 22.0, y, 22.0), count.to_string());
        texts.push(count);
    }
    texts.push(grid::folio(1, 1));
    Page { texts, barcode: Some(BARCODE), ..Page::default() }
}
