//! A subset of a font as a composite font with Identity-H (9.7): a code of two bytes is the glyph's number in the subset.

use super::writer::Writer;
use crate::print::fit::Measure;
use crate::print::typeface::Typeface;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Chunk, Finish, Name, Rect, Ref, Str};
use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};
use subsetter::GlyphRemapper;

/// The glyphs that a set of files needs, made once and embedded in each of them.
pub struct Subset {
    face: &'static Typeface,
    program: Vec<u8>,
    glyphs: HashMap<char, u16>,
    ascii: [u16; 128],
    /// By glyph of the subset, in thousandths of an em. Glyph 0 is the box that stands for what the font lacks.
    widths: Vec<i32>,
    /// By pair of glyphs, row by row.
    kerning: Vec<i16>,
    tag: String,
}

impl Measure for Subset {
    fn width(&self, text: &str) -> f64 {
        let mut before = None;
        let mut sum = 0;
        for c in text.chars() {
            let glyph = self.glyph(c);
            sum += self.widths[usize::from(glyph)] + before.map_or(0, |b| i32::from(self.kern(b, glyph)));
            before = Some(glyph);
        }
        f64::from(sum) / 1000.0
    }
}

/// A kerning table of so many glyphs squared is kept; beyond it, text is set without.
const MOST_KERNED: usize = 700;
/// In thousandths of an em: less than this, 0.05 mm at 11 pt, is not seen, but costs bytes on every page.
const LEAST_KERNED: i16 = 12;

impl Subset {
    pub fn new(face: &'static Typeface, characters: &BTreeSet<char>) -> Self {
        let mut remapper = GlyphRemapper::new();
        let mut glyphs = HashMap::new();
        for &c in characters {
            if let Some(glyph) = face.glyph(c) {
                glyphs.insert(c, remapper.remap(glyph));
            }
        }
        let old: Vec<u16> = remapper.remapped_gids().collect();
        let widths = old.iter().map(|&g| face.advance(g)).collect();
        let kerned = if old.len() <= MOST_KERNED { &old[..] } else { &[] };
        let seen = |kern: i16| if kern.abs() < LEAST_KERNED { 0 } else { kern };
        let kerning = kerned.iter().flat_map(|&a| kerned.iter().map(move |&b| seen(face.kerning(a, b)))).collect();
        let program = subsetter::subset(face.data(), 0, &remapper).expect("our own font can be subset");
        let mut ascii = [0; 128];
        for (c, slot) in ascii.iter_mut().enumerate() {
            *slot = glyphs.get(&char::from(c as u8)).copied().unwrap_or(0);
        }
        // Six capitals that name the subset (9.9.2), from its glyphs.
        let seed = old.iter().fold(0xcbf2_9ce4_8422_2325_u64, |h, &g| (h ^ u64::from(g)).wrapping_mul(0x100_0000_01b3));
        let tag = (0..6).map(|i| char::from(b'A' + (seed >> (8 * i) & 0xff) as u8 % 26)).collect();
        Subset { face, program, glyphs, ascii, widths, kerning, tag }
    }

    fn glyph(&self, c: char) -> u16 {
        match self.ascii.get(c as usize) {
            Some(&glyph) => glyph,
            None => self.glyphs.get(&c).copied().unwrap_or(0),
        }
    }

    fn kern(&self, a: u16, b: u16) -> i16 {
        self.kerning.get(usize::from(a) * self.widths.len() + usize::from(b)).copied().unwrap_or(0)
    }

    /// The operator that shows a text. Adjacent glyphs are brought nearer or farther as the font asks. Codes are
    /// hexadecimal: beside numbers they compress better than bytes do.
    pub fn show(&self, out: &mut Vec<u8>, text: &str) {
        const HEX: &[u8; 16] = b"0123456789ABCDEF";
        out.extend_from_slice(b"[<");
        let mut before = None;
        for c in text.chars() {
            let glyph = self.glyph(c);
            let kern = before.map_or(0, |b| self.kern(b, glyph));
            if kern != 0 {
                out.push(b'>');
                super::number::int(out, -i64::from(kern));
                out.push(b'<');
            }
            out.extend([12, 8, 4, 0].map(|shift| HEX[usize::from(glyph >> shift & 15)]));
            before = Some(glyph);
        }
        out.extend_from_slice(b">]TJ ");
    }

    /// Writes the font into a file.
    pub fn embed<W: Write>(&self, writer: &mut Writer<W>) -> io::Result<Ref> {
        let [font, cid, descriptor, program, unicode] = std::array::from_fn(|_| writer.alloc());
        let name = format!("{}+{}", self.tag, self.face.name());
        let system = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

        let mut chunk = Chunk::new();
        chunk
            .type0_font(font)
            .base_font(Name(name.as_bytes()))
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(cid)
            .to_unicode(unicode);
        writer.chunk(&chunk)?;

        let mut chunk = Chunk::new();
        let mut cid_font = chunk.cid_font(cid);
        cid_font.subtype(CidFontType::Type2).base_font(Name(name.as_bytes())).system_info(system);
        cid_font.font_descriptor(descriptor).default_width(0.0).cid_to_gid_map_predefined(Name(b"Identity"));
        cid_font.widths().consecutive(0, self.widths.iter().map(|&w| w as f32));
        cid_font.finish();
        writer.chunk(&chunk)?;

        let mut chunk = Chunk::new();
        let [x0, y0, x1, y1] = self.face.bbox();
        let mut flags = FontFlags::SYMBOLIC;
        flags.set(FontFlags::FIXED_PITCH, self.face.monospaced());
        chunk
            .font_descriptor(descriptor)
            .name(Name(name.as_bytes()))
            .flags(flags)
            .bbox(Rect::new(x0, y0, x1, y1))
            .italic_angle(0.0)
            .ascent(self.face.ascent())
            .descent(self.face.descent())
            .cap_height(self.face.cap_height() as f32 * 1000.0)
            .stem_v(self.face.stem_v())
            .font_file2(program);
        writer.chunk(&chunk)?;

        writer.stream(program, format!("/Length1 {}", self.program.len()).as_bytes(), &self.program)?;

        let mut lowest: Vec<Option<char>> = vec![None; self.widths.len()];
        lowest[0] = Some(char::REPLACEMENT_CHARACTER);
        let mut pairs: Vec<(u16, char)> = self.glyphs.iter().map(|(&c, &g)| (g, c)).collect();
        pairs.sort_unstable();
        for (glyph, c) in pairs {
            lowest[usize::from(glyph)].get_or_insert(c);
        }
        let mut cmap = UnicodeCmap::<u16>::new(Name(b"Adobe-Identity-UCS"), system);
        for (glyph, c) in lowest.iter().enumerate() {
            if let Some(c) = c {
                cmap.pair(glyph as u16, *c);
            }
        }
        writer.stream(unicode, b"/Type/CMap/CMapName/Adobe-Identity-UCS", cmap.finish().as_slice())?;
        Ok(font)
    }
}
