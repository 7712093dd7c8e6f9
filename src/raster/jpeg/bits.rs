//! Bits of the unstuffed entropy-coded data, most significant first.

/// `window` holds the next `held` bits at its top. Reading past the end gives zeros: whoever reads compares
/// [`BitReader::position`] with the end of the data once in a while.
#[derive(Clone, Copy)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    next_byte: usize,
    window: u64,
    held: u32,
}

impl<'a> BitReader<'a> {
    pub fn new(bytes: &'a [u8], bit: usize) -> Self {
        let mut reader = BitReader { bytes, next_byte: bit / 8, window: 0, held: 0 };
        reader.refill();
        reader.skip(bit as u32 % 8);
        reader
    }

    /// At least 56 bits are in the window afterwards: F. Giesen, "Reading bits in far too many ways", variant 4.
    #[inline(always)]
    pub fn refill(&mut self) {
        let word = self.bytes.get(self.next_byte..).and_then(|rest| rest.first_chunk());
        self.window |= word.map_or(0, |chunk| u64::from_be_bytes(*chunk)) >> self.held;
        self.next_byte += ((63 - self.held) >> 3) as usize;
        self.held |= 56;
    }

    #[inline(always)]
    pub fn window(&self) -> u64 {
        self.window
    }

    /// The next `N` bits, 1 to 32.
    #[inline(always)]
    pub fn peek<const N: u32>(&self) -> usize {
        (self.window >> (64 - N)) as usize
    }

    /// Takes `count` modulo 64 bits: no more than are held.
    #[inline(always)]
    pub fn skip(&mut self, count: u32) {
        self.window <<= count & 63;
        self.held = self.held.wrapping_sub(count & 63) & 63;
    }

    /// Of the next bit, counted from the first byte.
    #[inline(always)]
    pub fn position(&self) -> usize {
        self.next_byte * 8 - self.held as usize
    }
}
