//! A template drawn over a picture, for the person who adjusts it: where each bubble should be, where it was found, and
//! what was read there.

use super::canvas::*;
use super::words::{self, count, number};
use crate::raster::draw::{Ellipse, Pen};
use crate::raster::text::Anchor;
use crate::raster::{Gray, Rgb};
use crate::read::template::{By, Placed, Template, TemplateReading};
use crate::read::warp::Warp;
use crate::units::{Homography, Mm, Point, Px};

const HEIGHT_PX: usize = 2400;
const ENLARGE: f64 = 3.0;
/// Around the page, as a share of its size.
const RIM: f64 = 0.06;

/// The page and a rim around it, or the whole picture where nothing was laid.
pub fn draw(seen: &Seen<'_>, template: &Template, read: &TemplateReading) -> Rgb {
    let Some((map, by)) = read.laid else { return drawn(seen, template, read) };
    let corners = [(0.0, 0.0), (template.width, 0.0), (template.width, template.height), (0.0, template.height)];
    let corners = corners.map(|(x, y)| map.apply(Point::new(x, y)));
    let span = |get: fn(&Point<Px>) -> f64, size: usize| {
        let (low, high) = corners.iter().map(get).fold((f64::MAX, f64::MIN), |s, v| (s.0.min(v), s.1.max(v)));
        let rim = RIM * (high - low).max(0.0);
        let (from, to) = ((low - rim).max(0.0) as usize, ((high + rim).max(0.0) as usize).min(size));
        // A page that lies beyond its picture is shown where the picture is.
        if from + 32 < to { (from, to) } else { (0, size) }
    };
    let ((x0, x1), (y0, y1)) = (span(|p| p.x, seen.picture.width), span(|p| p.y, seen.picture.height));
    let mut part = Gray::new(x1 - x0, y1 - y0, 0);
    for y in y0..y1 {
        part.row_mut(y - y0).copy_from_slice(&seen.picture.row(y)[x0..x1]);
    }
    let (dx, dy) = (x0 as f64, y0 as f64);
    let shift: Homography<Px, Px> = Homography::new([1.0, 0.0, -dx, 0.0, 1.0, -dy, 0.0, 0.0, 1.0]);
    let mut read = read.clone();
    let map = map.then(&shift);
    read.laid = Some((map, by));
    for bubble in read.placed.iter_mut().flat_map(|p| &mut p.fields).flatten() {
        bubble.centre = Point::new(bubble.centre.x - dx, bubble.centre.y - dy);
    }
    let warp = Warp::new(map);
    drawn(&Seen { picture: &part, warp: Some(&warp), ..*seen }, template, &read)
}

fn drawn(seen: &Seen<'_>, template: &Template, read: &TemplateReading) -> Rgb {
    let mut canvas = Canvas::new(seen, HEIGHT_PX, ENLARGE, 0.35, 3);
    if let Some((map, by)) = read.laid {
        outline(&mut canvas, template, &map, by);
        expected(&mut canvas, template, &map, read.placed.is_none());
        if let Some(placed) = &read.placed {
            found(&mut canvas, seen, template, placed);
            shifts(&mut canvas, template, &map, placed);
        }
    }
    canvas.legend(
        0,
        &[
            (Symbol::Box, BLUE, "a página, e o topo do modelo"),
            (Symbol::Ring, GRAY, "bolha onde o modelo a põe"),
            (Symbol::Arrow, VIOLET, "deslocamento do bloco até onde foi achado"),
        ],
    );
    canvas.legend(
        1,
        &[
            (Symbol::Ring, GREEN, "bolha achada, marcada"),
            (Symbol::Ring, BLUE, "achada, vazia"),
            (Symbol::Ring, AMBER, "achada, em dúvida"),
        ],
    );
    let said = match read.laid {
        Some((_, by)) if read.placed.is_some() => format!("registro: {}", words::registered_by(by)),
        Some((_, by)) => format!("não reconhecida; em vermelho, o mais perto que chegou: {}", words::registered_by(by)),
        None => "não reconhecida: nada em que apoiar o modelo foi achado".to_owned(),
    };
    let color = if read.placed.is_some() { INK } else { RED };
    let (x, y) = (canvas.text * 0.8, canvas.below(2));
    canvas.write(&said, x, y, Anchor::Left, canvas.text * 0.9, color);
    canvas.rgb
}

/// One line for each block: how far it was found from where the template has it, in the template's units.
pub fn displacements(template: &Template, map: &Homography<Mm, Px>, placed: &Placed) -> Vec<String> {
    let Some(back) = map.inverse() else { return Vec::new() };
    let line = |(name, bubbles): (&str, Vec<Pair>)| {
        let n = bubbles.len().max(1) as f64;
        let sum = bubbles.iter().fold((0.0, 0.0), |s, (expected, at)| {
            let at = back.apply(*at);
            (s.0 + at.x - expected.x, s.1 + at.y - expected.y)
        });
        let signed = |v: f64| format!("{}{}", if v < 0.0 { "" } else { "+" }, number(v, 1));
        let bubbles = count(bubbles.len(), "bolha", "bolhas");
        format!("{name}: {bubbles}, deslocamento x {} y {}", signed(sum.0 / n), signed(sum.1 / n))
    };
    blocks(template, placed).map(line).collect()
}

