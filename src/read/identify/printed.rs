//! The printed code, read in place: its typeface, size and place are known, so each character is compared with the 32
//! that it can be, and a text is believed when its check holds.
//!
//! The check has 20 bits, so that one text in a million passes that is not the sheet's. Texts are therefore tried from
//! the likeliest on, and only as many as keep the [`chance`] of a wrong one passing under [`MOST_CHANCE`]; where two
//! pass, neither is believed. The page's layout must be known, and begin as the text says.

use super::{Known, corners};
use crate::raster::text::{Anchor, Font};
use crate::raster::{Gray, Partial, Rgb, Window};
use crate::read::layouts::Layouts;
use crate::read::register::Registration;
use crate::sheet::frame::{MONO_ADVANCE, PRINTED_LINE, PrintedLine};
use crate::sheet::identity::{ALPHABET, CHECK_CHARS, Identity, LayoutId, PRINTED_CHARS, PrintedIdentity};
use crate::units::{Homography, MM_PER_POINT, Mm, Point, Px};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::LazyLock;

/// Samples of a character's cell: 8 a millimetre, from above a capital to below the tail of a Q.
const COLUMNS: usize = 16;
const ROWS: usize = 24;
const BASELINE: usize = 21;
/// How far a line is looked for around its place: 1.25 mm, for paper that bends.
const REACH: usize = 10;
/// How far a character may stand from its line's place.
const WAVER: usize = 2;
const GROUP: usize = 4;
const GROUPS: usize = 3;
const LINE_CHARS: usize = GROUP * GROUPS;

/// A cell's samples, at mean 0 and length 1: the product of two is their correlation.
type Cell = [f32; COLUMNS * ROWS];

struct Glyphs {
    each: Vec<Cell>,
    /// What all characters have in common: shows where a line is, whatever it says.
    mean: Cell,
}

static GLYPHS: LazyLock<Glyphs> = LazyLock::new(|| {
    let font = Font::new(include_bytes!("../../print/fonts/IBMPlexMono-Medium.ttf")).expect("the embedded font");
    let size_px = COLUMNS as f64 / MONO_ADVANCE;
    let mut mean = [0.0; COLUMNS * ROWS];
    let mut each = Vec::with_capacity(ALPHABET.len());
    for &c in ALPHABET {
        let mut drawn = Rgb::new(COLUMNS, ROWS, [255; 3]);
        let character = (c as char).to_string();
        font.draw(&mut drawn, &character, Point::new(0.0, BASELINE as f64), Anchor::Left, size_px, [0; 3]);
        let mut ink: Vec<f32> = drawn.data.chunks_exact(3).map(|p| f32::from(255 - p[0])).collect();
        soften(&mut ink, COLUMNS);
        mean.iter_mut().zip(&ink).for_each(|(m, i)| *m += i);
        each.push(normalised(std::array::from_fn(|i| ink[i])));
    }
    Glyphs { each, mean: normalised(mean) }
});

/// As a scanner does: a quarter, a half, a quarter along both axes.
fn soften(ink: &mut [f32], width: usize) {
    let source = ink.to_vec();
    let height = ink.len() / width;
    for y in 0..height {
        for x in 0..width {
            let at = |dx: usize, dy: usize| {
                let (x, y) = ((x + dx).clamp(1, width) - 1, (y + dy).clamp(1, height) - 1);
                source[y * width + x]
            };
            let row = |dy: usize| at(0, dy) + 2.0 * at(1, dy) + at(2, dy);
            ink[y * width + x] = (row(0) + 2.0 * row(1) + row(2)) / 16.0;
        }
    }
}

/// All 0 where there is next to nothing.
fn normalised(mut cell: Cell) -> Cell {
    const LEAST_CONTRAST: f32 = 3.0;
    let n = cell.len() as f32;
    let mean = cell.iter().sum::<f32>() / n;
    cell.iter_mut().for_each(|v| *v -= mean);
    let length = product(&cell, &cell).sqrt();
    let scale = if length > LEAST_CONTRAST * n.sqrt() { 1.0 / length } else { 0.0 };
    cell.iter_mut().for_each(|v| *v *= scale);
    cell
}

