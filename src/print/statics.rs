//! What all pages of a package share, made once: drawings, fonts, and the places for what is stamped.

use super::draw::{self, Drawing, Heading};
use super::package::{Package, Room, Unit};
use super::pdf::font::Subset;
use super::pdf::number::{op, real};
use super::pdf::{Base, BaseError, Imported, Writer};
use super::stamp::{Places, Stamp};
use super::typeface::Style;
use crate::sheet::frame::Area;
use crate::sheet::layout::PageSize;
use crate::sheet::{Layout, LayoutId, LayoutPage};
use crate::units::MM_PER_POINT;
use pdf_writer::Ref;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::rc::Rc;

pub struct Statics<'p> {
    pub fonts: [Subset; 3],
    pages: Vec<StaticPage<'p>>,
}

struct StaticPage<'p> {
    layout: &'p Layout,
    number: u16,
    /// The shapes, and the operators of the texts.
    vector: Imported,
    texts: Vec<u8>,
    places: Places,
}

/// A page's static layer in one file.
pub struct FileBase<'p> {
    pub layout: &'p LayoutId,
    pub number: u16,
    pub base: Base,
    pub places: Places,
    fonts: Rc<str>,
}

impl<'p> Statics<'p> {
    pub fn new(package: &'p Package) -> Result<Self, BaseError> {
        let application = &package.application;
        let heading = Heading {
            title: application.title.clone(),
            date: application.date.clone(),
            institution: application.institution.clone(),
            logo: application.logo.clone(),
            versions: package.students().any(|s| s.version.is_some()),
        };
        let drawn: Vec<_> = package
            .sheets
            .all()
            .flat_map(|layout| layout.content.pages.iter().map(move |page| (layout, page)))
            .map(|(layout, page)| {
                let drawn = match &package.sheets.lize {
                    Some(order) => draw::lize_page(layout, page, &order.model.blocks, &heading),
                    None => draw::page(layout, page.number, &heading),
                };
                (layout, page, drawn)
            })
            .collect();
        let fonts = fonts(package, drawn.iter().map(|(.., (drawing, _))| drawing));
        let pages = drawn
            .into_iter()
            .map(|(layout, page, (drawing, slots))| {
                let size = layout.content.page;
                Ok(StaticPage {
                    layout,
                    number: page.number,
                    vector: Imported::page(&draw::vector::to_pdf(&drawing, size), 1)?,
                    texts: texts(&drawing, size, &fonts),
                    places: Places {
                        height: size.height,
                        code: page.code,
                        backup: page.backup,
                        slots,
                        boxes: boxes(package, page),
                    },
                })
            })
            .collect::<Result<_, BaseError>>()?;
        Ok(Statics { fonts, pages })
    }

    /// Writes fonts and static layers into a file.
    pub fn write<W: Write>(&self, writer: &mut Writer<W>) -> Result<Vec<FileBase<'p>>, BaseError> {
        let mut fonts = String::new();
        for (style, font) in Style::ALL.iter().zip(&self.fonts) {
            let id = font.embed(writer)?;
            fonts += &format!("/{} {} 0 R", style.resource(), id.get());
        }
        let fonts: Rc<str> = fonts.into();
        let mut bases = Vec::with_capacity(self.pages.len());
        for page in &self.pages {
            let base = page.vector.write(writer)?.with(writer, &fonts, &page.texts)?;
            let (layout, number) = (&page.layout.id, page.number);
            bases.push(FileBase { layout, number, base, places: page.places.clone(), fonts: fonts.clone() });
        }
        Ok(bases)
    }
}

/// The pages of the room being printed: what they share over the static layer is written when the first of them comes.
pub struct RoomPages<'b, 'p> {
    bases: &'b [FileBase<'p>],
    room: Option<(&'p Unit, &'p Room)>,
    written: Vec<Option<Ref>>,
}

