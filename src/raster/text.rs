//! Text on a colour picture: outlines of a TrueType font (ttf-parser), filled by coverage (ab_glyph_rasterizer).

use super::rgb::{Color, Rgb};
use crate::units::{Point, Px};
use ab_glyph_rasterizer::{Point as At, Rasterizer, point};
use ttf_parser::{Face, FaceParsingError, GlyphId, OutlineBuilder};

pub struct Font<'a> {
    face: Face<'a>,
}

/// Where a text stands in relation to its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Left,
    Middle,
    Right,
}

/// No glyph is drawn larger, whatever a caller computes.
const MAX_SIZE_PX: f64 = 400.0;

impl<'a> Font<'a> {
    pub fn new(truetype: &'a [u8]) -> Result<Self, FaceParsingError> {
        Ok(Font { face: Face::parse(truetype, 0)? })
    }

    fn glyphs(&self, text: &str, size_px: f64) -> impl Iterator<Item = (GlyphId, f64)> {
        let scale = size_px / f64::from(self.face.units_per_em());
        text.chars().map(move |c| {
            let id = self.face.glyph_index(c).unwrap_or(GlyphId(0));
            (id, f64::from(self.face.glyph_hor_advance(id).unwrap_or(0)) * scale)
        })
    }

    pub fn width_px(&self, text: &str, size_px: f64) -> f64 {
        self.glyphs(text, size_px).map(|(_, advance)| advance).sum()
    }

    /// The text itself, or its beginning and “…” where it is wider than `width_px`.
    pub fn fitted(&self, text: &str, size_px: f64, width_px: f64) -> String {
        if self.width_px(text, size_px) <= width_px {
            return text.to_owned();
        }
        let room = width_px - self.width_px("…", size_px);
        let mut used = 0.0;
        let kept = self.glyphs(text, size_px).take_while(|(_, advance)| {
            used += advance;
            used <= room
        });
        let n = kept.count();
        text.chars().take(n).chain(['…']).collect()
    }

    /// `at` is on the baseline. Returns where the text ends.
    pub fn draw(&self, on: &mut Rgb, text: &str, at: Point<Px>, anchor: Anchor, size_px: f64, color: Color) -> f64 {
        let size_px = size_px.min(MAX_SIZE_PX);
        let width = self.width_px(text, size_px);
        let mut x = match anchor {
            Anchor::Left => at.x,
            Anchor::Middle => at.x - width / 2.0,
            Anchor::Right => at.x - width,
        };
        if !(x.is_finite() && at.y.is_finite() && size_px > 0.0) {
            return x;
        }
        for (id, advance) in self.glyphs(text, size_px) {
            if x > -size_px && x < on.width as f64 {
                self.draw_glyph(on, id, (x, at.y), size_px, color);
            }
            x += advance;
        }
        x
    }

    fn draw_glyph(&self, on: &mut Rgb, id: GlyphId, origin: (f64, f64), size_px: f64, color: Color) {
        let scale = size_px / f64::from(self.face.units_per_em());
        let Some(b) = self.face.glyph_bounding_box(id) else { return };
        let left = (origin.0 + f64::from(b.x_min) * scale).floor() - 1.0;
        let top = (origin.1 - f64::from(b.y_max) * scale).floor() - 1.0;
        let side = |units: i32| ((f64::from(units) * scale).ceil() as usize + 3).min(2 * MAX_SIZE_PX as usize);
        let width = side(i32::from(b.x_max) - i32::from(b.x_min));
        let height = side(i32::from(b.y_max) - i32::from(b.y_min));
        let mut pen = Outline {
            raster: Rasterizer::new(width, height),
            scale: scale as f32,
            origin: ((origin.0 - left) as f32, (origin.1 - top) as f32),
            start: point(0.0, 0.0),
            last: point(0.0, 0.0),
        };
        self.face.outline_glyph(id, &mut pen);
        pen.raster.for_each_pixel_2d(|x, y, alpha| {
            let (px, py) = (left + f64::from(x), top + f64::from(y));
            if alpha > 0.0 && px >= 0.0 && py >= 0.0 {
                on.blend(px as usize, py as usize, color, f64::from(alpha));
            }
        });
    }
}

struct Outline {
    raster: Rasterizer,
    scale: f32,
    origin: (f32, f32),
    start: At,
    last: At,
}

impl Outline {
    fn at(&self, x: f32, y: f32) -> At {
        point(self.origin.0 + x * self.scale, self.origin.1 - y * self.scale)
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.last = self.at(x, y);
        self.start = self.last;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.at(x, y);
        self.raster.draw_line(self.last, to);
        self.last = to;
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (by, to) = (self.at(x1, y1), self.at(x, y));
        self.raster.draw_quad(self.last, by, to);
        self.last = to;
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (by1, by2, to) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.raster.draw_cubic(self.last, by1, by2, to);
        self.last = to;
    }

    fn close(&mut self) {
        self.raster.draw_line(self.last, self.start);
        self.last = self.start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLEX: &[u8] = include_bytes!("../print/fonts/IBMPlexSans-Regular.ttf");

    fn ink(text: &str) -> u64 {
        let mut p = Rgb::new(120, 40, [255; 3]);
        Font::new(PLEX).unwrap().draw(&mut p, text, Point::new(4.0, 28.0), Anchor::Left, 24.0, [0; 3]);
        p.data.iter().map(|&v| u64::from(255 - v)).sum()
    }

    #[test]
    fn accents_add_ink_and_blanks_do_not() {
        assert!(ink("ção") > ink("cao") && ink("cao") > 0);
        assert_eq!(ink("   "), 0);
    }

    #[test]
    fn a_text_is_cut_to_its_width() {
        let font = Font::new(PLEX).unwrap();
        assert_eq!(font.fitted("folha", 12.0, 400.0), "folha");
        let cut = font.fitted("a folha não é deste sistema", 12.0, 60.0);
        assert!(cut.ends_with('…') && font.width_px(&cut, 12.0) <= 60.0, "{cut}");
    }

    #[test]
    fn text_outside_the_picture_is_no_harm() {
        let font = Font::new(PLEX).unwrap();
        let mut p = Rgb::new(10, 10, [255; 3]);
        for (x, y, size) in
            [(f64::NAN, 1.0, 9.0), (-1e9, 5.0, 9.0), (5.0, 1e12, 9.0), (5.0, 5.0, 1e9), (5.0, 5.0, -3.0)]
        {
            font.draw(&mut p, "Ág", Point::new(x, y), Anchor::Middle, size, [0; 3]);
        }
    }
}
