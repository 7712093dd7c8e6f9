//! The fonts embedded in a PDF: what each glyph draws, told by its outline, and how much room it takes.

use crate::print::typeface::Style;
use lopdf::{Document, Object};
use std::collections::HashMap;
use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// In thousandths of an em.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Letter {
    /// U+FFFD for what our typefaces do not draw.
    pub character: char,
    pub advance: f64,
    /// Where its ink begins and ends over the baseline.
    pub low: f64,
    pub high: f64,
}

/// By font as pages call them (`F0`, `F1` …), then by glyph.
#[derive(Clone, Debug, Default)]
pub struct Letters(Vec<Vec<Letter>>);

impl Letters {
    /// Those of a PDF's first page. None where one of its fonts can't be understood.
    pub fn of(pdf: &[u8]) -> Option<Self> {
        let document = Document::load_mem(pdf).ok()?;
        let page = *document.get_pages().get(&1)?;
        let fonts = document.get_page_fonts(page).ok()?;
        let font = |style: &Style| -> Option<Vec<Letter>> {
            let font = fonts.get(style.resource().as_bytes())?;
            let below = document.dereference(font.get(b"DescendantFonts").ok()?).ok()?.1;
            let below = match below {
                Object::Array(items) => document.dereference(items.first()?).ok()?.1,
                one => one,
            };
            let below = below.as_dict().ok()?;
            let descriptor = document.dereference(below.get(b"FontDescriptor").ok()?).ok()?.1.as_dict().ok()?;
            let program = document.dereference(descriptor.get(b"FontFile2").ok()?).ok()?.1.as_stream().ok()?;
            let widths = document.dereference(below.get(b"W").ok()?).ok()?.1.as_array().ok()?;
            letters(*style, &program.decompressed_content().ok()?, widths.get(1)?.as_array().ok()?)
        };
        Style::ALL.iter().map(font).collect::<Option<_>>().map(Letters)
    }

    pub fn get(&self, font: usize, glyph: u16) -> Option<&Letter> {
        self.0.get(font)?.get(usize::from(glyph))
    }
}

fn letters(style: Style, program: &[u8], widths: &[Object]) -> Option<Vec<Letter>> {
    let (face, whole) = (Face::parse(program, 0).ok()?, Face::parse(style.face().data(), 0).ok()?);
    let mut known: HashMap<Vec<u8>, char> = HashMap::new();
    for subtable in whole.tables().cmap?.subtables.into_iter().filter(|t| t.is_unicode()) {
        subtable.codepoints(|code| {
            if let (Some(c), Some(glyph)) = (char::from_u32(code), subtable.glyph_index(code)) {
                let first = known.entry(Outline::of(&whole, glyph).0).or_insert(c);
                *first = c.min(*first);
            }
        });
    }
    let milli = 1000.0 / f64::from(face.units_per_em());
    let letter = |(glyph, width): (u16, &Object)| {
        let ink = face.glyph_bounding_box(GlyphId(glyph));
        let outline = Outline::of(&face, GlyphId(glyph)).0;
        let character = if outline.is_empty() { Some(' ') } else { known.get(&outline).copied() };
        Some(Letter {
            character: character.unwrap_or(char::REPLACEMENT_CHARACTER),
            advance: f64::from(width.as_float().ok()?),
            low: ink.map_or(0.0, |ink| f64::from(ink.y_min) * milli),
            high: ink.map_or(0.0, |ink| f64::from(ink.y_max) * milli),
        })
    };
    (0..face.number_of_glyphs()).zip(widths).map(letter).collect()
}

/// A glyph's contours, as bytes that are the same for the same shape.
#[derive(Default)]
struct Outline(Vec<u8>);

impl Outline {
    fn of(face: &Face, glyph: GlyphId) -> Self {
        let mut outline = Outline::default();
        face.outline_glyph(glyph, &mut outline);
        outline
    }

    fn add(&mut self, step: u8, numbers: &[f32]) {
        self.0.push(step);
        self.0.extend(numbers.iter().flat_map(|n| n.to_be_bytes()));
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.add(b'm', &[x, y]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.add(b'l', &[x, y]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.add(b'q', &[x1, y1, x, y]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.add(b'c', &[x1, y1, x2, y2, x, y]);
    }

    fn close(&mut self) {
        self.0.push(b'z');
    }
}
