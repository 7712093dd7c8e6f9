//! The page at 1/8 scale, and windows of it at full scale, without decoding the rest.

use super::JpegError;
use super::block::Coefficients;
use super::entropy::{Ended, Entropy, SeekPoint, Tables};
use super::header::Header;
use super::huffman::AcTable;
use super::idct;
use super::segments::Segments;
use crate::raster::Gray;
use fearless_simd::{Level, Simd, dispatch};
use std::ops::Range;

/// Pixels between seek points: a window's rows begin this far to its left at worst. Points 64 pixels apart are made
/// faster by 0.2 ms a page, and cost 1.5 ms where 250 bubbles are looked at.
const SEEK_PIXELS: usize = 16;

/// A JPEG whose entropy-coded data were walked through once and found sound.
pub struct Index {
    /// Means of the 8 × 8 blocks: pixel (x, y) covers the full picture's (8 x .. 8 x + 8, 8 y .. 8 y + 8).
    pub eighth: Gray,
    header: Header,
    segments: Segments,
    tables: Tables,
    ac: AcTable,
    quant: [i16; 64],
    /// Before every `step`-th MCU of each row of MCUs.
    seek: Vec<SeekPoint>,
    step: usize,
}

impl Index {
    /// At most `max_pixels` pixels are taken, and nothing is allocated before that is known. In errors, `picture` is
    /// at 1/8 scale.
    pub fn scan(bytes: &[u8], max_pixels: usize) -> Result<Self, JpegError> {
        let header = Header::parse(bytes, max_pixels)?;
        let segments = Segments::of(bytes, &header);
        let tables = Tables::new(&header);
        let quant = header.quant.map(|q| q as i16);
        let (width, height) = (header.width.div_ceil(8), header.height.div_ceil(8));
        let mut means = Vec::with_capacity(width * height);
        let step = (SEEK_PIXELS / (8 * header.luma_blocks.0)).max(1);
        let mut seek = Vec::with_capacity(header.mcus.0.div_ceil(step) * header.mcus.1);
        let ended =
            dispatch!(Level::new(), simd => walk(simd, &header, &segments, &tables, &mut means, &mut seek, step));
        let rows_good = (means.len() / width * 8).min(header.height);
        means.resize(width * height, super::UNDECODED);
        let eighth = ended.check(rows_good, Gray::from_vec(width, height, means))?;
        let ac = AcTable::new(&header.luma.ac);
        Ok(Index { eighth, header, segments, tables, ac, quant, seek, step })
    }

    pub fn width(&self) -> usize {
        self.header.width
    }

    pub fn height(&self) -> usize {
        self.header.height
    }

    /// Width and height of the least that is worth being asked for: a block, and all that lie below it in its MCU.
    pub fn cell(&self) -> (usize, usize) {
        (8, 8 * self.header.luma_blocks.1)
    }

    /// The pixels of columns `x` and rows `y`, as far as they lie in the picture.
    pub fn window(&self, x: Range<usize>, y: Range<usize>) -> Gray {
        let (x, y) = self.within(x, y);
        let mut out = Gray::new(x.len(), y.len(), super::UNDECODED);
        let origin = (x.start, y.start);
        if !x.is_empty() && !y.is_empty() {
            dispatch!(Level::new(), simd => self.decode_window(simd, &mut out, origin, x, y));
        }
        out
    }

    /// Puts the pixels of columns `x` and rows `y` where they belong in a picture of the whole size. Blocks are decoded
    /// whole.
    pub fn decode_into(&self, picture: &mut Gray, x: Range<usize>, y: Range<usize>) {
        debug_assert_eq!((picture.width, picture.height), (self.width(), self.height()));
        let (x, y) = self.within(x, y);
        if !x.is_empty() && !y.is_empty() {
            dispatch!(Level::new(), simd => self.decode_window(simd, picture, (0, 0), x, y));
        }
    }

