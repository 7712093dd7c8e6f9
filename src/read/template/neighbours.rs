//! Blocks hold each other in place: one that is too small to know its own place takes that of the others, and one that
//! disagrees with all around it is astray.

use super::format::{Block, Bubble, Template};
use super::marks::probe;
use super::rectify::Darkness;
use super::refine::BlockFit;

/// With fewer bubbles that recognise the pattern a block does not know its own place.
const ENOUGH: usize = 6;
const NEAREST: usize = 4;
/// In steps: half a step would be the next lattice.
const ASTRAY: f64 = 0.4;

type Shift = (f64, f64);

/// A block that knows its place: its index, its centre, and how far it is displaced.
struct Known {
    block: usize,
    centre: Shift,
    shift: Shift,
}

/// Moves small blocks to where the others say, and returns which blocks are astray.
pub fn heed_neighbours(template: &Template, fits: &mut [BlockFit], dark: &Darkness, scale: f64) -> Vec<bool> {
    let known: Vec<Known> = (0..fits.len())
        .filter(|&i| fits[i].witnesses >= ENOUGH)
        .map(|i| Known { block: i, centre: centre(template, i), shift: mean(fits[i].shifts.iter().copied()) })
        .collect();
    let mut astray = vec![false; fits.len()];
    for (i, fit) in fits.iter_mut().enumerate() {
        let Some(expected) = expected(&known, i, centre(template, i)) else { continue };
        let block = &template.blocks[i];
        let own = mean(fit.shifts.iter().copied());
        if fit.witnesses < ENOUGH {
            // Its own word is heard only where its marks and letters bear it out.
            let half = ((own.0 + expected.0) / 2.0, (own.1 + expected.1) / 2.0);
            let contrast = |s: &Shift| stands_out(template, block, *s, dark, scale);
            let best = [expected, half, own].into_iter().max_by(|a, b| contrast(a).total_cmp(&contrast(b)));
            fit.shifts.fill(best.unwrap_or(expected));
        } else {
            let (dx, dy) = ((expected.0 - own.0).abs(), (expected.1 - own.1).abs());
            astray[i] = dx > ASTRAY * block.step_x || dy > ASTRAY * block.step_y;
        }
    }
    astray
}

fn bubbles<'t>(template: &'t Template, block: &Block) -> impl Iterator<Item = &'t Bubble> {
    template.fields[block.fields.clone()].iter().flat_map(|f| &f.bubbles)
}

fn centre(template: &Template, block: usize) -> Shift {
    mean(bubbles(template, &template.blocks[block]).map(|b| (b.centre.x, b.centre.y)))
}

fn mean(values: impl Iterator<Item = Shift>) -> Shift {
    let (n, x, y) = values.fold((0.0, 0.0, 0.0), |s, v| (s.0 + 1.0, s.1 + v.0, s.2 + v.1));
    if n > 0.0 { (x / n, y / n) } else { (0.0, 0.0) }
}

/// How far a block at `at` should be displaced: as the nearest one where there are one or two others, as the median of
/// the nearest where there are more.
fn expected(known: &[Known], block: usize, at: Shift) -> Option<Shift> {
    let far = |k: &&Known| (k.centre.0 - at.0).hypot(k.centre.1 - at.1);
    let mut near: Vec<&Known> = known.iter().filter(|k| k.block != block).collect();
    near.sort_by(|a, b| far(a).total_cmp(&far(b)));
    near.truncate(NEAREST);
    if near.len() < 3 {
        return near.first().map(|k| k.shift);
    }
    let middle = |get: fn(&Known) -> f64| {
        let mut values: Vec<f64> = near.iter().map(|k| get(k)).collect();
        values.sort_by(f64::total_cmp);
        let n = values.len();
        (values[(n - 1) / 2] + values[n / 2]) / 2.0
    };
    Some((middle(|k| k.shift.0), middle(|k| k.shift.1)))
}

/// How much darker a block's bubbles are than what is around them.
fn stands_out(template: &Template, block: &Block, shift: Shift, dark: &Darkness, scale: f64) -> f64 {
    let size = (block.rx * scale, block.ry * scale);
    let cell = (block.step_x * scale / 2.0, block.step_y * scale / 2.0);
    let at = |b: &Bubble| ((b.centre.x + shift.0) * scale, (b.centre.y + shift.1) * scale);
    bubbles(template, block).map(|b| probe(dark, at(b), size, cell)).map(|p| p.mean + p.lower - p.ring).sum()
}
