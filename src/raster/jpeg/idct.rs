//! Inverse DCT of one block, bit for bit as libjpeg's `jidctint` (Loeffler, Ligtenberg, Moschytz, "Practical fast 1-D
//! DCT algorithms with 11 multiplications", 1989, with 13-bit constants). Its butterflies are multiplied out to sums
//! of two products, which one multiply-add instruction does; in integers that is the same sum.

use super::block::{Coefficients, Extent};
use fearless_simd::{Simd, i16x8, i16x16, i32x8, prelude::*, u8x16};

/// Shifts after the columns and after the rows: 13 bits of constants, 2 kept in between, 3 for the transform's scale.
const COLUMNS: u32 = 13 - 2;
const ROWS: u32 = 13 + 2 + 3;

type Pair = [i16; 2];

/// Even outputs' halves from coefficients (0, 4) and (2, 6), for output pairs (0, 7), (1, 6), (2, 5), (3, 4).
const EVEN: [(Pair, Pair); 4] = [
    ([8192, 8192], [10703, 4433]),
    ([8192, -8192], [4433, -10704]),
    ([8192, -8192], [-4433, 10704]),
    ([8192, 8192], [-10703, -4433]),
];

/// Odd halves from coefficients (1, 3) and (5, 7), likewise.
const ODD: [(Pair, Pair); 4] = [
    ([11363, 9633], [6437, 2260]),
    ([9633, -2259], [-11362, -6436]),
    ([6437, -11362], [2261, 9633]),
    ([2260, -6436], [9633, -11363]),
];

/// The pixels of a block, `quant` likewise row by row.
#[inline(always)]
pub(super) fn inverse<S: Simd>(simd: S, block: &Coefficients, quant: &[i16; 64], extent: Extent) -> [[u8; 8]; 8] {
    match extent {
        Extent::DcOnly => [[dc_pixel(block[0], quant[0]); 8]; 8],
        Extent::Low => full::<S, true>(simd, block, quant),
        Extent::Full => full::<S, false>(simd, block, quant),
    }
}

/// The mean of a block.
#[inline(always)]
pub(super) fn dc_pixel(dc: i16, step: i16) -> u8 {
    (((i32::from(dc.wrapping_mul(step)) + 4) >> 3) + 128).clamp(0, 255) as u8
}

#[inline(always)]
fn full<S: Simd, const LOW: bool>(simd: S, block: &Coefficients, quant: &[i16; 64]) -> [[u8; 8]; 8] {
    let zero = i16x8::splat(simd, 0);
    let mut rows = [zero; 8];
    for (y, row) in rows.iter_mut().enumerate().take(if LOW { 4 } else { 8 }) {
        *row = i16x8::from_slice(simd, &block[8 * y..][..8]) * i16x8::from_slice(simd, &quant[8 * y..][..8]);
    }
    let columns = transpose(pass::<S, LOW, COLUMNS>(simd, rows));
    transpose_bytes(pass::<S, LOW, ROWS>(simd, columns))
}

/// Eight 1-D transforms side by side. With `LOW`, only the first four coefficients are looked at.
#[inline(always)]
fn pass<S: Simd, const LOW: bool, const SHIFT: u32>(simd: S, v: [i16x8<S>; 8]) -> [i16x8<S>; 8] {
    let (even, odd) = (pairs(v[0], if LOW { v[2] } else { v[4] }), pairs(v[1], v[3]));
    let (even_high, odd_high) = (pairs(v[2], v[6]), pairs(v[5], v[7]));
    let mut out = [i32x8::splat(simd, 1 << (SHIFT - 1)); 8];
    for i in 0..4 {
        let (e, o) = if LOW {
            (dot(simd, even, [8192, EVEN[i].1[0]]), dot(simd, odd, ODD[i].0))
        } else {
            let e = dot(simd, even, EVEN[i].0) + dot(simd, even_high, EVEN[i].1);
            (e, dot(simd, odd, ODD[i].0) + dot(simd, odd_high, ODD[i].1))
        };
        let e = e + out[i];
        (out[i], out[7 - i]) = ((e + o) >> SHIFT, (e - o) >> SHIFT);
    }
    let (a, b) = out[0].saturating_narrow(out[1]).split();
    let (c, d) = out[2].saturating_narrow(out[3]).split();
    let (e, f) = out[4].saturating_narrow(out[5]).split();
    let (g, h) = out[6].saturating_narrow(out[7]).split();
    [a, b, c, d, e, f, g, h]
}

/// Of each transform, two coefficients side by side.
#[inline(always)]
fn pairs<S: Simd>(a: i16x8<S>, b: i16x8<S>) -> i16x16<S> {
    let (low, high) = a.interleave(b);
    low.combine(high)
}

