//! One PDF: documents one after the other, their pages stamped, padded, and laid on the printer's sheets.

use super::bag::{Filled, Paper, RoomFacts};
use super::booklet::{BookletSlots, Booklets, LaidPage, Order, Which, WrittenBooklets};
use super::draw::{Align, Slot};
use super::inspect::{Coded, Inspect};
use super::manifest::{Located, Manifest, Printed, hex};
use super::package::{BlankPages, Imposition, Package, Versions};
use super::pdf::{About, Effort, Finished, Writer, metadata};
use super::plan::{Bag, Document, Owner};
use super::stamp::{Said, Stamp, Stamped};
use super::statics::{FileStatics, PAPER, Statics};
use super::typeface::Style;
use super::{PrintError, imposition};
use crate::sheet::{Identity, SheetKey};
use crate::units::MM_PER_POINT;
use pdf_writer::Ref;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::io::Write;

/// What all files of a package are made from.
pub struct Shop<'p> {
    pub package: &'p Package,
    pub key: &'p SheetKey,
    pub statics: &'p Statics<'p>,
    pub booklets: Option<&'p Booklets<'p>>,
    pub inspect: &'p dyn Inspect,
}

pub struct Press<'a, 'p, W: Write> {
    shop: &'a Shop<'p>,
    writer: Writer<W>,
    statics: FileStatics<'p, 'p>,
    booklets: Option<WrittenBooklets<'p, 'p>>,
    stamp: Stamp<'p>,
    /// The file's name, as the manifest has it.
    name: String,
    /// Pages of the file so far.
    pages: u64,
    ground: Vec<u8>,
}

/// A page ready to be written.
pub struct Page {
    pub content: Vec<u8>,
    pub resources: Ref,
    pub width_pt: f64,
    pub height_pt: f64,
    /// Not only the name on it is one student's, but what it shows.
    pub own: bool,
}

/// What a document came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Made {
    pub sheets: u64,
    pub pages: u64,
}

impl<'a, 'p, W: Write> Press<'a, 'p, W> {
    pub fn new(shop: &'a Shop<'p>, name: &str, out: W) -> Result<Self, PrintError> {
        let package = shop.package;
        let mut writer = Writer::new(out, package.options.conformance)?;
        let statics = FileStatics::new(shop.statics, &mut writer)?;
        let fonts = &shop.statics.fonts;
        let booklets = shop.booklets.map(|booklets| WrittenBooklets::new(booklets, fonts, &statics.fonts));
        let stamp = Stamp::new(&shop.statics.fonts, shop.key);
        Ok(Press { shop, writer, statics, booklets, stamp, name: name.to_owned(), pages: 0, ground: Vec::new() })
    }

    pub fn bytes(&self) -> u64 {
        self.writer.bytes()
    }

    pub fn pages(&self) -> u64 {
        self.pages
    }

    pub fn finish(mut self) -> Result<(W, Finished), PrintError> {
        if let Some(booklets) = &mut self.booklets {
            booklets.finish(&mut self.writer)?;
        }
        let application = &self.shop.package.application;
        let day: Vec<&str> = application.date.rsplit('/').collect();
        let day = if day.len() == 3 { day.join("-") } else { metadata::NO_DAY.to_owned() };
        let about = About { title: &application.title, day: &day, catalog: b"/Lang(pt-BR)" };
        Ok(self.writer.finish(&about)?)
    }

