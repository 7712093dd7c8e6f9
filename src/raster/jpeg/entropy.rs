//! Blocks of the entropy-coded data (T.81, F.2.2): decoded where their pixels are wanted, walked past elsewhere.

use super::JpegError;
use super::bits::BitReader;
use super::header::{ComponentCodes, Header, ZIGZAG};
use super::huffman::{AC_BITS, AcTable, Code, DC_BITS, DcTable, SKIP_BITS, SKIP_END, SkipTable, UNRESOLVED, extend};
use super::segments::Segments;
use crate::raster::Gray;

/// One block's quantised coefficients, row by row.
pub(super) type Coefficients = [i16; 64];

/// Which coefficients of a block may differ from zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Extent {
    DcOnly = 0,
    /// The 4 × 4 lowest frequencies.
    Low = 1,
    Full = 2,
}

/// `ZIGZAG`, with a flag for the places outside the 4 × 4 lowest frequencies. Runs may lead beyond the 64th
/// coefficient: what is there lands, as a zero, on the last one, which was not yet set.
const PLACES: [u8; 128] = {
    let mut places = [63; 128];
    let mut k = 0;
    while k < 64 {
        let place = ZIGZAG[k];
        places[k] = if place & 7 > 3 || place >> 3 > 3 { place | OUTER } else { place };
        k += 1;
    }
    places
};
const OUTER: u8 = 0x80;

/// How the entropy-coded data ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Ended {
    Well,
    Truncated,
    Damaged,
}

impl Ended {
    pub fn check(self, rows_good: usize, picture: Gray) -> Result<Gray, JpegError> {
        match self {
            Ended::Well => Ok(picture),
            Ended::Truncated => Err(JpegError::Truncated { rows_good, picture }),
            Ended::Damaged => Err(JpegError::Damaged { rows_good, picture }),
        }
    }
}

pub(super) struct Tables {
    luma_dc: DcTable,
    luma_skip: SkipTable,
    /// Of the chroma components, in turn: blocks in an MCU and their tables.
    chroma: Vec<(usize, DcTable, SkipTable)>,
}

impl Tables {
    pub fn new(header: &Header) -> Self {
        // Cb and Cr mostly share their codes: building tables is worth 1 % of a page.
        let shared = header.chroma.chunk_by(|a, b| a.dc == b.dc && a.ac == b.ac);
        let chroma = |same: &[ComponentCodes]| {
            let blocks = same.iter().map(|c| c.blocks).sum();
            (blocks, DcTable::new(&same[0].dc), SkipTable::new(&same[0].ac))
        };
        Tables {
            luma_dc: DcTable::new(&header.luma.dc),
            luma_skip: SkipTable::new(&header.luma.ac),
            chroma: shared.map(chroma).collect(),
        }
    }
}

/// A place in the data where decoding can begin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SeekPoint {
    /// In the unstuffed data.
    pub bit: usize,
    /// The luma's DC predictor.
    pub dc: i32,
}

pub(super) struct Entropy<'a> {
    tables: &'a Tables,
    segments: &'a Segments,
    restart_mcus: usize,
    bits: BitReader<'a>,
    dc: i32,
    /// MCUs until the next restart marker.
    left: usize,
    segment: usize,
    /// A code was met that does not exist, coefficients beyond the block's end, or a wrong length of a segment.
    bad: bool,
}

impl<'a> Entropy<'a> {
    pub fn new(tables: &'a Tables, segments: &'a Segments, restart_mcus: usize) -> Self {
        let bits = BitReader::new(&segments.bytes, 0);
        Entropy { tables, segments, restart_mcus, bits, dc: 0, left: restart_mcus, segment: 0, bad: false }
    }

    pub fn seek(&mut self, mcu: usize, point: SeekPoint) {
        self.segment = mcu / self.restart_mcus;
        self.left = self.restart_mcus - mcu % self.restart_mcus;
        self.bits = BitReader::new(&self.segments.bytes, point.bit);
        self.dc = point.dc;
    }

    /// Before each MCU.
    #[inline(always)]
    pub fn begin_mcu(&mut self) {
        if self.left == 0 {
            self.restart();
        }
        self.left -= 1;
    }

    fn restart(&mut self) {
        self.bad |= self.truncated() || self.left_over();
        self.segment += 1;
        self.left = self.restart_mcus;
        self.dc = 0;
        let begin = self.segments.bits.get(self.segment).map_or(self.segments.bytes.len() * 8, |range| range.start);
        self.bits = BitReader::new(&self.segments.bytes, begin);
    }

    pub fn point(&self) -> SeekPoint {
        SeekPoint { bit: self.bits.position(), dc: self.dc }
    }

    /// More was read than this segment has.
    fn truncated(&self) -> bool {
        self.segments.bits.get(self.segment).is_none_or(|range| self.bits.position() > range.end)
    }

    /// Less was read than this segment has, apart from padding as some scanners write it.
    fn left_over(&self) -> bool {
        let Some(range) = self.segments.bits.get(self.segment) else { return false };
        let rest = self.segments.bytes.get(self.bits.position().div_ceil(8)..range.end / 8).unwrap_or_default();
        !(rest.iter().all(|&b| b == 0) || rest.iter().all(|&b| b == 0xFF))
    }

