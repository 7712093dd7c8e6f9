//! Booklets in one file: forms are written when the first page that shows them comes.

use super::form::{font_name, picture_name};
use super::furniture::{BookletSlots, Furniture};
use super::page::{Pages, form_name, letter_name};
use super::prepared::{Booklets, LaidPage, Variant};
use crate::print::pdf::font::Subset;
use crate::print::pdf::number::op;
use crate::print::pdf::{Base, Packed, Writer};
use crate::print::rich::model::{PictureData, Pixels};
use pdf_writer::Ref;
use std::collections::BTreeMap;
use std::io::{self, Write};

pub struct WrittenBooklets<'b, 'p> {
    booklets: &'b Booklets<'p>,
    /// The stamp's.
    fonts: &'b [Subset; 3],
    /// Entries of a font dictionary with them.
    stamp_fonts: String,
    pictures: &'b [PictureData],
    background: Option<&'b PictureData>,
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
    /// Of whole pages: everything.
    resources: Ref,
    /// By version and page: the resources of the pages that show it, and what they show it by.
    versions: BTreeMap<(u64, usize), Ref>,
    furniture: BTreeMap<Furniture, String>,
}

/// What a page begins with, and what it needs.
pub struct Ground<'a> {
    pub content: &'a [u8],
    pub resources: Ref,
    pub slots: BookletSlots,
    pub width_pt: f64,
    pub height_pt: f64,
}

impl<'b, 'p> WrittenBooklets<'b, 'p> {
    pub fn new(
        booklets: &'b Booklets<'p>,
        fonts: &'b [Subset; 3],
        stamp_fonts: &str,
        pictures: &'b [PictureData],
        background: Option<&'b PictureData>,
    ) -> Self {
        WrittenBooklets {
            booklets,
            fonts,
            stamp_fonts: stamp_fonts.to_owned(),
            pictures,
            background,
            shared: None,
            variants: booklets.variants.iter().map(|_| None).collect(),
            custom: vec![None; booklets.custom.len()],
        }
    }

    /// A page of a version, or of an order that only one student has (`version` is None): its operators are in `out` then,
    /// or else a form shows them.
    #[expect(clippy::too_many_arguments, reason = "each says which page it is")]
    pub fn ground<'a, W: Write>(
        &mut self,
        writer: &mut Writer<W>,
        variant: usize,
        version: Option<u64>,
        pages: &[LaidPage],
        index: usize,
        out: &'a mut Vec<u8>,
    ) -> io::Result<Ground<'a>> {
        out.clear();
        let booklets = self.booklets;
        let look = &booklets.variants[variant].look;
        let (furniture, packed) = match &pages[index] {
            LaidPage::Own { furniture, packed } => (*furniture, packed.as_ref()),
            LaidPage::Custom(custom) => return self.custom(writer, *custom, out),
        };
        self.variant(writer, variant)?;
        let written = self.variants[variant].as_mut().expect("it was just written");
        let slots = booklets.variants[variant].layers[&furniture].slots;
        let own = Pages { look, fonts: self.fonts, background: self.background.is_some() };
        let name = &written.furniture[&furniture];
        let compose = |out: &mut Vec<u8>| match packed {
            Some(page) => own.content(page, name, &slots, index + 1, pages.len(), out),
            None => own.bare(name, &slots, index + 1, pages.len(), out),
        };
        let resources = match version {
            None => {
                compose(out);
                written.resources
            }
            Some(version) => {
                out.extend_from_slice(b"/S Do ");
                match written.versions.get(&(version, index)) {
                    Some(resources) => *resources,
                    None => {
                        let mut content = Vec::new();
                        compose(&mut content);
                        let form = writer.alloc();
                        let mut entries = form_entries(look.width, look.height);
                        entries.extend_from_slice(format!("/Resources {} 0 R", written.resources.get()).as_bytes());
                        writer.stream(form, &entries, &content)?;
                        let resources = writer.alloc();
                        let body = format!("<</XObject<</S {} 0 R>>/Font<<{}>>>>", form.get(), self.stamp_fonts);
                        writer.small(resources, body.as_bytes())?;
                        written.versions.insert((version, index), resources);
                        resources
                    }
                }
            }
        };
        Ok(Ground { content: out, resources, slots, width_pt: look.width, height_pt: look.height })
    }

    fn custom<'a, W: Write>(&mut self, writer: &mut Writer<W>, index: usize, out: &'a mut Vec<u8>) -> io::Result<Ground<'a>> {
        let imported = &self.booklets.custom[index];
        let resources = match self.custom[index] {
            Some(resources) => resources,
            None => {
                let base = imported.write(writer)?;
                let resources = base.resources(writer, &self.stamp_fonts)?;
                self.custom[index] = Some(resources);
                resources
            }
        };
        out.extend_from_slice(b"/S Do ");
        let (width_pt, height_pt) = (imported.width_pt, imported.height_pt);
        Ok(Ground { content: out, resources, slots: BookletSlots::default(), width_pt, height_pt })
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
        for (i, data) in self.pictures.iter().enumerate() {
            pictures += &format!("/{} {} 0 R", picture_name(i), picture(data, writer)?.get());
        }
        let resources = writer.alloc();
        writer.small(resources, format!("<</Font<<{fonts}>>/XObject<<{pictures}>>>>").as_bytes())?;
        let background = self.background.map(|data| picture(data, writer)).transpose()?;
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
            let mut entries = form_entries(piece.width, piece.height);
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
        for (i, (kind, layer)) in variant.layers.iter().enumerate() {
            let base: Base = layer.shapes.write(writer)?.with(writer, &self.stamp_fonts, &layer.texts)?;
            let name = format!("U{i}");
            forms += &format!("/{name} {} 0 R", base.form.get());
            furniture.insert(*kind, name);
        }
        if let Some(background) = shared.background {
            forms += &format!("/BG {} 0 R", background.get());
        }
        let resources = writer.alloc();
        writer.small(resources, format!("<</XObject<<{forms}>>/Font<<{}>>>>", self.stamp_fonts).as_bytes())?;
        self.variants[index] = Some(WrittenVariant { resources, versions: BTreeMap::new(), furniture });
        Ok(())
    }
}

/// Text and lines reach a little beyond what typesetting calls a piece's box.
fn form_entries(width: f64, height: f64) -> Vec<u8> {
    let mut entries = b"/Type/XObject/Subtype/Form/BBox[".to_vec();
    const BEYOND: f64 = 6.0;
    op(&mut entries, &[-BEYOND, -BEYOND, width + BEYOND, height + BEYOND], "]");
    entries
}

fn picture<W: Write>(data: &PictureData, writer: &mut Writer<W>) -> io::Result<Ref> {
    let id = writer.alloc();
    let space = if data.gray { "DeviceGray" } else { "DeviceRGB" };
    let entries = format!(
        "/Type/XObject/Subtype/Image/Width {}/Height {}/ColorSpace/{space}/BitsPerComponent 8",
        data.width, data.height
    );
    match &data.pixels {
        Pixels::Raw(pixels) => writer.stream(id, entries.as_bytes(), pixels)?,
        Pixels::Jpeg(bytes) => writer.filtered(id, entries.as_bytes(), b"/Filter/DCTDecode", bytes)?,
    }
    Ok(id)
}
