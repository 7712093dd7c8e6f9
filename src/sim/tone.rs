//! What lenses, sensors and drivers do to gray values: blur, noise, tone curves, black and white.

use fastrand::Rng;

use super::chance::between;
use super::noise::WHITE;
use crate::raster::Gray;

/// Replaces each value by the table's.
pub fn table(picture: &mut Gray, f: impl Fn(f64) -> f64) {
    let lut: [u8; 256] = std::array::from_fn(|v| (f(v as f64) + 0.5).clamp(0.0, 255.0) as u8);
    for v in &mut picture.data {
        *v = lut[usize::from(*v)];
    }
}

/// Gaussian blur in place; under 0.2 px nothing is done.
pub fn blur(picture: &mut Gray, sigma_px: f64) {
    if sigma_px < 0.2 {
        return;
    }
    let radius = (2.6 * sigma_px).ceil() as usize;
    let bell: Vec<f64> =
        (0..=2 * radius).map(|i| (-0.5 * ((i as f64 - radius as f64) / sigma_px).powi(2)).exp()).collect();
    let sum: f64 = bell.iter().sum();
    // Weights of 1/256 keep the sums in 16 bits, eight to a vector register; the middle takes up the rounding.
    let mut weights: Vec<u16> = bell.iter().map(|w| (w / sum * 256.0).round() as u16).collect();
    let rest = 256 - weights.iter().map(|&w| i32::from(w)).sum::<i32>();
    weights[radius] = (i32::from(weights[radius]) + rest) as u16;
    convolve_rows(picture, &weights);
    convolve_columns(picture, &weights);
}

fn convolve_rows(picture: &mut Gray, weights: &[u16]) {
    let (w, radius) = (picture.width, weights.len() / 2);
    let mut padded = vec![0u8; w + 2 * radius];
    for row in picture.data.chunks_mut(w) {
        padded[..radius].fill(row[0]);
        padded[radius..radius + w].copy_from_slice(row);
        padded[radius + w..].fill(row[w - 1]);
        weigh(row, weights, |k| &padded[k..k + w]);
    }
}

fn convolve_columns(picture: &mut Gray, weights: &[u16]) {
    let (h, radius) = (picture.height, weights.len() / 2);
    // The last rows before they are overwritten, in a ring.
    let mut ring = vec![picture.row(0).to_vec(); radius + 1];
    for y in 0..h {
        ring[y % (radius + 1)].copy_from_slice(picture.row(y));
        let (done, below) = picture.data.split_at_mut((y + 1) * picture.width);
        let row = &mut done[y * picture.width..];
        weigh(row, weights, |k| {
            let at = (y + k).saturating_sub(radius);
            let last = y.max(at.min(h - 1));
            if last <= y { &ring[at.min(y) % (radius + 1)] } else { &below[(last - y - 1) * picture.width..] }
        });
    }
}

/// out = Σ weights[k] × row(k), in 1/256.
fn weigh<'a>(out: &mut [u8], weights: &[u16], row: impl Fn(usize) -> &'a [u8]) {
    match weights.len() {
        3 => weigh_n::<3>(out, weights, row),
        5 => weigh_n::<5>(out, weights, row),
        7 => weigh_n::<7>(out, weights, row),
        n => {
            let mut sums = vec![128u16; out.len()];
            for (k, &weight) in weights.iter().enumerate().take(n) {
                for (sum, &v) in sums.iter_mut().zip(row(k)) {
                    *sum += weight * u16::from(v);
                }
            }
            for (v, sum) in out.iter_mut().zip(&sums) {
                *v = (sum >> 8) as u8;
            }
        }
    }
}

/// The same for a kernel of known length, whose sums stay in registers.
fn weigh_n<'a, const N: usize>(out: &mut [u8], weights: &[u16], row: impl Fn(usize) -> &'a [u8]) {
    let n = out.len();
    let rows: [&[u8]; N] = std::array::from_fn(|k| &row(k)[..n]);
    let weights: [u16; N] = std::array::from_fn(|k| weights[k]);
    for (x, v) in out.iter_mut().enumerate() {
        let mut sum = 128;
        for k in 0..N {
            sum += weights[k] * u16::from(rows[k][x]);
        }
        *v = (sum >> 8) as u8;
    }
}

