//! Blocks between entropy decoding and inverse DCT.
//!
//! The two take turns on a few dozen blocks: each loop keeps its own registers, coefficients have reached the cache
//! before they are loaded as vectors, and blocks of one extent follow each other, so that no branch is mispredicted.

use super::entropy::{Coefficients, Extent};
use super::idct;
use fearless_simd::Simd;

/// 4 KiB of coefficients: an eighth of a first-level cache.
const BLOCKS: usize = 32;

/// Pixels of blocks side by side: eight of a row belong together.
pub(super) struct Strip {
    pub eights: Vec<[u8; 8]>,
    /// Blocks across.
    pub stride: usize,
}

impl Strip {
    pub fn new(stride: usize, blocks_down: usize) -> Self {
        Strip { eights: vec![[0; 8]; stride * 8 * blocks_down], stride }
    }

    pub fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.eights.as_flattened().chunks_exact(8 * self.stride)
    }
}

pub(super) struct Batch {
    quant: [i16; 64],
    blocks: [Coefficients; BLOCKS],
    /// First of the block's eights in the strip.
    places: [usize; BLOCKS],
    by_extent: [[u8; BLOCKS]; 3],
    counts: [usize; 3],
    len: usize,
}

impl Batch {
    pub fn new(quant: &[u16; 64]) -> Self {
        Batch {
            quant: quant.map(|q| q as i16),
            blocks: [[0; 64]; BLOCKS],
            places: [0; BLOCKS],
            by_extent: [[0; BLOCKS]; 3],
            counts: [0; 3],
            len: 0,
        }
    }

    /// The next block, all zeros.
    #[inline(always)]
    pub fn block(&mut self) -> &mut Coefficients {
        &mut self.blocks[self.len % BLOCKS]
    }

    /// Says what [`Self::block`] has become; true if the batch is full.
    #[inline(always)]
    pub fn push(&mut self, place: usize, extent: Extent) -> bool {
        let i = self.len % BLOCKS;
        self.places[i] = place;
        let (list, count) = (&mut self.by_extent[extent as usize], &mut self.counts[extent as usize]);
        list[*count % BLOCKS] = i as u8;
        *count += 1;
        self.len = i + 1;
        self.len == BLOCKS
    }

    /// Transforms all blocks into `strip`.
    #[inline(always)]
    pub fn flush<S: Simd>(&mut self, simd: S, strip: &mut Strip) {
        for extent in [Extent::DcOnly, Extent::Low, Extent::Full] {
            for &i in &self.by_extent[extent as usize][..self.counts[extent as usize]] {
                let block = &mut self.blocks[usize::from(i) % BLOCKS];
                let pixels = idct::inverse(simd, block, &self.quant, extent);
                *block = [0; 64];
                let place = self.places[usize::from(i) % BLOCKS];
                for (y, eight) in pixels.iter().enumerate() {
                    strip.eights[place + y * strip.stride] = *eight;
                }
            }
        }
        (self.counts, self.len) = ([0; 3], 0);
    }
}
