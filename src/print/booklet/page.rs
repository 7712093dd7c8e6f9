//! A packed page as operators: forms at their places, and the texts that depend on the order.

use super::black;
use super::flow::{LETTER_RADIUS, Mark};
use super::furniture::BookletSlots;
use super::look::{Look, pt};
use super::pack::{Packed, PlacedAtom};
use crate::print::fit::Measure;
use crate::print::pdf::font::Subset;
use crate::print::pdf::number::{fixed, int, op, real};
use crate::print::typeface::Style;

pub struct Pages<'a> {
    pub look: &'a Look,
    /// The stamp's fonts.
    pub fonts: &'a [Subset; 3],
    pub background: bool,
}

impl Pages<'_> {
    /// `furniture` is the name of the page's static layer.
    pub fn content(
        &self,
        page: &Packed,
        furniture: &str,
        slots: &BookletSlots,
        number: usize,
        of: usize,
        out: &mut Vec<u8>,
    ) {
        self.ground(furniture, out);
        out.extend_from_slice(b"q ");
        let mut canvas = Canvas { pages: self, out, origin: (0, 0) };
        match page {
            Packed::Columns(atoms) | Packed::Cover(atoms) => atoms.iter().for_each(|atom| canvas.atom(atom)),
            Packed::Essay { number, .. } => {
                let size = self.look.size.max(10.0);
                let text = format!("FOLHA DE REDAÇÃO – QUESTÃO {number:02}");
                canvas.text(Style::Bold, size, self.look.left, self.look.top + 0.9 * size, &text);
            }
        }
        canvas.number(slots, number, of);
        out.extend_from_slice(b"Q ");
    }

    /// A page that has only its furniture.
    pub fn bare(&self, furniture: &str, slots: &BookletSlots, number: usize, of: usize, out: &mut Vec<u8>) {
        self.ground(furniture, out);
        Canvas { pages: self, out, origin: (0, 0) }.number(slots, number, of);
    }

    fn ground(&self, furniture: &str, out: &mut Vec<u8>) {
        if self.background {
            out.extend_from_slice(b"q ");
            op(out, &[self.look.width, 0.0, 0.0, self.look.height, 0.0, 0.0], "cm /BG Do Q");
        }
        out.extend_from_slice(format!("/{furniture} Do\n").as_bytes());
    }

    /// A letter in its circle, around the origin.
    pub fn letter(&self, letter: char) -> Vec<u8> {
        let mut out = Vec::new();
        let r = LETTER_RADIUS * self.look.size;
        let h = r * 0.552_284_75;
        out.extend_from_slice(b".6 w\n");
        op(&mut out, &[r, 0.0], "m");
        for [a, b, c, d, e, f] in
            [[r, h, h, r, 0.0, r], [-h, r, -r, h, -r, 0.0], [-r, -h, -h, -r, 0.0, -r], [h, -r, r, -h, r, 0.0]]
        {
            op(&mut out, &[a, b, c, d, e, f], "c");
        }
        out.extend_from_slice(b"h S\n");
        let (font, size) = (&self.fonts[Style::Bold as usize], 0.8 * self.look.size);
        let text = letter.to_string();
        let cap = Style::Bold.face().cap_height() * size;
        let (x, y) = (-font.width(&text) * size / 2.0, -cap / 2.0);
        out.extend_from_slice(b"BT /F1 ");
        op(&mut out, &[size], "Tf");
        op(&mut out, &[x, y], "Td");
        font.show(&mut out, &text);
        out.extend_from_slice(b"ET\n");
        out
    }
}

/// The operators of a page. Its origin moves from form to form: the steps are nearly all alike, and so compress to little.
struct Canvas<'c, 'p> {
    pages: &'c Pages<'p>,
    out: &'c mut Vec<u8>,
    /// In hundredths of a point, y up.
    origin: (i64, i64),
}

impl Canvas<'_, '_> {
    fn number(&mut self, slots: &BookletSlots, number: usize, of: usize) {
        let slot = slots.number;
        if slot.w > 0.0 {
            let text = format!("{number} / {of}");
            let width = self.pages.fonts[Style::Regular as usize].width(&text) * slot.size_pt;
            self.text(Style::Regular, slot.size_pt, pt(slot.x) - width / 2.0, pt(slot.y), &text);
        }
    }

