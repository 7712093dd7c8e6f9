//! QR symbols of version 3 that somebody else made: any level, mask and data mode (ISO/IEC 18004).

use super::qr::{PLACES, SIZE};
use super::reed_solomon::QR;
use super::{Decoded, Modules, decode_block};
use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version};

/// For each level: the two bits of the format information that name it (table 12), blocks, and data and check codewords
/// of each (table 9, version 3).
const LEVELS: [(u16, usize, usize, usize); 4] =
    [(0b01, 1, 55, 15), (0b00, 1, 44, 26), (0b11, 2, 17, 18), (0b10, 2, 13, 22)];
const ALPHANUMERIC: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
/// Format informations that are tried, the likeliest first: they differ in at least 7 of their 15 bits.
const TRIED: usize = 3;

/// As bytes, at the highest level that they fit in: 42 at M, 53 at L. None for more.
pub fn encode(text: &str) -> Option<Modules> {
    let segment = QrSegment::make_bytes(text.as_bytes());
    let (version, mask) = (Version::new(3), Some(Mask::new(2)));
    let encode = |level| {
        QrCode::encode_segments_advanced(std::slice::from_ref(&segment), level, version, version, mask, false).ok()
    };
    let qr = [QrCodeEcc::Quartile, QrCodeEcc::Medium, QrCodeEcc::Low].into_iter().find_map(encode)?;
    let side = SIZE as i32;
    Some(Modules { size: SIZE, dark: (0..side * side).map(|i| qr.get_module(i % side, i / side)).collect() })
}

/// Decodes sampled modules, row by row: above 0 for dark, below for light, larger for surer.
pub fn decode(samples: &[f32]) -> Option<Decoded> {
    if samples.len() != SIZE * SIZE {
        return None;
    }
    let mut formats: Vec<(f32, u16)> = (0..32).map(|data| (agreement(samples, format_bits(data)), data)).collect();
    formats.sort_by(|a, b| b.0.total_cmp(&a.0));
    formats.iter().take(TRIED).find_map(|&(_, data)| with_format(samples, data))
}

fn with_format(samples: &[f32], data: u16) -> Option<Decoded> {
    let (_, blocks, data_words, checks) = LEVELS.into_iter().find(|l| l.0 == data >> 3)?;
    let mut received = vec![Vec::new(); blocks];
    for codeword in 0..blocks * (data_words + checks) {
        let bits: [f32; 8] = std::array::from_fn(|b| {
            let (row, column) = PLACES[8 * codeword + b];
            let sample = samples[row * SIZE + column];
            if masked(data & 7, row, column) { -sample } else { sample }
        });
        received[codeword % blocks].push(bits);
    }
    let mut words = Vec::new();
    let mut corrected = 0;
    for block in &received {
        let (word, mended) = decode_block(&QR, block, checks, 2)?;
        words.extend_from_slice(&word[..data_words]);
        corrected += mended;
    }
    Some(Decoded { text: text(&words)?, corrected })
}

/// Level and mask with their check bits (annex C).
fn format_bits(data: u16) -> u16 {
    let rest = (0..10).fold(data, |rest, _| (rest << 1) ^ ((rest >> 9) * 0x537));
    (data << 10 | rest) ^ 0x5412
}

/// How well both copies of the format information (7.9) agree with these bits.
fn agreement(samples: &[f32], bits: u16) -> f32 {
    let near = |i: usize| match i {
        0..6 => (i, 8),
        6 => (7, 8),
        7 => (8, 8),
        8 => (8, 7),
        _ => (8, 14 - i),
    };
    let far = |i: usize| if i < 8 { (8, SIZE - 1 - i) } else { (SIZE - 15 + i, 8) };
    let said = |i: usize, (row, column): (usize, usize)| {
        let sample = samples[row * SIZE + column].clamp(-1.0, 1.0);
        if bits >> i & 1 == 1 { sample } else { -sample }
    };
    (0..15).map(|i| said(i, near(i)) + said(i, far(i))).sum()
}

