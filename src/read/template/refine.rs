//! Where each bubble really is: templates are some units off and paper curls. What a block's bubbles look like on this
//! very page is learned from all of them, every bubble says where it sees that pattern, and a smooth displacement is
//! fitted through what they say. No bubble moves on its own.

use super::evidence::windows;
use super::format::{Block, Template};
use super::rectify::Darkness;

/// Patterns are learned from at most this many bubbles.
const MOST_SAMPLES: usize = 80;
const MOST_DARKNESS: f32 = 0.35;
const ROUNDS: usize = 3;
/// Below this correlation a bubble's own word about its place is noise.
const LEAST_CORRELATION: f64 = 0.35;
/// What is darker than this in its inner half is a mark, or a solid print beside a block.
const SOLID: f64 = 0.27;
/// An end of a lattice that is as much like the rest as this is an end.
const SAME: f64 = 0.8;
/// Bubbles that look less alike than this, as in a coarse picture, tell no phase from another.
pub const CLEAR: f64 = 0.6;
/// By how much a block must look better for being moved by half a step or a whole one.
const BETTER: f64 = 0.1;
/// Displacements: constant, along columns, along rows, and bends.
const TERMS: usize = 6;
/// Weight of the wish for no stretch and no bend, in bubbles of full correlation.
const RIDGE: [f64; TERMS] = [0.01, 1.0, 1.0, 3.0, 4.0, 4.0];

#[derive(Clone, Debug)]
pub struct BlockFit {
    /// For every bubble of the block, field after field: displacement from the template, in its units.
    pub shifts: Vec<(f64, f64)>,
    /// How much each bubble looks like the block's pattern, from -1 to 1.
    pub likeness: Vec<f64>,
    /// The median of that over bubbles without marks.
    pub typical: f64,
    /// How much the bubbles of the first and last column, and of the first and last row, look like it, against those of
    /// the whole block. Half a step off, the outer bubbles are half there; a whole step off, one line is something else.
    pub ends: [f64; 4],
    /// The same for where a further column or row would be.
    pub beyond: [f64; 4],
    /// Root mean square of what the fit leaves, in template units, and from how many bubbles.
    pub residual: f64,
    pub witnesses: usize,
}

impl BlockFit {
    /// The mean displacement.
    pub fn mean(&self) -> (f64, f64) {
        let n = self.shifts.len().max(1) as f64;
        self.shifts.iter().fold((0.0, 0.0), |s, d| (s.0 + d.0 / n, s.1 + d.1 / n))
    }
}

/// A block's bubbles in the view: template place, column and row from -1 to 1.
struct Site {
    x: f64,
    y: f64,
    u: f64,
    v: f64,
    /// Whether the block has but one column, and but one row.
    single: (bool, bool),
}

