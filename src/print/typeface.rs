//! The three typefaces of a sheet (IBM Plex, SIL Open Font License), and how wide text is in them.

use super::fit::Measure;
use std::sync::{LazyLock, OnceLock};
use ttf_parser::gpos::{PairAdjustment, PositioningSubtable};
use ttf_parser::{Face, GlyphId, Tag};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Style {
    Regular,
    Bold,
    /// For codes: every character stands alone, as OCR likes it.
    Mono,
}

impl Style {
    pub const ALL: [Style; 3] = [Style::Regular, Style::Bold, Style::Mono];

    pub fn face(self) -> &'static Typeface {
        &FACES[self as usize]
    }

    /// Its name in a page's font dictionary.
    pub fn resource(self) -> &'static str {
        ["F0", "F1", "F2"][self as usize]
    }
}

static FACES: LazyLock<[Typeface; 3]> = LazyLock::new(|| {
    [
        Typeface::new(include_bytes!("fonts/IBMPlexSans-Regular.ttf"), "IBMPlexSans"),
        Typeface::new(include_bytes!("fonts/IBMPlexSans-SemiBold.ttf"), "IBMPlexSans-SemiBold"),
        Typeface::new(include_bytes!("fonts/IBMPlexMono-Medium.ttf"), "IBMPlexMono-Medium"),
    ]
});

/// How many typefaces booklets are set in.
pub const BOOK_LEN: usize = 10;
/// The typefaces that booklets are set in.
pub static BOOK: LazyLock<[Typeface; BOOK_LEN]> = LazyLock::new(|| {
    macro_rules! face {
        ($name:literal) => {
            Typeface::new(include_bytes!(concat!("fonts/", $name, ".ttf")), $name)
        };
    }
    [
        face!("IBMPlexSerif-Regular"),
        face!("IBMPlexSerif-Italic"),
        face!("IBMPlexSerif-Bold"),
        face!("IBMPlexSerif-BoldItalic"),
        face!("IBMPlexSans-Regular"),
        face!("IBMPlexSans-Italic"),
        face!("IBMPlexSans-Bold"),
        face!("IBMPlexSans-BoldItalic"),
        face!("IBMPlexMono-Medium"),
        face!("IBMPlexMath-Regular"),
    ]
});

/// Beside ASCII.
pub const PORTUGUESE: &str = "ÁÂÃÀÇÉÊÍÓÔÕÚÜÑáâãàçéêíóôõúüñ“”–—ºª°…·×÷−";

pub struct Typeface {
    data: &'static [u8],
    name: &'static str,
    face: Face<'static>,
    /// The lookups of GPOS that its feature `kern` names.
    kerning: Vec<u16>,
    /// Of pairs of the glyphs that nearly all texts are made of: looked up once, since a lookup takes a microsecond.
    usual: OnceLock<Usual>,
}

struct Usual {
    /// By glyph: its place in the table, from 1.
    places: Vec<u8>,
    size: usize,
    kerning: Vec<i16>,
}

impl Typeface {
    fn new(data: &'static [u8], name: &'static str) -> Self {
        let face = Face::parse(data, 0).expect("our own font is sound");
        let kerning = face.tables().gpos.map_or_else(Vec::new, |gpos| {
            let named = gpos.features.into_iter().filter(|f| f.tag == Tag::from_bytes(b"kern"));
            let mut lookups: Vec<u16> = named.flat_map(|f| f.lookup_indices).collect();
            lookups.sort_unstable();
            lookups.dedup();
            lookups
        });
        Typeface { data, name, face, kerning, usual: OnceLock::new() }
    }

    pub fn data(&self) -> &'static [u8] {
        self.data
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    pub fn monospaced(&self) -> bool {
        self.face.is_monospaced()
    }

    pub fn glyph(&self, c: char) -> Option<u16> {
        self.face.glyph_index(c).map(|g| g.0)
    }

    fn milli(&self, units: f32) -> f32 {
        units * 1000.0 / f32::from(self.face.units_per_em())
    }

    /// In thousandths of an em.
    pub fn advance(&self, glyph: u16) -> i32 {
        self.milli(self.face.glyph_hor_advance(GlyphId(glyph)).unwrap_or(0).into()).round() as i32
    }