/// Where a bubble was expected, and where it was found.
type Pair = (Point<Mm>, Point<Px>);

/// Each block's bubbles: where the template has them, and where they were found.
fn blocks<'a>(template: &'a Template, placed: &'a Placed) -> impl Iterator<Item = (&'a str, Vec<Pair>)> {
    let mut found: Vec<Vec<Pair>> = vec![Vec::new(); template.blocks.len()];
    for (output, bubbles) in template.outputs.iter().zip(&placed.fields) {
        let parts = output.parts().iter().map(|&i| &template.fields[i]);
        let expected = parts.flat_map(|f| f.bubbles.iter().map(|b| (f.block, b.centre)));
        for ((block, centre), at) in expected.zip(bubbles) {
            found[block].push((centre, at.centre));
        }
    }
    template.blocks.iter().map(|b| b.name.as_str()).zip(found)
}

fn outline(canvas: &mut Canvas, template: &Template, map: &Homography<Mm, Px>, by: By) {
    let (w, h) = (template.width, template.height);
    let at = |x: f64, y: f64| canvas.view.place(map.apply(Point::new(x, y)));
    let corners = [at(0.0, 0.0), at(w, 0.0), at(w, h), at(0.0, h)];
    let top = at(w / 2.0, 0.0);
    canvas.rgb.polygon(&corners, Pen::new(BLUE, 3.0));
    if by == By::Markers {
        for corner in corners {
            canvas.cross(corner, canvas.text, Pen::new(BLUE, 3.0));
        }
    }
    let y = (top.y - canvas.text).max(canvas.header as f64 + canvas.text);
    canvas.badge("topo", top.x, y, canvas.text, BLUE);
}

fn expected(canvas: &mut Canvas, template: &Template, map: &Homography<Mm, Px>, alone: bool) {
    let pen = if alone { Pen::new(RED, 2.0) } else { Pen::new(GRAY, 1.2).alpha(0.6) };
    for block in &template.blocks {
        for bubble in template.bubbles(block) {
            let at =
                |dx: f64, dy: f64| canvas.view.place(map.apply(Point::new(bubble.centre.x + dx, bubble.centre.y + dy)));
            let (centre, right, below) = (at(0.0, 0.0), at(block.rx, 0.0), at(0.0, block.ry));
            let axis = |p: Point<Px>| (p.x - centre.x, p.y - centre.y);
            canvas.rgb.ring(Ellipse { centre, a: axis(right), b: axis(below) }, pen);
        }
    }
}

fn found(canvas: &mut Canvas, seen: &Seen<'_>, template: &Template, placed: &Placed) {
    use crate::read::result::MarkState;
    for ((output, bubbles), reading) in template.outputs.iter().zip(&placed.fields).zip(&seen.reading.fields) {
        let lines = output.parts().iter().map(|&i| &template.fields[i]);
        let mut rest = bubbles.iter().zip(&reading.marks);
        for line in lines {
            let mut first = None;
            for (bubble, mark) in rest.by_ref().take(line.bubbles.len()) {
                let at = canvas.view.place(bubble.centre);
                let end = |(dx, dy): (f64, f64)| {
                    let p = canvas.view.place(Point::new(bubble.centre.x + dx, bubble.centre.y + dy));
                    (p.x - at.x, p.y - at.y)
                };
                let (a, b) = (end(bubble.along_x), end(bubble.along_y));
                let color = match mark.state {
                    MarkState::Empty => BLUE,
                    MarkState::Filled => GREEN,
                    _ => AMBER,
                };
                canvas.rgb.ring(Ellipse { centre: at, a, b }, Pen::new(color, 1.8));
                let size = (1.1 * b.0.hypot(b.1).min(a.0.hypot(a.1))).clamp(7.0, 14.0);
                let label = canvas.font.fitted(&mark.label, size, 6.0 * size);
                canvas.note(&label, at.x, at.y + 0.35 * size, size, color);
                first.get_or_insert((at, a.0.hypot(a.1), size));
            }
            // The line's name stands to the left of its first bubble.
            if let Some((at, half, size)) = first {
                let name = canvas.font.fitted(&line.id, size, 12.0 * size);
                canvas.write(&name, at.x - half - 0.4 * size, at.y - 0.4 * half, Anchor::Right, size, VIOLET);
            }
        }
    }
}

fn shifts(canvas: &mut Canvas, template: &Template, map: &Homography<Mm, Px>, placed: &Placed) {
    let size = canvas.text * 0.8;
    for (name, bubbles) in blocks(template, placed) {
        let Some((expected, at)) = bubbles.first() else { continue };
        let (from, to) = (canvas.view.place(map.apply(*expected)), canvas.view.place(*at));
        if from.distance(&to) > 1.5 {
            canvas.rgb.arrow(from, to, Pen::new(VIOLET, 2.5));
        }
        // No wider than its block, so that neighbours' names stay apart.
        let right = bubbles.iter().map(|b| canvas.view.place(b.1).x).fold(to.x, f64::max);
        let left = bubbles.iter().map(|b| canvas.view.place(b.1).x).fold(to.x, f64::min);
        let name = canvas.font.fitted(name, size, (right - left).max(2.0 * size));
        canvas.badge(&name, (left + right) / 2.0, to.y - 2.2 * size, size, VIOLET);
    }
}
