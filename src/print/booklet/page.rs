//! A packed page as operators: forms at their places, and the texts that depend on the order.

use super::flow::{LETTER_RADIUS, Mark};
use super::furniture::BookletSlots;
use super::look::{Look, pt};
use super::pack::{Packed, PlacedAtom};
use crate::print::fit::Measure;
use crate::print::pdf::font::Subset;
use crate::print::pdf::number::{op, real};
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
        match page {
            Packed::Columns(atoms) | Packed::Cover(atoms) => atoms.iter().for_each(|atom| self.atom(atom, out)),
            Packed::Essay { number, .. } => {
                let size = self.look.size.max(10.0);
                let text = format!("FOLHA DE REDAÇÃO – QUESTÃO {number:02}");
                self.text(Style::Bold, size, self.look.left, self.look.top + 0.9 * size, &text, out);
            }
        }
        self.number(slots, number, of, out);
    }

    /// A page that has only its furniture.
    pub fn bare(&self, furniture: &str, slots: &BookletSlots, number: usize, of: usize, out: &mut Vec<u8>) {
        self.ground(furniture, out);
        self.number(slots, number, of, out);
    }

    fn ground(&self, furniture: &str, out: &mut Vec<u8>) {
        if self.background {
            out.extend_from_slice(b"q ");
            op(out, &[self.look.width, 0.0, 0.0, self.look.height, 0.0, 0.0], "cm /BG Do Q");
        }
        out.extend_from_slice(format!("/{furniture} Do\n").as_bytes());
    }

    fn number(&self, slots: &BookletSlots, number: usize, of: usize, out: &mut Vec<u8>) {
        let slot = slots.number;
        if slot.w > 0.0 {
            let text = format!("{number} / {of}");
            let width = self.fonts[Style::Regular as usize].width(&text) * slot.size_pt;
            self.text(Style::Regular, slot.size_pt, pt(slot.x) - width / 2.0, pt(slot.y), &text, out);
        }
    }

    fn atom(&self, placed: &PlacedAtom, out: &mut Vec<u8>) {
        // What is read first comes first: number and letter before the text that they belong to.
        let (labels, forms): (Vec<&Mark>, Vec<&Mark>) =
            placed.atom.marks.iter().partition(|m| matches!(m, Mark::Text { .. } | Mark::Letter { .. }));
        for mark in labels.into_iter().chain(forms) {
            self.mark(mark, placed, out);
        }
    }

    fn mark(&self, mark: &Mark, placed: &PlacedAtom, out: &mut Vec<u8>) {
        let at = |x: f64, y: f64| (placed.x + x, self.look.height - placed.y - y);
        match mark {
            Mark::Form { form, x, y, height } => {
                // A form stands on its lower left corner.
                let (x, y) = at(*x, y + height);
                place(&form_name(*form), x, y, out);
            }
            Mark::Letter { letter, x, y } => {
                let (x, y) = at(*x, *y);
                place(&letter_name(*letter), x, y, out);
            }
            Mark::Text { style, size, x, y, text } => {
                self.text(*style, *size, placed.x + x, placed.y + y, text, out);
            }
            Mark::Rule { x0, x1, y, weight, lightness } => {
                let (x, y) = at(*x0, y + weight / 2.0);
                if *lightness > 0.0 {
                    numbers(&[*lightness], out);
                    out.extend_from_slice(b"g ");
                }
                numbers(&[x, y, x1 - x0, *weight], out);
                out.extend_from_slice(if *lightness > 0.0 { b"re f 0 g\n" } else { b"re f\n" });
            }
            Mark::Frame([x, y, w, h]) => {
                let (x, y) = at(*x, y + h);
                out.extend_from_slice(b".5 w ");
                numbers(&[x, y, *w, *h], out);
                out.extend_from_slice(b"re S\n");
            }
        }
    }

    /// A text at its baseline, in points from the page's top-left corner.
    fn text(&self, style: Style, size: f64, x: f64, y: f64, text: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(b"BT /");
        out.extend_from_slice(style.resource().as_bytes());
        out.push(b' ');
        real(out, size, 2);
        out.extend_from_slice(b" Tf ");
        numbers(&[x, self.look.height - y], out);
        out.extend_from_slice(b"Td ");
        self.fonts[style as usize].show(out, text);
        out.extend_from_slice(b"ET\n");
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

pub fn form_name(form: usize) -> String {
    format!("P{form}")
}

pub fn letter_name(letter: char) -> String {
    format!("L{letter}")
}

fn place(name: &str, x: f64, y: f64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"q 1 0 0 1 ");
    numbers(&[x, y], out);
    out.extend_from_slice(b"cm /");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b" Do Q\n");
}

/// To a hundredth of a point, 0.004 mm.
fn numbers(values: &[f64], out: &mut Vec<u8>) {
    for &value in values {
        real(out, value, 2);
        out.push(b' ');
    }
}
