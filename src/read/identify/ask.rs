//! What OCR is asked about a page that no way here could identify.

use super::{Known, printed, straightened};
use crate::raster::{Gray, Partial};
use crate::read::register::Registration;
use crate::sheet::Identity;
use crate::sheet::frame::Area;
use crate::units::MM_PER_INCH;

/// A picture of the printed code's place, upright, and of nothing else of the page: no name leaves with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    pub crop: Gray,
    /// Of the crop.
    pub dpi: f64,
}

impl Ask {
    /// Of the crop, whatever the page's: text of 9.5 points is 28 pixels high, as OCR likes it.
    pub const DPI: f64 = 300.0;
    const MARGIN_MM: f64 = 1.5;

    pub fn of(picture: &mut Partial, registration: &Registration) -> Self {
        let area = Self::area(&registration.frame.printed);
        let crop = straightened(picture, &registration.sheet_to_picture, &area, Self::DPI / MM_PER_INCH);
        Ask { crop, dpi: Self::DPI }
    }

    fn area(printed: &Area) -> Area {
        printed.grown(Self::MARGIN_MM)
    }
}

/// Whose page OCR's answer says it is; None unless its check holds and its layout is known. Spaces, line breaks,
/// punctuation and lower case don't matter, and O, I and L are taken for digits. A misread text passes once in a million.
pub fn answered(text: &str, known: Known) -> Option<Identity> {
    let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    printed::whole(Identity::from_printed(&plain, known.key).ok()?, known.layouts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::frame::{Frame, PageFormat};

    #[test]
    fn neither_the_names_nor_the_symbols_are_shown() {
        for format in PageFormat::ALL {
            let frame = Frame::of(format);
            let asked = Ask::area(&frame.printed);
            assert!(asked.holds(&frame.printed));
            assert!(![frame.header, frame.code, frame.instructions].iter().any(|a| a.overlaps(&asked)), "{format:?}");
        }
    }
}