/// The hand shook during the exposure: the mean along a straight path.
pub fn motion(picture: &mut Gray, length_px: f64, angle: f64) {
    let n = length_px.round() as isize + 1;
    if n < 2 {
        return;
    }
    let (w, h) = (picture.width as isize, picture.height as isize);
    let source = picture.clone();
    let mut acc = vec![0u32; w as usize];
    for y in 0..h {
        acc.fill(0);
        for k in 0..n {
            let t = k as f64 - (n - 1) as f64 / 2.0;
            let (dx, dy) = ((t * angle.cos()).round() as isize, (t * angle.sin()).round() as isize);
            let row = source.row((y + dy).clamp(0, h - 1) as usize);
            let (from, to) = ((-dx).clamp(0, w), (w - dx).clamp(0, w));
            for (a, &v) in acc[from as usize..to as usize].iter_mut().zip(&row[(from + dx) as usize..]) {
                *a += u32::from(v);
            }
            acc[..from as usize].iter_mut().for_each(|a| *a += u32::from(row[0]));
            acc[to as usize..].iter_mut().for_each(|a| *a += u32::from(row[w as usize - 1]));
        }
        for (v, a) in picture.row_mut(y as usize).iter_mut().zip(&acc) {
            *v = (a / n as u32) as u8;
        }
    }
}

/// Edges made stronger, with the halos that phones add: v + amount (v − blurred).
pub fn sharpen(picture: &mut Gray, sigma_px: f64, amount: f64) {
    let mut soft = picture.clone();
    blur(&mut soft, sigma_px);
    let k = (amount * 256.0) as i32;
    for (v, s) in picture.data.iter_mut().zip(&soft.data) {
        let value = i32::from(*v);
        *v = (value + ((k * (value - i32::from(*s))) >> 8)).clamp(0, 255) as u8;
    }
}

/// Sensor noise: normal, with a spread that grows toward the light (shot noise) from 0.6 to 1.2 of `sigma`.
pub fn noise(picture: &mut Gray, sigma: f64, rng: &mut Rng) {
    if sigma <= 0.0 {
        return;
    }
    let gains: [i32; 256] =
        std::array::from_fn(|v| (sigma * (0.6 + 0.6 * (v as f64 / 255.0).sqrt()) / 42.0 * 4096.0) as i32);
    let width = picture.width;
    for row in picture.data.chunks_mut(width) {
        // Rows of the tile in random order, each from a random place, leave no pattern.
        for piece in row.chunks_mut(192) {
            let values = &WHITE.row(rng.usize(..256))[rng.usize(..64)..];
            for (v, &n) in piece.iter_mut().zip(values) {
                let amount = (i32::from(n) - 128) * gains[usize::from(*v)];
                *v = (i32::from(*v) + ((amount + 2048) >> 12)).clamp(0, 255) as u8;
            }
        }
    }
}

/// How gray becomes black and white.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bilevel {
    /// Black below a fixed value.
    Fixed(u8),
    /// Black where darker than a part (0.8–0.95) of the mean around it.
    Adaptive { part: f64, window_px: usize },
    /// Error diffusion (Floyd & Steinberg 1976).
    Dither,
    /// Clustered dots of 45°, as "photo" modes of copiers make.
    Halftone { cell_px: usize },
}

pub fn to_bilevel(picture: &mut Gray, how: Bilevel) {
    match how {
        Bilevel::Fixed(level) => table(picture, |v| if v < f64::from(level) { 0.0 } else { 255.0 }),
        Bilevel::Adaptive { part, window_px } => {
            let mut mean = picture.clone();
            // A box blur thrice over is near enough to what drivers do, and needs few additions a pixel.
            box_mean(&mut mean, window_px.max(3));
            let k = (part * 256.0) as u32;
            for (v, m) in picture.data.iter_mut().zip(&mean.data) {
                // A white field with no ink in it must not break into noise: 24 levels of contrast at least.
                let level = ((u32::from(*m) * k) >> 8).min(u32::from(*m).saturating_sub(24));
                *v = if u32::from(*v) < level { 0 } else { 255 };
            }
        }
        Bilevel::Dither => dither(picture),
        Bilevel::Halftone { cell_px } => {
            let w = picture.width;
            let scale = std::f64::consts::PI / cell_px.max(2) as f64;
            for (y, row) in picture.data.chunks_mut(w).enumerate() {
                for (x, v) in row.iter_mut().enumerate() {
                    let (a, b) = ((x + y) as f64 * scale, (x as f64 - y as f64) * scale);
                    let level = 128.0 + 118.0 * 0.5 * (a.cos() + b.cos());
                    *v = if f64::from(*v) < level { 0 } else { 255 };
                }
            }
        }
    }
}

