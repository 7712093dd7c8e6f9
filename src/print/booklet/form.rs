//! A piece as operators of PDF, set in subsets of the typefaces that hold what all pieces need.

use super::piece::{Affine, Drawn, Glyph, Piece, Run, Segment, What};
use crate::print::pdf::font::GlyphSubset;
use crate::print::pdf::number::{op, real};
use crate::print::typeface::{BOOK, BOOK_LEN};
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

/// The glyphs of each of [`BOOK`]'s typefaces, with what they show.
#[derive(Default)]
pub struct Glyphs([BTreeMap<u16, String>; BOOK_LEN]);

impl Glyphs {
    pub fn add(&mut self, piece: &Piece) {
        for drawn in &piece.drawn {
            let What::Text { run, .. } = &drawn.what else { continue };
            for glyph in &run.glyphs {
                let shown = meaning(&run.text[glyph.chars.clone()]);
                let known = self.0[run.font].entry(glyph.id).or_insert_with(|| shown.clone());
                // The lowest of several: a hyphen is typed as one.
                if !shown.is_empty() && (known.is_empty() || shown < *known) {
                    *known = shown;
                }
            }
        }
    }

    /// None for a typeface that nothing is set in.
    pub fn subsets(&self) -> Vec<Option<GlyphSubset>> {
        let subset =
            |(face, glyphs): (_, &BTreeMap<u16, String>)| (!glyphs.is_empty()).then(|| GlyphSubset::new(face, glyphs));
        BOOK.iter().zip(&self.0).map(subset).collect()
    }
}

/// A formula's 𝑥 is copied as x.
fn meaning(text: &str) -> String {
    let mathematical = |c: char| ('\u{1d400}'..='\u{1d7ff}').contains(&c) || ('\u{2100}'..='\u{214f}').contains(&c);
    if text.chars().any(mathematical) { text.nfkc().collect() } else { text.to_owned() }
}

/// Its name in a font dictionary, beside the stamp's F0 to F2.
pub fn font_name(font: usize) -> String {
    format!("B{font}")
}

pub fn picture_name(index: usize) -> String {
    format!("I{index}")
}

/// The content of a form as large as the piece.
pub fn content(piece: &Piece, fonts: &[Option<GlyphSubset>]) -> Vec<u8> {
    let mut content = Content { out: Vec::new(), height: piece.height, fonts, lightness: 0.0, stroke: None };
    for drawn in &piece.drawn {
        content.draw(drawn);
    }
    content.out
}

struct Content<'a> {
    out: Vec<u8>,
    height: f64,
    fonts: &'a [Option<GlyphSubset>],
    /// What was set last: of what is filled, and of lines.
    lightness: f64,
    stroke: Option<(f64, f64)>,
}

impl Content<'_> {
    fn draw(&mut self, drawn: &Drawn) {
        match &drawn.what {
            What::Text { run, lightness } => self.text(run, *lightness, &drawn.at),
            What::Fill { path, even_odd, lightness } => {
                self.fill(*lightness);
                self.path(path, &drawn.at);
                self.out.extend_from_slice(if *even_odd { b"f*\n" } else { b"f\n" });
            }
            What::Stroke { path, width, dash, round, lightness } => {
                if self.stroke.replace((*width, *lightness)) != Some((*width, *lightness)) {
                    op(&mut self.out, &[*width], "w");
                    op(&mut self.out, &[*lightness], "G");
                }
                let plain = dash.is_empty() && !round;
                if !plain {
                    self.out.extend_from_slice(b"q ");
                    if *round {
                        self.out.extend_from_slice(b"1 J ");
                    }
                    self.out.push(b'[');
                    dash.iter().for_each(|&d| op(&mut self.out, &[d], ""));
                    self.out.extend_from_slice(b"]0 d\n");
                }
                self.path(path, &drawn.at);
                self.out.extend_from_slice(if plain { b"S\n" } else { b"S Q\n" });
            }
            What::Picture { index, width, height } => {
                let (x, y) = drawn.at.at(0.0, *height);
                self.out.extend_from_slice(b"q ");
                op(&mut self.out, &[*width, 0.0, 0.0, *height, x, self.height - y], "cm");
                self.out.extend_from_slice(format!("/{} Do Q\n", picture_name(*index)).as_bytes());
            }
        }
    }

    fn fill(&mut self, lightness: f64) {
        if std::mem::replace(&mut self.lightness, lightness) != lightness {
            op(&mut self.out, &[lightness], "g");
        }
    }

    fn path(&mut self, path: &[Segment], at: &Affine) {
        let point = |x: f64, y: f64| {
            let (x, y) = at.at(x, y);
            (x, self.height - y)
        };
        for segment in path {
            match *segment {
                Segment::Move(x, y) | Segment::Line(x, y) => {
                    let (x, y) = point(x, y);
                    op(&mut self.out, &[x, y], if matches!(segment, Segment::Move(..)) { "m" } else { "l" });
                }
                Segment::Cubic([x0, y0, x1, y1, x2, y2]) => {
                    let [a, b, c] = [(x0, y0), (x1, y1), (x2, y2)].map(|(x, y)| point(x, y));
                    op(&mut self.out, &[a.0, a.1, b.0, b.1, c.0, c.1], "c");
                }
                Segment::Close => self.out.extend_from_slice(b"h\n"),
            }
        }
    }

    fn text(&mut self, run: &Run, lightness: f64, at: &Affine) {
        let Some(font) = &self.fonts[run.font] else { return };
        self.fill(lightness);
        self.out.extend_from_slice(format!("BT /{} ", font_name(run.font)).as_bytes());
        op(&mut self.out, &[run.size], "Tf");
        // Text is upright where y goes up.
        op(&mut self.out, &[at.a, -at.b, -at.c, at.d, at.e, self.height - at.f], "Tm");
        let mut open = false;
        let mut rise = 0.0;
        // In thousandths of an em: how far the next glyph is from where the viewer would put it.
        let mut debt = 0.0;
        for glyph in &run.glyphs {
            let Glyph { id, advance, dx, dy, .. } = glyph;
            if *dy != rise {
                self.close(&mut open);
                op(&mut self.out, &[dy * run.size], "Ts");
                rise = *dy;
            }
            let (code, width) = font.glyph(*id);
            debt -= dx * 1000.0;
            if f64::abs(debt) >= 0.5 {
                let whole = debt.round();
                self.open(&mut open);
                self.out.push(b'>');
                real(&mut self.out, whole, 0);
                self.out.push(b'<');
                debt -= whole;
            }
            self.open(&mut open);
            self.out.extend_from_slice(format!("{code:04X}").as_bytes());
            debt += f64::from(width) - (advance - dx) * 1000.0;
        }
        self.close(&mut open);
        if rise != 0.0 {
            self.out.extend_from_slice(b"0 Ts ");
        }
        self.out.extend_from_slice(b"ET\n");
    }

    fn open(&mut self, open: &mut bool) {
        if !std::mem::replace(open, true) {
            self.out.extend_from_slice(b"[<");
        }
    }

    fn close(&mut self, open: &mut bool) {
        if std::mem::replace(open, false) {
            self.out.extend_from_slice(b">]TJ\n");
        }
    }
}
