//! One bit a pixel to gray: packed bits by table, and CCITT fax (ITU-T T.4 and T.6) from its runs.

use super::jpeg::UNKNOWN;
use crate::raster::Gray;
use hayro_ccitt::{DecodeSettings, Decoder, DecoderContext, EncodingMode};

/// Eight pixels for each byte, the highest bit first; a set bit is 255.
static EIGHT: [[u8; 8]; 256] = {
    let mut table = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            if byte >> (7 - bit) & 1 == 1 {
                table[byte][bit] = 255;
            }
            bit += 1;
        }
        byte += 1;
    }
    table
};

/// Rows of packed bits, each padded to a byte; a set bit becomes white. Rows that `bits` is too short for are unknown.
/// Returns the picture and the number of rows that were there.
pub fn unpack(bits: &[u8], width: usize, height: usize) -> (Gray, usize) {
    let stride = width.div_ceil(8).max(1);
    let rows = (bits.len() / stride).min(height);
    let mut data = Vec::with_capacity(width * height);
    for row in bits.chunks_exact(stride).take(rows) {
        let (whole, last) = row.split_at(width / 8);
        for &byte in whole {
            data.extend_from_slice(&EIGHT[usize::from(byte)]);
        }
        if let Some(&byte) = last.first() {
            data.extend_from_slice(&EIGHT[usize::from(byte)][..width % 8]);
        }
    }
    data.resize(width * height, UNKNOWN);
    (Gray::from_vec(width, height, data), rows)
}

/// 8-bit samples from rows of 1, 2, 4, 8 or 16 bits, `per_row` samples each, without scaling (16 bits give their high
/// byte). Missing samples are left out.
pub fn samples(packed: &[u8], per_row: usize, bits: u8) -> Vec<u8> {
    match bits {
        8 => packed.to_vec(),
        16 => packed.as_chunks::<2>().0.iter().map(|s| s[0]).collect(),
        1 | 2 | 4 => {
            let stride = (per_row * usize::from(bits)).div_ceil(8).max(1);
            let in_byte = 8 / bits;
            let mask = (1u8 << bits) - 1;
            let mut out = Vec::with_capacity(packed.len() * usize::from(in_byte));
            for row in packed.chunks_exact(stride) {
                let unpacked = row.iter().flat_map(|&byte| (1..=in_byte).map(move |i| byte >> (8 - i * bits) & mask));
                out.extend(unpacked.take(per_row));
            }
            out
        }
        _ => Vec::new(),
    }
}

/// How a fax stream is coded: TIFF compressions 2, 3, 4 and the parameters of PDF's CCITTFaxDecode.
#[derive(Clone, Copy, Debug)]
pub struct Fax {
    pub encoding: EncodingMode,
    pub columns: usize,
    pub byte_aligned: bool,
    pub end_of_line: bool,
    pub end_of_block: bool,
}

struct Rows<'a> {
    data: &'a mut [u8],
    columns: usize,
    rows: usize,
}

impl Decoder for Rows<'_> {
    fn push_row(&mut self, changes: &[u32]) {
        let Some(row) = self.data.get_mut(self.rows * self.columns..(self.rows + 1) * self.columns) else { return };
        row.fill(255);
        let (pairs, last) = changes.as_chunks::<2>();
        for &[from, to] in pairs {
            row[from as usize..to as usize].fill(0);
        }
        if let &[from] = last {
            row[from as usize..].fill(0);
        }
        self.rows += 1;
    }
}

/// Decodes into `out`, whose length is a multiple of `fax.columns`: black 0, white 255. Returns how many rows came;
/// the others are left as they were.
pub fn fax_rows(data: &[u8], fax: Fax, out: &mut [u8]) -> usize {
    let (Ok(columns), Ok(rows)) = (u32::try_from(fax.columns), u32::try_from(out.len() / fax.columns.max(1))) else {
        return 0;
    };
    // No rows would mean "until the data end".
    if columns == 0 || rows == 0 {
        return 0;
    }
    let settings = DecodeSettings {
        columns,
        rows,
        end_of_block: fax.end_of_block,
        end_of_line: fax.end_of_line,
        rows_are_byte_aligned: fax.byte_aligned,
        encoding: fax.encoding,
        strict: false,
    };
    let mut sink = Rows { data: out, columns: fax.columns, rows: 0 };
    // An error ends the picture early; what came before it stands, and the caller sees that rows are missing.
    let _ = hayro_ccitt::decode(data, &mut sink, &mut DecoderContext::new(settings));
    sink.rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(bits: &[u8], width: usize, height: usize) -> Vec<u8> {
        let stride = width.div_ceil(8);
        let bit = |x: usize, y: usize| bits.get(y * stride + x / 8).map(|b| b >> (7 - x % 8) & 1);
        let whole = |y: usize| bits.len() >= (y + 1) * stride;
        (0..width * height)
            .map(|i| (i % width, i / width))
            .map(|(x, y)| match bit(x, y) {
                Some(b) if whole(y) => b * 255,
                _ => UNKNOWN,
            })
            .collect()
    }

    proptest! {
        #[test]
        fn unpack_agrees_with_the_plain_loop(
            width in 1usize..70, height in 1usize..9, bits in prop::collection::vec(any::<u8>(), 0..90),
        ) {
            let (gray, rows) = unpack(&bits, width, height);
            prop_assert_eq!(gray.data, plain(&bits, width, height));
            prop_assert_eq!(rows, (bits.len() / width.div_ceil(8)).min(height));
        }

        #[test]
        fn samples_of_few_bits_agree_with_shifts(
            per_row in 1usize..20, bits in prop::sample::select(vec![1u8, 2, 4]), rows in 1usize..4, seed: u64,
        ) {
            let stride = (per_row * bits as usize).div_ceil(8);
            let mut random = fastrand::Rng::with_seed(seed);
            let packed: Vec<u8> = (0..stride * rows).map(|_| random.u8(..)).collect();
            let found = samples(&packed, per_row, bits);
            prop_assert_eq!(found.len(), per_row * rows);
            for (i, v) in found.iter().enumerate() {
                let at = (i % per_row) * bits as usize;
                let byte = packed[i / per_row * stride + at / 8];
                prop_assert_eq!(*v, byte >> (8 - bits as usize - at % 8) & ((1 << bits) - 1));
            }
        }

        #[test]
        fn fax_noise_neither_panics_nor_overflows(data in prop::collection::vec(any::<u8>(), 0..300), mode in 0u8..3) {
            let encoding = [EncodingMode::Group4, EncodingMode::Group3_1D, EncodingMode::Group3_2D][mode as usize];
            let fax = Fax { encoding, columns: 37, byte_aligned: false, end_of_line: false, end_of_block: true };
            let mut out = vec![UNKNOWN; 37 * 11];
            prop_assert!(fax_rows(&data, fax, &mut out) <= 11);
        }
    }
}
