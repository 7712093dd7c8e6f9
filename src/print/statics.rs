//! What all pages of a package share, made once: drawings, fonts, and the places for what is stamped.

use super::bag::{Filled, Form, Paper};
use super::draw::{self, Align, Drawing, Heading, Slot, Slots};
use super::package::{Content, Package, Room, Unit};
use super::pdf::font::Subset;
use super::pdf::number::{op, real};
use super::pdf::{Base, BaseError, Imported, Writer};
use super::stamp::{Places, Stamp};
use super::typeface::{PORTUGUESE, Style};
use crate::sheet::frame::Area;
use crate::sheet::layout::PageSize;
use crate::sheet::{Frame, Layout, LayoutPage, PageFormat};
use crate::units::MM_PER_POINT;
use pdf_writer::Ref;
use std::collections::BTreeSet;
use std::io::{self, Write};

pub struct Statics<'p> {
    pub fonts: [Subset; 3],
    pub heading: Heading,
    pub sheets: Vec<SheetPage<'p>>,
    pub papers: Vec<PaperForms>,
}

/// A static layer: shapes, and the operators of its texts.
pub struct Layer {
    shapes: Imported,
    texts: Vec<u8>,
}

/// One page of a layout.
pub struct SheetPage<'p> {
    pub layout: &'p Layout,
    pub number: u16,
    pub height: f64,
    pub slots: Slots,
    pub places: Places,
    pub layer: Layer,
}

pub struct PaperForms {
    pub paper: Paper,
    pub forms: Vec<Form>,
    /// Of each form, where it has codes.
    pub places: Vec<Option<Places>>,
    pub layers: Vec<Layer>,
}

impl Layer {
    pub fn new(drawing: &Drawing, size: PageSize, fonts: &[Subset; 3]) -> Result<Self, BaseError> {
        let shapes = Imported::page(&draw::vector::to_pdf(drawing, size), 1)?;
        Ok(Layer { shapes, texts: texts(drawing, size, fonts) })
    }

    pub fn write<W: Write>(&self, writer: &mut Writer<W>, fonts: &str) -> io::Result<Base> {
        self.shapes.write(writer)?.with(writer, fonts, &self.texts)
    }
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
                // A Lize sheet has letters in blue that its own reader looks for.
                let (drawing, slots) = drawn;
                let black = package.options.black && package.sheets.lize.is_none();
                (layout, page, (if black { drawing.blackened() } else { drawing }, slots))
            })
            .collect();
        let asked = package.contents.0.iter().filter_map(|content| match content {
            Content::Paper(paper) => {
                let mut forms = paper.forms(&heading, &package.instructions);
                if package.options.black {
                    forms.iter_mut().for_each(|form| form.drawing = std::mem::take(&mut form.drawing).blackened());
                }
                Some((*paper, forms))
            }
            _ => None,
        });
        let papers: Vec<(Paper, Vec<Form>)> = asked.collect();
        let sheets = drawn.iter().map(|(.., (drawing, _))| drawing);
        let fonts = fonts(package, sheets.chain(papers.iter().flat_map(|(_, forms)| forms.iter().map(|f| &f.drawing))));
        let sheets = drawn.into_iter().map(|(layout, page, (drawing, slots))| {
            let size = layout.content.page;
            let places =
                Places { code: page.code, backup: page.backup, printed: slots.printed, boxes: boxes(package, page) };
            let layer = Layer::new(&drawing, size, &fonts)?;
            Ok(SheetPage { layout, number: page.number, height: size.height, slots, places, layer })
        });
        let sheets = sheets.collect::<Result<_, BaseError>>()?;
        let papers = papers.into_iter().map(|(paper, forms)| PaperForms::new(paper, forms, &fonts));
        let papers = papers.collect::<Result<_, BaseError>>()?;
        Ok(Statics { fonts, heading, sheets, papers })
    }

    pub fn paper(&self, paper: Paper) -> Option<&PaperForms> {
        self.papers.iter().find(|p| p.paper == paper)
    }

    /// The layouts of all pages that the reader can read.
    pub fn layouts(&self) -> impl Iterator<Item = &Layout> {
        let mut seen = BTreeSet::new();
        let sheets = self.sheets.iter().map(|s| s.layout);
        let papers = self.papers.iter().flat_map(|p| p.forms.iter().filter_map(|f| f.layout.as_ref()));
        sheets.chain(papers).filter(move |layout| seen.insert(layout.id.clone()))
    }
}

/// Of the papers in the bag.
pub const PAPER: PageFormat = PageFormat::A4;

impl PaperForms {
    fn new(paper: Paper, forms: Vec<Form>, fonts: &[Subset; 3]) -> Result<Self, BaseError> {
        let frame = Frame::of(PAPER);
        let size = PageSize { width: frame.width, height: frame.height };
        let places = |form: &Form| {
            let page = form.layout.as_ref()?.content.pages.first()?;
            let printed = draw::printed(&frame);
            Some(Places { code: page.code, backup: page.backup, printed, boxes: Vec::new() })
        };
        let layers = forms.iter().map(|form| Layer::new(&form.drawing, size, fonts)).collect::<Result<_, _>>()?;
        Ok(PaperForms { paper, places: forms.iter().map(places).collect(), forms, layers })
    }
}

