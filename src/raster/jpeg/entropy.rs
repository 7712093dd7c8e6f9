//! One scan's entropy-coded data: blocks in turn, restart intervals, and how it ended.

use super::JpegError;
use super::bits::BitReader;
use super::block::{BlockReader, Coefficients, Extent};
use super::header::{ComponentCodes, Header};
use super::huffman::{AcTable, DcTable, SkipTable};
use super::segments::Segments;
use crate::raster::Gray;

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
    blocks: BlockReader<'a>,
    dc: i32,
    /// MCUs until the next restart marker.
    left: usize,
    segment: usize,
}

impl<'a> Entropy<'a> {
    pub fn new(tables: &'a Tables, segments: &'a Segments, restart_mcus: usize) -> Self {
        let blocks = BlockReader { bits: BitReader::new(&segments.bytes, 0), bad: false };
        Entropy { tables, segments, restart_mcus, blocks, dc: 0, left: restart_mcus, segment: 0 }
    }

    pub fn seek(&mut self, mcu: usize, point: SeekPoint) {
        self.segment = mcu / self.restart_mcus;
        self.left = self.restart_mcus - mcu % self.restart_mcus;
        self.blocks.bits = BitReader::new(&self.segments.bytes, point.bit);
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
        self.blocks.bad |= self.truncated() || self.left_over();
        self.segment += 1;
        self.left = self.restart_mcus;
        self.dc = 0;
        let begin = self.segments.bits.get(self.segment).map_or(self.segments.bytes.len() * 8, |range| range.start);
        self.blocks.bits = BitReader::new(&self.segments.bytes, begin);
    }

    pub fn point(&self) -> SeekPoint {
        SeekPoint { bit: self.blocks.bits.position(), dc: self.dc }
    }

    /// More was read than this segment has.
    fn truncated(&self) -> bool {
        self.segments.bits.get(self.segment).is_none_or(|range| self.blocks.bits.position() > range.end)
    }

    /// Less was read than this segment has, apart from padding as some scanners write it.
    fn left_over(&self) -> bool {
        let Some(range) = self.segments.bits.get(self.segment) else { return false };
        let rest = self.segments.bytes.get(self.blocks.bits.position().div_ceil(8)..range.end / 8).unwrap_or_default();
        !(rest.iter().all(|&b| b == 0) || rest.iter().all(|&b| b == 0xFF))
    }

    /// What is wrong with what was decoded so far. Data that run out in the last segment were cut off.
    pub fn trouble(&self) -> Option<Ended> {
        if self.truncated() && self.segment + 1 >= self.segments.bits.len() {
            return Some(if self.segments.complete { Ended::Damaged } else { Ended::Truncated });
        }
        (self.blocks.bad || self.truncated()).then_some(Ended::Damaged)
    }

    /// After the last MCU.
    pub fn ended(&self) -> Ended {
        if self.left_over() || self.segments.misordered { Ended::Damaged } else { Ended::Well }
    }

    /// Passes a luma block; its DC term.
    #[inline(always)]
    pub fn skip_luma(&mut self) -> i32 {
        let tables = self.tables;
        self.dc = self.dc.wrapping_add(self.blocks.dc_difference(&tables.luma_dc));
        self.blocks.skip_ac(&tables.luma_skip);
        self.dc
    }

    #[inline(always)]
    pub fn skip_chroma(&mut self) {
        let tables = self.tables;
        for (blocks, dc, ac) in &tables.chroma {
            for _ in 0..*blocks {
                self.blocks.dc_difference(dc);
                self.blocks.skip_ac(ac);
            }
        }
    }

    /// Decodes a luma block into `block`, which must be zero.
    #[inline(always)]
    pub fn read_luma(&mut self, table: &AcTable, block: &mut Coefficients) -> Extent {
        let tables = self.tables;
        self.dc = self.dc.wrapping_add(self.blocks.dc_difference(&tables.luma_dc));
        block[0] = self.dc as i16;
        self.blocks.read_ac(table, block)
    }
}
