//! What pupils do to a bubble.

use std::f64::consts::{PI, TAU};

use fastrand::Rng;

use super::chance::{between, chance, jitter, sign};
use super::noise::{CLOUD, GRAIN};
use super::pen::{Habit, Hand, Pen};
use super::stroke::{Layer, Touch, smooth};
use crate::raster::Gray;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Filled as asked.
    Full,
    /// One half filled.
    Half,
    /// Filled with little pressure and gaps.
    Light,
    Cross,
    Tick,
    /// One line through.
    Dash,
    /// A small blob in the middle.
    Dot,
    /// Filled, with strokes far over the edge.
    Overfull,
    /// Filled 0.5–1 mm beside its place.
    Offset,
    /// A ring drawn around the bubble, nothing in it.
    RingOnly,
    /// Filled in pencil, then rubbed out.
    Erased,
    /// Filled, then crossed out beyond its edge.
    Cancelled,
    /// Filled, then painted over with correction fluid.
    WhitedOut,
}

/// What a careful person says who looks at the bubble alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// It was chosen: reading it as empty is wrong.
    Chosen,
    /// It was chosen and taken back: reading it as filled is wrong.
    TakenBack,
    /// A person may say either: only a stated doubt is surely right.
    Unclear,
}

impl Mark {
    pub const ALL: [Mark; 13] = [
        Mark::Full,
        Mark::Half,
        Mark::Light,
        Mark::Cross,
        Mark::Tick,
        Mark::Dash,
        Mark::Dot,
        Mark::Overfull,
        Mark::Offset,
        Mark::RingOnly,
        Mark::Erased,
        Mark::Cancelled,
        Mark::WhitedOut,
    ];

    pub fn intent(self) -> Intent {
        match self {
            Mark::Full | Mark::Half | Mark::Light | Mark::Cross | Mark::Tick | Mark::Overfull | Mark::Offset => {
                Intent::Chosen
            }
            Mark::Erased | Mark::Cancelled | Mark::WhitedOut => Intent::TakenBack,
            Mark::Dash | Mark::Dot | Mark::RingOnly => Intent::Unclear,
        }
    }
}

/// A bubble's place: centre and half-axes in millimetres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bubble {
    pub x: f64,
    pub y: f64,
    pub rx: f64,
    pub ry: f64,
}

