//! The whole page in one pass.

use super::block::{Coefficients, Extent};
use super::entropy::{Ended, Entropy, Tables};
use super::header::Header;
use super::huffman::AcTable;
use super::idct;
use super::segments::Segments;
use super::{JpegError, UNDECODED};
use crate::raster::Gray;
use fearless_simd::{Level, Simd, dispatch};

/// The luma of a baseline JPEG. At most `max_pixels` pixels are taken, and nothing is allocated before that is known.
pub fn decode_luma(bytes: &[u8], max_pixels: usize) -> Result<Gray, JpegError> {
    let header = Header::parse(bytes, max_pixels)?;
    let segments = Segments::of(bytes, &header);
    let mut data = Vec::with_capacity(header.width * header.height);
    let ended = dispatch!(Level::new(), simd => decode(simd, &header, &segments, &mut data));
    let rows_good = data.len() / header.width;
    data.resize(header.width * header.height, UNDECODED);
    ended.check(rows_good, Gray::from_vec(header.width, header.height, data))
}

/// A block is transformed after the next one was decoded: by then its coefficients, stored one by one, have reached the
/// cache and can be loaded as vectors (3 % of the whole).
#[derive(Clone, Copy)]
struct Waiting {
    /// Of its first eight pixels in the strip.
    place: usize,
    stride: usize,
    extent: Extent,
}

#[inline(always)]
fn put<S: Simd>(simd: S, strip: &mut [[u8; 8]], block: &Coefficients, quant: &[i16; 64], waiting: Waiting) {
    let pixels = idct::inverse(simd, block, quant, waiting.extent);
    for (y, eight) in pixels.iter().enumerate() {
        strip[waiting.place + y * waiting.stride] = *eight;
    }
}

/// Appends rows of pixels to `data` as long as they are good.
#[inline(always)]
fn decode<S: Simd>(simd: S, header: &Header, segments: &Segments, data: &mut Vec<u8>) -> Ended {
    simd.vectorize(
        #[inline(always)]
        || {
            let tables = Tables::new(header);
            let ac = AcTable::new(&header.luma.ac);
            let (across, down) = header.luma_blocks;
            let stride = header.blocks_across();
            let quant = header.quant.map(|q| q as i16);
            let mut strip = vec![[0u8; 8]; stride * 8 * down];
            let mut blocks: [Coefficients; 2] = [[0; 64]; 2];
            let mut waiting = Waiting { place: 0, stride, extent: Extent::DcOnly };
            let mut entropy = Entropy::new(&tables, segments, header.restart_mcus);
            for my in 0..header.mcus.1 {
                for mx in 0..header.mcus.0 {
                    entropy.begin_mcu();
                    for by in 0..down {
                        for bx in mx * across..(mx + 1) * across {
                            blocks.swap(0, 1);
                            blocks[0] = [0; 64];
                            let extent = entropy.read_luma(&ac, &mut blocks[0]);
                            put(simd, &mut strip, &blocks[1], &quant, waiting);
                            waiting = Waiting { place: 8 * by * stride + bx, stride, extent };
                        }
                    }
                    entropy.skip_chroma();
                }
                put(simd, &mut strip, &blocks[0], &quant, waiting);
                if let Some(ended) = entropy.trouble() {
                    return ended;
                }
                let rows = (header.height - my * 8 * down).min(8 * down);
                for row in strip.as_flattened().chunks_exact(8 * stride).take(rows) {
                    data.extend_from_slice(&row[..header.width]);
                }
            }
            entropy.ended()
        },
    )
}
