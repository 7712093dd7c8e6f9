//! The envelope's label, to be cut off and pasted on; what is left is the receipt of who hands it over.

use super::grid::{self, Cell, LEFT, RIGHT, WIDTH, column, row, rule};
use super::headline::headline;
use super::{Form, Page, Paper, RoomFacts, contents};
use crate::print::draw::{Align, Heading, Ink, Path, Pen};
use crate::print::typeface::Style;
use crate::sheet::frame::Area;

const UNIT: Area = Area::new(LEFT, 40.0, WIDTH, 12.0);
const ROOM: Area = Area::new(LEFT, 57.0, WIDTH, 52.0);
const FIGURES: Area = Area::new(LEFT, 115.0, WIDTH, 18.0);
/// Half the paper.
const CUT: f64 = 148.5;
const RECEIPT_TITLE: f64 = 165.0;
const RECEIPT: Area = Area::new(LEFT, 171.0, WIDTH, 11.0);
const WRITTEN: [f64; 4] = [190.0, 208.0, 226.0, 244.0];

fn figures() -> [Cell; 4] {
    row(FIGURES, 28.0, [("Alunos", 2.2), ("Reservas", 2.0), ("Malote", 3.2), ("Data", 4.6)])
}

fn receipt() -> [Cell; 3] {
    row(RECEIPT, 12.0, [("Unidade", 5.0), ("Sala", 4.0), ("Malote", 1.6)])
}

pub fn form(heading: &Heading) -> Form {
    let mut pen = grid::pen();
    grid::masthead(&mut pen, heading, "", RIGHT);
    rule(&mut pen, LEFT, RIGHT, 111.0, 0.6);
    let [.., date] = figures();
    figures()[..3].iter().for_each(|cell| cell.draw(&mut pen));
    date.print(&mut pen, &heading.date);
    cut(&mut pen);
    pen.write(Style::Bold, 14.0, Ink::SOLID, Align::Left, LEFT, RECEIPT_TITLE, WIDTH, "Comprovante de entrega");
    column(&mut pen, Align::Right, RIGHT, RECEIPT_TITLE, "Fica com a coordenação");
    receipt().iter().for_each(|cell| cell.draw(&mut pen));
    let lines = [("Lacre nº", "Data e hora"), ("Entregue por", "Assinatura"), ("Recebido por", "Assinatura")];
    for (y, (left, right)) in WRITTEN.into_iter().zip(lines) {
        row(Area::new(LEFT, y, WIDTH, 13.0), 11.0, [(left, 1.0), (right, 1.0)]).iter().for_each(|c| c.draw(&mut pen));
    }
    row(Area::new(LEFT, WRITTEN[3], WIDTH, 13.0), 11.0, [("Observações", 1.0)]).iter().for_each(|c| c.draw(&mut pen));
    grid::foot(&mut pen, heading, Paper::Label.title());
    Form { layout: None, drawing: pen.drawing }
}

/// A dashed line across the paper.
fn cut(pen: &mut Pen) {
    let (dash, gap) = (3.0, 2.0);
    let width = pen.frame.width;
    let dashes = ((width - 12.0 + gap) / (dash + gap)).floor();
    let first = (width - dashes * (dash + gap) + gap) / 2.0;
    for i in 0..dashes as usize {
        let x = first + (dash + gap) * i as f64;
        pen.stroke(Path::Line(vec![(x, CUT), (x + dash, CUT)]), Ink::QUIET, 0.25);
    }
    pen.write(Style::Regular, 7.0, Ink::QUIET, Align::Center, width / 2.0, CUT + 4.0, WIDTH, "Recorte aqui");
}

pub fn page<'a>(facts: &'a RoomFacts<'a>) -> Page<'a> {
    let mut texts = headline(Style::Bold, 28.0, &UNIT, facts.unit);
    texts.extend(headline(Style::Bold, 130.0, &ROOM, facts.room));
    let [students, spares, bag, _] = figures();
    let bag_text = contents::bag(facts);
    texts.push(students.fill(facts.students.len().to_string()));
    texts.push(spares.fill(facts.spares.to_string()));
    texts.push(bag.fill(bag_text.clone()));
    let [unit, room, bag] = receipt();
    texts.extend([unit.fill(facts.unit), room.fill(facts.room), bag.fill(bag_text)]);
    Page { texts, ..Page::default() }
}
