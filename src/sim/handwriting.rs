//! Scrawls that look like handwriting from afar: names, answers, signatures, and strokes where none belong.

use fastrand::Rng;

use super::chance::{between, chance, jitter, normal, pick};
use super::mark::line;
use super::pen::Hand;
use super::stroke::Layer;
use crate::raster::Gray;

/// A place for writing, millimetres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: f64,
}

/// Fills an area with about `words` words, in lines 7 mm apart or in one line if it is low.
pub fn write(page: &mut Gray, px_per_mm: f64, area: Area, words: usize, hand: &Hand, rng: &mut Rng) {
    let lines = (area.h / 7.0).floor().max(1.0);
    let pitch = area.h / lines;
    let size = (pitch * 0.32).min(2.6);
    let (mut x, mut row) = (area.x + 1.0, 0.0);
    for _ in 0..words {
        let length = between(rng, 2.0, 9.0) * size * 0.75;
        if x + length > area.x + area.w {
            row += 1.0;
            x = area.x + between(rng, 0.5, 3.0);
            if row >= lines || x + length > area.x + area.w {
                return;
            }
        }
        let base = area.y + (row + 0.72) * pitch + jitter(rng, 0.3);
        word(page, px_per_mm, (x, base), length, size, hand, rng);
        x += length + size * between(rng, 0.8, 1.6);
    }
}

/// A flourish over most of the area.
pub fn sign(page: &mut Gray, px_per_mm: f64, area: Area, hand: &Hand, rng: &mut Rng) {
    let size = (area.h * 0.35).clamp(1.5, 7.0);
    let length = (area.w * between(rng, 0.5, 0.9)).min(size * 12.0);
    let base = area.y + area.h * 0.65;
    word(page, px_per_mm, (area.x + area.w * 0.05, base), length, size, hand, rng);
    let Some(mut layer) = around(page, px_per_mm, area) else {
        return;
    };
    let tail: Vec<_> = (0..5)
        .map(|i| (area.x + area.w * (0.85 - 0.18 * i as f64), base + size * (0.3 + 0.15 * normal(rng))))
        .collect();
    line(&mut layer, &tail, hand, rng);
    hand.ink(page, px_per_mm, &layer);
}

/// A stroke where none belongs: a slip of the pen of 3–25 mm, or a dot.
pub fn stray(page: &mut Gray, px_per_mm: f64, hand: &Hand, rng: &mut Rng) {
    let (w, h) = (page.width as f64 / px_per_mm, page.height as f64 / px_per_mm);
    let (x, y) = (between(rng, 10.0, w - 10.0), between(rng, 10.0, h - 10.0));
    let length = if chance(rng, 0.3) { 0.3 } else { between(rng, 3.0, 25.0) };
    let turn = between(rng, 0.0, std::f64::consts::TAU);
    let points = [0.0, 0.33, 0.66, 1.0].map(|t| {
        let bow = jitter(rng, 0.06) * length;
        (x + t * length * turn.cos() - bow * turn.sin(), y + t * length * turn.sin() + bow * turn.cos())
    });
    let Some(mut layer) = Layer::around(page, px_per_mm, (x, y), (length + 2.0, length + 2.0)) else {
        return;
    };
    line(&mut layer, &points, hand, rng);
    hand.ink(page, px_per_mm, &layer);
}

fn around(page: &Gray, px_per_mm: f64, area: Area) -> Option<Layer> {
    let centre = (area.x + area.w / 2.0, area.y + area.h / 2.0);
    Layer::around(page, px_per_mm, centre, (area.w / 2.0 + 3.0, area.h / 2.0 + 3.0))
}

/// Letters joined by a running line: `size` is the height of an x, and some rise or hang by another size.
fn word(page: &mut Gray, px_per_mm: f64, at: (f64, f64), length: f64, size: f64, hand: &Hand, rng: &mut Rng) {
    let area = Area { x: at.0, y: at.1 - 2.4 * size, w: length, h: 4.0 * size };
    let Some(mut layer) = around(page, px_per_mm, area) else {
        return;
    };
    let slant = between(rng, 0.0, 0.35);
    let mut points = Vec::new();
    let mut x = 0.0;
    while x < length {
        let width = size * between(rng, 0.55, 0.95);
        let letter = pick(rng, &[0, 0, 0, 1, 2, 2, 3, 3, 3, 4, 5, 5, 6]);
        let mut add = |shape: &[(f64, f64)]| {
            for &(fx, up) in shape {
                let up = (up + jitter(rng, 0.06)) * size;
                points.push((at.0 + x + (fx + jitter(rng, 0.03)) * width + slant * up, at.1 - up));
            }
        };
        // From the entry stroke to the exit on the base line, in parts of the letter's width and of the x-height.
        match letter {
            0 => add(&[
                (0.7, 0.85),
                (0.35, 1.0),
                (0.1, 0.5),
                (0.35, 0.0),
                (0.65, 0.5),
                (0.7, 0.95),
                (0.7, 0.1),
                (1.0, 0.1),
            ]),
            1 => add(&[(0.3, 0.7), (0.55, 1.9), (0.4, 2.1), (0.3, 1.4), (0.35, 0.15), (0.6, 0.0), (0.95, 0.2)]),
            2 => add(&[(0.1, 0.9), (0.12, 0.0), (0.15, 0.6), (0.4, 1.0), (0.55, 0.7), (0.55, 0.1), (0.95, 0.15)]),
            3 => add(&[(0.2, 0.4), (0.6, 0.6), (0.5, 1.0), (0.2, 0.8), (0.25, 0.15), (0.6, 0.0), (1.0, 0.25)]),
            4 => add(&[
                (0.65, 0.9),
                (0.2, 0.8),
                (0.3, 0.1),
                (0.65, 0.8),
                (0.6, -0.7),
                (0.35, -1.0),
                (0.25, -0.6),
                (0.95, 0.1),
            ]),
            5 => add(&[(0.15, 0.9), (0.2, 0.15), (0.4, 0.0), (0.6, 0.4), (0.65, 0.95), (0.68, 0.1), (1.0, 0.1)]),
            _ => add(&[(0.2, 0.3), (0.45, 1.1), (0.6, 0.6), (0.4, 0.0), (0.15, 0.1), (0.9, 0.15)]),
        }
        x += width;
        if chance(rng, 0.15) {
            line(&mut layer, &points, hand, rng);
            points.clear();
        }
    }
    if points.len() > 1 {
        line(&mut layer, &points, hand, rng);
    }
    hand.ink(page, px_per_mm, &layer);
}
