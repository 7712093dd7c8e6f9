//! Colour to gray, by the luma of ITU-R BT.601 (0.299 R + 0.587 G + 0.114 B), whatever the container. What lets light
//! through lies on white paper.

/// 16-bit fixed point; the weights add up to 65,536, so white stays 255.
pub fn luma(r: u8, g: u8, b: u8) -> u8 {
    ((19595 * u32::from(r) + 38470 * u32::from(g) + 7471 * u32::from(b) + 32768) >> 16) as u8
}

pub fn over_white(value: u8, alpha: u8) -> u8 {
    let (v, a) = (u32::from(value), u32::from(alpha));
    ((v * a + 255 * (255 - a) + 127) / 255) as u8
}

pub fn from_rgb(rgb: &[u8]) -> Vec<u8> {
    rgb.as_chunks::<3>().0.iter().map(|&[r, g, b]| luma(r, g, b)).collect()
}

pub fn from_rgba(rgba: &[u8]) -> Vec<u8> {
    rgba.as_chunks::<4>().0.iter().map(|&[r, g, b, a]| over_white(luma(r, g, b), a)).collect()
}

pub fn from_gray_alpha(la: &[u8]) -> Vec<u8> {
    la.as_chunks::<2>().0.iter().map(|&[l, a]| over_white(l, a)).collect()
}

/// Ink amounts, 0 for none; without a profile the plain product of what each ink lets through.
pub fn from_cmyk(cmyk: &[u8]) -> Vec<u8> {
    let through = |ink: u8, k: u8| ((255 - u32::from(ink)) * (255 - u32::from(k)) / 255) as u8;
    cmyk.as_chunks::<4>().0.iter().map(|&[c, m, y, k]| luma(through(c, k), through(m, k), through(y, k))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luma_agrees_with_the_formula_to_one_step() {
        for (r, g, b) in [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (12, 200, 77)] {
            let exact = 0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b);
            assert!((f64::from(luma(r, g, b)) - exact).abs() <= 0.51, "{r} {g} {b}");
        }
    }

    #[test]
    fn transparent_is_paper_and_black_ink_is_black() {
        assert_eq!(from_rgba(&[0, 0, 0, 0, 0, 0, 0, 255]), [255, 0]);
        assert_eq!(from_gray_alpha(&[0, 128]), [127]);
        assert_eq!(from_cmyk(&[0, 0, 0, 255, 0, 0, 0, 0, 255, 255, 255, 0]), [0, 255, 0]);
    }
}
