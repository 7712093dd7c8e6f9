//! The pen: shapes, and texts that know their width, collected into a [`Drawing`].

use crate::print::fit::{self, Fitted};
use crate::print::logo::Logo;
use crate::print::typeface::Style;
use crate::sheet::block::Measures;
use crate::sheet::frame::Area;
use crate::sheet::layout::LayoutContent;
use crate::sheet::{Frame, LayoutPage, PageFormat, TextSize};
use crate::units::MM_PER_POINT;

/// Red, green and blue (sRGB): 0 is solid ink, 1 is paper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ink(pub [f32; 3]);

impl Ink {
    pub const SOLID: Ink = Ink::gray(0.0);
    pub const TEXT: Ink = Ink::gray(0.1);
    /// Captions and labels.
    pub const QUIET: Ink = Ink::gray(0.4);
    /// Outlines of bubbles: seen by a person, little to a reader.
    pub const OUTLINE: Ink = Ink::gray(0.5);
    /// Letters in bubbles.
    pub const LETTER: Ink = Ink::gray(0.6);
    pub const HAIRLINE: Ink = Ink::gray(0.65);
    pub const PAPER: Ink = Ink::gray(1.0);

    pub const fn gray(lightness: f32) -> Self {
        Ink([lightness; 3])
    }

    pub const fn rgb(r: u8, g: u8, b: u8) -> Self {
        Ink([r as f32 / 255.0, g as f32 / 255.0, b as f32 / 255.0])
    }

