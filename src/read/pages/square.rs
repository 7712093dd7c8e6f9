//! Fax machines and some scanners make pixels that are not square (204 × 98 an inch): they are made so, by stretching
//! the coarser axis.

use crate::raster::Gray;

/// Ratios up to this are left to registration, which finds the scale of each axis by itself.
const EVEN: f64 = 1.1;
/// Beyond this the densities are not to be believed.
const ABSURD: f64 = 5.0;

/// Whether pixels are nearly square already, or their densities not to be believed.
pub fn is_square(x_dpi: f64, y_dpi: f64) -> bool {
    let ratio = x_dpi / y_dpi;
    (1.0 / EVEN..=EVEN).contains(&ratio) || !(1.0 / ABSURD..=ABSURD).contains(&ratio)
}

/// The picture with square pixels and its density. `x_dpi` and `y_dpi` are along the stored rows and columns; `rows`
/// of the picture are good, and the same part of the result is.
pub fn square(gray: Gray, rows: usize, x_dpi: f64, y_dpi: f64, max_pixels: u64) -> (Gray, usize, f64) {
    let ratio = x_dpi / y_dpi;
    let stretched = gray.data.len() as f64 * ratio.max(1.0 / ratio);
    if is_square(x_dpi, y_dpi) || stretched > max_pixels as f64 {
        return (gray, rows, (x_dpi * y_dpi).sqrt());
    }
    if ratio > 1.0 {
        let height = ((gray.height as f64 * ratio).round() as usize).max(1);
        let mut out = Vec::with_capacity(gray.width * height);
        for y in 0..height {
            let (above, below, share) = neighbours(y, height, gray.height);
            let pairs = gray.row(above).iter().zip(gray.row(below));
            out.extend(pairs.map(|(&a, &b)| mix(a, b, share)));
        }
        let rows = rows * height / gray.height;
        (Gray::from_vec(gray.width, height, out), rows, x_dpi)
    } else {
        let width = ((gray.width as f64 / ratio).round() as usize).max(1);
        let mut out = Vec::with_capacity(width * gray.height);
        let columns: Vec<_> = (0..width).map(|x| neighbours(x, width, gray.width)).collect();
        for y in 0..gray.height {
            let row = gray.row(y);
            out.extend(columns.iter().map(|&(left, right, share)| mix(row[left], row[right], share)));
        }
        (Gray::from_vec(width, gray.height, out), rows, y_dpi)
    }
}

/// The source places on both sides of a target place's centre, and the second one's share in 256ths.
fn neighbours(target: usize, targets: usize, sources: usize) -> (usize, usize, u32) {
    let at = ((target as f64 + 0.5) * sources as f64 / targets as f64 - 0.5).max(0.0);
    let first = (at as usize).min(sources - 1);
    (first, (first + 1).min(sources - 1), ((at - first as f64) * 256.0) as u32)
}

fn mix(a: u8, b: u8, share: u32) -> u8 {
    ((u32::from(a) * (256 - share) + u32::from(b) * share) >> 8) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coarse_fax_becomes_square() {
        let mut gray = Gray::new(20, 10, 255);
        gray.row_mut(4).fill(0);
        let (tall, rows, dpi) = square(gray.clone(), 5, 204.0, 102.0, 1000);
        assert_eq!((tall.width, tall.height, rows, dpi), (20, 20, 10, 204.0));
        let dark = |g: &Gray, y: usize| 255 - u32::from(g.get(7, y));
        assert!(dark(&tall, 8) > 180 && dark(&tall, 9) > 180 && dark(&tall, 6) == 0 && dark(&tall, 11) == 0);
        let (wide, ..) = square(gray.clone(), 10, 100.0, 200.0, 1000);
        assert_eq!((wide.width, wide.height), (40, 10));
        assert_eq!(wide.row(4), &[0; 40]);
        assert_eq!(square(gray.clone(), 10, 300.0, 301.0, 1000).0, gray);
        assert_eq!(square(gray.clone(), 10, 204.0, 98.0, 300).0, gray);
    }
}
