//! The whole page in one pass.

use super::batch::{Batch, Strip};
use super::entropy::{Ended, Entropy, Tables};
use super::header::Header;
use super::huffman::AcTable;
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
            let mut strip = Strip::new(header.blocks_across(), down);
            let mut batch = Batch::new(&header.quant);
            let mut entropy = Entropy::new(&tables, segments, header.restart_mcus);
            for my in 0..header.mcus.1 {
                for mx in 0..header.mcus.0 {
                    entropy.begin_mcu();
                    for by in 0..down {
                        for bx in mx * across..(mx + 1) * across {
                            let extent = entropy.read_luma(&ac, batch.block());
                            if batch.push(8 * by * strip.stride + bx, extent) {
                                batch.flush(simd, &mut strip);
                            }
                        }
                    }
                    entropy.skip_chroma();
                }
                batch.flush(simd, &mut strip);
                if let Some(ended) = entropy.trouble() {
                    return ended;
                }
                let rows = (header.height - my * 8 * down).min(8 * down);
                for row in strip.rows().take(rows) {
                    data.extend_from_slice(&row[..header.width]);
                }
            }
            entropy.ended()
        },
    )
}