    /// What is wrong with what was decoded so far. Data that run out in the last segment were cut off.
    pub fn trouble(&self) -> Option<Ended> {
        if self.truncated() && self.segment + 1 >= self.segments.bits.len() {
            return Some(if self.segments.complete { Ended::Damaged } else { Ended::Truncated });
        }
        (self.bad || self.truncated()).then_some(Ended::Damaged)
    }

    /// After the last MCU.
    pub fn ended(&self) -> Ended {
        if self.left_over() || self.segments.misordered { Ended::Damaged } else { Ended::Well }
    }

    #[inline(always)]
    fn dc_difference(&mut self, table: &DcTable) -> i32 {
        self.bits.refill();
        let entry = table.fast[self.bits.peek::<DC_BITS>()];
        if entry & 255 != 0 {
            self.bits.skip(entry & 255);
            return entry as i32 >> 16;
        }
        let (taken, _, value) = self.single(&table.code);
        self.bits.skip(taken);
        self.bits.refill();
        value
    }

    /// (bits, symbol, value) at the present place.
    #[inline(always)]
    fn single(&mut self, code: &Code) -> (u32, u8, i32) {
        if let Some((bits, symbol)) = code.symbol(self.bits.window()) {
            return self.value(bits, symbol);
        }
        self.bad = true;
        (1, 0, 0)
    }

    /// Likewise, after a code of `bits` bits.
    #[inline(always)]
    fn value(&self, bits: u32, symbol: u8) -> (u32, u8, i32) {
        let size = u32::from(symbol & 15);
        (bits + size, symbol, extend(self.bits.window() << bits, size))
    }

    /// Passes AC symbols; true at the block's end.
    #[inline(always)]
    fn skip_step(&mut self, table: &SkipTable, k: &mut usize) -> bool {
        let entry = table.fast[self.bits.peek::<SKIP_BITS>()];
        let next = *k + usize::from(entry >> 8);
        if next < 64 {
            self.bits.skip(entry.into());
            *k = next;
            return entry & SKIP_END != 0;
        }
        self.bits.refill();
        let (taken, symbol, _) = self.single(&table.code);
        self.bits.skip(taken);
        self.bits.refill();
        self.pass(symbol, k)
    }

    /// Goes past one coefficient or run; true at the block's end.
    #[inline(always)]
    fn pass(&mut self, symbol: u8, k: &mut usize) -> bool {
        if symbol & 15 == 0 && symbol != 0xF0 {
            return true;
        }
        *k += usize::from(symbol >> 4) + 1;
        self.bad |= *k > 64;
        *k > 63
    }

    #[inline(always)]
    fn skip_ac(&mut self, table: &SkipTable) {
        let mut k = 1;
        while !self.skip_step(table, &mut k) && !self.skip_step(table, &mut k) {
            self.bits.refill();
        }
    }

    /// Decodes AC symbols into `block`; true at the block's end. Gathers the flags of their places.
    #[inline(always)]
    fn read_step(&mut self, table: &AcTable, block: &mut Coefficients, k: &mut usize, outer: &mut u8) -> bool {
        let mut put = |k: usize, value: i16| {
            let place = PLACES[k & 127];
            *outer |= place;
            block[usize::from(place & 63)] = value;
        };
        let entry = table.fast[self.bits.peek::<AC_BITS>()];
        let next = *k + entry.passed();
        if next < 64 {
            let (first, second) = (entry.first(), entry.second());
            put(*k + first.0, first.1);
            put(*k + second.0, second.1);
            self.bits.skip(entry.bits());
            *k = next;
            return entry.end();
        }
        self.bits.refill();
        let (taken, symbol, value) = if entry.passed() == UNRESOLVED && entry.bits() > 0 {
            self.value(entry.bits(), entry.first().1 as u8)
        } else {
            self.single(&table.code)
        };
        self.bits.skip(taken);
        self.bits.refill();
        if symbol & 15 != 0 {
            put(*k + usize::from(symbol >> 4), value as i16);
        }
        self.pass(symbol, k)
    }

    /// Passes a luma block; its DC term.
    #[inline(always)]
    pub fn skip_luma(&mut self) -> i32 {
        let tables = self.tables;
        self.dc = self.dc.wrapping_add(self.dc_difference(&tables.luma_dc));
        self.skip_ac(&tables.luma_skip);
        self.dc
    }

    #[inline(always)]
    pub fn skip_chroma(&mut self) {
        let tables = self.tables;
        for (blocks, dc, ac) in &tables.chroma {
            for _ in 0..*blocks {
                self.dc_difference(dc);
                self.skip_ac(ac);
            }
        }
    }

    /// Decodes a luma block into `block`, which must be zero.
    #[inline(always)]
    pub fn read_luma(&mut self, table: &AcTable, block: &mut Coefficients) -> Extent {
        let tables = self.tables;
        self.dc = self.dc.wrapping_add(self.dc_difference(&tables.luma_dc));
        block[0] = self.dc as i16;
        let (mut k, mut outer) = (1, 0);
        while !self.read_step(table, block, &mut k, &mut outer)
            && !self.read_step(table, block, &mut k, &mut outer)
            && !self.read_step(table, block, &mut k, &mut outer)
        {
            self.bits.refill();
        }
        match (k, outer & OUTER) {
            (1, _) => Extent::DcOnly,
            (_, 0) => Extent::Low,
            _ => Extent::Full,
        }
    }
}
