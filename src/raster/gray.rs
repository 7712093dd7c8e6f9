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
        let (dx, dy) = (x - x0 as f64, y - y0 as f64);
        let right = usize::from(x0 + 1 < self.width);
        let below = if y0 + 1 < self.height { self.width } else { 0 };
        let at = y0 * self.width + x0;
        let (upper, lower) = (&self.data[at..=at + right], &self.data[at + below..=at + below + right]);
        let across = |row: &[u8]| f64::from(row[0]) * (1.0 - dx) + f64::from(row[right]) * dx;
        across(upper) * (1.0 - dy) + across(lower) * dy
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
