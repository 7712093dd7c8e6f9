//! printpdf: everything on each page, which is its plain way; and the static layer as an external form.

use crate::sheet::{HEIGHT_PT, Sheet, Step, WIDTH_PT, operators, steps};
use gabarito::print::draw::{Drawing, Ink, Path, Shape};
use gabarito::units::MM_PER_POINT;
use printpdf::{
    BuiltinFont, Color, DictItem, ExternalStream, ExternalXObject, Greyscale, Line, LinePoint, Mm, Op, PaintMode,
    PdfDocument, PdfFontHandle, PdfPage, PdfSaveOptions, Point, Polygon, PolygonRing, Pt, TextItem, TextMatrix,
    WindingOrder, XObject, XObjectId, XObjectTransform,
};
use std::collections::BTreeMap;

pub fn whole_pages(sheet: &Sheet, students: usize) -> Vec<u8> {
    let base = drawn(&sheet.drawing);
    print(sheet, students, PdfDocument::new("bench"), &base)
}

pub fn form(sheet: &Sheet, students: usize) -> Vec<u8> {
    let mut document = PdfDocument::new("bench");
    let name = |n: &str| DictItem::Name(n.as_bytes().to_vec());
    let dict = |items: Vec<(&str, DictItem)>| DictItem::Dict {
        map: items.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
    };
    let font = dict(vec![
        ("Type", name("Font")),
        ("Subtype", name("Type1")),
        ("BaseFont", name("Helvetica")),
        ("Encoding", name("WinAnsiEncoding")),
    ]);
    let bounds = [0.0, 0.0, WIDTH_PT as f32, HEIGHT_PT as f32].map(DictItem::Real).to_vec();
    let entries = [
        ("Type", name("XObject")),
        ("Subtype", name("Form")),
        ("BBox", DictItem::Array(bounds)),
        ("Resources", dict(vec![("Font", dict(vec![("F0", font)]))])),
    ];
    let stream = ExternalStream {
        dict: BTreeMap::from(entries.map(|(k, v)| (k.to_owned(), v))),
        content: operators(&sheet.drawing),
        compress: true,
    };
    let id = XObjectId("S".to_owned());
    let external = ExternalXObject { stream, width: None, height: None, dpi: None };
    document.resources.xobjects.map.insert(id.clone(), XObject::External(external));
    let transform = XObjectTransform { no_auto_scale: true, ..XObjectTransform::default() };
    print(sheet, students, document, &[Op::UseXobject { id, transform }])
}

fn print(sheet: &Sheet, students: usize, mut document: PdfDocument, base: &[Op]) -> Vec<u8> {
    let page = |i: usize| {
        let stamp = sheet.stamp(i);
        let mut ops = base.to_vec();
        ops.push(Op::SetFillColor { col: gray(Ink::SOLID) });
        ops.push(Op::StartTextSection);
        for (x, y, size, text) in stamp.texts {
            write(&mut ops, x, y, size, text);
        }
        ops.push(Op::EndTextSection);
        let ring = |[x, y, w, h]: [f64; 4]| PolygonRing {
            points: [(x, y), (x + w, y), (x + w, y + h), (x, y + h)].map(|(x, y)| point(x, y, false)).to_vec(),
        };
        let rings = stamp.modules.into_iter().map(ring).collect();
        let polygon = Polygon { rings, mode: PaintMode::Fill, winding_order: WindingOrder::NonZero };
        ops.push(Op::DrawPolygon { polygon });
        PdfPage::new(Mm(210.0), Mm(297.0), ops)
    };
    document.pages = (0..students).map(page).collect();
    document.save(&PdfSaveOptions::default(), &mut Vec::new())
}

fn drawn(drawing: &Drawing) -> Vec<Op> {
    let mut ops = Vec::new();
    for shape in &drawing.shapes {
        match shape {
            Shape::Fill(path, ink) => {
                ops.push(Op::SetFillColor { col: gray(*ink) });
                ops.push(outline(path, PaintMode::Fill));
            }
            Shape::Stroke(path, ink, width) => {
                ops.push(Op::SetOutlineColor { col: gray(*ink) });
                ops.push(Op::SetOutlineThickness { pt: Pt((width / MM_PER_POINT) as f32) });
                ops.push(outline(path, PaintMode::Stroke));
            }
            Shape::Picture(..) => {}
        }
    }
    ops.push(Op::StartTextSection);
    for text in &drawing.texts {
        ops.push(Op::SetFillColor { col: gray(text.ink) });
        let (x, y) = (text.x / MM_PER_POINT, HEIGHT_PT - text.y / MM_PER_POINT);
        write(&mut ops, x, y, text.size_pt, text.text.clone());
    }
    ops.push(Op::EndTextSection);
    ops
}

fn write(ops: &mut Vec<Op>, x: f64, y: f64, size: f64, text: String) {
    let font = PdfFontHandle::Builtin(BuiltinFont::Helvetica);
    ops.push(Op::SetFont { font, size: Pt(size as f32) });
    ops.push(Op::SetTextMatrix { matrix: TextMatrix::Translate(Pt(x as f32), Pt(y as f32)) });
    ops.push(Op::ShowText { items: vec![TextItem::Text(text)] });
}

fn point(x: f64, y: f64, bezier: bool) -> LinePoint {
    LinePoint { p: Point { x: Pt(x as f32), y: Pt(y as f32) }, bezier }
}

fn outline(path: &Path, mode: PaintMode) -> Op {
    let (steps, closed) = steps(path);
    let points: Vec<LinePoint> = steps
        .into_iter()
        .flat_map(|step| match step {
            Step::Move(x, y) | Step::Line(x, y) => vec![point(x, y, false)],
            Step::Curve([a, b, c, d, e, f]) => vec![point(a, b, true), point(c, d, true), point(e, f, false)],
        })
        .collect();
    if closed {
        let rings = vec![PolygonRing { points }];
        Op::DrawPolygon { polygon: Polygon { rings, mode, winding_order: WindingOrder::NonZero } }
    } else {
        Op::DrawLine { line: Line { points, is_closed: false } }
    }
}

fn gray(ink: Ink) -> Color {
    Color::Greyscale(Greyscale::new(ink.0[0], None))
}
