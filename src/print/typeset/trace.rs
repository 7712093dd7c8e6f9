//! typst's frames to pieces: a walk that gathers every glyph, line and picture with its place.

use crate::print::booklet::piece::{Affine, Drawn, Glyph, Piece, Run, Segment, What};
use crate::print::typeface::BOOK;
use typst::foundations::Value;
use typst::introspection::{MetadataElem, Tag};
use typst::layout::{Abs, Frame, FrameItem, Point, Transform};
use typst::text::TextItem;
use typst::visualize::{Curve, CurveItem, FillRule, Geometry, LineCap, Paint, Shape};
use typst_layout::PagedDocument;

pub fn pieces(document: &PagedDocument) -> Vec<Piece> {
    document.pages().iter().map(|page| piece(&page.frame)).collect()
}

fn piece(frame: &Frame) -> Piece {
    let mut piece = Piece { width: frame.width().to_pt(), height: frame.height().to_pt(), ..Piece::default() };
    walk(frame, Affine::moved(0.0, 0.0), &mut piece);
    piece
}

fn walk(frame: &Frame, at: Affine, piece: &mut Piece) {
    for (position, item) in frame.items() {
        let here = at.after(&moved(*position));
        match item {
            FrameItem::Group(group) => walk(&group.frame, here.after(&affine(&group.transform)), piece),
            FrameItem::Text(text) => piece.drawn.extend(run(text, here)),
            FrameItem::Shape(shape, _) => self::shape(shape, here, &mut piece.drawn),
            FrameItem::Tag(Tag::Start(content, _)) => match content.to_packed::<MetadataElem>().map(|m| &m.value) {
                Some(Value::Str(_)) => piece.baseline = piece.baseline.or(Some(here.f)),
                Some(note) => piece.drawn.extend(picture(note, here)),
                None => {}
            },
            FrameItem::Image(..) | FrameItem::Link(..) | FrameItem::Tag(_) => {}
        }
    }
}

fn moved(by: Point) -> Affine {
    Affine::moved(by.x.to_pt(), by.y.to_pt())
}

fn affine(t: &Transform) -> Affine {
    Affine { a: t.sx.get(), b: t.ky.get(), c: t.kx.get(), d: t.sy.get(), e: t.tx.to_pt(), f: t.ty.to_pt() }
}

fn lightness(paint: &Paint) -> f64 {
    match paint {
        Paint::Solid(color) => {
            let rgb = color.to_rgb();
            f64::from(0.2126 * rgb.red + 0.7152 * rgb.green + 0.0722 * rgb.blue)
        }
        Paint::Gradient(_) | Paint::Tiling(_) => 0.0,
    }
}

/// The heights between which a box reaches.
fn reach(at: &Affine, corners: [(f64, f64); 2]) -> (f64, f64) {
    let [(x0, y0), (x1, y1)] = corners;
    let heights = [(x0, y0), (x1, y0), (x0, y1), (x1, y1)].map(|(x, y)| at.at(x, y).1);
    (heights.iter().copied().fold(f64::MAX, f64::min), heights.iter().copied().fold(f64::MIN, f64::max))
}

fn run(text: &TextItem, at: Affine) -> Option<Drawn> {
    let data = text.font.font().data().as_slice();
    let font = BOOK.iter().position(|face| std::ptr::eq(face.data(), data))?;
    let mut before = None;
    let glyphs = text.glyphs.iter().map(|g| {
        let chars = g.range();
        let repeated = before.replace(chars.start) == Some(chars.start);
        Glyph {
            id: g.id,
            advance: g.x_advance.get(),
            dx: g.x_offset.get(),
            dy: g.y_offset.get(),
            chars: if repeated { chars.end..chars.end } else { chars },
        }
    });
    let (size, metrics) = (text.size.to_pt(), text.font.metrics());
    let (up, down) = (metrics.ascender.get() * size, metrics.descender.get() * size);
    let run = Run { font, size, glyphs: glyphs.collect(), text: text.text.to_string() };
    let reach = reach(&at, [(0.0, -up), (0.0, -down)]);
    Some(Drawn { at, what: What::Text { run, lightness: lightness(&text.fill) }, reach })
}

fn shape(shape: &Shape, at: Affine, drawn: &mut Vec<Drawn>) {
    let path = match &shape.geometry {
        Geometry::Line(to) => vec![Segment::Move(0.0, 0.0), Segment::Line(to.x.to_pt(), to.y.to_pt())],
        Geometry::Rect(size) => {
            let (w, h) = (size.x.to_pt(), size.y.to_pt());
            let corners = [Segment::Line(w, 0.0), Segment::Line(w, h), Segment::Line(0.0, h), Segment::Close];
            std::iter::once(Segment::Move(0.0, 0.0)).chain(corners).collect()
        }
        Geometry::Curve(curve) => segments(curve),
    };
    let bounds = shape.bbox(false);
    let corner = |p: Point| (p.x.to_pt(), p.y.to_pt());
    let reach = reach(&at, [corner(bounds.min), corner(bounds.max)]);
    if let Some(fill) = &shape.fill {
        let (even_odd, lightness) = (shape.fill_rule == FillRule::EvenOdd, lightness(fill));
        drawn.push(Drawn { at, what: What::Fill { path: path.clone(), even_odd, lightness }, reach });
    }
    if let Some(stroke) = &shape.stroke {
        let dash = stroke.dash.iter().flat_map(|d| d.array.iter().map(|a: &Abs| a.to_pt())).collect();
        let (width, round) = (stroke.thickness.to_pt(), stroke.cap == LineCap::Round);
        drawn.push(Drawn {
            at,
            what: What::Stroke { path, width, dash, round, lightness: lightness(&stroke.paint) },
            reach,
        });
    }
}

fn segments(curve: &Curve) -> Vec<Segment> {
    let segment = |item: &CurveItem| match item {
        CurveItem::Move(p) => Segment::Move(p.x.to_pt(), p.y.to_pt()),
        CurveItem::Line(p) => Segment::Line(p.x.to_pt(), p.y.to_pt()),
        CurveItem::Cubic(a, b, c) => {
            Segment::Cubic([a.x.to_pt(), a.y.to_pt(), b.x.to_pt(), b.y.to_pt(), c.x.to_pt(), c.y.to_pt()])
        }
        CurveItem::Close => Segment::Close,
    };
    curve.0.iter().map(segment).collect()
}

/// The template leaves a box with a note in it where a picture goes, and a word where a paragraph begins.
fn picture(note: &Value, at: Affine) -> Option<Drawn> {
    let Value::Dict(note) = note else { return None };
    let number = |key| match note.get(key) {
        Ok(Value::Int(n)) => Some(*n as f64),
        Ok(Value::Float(n)) => Some(*n),
        _ => None,
    };
    let (index, width, height) = (number("picture")? as usize, number("width")?, number("height")?);
    Some(Drawn { at, what: What::Picture { index, width, height }, reach: reach(&at, [(0.0, 0.0), (width, height)]) })
}
