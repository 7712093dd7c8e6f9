//! krilla: the static layer as a `Graphic`, drawn on every page.

use crate::sheet::{HEIGHT_PT, Sheet, Step, WIDTH_PT, steps};
use gabarito::print::draw::{Drawing, Ink, Shape};
use gabarito::print::typeface::Style;
use gabarito::units::MM_PER_POINT;
use krilla::Document;
use krilla::color::luma;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::graphic::Graphic;
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};

pub fn print(sheet: &Sheet, students: usize) -> Vec<u8> {
    let fonts = Style::ALL.map(|s| Font::new(s.face().data().into(), 0).expect("our own font is sound"));
    let size = PageSettings::from_wh(WIDTH_PT as f32, HEIGHT_PT as f32).expect("a page has a size");
    let mut document = Document::new();
    let mut base: Option<Graphic> = None;
    for i in 0..students {
        let mut page = document.start_page_with(size.clone());
        let mut surface = page.surface();
        let base = base.get_or_insert_with(|| {
            let mut builder = surface.stream_builder();
            let mut layer = builder.surface();
            draw(&mut layer, &sheet.drawing, &fonts);
            layer.finish();
            Graphic::new(builder.finish(), false)
        });
        surface.draw_graphic(base.clone());
        let stamp = sheet.stamp(i);
        surface.set_stroke(None);
        surface.set_fill(Some(fill(Ink::SOLID)));
        for (x, y, size, text) in &stamp.texts {
            write(&mut surface, *x, *y, *size, text, &fonts[0]);
        }
        let mut path = PathBuilder::new();
        for [x, y, w, h] in stamp.modules {
            let rectangle = Rect::from_xywh(x as f32, (HEIGHT_PT - y - h) as f32, w as f32, h as f32);
            path.push_rect(rectangle.expect("a run has a size"));
        }
        surface.draw_path(&path.finish().expect("a code has modules"));
        surface.finish();
        page.finish();
    }
    document.finish().expect("a sound document")
}

fn draw(layer: &mut Surface, drawing: &Drawing, fonts: &[Font; 3]) {
    for shape in &drawing.shapes {
        let (path, width) = match shape {
            Shape::Fill(path, ink) => {
                layer.set_fill(Some(fill(*ink)));
                layer.set_stroke(None);
                (path, None)
            }
            Shape::Stroke(path, ink, width) => {
                layer.set_fill(None);
                (path, Some((*ink, *width)))
            }
            Shape::Picture(..) => continue,
        };
        if let Some((ink, width)) = width {
            let width = (width / MM_PER_POINT) as f32;
            layer.set_stroke(Some(Stroke { paint: gray(ink).into(), width, ..Stroke::default() }));
        }
        if let Some(path) = outline(path) {
            layer.draw_path(&path);
        }
    }
    layer.set_stroke(None);
    for text in &drawing.texts {
        layer.set_fill(Some(fill(text.ink)));
        let (x, y) = (text.x / MM_PER_POINT, HEIGHT_PT - text.y / MM_PER_POINT);
        write(layer, x, y, text.size_pt, &text.text, &fonts[text.style as usize]);
    }
}

fn write(surface: &mut Surface, x: f64, y: f64, size: f64, text: &str, font: &Font) {
    let at = Point::from_xy(x as f32, (HEIGHT_PT - y) as f32);
    surface.draw_text(at, font.clone(), size as f32, text, false, TextDirection::Auto);
}

fn outline(path: &gabarito::print::draw::Path) -> Option<Path> {
    let (steps, closed) = steps(path);
    let mut out = PathBuilder::new();
    let down = |y: f64| (HEIGHT_PT - y) as f32;
    for step in steps {
        match step {
            Step::Move(x, y) => out.move_to(x as f32, down(y)),
            Step::Line(x, y) => out.line_to(x as f32, down(y)),
            Step::Curve([a, b, c, d, e, f]) => {
                out.cubic_to(a as f32, down(b), c as f32, down(d), e as f32, down(f));
            }
        }
    }
    if closed {
        out.close();
    }
    out.finish()
}

fn gray(ink: Ink) -> luma::Color {
    luma::Color::new((ink.0[0] * 255.0).round() as u8)
}

fn fill(ink: Ink) -> Fill {
    Fill { paint: gray(ink).into(), ..Fill::default() }
}