/// Draws one mark. Places outside the page are left out.
pub fn draw(page: &mut Gray, px_per_mm: f64, bubble: Bubble, mark: Mark, hand: &Hand, rng: &mut Rng) {
    let mut b = bubble;
    b.x += jitter(rng, hand.aim_mm);
    b.y += jitter(rng, hand.aim_mm);
    let reach = |k: f64| (bubble.rx * k + 2.5, bubble.ry * k + 2.5);
    let Some(mut layer) = Layer::around(page, px_per_mm, (b.x, b.y), reach(2.2)) else {
        return;
    };
    let grown = |b: Bubble, k: f64| Bubble { rx: b.rx * k, ry: b.ry * k, ..b };
    match mark {
        Mark::Full => fill(&mut layer, grown(b, between(rng, 0.88, 1.06)), hand, hand.spacing, rng),
        Mark::Half => {
            let turn = between(rng, 0.0, TAU);
            b.x += 0.5 * b.rx * turn.cos();
            b.y += 0.5 * b.ry * turn.sin();
            let flat = Bubble { rx: b.rx * between(rng, 0.5, 0.65), ry: b.ry * between(rng, 0.5, 0.7), ..b };
            fill(&mut layer, flat, hand, hand.spacing, rng);
        }
        Mark::Light => {
            let soft = hand.clone().with_pressure(hand.pressure * between(rng, 0.45, 0.65));
            fill(&mut layer, grown(b, between(rng, 0.75, 1.0)), &soft, hand.spacing * between(rng, 1.3, 2.0), rng);
        }
        Mark::Cross => cross(&mut layer, grown(b, between(rng, 0.85, 1.3)), hand, rng),
        Mark::Tick => {
            let k = between(rng, 0.9, 1.4);
            let points = [(-0.7, -0.05), (-0.15, 0.65), (0.35, -0.4), (1.1, -1.15)]
                .map(|(x, y)| (b.x + b.rx * k * (x + jitter(rng, 0.08)), b.y + b.ry * k * (y + jitter(rng, 0.08))));
            line(&mut layer, &points, hand, rng);
        }
        Mark::Dash => {
            let tilt = jitter(rng, 0.25);
            let points = [-1.1, 0.0, 1.1].map(|t| (b.x + t * b.rx, b.y + b.ry * (t * tilt + jitter(rng, 0.06))));
            line(&mut layer, &points, hand, rng);
        }
        Mark::Dot => {
            let r = between(rng, 0.3, 0.8);
            fill(&mut layer, Bubble { rx: r, ry: r * between(rng, 0.7, 1.2), ..b }, hand, hand.spacing, rng);
        }
        Mark::Overfull => {
            fill(&mut layer, grown(b, between(rng, 1.15, 1.5)), hand, hand.spacing, rng);
            fill(&mut layer, grown(b, between(rng, 0.9, 1.3)), hand, hand.spacing * 1.5, rng);
        }
        Mark::Offset => {
            let (turn, far) = (between(rng, 0.0, TAU), between(rng, 0.5, 1.0));
            b.x += far * turn.cos();
            b.y += far * turn.sin();
            fill(&mut layer, grown(b, between(rng, 0.85, 1.05)), hand, hand.spacing, rng);
        }
        Mark::RingOnly => {
            let k = between(rng, 1.2, 1.7);
            ring(&mut layer, grown(b, k), between(rng, 1.0, 1.25), hand, rng);
        }
        Mark::Erased => return erased(page, px_per_mm, b, hand, rng),
        Mark::Cancelled => {
            fill(&mut layer, grown(b, between(rng, 0.85, 1.05)), hand, hand.spacing, rng);
            if chance(rng, 0.6) {
                let k = between(rng, 1.5, 2.0);
                cross(&mut layer, grown(b, k), hand, rng);
                if chance(rng, 0.4) {
                    cross(&mut layer, grown(b, k), hand, rng);
                }
            } else {
                let scrawl = Bubble { rx: b.rx * between(rng, 1.5, 1.9), ..grown(b, between(rng, 1.1, 1.6)) };
                fill(&mut layer, scrawl, hand, between(rng, 1.2, 2.4), rng);
            }
        }
        Mark::WhitedOut => {
            fill(&mut layer, grown(b, between(rng, 0.88, 1.06)), hand, hand.spacing, rng);
            hand.ink(page, px_per_mm, &layer);
            return whited_out(page, px_per_mm, b, rng);
        }
    }
    hand.ink(page, px_per_mm, &layer);
}

fn touches(points: &[(f64, f64)], hand: &Hand, rng: &mut Rng) -> Vec<Touch> {
    let rough: Vec<Touch> = points.iter().map(|&(x, y)| Touch { x, y, pressure: 1.0 }).collect();
    let mut line = smooth(&rough, 0.2);
    let pressures = hand.pressures(rng, line.len());
    for (touch, pressure) in line.iter_mut().zip(pressures) {
        touch.pressure = pressure;
        // A hand trembles, and ink creeps along fibres.
        touch.x += jitter(rng, 0.012);
        touch.y += jitter(rng, 0.012);
    }
    line
}

pub(super) fn line(layer: &mut Layer, points: &[(f64, f64)], hand: &Hand, rng: &mut Rng) {
    let stroke = touches(points, hand, rng);
    layer.stroke(&stroke, hand.line_mm * between(rng, 0.92, 1.08));
}

