//! A symbol sampled where its layout has it and nowhere else: print does not slide or bend as scanned paper does. Its
//! modules go to the reader's decoders.

use super::window::Window;
use crate::sheet::code::{Decoded, datamatrix, qr, qr_any};
use crate::sheet::frame::Area;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbol {
    /// A sheet's QR.
    Qr,
    /// Its Data Matrix.
    Backup,
    /// A QR of a Lize sheet.
    Foreign,
}

impl Symbol {
    /// Modules along its side.
    pub fn size(self) -> usize {
        match self {
            Symbol::Qr | Symbol::Foreign => qr::SIZE,
            Symbol::Backup => datamatrix::SIZE,
        }
    }

    /// What it says in the area of a copied window.
    pub fn decode(self, window: &Window, area: &Area) -> Option<Decoded> {
        let modules = modules(window, area, self.size());
        match self {
            Symbol::Qr => qr::decode(&modules),
            Symbol::Backup => datamatrix::decode(&modules),
            Symbol::Foreign => qr_any::decode(&modules),
        }
    }
}

/// Each module from 1, dark, to -1, light: its middle twice, and four places around it once.
fn modules(window: &Window, area: &Area, size: usize) -> Vec<f32> {
    const OFF: [f64; 3] = [0.28, 0.5, 0.72];
    const LIGHT: f32 = 3.0 * 255.0;
    let places = |from: f64, length: f64, pixel: &dyn Fn(f64) -> usize| -> Vec<[usize; 3]> {
        let module = length / size as f64;
        (0..size).map(|i| OFF.map(|off| pixel(from + (i as f64 + off) * module))).collect()
    };
    let columns = places(area.x, area.w, &|mm| window.column(mm));
    let rows = places(area.y, area.h, &|mm| window.row(mm));
    let mut modules = Vec::with_capacity(size * size);
    for row in rows {
        let [above, middle, below] = row.map(|y| window.gray.row(y));
        modules.extend(columns.iter().map(|&[left, x, right]| {
            let around = [above[left], above[right], below[left], below[right]].map(u16::from);
            let sum = 2 * u16::from(middle[x]) + around.iter().sum::<u16>();
            1.0 - f32::from(sum) / LIGHT
        }));
    }
    modules
}