/// A sheet's static layer in one room.
struct Overlaid {
    resources: Ref,
    operators: Vec<u8>,
}

/// Static layers in one file: each is written when the first page that shows it comes.
pub struct FileStatics<'s, 'p> {
    statics: &'s Statics<'p>,
    /// Entries of a font dictionary.
    pub fonts: String,
    sheets: Vec<Option<Base>>,
    /// Of the pages of the room being printed: what they share over the static layer.
    rooms: Vec<Option<Overlaid>>,
    room: Option<(&'p Unit, &'p Room)>,
    papers: Vec<Vec<Option<Ref>>>,
    blank: Option<Ref>,
}

impl<'s, 'p> FileStatics<'s, 'p> {
    /// Writes the fonts.
    pub fn new<W: Write>(statics: &'s Statics<'p>, writer: &mut Writer<W>) -> io::Result<Self> {
        let mut fonts = String::new();
        for (style, font) in Style::ALL.iter().zip(&statics.fonts) {
            let id = font.embed(writer)?;
            fonts += &format!("/{} {} 0 R", style.resource(), id.get());
        }
        let count = statics.sheets.len();
        let papers = statics.papers.iter().map(|p| vec![None; p.layers.len()]).collect();
        let (sheets, rooms) = (vec![None; count], (0..count).map(|_| None).collect());
        Ok(FileStatics { statics, fonts, sheets, rooms, room: None, papers, blank: None })
    }

    pub fn enter(&mut self, unit: &'p Unit, room: &'p Room) {
        if self.room.replace((unit, room)).is_none_or(|(_, r)| !std::ptr::eq(r, room)) {
            self.rooms.fill_with(|| None);
        }
    }

    /// The resources of this room's pages of a sheet, by its place in [`Statics::sheets`].
    pub fn sheet<W: Write>(&mut self, index: usize, stamp: &mut Stamp, writer: &mut Writer<W>) -> io::Result<Ref> {
        if let Some(written) = &self.rooms[index] {
            return Ok(written.resources);
        }
        let page = &self.statics.sheets[index];
        let base = match self.sheets[index] {
            Some(base) => base,
            None => *self.sheets[index].insert(page.layer.write(writer, &self.fonts)?),
        };
        let (unit, room) = self.room.map_or(("", ""), |(u, r)| (&u.name, &r.name));
        let line = |slot: Slot, text: &'p str| Filled {
            slot,
            style: Style::Regular,
            align: Align::Left,
            name: false,
            text: text.into(),
        };
        let texts = [line(page.slots.unit, unit), line(page.slots.room, room)];
        let operators = stamp.room(page.height, &texts).to_vec();
        let resources = base.with(writer, &self.fonts, &operators)?.resources(writer, &self.fonts)?;
        self.rooms[index] = Some(Overlaid { resources, operators });
        Ok(resources)
    }

    /// What the room's pages of a sheet show over the static layer, as operators.
    pub fn overlay(&self, index: usize) -> &[u8] {
        self.rooms[index].as_ref().map_or(&[], |room| &room.operators)
    }

    pub fn paper<W: Write>(&mut self, paper: Paper, form: usize, writer: &mut Writer<W>) -> io::Result<Ref> {
        let index = self.statics.papers.iter().position(|p| p.paper == paper).unwrap_or(0);
        if let Some(written) = self.papers[index][form] {
            return Ok(written);
        }
        let base = self.statics.papers[index].layers[form].write(writer, &self.fonts)?;
        let resources = base.resources(writer, &self.fonts)?;
        self.papers[index][form] = Some(resources);
        Ok(resources)
    }

    /// The resources of a page without content.
    pub fn blank<W: Write>(&mut self, writer: &mut Writer<W>) -> io::Result<Ref> {
        match self.blank {
            Some(written) => Ok(written),
            None => {
                let id = writer.alloc();
                writer.small(id, format!("<</Font<<{}>>>>", self.fonts).as_bytes())?;
                Ok(*self.blank.insert(id))
            }
        }
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
    regular.add("em branco");
    let papers = package.contents.0.iter().any(|content| matches!(content, Content::Paper(_)));
    if papers || package.exam.is_some() {
        // What they say beside the package's own texts.
        let ascii: String = (' '..='~').collect();
        for text in [&ascii, PORTUGUESE] {
            regular.add(text);
            bold.add(text);
        }
    }
    let sections = package.exam.iter().flat_map(|e| &e.sections);
    sections.flat_map(|s| std::iter::once(&s.title).chain(&s.language)).for_each(|title| bold.add(title));
    let mut both = |text: &str| {
        regular.add(text);
        bold.add(text);
    };
    for unit in &package.units {
        both(&unit.name);
        for room in &unit.rooms {
            both(&room.name);
            for student in &room.students {
                both(&student.name);
                both(&student.enrollment);
                both(&student.class);
                both(&student.seat);
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