pub fn refine(dark: &Darkness, scale: f64, template: &Template, index: usize, start: (f64, f64)) -> BlockFit {
    let block = &template.blocks[index];
    let sites = sites(template, block);
    let (_, cell) = windows(block);
    // The pattern is somewhat wider than a bubble, so that outlines are inside it with paper around them.
    let half = ((1.4 * block.rx).min(cell.0) * scale, (1.4 * block.ry).min(cell.1) * scale);
    let (hx, hy) = ((half.0.round() as i32).max(3), (half.1.round() as i32).max(3));
    let first_reach = (
        ((0.22 * block.step_x * scale).round() as i32).clamp(1, 2 * hx),
        ((0.22 * block.step_y * scale).round() as i32).clamp(1, 2 * hy),
    );
    let mut x_terms = [0.0; TERMS];
    let mut y_terms = [0.0; TERMS];
    (x_terms[0], y_terms[0]) = start;
    let mut likeness = vec![0.0; sites.len()];
    let mut solid = vec![false; sites.len()];
    let mut learned = Vec::new();
    let (mut residual, mut witnesses) = (0.0, 0);
    for round in 0..ROUNDS {
        // Once a block is in place only stretch and curl are left to find.
        let reach = if round == 0 { first_reach } else { ((first_reach.0 + 1) / 2, (first_reach.1 + 1) / 2) };
        let place = |s: &Site| {
            let b = basis(s);
            ((s.x + dot(&x_terms, &b)) * scale, (s.y + dot(&y_terms, &b)) * scale)
        };
        let patches: Vec<(Vec<f32>, f64)> = sites
            .iter()
            .map(|s| {
                let (x, y) = place(s);
                let patch = patch(dark, x, y, hx + reach.0, hy + reach.1);
                let dark = patch.iter().sum::<f32>() / patch.len() as f32;
                (patch, f64::from(dark))
            })
            .collect();
        let wide = (2 * (hx + reach.0) + 1) as usize;
        let pattern = pattern(&patches, wide, (hx, hy), reach);
        let mut words = Vec::new();
        for (i, (s, (patch, _))) in sites.iter().zip(&patches).enumerate() {
            let (dx, dy, correlation, own) = best_match(patch, wide, &pattern, hx, reach);
            likeness[i] = own;
            solid[i] = middle(patch, wide) > SOLID;
            if correlation > LEAST_CORRELATION {
                words.push((basis(s), dx / scale, dy / scale, correlation * correlation));
            }
        }
        learned = pattern;
        if words.is_empty() {
            break;
        }
        witnesses = words.len();
        // Later rounds believe the agreement more and outliers less.
        let soft = block.rx.min(block.ry) * [0.5, 0.25, 0.15][round.min(2)];
        let (fx, fy, rms) = fit(&words, soft);
        for k in 0..TERMS {
            x_terms[k] += fx[k];
            y_terms[k] += fy[k];
        }
        residual = rms;
    }
    let shift = |s: &Site| (dot(&x_terms, &basis(s)), dot(&y_terms, &basis(s)));
    let shifts = sites.iter().map(shift).collect();
    let like = |x: f64, y: f64| {
        let patch = patch(dark, x * scale, y * scale, hx + 1, hy + 1);
        best_match(&patch, (2 * (hx + 1) + 1) as usize, &learned, hx, (1, 1)).3
    };
    let whole = median(likeness.iter().zip(&solid).filter(|(_, s)| !**s).map(|(l, _)| *l).collect()).unwrap_or(0.0);
    let share = |v: Option<f64>| v.filter(|_| whole > 0.0).map_or(0.0, |v| v / whole);
    let (mut lines, mut beyond) = ([None; 4], [0.0; 4]);
    for (n, (dx, dy)) in [(-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0)].into_iter().enumerate() {
        let at_end = |s: &Site| match n {
            0 | 1 => s.u == dx || s.single.0,
            _ => s.v == dy || s.single.1,
        };
        let line = || sites.iter().enumerate().filter(|(_, s)| at_end(s));
        let seen: Vec<f64> = line().filter(|(i, _)| !solid[*i]).map(|(i, _)| likeness[i]).collect();
        let enough = seen.len() * 4 >= line().count();
        lines[n] = median(seen).filter(|_| enough).map(|v| share(Some(v)));
        let outside = line().map(|(_, s)| {
            let (sx, sy) = shift(s);
            like(s.x + sx + dx * block.step_x, s.y + sy + dy * block.step_y)
        });
        beyond[n] = share(median(outside.collect()));
    }
    // A line of marks only may be what is printed beside a block: then there are bubbles beyond the other end.
    let ends = [0, 1, 2, 3].map(|n| lines[n].unwrap_or(if beyond[n ^ 1] > SAME { 0.0 } else { 1.0 }));
    BlockFit { shifts, likeness, typical: whole, ends, beyond, residual, witnesses }
}