impl<'b, 'p> RoomPages<'b, 'p> {
    pub fn new(bases: &'b [FileBase<'p>]) -> Self {
        RoomPages { bases, room: None, written: vec![None; bases.len()] }
    }

    pub fn enter(&mut self, unit: &'p Unit, room: &'p Room) {
        if self.room.replace((unit, room)).is_none_or(|(_, r)| !std::ptr::eq(r, room)) {
            self.written.fill(None);
        }
    }

    /// The resources of this room's pages of a base.
    pub fn resources<W: Write>(&mut self, base: usize, stamp: &mut Stamp, writer: &mut Writer<W>) -> io::Result<Ref> {
        if let Some(written) = self.written[base] {
            return Ok(written);
        }
        let FileBase { base: shared, places, fonts, .. } = &self.bases[base];
        let (unit, room) = self.room.map_or(("", ""), |(u, r)| (&u.name, &r.name));
        let resources = shared.with(writer, fonts, stamp.room(places, unit, room))?.resources(writer, fonts)?;
        self.written[base] = Some(resources);
        Ok(resources)
    }
}

/// The code of each of a discursive sheet's boxes, with its question's number.
fn boxes(package: &Package, page: &LayoutPage) -> Vec<(u32, Area)> {
    let blocks = package.sheets.lize.iter().flat_map(|order| &order.model.blocks);
    let all = blocks.flat_map(|b| b.fields.iter().zip(&b.codes));
    let printed = all.filter(|(field, _)| page.fields.iter().any(|f| f.id == field.id));
    (1..).zip(printed).map(|(n, (_, area))| (n, *area)).collect()
}

/// The fonts with every character that any page shows.
fn fonts<'d>(package: &Package, drawings: impl Iterator<Item = &'d Drawing>) -> [Subset; 3] {
    let mut characters: [Characters; 3] = std::array::from_fn(|_| Characters::default());
    let [regular, bold, mono] = &mut characters;
    regular.add(" .…0123456789");
    bold.add(" .…");
    mono.add(" 0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    if package.sheets.lize.is_some() {
        mono.add("#:-abcdef");
    }
    for unit in &package.units {
        regular.add(&unit.name);
        for room in &unit.rooms {
            regular.add(&room.name);
            for student in &room.students {
                bold.add(&student.name);
                regular.add(&student.enrollment);
            }
        }
    }
    for text in drawings.flat_map(|d| &d.texts) {
        characters[text.style as usize].add(&text.text);
    }
    Style::ALL.map(|style| Subset::new(style.face(), &characters[style as usize].all))
}

/// A set of characters. Millions come by, and nearly all of them have been seen.
struct Characters {
    seen: [bool; 0x200],
    all: BTreeSet<char>,
}

impl Default for Characters {
    fn default() -> Self {
        Characters { seen: [false; 0x200], all: BTreeSet::new() }
    }
}

impl Characters {
    fn add(&mut self, text: &str) {
        for c in text.chars() {
            match self.seen.get_mut(c as usize) {
                Some(true) => {}
                Some(seen) => {
                    *seen = true;
                    self.all.insert(c);
                }
                None => {
                    self.all.insert(c);
                }
            }
        }
    }
}

/// A drawing's texts as operators.
pub(super) fn texts(drawing: &Drawing, page: PageSize, fonts: &[Subset; 3]) -> Vec<u8> {
    let mut out = b"BT\n".to_vec();
    let (mut ink, mut font, mut condense) = (None, None, 1.0);
    for text in &drawing.texts {
        if ink.replace(text.ink) != Some(text.ink) {
            match text.ink.lightness() {
                Some(lightness) => op(&mut out, &[lightness.into()], "g"),
                None => op(&mut out, &text.ink.0.map(f64::from), "rg"),
            }
        }
        if font.replace((text.style, text.size_pt)) != Some((text.style, text.size_pt)) {
            out.extend_from_slice(format!("/{} ", text.style.resource()).as_bytes());
            op(&mut out, &[text.size_pt], "Tf");
        }
        if std::mem::replace(&mut condense, text.condense) != text.condense {
            real(&mut out, text.condense * 100.0, 0);
            out.extend_from_slice(b" Tz\n");
        }
        let (x, y) = (text.x / MM_PER_POINT, (page.height - text.y) / MM_PER_POINT);
        op(&mut out, &[1.0, 0.0, 0.0, 1.0, x, y], "Tm");
        fonts[text.style as usize].show(&mut out, &text.text);
    }
    out.extend_from_slice(b"ET\n");
    out
}
