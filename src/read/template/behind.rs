//! Whether a layout that is its own mirror image is seen from behind: by what reads from left to right.

use super::format::{Block, Template};
use super::rectify::Darkness;
use super::refine::BlockFit;

/// Letters with more ink on their left than on their right; those of the same on both sides do no harm.
const LEFT_HANDED: &str = "BCDEFGKLPR";
const EVEN: &str = "AHIMOTUVWXY";
/// Half the width of what is looked at of a letter, in half axes: no outline.
const INNER: f64 = 0.62;
/// What is darker all over is a mark and no letter.
const MARKED: f64 = 0.2;
/// How much more ink letters must have on their right.
const HEAVIER: f64 = 0.06;
/// Darkness of ink, and the share of rows that have it.
const INK: f32 = 0.2;
const MOST_ROWS: f64 = 0.6;
const FEW_ROWS: f64 = 0.2;
const LEAST_ROWS: usize = 4;

/// Whether letters lean to the wrong side, or rows have their numbers behind them.
pub fn from_behind(dark: &Darkness, scale: f64, template: &Template, fits: &[BlockFit]) -> bool {
    let blocks = || template.blocks.iter().zip(fits);
    let (left, right) = blocks().fold((0.0, 0.0), |s, (b, f)| {
        let ink = letters(dark, scale, template, b, f);
        (s.0 + ink.0, s.1 + ink.1)
    });
    let lean = (right - left) / (right + left).max(1e-9);
    let rows = blocks().fold([0; 3], |s, (b, f)| {
        let n = numbers(dark, scale, template, b, f);
        [s[0] + n[0], s[1] + n[1], s[2] + n[2]]
    });
    let share = |i: usize| rows[i] as f64 / rows[2].max(1) as f64;
    lean > HEAVIER || rows[2] >= LEAST_ROWS && share(1) > MOST_ROWS && share(0) < FEW_ROWS
}

/// Ink on the left and right half of a block's letters.
fn letters(dark: &Darkness, scale: f64, template: &Template, block: &Block, fit: &BlockFit) -> (f64, f64) {
    let labels: Vec<&str> = template.bubbles(block).map(|b| b.value.as_str()).collect();
    let of = |set: &str| labels.iter().filter(|l| l.len() == 1 && set.contains(**l)).count();
    if of(LEFT_HANDED) == 0 || of(LEFT_HANDED) + of(EVEN) < labels.len() {
        return (0.0, 0.0);
    }
    let (rx, ry) = (INNER * block.rx * scale, INNER * block.ry * scale);
    template.bubbles(block).zip(&fit.shifts).fold((0.0, 0.0), |sum, (b, s)| {
        let at = ((b.centre.x + s.0) * scale, (b.centre.y + s.1) * scale);
        let halves = [-1.0, 1.0].map(|side: f64| mean(dark, at.0 + side * rx / 2.0, at.1, rx / 2.0, ry));
        if halves[0].min(halves[1]) > MARKED { sum } else { (sum.0 + halves[0], sum.1 + halves[1]) }
    })
}

/// Rows of a block with something just before them, just behind them, and all.
fn numbers(dark: &Darkness, scale: f64, template: &Template, block: &Block, fit: &BlockFit) -> [usize; 3] {
    let mut ends = std::collections::BTreeMap::<usize, [(f64, f64); 2]>::new();
    let across = template.bubbles(block).any(|b| b.column > 0);
    for (b, s) in template.bubbles(block).zip(&fit.shifts).filter(|_| across) {
        let at = (b.centre.x + s.0, b.centre.y + s.1);
        let row = ends.entry(b.row).or_insert([at, at]);
        row[0] = if at.0 < row[0].0 { at } else { row[0] };
        row[1] = if at.0 > row[1].0 { at } else { row[1] };
    }
    let (clear, reach) = (1.35 * block.rx, 1.35 * block.rx + 1.2 * block.step_x);
    let inked = |(x, y): (f64, f64), side: f64| {
        let from = (x + side * if side < 0.0 { reach } else { clear }) * scale;
        let to = from + (reach - clear) * scale;
        let (top, bottom) = ((y - 0.6 * block.ry) * scale, (y + 0.6 * block.ry) * scale);
        pixels(dark, (from, to), (top, bottom)).filter(|v| *v > INK).count() >= 3
    };
    let count = |i: usize, side: f64| ends.values().filter(|row| inked(row[i], side)).count();
    [count(0, -1.0), count(1, 1.0), ends.len()]
}

fn pixels(dark: &Darkness, x: (f64, f64), y: (f64, f64)) -> impl Iterator<Item = f32> {
    let range = |(from, to): (f64, f64), n: usize| (from.max(0.0) as usize)..(to.max(0.0).ceil() as usize).min(n);
    let columns = range(x, dark.width);
    range(y, dark.height).flat_map(move |row| dark.data[row * dark.width..][columns.clone()].iter().copied())
}

fn mean(dark: &Darkness, x: f64, y: f64, rx: f64, ry: f64) -> f64 {
    let (sum, n) =
        pixels(dark, (x - rx, x + rx), (y - ry, y + ry)).fold((0.0, 0usize), |s, v| (s.0 + f64::from(v), s.1 + 1));
    sum / n.max(1) as f64
}
