//! An office copier at its worst setting, always the same: 150 dpi, one bit a pixel, edges blurred and grown.

use crate::raster::Gray;
use crate::units::MM_PER_INCH;

pub const DPI: f64 = 150.0;
pub const PX_PER_MM: f64 = DPI / MM_PER_INCH;
/// Above the middle, so that dark grows, as toner does.
const DARK: u16 = 150;

/// A quarter, a half, a quarter along both axes, then black or white.
pub fn copy(picture: &Gray) -> Gray {
    let (w, h) = (picture.width, picture.height);
    let mut copy = Gray::new(w, h, 255);
    let mut sums = vec![0_u16; w + 2];
    for y in 0..h {
        let (above, here, below) = (picture.row(y.saturating_sub(1)), picture.row(y), picture.row((y + 1).min(h - 1)));
        for (sum, ((a, b), c)) in sums[1..].iter_mut().zip(above.iter().zip(here).zip(below)) {
            *sum = u16::from(*a) + 2 * u16::from(*b) + u16::from(*c);
        }
        (sums[0], sums[w + 1]) = (sums[1], sums[w]);
        for (v, near) in copy.row_mut(y).iter_mut().zip(sums.windows(3)) {
            let blurred = near[0] + 2 * near[1] + near[2];
            *v = if blurred < 16 * DARK { 0 } else { 255 };
        }
    }
    copy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dark_grows_and_gray_is_gone() {
        let mut page = Gray::new(40, 40, 255);
        for y in 10..20 {
            page.row_mut(y)[10..20].fill(0);
            page.row_mut(y)[20] = 140;
        }
        for y in 30..34 {
            page.row_mut(y)[4..36].fill(190);
        }
        let copied = copy(&page);
        assert!(copied.data.iter().all(|v| [0, 255].contains(v)));
        assert_eq!((copied.get(15, 15), copied.get(20, 15), copied.get(22, 15)), (0, 0, 255));
        assert!(copied.row(32).iter().all(|&v| v == 255));
    }
}