    fn atom(&mut self, placed: &PlacedAtom) {
        // What is read first comes first: number and letter before the text that they belong to.
        let label = |m: &&Mark| matches!(m, Mark::Text { .. } | Mark::Letter { .. });
        let marks = &placed.atom.marks;
        for mark in marks.iter().filter(label).chain(marks.iter().filter(|m| !label(m))) {
            self.mark(mark, placed);
        }
    }

    fn mark(&mut self, mark: &Mark, placed: &PlacedAtom) {
        let (left, top) = (placed.x, placed.y);
        match mark {
            // A form stands on its lower left corner.
            Mark::Form { form, x, y, height } => {
                self.step(left + x, top + y + height);
                self.out.push(FORM);
                int(self.out, *form as i64);
                self.out.extend_from_slice(b" Do\n");
            }
            Mark::Letter { letter, x, y } => {
                self.step(left + x, top + y);
                self.out.extend_from_slice(&[LETTER, *letter as u8]);
                self.out.extend_from_slice(b" Do\n");
            }
            Mark::Text { style, size, x, y, text } => self.text(*style, *size, left + x, top + y, text),
            Mark::Rule { x0, x1, y, weight, lightness } => {
                let (weight, lightness) = match self.pages.look.black {
                    true => (&black::weight(*weight, *lightness), &0.0),
                    false => (weight, lightness),
                };
                if *lightness > 0.0 {
                    real(self.out, *lightness, 2);
                    self.out.extend_from_slice(b" g ");
                }
                self.at(left + x0, top + y + weight / 2.0);
                self.numbers(&[x1 - x0, *weight]);
                self.out.extend_from_slice(if *lightness > 0.0 { b"re f 0 g\n" } else { b"re f\n" });
            }
            Mark::Frame([x, y, w, h]) => {
                self.out.extend_from_slice(b".5 w ");
                self.at(left + x, top + y + h);
                self.numbers(&[*w, *h]);
                self.out.extend_from_slice(b"re S\n");
            }
        }
    }

    /// In hundredths of a point, y up: 0.004 mm.
    fn hundredths(&self, x: f64, y: f64) -> (i64, i64) {
        ((x * 100.0).round() as i64, ((self.pages.look.height - y) * 100.0).round() as i64)
    }

    /// A place, in points from the page's top-left corner, as seen from the origin.
    fn at(&mut self, x: f64, y: f64) {
        let (x, y) = self.hundredths(x, y);
        for value in [x - self.origin.0, y - self.origin.1] {
            fixed(self.out, value, 2);
            self.out.push(b' ');
        }
    }

    fn numbers(&mut self, values: &[f64]) {
        for &value in values {
            real(self.out, value, 2);
            self.out.push(b' ');
        }
    }

    /// Moves the origin, and begins the name of a form that stands there.
    fn step(&mut self, x: f64, y: f64) {
        self.out.extend_from_slice(b"1 0 0 1 ");
        self.at(x, y);
        self.origin = self.hundredths(x, y);
        self.out.extend_from_slice(b"cm/");
    }

    /// A text at its baseline, in points from the page's top-left corner.
    fn text(&mut self, style: Style, size: f64, x: f64, y: f64, text: &str) {
        self.out.extend_from_slice(b"BT/");
        self.out.extend_from_slice(style.resource().as_bytes());
        self.out.push(b' ');
        real(self.out, size, 2);
        self.out.extend_from_slice(b" Tf ");
        self.at(x, y);
        self.out.extend_from_slice(b"Td");
        self.pages.fonts[style as usize].show(self.out, text);
        self.out.extend_from_slice(b"ET\n");
    }
}

/// What forms' names begin with.
const FORM: u8 = b'P';
const LETTER: u8 = b'L';

pub fn form_name(form: usize) -> String {
    format!("{}{form}", char::from(FORM))
}

/// Letters are those of `order::letter`: of one byte.
pub fn letter_name(letter: char) -> String {
    format!("{}{letter}", char::from(LETTER))
}
