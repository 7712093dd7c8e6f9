//! The shapes of a drawing as a one-page PDF, drawn by printpdf. Its texts are not here: they share the fonts that the
//! students' names are set in.

use super::pen::{Drawing, Ink, Path, Shape};
use crate::print::logo::Logo;
use crate::sheet::layout::PageSize;
use printpdf::{
    Color, Greyscale, Line, LinePoint, Mm, Op, PaintMode, PdfDocument, PdfPage, PdfSaveOptions, Point, Polygon,
    PolygonRing, Pt, RawImage, RawImageData, RawImageFormat, Rgb, WindingOrder, XObject, XObjectId, XObjectTransform,
};

/// A quarter circle as one Bézier curve: its handles are this part of the radius away.
const QUARTER: f64 = 0.552_284_749_8;

pub fn to_pdf(drawing: &Drawing, page: PageSize) -> Vec<u8> {
    let mut document = PdfDocument::new("");
    let height = page.height;
    let mut ops = Vec::new();
    let mut state = State::default();
    for shape in &drawing.shapes {
        match shape {
            Shape::Fill(path, ink) => {
                state.fill(&mut ops, *ink);
                ops.push(polygon(path, height, PaintMode::Fill));
            }
            Shape::Stroke(path, ink, width_mm) => {
                state.stroke(&mut ops, *ink, *width_mm);
                ops.push(match path {
                    Path::Line(points) => {
                        Op::DrawLine { line: Line { points: corners(points, height), is_closed: false } }
                    }
                    _ => polygon(path, height, PaintMode::Stroke),
                });
            }
            Shape::Picture(area, logo) => {
                let id = XObjectId("Logo".into());
                document.resources.xobjects.map.insert(id.clone(), XObject::Image(raw_image(logo)));
                let px_per_inch = 72.0;
                let scale = |mm: f64, px: u32| (mm / crate::units::MM_PER_POINT / f64::from(px)) as f32;
                let transform = XObjectTransform {
                    translate_x: Some(Pt::from(Mm(area.x as f32))),
                    translate_y: Some(Pt::from(Mm((height - area.bottom()) as f32))),
                    scale_x: Some(scale(area.w, logo.width)),
                    scale_y: Some(scale(area.h, logo.height)),
                    dpi: Some(px_per_inch),
                    ..XObjectTransform::default()
                };
                ops.push(Op::UseXobject { id, transform });
            }
        }
    }
    let page = PdfPage::new(Mm(page.width as f32), Mm(page.height as f32), ops);
    document.with_pages(vec![page]).save(&PdfSaveOptions::default(), &mut Vec::new())
}

/// Colours and widths are set only where they change.
#[derive(Default)]
struct State {
    fill: Option<Ink>,
    stroke: Option<Ink>,
    width: Option<f64>,
}

impl State {
    fn fill(&mut self, ops: &mut Vec<Op>, ink: Ink) {
        if self.fill.replace(ink) != Some(ink) {
            ops.push(Op::SetFillColor { col: color(ink) });
        }
    }

    fn stroke(&mut self, ops: &mut Vec<Op>, ink: Ink, width_mm: f64) {
        if self.stroke.replace(ink) != Some(ink) {
            ops.push(Op::SetOutlineColor { col: color(ink) });
        }
        if self.width.replace(width_mm) != Some(width_mm) {
            ops.push(Op::SetOutlineThickness { pt: Pt::from(Mm(width_mm as f32)) });
        }
    }
}

fn color(ink: Ink) -> Color {
    let [r, g, b] = ink.0;
    match ink.lightness() {
        Some(lightness) => Color::Greyscale(Greyscale::new(lightness, None)),
        None => Color::Rgb(Rgb::new(r, g, b, None)),
    }
}

fn point(x: f64, y: f64, height: f64, bezier: bool) -> LinePoint {
    LinePoint { p: Point::new(Mm(x as f32), Mm((height - y) as f32)), bezier }
}

fn corners(points: &[(f64, f64)], height: f64) -> Vec<LinePoint> {
    points.iter().map(|&(x, y)| point(x, y, height, false)).collect()
}

fn polygon(path: &Path, height: f64, mode: PaintMode) -> Op {
    let points = match path {
        Path::Rect(a) => corners(&[(a.x, a.y), (a.right(), a.y), (a.right(), a.bottom()), (a.x, a.bottom())], height),
        Path::Line(points) | Path::Polygon(points) => corners(points, height),
        &Path::Ellipse { x, y, rx, ry } => {
            let (hx, hy) = (rx * QUARTER, ry * QUARTER);
            let on = |dx: f64, dy: f64| point(x + dx, y + dy, height, false);
            let handle = |dx: f64, dy: f64| point(x + dx, y + dy, height, true);
            vec![
                on(rx, 0.0),
                handle(rx, hy),
                handle(hx, ry),
                on(0.0, ry),
                handle(-hx, ry),
                handle(-rx, hy),
                on(-rx, 0.0),
                handle(-rx, -hy),
                handle(-hx, -ry),
                on(0.0, -ry),
                handle(hx, -ry),
                handle(rx, -hy),
                on(rx, 0.0),
            ]
        }
    };
    Op::DrawPolygon {
        polygon: Polygon { rings: vec![PolygonRing { points }], mode, winding_order: WindingOrder::NonZero },
    }
}

fn raw_image(logo: &Logo) -> RawImage {
    RawImage {
        pixels: RawImageData::U8(logo.pixels.to_vec()),
        width: logo.width as usize,
        height: logo.height as usize,
        data_format: if logo.gray { RawImageFormat::R8 } else { RawImageFormat::RGB8 },
        tag: Vec::new(),
    }
}
