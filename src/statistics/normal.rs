//! Of the standard normal distribution, and moments.

use std::f64::consts::{PI, SQRT_2};

pub fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}

/// The z with the share `p` below it, from −9 to 9.
pub fn quantile(p: f64) -> f64 {
    let (mut low, mut high) = (-9.0, 9.0);
    // Each turn halves what is left; after so many nothing is.
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        let below = 0.5 * libm::erfc(-middle / SQRT_2);
        if below < p { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// Sums of pairs of numbers. What it says is None where it would be a division by zero.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moments {
    n: f64,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Moments {
    pub fn add(&mut self, x: f64, y: f64) {
        self.n += 1.0;
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.yy += y * y;
        self.xy += x * y;
    }

    pub fn count(&self) -> f64 {
        self.n
    }

    /// Of x.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0.0).then(|| self.x / self.n)
    }

    /// Of x, with divisor n.
    pub fn variance(&self) -> f64 {
        spread(self.n, self.x, self.xx)
    }

    pub fn covariance(&self) -> f64 {
        if self.n > 0.0 { self.xy / self.n - (self.x / self.n) * (self.y / self.n) } else { 0.0 }
    }

    /// Pearson's. None where one of the two does not vary.
    pub fn correlation(&self) -> Option<f64> {
        let (x, y) = (spread(self.n, self.x, self.xx), spread(self.n, self.y, self.yy));
        (x > 0.0 && y > 0.0).then(|| (self.covariance() / (x * y).sqrt()).clamp(-1.0, 1.0))
    }
}

/// A variance, or 0 where what is left is the rounding of the sums.
fn spread(n: f64, sum: f64, squares: f64) -> f64 {
    if n == 0.0 {
        return 0.0;
    }
    let (mean, square) = (sum / n, squares / n);
    let variance = square - mean * mean;
    if variance > 1e-12 * square { variance } else { 0.0 }
}
