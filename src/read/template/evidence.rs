//! Whether print is where a template says that bubbles are: outlines, boxes and letters make the inside of a bubble's
//! place darker than the gaps around it, at every bubble and nowhere between.

use super::format::{Block, Template};
use super::rectify::{Darkness, Pyramid, Sums, rectify};
use crate::units::{Homography, Mm, Px};

/// Pixels to the smaller side of a bubble, in the view that hypotheses are tried on.
const BUBBLE_PX: f64 = 9.0;
/// A filled bubble must not outweigh the print of many empty ones.
const MOST_DARKNESS: f32 = 0.25;
/// Shares of a step by which the whole template, and then every block, may be displaced.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    whole: f64,
    block: f64,
}

/// Beyond half a step a neighbour would be met.
pub const NEAR: Reach = Reach { whole: 0.45, block: 0.25 };
/// Where the page's own edges are not seen, it is for the lattices' ends to tell a step from the next.
pub const FAR: Reach = Reach { whole: 1.0, block: 0.5 };
/// Print has to stand out by this much of the paper's brightness.
const LEAST_CONTRAST: f32 = 0.006;
/// An outer line with this share of the others' contrast is whole: an I is narrower than an M.
const EDGE_STRENGTH: f32 = 0.75;
const MAX_VIEW_PIXELS: f64 = 2.0e6;

/// A view of the page in one orientation of two; the other three of each are read by mirroring coordinates.
pub struct View {
    sums: Sums,
    scale: f64,
    /// Share of the page, but for its outer tenth, that is clearly darker than paper.
    ink_share: f64,
}

/// How the template lies in a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flip {
    pub x: bool,
    pub y: bool,
}

#[derive(Clone, Debug)]
pub struct Evidence {
    /// Displacement of every block, in template units.
    pub shifts: Vec<(f64, f64)>,
    /// Share of bubbles with print of their block's kind in them.
    pub present: f64,
    /// The same for the blocks' first rows, last rows, first columns or last columns, whichever is worst: it tells a
    /// lattice from one that is a row off.
    pub worst_edge: f64,
    /// Displacement of the whole, as a share of a step.
    pub displaced: f64,
}

impl Evidence {
    pub fn score(&self) -> f64 {
        self.print() - 0.1 * self.displaced
    }

    /// What print alone says, wherever it had to be displaced to.
    pub fn print(&self) -> f64 {
        0.5 * self.present + 0.5 * self.worst_edge
    }

    /// Print speaks for a hypothesis the more, the less it has to be displaced for it.
    pub fn worth(&self) -> f64 {
        self.score() - 0.2 * self.displaced
    }
}

/// Half sides of a bubble's inside, and of its whole neighbourhood.
pub fn windows(block: &Block) -> ((f64, f64), (f64, f64)) {
    let inside = ((1.1 * block.rx).min(0.42 * block.step_x), (1.1 * block.ry).min(0.42 * block.step_y));
    let cell = ((0.5 * block.step_x).min(1.8 * block.rx), (0.5 * block.step_y).min(1.8 * block.ry));
    (inside, (cell.0.max(inside.0 * 1.1), cell.1.max(inside.1 * 1.1)))
}

impl View {
    pub fn new(pyramid: &Pyramid, map: &Homography<Mm, Px>, template: &Template) -> Self {
        let smallest = template.blocks.iter().map(|b| 2.0 * b.rx.min(b.ry)).fold(f64::MAX, f64::min);
        let scale = (BUBBLE_PX / smallest).min((MAX_VIEW_PIXELS / (template.width * template.height)).sqrt());
        let gray = rectify(pyramid, map, (template.width, template.height), scale);
        let step = template.blocks.iter().map(|b| b.step_x.max(b.step_y)).fold(0.0, f64::max);
        let dark = Darkness::of(&gray, (step * scale).max(BUBBLE_PX));
        // The rim may show the desk.
        let inner = |n: usize| n / 10..n - n / 10;
        let (mut inked, mut all) = (0usize, 1usize);
        for y in inner(dark.height) {
            let row = &dark.data[y * dark.width..][inner(dark.width)];
            inked += row.iter().filter(|&&v| v > 0.15).count();
            all += row.len();
        }
        View { sums: Sums::of(&dark, MOST_DARKNESS), scale, ink_share: inked as f64 / all as f64 }
    }

    /// Whether there is next to nothing on the page.
    pub fn is_empty(&self) -> bool {
        self.ink_share < 0.002
    }

    /// Print at the bubbles of `template`, at the best displacement within reach.
    pub fn evidence(&self, template: &Template, flip: Flip, reach: Reach) -> Evidence {
        let least = |step: fn(&Block) -> f64| template.blocks.iter().map(step).fold(f64::MAX, f64::min);
        let steps = (least(|b| b.step_x), least(|b| b.step_y));
        let all: Vec<usize> = (0..template.blocks.len()).collect();
        let joint = self.search(template, flip, &all, (0.0, 0.0), (reach.whole * steps.0, reach.whole * steps.1));
        let first = self.at(template, flip, joint, steps, reach);
        // Where outlines nearly touch, the gaps between them look like bubbles: only the ends of rows and columns tell.
        let other = |v: f64, step: f64| if v.abs() > 0.25 * step { v - v.signum() * 0.5 * step } else { v };
        let (x, y) = (other(joint.0, steps.0), other(joint.1, steps.1));
        let alternatives = [(x, joint.1), (joint.0, y), (x, y)].into_iter().filter(|a| *a != joint);
        alternatives
            .map(|from| {
                let near = (0.15 * steps.0, 0.15 * steps.1);
                self.at(template, flip, self.search(template, flip, &all, from, near), steps, reach)
            })
            .fold(first, |best, e| if e.worth() > best.worth() { e } else { best })
    }