#[inline(always)]
fn dot<S: Simd>(simd: S, x: i16x16<S>, [a, b]: Pair) -> i32x8<S> {
    // As one number, so that it is broadcast: put together on the stack, a load of it waits for eight stores.
    let pair = i32::from(b) << 16 | i32::from(a as u16);
    x.pairwise_dot_product(i32x8::splat(simd, pair).bitcast::<i16x16<S>>())
}

#[inline(always)]
fn transpose<S: Simd>(mut v: [i16x8<S>; 8]) -> [i16x8<S>; 8] {
    // Three perfect shuffles of the 64 lanes.
    for _ in 0..3 {
        let ((a, b), (c, d)) = (v[0].interleave(v[4]), v[1].interleave(v[5]));
        let ((e, f), (g, h)) = (v[2].interleave(v[6]), v[3].interleave(v[7]));
        v = [a, b, c, d, e, f, g, h];
    }
    v
}

/// Columns of pixels around 0 to rows of bytes around 128.
#[inline(always)]
fn transpose_bytes<S: Simd>(columns: [i16x8<S>; 8]) -> [[u8; 8]; 8] {
    let c = columns;
    // Each vector holds two columns: after three perfect shuffles, two rows.
    let mut v = [c[0].saturating_narrow(c[1]), c[2].saturating_narrow(c[3])];
    let mut w = [c[4].saturating_narrow(c[5]), c[6].saturating_narrow(c[7])];
    for _ in 0..3 {
        let ((a, b), (c, d)) = (v[0].interleave(w[0]), v[1].interleave(w[1]));
        (v, w) = ([a, b], [c, d]);
    }
    let mut rows = [[0; 8]; 8];
    let bytes = rows.as_flattened_mut();
    for (i, pair) in [v[0], v[1], w[0], w[1]].into_iter().enumerate() {
        (pair.bitcast::<u8x16<S>>() ^ 0x80).store_slice(&mut bytes[16 * i..][..16]);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use fearless_simd::{Level, dispatch};
    use proptest::prelude::*;

    /// The definition (T.81, A.3.3).
    fn plain(block: &Coefficients, quant: &[i16; 64]) -> [[u8; 8]; 8] {
        let basis = |x: usize, u: usize| {
            let scale = if u == 0 { 0.5f64.sqrt() } else { 1.0 };
            scale / 2.0 * ((2 * x + 1) as f64 * u as f64 * std::f64::consts::PI / 16.0).cos()
        };
        let mut out = [[0; 8]; 8];
        for (i, pixel) in out.as_flattened_mut().iter_mut().enumerate() {
            let term = |k: usize| f64::from(block[k]) * f64::from(quant[k]) * basis(i / 8, k / 8) * basis(i % 8, k % 8);
            *pixel = ((0..64).map(term).sum::<f64>() + 128.0).round().clamp(0.0, 255.0) as u8;
        }
        out
    }

    fn all_near(a: [[u8; 8]; 8], b: [[u8; 8]; 8]) -> bool {
        a.as_flattened().iter().zip(b.as_flattened()).all(|(a, b)| a.abs_diff(*b) <= 1)
    }

    proptest! {
        #[test]
        fn is_the_inverse_dct(coefficients in prop::collection::vec((0usize..64, -60i16..60), 0..20), step in 1i16..12) {
            let mut block = [0; 64];
            for (k, value) in coefficients {
                block[k] = value;
            }
            let quant = [step; 64];
            for level in [Level::new(), Level::baseline()] {
                let full = dispatch!(level, simd => inverse(simd, &block, &quant, Extent::Full));
                prop_assert!(all_near(full, plain(&block, &quant)));
            }
        }

        #[test]
        fn shortcuts_change_nothing(low in prop::array::uniform16(-60i16..60), step in 1i16..12) {
            let mut block = [0; 64];
            for (i, value) in low.into_iter().enumerate() {
                block[i / 4 * 8 + i % 4] = value;
            }
            let quant = [step; 64];
            let mut full = dispatch!(Level::new(), simd => inverse(simd, &block, &quant, Extent::Full));
            let quick = dispatch!(Level::new(), simd => inverse(simd, &block, &quant, Extent::Low));
            prop_assert_eq!(full, quick);
            block[1..].fill(0);
            full = dispatch!(Level::new(), simd => inverse(simd, &block, &quant, Extent::Full));
            let flat = dispatch!(Level::new(), simd => inverse(simd, &block, &quant, Extent::DcOnly));
            prop_assert_eq!(full, flat);
        }
    }
}
