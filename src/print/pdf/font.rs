//! A subset of a font as a composite font with Identity-H (9.7): a code of two bytes is the glyph's number in the subset.

use super::writer::{Packed, Writer};
use crate::print::fit::Measure;
use crate::print::typeface::Typeface;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Chunk, Finish, Name, Rect, Ref, Str};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Write};
use subsetter::GlyphRemapper;

/// A font program with the glyphs that a set of files needs, made once and embedded in each of them.
struct Program {
    face: &'static Typeface,
    length: usize,
    program: Packed,
    /// What each glyph means.
    unicode: Packed,
    /// By glyph of the subset, in thousandths of an em. Glyph 0 is the box that stands for what the font lacks.
    widths: Vec<i32>,
    tag: String,
}

/// The glyphs of a set of characters, for texts that are set here.
pub struct Subset {
    program: Program,
    glyphs: HashMap<char, u16>,
    ascii: [u16; 128],
    /// By pair of glyphs, row by row.
    kerning: Vec<i16>,
}

/// The glyphs that a typesetter has chosen.
pub struct GlyphSubset {
    program: Program,
    renumbered: HashMap<u16, u16>,
}

const SYSTEM: SystemInfo = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

impl Program {
    /// `meaning` is of each glyph of the subset; glyph 0 is the box.
    fn new(face: &'static Typeface, remapper: &GlyphRemapper, meaning: &BTreeMap<u16, String>) -> Self {
        let old: Vec<u16> = remapper.remapped_gids().collect();
        let program = subsetter::subset(face.data(), 0, remapper).expect("our own font can be subset");
        // Six capitals that name the subset (9.9.2), from its glyphs.
        let seed = old.iter().fold(0xcbf2_9ce4_8422_2325_u64, |h, &g| (h ^ u64::from(g)).wrapping_mul(0x100_0000_01b3));
        let tag = (0..6).map(|i| char::from(b'A' + (seed >> (8 * i) & 0xff) as u8 % 26)).collect();
        let mut cmap = UnicodeCmap::<u16>::new(Name(b"Adobe-Identity-UCS"), SYSTEM);
        cmap.pair(0, char::REPLACEMENT_CHARACTER);
        for (&glyph, text) in meaning.iter().filter(|(glyph, text)| **glyph > 0 && !text.is_empty()) {
            cmap.pair_with_multiple(glyph, text.chars());
        }
        Program {
            face,
            length: program.len(),
            program: Packed::new(&program),
            unicode: Packed::new(cmap.finish().as_slice()),
            widths: old.iter().map(|&g| face.advance(g)).collect(),
            tag,
        }
    }
}

impl GlyphSubset {
    /// Of each glyph, what it shows.
    pub fn new(face: &'static Typeface, glyphs: &BTreeMap<u16, String>) -> Self {
        let mut remapper = GlyphRemapper::new();
        let mut meaning = BTreeMap::new();
        // PDF/A lets no text show glyph 0.
        let missing = face.glyph(char::REPLACEMENT_CHARACTER).unwrap_or(0);
        let renumbered = glyphs.iter().map(|(&glyph, text)| {
            let new = remapper.remap(if glyph == 0 { missing } else { glyph });
            meaning.insert(new, text.clone());
            (glyph, new)
        });
        let renumbered = renumbered.collect();
        GlyphSubset { program: Program::new(face, &remapper, &meaning), renumbered }
    }

    /// Its number in the subset, and what the viewer advances after it, in thousandths of an em.
    pub fn glyph(&self, id: u16) -> (u16, i32) {
        let new = self.renumbered.get(&id).copied().unwrap_or(0);
        (new, self.program.widths[usize::from(new)])
    }

    pub fn embed<W: Write>(&self, writer: &mut Writer<W>) -> io::Result<Ref> {
        self.program.embed(writer)
    }
}

impl Measure for Subset {
    fn width(&self, text: &str) -> f64 {
        let mut before = None;
        let mut sum = 0;
        for c in text.chars() {
            let glyph = self.glyph(c);
            sum += self.program.widths[usize::from(glyph)] + before.map_or(0, |b| i32::from(self.kern(b, glyph)));
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
        // PDF/A lets no text show glyph 0.
        let missing = face.glyph(char::REPLACEMENT_CHARACTER);
        for &c in characters {
            if let Some(glyph) = face.glyph(c).or(missing) {
                glyphs.insert(c, remapper.remap(glyph));
            }
        }
        let old: Vec<u16> = remapper.remapped_gids().collect();
        let kerned = if old.len() <= MOST_KERNED { &old[..] } else { &[] };
        let seen = |kern: i16| if kern.abs() < LEAST_KERNED { 0 } else { kern };
        let kerning = kerned.iter().flat_map(|&a| kerned.iter().map(move |&b| seen(face.kerning(a, b)))).collect();
        let mut ascii = [0; 128];
        for (c, slot) in ascii.iter_mut().enumerate() {
            *slot = glyphs.get(&char::from(c as u8)).copied().unwrap_or(0);
        }
        // Where two characters share a glyph, it means the lower one.
        let mut meaning = BTreeMap::new();
        for &c in characters {
            if let Some(&glyph) = glyphs.get(&c) {
                let c = if face.glyph(c).is_some() { c } else { char::REPLACEMENT_CHARACTER };
                meaning.entry(glyph).or_insert_with(|| c.to_string());
            }
        }
        Subset { program: Program::new(face, &remapper, &meaning), glyphs, ascii, kerning }
    }

    fn glyph(&self, c: char) -> u16 {
        match self.ascii.get(c as usize) {
            Some(&glyph) => glyph,
            None => self.glyphs.get(&c).copied().unwrap_or(0),
        }
    }

    fn kern(&self, a: u16, b: u16) -> i16 {
        self.kerning.get(usize::from(a) * self.program.widths.len() + usize::from(b)).copied().unwrap_or(0)
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
        self.program.embed(writer)
    }
}

impl Program {
    fn embed<W: Write>(&self, writer: &mut Writer<W>) -> io::Result<Ref> {
        let [font, cid, descriptor, program, unicode] = std::array::from_fn(|_| writer.alloc());
        let name = format!("{}+{}", self.tag, self.face.name());

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
        cid_font.subtype(CidFontType::Type2).base_font(Name(name.as_bytes())).system_info(SYSTEM);
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

        let length = format!("/Length1 {}", self.length);
        writer.filtered(program, length.as_bytes(), Packed::FILTER, self.program.bytes())?;
        writer.filtered(unicode, b"/Type/CMap/CMapName/Adobe-Identity-UCS", Packed::FILTER, self.unicode.bytes())?;
        Ok(font)
    }
}
