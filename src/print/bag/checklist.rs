//! What comes back in the bag: counted, ticked off, signed for.

use super::grid::{self, LEFT, RIGHT, TOP, WIDTH, baseline, column, row, rule, section, tick};
use super::{Filled, Form, Page, Paper, RoomFacts, contents};
use crate::print::draw::{Align, Heading, Ink, Pen};
use crate::print::typeface::Style;
use crate::sheet::frame::Area;

const HEAD: f64 = 68.0;
const ROWS_TOP: f64 = 70.0;
const ROW: f64 = 9.0;
const ROWS: usize = 12;
const SENT_RIGHT: f64 = 108.0;
const RETURNED: (f64, f64) = (118.0, 150.0);
const CHECKED: f64 = 176.0;
const COUNTS: Area = Area::new(LEFT, 184.0, WIDTH, 12.0);
const ORDER: f64 = 208.0;
const SIGNATURES: f64 = 264.0;

/// From the top of the pile down.
const PILE: [&str; 5] = [
    "Esta folha e a ata de sala, preenchidas e assinadas.",
    "A lista de presença, com as bolhas dos ausentes preenchidas.",
    "As folhas de respostas na ordem da lista, todas de frente, sem grampo, clipe ou dobra.",
    "As folhas dos ausentes e as reservas, usadas e não usadas.",
    "Os cadernos de prova, se forem recolhidos.",
];

pub fn form(heading: &Heading) -> Form {
    let mut pen = grid::pen();
    grid::masthead(&mut pen, heading, Paper::Return.title(), RIGHT);
    grid::room_cells(TOP, RIGHT).iter().for_each(|cell| cell.draw(&mut pen));
    table(&mut pen);
    let counts = [("Presentes", 1.0), ("Ausentes", 1.0), ("Reservas usadas", 1.0), ("Lacre da volta nº", 1.6)];
    row(COUNTS, 13.0, counts).iter().for_each(|cell| cell.draw(&mut pen));
    section(&mut pen, ORDER, "No malote, de cima para baixo");
    for (i, text) in PILE.into_iter().enumerate() {
        let y = ORDER + 6.4 + 5.2 * i as f64;
        pen.write(Style::Bold, 9.5, Ink::TEXT, Align::Left, LEFT, y, 6.0, &(i + 1).to_string());
        pen.write(Style::Regular, 9.5, Ink::TEXT, Align::Left, LEFT + 6.0, y, WIDTH - 6.0, text);
    }
    grid::signatures(&mut pen, SIGNATURES, ["Devolvido por", "Recebido por", "Data e hora"]);
    grid::foot(&mut pen, heading, Paper::Return.title());
    Form { layout: None, drawing: pen.drawing }
}

fn table(pen: &mut Pen) {
    column(pen, Align::Left, LEFT, HEAD, "Item");
    column(pen, Align::Right, SENT_RIGHT, HEAD, "Enviados");
    column(pen, Align::Center, (RETURNED.0 + RETURNED.1) / 2.0, HEAD, "Devolvidos");
    column(pen, Align::Center, CHECKED, HEAD, "Conferido");
    rule(pen, LEFT, RIGHT, ROWS_TOP, 0.4);
    for i in 0..ROWS {
        let bottom = ROWS_TOP + ROW * (i + 1) as f64;
        pen.level(LEFT, RIGHT, bottom, Ink::HAIRLINE);
        tick(pen, CHECKED, bottom - ROW / 2.0);
    }
    for x in [RETURNED.0, RETURNED.1] {
        pen.plumb(x, ROWS_TOP, ROWS_TOP + ROW * ROWS as f64, Ink::HAIRLINE);
    }
}

pub fn page<'a>(facts: &'a RoomFacts<'a>) -> Page<'a> {
    let mut texts = grid::fill_room(&grid::room_cells(TOP, RIGHT), facts);
    for (i, (name, count)) in contents::rows(facts, ROWS).into_iter().enumerate() {
        let y = baseline(Style::Regular, 11.0, ROWS_TOP + ROW * (i as f64 + 0.5));
        texts.push(Filled::new(Style::Regular, 11.0, Align::Left, (LEFT, y, 72.0), name));
        texts.push(Filled::new(Style::Bold, 11.0, Align::Right, (SENT_RIGHT - 18.0, y, 18.0), count.to_string()));
    }
    texts.push(grid::folio(1, 1));
    Page { texts, ..Page::default() }
}