/// A block in its place: where an end of its lattice is not what the rest is, half a step and a whole one aside are tried
/// too.
pub fn refine_in_phase(dark: &Darkness, scale: f64, template: &Template, index: usize, start: (f64, f64)) -> BlockFit {
    let block = &template.blocks[index];
    let mut fit = refine(dark, scale, template, index, start);
    for _ in 0..2 {
        let (x, y) = (fit.ends[0].min(fit.ends[1]), fit.ends[2].min(fit.ends[3]));
        if x.min(y) >= SAME || fit.typical < CLEAR {
            break;
        }
        let step = if x < y { (block.step_x, 0.0) } else { (0.0, block.step_y) };
        let here = fit.mean();
        let aside = |k: f64| refine(dark, scale, template, index, (here.0 + k * step.0, here.1 + k * step.1));
        let worst = |f: &BlockFit| f.ends.iter().copied().fold(1.0, f64::min);
        let worth = |f: &BlockFit| f.typical * worst(f);
        let tried = [-0.5, 0.5, -1.0, 1.0].map(aside);
        // Where a lattice goes on beyond its block, half a step off looks as well: the template's word counts then.
        let rank = |f: &BlockFit| {
            let (x, y) = f.mean();
            worth(f) - 0.1 * (x / block.step_x).abs().max((y / block.step_y).abs())
        };
        let Some(best) = tried.into_iter().max_by(|a, b| rank(a).total_cmp(&rank(b))) else { break };
        if worst(&best) < SAME || worth(&best) < worth(&fit) + BETTER {
            break;
        }
        fit = best;
    }
    fit
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    let n = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(n, f64::total_cmp).1)
}

/// Mean darkness of a patch's inner half.
fn middle(patch: &[f32], wide: usize) -> f64 {
    let high = patch.len() / wide;
    let inner = patch.chunks_exact(wide).skip(high / 4).take(high / 2).flat_map(|row| &row[wide / 4..wide * 3 / 4]);
    let (sum, n) = inner.fold((0.0, 0usize), |(s, n), v| (s + f64::from(*v), n + 1));
    sum / n.max(1) as f64
}

fn sites(template: &Template, block: &Block) -> Vec<Site> {
    let bubbles: Vec<_> = template.fields[block.fields.clone()].iter().flat_map(|f| &f.bubbles).collect();
    let columns = bubbles.iter().map(|b| b.column).max().unwrap_or(0);
    let rows = bubbles.iter().map(|b| b.row).max().unwrap_or(0);
    let single = (columns == 0, rows == 0);
    let (columns, rows) = (columns.max(1) as f64, rows.max(1) as f64);
    let site = |b: &&super::format::Bubble| Site {
        x: b.centre.x,
        y: b.centre.y,
        u: 2.0 * b.column as f64 / columns - 1.0,
        v: 2.0 * b.row as f64 / rows - 1.0,
        single,
    };
    bubbles.iter().map(site).collect()
}

fn basis(s: &Site) -> [f64; TERMS] {
    [1.0, s.u, s.v, s.u * s.v, s.u * s.u - 0.5, s.v * s.v - 0.5]
}

