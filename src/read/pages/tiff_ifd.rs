//! The directories of a TIFF file: one for each page (TIFF 6.0, section 2; BigTIFF by its offsets of 8 bytes).
//!
//! Walked here and not by the `tiff` crate, which stops at the first page that it can't decode.

use crate::limits::Limits;

#[derive(Clone, Debug, PartialEq)]
pub struct Ifd {
    /// Which directory of the file, thumbnails counted.
    pub index: usize,
    offset: usize,
    big_endian: bool,
    big_tiff: bool,
}

pub mod tag {
    pub const NEW_SUBFILE_TYPE: u16 = 254;
    pub const WIDTH: u16 = 256;
    pub const HEIGHT: u16 = 257;
    pub const COMPRESSION: u16 = 259;
    pub const PHOTOMETRIC: u16 = 262;
    pub const FILL_ORDER: u16 = 266;
    pub const STRIP_OFFSETS: u16 = 273;
    pub const ORIENTATION: u16 = 274;
    pub const SAMPLES_PER_PIXEL: u16 = 277;
    pub const ROWS_PER_STRIP: u16 = 278;
    pub const STRIP_BYTE_COUNTS: u16 = 279;
    pub const X_RESOLUTION: u16 = 282;
    pub const Y_RESOLUTION: u16 = 283;
    pub const T4_OPTIONS: u16 = 292;
    pub const RESOLUTION_UNIT: u16 = 296;
    pub const COLOR_MAP: u16 = 320;
}

/// The directories of whole pages, in file order: at most one more than may be read. None when there is no readable
/// first directory.
pub fn pages(file: &[u8], limits: &Limits) -> Option<Vec<Ifd>> {
    let big_endian = file.starts_with(b"MM");
    let header = Ifd { index: 0, offset: 0, big_endian, big_tiff: false };
    let big_tiff = header.uint(file, 2, 2)? == 43;
    let mut next = if big_tiff { header.uint(file, 8, 8)? } else { header.uint(file, 4, 4)? };
    let mut found = Vec::new();
    let mut seen = std::collections::HashSet::new();
    while next != 0 && seen.insert(next) && found.len() <= limits.max_pages as usize {
        let ifd = Ifd { index: seen.len() - 1, offset: usize::try_from(next).ok()?, big_endian, big_tiff };
        let Some(after) = ifd.next(file) else {
            // A cut file: the page that is missing is worth a line, unless it is the first.
            if found.is_empty() {
                return None;
            }
            found.push(ifd);
            break;
        };
        if ifd.number(file, tag::NEW_SUBFILE_TYPE).unwrap_or(0) & 1 == 0 {
            found.push(ifd);
        }
        next = after;
    }
    Some(found)
}

impl Ifd {
    fn uint(&self, file: &[u8], at: usize, bytes: usize) -> Option<u64> {
        let slice = file.get(at..at.checked_add(bytes)?)?;
        let fold = |n: u64, b: &u8| n << 8 | u64::from(*b);
        Some(if self.big_endian { slice.iter().fold(0, fold) } else { slice.iter().rev().fold(0, fold) })
    }

    fn entry_count(&self, file: &[u8]) -> Option<usize> {
        usize::try_from(self.uint(file, self.offset, if self.big_tiff { 8 } else { 2 })?).ok()
    }

    fn entry_at(&self, entry: usize) -> Option<usize> {
        let (header, size) = if self.big_tiff { (8, 20) } else { (2, 12) };
        self.offset.checked_add(header)?.checked_add(entry.checked_mul(size)?)
    }

    fn next(&self, file: &[u8]) -> Option<u64> {
        self.uint(file, self.entry_at(self.entry_count(file)?)?, if self.big_tiff { 8 } else { 4 })
    }

    /// Where a tag's entry begins in the file, and the type, count and place of its values.
    fn find(&self, file: &[u8], tag: u16) -> Option<(usize, u64, usize, usize)> {
        let count = self.entry_count(file)?.min(4096);
        let at =
            (0..count).filter_map(|i| self.entry_at(i)).find(|&at| self.uint(file, at, 2) == Some(u64::from(tag)))?;
        let kind = self.uint(file, at + 2, 2)?;
        let (count, value_at, inline) = if self.big_tiff {
            (self.uint(file, at + 4, 8)?, at + 12, 8)
        } else {
            (self.uint(file, at + 4, 4)?, at + 8, 4)
        };
        let count = usize::try_from(count).ok()?;
        let fits = count.checked_mul(size_of_type(kind)?)? <= inline;
        let place = if fits { value_at } else { usize::try_from(self.uint(file, value_at, inline)?).ok()? };
        Some((at, kind, count, place))
    }

    pub fn number(&self, file: &[u8], tag: u16) -> Option<u64> {
        let (_, kind, _, place) = self.find(file, tag)?;
        self.uint(file, place, size_of_type(kind).filter(|_| kind != 5)?)
    }

    /// All values of a tag, as long as the file really holds them.
    pub fn numbers(&self, file: &[u8], tag: u16) -> Option<Vec<u64>> {
        let (_, kind, count, place) = self.find(file, tag)?;
        let size = size_of_type(kind).filter(|_| kind != 5)?;
        let end = place.checked_add(count.checked_mul(size)?)?;
        file.get(place..end)?;
        (0..count).map(|i| self.uint(file, place + i * size, size)).collect()
    }

    pub fn rational(&self, file: &[u8], tag: u16) -> Option<f64> {
        let (_, kind, _, place) = self.find(file, tag)?;
        let (n, d) = (self.uint(file, place, 4)?, self.uint(file, place.checked_add(4)?, 4)?);
        (kind == 5 && d != 0).then(|| n as f64 / d as f64)
    }

    /// The file with another value in a tag of one inline short.
    pub fn with_short(&self, file: &[u8], tag: u16, value: u16) -> Option<Vec<u8>> {
        let (_, kind, count, place) = self.find(file, tag)?;
        let mut copy = (kind == 3 && count == 1).then(|| file.to_vec())?;
        let bytes = if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        copy.get_mut(place..place.checked_add(2)?)?.copy_from_slice(&bytes);
        Some(copy)
    }
}

fn size_of_type(kind: u64) -> Option<usize> {
    Some(match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16 | 17 | 18 => 8,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_of_directories_ends() {
        // One empty directory at 8 that names itself as the next.
        let file = b"II*\0\x08\0\0\0\0\0\x08\0\0\0";
        assert_eq!(pages(file, &Limits::default()).unwrap().len(), 1);
        assert_eq!(pages(b"II*\0\xFF\xFF\xFF\xFF", &Limits::default()), None);
        assert_eq!(pages(b"MM", &Limits::default()), None);
    }
}
