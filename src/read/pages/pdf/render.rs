//! Drawing a page that is not one plain picture.

use super::super::error::PageError;
use super::super::luma;
use super::super::{Note, Picture, Placement};
use super::survey::Survey;
use crate::limits::Limits;
use crate::raster::Gray;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use hayro_interpret::InterpreterSettings;
use hayro_syntax::page::Page;

/// Pictures on the page raise the density up to this.
const HIGHEST_DPI: f64 = 300.0;
const LOWEST_DPI: f64 = 50.0;
/// hayro's pixmaps have sides of 16 bits.
const LONGEST_SIDE_PX: f64 = 32_000.0;

pub fn render(page: &Page<'_>, survey: &Survey, limits: &Limits) -> Result<Picture, PageError> {
    let (width, height) = (survey.page.width(), survey.page.height());
    let finest = survey
        .pictures
        .iter()
        .filter(|p| p.visible.area() > 0.2 * survey.page.area())
        .map(|p| 72.0 * (f64::from(p.width) * f64::from(p.height) / p.whole.area()).sqrt())
        .fold(limits.render_dpi, f64::max);
    let by_area = 72.0 * (limits.max_pixels as f64 / (width * height)).sqrt();
    let by_side = 72.0 * LONGEST_SIDE_PX / width.max(height);
    let dpi = finest.min(HIGHEST_DPI.max(limits.render_dpi)).min(by_area).min(by_side);
    if !dpi.is_finite() || dpi < LOWEST_DPI {
        let side = |points: f64| (points / 72.0 * LOWEST_DPI) as u64;
        return Err(PageError::TooManyPixels { width: side(width), height: side(height), limit: limits.max_pixels });
    }
    let scale = (dpi / 72.0) as f32;
    let settings = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
    let pixmap = hayro::render(
        page,
        &RenderCache::new(),
        &InterpreterSettings::default(),
        &RenderSettings::default(),
        &settings,
    );
    let (width, height) = (usize::from(pixmap.width()), usize::from(pixmap.height()));
    // The page was cleared to opaque white, so nothing is left to show through.
    let data = luma::from_rgba(pixmap.data_as_u8_slice());
    if width == 0 || height == 0 || data.len() != width * height {
        return Err(PageError::damaged("PDF", "the page has no area"));
    }
    let gray = Gray::from_vec(width, height, data);
    Ok(Picture { gray, placement: Placement::Upright, dpi: Some(dpi), notes: vec![Note::Rendered] })
}