    /// The lightness of what is gray.
    pub fn lightness(self) -> Option<f32> {
        let [r, g, b] = self.0;
        (r == g && g == b).then_some(r)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Path {
    Rect(Area),
    Ellipse { x: f64, y: f64, rx: f64, ry: f64 },
    Line(Vec<(f64, f64)>),
    Polygon(Vec<(f64, f64)>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    Fill(Path, Ink),
    /// With a line of this width, in millimetres.
    Stroke(Path, Ink, f64),
    Picture(Area, Logo),
}

/// x is where the text begins, y its baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    pub x: f64,
    pub y: f64,
    pub size_pt: f64,
    pub style: Style,
    pub ink: Ink,
    pub condense: f64,
    pub text: String,
}

impl Text {
    /// Around its capitals, in millimetres.
    pub fn area(&self) -> Area {
        let w = fit::width_mm(self.style.face(), self.size_pt, &self.text) * self.condense;
        let h = self.style.face().cap_height() * self.size_pt * MM_PER_POINT;
        Area::new(self.x, self.y - h, w, h)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Center,
    Right,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawing {
    pub shapes: Vec<Shape>,
    pub texts: Vec<Text>,
}

pub struct Pen {
    pub drawing: Drawing,
    pub frame: Frame,
    pub text: TextSize,
    pub measures: Measures,
    /// Where hairlines are interrupted.
    clear: Vec<Area>,
}

/// Between anything printed and what registers the page.
pub const CLEARANCE: f64 = 1.0;
const HAIRLINE_MM: f64 = 0.15;

impl Pen {
    pub fn new(content: &LayoutContent) -> Self {
        Pen::on(content.format, content.text)
    }

    pub fn on(format: PageFormat, text: TextSize) -> Self {
        // Only what does not depend on the distance between rows is used of the measures.
        let measures = Measures::new(text, 6.2);
        Pen { drawing: Drawing::default(), frame: Frame::of(format), text, measures, clear: Vec::new() }
    }

    /// Notes what lines must stay away from.
    pub fn keep_clear(&mut self, page: &LayoutPage) {
        let around = |x: f64, y: f64, size: f64| {
            let half = size / 2.0 + CLEARANCE;
            Area::new(x - half, y - half, 2.0 * half, 2.0 * half)
        };
        self.clear = page.anchors.iter().map(|a| around(a.x, a.y, a.size)).collect();
        self.clear.extend(page.fiducials.iter().map(|f| around(f.x, f.y, f.size)));
    }

    /// A length that grows with the text: given at normal size.
    pub fn scaled(&self, at_normal: f64) -> f64 {
        at_normal * self.text.points() / TextSize::Normal.points()
    }

    pub fn fill(&mut self, path: Path, ink: Ink) {
        self.drawing.shapes.push(Shape::Fill(path, ink));
    }

    pub fn stroke(&mut self, path: Path, ink: Ink, width_mm: f64) {
        self.drawing.shapes.push(Shape::Stroke(path, ink, width_mm));
    }

    pub fn disc(&mut self, x: f64, y: f64, r: f64, ink: Ink) {
        self.fill(Path::Ellipse { x, y, rx: r, ry: r }, ink);
    }

    /// A thin level line, with gaps where it would come too near to a mark.
    pub fn level(&mut self, x0: f64, x1: f64, y: f64, ink: Ink) {
        let gaps = self.gaps(|a| (a.y < y && y < a.bottom()).then_some((a.x, a.right())));
        for (a, b) in without(x0, x1, gaps) {
            self.stroke(Path::Line(vec![(a, y), (b, y)]), ink, HAIRLINE_MM);
        }
    }

    /// The same, upright.
    pub fn plumb(&mut self, x: f64, y0: f64, y1: f64, ink: Ink) {
        let gaps = self.gaps(|a| (a.x < x && x < a.right()).then_some((a.y, a.bottom())));
        for (a, b) in without(y0, y1, gaps) {
            self.stroke(Path::Line(vec![(x, a), (x, b)]), ink, HAIRLINE_MM);
        }
    }

    pub fn outline(&mut self, area: &Area, ink: Ink) {
        self.level(area.x, area.right(), area.y, ink);
        self.level(area.x, area.right(), area.bottom(), ink);
        self.plumb(area.x, area.y, area.bottom(), ink);
        self.plumb(area.right(), area.y, area.bottom(), ink);
    }

    fn gaps(&self, on_line: impl Fn(&Area) -> Option<(f64, f64)>) -> Vec<(f64, f64)> {
        self.clear.iter().filter_map(on_line).collect()
    }

    /// A text at a baseline. `room_mm` is never exceeded.
    #[expect(clippy::too_many_arguments, reason = "each is one thing that a text has")]
    pub fn write(
        &mut self,
        style: Style,
        size_pt: f64,
        ink: Ink,
        align: Align,
        x: f64,
        y: f64,
        room_mm: f64,
        text: &str,
    ) {
        let Fitted { text, condense } = fit::line(style.face(), size_pt, room_mm, text);
        let width = fit::width_mm(style.face(), size_pt, &text) * condense;
        let x = match align {
            Align::Left => x,
            Align::Center => x - width / 2.0,
            Align::Right => x - width,
        };
        if !text.is_empty() {
            self.drawing.texts.push(Text { x, y, size_pt, style, ink, condense, text });
        }
    }

    /// A text whose capitals are centred on a place, made smaller until it fits.
    #[expect(clippy::too_many_arguments, reason = "each is one thing that a text has")]
    pub fn centred(&mut self, style: Style, largest_pt: f64, ink: Ink, x: f64, y: f64, room_mm: f64, text: &str) {
        let at_largest = fit::width_mm(style.face(), largest_pt, text);
        let size_pt = if at_largest > room_mm { largest_pt * room_mm / at_largest } else { largest_pt };
        let baseline = y + cap_mm(style, size_pt) / 2.0;
        self.write(style, size_pt, ink, Align::Center, x, baseline, room_mm + 0.01, text);
    }
}

pub fn cap_mm(style: Style, size_pt: f64) -> f64 {
    style.face().cap_height() * size_pt * MM_PER_POINT
}

/// What is left of a stretch when gaps are taken out of it.
fn without(from: f64, to: f64, mut gaps: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    gaps.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut left = Vec::new();
    let mut at = from;
    for (a, b) in gaps {
        if a > at {
            left.push((at, a.min(to)));
        }
        at = at.max(b);
        if at >= to {
            break;
        }
    }
    left.push((at, to));
    // A crumb of a line between two gaps looks like dirt.
    left.retain(|(a, b)| b - a > 0.8);
    left
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn gaps_are_taken_out_of_a_line() {
        assert_eq!(without(0.0, 10.0, vec![(4.0, 5.0), (-1.0, 1.0)]), [(1.0, 4.0), (5.0, 10.0)]);
        assert_eq!(without(0.0, 10.0, vec![(0.5, 20.0)]), []);
        assert_eq!(without(0.0, 10.0, vec![(12.0, 20.0)]), [(0.0, 10.0)]);
    }
}
