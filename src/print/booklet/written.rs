//! Booklets in one file: forms are written when the first page that shows them comes.

use super::form::{font_name, picture_name};
use super::furniture::{BookletSlots, Furniture};
use super::page::{Pages, form_name, letter_name};
use super::prepared::{Booklets, LaidPage, Variant};
use crate::print::pdf::font::Subset;
use crate::print::pdf::number::op;
use crate::print::pdf::{Packed, Writer};
use crate::print::rich::model::{PictureData, Pixels};
use pdf_writer::Ref;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

pub struct WrittenBooklets<'b, 'p> {
    booklets: &'b Booklets<'p>,
    /// The stamp's.
    fonts: &'b [Subset; 3],
    /// Entries of a font dictionary with them.
    stamp_fonts: String,
    shared: Option<Shared>,
    variants: Vec<Option<WrittenVariant>>,
    custom: Vec<Option<Ref>>,
}

/// What all forms of booklets need.
struct Shared {
    /// Of the typesetter's forms: its fonts, and pictures.
    resources: Ref,
    background: Option<Ref>,
}

struct WrittenVariant {
    /// Of the forms that show a version's pages.
    forms: Ref,
    /// Of pages: all forms, and those of versions as they come. Written at the file's end.
    pages: Ref,
    entries: String,
    /// By version and page.
    versions: BTreeSet<(u64, usize)>,
    furniture: BTreeMap<Furniture, String>,
}

/// A page whose first operators are written.
#[derive(Clone, Copy, Debug)]
pub struct Ground {
    pub resources: Ref,
    pub slots: BookletSlots,
    pub width_pt: f64,
    pub height_pt: f64,
}

impl<'b, 'p> WrittenBooklets<'b, 'p> {
    pub fn new(booklets: &'b Booklets<'p>, fonts: &'b [Subset; 3], stamp_fonts: &str) -> Self {
        WrittenBooklets {
            booklets,
            fonts,
            stamp_fonts: stamp_fonts.to_owned(),
            shared: None,
            variants: booklets.variants.iter().map(|_| None).collect(),
            custom: vec![None; booklets.custom.len()],
        }
    }

    /// A page of a version, or of an order that only one student has (`version` is None): its operators are in `out` then,
    /// or else a form shows them.
    pub fn ground<W: Write>(
        &mut self,
        writer: &mut Writer<W>,
        variant: usize,
        version: Option<u64>,
        pages: &[LaidPage],
        index: usize,
        out: &mut Vec<u8>,
    ) -> io::Result<Ground> {
        out.clear();
        let booklets = self.booklets;
        let look = &booklets.variants[variant].look;
        let (furniture, packed) = match &pages[index] {
            LaidPage::Own { furniture, packed } => (*furniture, packed.as_ref()),
            LaidPage::Custom(custom) => return self.custom(writer, variant, *custom, out),
        };
        self.variant(writer, variant)?;
        let written = self.variants[variant].as_mut().expect("it was just written");
        let slots = booklets.variants[variant].layers[&furniture].1;
        let own = Pages { look, fonts: self.fonts, background: booklets.background.is_some() };
        let name = &written.furniture[&furniture];
        let compose = |out: &mut Vec<u8>| match packed {
            Some(page) => own.content(page, name, &slots, index + 1, pages.len(), out),
            None => own.bare(name, &slots, index + 1, pages.len(), out),
        };
        match version {
            None => compose(out),
            Some(version) => {
                let name = format!("V{version}P{index}");
                if written.versions.insert((version, index)) {
                    let mut content = Vec::new();
                    compose(&mut content);
                    let form = writer.alloc();
                    let mut entries = form_entries(look.width, look.height, 0.0);
                    entries.extend_from_slice(format!("/Resources {} 0 R", written.forms.get()).as_bytes());
                    writer.stream(form, &entries, &content)?;
                    written.entries += &format!("/{name} {} 0 R", form.get());
                }
                out.extend_from_slice(format!("/{name} Do ").as_bytes());
            }
        }
        Ok(Ground { resources: written.pages, slots, width_pt: look.width, height_pt: look.height })
    }

    /// Writes what could not be before all pages were.
    pub fn finish<W: Write>(&mut self, writer: &mut Writer<W>) -> io::Result<()> {
        for written in self.variants.iter().flatten() {
            let body = format!("<</XObject<<{}>>/Font<<{}>>>>", written.entries, self.stamp_fonts);
            writer.small(written.pages, body.as_bytes())?;
        }
        Ok(())
    }

