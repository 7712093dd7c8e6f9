//! The whole page in one pass.

use super::entropy::{Coefficients, Ended, Entropy, Tables};
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
            let mut entropy = Entropy::new(&tables, segments, header.restart_mcus);
            for my in 0..header.mcus.1 {
                for mx in 0..header.mcus.0 {
                    entropy.begin_mcu();
                    for by in 0..down {
                        for bx in mx * across..(mx + 1) * across {
                            let mut block: Coefficients = [0; 64];
                            let extent = entropy.read_luma(&ac, &mut block);
                            let pixels = idct::inverse(simd, &block, &quant, extent);
                            for (y, eight) in pixels.iter().enumerate() {
                                strip[(8 * by + y) * stride + bx] = *eight;
                            }
                        }
                    }
                    entropy.skip_chroma();
                }
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
