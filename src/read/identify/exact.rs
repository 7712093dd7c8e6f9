//! A symbol where a layout has it and nowhere else: print is held against its layout, and does not slide or bend as
//! scanned paper does.

use super::guided::{Placed, Shape};
use super::{DATA_MATRIX_SHAPE, QR_SHAPE};
use crate::raster::Gray;
use crate::sheet::code::{Decoded, datamatrix, qr, qr_any};
use crate::sheet::frame::Area;
use crate::units::{Homography, Mm, Px};

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
    fn shape(self) -> &'static Shape {
        match self {
            Symbol::Qr | Symbol::Foreign => &QR_SHAPE,
            Symbol::Backup => &DATA_MATRIX_SHAPE,
        }
    }
}

/// What the symbol says there. None also where it is not wholly in the picture.
pub fn decode(picture: &Gray, map: &Homography<Mm, Px>, area: &Area, symbol: Symbol) -> Option<Decoded> {
    let modules = Placed::at(picture, symbol.shape(), area, map)?.modules();
    match symbol {
        Symbol::Qr => qr::decode(&modules),
        Symbol::Backup => datamatrix::decode(&modules),
        Symbol::Foreign => qr_any::decode(&modules),
    }
}