    pub fn bbox(&self) -> [f32; 4] {
        let b = self.face.global_bounding_box();
        [b.x_min, b.y_min, b.x_max, b.y_max].map(|v| self.milli(v.into()))
    }

    pub fn ascent(&self) -> f32 {
        self.milli(self.face.ascender().into())
    }

    pub fn descent(&self) -> f32 {
        self.milli(self.face.descender().into())
    }

    /// Height of a capital, in ems.
    pub fn cap_height(&self) -> f64 {
        f64::from(self.milli(self.face.capital_height().unwrap_or(700).into())) / 1000.0
    }

    /// What a viewer needs only to imitate a font that is missing.
    pub fn stem_v(&self) -> f32 {
        f32::from(self.face.weight().to_number()) / 5.0
    }

    /// How much nearer (under 0) or farther the second glyph stands, in thousandths of an em.
    pub fn kerning(&self, a: u16, b: u16) -> i16 {
        let usual = self.usual.get_or_init(|| self.usual());
        let place = |glyph: u16| usual.places.get(usize::from(glyph)).copied().map_or(0, usize::from);
        match (place(a), place(b)) {
            (0, _) | (_, 0) => self.looked_up(a, b),
            (a, b) => usual.kerning[(a - 1) * usual.size + b - 1],
        }
    }

    fn usual(&self) -> Usual {
        let characters = (' '..='~').chain(PORTUGUESE.chars());
        let mut glyphs: Vec<u16> = characters.filter_map(|c| self.glyph(c)).collect();
        glyphs.sort_unstable();
        glyphs.dedup();
        let mut places = vec![0; glyphs.last().map_or(0, |&g| usize::from(g) + 1)];
        for (place, &glyph) in (1..).zip(&glyphs) {
            places[usize::from(glyph)] = place;
        }
        let kerning = glyphs.iter().flat_map(|&a| glyphs.iter().map(move |&b| self.looked_up(a, b))).collect();
        Usual { places, size: glyphs.len(), kerning }
    }

    fn looked_up(&self, a: u16, b: u16) -> i16 {
        let Some(gpos) = self.face.tables().gpos else { return 0 };
        let (a, b) = (GlyphId(a), GlyphId(b));
        let lookups = self.kerning.iter().filter_map(|&i| gpos.lookups.get(i));
        // Within a lookup the first subtable that knows the pair decides; the lookups add up.
        let sum: f32 = lookups
            .filter_map(|lookup| {
                lookup.subtables.into_iter::<PositioningSubtable>().find_map(|subtable| {
                    let PositioningSubtable::Pair(pair) = subtable else { return None };
                    let first = pair.coverage().get(a)?;
                    let (value, _) = match pair {
                        PairAdjustment::Format1 { sets, .. } => sets.get(first)?.get(b)?,
                        PairAdjustment::Format2 { classes, matrix, .. } => {
                            matrix.get((classes.0.get(a), classes.1.get(b)))?
                        }
                    };
                    Some(f32::from(value.x_advance))
                })
            })
            .sum();
        self.milli(sum).round() as i16
    }
}

impl Measure for Typeface {
    fn width(&self, text: &str) -> f64 {
        let mut before = None;
        let mut sum = 0;
        for c in text.chars() {
            let glyph = self.glyph(c).unwrap_or(0);
            sum += self.advance(glyph) + before.map_or(0, |b| i32::from(self.kerning(b, glyph)));
            before = Some(glyph);
        }
        f64::from(sum) / 1000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_portuguese_letter_is_there() {
        for style in Style::ALL {
            for c in "ÁÂÃÀÇÉÊÍÓÔÕÚÜÑáâãàçéêíóôõúüñ“”–—ºª°…·×÷−,".chars() {
                assert!(style.face().glyph(c).is_some(), "{style:?} lacks {c}");
            }
        }
    }

    #[test]
    fn a_pair_that_gapes_is_kerned() {
        let face = Style::Regular.face();
        let (t, o) = (face.glyph('T').unwrap(), face.glyph('o').unwrap());
        assert!(face.kerning(t, o) < -20, "{}", face.kerning(t, o));
        assert!(face.width("To") < f64::from(face.advance(t) + face.advance(o)) / 1000.0);
    }
}
