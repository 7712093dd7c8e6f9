//! Entropy-coded data between markers, with the stuffed zeros (T.81, B.1.1.5) taken out.

use super::header::Header;
use memchr::memchr;
use std::ops::Range;

/// Zeros after each segment, so that a read of eight bytes at its end stays inside.
const PADDING: usize = 16;

/// One scan's data: all segments in one buffer.
pub(super) struct Segments {
    pub bytes: Vec<u8>,
    /// Of each restart interval, in bits of `bytes`.
    pub bits: Vec<Range<usize>>,
    /// A restart marker was out of turn.
    pub misordered: bool,
    /// The data ended with a marker, not with the file.
    pub complete: bool,
}

impl Segments {
    pub fn of(file: &[u8], header: &Header) -> Self {
        let data = file.get(header.data_at..).unwrap_or_default();
        Self::unstuff(data, header.mcu_count().div_ceil(header.restart_mcus))
    }

    /// At most `expected` segments are taken.
    fn unstuff(data: &[u8], expected: usize) -> Self {
        let mut out = Segments {
            bytes: Vec::with_capacity(data.len() + PADDING),
            bits: Vec::new(),
            misordered: false,
            complete: false,
        };
        let (mut rest, mut begin) = (data, 0);
        loop {
            let Some(at) = memchr(0xFF, rest) else {
                out.bytes.extend_from_slice(rest);
                break;
            };
            match rest.get(at + 1) {
                Some(0x00) => {
                    out.bytes.extend_from_slice(&rest[..=at]);
                    rest = &rest[at + 2..];
                }
                // Fill bytes before a marker (B.1.1.2).
                Some(0xFF) => {
                    out.bytes.extend_from_slice(&rest[..at]);
                    rest = &rest[at + 1..];
                }
                Some(&marker @ 0xD0..=0xD7) if expected > 1 => {
                    out.bytes.extend_from_slice(&rest[..at]);
                    rest = &rest[at + 2..];
                    out.misordered |= usize::from(marker & 7) != out.bits.len() & 7;
                    out.close(&mut begin);
                    if out.bits.len() == expected {
                        return out;
                    }
                }
                Some(_) => {
                    out.bytes.extend_from_slice(&rest[..at]);
                    out.complete = true;
                    break;
                }
                None => {
                    out.bytes.extend_from_slice(&rest[..at]);
                    break;
                }
            }
        }
        out.close(&mut begin);
        out
    }

    fn close(&mut self, begin: &mut usize) {
        self.bits.push(*begin * 8..self.bytes.len() * 8);
        self.bytes.resize(self.bytes.len() + PADDING, 0);
        *begin = self.bytes.len();
    }
}