/// Table 10.
fn masked(mask: u16, r: usize, c: usize) -> bool {
    match mask {
        0 => (r + c).is_multiple_of(2),
        1 => r.is_multiple_of(2),
        2 => c.is_multiple_of(3),
        3 => (r + c).is_multiple_of(3),
        4 => (r / 2 + c / 3).is_multiple_of(2),
        5 => r * c % 2 + r * c % 3 == 0,
        6 => (r * c % 2 + r * c % 3).is_multiple_of(2),
        _ => ((r + c) % 2 + r * c % 3).is_multiple_of(2),
    }
}

/// The segments (7.4): digits, alphanumeric characters and bytes. Any other mode is none of a sheet's code.
fn text(words: &[u8]) -> Option<String> {
    let mut at = 0;
    let mut take = |n: usize| {
        let bit = |i: usize| Some(usize::from(words.get(i / 8)? >> (7 - i % 8) & 1));
        let value = (at..at + n).try_fold(0usize, |v, i| Some(v << 1 | bit(i)?));
        at += n;
        value
    };
    let mut bytes = Vec::new();
    loop {
        // The terminator may be cut short, or be left out where nothing is left.
        match take(4).unwrap_or(0) {
            0 => break,
            1 => {
                let mut left = take(10)?;
                while left > 0 {
                    let digits = left.min(3);
                    let value = take([0, 4, 7, 10][digits])?;
                    bytes.extend(format!("{value:0digits$}").bytes());
                    left -= digits;
                }
            }
            2 => {
                let mut left = take(9)?;
                while left > 0 {
                    let pair = left > 1;
                    let value = take(if pair { 11 } else { 6 })?;
                    if pair {
                        bytes.push(*ALPHANUMERIC.get(value / 45)?);
                    }
                    bytes.push(*ALPHANUMERIC.get(value % 45)?);
                    left -= if pair { 2 } else { 1 };
                }
            }
            4 => {
                for _ in 0..take(8)? {
                    bytes.push(take(8)? as u8);
                }
            }
            // An assignment number up to 127 says how the bytes after it are meant; a sheet's code is ASCII.
            7 => {
                take(8).filter(|&n| n < 128)?;
            }
            _ => return None,
        }
    }
    String::from_utf8(bytes).ok().filter(|t| !t.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn samples(qr: &QrCode) -> Vec<f32> {
        let side = SIZE as i32;
        (0..side * side).map(|i| if qr.get_module(i % side, i / side) { 1.0 } else { -1.0 }).collect()
    }

    #[test]
    fn every_level_and_mask_is_read() {
        let levels = [
            (QrCodeEcc::Low, "#S:1:2ea687c7-8ff8-4821-8d55-1443fe392a9c#"),
            (QrCodeEcc::Medium, "#S:1:2ea687c7-8ff8-4821-8d55-1443fe392a9c#"),
            (QrCodeEcc::Quartile, "#S:1:2ea687c7-8ff8-4821#"),
            (QrCodeEcc::High, "HELLO 123"),
        ];
        for (level, text) in levels {
            for mask in 0..8 {
                let version = Version::new(3);
                let segments = QrSegment::make_segments(text);
                let mask = Some(Mask::new(mask));
                let qr = QrCode::encode_segments_advanced(&segments, level, version, version, mask, false).unwrap();
                assert_eq!(decode(&samples(&qr)).map(|d| d.text).as_deref(), Some(text), "{level:?} {mask:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn decodes_under_a_stain(x in 0..26_usize, y in 0..26_usize) {
            let text = "#S:1:2ea687c7-8ff8-4821-8d55-1443fe392a9c#";
            let modules = encode(text).unwrap();
            let stained = |i: usize| (x..x + 5).contains(&(i % SIZE)) && (y..y + 5).contains(&(i / SIZE));
            let sample = |i: usize| if stained(i) { 0.01 } else if modules.dark[i] { 1.0 } else { -1.0 };
            let samples: Vec<f32> = (0..SIZE * SIZE).map(sample).collect();
            let read = decode(&samples).map(|d| d.text);
            prop_assert_eq!(read.as_deref(), Some(text));
        }

        #[test]
        fn noise_decodes_to_nothing(s in prop::collection::vec(-1.0..1.0_f32, SIZE * SIZE)) {
            prop_assert!(decode(&s).is_none());
        }
    }
}
