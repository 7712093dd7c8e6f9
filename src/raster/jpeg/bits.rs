//! Bits of the unstuffed entropy-coded data, most significant first.

/// `window` holds the next `held` bits at its top. Reading past the end gives zeros: whoever reads compares
/// [`BitReader::position`] with the end of the data once in a while.
#[derive(Clone, Copy)]
pub(super) struct BitReader<'a> {
    rest: &'a [u8],
    window: u64,
    /// Modulo 64.
    held: u32,
    /// Bytes in all, those made up past the end included.
    total: usize,
}

impl<'a> BitReader<'a> {
    pub fn new(bytes: &'a [u8], bit: usize) -> Self {
        let rest = bytes.get(bit / 8..).unwrap_or_default();
        let mut reader = BitReader { rest, window: 0, held: 0, total: bit / 8 + rest.len() };
        reader.refill();
        reader.skip(bit as u32 % 8);
        reader
    }

    /// At least 56 bits are in the window afterwards: F. Giesen, "Reading bits in far too many ways", variant 4.
    /// Whole eights of bytes only are read: the data are padded.
    #[inline(always)]
    pub fn refill(&mut self) {
        let taken = ((self.held ^ 63) >> 3 & 7) as usize;
        if let Some(chunk) = self.rest.first_chunk() {
            self.window |= u64::from_be_bytes(*chunk) >> (self.held & 63);
            self.rest = &self.rest[taken..];
        } else {
            self.total += taken;
        }
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
        self.held = self.held.wrapping_sub(count);
    }

    /// Of the next bit, counted from the first byte.
    #[inline(always)]
    pub fn position(&self) -> usize {
        (self.total - self.rest.len()) * 8 - (self.held & 63) as usize
    }
}
