//! The minutes of a room (ata): times, counts, what happened, who signs.

use super::grid::{self, Cell, LEFT, RIGHT, TOP, WIDTH, row, section};
use super::{Form, Page, Paper, RoomFacts};
use crate::print::draw::{Align, Heading, Ink, Pen};
use crate::print::fit;
use crate::print::typeface::Style;
use crate::sheet::frame::Area;

const TIMES: Area = Area::new(LEFT, 64.0, WIDTH, 12.0);
const COUNTS: Area = Area::new(LEFT, 82.0, WIDTH, 12.0);
const OCCURRENCES: f64 = 108.0;
const LINES_TOP: f64 = 120.0;
const LINE: f64 = 8.2;
const LINES: usize = 16;
const SIGNATURES: f64 = 264.0;

fn counts() -> [Cell; 5] {
    let cells = [
        ("Presentes", 1.0),
        ("Ausentes", 1.0),
        ("Reservas recebidas", 1.2),
        ("Reservas usadas", 1.2),
        ("Lacre nº", 1.6),
    ];
    row(COUNTS, 13.0, cells)
}

pub fn form(heading: &Heading) -> Form {
    let mut pen = grid::pen();
    grid::masthead(&mut pen, heading, Paper::Minutes.title(), RIGHT);
    grid::room_cells(TOP, RIGHT).iter().for_each(|cell| cell.draw(&mut pen));
    let times = [("Início da prova", 1.0), ("Término da prova", 1.0), ("Primeira saída", 1.0), ("Última saída", 1.0)];
    row(TIMES, 13.0, times).iter().for_each(|cell| cell.draw(&mut pen));
    counts().iter().for_each(|cell| cell.draw(&mut pen));
    occurrences(&mut pen);
    grid::signatures(&mut pen, SIGNATURES, ["Aplicador(a)", "Fiscal de sala", "Coordenação"]);
    grid::foot(&mut pen, heading, Paper::Minutes.title());
    Form { layout: None, drawing: pen.drawing }
}

fn occurrences(pen: &mut Pen) {
    section(pen, OCCURRENCES, "Ocorrências");
    let advice = "Com nome, matrícula e hora: atraso, saída antes do tempo, material trocado ou com defeito, reserva usada e \
                  por quem, aluno fora da lista, aluno retirado. Se nada aconteceu, escreva “sem ocorrências”.";
    for (i, line) in fit::paragraph(Style::Regular.face(), 8.0, WIDTH, advice).iter().enumerate() {
        let y = OCCURRENCES + 4.6 + 3.6 * i as f64;
        pen.write(Style::Regular, 8.0, Ink::QUIET, Align::Left, LEFT, y, WIDTH, line);
    }
    for i in 1..=LINES {
        pen.level(LEFT, RIGHT, LINES_TOP + LINE * i as f64, Ink::HAIRLINE);
    }
}

pub fn page<'a>(facts: &'a RoomFacts<'a>) -> Page<'a> {
    let mut texts = grid::fill_room(&grid::room_cells(TOP, RIGHT), facts);
    let [_, _, spares, _, _] = counts();
    texts.push(spares.fill(facts.spares.to_string()));
    texts.push(grid::folio(1, 1));
    Page { texts, ..Page::default() }
}
