//! Registration tags, anchors, the calibration patch and the footer.

use super::pen::{Align, Ink, Path, Pen, cap_mm};
use crate::print::typeface::Style;
use crate::sheet::code::qr;
use crate::sheet::frame::{Area, Calibration, Fiducial, TAG_MODULES, TAGS};
use crate::sheet::{Layout, LayoutPage};

const CALIBRATION_OUTLINE_MM: f64 = 0.25;

pub fn draw(pen: &mut Pen, page: &LayoutPage) {
    for fiducial in &page.fiducials {
        tag(pen, fiducial);
    }
    for a in &page.anchors {
        pen.fill(Path::Rect(Area::new(a.x - a.size / 2.0, a.y - a.size / 2.0, a.size, a.size)), Ink::SOLID);
    }
    finders(pen, &page.code);
    if let Some(c) = &page.calibration {
        calibration(pen, c);
    }
}

/// A bubble printed solid, an empty one and a grey.
fn calibration(pen: &mut Pen, c: &Calibration) {
    pen.disc(c.filled.x, c.filled.y, c.filled.r, Ink::SOLID);
    let empty = Path::Ellipse { x: c.empty.x, y: c.empty.y, rx: c.empty.r, ry: c.empty.r };
    pen.stroke(empty, Ink::OUTLINE, CALIBRATION_OUTLINE_MM);
    pen.disc(c.gray.x, c.gray.y, c.gray.r, Ink::gray(1.0 - c.gray_level as f32));
    let middle = (c.filled.x + c.gray.x) / 2.0;
    let y = c.empty.y + c.empty.r + 1.2 + cap_mm(Style::Regular, 5.0);
    pen.write(Style::Regular, 5.0, Ink::QUIET, Align::Center, middle, y, 20.0, "não escreva aqui");
}

/// The QR's three finder patterns, the same on every sheet: their light separators keep them from touching what is
/// stamped.
pub fn finders(pen: &mut Pen, code: &Area) {
    let module = code.w / qr::SIZE as f64;
    for (row, column) in qr::FINDERS {
        for (inset, ink) in [(0.0, Ink::SOLID), (1.0, Ink::PAPER), (2.0, Ink::SOLID)] {
            let (x, y) = (code.x + module * (column as f64 + inset), code.y + module * (row as f64 + inset));
            let side = module * (qr::FINDER as f64 - 2.0 * inset);
            pen.fill(Path::Rect(Area::new(x, y, side, side)), ink);
        }
    }
}

/// The black square, and its white modules over it: no seams between black ones.
fn tag(pen: &mut Pen, f: &Fiducial) {
    let (left, top, module) = (f.x - f.size / 2.0, f.y - f.size / 2.0, f.size / TAG_MODULES as f64);
    pen.fill(Path::Rect(Area::new(left, top, f.size, f.size)), Ink::SOLID);
    let inner = TAG_MODULES - 2;
    for row in 0..inner {
        let mut column = 0;
        while column < inner {
            let run = (column..inner).take_while(|&c| TAGS[f.tag][row * inner + c]).count();
            if run > 0 {
                let (x, y) = (left + module * (column + 1) as f64, top + module * (row + 1) as f64);
                pen.fill(Path::Rect(Area::new(x, y, module * run as f64, module)), Ink::PAPER);
            }
            column += run.max(1);
        }
    }
}

pub fn footer(pen: &mut Pen, layout: &Layout, number: u16) {
    let area = pen.frame.footer;
    let pages = layout.content.pages.len();
    let bold = pen.scaled(8.0).min(11.0);
    let first = area.y + cap_mm(Style::Bold, bold);
    let page = format!("Página {number} de {pages}");
    pen.write(Style::Bold, bold, Ink::TEXT, Align::Right, area.right(), first, area.w, &page);
    imprint(pen, layout, first);
}

/// Which layout this is, under a line that ends at `above`.
pub fn imprint(pen: &mut Pen, layout: &Layout, above: f64) {
    let area = pen.frame.footer;
    let small = 5.5;
    let y = above + 1.6 + cap_mm(Style::Mono, small);
    let name = format!("{} · {} · {}", layout.content.format.name(), layout.content.edition, layout.id);
    pen.write(Style::Mono, small, Ink::QUIET, Align::Right, area.right(), y, area.w, &name);
}
