//! Huffman tables (T.81, annexes C and F.2.2), widened so that one look-up does as much as its bits allow.

use super::JpegError;

/// Bits looked at when only skipping: 13 take in about two symbols of a scanned page, in 16 KiB.
pub(super) const SKIP_BITS: u32 = 13;
pub(super) const AC_BITS: u32 = 12;
pub(super) const DC_BITS: u32 = 10;

/// Bits that one look-up of [`SkipTable`] may take: two and a DC difference fit one refill of 56 bits.
const MAX_TAKEN: u32 = (56 - DC_BITS) / 2;
/// An advance that no block can take: the look-up did not resolve.
pub(super) const UNRESOLVED: usize = 127;

/// The code as it stands in the file: `counts[l - 1]` codes of `l` bits, their symbols in order.
#[derive(Clone, PartialEq)]
pub(super) struct Code {
    /// Of each length: one past its last code, left-aligned in 16 bits (so never falling with the length).
    limits: [u32; 16],
    /// Of each length: what to add to a code to get its symbol's place.
    offsets: [i32; 16],
    symbols: Vec<u8>,
}

impl Code {
    pub fn new(counts: &[u8; 16], symbols: &[u8]) -> Result<Self, JpegError> {
        let (mut limits, mut offsets) = ([0; 16], [0; 16]);
        let (mut code, mut place) = (0u32, 0i32);
        for (i, &count) in counts.iter().enumerate() {
            offsets[i] = place - code as i32;
            code += u32::from(count);
            place += i32::from(count);
            if code > 1 << (i + 1) {
                return Err(JpegError::Corrupt("a Huffman table has more codes than fit"));
            }
            limits[i] = code << (15 - i);
            code <<= 1;
        }
        if place as usize != symbols.len() {
            return Err(JpegError::Corrupt("a Huffman table's symbols do not match its counts"));
        }
        Ok(Code { limits, offsets, symbols: symbols.to_vec() })
    }

    /// (bits, symbol) of the code at the top of `window`; None when there is no such code.
    #[inline(always)]
    pub fn symbol(&self, window: u64) -> Option<(u32, u8)> {
        let head = (window >> 48) as u32;
        let i = self.limits.iter().position(|&limit| head < limit)?;
        let place = (head >> (15 - i)) as i32 + self.offsets[i];
        self.symbols.get(place as usize).map(|&symbol| (i as u32 + 1, symbol))
    }
}

/// The value of `size` bits at the top of `window` (T.81, F.2.2.1, EXTEND).
#[inline(always)]
pub(super) fn extend(window: u64, size: u32) -> i32 {
    if size == 0 {
        return 0;
    }
    let value = (window >> (64 - size)) as i32;
    if value < 1 << (size - 1) { value - (1 << size) + 1 } else { value }
}

/// DC differences. Entry: bits taken in the low byte (0: look up the code), the difference in the upper half.
pub(super) struct DcTable {
    pub code: Code,
    pub fast: Box<[u32; 1 << DC_BITS]>,
}

impl DcTable {
    pub fn new(code: &Code) -> Self {
        let mut fast = Box::new([0; 1 << DC_BITS]);
        let single = singles::<{ 1 << DC_BITS }>(code, DC_BITS);
        for (head, (entry, &(bits, size))) in fast.iter_mut().zip(single.iter()).enumerate() {
            let taken = bits + u32::from(size);
            if bits > 0 && taken <= DC_BITS {
                let difference = extend((head as u64) << (64 - DC_BITS) << bits, size.into());
                *entry = taken | (difference as u32) << 16;
            }
        }
        DcTable { code: code.clone(), fast }
    }
}

/// For blocks whose pixels are not needed: as many AC symbols as the bits hold. Entry: bits taken (6 bits), end of
/// block (bit 7), coefficients passed (upper byte, [`UNRESOLVED`] if the code is longer).
pub(super) struct SkipTable {
    pub code: Code,
    pub fast: Box<[u16; 1 << SKIP_BITS]>,
}

pub(super) const SKIP_END: u16 = 0x80;

