//! Papers that the reader reads: the frame of a sheet, with or without fields.

use super::Form;
use super::grid::{self, BESIDE_CODE};
use crate::print::draw::{Heading, Pen, cap_mm, frame};
use crate::print::typeface::Style;
use crate::sheet::layout::{Anchor, LayoutContent, PageSize};
use crate::sheet::{Field, Frame, Layout, LayoutPage, PageFormat, TextSize};

/// A layout of one page. Moving anything on it needs another edition.
pub fn layout(edition: &str, fields: Vec<Field>, anchors: Vec<Anchor>) -> Layout {
    let frame = Frame::of(PageFormat::A4);
    let page = LayoutPage {
        number: 1,
        fiducials: frame.fiducials.to_vec(),
        code: frame.code,
        backup: Some(frame.backup),
        calibration: Some(frame.calibration),
        anchors,
        fields,
    };
    Layout::new(LayoutContent {
        edition: edition.to_owned(),
        format: PageFormat::A4,
        text: TextSize::Normal,
        page: PageSize { width: frame.width, height: frame.height },
        pages: vec![page],
    })
}

/// Frame and masthead, and what `content` draws.
pub fn form(layout: Layout, heading: &Heading, paper: &str, content: impl Fn(&mut Pen, &LayoutPage)) -> Form {
    let mut pen = grid::pen();
    for page in &layout.content.pages {
        pen.keep_clear(page);
        frame::draw(&mut pen, page);
        grid::masthead(&mut pen, heading, paper, BESIDE_CODE);
        content(&mut pen, page);
    }
    let folio = pen.frame.footer.y + cap_mm(Style::Bold, 8.0);
    frame::imprint(&mut pen, &layout, folio);
    Form { layout: Some(layout), drawing: pen.drawing }
}
