//! Smaller pictures by averaging: what registration looks at first.

use super::Gray;

/// The mean of each `factor` × `factor` square. Pixels left over at the right and bottom edges are dropped.
///
/// Rows are added up into 16-bit sums first, a loop that the compiler vectorises; `factor` is at most 16, so a sum of
/// columns stays within 16 bits.
pub fn reduce(picture: &Gray, factor: usize) -> Gray {
    let factor = factor.clamp(1, 16);
    if factor == 1 {
        return picture.clone();
    }
    let (w, h) = (picture.width / factor, picture.height / factor);
    let mut out = Gray::new(w, h, 0);
    let mut sums = vec![0u16; w * factor];
    let area = (factor * factor) as u32;
    for y in 0..h {
        sums.fill(0);
        for dy in 0..factor {
            for (sum, &v) in sums.iter_mut().zip(picture.row(y * factor + dy)) {
                *sum += u16::from(v);
            }
        }
        for (o, s) in out.row_mut(y).iter_mut().zip(sums.chunks_exact(factor)) {
            *o = ((s.iter().map(|&v| u32::from(v)).sum::<u32>() + area / 2) / area) as u8;
        }
    }
    out
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