fn cross(layer: &mut Layer, b: Bubble, hand: &Hand, rng: &mut Rng) {
    let tilt = jitter(rng, 0.15);
    for base in [PI * 0.25, PI * 0.75] {
        let (turn, bow) = (base + tilt + jitter(rng, 0.1), jitter(rng, 0.08));
        let (dx, dy) = (b.rx * turn.cos(), b.ry * turn.sin());
        let (start, end) = (between(rng, 0.8, 1.1), between(rng, 0.8, 1.15));
        let points = [
            (b.x - start * dx, b.y - start * dy),
            (b.x - bow * dy + jitter(rng, 0.1), b.y + bow * dx + jitter(rng, 0.1)),
            (b.x + end * dx, b.y + end * dy),
        ];
        line(layer, &points, hand, rng);
    }
}

fn ring(layer: &mut Layer, b: Bubble, turns: f64, hand: &Hand, rng: &mut Rng) {
    let from = between(rng, 0.0, TAU);
    let way = sign(rng);
    let n = (turns * 12.0).ceil() as usize;
    let points: Vec<_> = (0..=n)
        .map(|i| {
            let turn = from + way * TAU * turns * i as f64 / n as f64;
            let r = 1.0 + jitter(rng, 0.04);
            (b.x + b.rx * r * turn.cos(), b.y + b.ry * r * turn.sin())
        })
        .collect();
    line(layer, &points, hand, rng);
}

/// Covers an ellipse: each sweep of the hand is a stroke, so that the ink is thicker where sweeps cross.
fn fill(layer: &mut Layer, b: Bubble, hand: &Hand, spacing: f64, rng: &mut Rng) {
    let half = 0.5 * hand.line_mm;
    let inner = Bubble { rx: (b.rx - half).max(0.05), ry: (b.ry - half).max(0.05), ..b };
    let gap = hand.line_mm * spacing;
    match hand.habit {
        Habit::BackAndForth => sweep(layer, inner, gap, hand.angle + jitter(rng, 0.15), hand, rng),
        Habit::OutlineFirst => {
            ring(layer, inner, between(rng, 0.95, 1.3), hand, rng);
            sweep(layer, inner, gap * 1.2, hand.angle + jitter(rng, 0.15), hand, rng);
        }
        Habit::Rings => {
            let mut k = 1.0;
            while k * inner.rx.max(inner.ry) > half * 0.6 {
                let middle = Bubble { x: b.x + jitter(rng, 0.06), y: b.y + jitter(rng, 0.06), ..inner };
                ring(
                    layer,
                    Bubble { rx: inner.rx * k, ry: inner.ry * k, ..middle },
                    between(rng, 0.95, 1.2),
                    hand,
                    rng,
                );
                k -= gap / inner.rx.max(inner.ry);
            }
            line(layer, &[(b.x - 0.1, b.y), (b.x + 0.1, b.y + 0.05)], hand, rng);
        }
    }
}

/// Back and forth across the ellipse at the given angle; ends fall short of the edge or over it.
fn sweep(layer: &mut Layer, b: Bubble, gap: f64, angle: f64, hand: &Hand, rng: &mut Rng) {
    let (sin, cos) = angle.sin_cos();
    let mut across = -1.0 + between(rng, 0.0, 0.1);
    let radius = 0.5 * (b.rx + b.ry);
    let mut forth = rng.bool();
    let mut last: Option<(f64, f64)> = None;
    while across < 1.0 {
        let chord = (1.0 - across * across).max(0.02).sqrt();
        let mut end = |way: f64| {
            let along = way * (chord + jitter(rng, 0.07));
            let side = across + jitter(rng, 0.05);
            (b.x + b.rx * (along * cos - side * sin), b.y + b.ry * (along * sin + side * cos))
        };
        let (from, to) = if forth { (end(-1.0), end(1.0)) } else { (end(1.0), end(-1.0)) };
        let middle = ((from.0 + to.0) / 2.0 + jitter(rng, 0.05), (from.1 + to.1) / 2.0 + jitter(rng, 0.05));
        match last {
            Some(before) => line(layer, &[before, from, middle, to], hand, rng),
            None => line(layer, &[from, middle, to], hand, rng),
        }
        last = Some(to);
        forth = !forth;
        across += gap / radius * between(rng, 0.7, 1.3);
    }
}

