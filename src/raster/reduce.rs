//! Smaller pictures by averaging: what registration looks at first.

use super::Gray;
use fearless_simd::{Level, Simd, dispatch};

/// By how much the first picture that is looked at is reduced: what is 6 mm wide on an A4 that fills it is 6 to 11
/// pixels then. From 200 to 400 dpi that is 8, which a JPEG gives for nothing.
pub fn coarse_factor(width: usize, height: usize) -> usize {
    match width.max(height).div_ceil(440) {
        6..=12 => 8,
        factor => factor.clamp(1, 16),
    }
}

/// The mean of each `factor` × `factor` square, `factor` being 1 to 16. Pixels left over at the right and bottom edges are
/// dropped.
pub fn reduce(picture: &Gray, factor: usize) -> Gray {
    let kernels: [fn(&Gray) -> Gray; 16] = [
        Gray::clone,
        by::<2>,
        by::<3>,
        by::<4>,
        by::<5>,
        by::<6>,
        by::<7>,
        by::<8>,
        by::<9>,
        by::<10>,
        by::<11>,
        by::<12>,
        by::<13>,
        by::<14>,
        by::<15>,
        by::<16>,
    ];
    kernels[factor.clamp(1, 16) - 1](picture)
}

fn by<const N: usize>(picture: &Gray) -> Gray {
    dispatch!(Level::new(), simd => squares::<_, N>(simd, picture))
}

/// Rows are added up into 16-bit sums first: a sum of 16 × 16 bytes stays within them. With the side known to the
/// compiler both loops become vector code (300 dpi A4 to an eighth: 0.5 ms).
#[inline(always)]
fn squares<S: Simd, const N: usize>(simd: S, picture: &Gray) -> Gray {
    simd.vectorize(
        #[inline(always)]
        || {
            let (w, h) = (picture.width / N, picture.height / N);
            let mut data = Vec::with_capacity(w * h);
            let mut sums = vec![[0u16; N]; w];
            let area = (N * N) as u16;
            for rows in picture.data.chunks_exact(N * picture.width.max(1)).take(h) {
                sums.fill([0; N]);
                for row in rows.chunks_exact(picture.width) {
                    for (sum, &v) in sums.as_flattened_mut().iter_mut().zip(row) {
                        *sum += u16::from(v);
                    }
                }
                data.extend(sums.iter().map(|s| ((s.iter().sum::<u16>() + area / 2) / area) as u8));
            }
            Gray::from_vec(w, h, data)
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(picture: &Gray, factor: usize) -> Gray {
        let (w, h) = (picture.width / factor, picture.height / factor);
        let mut out = Gray::new(w, h, 0);
        for y in 0..h {
            for x in 0..w {
                let mut sum = 0;
                for i in 0..factor * factor {
                    sum += usize::from(picture.get(x * factor + i % factor, y * factor + i / factor));
                }
                out.data[y * w + x] = ((sum + factor * factor / 2) / (factor * factor)) as u8;
            }
        }
        out
    }

    proptest! {
        #[test]
        fn agrees_with_the_plain_loop(w in 1..70_usize, h in 1..40_usize, factor in 1..=16_usize, seed in any::<u64>()) {
            let mut rng = fastrand::Rng::with_seed(seed);
            let picture = Gray::from_vec(w, h, (0..w * h).map(|_| rng.u8(..)).collect());
            prop_assert_eq!(reduce(&picture, factor), plain(&picture, factor));
        }
    }
}