fn dot(a: &[f64; TERMS], b: &[f64; TERMS]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Clipped darkness around a place; beyond the view there is paper.
fn patch(dark: &Darkness, x: f64, y: f64, hx: i32, hy: i32) -> Vec<f32> {
    let mut out = Vec::with_capacity(((2 * hx + 1) * (2 * hy + 1)) as usize);
    let (fx, fy) = ((x - 0.5).floor(), (y - 0.5).floor());
    let (ax, ay) = ((x - 0.5 - fx) as f32, (y - 0.5 - fy) as f32);
    let at = |x: i32, y: i32| {
        let inside = x >= 0 && y >= 0 && (x as usize) < dark.width && (y as usize) < dark.height;
        if inside { dark.data[y as usize * dark.width + x as usize].min(MOST_DARKNESS) } else { 0.0 }
    };
    for j in -hy..=hy {
        for i in -hx..=hx {
            let (x, y) = (fx as i32 + i, fy as i32 + j);
            let top = at(x, y) * (1.0 - ax) + at(x + 1, y) * ax;
            let bottom = at(x, y + 1) * (1.0 - ax) + at(x + 1, y + 1) * ax;
            out.push(top * (1.0 - ay) + bottom * ay);
        }
    }
    out
}

/// The median look of a block's bubbles, of size (2hx + 1) × (2hy + 1), made point-symmetric about its centre: outlines
/// are so, and what the letters and a common displacement add is not. The displacement is the one of best symmetry.
fn pattern(patches: &[(Vec<f32>, f64)], wide: usize, (hx, hy): (i32, i32), reach: (i32, i32)) -> Vec<f32> {
    let stride = patches.len().div_ceil(MOST_SAMPLES).max(1);
    let chosen: Vec<&Vec<f32>> = patches.iter().step_by(stride).map(|p| &p.0).collect();
    let n = chosen.first().map_or(0, |p| p.len());
    let mut values = vec![0.0f32; chosen.len()];
    let fold: Vec<f32> = (0..n)
        .map(|k| {
            values.iter_mut().zip(&chosen).for_each(|(v, p)| *v = p[k]);
            // Below the median: half of a block's bubbles may be filled.
            let rank = values.len() * 2 / 5;
            *values.select_nth_unstable_by(rank, f32::total_cmp).1
        })
        .collect();
    let at = |x: i32, y: i32| fold[(y + hy + reach.1) as usize * wide + (x + hx + reach.0) as usize];
    // Small: a pattern that is displaced by more was not at its block's place to begin with.
    let (sx, sy) = (reach.0, reach.1);
    let mut best = (f64::MIN, 0, 0);
    for cy in -sy..=sy {
        for cx in -sx..=sx {
            let (mut ab, mut a, mut aa, mut n) = (0.0f64, 0.0f64, 0.0f64, 0.0f64);
            for y in -hy..=hy {
                for x in -hx..=hx {
                    let (p, q) = (f64::from(at(cx + x, cy + y)), f64::from(at(cx - x, cy - y)));
                    (ab, a, aa, n) = (ab + p * q, a + p, aa + p * p, n + 1.0);
                }
            }
            let spread = aa - a * a / n;
            let symmetry = if spread > 1e-9 { (ab - a * a / n) / spread } else { 0.0 };
            let far = (f64::from(cx) / f64::from(sx)).powi(2) + (f64::from(cy) / f64::from(sy)).powi(2);
            if symmetry - 0.1 * far > best.0 {
                best = (symmetry - 0.1 * far, cx, cy);
            }
        }
    }
    let (_, cx, cy) = best;
    let mut out = Vec::with_capacity(((2 * hx + 1) * (2 * hy + 1)) as usize);
    for y in -hy..=hy {
        for x in -hx..=hx {
            out.push((at(cx + x, cy + y) + at(cx - x, cy - y)) / 2.0);
        }
    }
    out
}

/// Displacement of best correlation within reach, that correlation, and the one without displacement by more than a
/// pixel.
fn best_match(patch: &[f32], wide: usize, pattern: &[f32], hx: i32, reach: (i32, i32)) -> (f64, f64, f64, f64) {
    let width = (2 * hx + 1) as usize;
    let n = pattern.len() as f64;
    let mean = pattern.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
    let spread = pattern.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>().sqrt();
    if spread < 1e-6 {
        return (0.0, 0.0, 0.0, 0.0);
    }
    let columns = (2 * reach.0 + 1) as usize;
    let mut scores = Vec::with_capacity(columns * (2 * reach.1 + 1) as usize);
    for dy in 0..=(2 * reach.1) as usize {
        for dx in 0..columns {
            let (mut ab, mut a, mut aa) = (0.0f32, 0.0f32, 0.0f32);
            for (row, line) in pattern.chunks_exact(width).enumerate() {
                let from = &patch[(dy + row) * wide + dx..][..width];
                for (&p, &q) in from.iter().zip(line) {
                    ab += p * q;
                    a += p;
                    aa += p * p;
                }
            }
            let (ab, a, aa) = (f64::from(ab), f64::from(a), f64::from(aa));
            let own = (aa - a * a / n).max(0.0).sqrt();
            // Noise alone has a spread too: under half a percent of the paper's brightness there is nothing to see.
            scores.push(if own > 0.005 * n.sqrt() { (ab - a * mean) / (own * spread) } else { 0.0 });
        }
    }
    let at = |x: i32, y: i32| scores[(y + reach.1) as usize * columns + (x + reach.0) as usize];
    let mut best = (0, 0);
    let mut own = f64::MIN;
    for y in -reach.1..=reach.1 {
        for x in -reach.0..=reach.0 {
            if at(x, y) > at(best.0, best.1) {
                best = (x, y);
            }
            if x.abs() <= 1 && y.abs() <= 1 {
                own = own.max(at(x, y));
            }
        }
    }
    let value = at(best.0, best.1);
    let on_rim = best.0.abs() == reach.0 || best.1.abs() == reach.1;
    if on_rim {
        return (f64::from(best.0), f64::from(best.1), value * 0.5, own);
    }
    let vertex = |a: f64, b: f64| {
        let bend = a - 2.0 * value + b;
        if bend < -1e-9 { (0.5 * (a - b) / bend).clamp(-0.5, 0.5) } else { 0.0 }
    };
    let dx = f64::from(best.0) + vertex(at(best.0 - 1, best.1), at(best.0 + 1, best.1));
    let dy = f64::from(best.1) + vertex(at(best.0, best.1 - 1), at(best.0, best.1 + 1));
    (dx, dy, value, own)
}

type Word = ([f64; TERMS], f64, f64, f64);

/// Ridge regression, reweighted by Tukey's biweight with its foot at three times `soft`.
fn fit(words: &[Word], soft: f64) -> ([f64; TERMS], [f64; TERMS], f64) {
    let (mut fx, mut fy) = ([0.0; TERMS], [0.0; TERMS]);
    let (mut mx, mut my): (Vec<f64>, Vec<f64>) = words.iter().map(|w| (w.1, w.2)).unzip();
    mx.sort_by(f64::total_cmp);
    my.sort_by(f64::total_cmp);
    (fx[0], fy[0]) = (mx[mx.len() / 2], my[my.len() / 2]);
    let mut rms = 0.0;
    for round in 0..4 {
        let mut ax = [[0.0; TERMS + 1]; TERMS];
        let mut ay = [[0.0; TERMS + 1]; TERMS];
        let (mut sum, mut weights) = (0.0, 0.0);
        // Wide at first, since the stretch is not known yet.
        let foot = 3.0 * soft * if round == 0 { 2.0 } else { 1.0 };
        for (b, dx, dy, weight) in words {
            let off = (dx - dot(&fx, b)).hypot(dy - dot(&fy, b));
            let w = weight * (1.0 - (off / foot).powi(2)).max(0.0).powi(2);
            (sum, weights) = (sum + w * off * off, weights + w);
            for i in 0..TERMS {
                for j in 0..TERMS {
                    ax[i][j] += w * b[i] * b[j];
                    ay[i][j] += w * b[i] * b[j];
                }
                ax[i][TERMS] += w * b[i] * dx;
                ay[i][TERMS] += w * b[i] * dy;
            }
        }
        if weights < 1e-9 {
            break;
        }
        rms = (sum / weights).sqrt();
        for i in 0..TERMS {
            ax[i][i] += RIDGE[i];
            ay[i][i] += RIDGE[i];
        }
        if let (Some(x), Some(y)) = (crate::units::solve(ax), crate::units::solve(ay)) {
            (fx, fy) = (x, y);
        }
    }
    (fx, fy, rms)
}