/// Graphite that was rubbed out: a gray cloud drawn out along the rubbing, the deepest strokes still seen, and the
/// print a little paler where toner came off.
fn erased(page: &mut Gray, px_per_mm: f64, b: Bubble, hand: &Hand, rng: &mut Rng) {
    let pencil = if hand.pen.is_pencil() { hand.clone() } else { Hand::new(Pen::SoftPencil, rng) };
    let reach = (b.rx * 2.0 + 2.0, b.ry * 2.0 + 2.0);
    let Some(mut strokes) = Layer::around(page, px_per_mm, (b.x, b.y), reach) else {
        return;
    };
    fill(&mut strokes, b, &pencil, pencil.spacing, rng);
    let (clean, left) = (between(rng, 0.08, 0.3), between(rng, 0.03, 0.2));
    let angle = between(rng, 0.0, PI);
    let (rub_x, rub_y) = (angle.cos(), angle.sin());
    let smear = between(rng, 0.02, 0.12);
    let shift = (between(rng, 0.0, 200.0), between(rng, 0.0, 200.0));
    let (w, h) = (strokes.width as isize, strokes.height as isize);
    let old = strokes.passes.clone();
    let steps = (px_per_mm * 0.8) as isize;
    for y in 0..h {
        for x in 0..w {
            let dragged: f32 = (-3..=3)
                .map(|k| {
                    let d = (k * steps) as f64 / 3.0;
                    let (sx, sy) = (x + (d * rub_x) as isize, y + (d * rub_y) as isize);
                    let inside = sx >= 0 && sy >= 0 && sx < w && sy < h;
                    if inside { old[(sy * w + sx) as usize].min(1.5) } else { 0.0 }
                })
                .sum::<f32>()
                / 7.0;
            let cloud = 1.0 + 0.6 * CLOUD.at(x as f64 * 2.0 + shift.0, y as f64 * 2.0 + shift.1);
            let i = (y * w + x) as usize;
            strokes.passes[i] = (f64::from(dragged) * smear * cloud
                + f64::from(old[i].min(2.0)) * left * cloud * clean * 3.0)
                .max(1e-6) as f32;
        }
    }
    let dark = 1.0 - pencil.reflectance;
    let worn = between(rng, 0.02, 0.15);
    let (rx, ry) = (b.rx * px_per_mm * 1.6, b.ry * px_per_mm * 1.6);
    strokes.apply(page, |x, y, value, passes| {
        let (ex, ey) = ((x as f64 - b.x * px_per_mm) / rx, (y as f64 - b.y * px_per_mm) / ry);
        let rubbed = (1.2 - ex * ex - ey * ey).clamp(0.0, 1.0);
        let fibre = GRAIN.at(x as f64 + shift.0, y as f64 + shift.1);
        let paler = value + (255.0 - value) * worn * rubbed * (1.0 + 0.5 * fibre);
        paler * (1.0 - dark * (passes * (1.0 + 0.5 * fibre)).clamp(0.0, 0.9))
    });
}

