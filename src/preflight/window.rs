//! A part of a page's picture, on which ink is laid.

use super::copier::{PX_PER_MM, copy};
use crate::raster::Gray;
use crate::sheet::frame::Area;

pub struct Window {
    pub gray: Gray,
    /// The page's pixel in its upper left corner.
    pub x0: usize,
    pub y0: usize,
}

impl Window {
    /// An area of the page, and a little around.
    pub fn of(page: &Gray, area: &Area) -> Self {
        const MARGIN_MM: f64 = 0.6;
        let around = area.grown(MARGIN_MM);
        let px = |mm: f64, most: usize| ((mm * PX_PER_MM).max(0.0) as usize).min(most);
        let (x0, x1) = (px(around.x, page.width - 1), px(around.right(), page.width));
        let (y0, y1) = (px(around.y, page.height - 1), px(around.bottom(), page.height));
        let (x1, y1) = (x1.max(x0 + 1), y1.max(y0 + 1));
        let mut pixels = Vec::with_capacity((x1 - x0) * (y1 - y0));
        (y0..y1).for_each(|y| pixels.extend_from_slice(&page.row(y)[x0..x1]));
        Window { gray: Gray::from_vec(x1 - x0, y1 - y0, pixels), x0, y0 }
    }

    /// As a copier shows it.
    pub fn copied(self) -> Self {
        Window { gray: copy(&self.gray), ..self }
    }

    /// The pixel of a place of the page, or the nearest to it.
    pub fn column(&self, x_mm: f64) -> usize {
        ((x_mm * PX_PER_MM) as usize).saturating_sub(self.x0).min(self.gray.width - 1)
    }

    pub fn row(&self, y_mm: f64) -> usize {
        ((y_mm * PX_PER_MM) as usize).saturating_sub(self.y0).min(self.gray.height - 1)
    }

    /// Takes from each pixel as much as the boxes cover of it.
    pub fn lay(mut self, boxes: &[Area]) -> Self {
        let mut across: Vec<u16> = Vec::with_capacity(self.gray.width);
        for area in boxes {
            let (left, right) = (area.x * PX_PER_MM - self.x0 as f64, area.right() * PX_PER_MM - self.x0 as f64);
            let (top, bottom) = (area.y * PX_PER_MM - self.y0 as f64, area.bottom() * PX_PER_MM - self.y0 as f64);
            let columns = pixels(left, right, self.gray.width);
            across.clear();
            across.extend(columns.clone().map(|x| covered(left, right, x)));
            for y in pixels(top, bottom, self.gray.height) {
                let down = covered(top, bottom, y);
                for (v, across) in self.gray.row_mut(y)[columns.clone()].iter_mut().zip(&across) {
                    *v = v.saturating_sub(((u32::from(*across) * u32::from(down)) >> 8).min(255) as u8);
                }
            }
        }
        self
    }
}

fn pixels(from: f64, to: f64, n: usize) -> std::ops::Range<usize> {
    (from.max(0.0) as usize).min(n)..(to.max(0.0).ceil() as usize).min(n)
}

/// Of pixel `i`, in parts of 256.
fn covered(from: f64, to: f64, i: usize) -> u16 {
    (256.0 * (to.min(i as f64 + 1.0) - from.max(i as f64)).max(0.0)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_darken_what_they_cover() {
        let page = Gray::new(100, 100, 255);
        let mm = |px: f64| px / PX_PER_MM;
        let area = Area::new(mm(10.0), mm(20.0), mm(30.0), mm(30.0));
        let boxes = [Area::new(mm(20.5), mm(30.0), mm(2.5), mm(1.0)), Area::new(-5.0, -5.0, 1.0, 1.0)];
        let window = Window::of(&page, &area).lay(&boxes);
        let (x, y) = (window.column(mm(20.6)), window.row(mm(30.1)));
        let row: Vec<u8> = window.gray.row(y)[x - 1..x + 4].to_vec();
        assert!(row[0] == 255 && row[1].abs_diff(127) < 3 && row[2] < 2 && row[3] < 2 && row[4] == 255, "{row:?}");
        assert_eq!(window.gray.row(y + 1)[x + 1], 255);
        assert_eq!((window.column(-9.0), window.row(900.0)), (0, window.gray.height - 1));
    }
}