    fn within(&self, x: Range<usize>, y: Range<usize>) -> (Range<usize>, Range<usize>) {
        let clamped = |r: Range<usize>, n: usize| r.start.min(n)..r.end.min(n);
        (clamped(x, self.width()), clamped(y, self.height()))
    }

    /// `origin` is where in the picture `out` begins.
    #[inline(always)]
    fn decode_window<S: Simd>(
        &self,
        simd: S,
        out: &mut Gray,
        origin: (usize, usize),
        x: Range<usize>,
        y: Range<usize>,
    ) {
        simd.vectorize(
            #[inline(always)]
            || {
                let (across, down) = self.header.luma_blocks;
                let blocks = (x.start / 8..x.end.div_ceil(8), y.start / 8..y.end.div_ceil(8));
                let mcus = (
                    x.start / (8 * across)..x.end.div_ceil(8 * across),
                    y.start / (8 * down)..y.end.div_ceil(8 * down),
                );
                let mut entropy = Entropy::new(&self.tables, &self.segments, self.header.restart_mcus);
                let points = self.header.mcus.0.div_ceil(self.step);
                for my in mcus.1 {
                    let point = mcus.0.start / self.step;
                    entropy.seek(my * self.header.mcus.0 + point * self.step, self.seek[my * points + point]);
                    for mx in point * self.step..mcus.0.end {
                        entropy.begin_mcu();
                        for by in my * down..(my + 1) * down {
                            for bx in mx * across..(mx + 1) * across {
                                if !blocks.0.contains(&bx) || !blocks.1.contains(&by) {
                                    entropy.skip_luma();
                                    continue;
                                }
                                let mut block: Coefficients = [0; 64];
                                let extent = entropy.read_luma(&self.ac, &mut block);
                                let pixels = idct::inverse(simd, &block, &self.quant, extent);
                                place(out, &pixels, (8 * bx, 8 * by), origin);
                            }
                        }
                        entropy.skip_chroma();
                    }
                }
            },
        )
    }
}

/// Puts a block whose first pixel is at `at` of the picture into the window that begins at `origin`.
#[inline(always)]
fn place(out: &mut Gray, pixels: &[[u8; 8]; 8], at: (usize, usize), origin: (usize, usize)) {
    let from = origin.0.saturating_sub(at.0);
    let to = (origin.0 + out.width - at.0).min(8);
    for (y, row) in (at.1..).zip(pixels) {
        if (origin.1..origin.1 + out.height).contains(&y) {
            out.row_mut(y - origin.1)[at.0 + from - origin.0..at.0 + to - origin.0].copy_from_slice(&row[from..to]);
        }
    }
}

/// Appends rows of block means as long as they are good, and seek points.
#[inline(always)]
fn walk<S: Simd>(
    simd: S,
    header: &Header,
    segments: &Segments,
    tables: &Tables,
    means: &mut Vec<u8>,
    seek: &mut Vec<SeekPoint>,
    every: usize,
) -> Ended {
    simd.vectorize(
        #[inline(always)]
        || {
            let (across, down) = header.luma_blocks;
            let stride = header.blocks_across();
            let (width, height) = (header.width.div_ceil(8), header.height.div_ceil(8));
            let step = header.quant[0] as i16;
            let mut entropy = Entropy::new(tables, segments, header.restart_mcus);
            let mut strip = vec![0i16; stride * down];
            for my in 0..header.mcus.1 {
                for mx in 0..header.mcus.0 {
                    entropy.begin_mcu();
                    if mx % every == 0 {
                        seek.push(entropy.point());
                    }
                    for by in 0..down {
                        for bx in 0..across {
                            strip[by * stride + mx * across + bx] = entropy.skip_luma() as i16;
                        }
                    }
                    entropy.skip_chroma();
                }
                if let Some(ended) = entropy.trouble() {
                    return ended;
                }
                for row in strip.chunks_exact(stride).take(height - my * down) {
                    means.extend(row[..width].iter().map(|&dc| idct::dc_pixel(dc, step)));
                }
            }
            entropy.ended()
        },
    )
}
