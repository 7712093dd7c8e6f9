//! What is the same on every sheet of a layout, as shapes and texts in millimetres from the page's top-left corner.
//!
//! ```text
//! Layout -> frame, header, instructions, field -> Drawing -> vector (shapes) and Subset (texts) -> Base
//! ```

mod digits;
mod field;
mod frame;
mod header;
mod instructions;
mod pen;
mod table;
pub mod vector;

pub use header::{Slot, Slots};
pub use pen::{Align, Drawing, Ink, Path, Pen, Shape, Text};

use super::logo::Logo;
use crate::sheet::Layout;

/// What the package says that is the same on every sheet.
#[derive(Clone, Debug, Default)]
pub struct Heading {
    pub title: String,
    /// As it is printed: 20/11/2026.
    pub date: String,
    pub institution: String,
    pub logo: Option<Logo>,
    /// Whether any sheet says which version of the exam it belongs to.
    pub versions: bool,
}

/// The static layer of one page, and where the student's own texts go.
pub fn page(layout: &Layout, number: u16, heading: &Heading) -> (Drawing, Slots) {
    let content = &layout.content;
    let mut pen = Pen::new(content);
    let Some(page) = layout.page(number) else { return (pen.drawing, Slots::default()) };
    pen.keep_clear(page);
    frame::draw(&mut pen, page);
    let slots = header::draw(&mut pen, heading);
    if number == 1 {
        instructions::draw(&mut pen);
    }
    frame::footer(&mut pen, layout, number);
    for field in &page.fields {
        field::draw(&mut pen, field);
    }
    (pen.drawing, slots)
}
