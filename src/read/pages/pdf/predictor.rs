//! Prediction, which Flate and LZW data may have undergone before they were packed (ISO 32000-1, 7.4.4.4).

use hayro_syntax::object::Dict;

pub struct Predictor {
    kind: i32,
    row_bytes: usize,
    pixel_bytes: usize,
    bits: usize,
}

impl Predictor {
    pub fn new(params: &Dict<'_>) -> Option<Self> {
        let kind = params.get::<i32>("Predictor").unwrap_or(1);
        let number = |key: &str, default: u32| params.get::<u32>(key).unwrap_or(default) as usize;
        let (colors, bits) = (number("Colors", 1).clamp(1, 32), number("BitsPerComponent", 8).clamp(1, 16));
        let row_bits = number("Columns", 1).clamp(1, 1 << 24) * colors * bits;
        (kind > 1).then(|| Predictor {
            kind,
            row_bytes: row_bits.div_ceil(8),
            pixel_bytes: (colors * bits).div_ceil(8),
            bits,
        })
    }

    pub fn encoded_len(&self, plain: usize) -> usize {
        if self.kind >= 10 { plain.saturating_add(plain.div_ceil(self.row_bytes)) } else { plain }
    }

    pub fn undo(&self, mut data: Vec<u8>) -> Option<Vec<u8>> {
        match (self.kind, self.bits) {
            (2, 8) => {
                for row in data.chunks_mut(self.row_bytes) {
                    for i in self.pixel_bytes..row.len() {
                        row[i] = row[i].wrapping_add(row[i - self.pixel_bytes]);
                    }
                }
                Some(data)
            }
            (10.., _) => Some(self.undo_png(&data)),
            _ => None,
        }
    }

    /// ISO/IEC 15948, 9.2. Rows are built in place, each after the one above it.
    fn undo_png(&self, data: &[u8]) -> Vec<u8> {
        let (n, bpp) = (self.row_bytes, self.pixel_bytes);
        let mut out = Vec::with_capacity(data.len());
        let mut above = vec![0; n];
        for encoded in data.chunks(n + 1) {
            let (filter, encoded) = (encoded[0], &encoded[1..]);
            let start = out.len();
            out.extend_from_slice(encoded);
            let row = &mut out[start..];
            match filter {
                1 => (bpp..row.len()).for_each(|i| row[i] = row[i].wrapping_add(row[i - bpp])),
                2 => row.iter_mut().zip(&above).for_each(|(v, a)| *v = v.wrapping_add(*a)),
                3 => {
                    for i in 0..row.len() {
                        let left = if i >= bpp { u16::from(row[i - bpp]) } else { 0 };
                        row[i] = row[i].wrapping_add(((left + u16::from(above[i])) / 2) as u8);
                    }
                }
                4 => {
                    for i in 0..row.len() {
                        let (left, corner) = if i >= bpp { (row[i - bpp], above[i - bpp]) } else { (0, 0) };
                        row[i] = row[i].wrapping_add(paeth(left, above[i], corner));
                    }
                }
                _ => {}
            }
            above[..row.len()].copy_from_slice(row);
        }
        out
    }
}

fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(above), i16::from(corner));
    let p = a + b - c;
    let (pa, pb, pc) = ((p - a).abs(), (p - b).abs(), (p - c).abs());
    if pa <= pb && pa <= pc {
        left
    } else if pb <= pc {
        above
    } else {
        corner
    }
}