impl SkipTable {
    pub fn new(code: &Code) -> Self {
        let single = singles::<{ 1 << SKIP_BITS }>(code, SKIP_BITS);
        let mut fast = Box::new([0; 1 << SKIP_BITS]);
        for (head, entry) in fast.iter_mut().enumerate() {
            let (mut taken, mut passed, mut end) = (0, 0, 0);
            // The raw bits of a value need not be among those looked at, only its code.
            while taken < SKIP_BITS {
                let (bits, symbol) = single[(head << taken) & ((1 << SKIP_BITS) - 1)];
                let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
                if bits == 0 || taken + bits > SKIP_BITS || taken + bits + size > MAX_TAKEN || passed + run + 1 > 63 {
                    break;
                }
                taken += bits + size;
                if size == 0 && run != 15 {
                    end = SKIP_END;
                    break;
                }
                passed += run + 1;
            }
            *entry = if taken == 0 { (UNRESOLVED << 8) as u16 } else { taken as u16 | end | (passed as u16) << 8 };
        }
        SkipTable { code: code.clone(), fast }
    }
}

/// For blocks whose pixels are needed: up to two coefficients and the end of the block. See [`AcEntry`].
pub(super) struct AcTable {
    pub code: Code,
    pub fast: Box<[AcEntry; 1 << AC_BITS]>,
}

/// Bits taken in bits 0–5, end of block in bit 7, coefficients passed 8–15 ([`UNRESOLVED`] if none is), places of
/// the two coefficients after the present one 16–23 and 24–31, their values 32–47 and 48–63. With one coefficient
/// both are the same; with none the place is 64, which is beyond the block. Where only a code is within the bits looked
/// at, not its value: [`UNRESOLVED`], the code's bits and its symbol as the first value.
#[derive(Clone, Copy)]
pub(super) struct AcEntry(u64);

impl AcEntry {
    #[inline(always)]
    pub fn bits(self) -> u32 {
        self.0 as u32 & 63
    }
    #[inline(always)]
    pub fn end(self) -> bool {
        self.0 & 0x80 != 0
    }
    #[inline(always)]
    pub fn passed(self) -> usize {
        (self.0 >> 8) as usize & 255
    }
    #[inline(always)]
    pub fn first(self) -> (usize, i16) {
        ((self.0 >> 16) as usize & 255, (self.0 >> 32) as i16)
    }
    #[inline(always)]
    pub fn second(self) -> (usize, i16) {
        ((self.0 >> 24) as usize & 255, (self.0 >> 48) as i16)
    }
}

impl AcTable {
    pub fn new(code: &Code) -> Self {
        let single = singles::<{ 1 << AC_BITS }>(code, AC_BITS);
        let mut fast = Box::new([AcEntry(0); 1 << AC_BITS]);
        for (head, entry) in fast.iter_mut().enumerate() {
            let (mut taken, mut passed, mut end) = (0, 0, 0);
            let mut found: [(u32, i32); 2] = [(64, 0); 2];
            let mut count = 0;
            while taken < AC_BITS {
                let (bits, symbol) = single[(head << taken) & ((1 << AC_BITS) - 1)];
                let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
                if bits == 0 || taken + bits + size > AC_BITS || passed + run + 1 > 63 {
                    break;
                }
                if size == 0 && run != 15 {
                    taken += bits;
                    end = 0x80;
                    break;
                }
                if size > 0 {
                    if count == 2 {
                        break;
                    }
                    let value = extend((head as u64) << (64 - AC_BITS + taken + bits), size);
                    found[count..].fill((passed + run, value));
                    count += 1;
                }
                taken += bits + size;
                passed += run + 1;
            }
            let word = |(place, value): (u32, i32), i: u32| {
                u64::from(place) << (16 + 8 * i) | u64::from(value as u16) << (32 + 16 * i)
            };
            *entry = AcEntry(if taken == 0 {
                let (bits, symbol) = single[head];
                u64::from(bits) | (UNRESOLVED as u64) << 8 | u64::from(symbol) << 32
            } else {
                u64::from(taken | end | passed << 8) | word(found[0], 0) | word(found[1], 1)
            });
        }
        AcTable { code: code.clone(), fast }
    }
}

/// (bits, symbol) for every head of `width` bits; 0 bits where the code is longer.
fn singles<const N: usize>(code: &Code, width: u32) -> Box<[(u32, u8); N]> {
    let mut table = Box::new([(0, 0); N]);
    let mut begin = 0;
    for (bits, limit) in (1..=width).zip(code.limits) {
        let end = (limit >> (16 - width)) as usize;
        for (i, heads) in table[begin..end].chunks_mut(1 << (width - bits)).enumerate() {
            let first = (begin >> (width - bits)) as i32 + code.offsets[bits as usize - 1];
            let symbol = code.symbols.get(first as usize + i).copied().unwrap_or_default();
            heads.fill((bits, symbol));
        }
        begin = end;
    }
    table
}
