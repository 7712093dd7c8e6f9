//! Smooth random fields: paper fibres, blotches of toner, wood, cloth, and wandering lines.

use std::sync::LazyLock;

use fastrand::Rng;

use super::chance::{between, normal};

const SIDE: usize = 256;

/// A field of 256 × 256 values with mean about 128 that repeats without seams.
pub struct Tile {
    values: Vec<u8>,
}

impl Tile {
    /// Value noise in octaves: `octaves` gives each cell size (a power of two, in pixels) and its weight.
    fn new(seed: u64, octaves: &[(usize, f64)]) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut field = vec![0.0; SIDE * SIDE];
        for &(cell, weight) in octaves {
            let n = SIDE / cell;
            let lattice: Vec<f64> = (0..n * n).map(|_| normal(&mut rng) * weight).collect();
            for (i, out) in field.iter_mut().enumerate() {
                let (x, y) = (i % SIDE, i / SIDE);
                let (cx, cy) = (x / cell, y / cell);
                let ease = |t: usize| {
                    let t = t as f64 / cell as f64;
                    t * t * (3.0 - 2.0 * t)
                };
                let (tx, ty) = (ease(x % cell), ease(y % cell));
                let at = |x: usize, y: usize| lattice[(y % n) * n + x % n];
                let top = at(cx, cy) * (1.0 - tx) + at(cx + 1, cy) * tx;
                let bottom = at(cx, cy + 1) * (1.0 - tx) + at(cx + 1, cy + 1) * tx;
                *out += top * (1.0 - ty) + bottom * ty;
            }
        }
        let rms = (field.iter().map(|v| v * v).sum::<f64>() / field.len() as f64).sqrt();
        Tile { values: field.iter().map(|v| (128.0 + v / rms * 42.0).clamp(0.0, 255.0) as u8).collect() }
    }

    /// The nearest value, -1 to 1 with a spread of about a third. Any place is good.
    pub fn at(&self, x: f64, y: f64) -> f64 {
        let wrap = |v: f64| (v.floor() as i64 & (SIDE as i64 - 1)) as usize;
        (f64::from(self.values[wrap(y) * SIDE + wrap(x)]) - 128.0) / 128.0
    }

    /// Bilinear between values, for a field that is drawn larger than its pixels.
    pub fn smooth(&self, x: f64, y: f64) -> f64 {
        let (tx, ty) = (x - x.floor(), y - y.floor());
        let top = self.at(x, y) * (1.0 - tx) + self.at(x + 1.0, y) * tx;
        let bottom = self.at(x, y + 1.0) * (1.0 - tx) + self.at(x + 1.0, y + 1.0) * tx;
        top * (1.0 - ty) + bottom * ty
    }

    pub fn row(&self, y: usize) -> &[u8] {
        &self.values[(y % SIDE) * SIDE..][..SIDE]
    }
}

/// The tooth of office paper, which takes graphite on its peaks. Used at 12 pixels a millimetre.
pub static GRAIN: LazyLock<Tile> = LazyLock::new(|| Tile::new(1, &[(1, 1.0), (2, 1.4), (4, 0.7)]));

/// Blotches of many sizes, for anything cloudy.
pub static CLOUD: LazyLock<Tile> =
    LazyLock::new(|| Tile::new(2, &[(4, 0.15), (8, 0.3), (16, 0.5), (32, 0.8), (64, 1.0)]));

/// White noise with a normal distribution.
pub static WHITE: LazyLock<Tile> = LazyLock::new(|| Tile::new(3, &[(1, 1.0)]));

/// A smooth random function of one variable: a few sines.
#[derive(Clone, Debug, PartialEq)]
pub struct Wobble {
    /// Amplitude, angular frequency, phase.
    terms: Vec<[f64; 3]>,
}

impl Wobble {
    /// Sines with wavelengths between the two given, whose sum has about the given spread.
    pub fn new(rng: &mut Rng, sigma: f64, wavelengths: (f64, f64)) -> Self {
        let terms = (0..4)
            .map(|_| {
                let wavelength = between(rng, wavelengths.0, wavelengths.1);
                let amplitude = sigma * between(rng, 0.4, 1.0);
                [amplitude, std::f64::consts::TAU / wavelength, between(rng, 0.0, std::f64::consts::TAU)]
            })
            .collect();
        Wobble { terms }
    }

    /// Zero everywhere.
    pub fn none() -> Self {
        Wobble { terms: Vec::new() }
    }

    /// The same, by the slope that the sum may reach at most.
    pub fn with_slope(rng: &mut Rng, slope: f64, wavelengths: (f64, f64)) -> Self {
        let mut wobble = Wobble::new(rng, 1.0, wavelengths);
        for term in &mut wobble.terms {
            term[0] *= slope / (4.0 * term[1]);
        }
        wobble
    }

    pub fn at(&self, t: f64) -> f64 {
        self.terms.iter().map(|[a, w, p]| a * (w * t + p).sin()).sum()
    }
}
