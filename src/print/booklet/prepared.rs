//! What is made once for a package: the forms, the static layers, and each version's pages.

use super::black;
use super::flow::Flowing;
use super::form::{self, Glyphs};
use super::furniture::{self, BookletSlots, COVER_TEXT, Furniture};
use super::look::{Look, pt};
use super::order::{Order, Which};
use super::pack::{self, Packed, pack};
use super::page::Pages;
use super::piece::Piece;
use super::set::Set;
use crate::json::Fault;
use crate::print::Package;
use crate::print::draw::Heading;
use crate::print::package::{Exam, Kind, Space, Versions};
use crate::print::pdf::font::{GlyphSubset, Subset};
use crate::print::pdf::{BaseError, Imported, Packed as Bytes};
use crate::print::rich::model::PictureData;
use crate::print::statics::Layer;
use crate::sheet::layout::PageSize;
use crate::sheet::{PageFormat, TextSize};
use crate::units::MM_PER_POINT;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One kind of page of a booklet's pages.
#[derive(Clone, Debug, PartialEq)]
pub enum LaidPage {
    Own {
        furniture: Furniture,
        packed: Option<Packed>,
    },
    /// Index in [`Booklets::custom`].
    Custom(usize),
}

/// Booklets in one size of type.
pub struct Variant {
    pub look: Look,
    pub set: Set,
    pub contents: Vec<Bytes>,
    pub letters: Vec<(char, Bytes)>,
    pub layers: BTreeMap<Furniture, (Layer, BookletSlots)>,
    /// Of the versions from 1, where the students are divided among such.
    pub versions: Vec<Vec<LaidPage>>,
}

pub struct Booklets<'p> {
    pub exam: &'p Exam,
    /// As they are embedded.
    pub pictures: Cow<'p, [PictureData]>,
    pub background: Option<Cow<'p, PictureData>>,
    pub fonts: Vec<Option<GlyphSubset>>,
    /// In normal print, and in large print where a student needs it.
    pub variants: Vec<Variant>,
    /// Pages of PDFs: so many before the booklet's own, and the others after.
    pub custom: Vec<&'p Imported>,
    pub custom_before: usize,
    pub notes: Vec<Fault>,
}

impl<'p> Booklets<'p> {
    /// The exam is the package's. `sizes` of paper and type: the first is for all, the second for large print. `fonts` are
    /// the stamp's.
    pub fn new(
        package: &'p Package,
        exam: &'p Exam,
        sizes: &[(PageFormat, TextSize)],
        heading: &Heading,
        fonts: &[Subset; 3],
    ) -> Result<Self, BaseError> {
        let (files, black) = (&package.files, package.options.black);
        let look = |&(format, text): &(PageFormat, TextSize)| Look { black, ..Look::new(&exam.look, format, text) };
        let mut sets: Vec<(Look, Set)> =
            sizes.iter().map(look).map(|look| (look.clone(), Set::new(exam, &look))).collect();
        let mut pictures = Cow::Borrowed(&package.pictures[..]);
        let mut background = files.background.as_ref().map(Cow::Borrowed);
        if black {
            pictures = black::pictures(&package.pictures, &sets).into();
            background = background.zip(sets.first()).map(|(b, (look, _))| Cow::Owned(black::background(&b, look)));
            sets.iter_mut().flat_map(|(_, set)| &mut set.forms).for_each(Piece::blacken);
        }
        let mut glyphs = Glyphs::default();
        sets.iter().flat_map(|(_, set)| &set.forms).for_each(|piece| glyphs.add(piece));
        let book_fonts = glyphs.subsets();
        let custom = files.before.iter().chain(&files.after).collect();
        let custom_before = files.before.len();
        // What can't be set in one size can't in another.
        let notes = sets.first().map(|(_, set)| set.notes.clone()).unwrap_or_default();
        let variants = Vec::new();
        let mut booklets =
            Booklets { exam, pictures, background, fonts: book_fonts, variants, custom, custom_before, notes };
        for (look, set) in sets {
            let contents = set.forms.iter().map(|piece| Bytes::new(&form::content(piece, &booklets.fonts))).collect();
            let pages = Pages { look: &look, fonts, background: false };
            let most = exam.questions.iter().map(|q| q.options.len()).max().unwrap_or(0);
            let letters = (0..most).map(super::order::letter).map(|c| (c, Bytes::new(&pages.letter(c)))).collect();
            let mut variant = Variant { look, set, contents, letters, layers: BTreeMap::new(), versions: Vec::new() };
            if let Versions::Count(count) = exam.versions {
                let orders = (1..=count).map(|n| Order::new(exam, Which::Version(n)));
                variant.versions = orders.map(|order| booklets.lay_out(&variant, &order, None)).collect();
            }
            variant.layers(exam, heading, fonts)?;
            booklets.variants.push(variant);
        }
        Ok(booklets)
    }

    /// Of the first version, or of the master's order.
    pub fn usual_pages(&self) -> usize {
        let Some(variant) = self.variants.first() else { return 0 };
        match variant.versions.first() {
            Some(pages) => pages.len(),
            None => self.lay_out(variant, &Order::new(self.exam, Which::Version(1)), None).len(),
        }
    }

    /// The pages of a booklet in this order.
    pub fn lay_out(&self, variant: &Variant, order: &Order, language: Option<&str>) -> Vec<LaidPage> {
        let covered = self.exam.look.cover;
        let flowing = Flowing { exam: self.exam, set: &variant.set, look: &variant.look };
        let packed = pack(flowing.flow(order, language), &variant.look, !covered);
        let own = |furniture, packed| LaidPage::Own { furniture, packed };
        let mut pages: Vec<LaidPage> = (0..self.custom_before).map(LaidPage::Custom).collect();
        if covered {
            let covers = pack::cover(flowing.instructions(), &variant.look, pt(COVER_TEXT));
            pages.extend(covers.into_iter().map(|page| own(Furniture::of(&page, 1, covered), Some(page))));
        }
        let kinds = packed.into_iter().enumerate();
        pages.extend(kinds.map(|(i, page)| own(Furniture::of(&page, i, covered), Some(page))));
        pages.extend((0..self.exam.look.draft_pages).map(|_| own(Furniture::Draft, None)));
        pages.extend((self.custom_before..self.custom.len()).map(LaidPage::Custom));
        pages
    }
}

impl Variant {
    fn layers(&mut self, exam: &Exam, heading: &Heading, fonts: &[Subset; 3]) -> Result<(), BaseError> {
        let look = &self.look;
        let size = PageSize { width: look.width * MM_PER_POINT, height: look.height * MM_PER_POINT };
        let essays = exam.questions.iter().filter_map(|q| match (q.kind, q.space) {
            (Kind::Essay, Space::Lines(lines)) => Some(lines),
            _ => None,
        });
        let mut kinds = vec![Furniture::Inner];
        kinds.push(if exam.look.cover { Furniture::Cover } else { Furniture::First });
        kinds.extend(essays.map(|lines| Furniture::Essay { lines }));
        if exam.look.draft_pages > 0 {
            kinds.push(Furniture::Draft);
        }
        for kind in kinds {
            let (drawing, slots) = furniture::draw(kind, look, heading);
            let drawing = if look.black { drawing.blackened() } else { drawing };
            self.layers.insert(kind, (Layer::new(&drawing, size, fonts)?, slots));
        }
        Ok(())
    }
}
