//! Draws from a seeded generator, so that one seed always makes the same page.

use fastrand::Rng;

pub fn between(rng: &mut Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.f64()
}

/// A standard normal deviate (Box & Muller 1958), cut at ±3.
pub fn normal(rng: &mut Rng) -> f64 {
    let u = (1.0 - rng.f64()).ln() * -2.0;
    (u.sqrt() * (std::f64::consts::TAU * rng.f64()).cos()).clamp(-3.0, 3.0)
}

/// A normal deviate with the given spread.
pub fn jitter(rng: &mut Rng, sigma: f64) -> f64 {
    sigma * normal(rng)
}

pub fn chance(rng: &mut Rng, probability: f64) -> bool {
    rng.f64() < probability
}

/// One of the items; the slice must not be empty.
pub fn pick<T: Copy>(rng: &mut Rng, items: &[T]) -> T {
    items[rng.usize(..items.len())]
}

pub fn sign(rng: &mut Rng) -> f64 {
    if rng.bool() { 1.0 } else { -1.0 }
}
