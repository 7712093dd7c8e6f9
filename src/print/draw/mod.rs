//! What is the same on every sheet of a layout, as shapes and texts in millimetres from the page's top-left corner.
//!
//! ```text
//! Layout -> frame, header, instructions, field -> Drawing -> vector (shapes) and Subset (texts) -> Base
//! ```

mod black;
mod digits;
pub(super) mod field;
pub(super) mod frame;
mod header;
mod instructions;
mod lize;
mod pen;
mod table;
pub mod vector;

pub use header::{Slot, Slots, printed};
pub use pen::{Align, Drawing, Ink, Path, Pen, Shape, Text, cap_mm};

use super::logo::Logo;
use crate::sheet::lize::Block;
use crate::sheet::{Layout, LayoutPage};

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

/// The same of a Lize sheet; `blocks` are those of its model.
pub fn lize_page(layout: &Layout, page: &LayoutPage, blocks: &[Block], heading: &Heading) -> (Drawing, Slots) {
    let mut pen = Pen::new(&layout.content);
    let slots = lize::page(&mut pen, page, blocks, heading);
    (pen.drawing, slots)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::sheet::frame::Area;
    use crate::sheet::place::{Order, place, tests::specs};
    use crate::sheet::{Frame, PageFormat, TextSize};
    use serde_json::json;

    pub fn bounds(shape: &Shape) -> Area {
        let around = |points: &[(f64, f64)]| {
            let fold = |f: fn(f64, f64) -> f64, start, of: fn(&(f64, f64)) -> f64| points.iter().map(of).fold(start, f);
            let (x, y) = (fold(f64::min, f64::MAX, |p| p.0), fold(f64::min, f64::MAX, |p| p.1));
            let (r, b) = (fold(f64::max, f64::MIN, |p| p.0), fold(f64::max, f64::MIN, |p| p.1));
            Area::new(x, y, r - x, b - y)
        };
        let of = |path: &Path| match path {
            Path::Rect(a) => *a,
            Path::Ellipse { x, y, rx, ry } => Area::new(x - rx, y - ry, 2.0 * rx, 2.0 * ry),
            Path::Line(points) | Path::Polygon(points) => around(points),
        };
        match shape {
            Shape::Fill(path, _) => of(path),
            Shape::Stroke(path, _, width) => grown(of(path), width / 2.0),
            Shape::Picture(area, _) => *area,
        }
    }

    fn grown(a: Area, by: f64) -> Area {
        Area::new(a.x - by, a.y - by, a.w + 2.0 * by, a.h + 2.0 * by)
    }

    #[test]
    fn nothing_comes_near_to_what_registers_or_identifies_the_page() {
        let specs = specs(json!([
            {"type": "id_grid", "id": "matricula", "digits": 8},
            {"type": "version", "id": "tipo"},
            {"type": "language", "id": "lingua"},
            {"type": "choice", "id": "q{n}", "count": 120},
            {"type": "choice", "id": "vf{n}", "count": 4, "labels": "VF"},
            {"type": "sum", "id": "s{n}", "count": 3, "propositions": 7},
            {"type": "sum", "id": "sg", "style": "grid"},
            {"type": "numeric", "id": "n1", "digits": 4, "decimals": 2, "sign": true},
            {"type": "matrix", "id": "m1", "rows": ["Clareza", "Domínio do assunto"], "labels": "12345"},
            {"type": "score", "id": "nota1", "max": 10, "step": 0.25},
            {"type": "competence", "id": "redacao"},
            {"type": "flag", "id": "aplicador"},
            {"type": "region", "id": "aberta", "lines": 4},
            {"type": "signature", "id": "assinatura"},
        ]));
        let heading = Heading {
            title: "Avaliação diagnóstica de Língua Portuguesa e Matemática – 9º ano".into(),
            date: "20/11/2026".into(),
            institution: "Rede municipal de ensino de São José do Vale do Rio Preto".into(),
            logo: None,
            versions: true,
        };
        for (format, text) in PageFormat::ALL.into_iter().flat_map(|f| TextSize::ALL.map(|t| (f, t))) {
            let Ok(layout) = place(&Order { format, text, max_pages: 31 }, &specs) else { continue };
            for page in &layout.content.pages {
                let (drawing, _) = super::page(&layout, page.number, &heading);
                let frame = Frame::of(format);
                let square = |x: f64, y: f64, size: f64| Area::new(x - size / 2.0, y - size / 2.0, size, size);
                let mut marks: Vec<Area> = page.fiducials.iter().map(|f| square(f.x, f.y, f.size)).collect();
                marks.extend(page.anchors.iter().map(|a| square(a.x, a.y, a.size)));
                let codes = [grown(page.code, 4.0 * page.code.w / 29.0), grown(frame.backup, frame.backup.w / 24.0)];
                let mut printed: Vec<(Area, String)> =
                    drawing.shapes.iter().map(|s| (bounds(s), format!("{s:?}"))).collect();
                printed.extend(drawing.texts.iter().map(|t| (t.area(), format!("{t:?}"))));
                let paper = Area::new(5.0, 5.0, layout.content.page.width - 10.0, layout.content.page.height - 10.0);
                for (area, what) in printed {
                    assert!(paper.holds(&area), "{format:?} {text:?}: {what} leaves the printable page");
                    for mark in marks.iter().filter(|m| !m.holds(&area)) {
                        // To a tenth: lines have a width.
                        let near = grown(*mark, 0.9).overlaps(&area);
                        assert!(!near, "{format:?} {text:?} page {}: {what} is near {mark:?}", page.number);
                    }
                    // The QR's finder patterns are static.
                    let free = page.code.holds(&area) || codes.iter().all(|c| !c.overlaps(&area));
                    assert!(free, "{format:?} {text:?}: {what} is near a code");
                }
            }
        }
    }
}
