//! What the segments of a JBIG2 stream claim (ITU-T T.88, 7.2 and 7.4), summed up before they are decoded.
//!
//! Its arithmetic decoder never runs out of data, so 121 bytes may claim a thousand million pixels and get them. Pages
//! are the least of it: each region brings a size of its own, and a stream may have any number of regions.

use super::super::error::PageError;
use crate::limits::Limits;

/// A page is drawn from a region for its text, one for what is left of it, and perhaps their refinements.
const REGIONS_A_PAGE: u64 = 4;

pub fn check_regions(stream: &[u8], limits: &Limits) -> Result<(), PageError> {
    let mut rest = stream;
    let mut pixels = 0u64;
    while let Some(segment) = segment(&mut rest) {
        pixels = pixels.saturating_add(segment.claimed_pixels());
        if pixels > limits.max_pixels.saturating_mul(REGIONS_A_PAGE) {
            return Err(PageError::DecompressionBomb { format: "JBIG2", limit: limits.max_pixels });
        }
    }
    Ok(())
}

struct Segment<'d> {
    kind: u8,
    data: &'d [u8],
}

impl Segment<'_> {
    fn claimed_pixels(&self) -> u64 {
        let at = |at: usize| self.data.get(at..).and_then(|mut d| number(&mut d, 4)).unwrap_or(0);
        match self.kind {
            // Text, halftone, generic and refinement regions; a halftone's grid is drawn pattern by pattern.
            4 | 6 | 7 | 36 | 38 | 39 | 40 | 42 | 43 => at(0).saturating_mul(at(4)),
            20 | 22 | 23 => at(0).saturating_mul(at(4)).saturating_add(at(18).saturating_mul(at(22))),
            // All patterns of a dictionary lie in one bitmap.
            16 => {
                let side = |i: usize| u64::from(self.data.get(i).copied().unwrap_or(0));
                side(1).saturating_mul(side(2)).saturating_mul(at(3).saturating_add(1))
            }
            _ => 0,
        }
    }
}

/// Takes a segment off the stream; None at its end, or where no segment is.
fn segment<'d>(rest: &mut &'d [u8]) -> Option<Segment<'d>> {
    let own = number(rest, 4)?;
    let flags = number(rest, 1)? as u8;
    let first = *rest.first()?;
    let references = match first >> 5 {
        7 => {
            let count = number(rest, 4)? & 0x1FFF_FFFF;
            *rest = rest.get((count as usize + 1).div_ceil(8)..)?;
            count
        }
        few => {
            *rest = &rest[1..];
            u64::from(few)
        }
    };
    let bytes_each = if own <= 256 {
        1
    } else if own <= 65_536 {
        2
    } else {
        4
    };
    let association = if flags & 0x40 != 0 { 4 } else { 1 };
    *rest = rest.get((references as usize).checked_mul(bytes_each)?.checked_add(association)?..)?;
    let kind = flags & 0x3F;
    let length = match number(rest, 4)? {
        0xFFFF_FFFF => unknown_length(rest)?,
        length => length as usize,
    };
    let (data, after) = rest.split_at(length.min(rest.len()));
    *rest = after;
    Some(Segment { kind, data })
}

/// Of a generic region, which ends with a mark of its coding and its number of rows (7.2.7).
fn unknown_length(data: &[u8]) -> Option<usize> {
    const FLAGS: usize = 17;
    let mmr = data.get(FLAGS)? & 1 == 1;
    let end: &[u8] = if mmr { &[0x00, 0x00] } else { &[0xFF, 0xAC] };
    Some(FLAGS + 1 + memchr::memmem::find(&data[FLAGS + 1..], end)? + end.len() + 4)
}

fn number(rest: &mut &[u8], bytes: usize) -> Option<u64> {
    let (number, after) = rest.split_at_checked(bytes)?;
    *rest = after;
    Some(number.iter().fold(0, |n, &b| n << 8 | u64::from(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic_region(width: u32, height: u32) -> Vec<u8> {
        let mut out = vec![0, 0, 0, 1, 38, 0, 1, 0, 0, 0, 20];
        out.extend([width.to_be_bytes(), height.to_be_bytes(), [0; 4], [0; 4]].concat());
        out.extend([0; 4]);
        out
    }

    #[test]
    fn regions_are_summed_up() {
        let limits = Limits { max_pixels: 1_000_000, ..Limits::default() };
        assert!(check_regions(&generic_region(1000, 1000), &limits).is_ok());
        assert!(check_regions(&generic_region(1000, 1000).repeat(4), &limits).is_ok());
        let bomb = PageError::DecompressionBomb { format: "JBIG2", limit: 1_000_000 };
        assert_eq!(check_regions(&generic_region(1000, 1000).repeat(5), &limits), Err(bomb.clone()));
        assert_eq!(check_regions(&generic_region(u32::MAX, u32::MAX), &limits), Err(bomb.clone()));
        // After one whose length is not said.
        let mut open = generic_region(10, 10);
        open[7..11].fill(0xFF);
        open.extend([0xFF, 0xAC, 0, 0, 0, 10]);
        assert_eq!(check_regions(&[open, generic_region(9000, 9000)].concat(), &limits), Err(bomb));
    }
}