fn product(a: &Cell, b: &Cell) -> f32 {
    // Eight sums at once: the order of a single one would forbid vector code.
    let mut sums = [0.0_f32; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for i in 0..8 {
            sums[i] += a[i] * b[i];
        }
    }
    sums.iter().sum()
}

/// A line of the printed code and what is around it within reach, straightened.
struct Strip {
    width: usize,
    ink: Vec<f32>,
}

impl Strip {
    fn of(picture: &Gray, map: &Homography<Mm, Px>, line: &PrintedLine) -> Self {
        let (width, height) = (PRINTED_LINE * COLUMNS + 2 * REACH, ROWS + 2 * REACH);
        let mm = MONO_ADVANCE * line.size_pt * MM_PER_POINT / COLUMNS as f64;
        let at = |x: f64, y: f64| {
            let (x, y) = (x - REACH as f64, y - (REACH + BASELINE) as f64);
            picture.sample(map.apply(Point::new(line.x + x * mm, line.y + y * mm)))
        };
        let mut ink = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let (x, y) = (x as f64, y as f64);
                let sum: f64 = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)]
                    .map(|(dx, dy)| at(x + dx, y + dy))
                    .iter()
                    .sum();
                ink.push((255.0 - sum / 4.0) as f32);
            }
        }
        soften(&mut ink, width);
        Strip { width, ink }
    }

    /// The cell of character `i` of a line, moved.
    fn cell(&self, i: usize, x: usize, y: usize) -> Cell {
        let left = (i + i / GROUP) * COLUMNS + x;
        normalised(std::array::from_fn(|k| self.ink[(y + k / COLUMNS) * self.width + left + k % COLUMNS]))
    }
}

/// The place of both lines, as (columns, rows) of the strip. None where no line is seen.
fn align(strips: &[Strip; 2]) -> Option<(usize, usize)> {
    /// Of the mean correlation with what characters have in common: 0.6 on a clean scan.
    const LEAST: f32 = 0.2;
    let agreement = |x: usize, y: usize| -> f32 {
        let line = |s: &Strip| (0..LINE_CHARS).map(|i| product(&GLYPHS.mean, &s.cell(i, x, y))).sum::<f32>();
        strips.iter().map(line).sum::<f32>() / (2 * LINE_CHARS) as f32
    };
    let best = |places: &mut dyn Iterator<Item = (usize, usize)>| {
        places.map(|(x, y)| (agreement(x, y), (x, y))).max_by(|a, b| a.0.total_cmp(&b.0))
    };
    let coarse = (0..=2 * REACH).step_by(2);
    let (_, (x, y)) = best(&mut coarse.clone().flat_map(|y| coarse.clone().map(move |x| (x, y))))?;
    let around = |v: usize| v.saturating_sub(1)..=(v + 1).min(2 * REACH);
    let (agreement, place) = best(&mut around(y).flat_map(|y| around(x).map(move |x| (x, y))))?;
    (agreement > LEAST).then_some(place)
}

/// The 32 characters that one can be, as their values, with their probabilities; the likeliest first.
type Likely = [(u8, f64); ALPHABET.len()];

/// What a character's cell says of it.
fn likely(strip: &Strip, i: usize, (x, y): (usize, usize)) -> Likely {
    /// Samples that say something independent of each other: neighbours share a stroke's edge, and all the printer's
    /// habits. With fewer the reader is less sure of itself.
    const INDEPENDENT: f64 = 60.0;
    /// Correlation that something over a character has with one or another of the 32.
    const COVERED: f32 = 0.7;
    /// Probability that something else than noise changed a character: a speck that makes an F of a P.
    const MISHAP: f64 = 1e-6;
    let mut best = [0.0_f32; ALPHABET.len()];
    let around = |v: usize| v.saturating_sub(WAVER)..=(v + WAVER).min(2 * REACH);
    for y in around(y) {
        for x in around(x) {
            let cell = strip.cell(i, x, y);
            for (best, glyph) in best.iter_mut().zip(&GLYPHS.each) {
                *best = best.max(product(glyph, &cell));
            }
        }
    }
    // Least squares of unknown variance: the likelihood falls with what a glyph leaves unexplained.
    let unexplained = |r: f32| f64::from(1.0 - r * r).max(1e-3);
    let likelihood = |r: f32| unexplained(r).powf(-INDEPENDENT / 2.0);
    // Under ink or a label it can be any.
    let all = best.map(|r| likelihood(r) + likelihood(COVERED));
    let sum: f64 = all.iter().sum();
    let n = ALPHABET.len() as f64;
    let mut likely: Likely = std::array::from_fn(|g| (g as u8, (1.0 - MISHAP) * all[g] / sum + MISHAP / n));
    likely.sort_by(|a, b| b.1.total_cmp(&a.1));
    likely
}