    /// The evidence with the whole displaced by about `joint`.
    fn at(&self, template: &Template, flip: Flip, joint: (f64, f64), steps: (f64, f64), reach: Reach) -> Evidence {
        let mut shifts = Vec::new();
        let (mut found, mut total) = (0usize, 0usize);
        // Left, right, top, bottom.
        let mut edges = [(0.0, 0usize); 4];
        for (i, block) in template.blocks.iter().enumerate() {
            let block_reach = (reach.block * block.step_x, reach.block * block.step_y);
            let shift = self.search(template, flip, &[i], joint, block_reach);
            shifts.push(shift);
            let contrasts = self.contrasts(template, flip, i, shift);
            let middle = |values: Vec<f32>| {
                let mut sorted = values;
                sorted.sort_by(f32::total_cmp);
                sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
            };
            let typical = middle(contrasts.iter().map(|c| c.2).collect());
            let enough = LEAST_CONTRAST.max(0.25 * typical);
            let (columns, rows) = contrasts.iter().fold((0, 0), |m, c| (m.0.max(c.0), m.1.max(c.1)));
            let line = |keep: &dyn Fn(usize, usize) -> bool| -> Vec<f32> {
                contrasts.iter().filter(|c| keep(c.0, c.1)).map(|c| c.2).collect()
            };
            let lines =
                [line(&|c, _| c == 0), line(&|c, _| c == columns), line(&|_, r| r == 0), line(&|_, r| r == rows)];
            for (edge, line) in edges.iter_mut().zip(lines) {
                let n = line.len();
                let share = line.iter().filter(|&&c| c > enough).count() as f64 / n.max(1) as f64;
                // Half a bubble's print at the end of a lattice is the lattice displaced by half a step.
                let strength = f64::from(middle(line) / (EDGE_STRENGTH * typical).max(LEAST_CONTRAST)).clamp(0.0, 1.0);
                *edge = (edge.0 + n as f64 * share.min(strength), edge.1 + n);
            }
            found += contrasts.iter().filter(|c| c.2 > enough).count();
            total += contrasts.len();
        }
        Evidence {
            shifts,
            present: found as f64 / total.max(1) as f64,
            worst_edge: edges.iter().map(|e| e.0 / e.1.max(1) as f64).fold(1.0, f64::min),
            displaced: (joint.0 / steps.0).abs().max((joint.1 / steps.1).abs()) / reach.whole,
        }
    }

    /// Column, row and contrast of each of a block's bubbles.
    fn contrasts(&self, t: &Template, flip: Flip, block: usize, shift: (f64, f64)) -> Vec<(usize, usize, f32)> {
        let b = &t.blocks[block];
        let s = self.scale;
        let (inside, cell) = windows(b);
        let bubbles = t.fields[b.fields.clone()].iter().flat_map(|f| &f.bubbles);
        bubbles
            .map(|bubble| {
                let (x, y) = (bubble.centre.x + shift.0, bubble.centre.y + shift.1);
                let x = s * if flip.x { t.width - x } else { x };
                let y = s * if flip.y { t.height - y } else { y };
                let (sum_in, n_in) = self.sums.around(x, y, inside.0 * s, inside.1 * s);
                let (sum_all, n_all) = self.sums.around(x, y, cell.0 * s, cell.1 * s);
                let gap = (n_all - n_in).max(1.0);
                (bubble.column, bubble.row, sum_in / n_in.max(1.0) - (sum_all - sum_in) / gap)
            })
            .collect()
    }

    fn search(&self, t: &Template, flip: Flip, blocks: &[usize], from: (f64, f64), reach: (f64, f64)) -> (f64, f64) {
        let steps = |r: f64| ((r * self.scale) as i32).max(1);
        let (nx, ny) = (steps(reach.0), steps(reach.1));
        let stride = ((nx.max(ny)) / 5).max(1);
        let mut best = (from, f64::MIN);
        let visit = |ix: i32, iy: i32, best: &mut ((f64, f64), f64)| {
            let shift = (from.0 + f64::from(ix) / self.scale, from.1 + f64::from(iy) / self.scale);
            let mut sum = 0.0;
            let mut n = 0;
            for &block in blocks {
                let c = self.contrasts(t, flip, block, shift);
                sum += c.iter().map(|c| f64::from(c.2)).sum::<f64>();
                n += c.len();
            }
            // The template's word counts where the print does not say: a lattice of outlines that nearly touch looks
            // alike when displaced by half a step.
            let far = (f64::from(ix) / f64::from(nx)).powi(2) + (f64::from(iy) / f64::from(ny)).powi(2);
            let mean = sum / n.max(1) as f64;
            let value = if mean > 0.0 { mean * (1.0 - 0.15 * far) } else { mean };
            if value > best.1 {
                *best = (shift, value);
            }
        };
        for iy in (-ny..=ny).filter(|i| i % stride == 0) {
            for ix in (-nx..=nx).filter(|i| i % stride == 0) {
                visit(ix, iy, &mut best);
            }
        }
        if stride > 1 {
            let cx = ((best.0.0 - from.0) * self.scale).round() as i32;
            let cy = ((best.0.1 - from.1) * self.scale).round() as i32;
            for iy in (cy - stride + 1).max(-ny)..(cy + stride).min(ny + 1) {
                for ix in (cx - stride + 1).max(-nx)..(cx + stride).min(nx + 1) {
                    visit(ix, iy, &mut best);
                }
            }
        }
        best.0
    }
}