    /// All documents of a bag, or those of one student. `progress` is told the pages of the file.
    pub fn bag<M: Write, G: Write>(
        &mut self,
        bag: &Bag<'p>,
        student: Option<&str>,
        manifest: &mut Manifest<M, G>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Made, PrintError> {
        self.statics.enter(bag.unit, bag.room);
        let documents = bag.documents(self.shop.package);
        let facts = bag.facts(self.shop.package, &documents);
        let mut made = Made::default();
        let wanted = |document: &&Document| student.is_none_or(|id| document.student().is_some_and(|s| s.id == id));
        for document in documents.iter().filter(wanted) {
            let first = self.pages;
            let pages = match document {
                Document::Paper(Paper::Yard) => self.paper(Paper::Yard, bag, &bag.unit_facts(), manifest)?,
                Document::Paper(paper) => self.paper(*paper, bag, &facts, manifest)?,
                Document::Sheet(owner) => {
                    made.sheets += 1;
                    self.sheet(owner, bag, manifest)?
                }
                Document::Booklet(owner) => self.booklet(owner, bag, manifest)?,
            };
            self.record(document, bag, first, pages, manifest)?;
            made.pages += self.pages - first;
            progress(self.pages);
        }
        Ok(made)
    }

    fn record<M: Write, G: Write>(
        &mut self,
        document: &Document,
        bag: &Bag,
        first: u64,
        pages: u64,
        manifest: &mut Manifest<M, G>,
    ) -> Result<(), PrintError> {
        let owner = document.owner();
        let id = owner.map(|o| o.id(self.shop.package, self.shop.key, bag));
        manifest.document(&Printed {
            kind: document.kind(),
            unit: &bag.unit.id,
            room: &bag.room.id,
            class: bag.class,
            student: document.student().map(|s| s.id.as_str()),
            sheet_id: id.as_ref().map(|id| id.as_str()),
            version: owner.and_then(|o| o.version),
            pdf: &self.name,
            pdf_page: first + 1,
            pages,
            pdf_pages: self.pages - first,
        })?;
        Ok(())
    }

    /// Writes a document's pages with the blank ones that are asked for.
    fn document(&mut self, pages: Vec<Page>, blank_back: bool) -> Result<(), PrintError> {
        let blanks = self.shop.package.options.blank_pages;
        let count = pages.len();
        let Some(size) = pages.last().map(|p| (p.width_pt, p.height_pt)) else { return Ok(()) };
        for page in pages {
            self.write(&page)?;
            if blank_back || blanks == BlankPages::Between {
                self.blank(page.width_pt, page.height_pt)?;
            }
        }
        if blanks == BlankPages::Even && !blank_back && count % 2 == 1 {
            self.blank(size.0, size.1)?;
        }
        Ok(())
    }

    fn write(&mut self, page: &Page) -> Result<(), PrintError> {
        // What is put together for one student alone is much, and there is much of it.
        let effort = if page.own { Effort::Quick } else { Effort::Usual };
        self.writer.page(page.width_pt, page.height_pt, page.resources, &page.content, effort)?;
        self.pages += 1;
        Ok(())
    }

    fn blank(&mut self, width_pt: f64, height_pt: f64) -> Result<(), PrintError> {
        let page = self.blank_page(width_pt, height_pt)?;
        self.write(&page)
    }

    fn blank_page(&mut self, width_pt: f64, height_pt: f64) -> Result<Page, PrintError> {
        let resources = self.statics.blank(&mut self.writer)?;
        let content = self.stamp.blank(width_pt, height_pt).to_vec();
        Ok(Page { content, resources, width_pt, height_pt, own: false })
    }

    fn sheet<M: Write, G: Write>(
        &mut self,
        owner: &Owner<'p>,
        bag: &Bag<'p>,
        manifest: &mut Manifest<M, G>,
    ) -> Result<u64, PrintError> {
        let (package, key) = (self.shop.package, self.shop.key);
        let layout = owner.layout(package);
        let mut said = match &package.sheets.lize {
            Some(order) => Said::Lize(owner.lize_code(package, key, order, bag)),
            None => Said::Native(Identity { sheet: owner.id(package, key, bag), page: 1, layout: layout.id.clone() }),
        };
        // A loose sheet is anybody's.
        let student = owner.student.filter(|_| !said.is_loose());
        let version = owner.version.map(|v| v.to_string()).unwrap_or_default();
        let statics = self.shop.statics;
        let mut pages = 0;
        let mut made = Vec::new();
        for (i, page) in statics.sheets.iter().enumerate().filter(|(_, page)| page.layout.id == layout.id) {
            let resources = self.statics.sheet(i, &mut self.stamp, &mut self.writer)?;
            if let Said::Native(identity) = &mut said {
                identity.page = page.number;
            }
            let line = |slot, style, text: &'p str| text_of(slot, style, text.into());
            let mut texts = Vec::with_capacity(3);
            if let Some(student) = student {
                texts.push(Filled { name: true, ..line(page.slots.name, Style::Bold, &student.name) });
                texts.push(line(page.slots.enrollment, Style::Regular, &student.enrollment));
            }
            texts.push(text_of(page.slots.version, Style::Regular, version.as_str().into()));
            let pdf_page = self.pages + self.offset(pages, true) + 1;
            let content = self.stamp.page(&Stamped {
                ground: b"/S Do ",
                height: page.height,
                texts: &texts,
                code: Some((&page.places, &said)),
                barcode: None,
                decimals: 0,
            });
            let located = Located {
                kind: "sheet",
                sheet_id: said.sheet_id(),
                student: student.map(|s| s.id.as_str()),
                unit: &bag.unit.id,
                room: &bag.room.id,
                version: owner.version,
                layout: &layout.id,
                page: page.number,
                pdf: &self.name,
                pdf_page,
                rows: &[],
                sha256: hex(&Sha256::digest(content)),
            };
            manifest.page(&located)?;
            let overlay = self.statics.overlay(i);
            self.shop.inspect.page(&Coded { located: &located, overlay, content, barcode: None });
            let size = layout.content.page;
            let (width_pt, height_pt) = (size.width / MM_PER_POINT, size.height / MM_PER_POINT);
            made.push(Page { content: content.to_vec(), resources, width_pt, height_pt, own: false });
            pages += 1;
        }
        self.document(made, self.shop.package.options.blank_back)?;
        Ok(pages)
    }

    /// How many pages lie before a document's next one, with blank ones.
    fn offset(&self, pages: u64, sheet: bool) -> u64 {
        let options = &self.shop.package.options;
        let doubled = options.blank_pages == BlankPages::Between || (sheet && options.blank_back);
        if doubled { 2 * pages } else { pages }
    }

    fn paper<M: Write, G: Write>(
        &mut self,
        paper: Paper,
        bag: &Bag<'p>,
        facts: &RoomFacts<'p>,
        manifest: &mut Manifest<M, G>,
    ) -> Result<u64, PrintError> {
        let Some(forms) = self.shop.statics.paper(paper) else { return Ok(0) };
        let (package, key) = (self.shop.package, self.shop.key);
        let (width, height) = PAPER.size_mm();
        let mut made = Vec::new();
        for (i, page) in paper.pages(facts, &forms.forms).iter().enumerate() {
            let resources = self.statics.paper(paper, page.form, &mut self.writer)?;
            let layout = forms.forms[page.form].layout.as_ref();
            let said = layout.map(|layout| {
                let sheet = key.sheet_id(&package.application.id, &bag.own(paper.word()), i as u32);
                Said::Native(Identity { sheet, page: 1, layout: layout.id.clone() })
            });
            let code = forms.places[page.form].as_ref().zip(said.as_ref());
            let pdf_page = self.pages + self.offset(made.len() as u64, false) + 1;
            let content = self.stamp.page(&Stamped {
                ground: b"/S Do ",
                height,
                texts: &page.texts,
                code,
                barcode: page.barcode,
                decimals: 1,
            });
            if let (Some(layout), Some(said)) = (layout, &said) {
                let rows: Vec<&str> = page.rows.iter().map(|&row| facts.students[row].id).collect();
                let located = Located {
                    kind: paper.word(),
                    sheet_id: said.sheet_id(),
                    student: None,
                    unit: &bag.unit.id,
                    room: &bag.room.id,
                    version: None,
                    layout: &layout.id,
                    page: 1,
                    pdf: &self.name,
                    pdf_page,
                    rows: &rows,
                    sha256: hex(&Sha256::digest(content)),
                };
                manifest.page(&located)?;
                self.shop.inspect.page(&Coded { located: &located, overlay: &[], content, barcode: page.barcode });
            }
            let (width_pt, height_pt) = (width / MM_PER_POINT, height / MM_PER_POINT);
            made.push(Page { content: content.to_vec(), resources, width_pt, height_pt, own: false });
        }
        let pages = made.len() as u64;
        self.document(made, false)?;
        Ok(pages)
    }

    fn booklet<M: Write, G: Write>(
        &mut self,
        owner: &Owner<'p>,
        bag: &Bag<'p>,
        manifest: &mut Manifest<M, G>,
    ) -> Result<u64, PrintError> {
        let shop = self.shop;
        let (Some(booklets), Some(written)) = (shop.booklets, &mut self.booklets) else { return Ok(0) };
        let variant = usize::from(owner.large_print()).min(booklets.variants.len() - 1);
        let language = owner.student.and_then(|s| s.language.as_deref());
        let id = owner.id(shop.package, shop.key, bag);
        let (version, own);
        let pages: &[LaidPage] = match (booklets.exam.versions, language) {
            (Versions::Count(_), None) => {
                version = Some(owner.version.unwrap_or(1));
                &booklets.variants[variant].versions[version.unwrap_or(1) as usize - 1]
            }
            (versions, language) => {
                version = None;
                let which = match versions {
                    Versions::Count(_) => Which::Version(owner.version.unwrap_or(1)),
                    Versions::Student => Which::Student(id.as_str()),
                };
                let order = Order::new(booklets.exam, which);
                if matches!(which, Which::Student(_)) {
                    manifest.order(id.as_str(), &order)?;
                }
                own = booklets.lay_out(&booklets.variants[variant], &order, language);
                &own
            }
        };
        let said = owner.version.map(|v| v.to_string()).unwrap_or_default();
        let code = &id.as_str()[..8];
        let mut made = Vec::with_capacity(pages.len());
        for index in 0..pages.len() {
            let ground = written.ground(&mut self.writer, variant, version, pages, index, &mut self.ground)?;
            let texts = booklet_texts(&ground.slots, owner, bag, &said, code);
            let height = ground.height_pt * MM_PER_POINT;
            let stamped =
                Stamped { ground: &self.ground, height, texts: &texts, code: None, barcode: None, decimals: 0 };
            let content = self.stamp.page(&stamped).to_vec();
            let (width_pt, height_pt) = (ground.width_pt, ground.height_pt);
            made.push(Page { content, resources: ground.resources, width_pt, height_pt, own: version.is_none() });
        }
        let count = made.len() as u64;
        match shop.package.options.imposition {
            Imposition::None => self.document(made, false)?,
            imposed => {
                let made = self.padded(made, imposed);
                for sheet in imposition::impose(made, imposed) {
                    self.write(&sheet)?;
                }
            }
        }
        Ok(count)
    }

    /// With the blank pages that an imposition needs, and those that are asked for.
    fn padded(&mut self, pages: Vec<Page>, imposed: Imposition) -> Vec<Page> {
        let between = self.shop.package.options.blank_pages == BlankPages::Between;
        let mut padded = Vec::with_capacity(pages.len() * 2);
        let Some(&Page { width_pt, height_pt, resources, .. }) = pages.first() else { return padded };
        // Its font is among those of the other pages.
        let content = self.stamp.blank(width_pt, height_pt).to_vec();
        let blank = || Page { content: content.clone(), resources, width_pt, height_pt, own: false };
        for page in pages {
            padded.push(page);
            if between {
                padded.push(blank());
            }
        }
        let multiple = if imposed == Imposition::Saddle { 4 } else { 2 };
        while padded.len() % multiple != 0 {
            padded.push(blank());
        }
        padded
    }
}

fn text_of(slot: Slot, style: Style, text: Cow<str>) -> Filled {
    Filled { slot, style, align: Align::Left, name: false, text }
}

fn booklet_texts<'t>(
    slots: &BookletSlots,
    owner: &Owner<'t>,
    bag: &Bag<'t>,
    version: &'t str,
    code: &'t str,
) -> Vec<Filled<'t>> {
    let line = |slot, text: &'t str| text_of(slot, Style::Regular, text.into());
    let mut texts = Vec::with_capacity(6);
    if let Some(student) = owner.student {
        texts.push(Filled { name: true, ..text_of(slots.name, Style::Bold, student.name.as_str().into()) });
        texts.push(line(slots.enrollment, &student.enrollment));
    }
    texts.push(line(slots.unit, &bag.unit.name));
    texts.push(line(slots.room, &bag.room.name));
    texts.push(text_of(slots.version, Style::Bold, version.into()));
    texts.push(Filled { align: Align::Right, ..text_of(slots.code, Style::Mono, code.into()) });
    texts
}