/// Most texts that are tried: all that one character under ink can be, or two of a few each.
const MOST_TRIES: usize = 256;
/// A less likely text is not tried: it would only add to the chance.
const LEAST_LIKELY: f64 = 1e-4;
/// Most [`chance`] of a wrong text that is taken.
const MOST_CHANCE: f64 = 1e-9;

/// The chance that a wrong text passes, if so many are tried and the right one is among them but for `missed`: as long
/// as it is among them, another one that passes shows as a second.
fn chance(tries: usize, missed: f64) -> f64 {
    tries as f64 * missed / f64::from(1 << (5 * CHECK_CHARS))
}

/// The likeliest texts that may be tried, none where the characters are not sure enough.
fn texts(characters: &[Likely]) -> Vec<String> {
    // A text as the ranks of its characters; each is made from the one where the last rank above 0 was one lower.
    let cost = |ranks: &[u8]| -> f64 { ranks.iter().zip(characters).map(|(&r, c)| -c[usize::from(r)].1.ln()).sum() };
    let key = |ranks: &[u8]| Reverse((cost(ranks) * 1e9) as u64);
    let first = vec![0; characters.len()];
    let mut open = BinaryHeap::from([(key(&first), first)]);
    let (mut texts, mut missed, mut enough) = (Vec::new(), 1.0, 0);
    while let Some((_, ranks)) = open.pop().filter(|_| texts.len() < MOST_TRIES) {
        let probability = (-cost(&ranks)).exp();
        if probability < LEAST_LIKELY {
            break;
        }
        missed -= probability;
        texts.push(
            ranks.iter().zip(characters).map(|(&r, c)| ALPHABET[usize::from(c[usize::from(r)].0)] as char).collect(),
        );
        if chance(texts.len(), missed.max(0.0)) < MOST_CHANCE {
            enough = texts.len();
        }
        let last = ranks.iter().rposition(|&r| r > 0).unwrap_or(0);
        for i in last..ranks.len() {
            if usize::from(ranks[i]) + 1 < ALPHABET.len() {
                let mut next = ranks.clone();
                next[i] += 1;
                open.push((key(&next), next));
            }
        }
    }
    texts.truncate(enough);
    texts
}

/// The printed code of a registered page.
pub fn read(picture: &mut Partial, registration: &Registration, known: Known) -> Option<Identity> {
    const AROUND_MM: f64 = 2.0;
    let Registration { frame, sheet_to_picture: map, .. } = registration;
    picture.need(Window::around(corners(&frame.printed.grown(AROUND_MM), map), 2.0));
    let strips = frame.printed_lines().map(|line| Strip::of(picture.gray(), map, &line));
    let place = align(&strips)?;
    let characters: Vec<Likely> =
        (0..PRINTED_CHARS).map(|i| likely(&strips[i / LINE_CHARS], i % LINE_CHARS, place)).collect();
    let texts = texts(&characters);
    let mut held = texts.iter().filter_map(|t| whole(Identity::from_printed(t, known.key).ok()?, known.layouts));
    held.next().filter(|_| held.next().is_none())
}

/// With the one known layout that begins so and has such a page.
pub fn whole(printed: PrintedIdentity, layouts: &Layouts) -> Option<Identity> {
    let PrintedIdentity { sheet, page, layout_begins } = printed;
    let fits = |id: &&LayoutId| {
        id.as_str().starts_with(&layout_begins) && layouts.get(id).is_some_and(|l| l.page(page).is_some())
    };
    let mut found = layouts.ids().filter(fits);
    let layout = found.next().filter(|_| found.next().is_none())?.clone();
    Some(Identity { sheet, page, layout })
}
