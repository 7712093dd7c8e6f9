//! The gray picture: 0 is black, 255 is white.

use crate::units::{Point, Px};

/// A gray picture, its rows one after another without padding.
#[derive(Clone, PartialEq)]
pub struct Gray {
    pub width: usize,
    pub height: usize,
    pub data: Vec<u8>,
}

impl std::fmt::Debug for Gray {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Gray({} × {})", self.width, self.height)
    }
}

impl Gray {
    pub fn new(width: usize, height: usize, value: u8) -> Self {
        Gray { width, height, data: vec![value; width * height] }
    }

    /// Panics when `data` is not `width * height` long.
    pub fn from_vec(width: usize, height: usize, data: Vec<u8>) -> Self {
        assert_eq!(data.len(), width * height, "a picture of {width} × {height}");
        Gray { width, height, data }
    }

    pub fn row(&self, y: usize) -> &[u8] {
        &self.data[y * self.width..][..self.width]
    }

    pub fn row_mut(&mut self, y: usize) -> &mut [u8] {
        &mut self.data[y * self.width..][..self.width]
    }

    pub fn get(&self, x: usize, y: usize) -> u8 {
        self.data[y * self.width + x]
    }

    /// Bilinear sample; beyond the border the nearest pixel counts.
    pub fn sample(&self, p: Point<Px>) -> f64 {
        // Clamped before it is cut to whole pixels: `floor` is a function call on plain x86-64.
        let (x, y) =
            ((p.x - 0.5).clamp(0.0, (self.width - 1) as f64), (p.y - 0.5).clamp(0.0, (self.height - 1) as f64));
        let (x0, y0) = (x as usize, y as usize);
        let (x1, y1) = ((x0 + 1).min(self.width - 1), (y0 + 1).min(self.height - 1));
        let (dx, dy) = (x - x0 as f64, y - y0 as f64);
        let at = |x, y| f64::from(self.get(x, y));
        (at(x0, y0) * (1.0 - dx) + at(x1, y0) * dx) * (1.0 - dy) + (at(x0, y1) * (1.0 - dx) + at(x1, y1) * dx) * dy
    }

    /// The pixel at a place, or the nearest to it.
    pub fn nearest(&self, p: Point<Px>) -> f64 {
        let (x, y) = (p.x.clamp(0.0, (self.width - 1) as f64), p.y.clamp(0.0, (self.height - 1) as f64));
        f64::from(self.get(x as usize, y as usize))
    }

    pub fn contains(&self, p: Point<Px>) -> bool {
        p.x >= 0.0 && p.y >= 0.0 && p.x < self.width as f64 && p.y < self.height as f64
    }
}