fn box_mean(picture: &mut Gray, window: usize) {
    let (w, h, r) = (picture.width, picture.height, window / 2);
    for row in picture.data.chunks_mut(w) {
        let source = row.to_vec();
        running(&mut |i| u32::from(source[i]), w, r, |i, v| row[i] = v);
    }
    let mut sums = vec![0u32; w];
    let source = picture.clone();
    let clamp = |y: isize| y.clamp(0, h as isize - 1) as usize;
    for y in -(r as isize)..=r as isize {
        for (s, &v) in sums.iter_mut().zip(source.row(clamp(y))) {
            *s += u32::from(v);
        }
    }
    let n = (2 * r + 1) as u32;
    for y in 0..h {
        for (v, s) in picture.row_mut(y).iter_mut().zip(&sums) {
            *v = (s / n) as u8;
        }
        let (add, drop) = (source.row(clamp((y + r + 1) as isize)), source.row(clamp(y as isize - r as isize)));
        for ((s, &a), &d) in sums.iter_mut().zip(add).zip(drop) {
            *s = *s + u32::from(a) - u32::from(d);
        }
    }
}

fn running(get: &mut impl FnMut(usize) -> u32, n: usize, r: usize, mut put: impl FnMut(usize, u8)) {
    let clamp = |i: isize| i.clamp(0, n as isize - 1) as usize;
    let mut sum: u32 = (-(r as isize)..=r as isize).map(|i| get(clamp(i))).sum();
    for i in 0..n {
        put(i, (sum / (2 * r as u32 + 1)) as u8);
        sum = sum + get(clamp((i + r + 1) as isize)) - get(clamp(i as isize - r as isize));
    }
}

fn dither(picture: &mut Gray) {
    let w = picture.width;
    let (mut here, mut below) = (vec![0i32; w + 2], vec![0i32; w + 2]);
    for row in picture.data.chunks_mut(w) {
        for (x, v) in row.iter_mut().enumerate() {
            let wanted = i32::from(*v) + here[x + 1] / 16;
            *v = if wanted < 128 { 0 } else { 255 };
            let error = wanted - i32::from(*v);
            here[x + 2] += error * 7;
            below[x] += error * 3;
            below[x + 1] += error * 5;
            below[x + 2] += error;
        }
        std::mem::swap(&mut here, &mut below);
        below.fill(0);
    }
}

/// Columns that dirt on the glass, or a bad element of the sensor, makes darker or lighter all the way down.
pub fn streaks(picture: &mut Gray, count: usize, px_per_mm: f64, rng: &mut Rng) {
    for _ in 0..count {
        let width = (between(rng, 0.08, 0.5) * px_per_mm).ceil() as usize;
        let x = rng.usize(..picture.width.saturating_sub(width).max(1));
        let dark = rng.u32(..4) > 0;
        let strength = between(rng, 0.15, 0.75);
        let mut force = strength;
        for y in 0..picture.height {
            if y % 64 == 0 {
                force = (strength * between(rng, 0.6, 1.2)).min(1.0);
            }
            for v in picture.row_mut(y).iter_mut().skip(x).take(width) {
                let aim = if dark { f64::from(*v) * 0.25 } else { 255.0 };
                *v = (f64::from(*v) + (aim - f64::from(*v)) * force) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blur_is_the_gaussian_sum_within_rounding() {
        let mut rng = Rng::with_seed(4);
        let picture = Gray::from_vec(37, 29, (0..37 * 29).map(|_| rng.u8(..)).collect());
        for sigma in [0.3, 0.6, 1.1, 2.0] {
            let mut fast = picture.clone();
            blur(&mut fast, sigma);
            let reach = 8i64;
            for y in 0..29i64 {
                for x in 0..37i64 {
                    let (mut sum, mut all) = (0.0, 0.0);
                    for dy in -reach..=reach {
                        for dx in -reach..=reach {
                            let weight = (-((dx * dx + dy * dy) as f64) / (2.0 * sigma * sigma)).exp();
                            let (sx, sy) = ((x + dx).clamp(0, 36) as usize, (y + dy).clamp(0, 28) as usize);
                            sum += weight * f64::from(picture.get(sx, sy));
                            all += weight;
                        }
                    }
                    let got = f64::from(fast.get(x as usize, y as usize));
                    assert!((got - sum / all).abs() < 4.0, "σ {sigma} at {x}, {y}: {got}, {}", sum / all);
                }
            }
        }
    }
}
