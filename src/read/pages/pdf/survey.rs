//! What a page really draws: the pictures with their places, and whether anything else can be seen.
//!
//! hayro's interpreter walks the page with nested forms, clips and annotations; nothing is painted here.

use super::super::contain::give_up;
use super::super::error::PageError;
use super::super::jpeg::UNKNOWN;
use super::super::luma;
use super::claims;
use crate::limits::Limits;
use hayro_interpret::font::GlyphRun;
use hayro_interpret::kurbo::{Affine, BezPath, PathEl, Point, Rect, Shape};
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, Paint, SoftMask, interpret_page,
};
use hayro_syntax::object::ObjectIdentifier;
use hayro_syntax::page::Page;

/// A picture on the page, whose places are in points, upright, y down.
#[derive(Clone, Debug)]
pub struct Placed {
    /// None for one that is written into the page's content.
    pub id: Option<ObjectIdentifier>,
    pub width: u32,
    pub height: u32,
    /// From pixels to the page.
    pub to_page: Affine,
    /// All of it, and what the clips leave of it.
    pub whole: Rect,
    pub visible: Rect,
    /// Luma of the paint that a stencil (ImageMask) is painted with.
    pub stencil: Option<u8>,
    /// Drawn opaque, through rectangular clips only.
    pub plain: bool,
}

#[derive(Debug)]
pub struct Survey {
    /// The page's size in points.
    pub page: Rect,
    pub pictures: Vec<Placed>,
    /// Where something other than a picture and other than white was drawn before the first picture.
    pub below: Vec<Rect>,
    /// Something other than a picture may be seen on or beside the pictures.
    pub drawn_over: bool,
}

pub fn survey(page: &Page<'_>, limits: &Limits) -> Survey {
    let (width, height) = page.render_dimensions();
    let page_box = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let to_page = Affine::new(page.initial_transform(true).as_coeffs());
    let cache = InterpreterCache::new();
    let settings = InterpreterSettings::default();
    let mut context = Context::new(to_page, page_box, &cache, page.xref(), settings);
    let mut device = Surveyor {
        limits,
        found: Survey { page: page_box, pictures: Vec::new(), below: Vec::new(), drawn_over: false },
        clips: vec![(page_box, true)],
        groups: Vec::new(),
        calls: 0,
        pixels: 0,
    };
    interpret_page(page, &mut context, &mut device);
    device.found
}

struct Surveyor<'l> {
    limits: &'l Limits,
    found: Survey,
    /// What each clip leaves, and whether only rectangles clipped.
    clips: Vec<(Rect, bool)>,
    /// Whether each group is drawn as if it were none.
    groups: Vec<bool>,
    calls: u32,
    pixels: u64,
}

impl Surveyor<'_> {
    fn count(&mut self) {
        self.calls += 1;
        if self.calls > self.limits.max_pdf_drawings {
            give_up(PageError::TooComplex { limit: self.limits.max_pdf_drawings });
        }
    }

    fn clip(&self) -> (Rect, bool) {
        self.clips.last().copied().unwrap_or((self.found.page, true))
    }

    fn push_clip(&mut self, rect: Rect, rectangular: bool) {
        self.count();
        let (outer, plain) = self.clip();
        self.clips.push((outer.intersect(rect), plain && rectangular));
    }

    /// Something other than a picture was drawn within `bounds`.
    fn drawn(&mut self, bounds: Rect, paint: &Paint<'_>, mode: &DrawMode) {
        if matches!(mode, DrawMode::Invisible) {
            return;
        }
        let clip = self.clip().0;
        // A line has no area, so touching counts.
        if bounds.x1 < clip.x0 || bounds.x0 > clip.x1 || bounds.y1 < clip.y0 || bounds.y0 > clip.y1 {
            return;
        }
        let visible = bounds.intersect(clip);
        if matches!(paint, Paint::Color(color) if color.to_rgba().to_rgba8()[3] == 0) {
            return;
        }
        let white = opaque_luma(paint) == Some(255);
        if !self.found.pictures.is_empty() {
            self.found.drawn_over = true;
        } else if !white {
            self.found.below.push(visible);
        }
    }
}

