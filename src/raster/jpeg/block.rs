//! Single blocks of the entropy-coded data (T.81, F.2.2): decoded, or only passed.

use super::bits::BitReader;
use super::header::ZIGZAG;
use super::huffman::{AC_BITS, AcTable, Code, DC_BITS, DcTable, SKIP_BITS, SKIP_END, SkipTable, UNRESOLVED, extend};

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

pub(super) struct BlockReader<'a> {
    pub bits: BitReader<'a>,
    /// A code was met that does not exist, or coefficients beyond the block's end.
    pub bad: bool,
}

impl BlockReader<'_> {
    #[inline(always)]
    pub fn dc_difference(&mut self, table: &DcTable) -> i32 {
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

    /// At most 46 bits are taken between refills: a DC difference and two look-ups.
    #[inline(always)]
    pub fn skip_ac(&mut self, table: &SkipTable) {
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

    /// Decodes the AC terms into `block`, where they must be zero.
    #[inline(always)]
    pub fn read_ac(&mut self, table: &AcTable, block: &mut Coefficients) -> Extent {
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
