//! The backup code: a Data Matrix ECC 200 of 24 × 24 modules, 36 data and 24 check codewords (ISO/IEC 16022), its text in
//! C40.

use super::reed_solomon::DATA_MATRIX;
use super::{Decoded, Modules, decode_block};
use crate::sheet::identity::CODE_CHARS;
use std::sync::LazyLock;

pub const SIZE: usize = 24;
/// Without the finder pattern around.
const INNER: usize = SIZE - 2;
const DATA: usize = 36;
const CHECKS: usize = 24;
const LATCH_C40: u8 = 230;
const UNLATCH: u8 = 254;
const PAD: u8 = 129;

/// Panics on a text that is not a code text: those always fit.
pub fn encode(text: &str) -> Modules {
    let mut words = vec![LATCH_C40];
    let values: Vec<u16> = text.bytes().map(|b| c40(b).expect("a code text is of digits and capitals")).collect();
    for t in values.chunks_exact(3) {
        words.extend((1600 * t[0] + 40 * t[1] + t[2] + 1).to_be_bytes());
    }
    words.push(UNLATCH);
    words.push(PAD);
    while words.len() < DATA {
        // The 253-state algorithm (annex B.1).
        let position = words.len() as u16 + 1;
        let pad = u16::from(PAD) + 149 * position % 253 + 1;
        words.push(if pad <= 254 { pad } else { pad - 254 } as u8);
    }
    assert_eq!(words.len(), DATA, "a code text has {CODE_CHARS} characters");
    words.extend(DATA_MATRIX.encode(&words, CHECKS));
    let dark = (0..SIZE * SIZE)
        .map(|i| match place(i / SIZE, i % SIZE) {
            Place::Fixed(dark) => dark,
            Place::Bit(word, bit) => words[word] >> (7 - bit) & 1 == 1,
        })
        .collect();
    Modules { size: SIZE, dark }
}

/// Decodes sampled modules, row by row: above 0 for dark, below for light, larger for surer.
pub fn decode(samples: &[f32]) -> Option<Decoded> {
    if samples.len() != SIZE * SIZE {
        return None;
    }
    let mut words = [[0.0; 8]; DATA + CHECKS];
    for (i, &s) in samples.iter().enumerate() {
        if let Place::Bit(word, bit) = place(i / SIZE, i % SIZE) {
            words[word][bit] = s;
        }
    }
    let (word, corrected) = decode_block(&DATA_MATRIX, &words, CHECKS, 2)?;
    Some(Decoded { text: text(&word[..DATA])?, corrected })
}

fn text(data: &[u8]) -> Option<String> {
    let (&latch, rest) = data.split_first()?;
    let mut text = String::with_capacity(CODE_CHARS);
    for pair in rest[..CODE_CHARS / 3 * 2].chunks_exact(2) {
        let v = u16::from_be_bytes([pair[0], pair[1]]).checked_sub(1)?;
        for value in [v / 1600, v / 40 % 40, v % 40] {
            text.push(char::from(match value {
                4..=13 => b'0' + (value - 4) as u8,
                14..=39 => b'A' + (value - 14) as u8,
                _ => return None,
            }));
        }
    }
    (latch == LATCH_C40).then_some(text)
}

/// Table C.1, basic set.
fn c40(b: u8) -> Option<u16> {
    match b {
        b'0'..=b'9' => Some(u16::from(b - b'0') + 4),
        b'A'..=b'Z' => Some(u16::from(b - b'A') + 14),
        _ => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// Of the finder pattern, or one of the four modules that no codeword takes.
    Fixed(bool),
    /// Codeword and bit, the most significant first.
    Bit(usize, usize),
}

pub fn place(row: usize, column: usize) -> Place {
    if column == 0 || row == SIZE - 1 {
        Place::Fixed(true)
    } else if row == 0 {
        Place::Fixed(column.is_multiple_of(2))
    } else if column == SIZE - 1 {
        Place::Fixed((SIZE - 1 - row).is_multiple_of(2))
    } else {
        let (r, c) = (row - 1, column - 1);
        match PLACES[r * INNER + c] {
            Some((word, bit)) => Place::Bit(word, bit),
            None => Place::Fixed(r == c),
        }
    }
}

/// Codeword and bit of each inner module, by the placement algorithm of annex F.3.
static PLACES: LazyLock<Vec<Option<(usize, usize)>>> = LazyLock::new(|| {
    let side = INNER as isize;
    let mut places = vec![None; INNER * INNER];
    let mut word = 0;
    let mut put = |modules: [(isize, isize); 8]| {
        for (bit, (mut r, mut c)) in modules.into_iter().enumerate() {
            if r < 0 {
                r += side;
                c += 4 - (side + 4) % 8;
            }
            if c < 0 {
                c += side;
                r += 4 - (side + 4) % 8;
            }
            places[(r * side + c) as usize] = Some((word, bit));
        }
        word += 1;
        places.clone()
    };
    let utah = |r: isize, c: isize| {
        [(r - 2, c - 2), (r - 2, c - 1), (r - 1, c - 2), (r - 1, c - 1), (r - 1, c), (r, c - 2), (r, c - 1), (r, c)]
    };
    let (mut r, mut c) = (4, 0);
    let mut taken = vec![None; INNER * INNER];
    loop {
        // Of the four corner cases only the second occurs at this size.
        if r == side - 2 && c == 0 {
            taken = put([
                (side - 3, 0),
                (side - 2, 0),
                (side - 1, 0),
                (0, side - 4),
                (0, side - 3),
                (0, side - 2),
                (0, side - 1),
                (1, side - 1),
            ]);
        }
        while r >= 0 && c < side {
            if r < side && c >= 0 && taken[(r * side + c) as usize].is_none() {
                taken = put(utah(r, c));
            }
            (r, c) = (r - 2, c + 2);
        }
        (r, c) = (r + 1, c + 3);
        while r < side && c >= 0 {
            if r >= 0 && c < side && taken[(r * side + c) as usize].is_none() {
                taken = put(utah(r, c));
            }
            (r, c) = (r + 2, c - 2);
        }
        (r, c) = (r + 3, c + 1);
        if r >= side && c >= side {
            return taken;
        }
    }
});

#[cfg(test)]
mod tests {
    use super::super::testing::{read_by_another, stained};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_bit_of_every_codeword_has_one_place() {
        let mut bits: Vec<_> = PLACES.iter().flatten().copied().collect();
        bits.sort_unstable();
        let all: Vec<_> = (0..DATA + CHECKS).flat_map(|w| (0..8).map(move |b| (w, b))).collect();
        assert_eq!(bits, all);
    }

    proptest! {
        #[test]
        fn decodes_under_a_stain(text in "GB1[0-9A-HJKMNP-TV-Z]{42}", x in 0..18_usize, y in 0..18_usize) {
            let s = stained(&encode(&text), 7, (x, y));
            prop_assert_eq!(decode(&s).map(|d| d.text), Some(text));
        }

        #[test]
        fn noise_decodes_to_nothing(s in prop::collection::vec(-1.0..1.0_f32, SIZE * SIZE)) {
            prop_assert!(decode(&s).is_none());
        }
    }

    #[test]
    fn a_general_decoder_reads_it() {
        let text = "GB1".to_owned() + &"7K".repeat(21);
        assert_eq!(read_by_another(&encode(&text), rxing::BarcodeFormat::DATA_MATRIX), text);
    }
}
