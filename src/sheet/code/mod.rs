//! The two symbols that carry a code text: QR and, as its backup, Data Matrix.
//!
//! Each has one fixed size and one fixed arrangement, so a reader that knows where the symbol is needs no intact finder
//! pattern: it samples the modules and decodes them with errors and erasures. Encoding and decoding stand side by side.

pub mod datamatrix;
pub mod qr;
pub mod qr_any;
pub mod reed_solomon;

use reed_solomon::Field;

/// A square of modules, row by row; `true` is dark. Without quiet zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modules {
    pub size: usize,
    pub dark: Vec<bool>,
}

impl Modules {
    pub fn get(&self, row: usize, column: usize) -> bool {
        self.dark[row * self.size + column]
    }
}

/// What was decoded, and how much had to be mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    pub text: String,
    /// Codewords that were corrected or declared erased.
    pub corrected: usize,
}

/// One block of codewords from sampled bits, by generalised minimum distance decoding (Forney, *IEEE Trans. Inf.
/// Theory* 12, 1966): the least certain codewords are erased, two more at each trial.
///
/// `samples` has eight values for each codeword, most significant bit first: above 0 for dark, below for light, larger
/// for surer. `spare` check symbols are never used up, so that noise does not decode.
fn decode_block(field: &Field, samples: &[[f32; 8]], checks: usize, spare: usize) -> Option<(Vec<u8>, usize)> {
    let received: Vec<u8> =
        samples.iter().map(|bits| bits.iter().fold(0, |byte, &s| byte << 1 | u8::from(s > 0.0))).collect();
    let sureness = |i: &usize| samples[*i].iter().fold(f32::INFINITY, |m, s| m.min(s.abs()));
    let mut weakest: Vec<usize> = (0..samples.len()).collect();
    weakest.sort_by(|a, b| sureness(a).total_cmp(&sureness(b)));
    (0..=checks - spare).step_by(2).find_map(|erased| {
        let (mended, errors) = field.decode(&received, checks, &weakest[..erased])?;
        (2 * errors + erased + spare <= checks).then_some((mended, errors + erased))
    })
}

/// What tests of both symbols need.
#[cfg(test)]
mod testing {
    use super::Modules;

    fn samples(modules: &Modules) -> Vec<f32> {
        modules.dark.iter().map(|&d| if d { 1.0 } else { -1.0 }).collect()
    }

    /// Samples of which a stain hides a square with this corner.
    pub fn stained(modules: &Modules, side: usize, (x, y): (usize, usize)) -> Vec<f32> {
        let mut samples = samples(modules);
        for (i, s) in samples.iter_mut().enumerate() {
            if (x..x + side).contains(&(i % modules.size)) && (y..y + side).contains(&(i / modules.size)) {
                *s = 0.01;
            }
        }
        samples
    }

    /// What a decoder that is not ours reads.
    pub fn read_by_another(modules: &Modules, format: rxing::BarcodeFormat) -> String {
        let (scale, quiet) = (4, 16);
        let side = modules.size * scale + 2 * quiet;
        let at = |i: usize| i.wrapping_sub(quiet) / scale;
        let is_dark = |x: usize, y: usize| x < modules.size && y < modules.size && modules.get(y, x);
        let luma = (0..side * side).map(|i| if is_dark(at(i % side), at(i / side)) { 0 } else { 255 }).collect();
        let found = rxing::helpers::detect_in_luma(luma, side as u32, side as u32, Some(format));
        found.unwrap().getText().to_owned()
    }
}
