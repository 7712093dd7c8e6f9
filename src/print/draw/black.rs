//! A drawing in black alone, for presses and copiers that have no gray: what was gray has as much ink as before.

use super::{Drawing, Ink, Shape};
use crate::print::rich::picture::bilevel;
use crate::units::MM_PER_POINT;

/// A thinner line does not come out of an office printer, in millimetres.
const THINNEST: f64 = 0.08;
const POINTS_PER_INCH: f64 = 72.0;

impl Drawing {
    /// Bubbles' outlines, their letters and the spot of half ink stay as they are: the reader measures them.
    pub fn blackened(mut self) -> Self {
        for shape in &mut self.shapes {
            match shape {
                Shape::Fill(_, ink) => *ink = solid_or_paper(*ink),
                Shape::Stroke(_, ink, width) => {
                    if let Some(lightness) = ink.lightness().filter(|l| (0.0..1.0).contains(l) && !is_read(*ink)) {
                        *width = (*width * f64::from(1.0 - lightness)).max(THINNEST.min(*width));
                        *ink = Ink::SOLID;
                    }
                }
                Shape::Picture(area, logo) => {
                    let dots = |mm: f64| bilevel::dots(mm / MM_PER_POINT / POINTS_PER_INCH);
                    *logo = logo.in_black(dots(area.w), dots(area.h));
                }
            }
        }
        for text in self.texts.iter_mut().filter(|t| t.ink != Ink::PAPER && !is_read(t.ink)) {
            text.ink = Ink::SOLID;
        }
        self
    }
}

fn is_read(ink: Ink) -> bool {
    [Ink::OUTLINE, Ink::LETTER].contains(&ink)
}

fn solid_or_paper(ink: Ink) -> Ink {
    match ink.lightness() {
        _ if is_read(ink) => ink,
        Some(lightness) if lightness > 0.5 => Ink::PAPER,
        _ => Ink::SOLID,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::draw::{Align, Path, Pen};
    use crate::print::typeface::Style;
    use crate::sheet::{PageFormat, TextSize};

    #[test]
    fn lines_keep_their_ink_and_what_is_read_stays() {
        let mut pen = Pen::on(PageFormat::A4, TextSize::Normal);
        let line = || Path::Line(vec![(0.0, 0.0), (9.0, 0.0)]);
        for (ink, width) in [(Ink::gray(0.75), 0.4), (Ink::HAIRLINE, 0.15), (Ink::OUTLINE, 0.2), (Ink::SOLID, 0.05)] {
            pen.stroke(line(), ink, width);
        }
        pen.write(Style::Regular, 9.0, Ink::QUIET, Align::Left, 0.0, 9.0, 50.0, "Nome");
        pen.write(Style::Regular, 9.0, Ink::LETTER, Align::Left, 0.0, 9.0, 50.0, "A");
        let Drawing { shapes, texts } = pen.drawing.blackened();
        let widths = [(Ink::SOLID, 0.1), (Ink::SOLID, THINNEST), (Ink::OUTLINE, 0.2), (Ink::SOLID, 0.05)];
        let expected: Vec<Shape> = widths.map(|(ink, width)| Shape::Stroke(line(), ink, width)).to_vec();
        assert_eq!(shapes, expected);
        assert_eq!(texts.iter().map(|t| t.ink).collect::<Vec<_>>(), [Ink::SOLID, Ink::LETTER]);
    }
}