    /// A page of another PDF, named in all pages' resources as the others are.
    fn custom<W: Write>(
        &mut self,
        writer: &mut Writer<W>,
        variant: usize,
        index: usize,
        out: &mut Vec<u8>,
    ) -> io::Result<Ground> {
        let imported = self.booklets.custom[index];
        self.variant(writer, variant)?;
        let written = self.variants[variant].as_mut().expect("it was just written");
        let name = format!("X{index}");
        if self.custom[index].is_none() {
            self.custom[index] = Some(imported.write(writer)?.form);
        }
        let form = self.custom[index].map_or(0, |f| f.get());
        if !written.entries.contains(&format!("/{name} ")) {
            written.entries += &format!("/{name} {form} 0 R");
        }
        out.extend_from_slice(format!("/{name} Do ").as_bytes());
        let (width_pt, height_pt) = (imported.width_pt, imported.height_pt);
        Ok(Ground { resources: written.pages, slots: BookletSlots::default(), width_pt, height_pt })
    }

    fn shared<W: Write>(&mut self, writer: &mut Writer<W>) -> io::Result<()> {
        if self.shared.is_some() {
            return Ok(());
        }
        let mut fonts = String::new();
        for (i, font) in self.booklets.fonts.iter().enumerate() {
            if let Some(font) = font {
                fonts += &format!("/{} {} 0 R", font_name(i), font.embed(writer)?.get());
            }
        }
        let mut pictures = String::new();
        for (i, data) in self.booklets.pictures.iter().enumerate() {
            pictures += &format!("/{} {} 0 R", picture_name(i), picture(data, writer)?.get());
        }
        let resources = writer.alloc();
        writer.small(resources, format!("<</Font<<{fonts}>>/XObject<<{pictures}>>>>").as_bytes())?;
        let background = self.booklets.background.as_ref().map(|data| picture(data, writer)).transpose()?;
        self.shared = Some(Shared { resources, background });
        Ok(())
    }

    fn variant<W: Write>(&mut self, writer: &mut Writer<W>, index: usize) -> io::Result<()> {
        if self.variants[index].is_some() {
            return Ok(());
        }
        self.shared(writer)?;
        let shared = self.shared.as_ref().expect("it was just written");
        let variant: &Variant = &self.booklets.variants[index];
        let mut forms = String::new();
        for (i, content) in variant.contents.iter().enumerate() {
            let piece = &variant.set.forms[i];
            let id = writer.alloc();
            let mut entries = form_entries(piece.width, piece.height, BEYOND);
            entries.extend_from_slice(format!("/Resources {} 0 R", shared.resources.get()).as_bytes());
            writer.filtered(id, &entries, Packed::FILTER, content.bytes())?;
            forms += &format!("/{} {} 0 R", form_name(i), id.get());
        }
        let r = variant.look.size;
        for (letter, content) in &variant.letters {
            let id = writer.alloc();
            let entries = format!(
                "/Type/XObject/Subtype/Form/BBox[-{r} -{r} {r} {r}]/Resources<</Font<<{}>>>>",
                self.stamp_fonts
            );
            writer.filtered(id, entries.as_bytes(), Packed::FILTER, content.bytes())?;
            forms += &format!("/{} {} 0 R", letter_name(*letter), id.get());
        }
        let mut furniture = BTreeMap::new();
        for (i, (kind, (layer, _))) in variant.layers.iter().enumerate() {
            let base = layer.write(writer, &self.stamp_fonts)?;
            let name = format!("U{i}");
            forms += &format!("/{name} {} 0 R", base.form.get());
            furniture.insert(*kind, name);
        }
        if let Some(background) = shared.background {
            forms += &format!("/BG {} 0 R", background.get());
        }
        let resources = writer.alloc();
        writer.small(resources, format!("<</XObject<<{forms}>>/Font<<{}>>>>", self.stamp_fonts).as_bytes())?;
        self.variants[index] = Some(WrittenVariant {
            forms: resources,
            pages: writer.alloc(),
            entries: forms,
            versions: BTreeSet::new(),
            furniture,
        });
        Ok(())
    }
}

/// Text and lines reach a little beyond what typesetting calls a piece's box.
const BEYOND: f64 = 6.0;

fn form_entries(width: f64, height: f64, beyond: f64) -> Vec<u8> {
    let mut entries = b"/Type/XObject/Subtype/Form/BBox[".to_vec();
    op(&mut entries, &[-beyond, -beyond, width + beyond, height + beyond], "]");
    entries
}

fn picture<W: Write>(data: &PictureData, writer: &mut Writer<W>) -> io::Result<Ref> {
    let id = writer.alloc();
    let space = if data.gray { "DeviceGray" } else { "DeviceRGB" };
    let bits = if matches!(data.pixels, Pixels::Bits(_)) { 1 } else { 8 };
    let entries = format!(
        "/Type/XObject/Subtype/Image/Width {}/Height {}/ColorSpace/{space}/BitsPerComponent {bits}",
        data.width, data.height
    );
    match &data.pixels {
        Pixels::Raw(pixels) | Pixels::Bits(pixels) => writer.stream(id, entries.as_bytes(), pixels)?,
        Pixels::Jpeg(bytes) => writer.filtered(id, entries.as_bytes(), b"/Filter/DCTDecode", bytes)?,
    }
    Ok(id)
}