fn opaque_luma(paint: &Paint<'_>) -> Option<u8> {
    let Paint::Color(color) = paint else { return None };
    let [r, g, b, a] = color.to_rgba().to_rgba8();
    (a == 255).then(|| luma::luma(r, g, b))
}

fn stroke_margin(props: &DrawProps<'_>, mode: &DrawMode) -> f64 {
    match mode {
        DrawMode::Stroke(s) | DrawMode::FillAndStroke(_, s) => {
            f64::from(s.line_width) * props.transform.determinant().abs().sqrt() + 1.0
        }
        _ => 0.0,
    }
}

impl<'a> Device<'a> for Surveyor<'_> {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        self.count();
        let margin = stroke_margin(&props, mode);
        let bounds = props.transform.transform_rect_bbox(path.bounding_box()).inflate(margin, margin);
        self.drawn(bounds, &props.paint, mode);
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        let bounds = clip.path.bounding_box();
        self.push_clip(bounds, is_rectangle(&clip.path, bounds));
    }

    fn push_clip_rect(&mut self, rect: &Rect) {
        self.push_clip(*rect, true);
    }

    fn push_transparency_group(&mut self, opacity: f32, mask: Option<SoftMask<'a>>, blend: BlendMode) {
        self.count();
        self.groups.push(opacity >= 1.0 && mask.is_none() && blend == BlendMode::Normal);
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        for glyph in run.glyphs() {
            self.count();
            // A glyph's place is enough to see whether it lies under the picture; its outline is not needed.
            let origin = props.transform * glyph.transform() * Point::ORIGIN;
            self.drawn(Rect::from_points(origin, origin), &props.paint, mode);
        }
    }

    fn draw_image(&mut self, picture: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.count();
        let (width, height) = (picture.width(), picture.height());
        let stream = match &picture {
            Image::Raster(r) => r.stream(),
            Image::Stencil(s) => s.stream(),
        };
        if let Err(e) = claims::check_claims(stream, self.limits) {
            give_up(e);
        }
        let stencil = match &picture {
            Image::Raster(_) => None,
            // The paint is had only together with the decoded stencil: not worth it on a page of many small ones.
            Image::Stencil(_) if self.found.pictures.len() >= 64 => Some(UNKNOWN),
            Image::Stencil(s) => {
                let mut paint_luma = UNKNOWN;
                s.with_stencil(|_, paint| paint_luma = opaque_luma(paint).unwrap_or(UNKNOWN), None);
                Some(paint_luma)
            }
        };
        self.pixels = self.pixels.saturating_add(u64::from(width) * u64::from(height));
        if self.pixels > self.limits.max_pixels.saturating_mul(8) {
            give_up(PageError::TooManyPixels { width: self.pixels, height: 1, limit: self.limits.max_pixels });
        }
        let to_page = props.transform;
        let whole = to_page.transform_rect_bbox(Rect::new(0.0, 0.0, f64::from(width), f64::from(height)));
        let (clip, rectangular) = self.clip();
        let opaque = self.groups.iter().all(|&plain| plain);
        let plain = opaque && rectangular && props.soft_mask.is_none() && props.blend_mode == BlendMode::Normal;
        let id = stream.dict().obj_id();
        let visible = whole.intersect(clip);
        self.found.pictures.push(Placed { id, width, height, to_page, whole, visible, stencil, plain });
    }

    fn pop_clip(&mut self) {
        self.clips.pop();
    }

    fn pop_transparency_group(&mut self) {
        self.groups.pop();
    }
}

/// Whether a path is an upright rectangle that fills its bounds.
fn is_rectangle(path: &BezPath, bounds: Rect) -> bool {
    let near = |a: f64, b: f64| (a - b).abs() < 0.01;
    let corner =
        |p: &Point| (near(p.x, bounds.x0) || near(p.x, bounds.x1)) && (near(p.y, bounds.y0) || near(p.y, bounds.y1));
    path.elements().iter().all(|e| match e {
        PathEl::MoveTo(p) | PathEl::LineTo(p) => corner(p),
        PathEl::ClosePath => true,
        _ => false,
    }) && near(path.area().abs(), bounds.area())
}
