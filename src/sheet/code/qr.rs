//! The QR of a sheet: always version 3, level Q, mask 2 (ISO/IEC 18004).
//!
//! Level Q survived pen strokes and stains on 47 of 48 pages where M did on 38; a fixed mask reads as well as a searched
//! one and costs a tenth of the time.

use super::reed_solomon::QR;
use super::{Decoded, Modules, decode_block};
use crate::sheet::identity::CODE_CHARS;
use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version};
use std::sync::LazyLock;

pub const SIZE: usize = 29;
/// Modules along a finder pattern's side.
pub const FINDER: usize = 7;
/// Row and column of the finder patterns' first modules.
pub const FINDERS: [(usize, usize); 3] = [(0, 0), (0, SIZE - FINDER), (SIZE - FINDER, 0)];
const MASK: u8 = 2;
/// Two blocks of 17 data and 18 check codewords (table 9).
const BLOCKS: usize = 2;
const DATA: usize = 17;
const CHECKS: usize = 18;
const ALPHANUMERIC: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// Panics on a text that is not a code text: those always fit.
pub fn encode(text: &str) -> Modules {
    let segment = QrSegment::make_alphanumeric(text);
    let version = Version::new(3);
    let qr = QrCode::encode_segments_advanced(
        &[segment],
        QrCodeEcc::Quartile,
        version,
        version,
        Some(Mask::new(MASK)),
        false,
    )
    .expect("45 alphanumeric characters fit version 3-Q");
    let side = SIZE as i32;
    let dark = (0..side * side).map(|i| qr.get_module(i % side, i / side)).collect();
    Modules { size: SIZE, dark }
}

/// Decodes sampled modules, row by row: above 0 for dark, below for light, larger for surer.
pub fn decode(samples: &[f32]) -> Option<Decoded> {
    let places = PLACES.as_slice();
    let bit = |i: usize| {
        let (row, column) = places[i];
        let s = *samples.get(row * SIZE + column)?;
        Some(if masked(row, column) { -s } else { s })
    };
    let mut blocks = [const { Vec::new() }; BLOCKS];
    for codeword in 0..BLOCKS * (DATA + CHECKS) {
        let mut bits = [0.0; 8];
        for (b, value) in bits.iter_mut().enumerate() {
            *value = bit(8 * codeword + b)?;
        }
        blocks[codeword % BLOCKS].push(bits);
    }
    let mut data = Vec::with_capacity(BLOCKS * DATA);
    let mut corrected = 0;
    for block in &blocks {
        let (word, mended) = decode_block(&QR, block, CHECKS, 2)?;
        data.extend_from_slice(&word[..DATA]);
        corrected += mended;
    }
    Some(Decoded { text: text(&data)?, corrected })
}

/// The one alphanumeric segment of a code text (7.4.4).
fn text(data: &[u8]) -> Option<String> {
    let mut at = 0;
    let mut take = |n: usize| {
        let value =
            (at..at + n).try_fold(0usize, |v, i| Some(v << 1 | usize::from(data.get(i / 8)? >> (7 - i % 8) & 1)));
        at += n;
        value
    };
    if take(4)? != 0b0010 || take(9)? != CODE_CHARS {
        return None;
    }
    let mut text = String::with_capacity(CODE_CHARS);
    while text.len() < CODE_CHARS {
        let pair = CODE_CHARS - text.len() > 1;
        let value = take(if pair { 11 } else { 6 })?;
        if pair {
            text.push(char::from(*ALPHANUMERIC.get(value / 45)?));
        }
        text.push(char::from(*ALPHANUMERIC.get(value % 45)?));
    }
    Some(text)
}

/// Table 10, mask 010.
fn masked(_row: usize, column: usize) -> bool {
    column.is_multiple_of(3)
}

/// Row and column of each data bit, in order (7.7.3).
pub(super) static PLACES: LazyLock<Vec<(usize, usize)>> = LazyLock::new(|| {
    let mut places = Vec::with_capacity(568);
    let mut upward = true;
    let mut right = SIZE - 1;
    loop {
        for i in 0..SIZE {
            let row = if upward { SIZE - 1 - i } else { i };
            places.extend([right, right - 1].into_iter().filter(|&c| !reserved(row, c)).map(|c| (row, c)));
        }
        upward = !upward;
        if right == 1 {
            return places;
        }
        // The vertical timing pattern takes no part.
        right -= if right == 8 { 3 } else { 2 };
    }
});

/// Finders with separators and format information, timing patterns, and the alignment pattern.
fn reserved(row: usize, column: usize) -> bool {
    let (top, left, bottom, right) = (row < 9, column < 9, row >= SIZE - 8, column >= SIZE - 8);
    let corner = (top && (left || right)) || (bottom && left);
    let alignment = (20..25).contains(&row) && (20..25).contains(&column);
    corner || alignment || row == 6 || column == 6
}

/// Modules whose colour is the same in every sheet's QR: finders with separators, timing and alignment patterns. Row,
/// column, dark.
pub fn fixed_modules() -> impl Iterator<Item = (usize, usize, bool)> {
    let any = encode(&"0".repeat(CODE_CHARS));
    let fixed = |row: usize, column: usize| {
        let near_finder = |i: usize| !(9..SIZE - 8).contains(&i);
        let format = (row == 8 && near_finder(column)) || (column == 8 && near_finder(row));
        reserved(row, column) && (!format || row == 6 || column == 6)
    };
    (0..SIZE * SIZE).filter(move |i| fixed(i / SIZE, i % SIZE)).map(move |i| (i / SIZE, i % SIZE, any.dark[i]))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{read_by_another, stained};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_places_hold_all_codewords() {
        assert_eq!(PLACES.len(), 70 * 8 + 7);
    }

    proptest! {
        #[test]
        fn decodes_under_a_stain(text in "GB1[0-9A-HJKMNP-TV-Z]{42}", x in 0..24_usize, y in 0..24_usize) {
            let s = stained(&encode(&text), 9, (x, y));
            prop_assert_eq!(decode(&s).map(|d| d.text), Some(text));
        }

        #[test]
        fn noise_decodes_to_nothing(s in prop::collection::vec(-1.0..1.0_f32, SIZE * SIZE)) {
            prop_assert!(decode(&s).is_none());
        }
    }

    #[test]
    fn a_general_decoder_reads_it() {
        let text = "GB1".to_owned() + &"7".repeat(42);
        assert_eq!(read_by_another(&encode(&text), rxing::BarcodeFormat::QR_CODE), text);
    }
}
