//! Who looks at coded pages before they are delivered. Printing shows them, and reads nothing back itself.

use super::PrintError;
use super::manifest::Located;
use super::pdf::{About, Conformance, Effort, Writer};
use super::statics::{FileStatics, Layer, Statics};
use crate::sheet::frame::Area;
use crate::sheet::{Layout, LayoutPage};
use crate::units::MM_PER_POINT;

/// A page that carries codes, as it goes into its file.
pub struct Coded<'a> {
    /// What the manifest says of it.
    pub located: &'a Located<'a>,
    /// What all pages of the room show over the ground, as operators; empty on papers.
    pub overlay: &'a [u8],
    /// Its content stream.
    pub content: &'a [u8],
    /// Where a Code 128 of the sheet's id is meant to be.
    pub barcode: Option<Area>,
}

/// Sees every coded page. What it finds it keeps: a run is not stopped by it.
pub trait Inspect {
    fn page(&self, page: &Coded);
}

/// Nobody looks.
pub struct Unseen;

impl Inspect for Unseen {
    fn page(&self, _: &Coded) {}
}

/// What all pages of one page of a layout are printed over.
pub struct Ground<'a> {
    pub layout: &'a Layout,
    pub page: &'a LayoutPage,
    /// The codes of a discursive sheet's boxes, each with its question.
    pub boxes: &'a [(u32, Area)],
    /// A PDF of it alone, with the fonts that its pages use.
    pub pdf: Vec<u8>,
}

/// Every ground that coded pages are printed over.
pub fn grounds<'s>(statics: &'s Statics<'_>) -> Result<Vec<Ground<'s>>, PrintError> {
    let sheets = statics.sheets.iter().map(|s| (s.layout, s.number, &s.layer, &s.places.boxes[..]));
    let papers = statics.papers.iter().flat_map(|paper| {
        paper
            .forms
            .iter()
            .zip(&paper.layers)
            .filter_map(|(form, layer)| Some((form.layout.as_ref()?, 1, layer, &[][..])))
    });
    let ground = |(layout, number, layer, boxes): (&'s Layout, u16, &Layer, &'s [(u32, Area)])| {
        let page = layout.page(number)?;
        Some(alone(statics, layout, layer).map(|pdf| Ground { layout, page, boxes, pdf }))
    };
    sheets.chain(papers).filter_map(ground).collect()
}

fn alone(statics: &Statics, layout: &Layout, layer: &Layer) -> Result<Vec<u8>, PrintError> {
    let mut writer = Writer::new(Vec::new(), Conformance::Plain)?;
    let fonts = FileStatics::new(statics, &mut writer)?.fonts;
    let resources = layer.write(&mut writer, &fonts)?.resources(&mut writer, &fonts)?;
    let size = layout.content.page;
    writer.page(size.width / MM_PER_POINT, size.height / MM_PER_POINT, resources, b"/S Do ", Effort::Usual)?;
    Ok(writer.finish(&About::default())?.0)
}