/// A dab of correction fluid: whiter than the paper, thin at its edge, with a faint rim of shadow.
fn whited_out(page: &mut Gray, px_per_mm: f64, b: Bubble, rng: &mut Rng) {
    let reach = (b.rx * 2.0 + 1.5, b.ry * 2.0 + 1.5);
    let Some(mut dab) = Layer::around(page, px_per_mm, (b.x, b.y), reach) else {
        return;
    };
    let brush = Hand { line_mm: between(rng, 1.6, 2.4), habit: Habit::BackAndForth, ..Hand::new(Pen::Felt, rng) };
    let k = between(rng, 1.15, 1.4);
    fill(&mut dab, Bubble { rx: b.rx * k, ry: b.ry * k, ..b }, &brush, 0.6, rng);
    let thin = between(rng, 1.6, 3.5);
    let shift = between(rng, 0.0, 200.0);
    dab.apply(page, |x, y, value, passes| {
        let cloud = CLOUD.at(x as f64 + shift, y as f64 + shift);
        let cover = 1.0 - (-thin * passes * (1.0 + 0.5 * cloud)).exp();
        let rim = if passes < 0.5 { 6.0 } else { 0.0 };
        value + (250.0 + 4.0 * cloud - value) * cover - rim
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const PX_PER_MM: f64 = 300.0 / 25.4;
    const BUBBLE: Bubble = Bubble { x: 6.0, y: 6.0, rx: 2.0, ry: 2.0 };

    /// Mean darkening of the disc, from 0 (paper) to 1 (black).
    fn darkness(mark: Mark, pen: Pen, seed: u64) -> f64 {
        let mut rng = Rng::with_seed(seed);
        let mut page = Gray::new(142, 142, 255);
        let hand = Hand::new(pen, &mut rng);
        draw(&mut page, PX_PER_MM, BUBBLE, mark, &hand, &mut rng);
        let (mut sum, mut n) = (0.0, 0.0);
        for y in 0..page.height {
            for x in 0..page.width {
                let d = ((x as f64 + 0.5) / PX_PER_MM - 6.0).hypot((y as f64 + 0.5) / PX_PER_MM - 6.0);
                if d < 1.8 {
                    sum += 1.0 - f64::from(page.get(x, y)) / 255.0;
                    n += 1.0;
                }
            }
        }
        sum / n
    }

    fn mean(mark: Mark, pen: Pen) -> f64 {
        (0..40).map(|seed| darkness(mark, pen, seed)).sum::<f64>() / 40.0
    }

    #[test]
    fn full_marks_darken_the_disc() {
        for seed in 0..60 {
            for (pen, least) in [(Pen::BlackBallpoint, 0.6), (Pen::BlueBallpoint, 0.5), (Pen::Felt, 0.7)] {
                let d = darkness(Mark::Full, pen, seed);
                assert!(d > least, "{pen:?}, seed {seed}: {d}");
            }
            let d = darkness(Mark::Full, Pen::SoftPencil, seed);
            assert!(d > 0.4, "pencil, seed {seed}: {d}");
        }
        assert!(mean(Mark::Full, Pen::BlackBallpoint) > 0.7);
    }

    #[test]
    fn marks_taken_back_or_partial_are_lighter_than_full_ones() {
        for seed in 0..60 {
            assert!(darkness(Mark::Erased, Pen::SoftPencil, seed) < 0.3);
            assert!(darkness(Mark::WhitedOut, Pen::BlackBallpoint, seed) < 0.25);
        }
        let full = mean(Mark::Full, Pen::BlackBallpoint);
        for mark in [Mark::Half, Mark::Light, Mark::Cross, Mark::Tick, Mark::Dash, Mark::Dot, Mark::RingOnly] {
            let d = mean(mark, Pen::BlackBallpoint);
            assert!(d < 0.85 * full, "{mark:?}: {d} of {full}");
        }
        assert!(mean(Mark::Cancelled, Pen::BlackBallpoint) >= full);
    }

    #[test]
    fn every_mark_darkens_what_is_printed_and_is_the_same_again() {
        for mark in Mark::ALL {
            let make = || {
                let mut rng = Rng::with_seed(5);
                let mut page = Gray::new(142, 142, 200);
                let hand = Hand::new(Pen::BlueBallpoint, &mut rng);
                draw(&mut page, PX_PER_MM, BUBBLE, mark, &hand, &mut rng);
                page
            };
            let page = make();
            assert_eq!(page, make());
            assert!(page.data.iter().any(|&v| v != 200), "{mark:?} leaves nothing");
            if !matches!(mark, Mark::Erased | Mark::WhitedOut) {
                assert!(page.data.iter().all(|&v| v <= 200), "{mark:?} lightens");
            }
        }
    }
}
