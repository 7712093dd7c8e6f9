//! What an empty bubble of each kind measures on this page, and what a filled one does.

use super::format::{Block, Bubble, Template};
use super::marks::{Probe, otsu, quantile};
use std::collections::HashMap;

/// A pen weaker than this share of the paper's brightness is believed only when many marks agree on it.
const WEAK_PEN: f64 = 0.35;
/// What is expected of a pen where a page has no marks to learn it from.
const USUAL_PEN: f64 = 0.5;
/// Nothing weaker than this is a pen at all: shades that sheets print behind bubbles are.
const NO_PEN: f64 = 0.15;
/// A printed background darker than this would leave no room for a mark.
const DARKEST_PRINT: f64 = 0.22;

/// Fewer bubbles of a value say nothing about its letter: most of them could be marked.
const LEAST_ALIKE: usize = 4;
/// Letters are no more different from each other than this in what they darken.
const LETTERS_DIFFER: f64 = 0.12;

#[derive(Clone, Copy, Debug, Default)]
pub struct Expected {
    pub mean: f64,
    pub lower: f64,
    pub ring: f64,
    pub corner: f64,
    /// False where the others of this kind are themselves too dark to be told from marks.
    pub sure: bool,
}

#[derive(Clone, Debug)]
pub struct Baseline {
    /// For every block, in its bubbles' order: what was measured, without printed shades, and what was to be expected.
    pub probes: Vec<Vec<Probe>>,
    pub expected: Vec<Vec<Expected>>,
    /// Mean darkness of a mark on this page, and of its lightest quarter.
    pub pen: f64,
    pub pen_lower: f64,
    /// How much the empty ones differ from what is expected of them.
    pub noise: f64,
}

/// Probes without the shades that are printed behind whole columns or rows. A line is shaded where all of its bubbles
/// are at least so dark inside and their surroundings with them: marks leave the gaps between bubbles white.
fn unshaded(template: &Template, probes: &[Vec<Probe>]) -> Vec<Vec<Probe>> {
    const LEAST_LINE: usize = 5;
    let block = |(block, probes): (&Block, &Vec<Probe>)| {
        let bubbles: Vec<_> = template.fields[block.fields.clone()].iter().flat_map(|f| &f.bubbles).collect();
        let shade = |keep: &dyn Fn(&Bubble) -> bool| {
            let line: Vec<&Probe> = bubbles.iter().zip(probes).filter(|(b, _)| keep(b)).map(|(_, p)| p).collect();
            if line.len() < LEAST_LINE {
                return 0.0;
            }
            let low =
                |get: fn(&Probe) -> f64| quantile(&line.iter().map(|p| get(p)).collect::<Vec<_>>(), 0.1).unwrap_or(0.0);
            let (inside, around) = (low(|p| p.lower), low(|p| p.ground));
            if inside < DARKEST_PRINT { inside.min(1.5 * around) } else { 0.0 }
        };
        let count = |get: fn(&Bubble) -> usize| bubbles.iter().map(|b| get(b)).max().map_or(0, |m| m + 1);
        let columns: Vec<f64> = (0..count(|b| b.column)).map(|c| shade(&|b| b.column == c)).collect();
        let rows: Vec<f64> = (0..count(|b| b.row)).map(|r| shade(&|b| b.row == r)).collect();
        let lift = |(b, p): (&&Bubble, &Probe)| {
            let shade = columns[b.column].max(rows[b.row]);
            let lift = |v: f64| (v - shade).max(0.0);
            Probe {
                mean: lift(p.mean),
                lower: lift(p.lower),
                ring: lift(p.ring),
                corner: lift(p.corner),
                ground: lift(p.ground),
            }
        };
        bubbles.iter().zip(probes).map(lift).collect()
    };
    template.blocks.iter().zip(probes).map(block).collect()
}

/// `probes` are per block, in the order of its bubbles.
pub fn baseline(template: &Template, probes: &[Vec<Probe>]) -> Baseline {
    let probes = unshaded(template, probes);
    let all: Vec<&Probe> = probes.iter().flatten().collect();
    let lowers: Vec<f64> = all.iter().map(|p| p.lower).collect();
    let threshold = otsu(&lowers);
    let (dark, light): (Vec<&Probe>, Vec<&Probe>) = all.iter().copied().partition(|p| p.lower > threshold);
    let of = |set: &[&Probe], get: fn(&Probe) -> f64, share: f64| {
        quantile(&set.iter().map(|p| get(p)).collect::<Vec<_>>(), share)
    };
    let (dark_mean, light_mean) =
        (of(&dark, |p| p.mean, 0.5).unwrap_or(0.0), of(&light, |p| p.mean, 0.5).unwrap_or(0.0));
    let spread = of(&light, |p| p.lower, 0.9).unwrap_or(0.0) - of(&light, |p| p.lower, 0.5).unwrap_or(0.0);
    let apart = of(&dark, |p| p.lower, 0.5).unwrap_or(0.0) - of(&light, |p| p.lower, 0.5).unwrap_or(0.0);
    let many = dark.len() >= 4.max(template.fields.len() / 6);
    let believed = dark_mean > NO_PEN && apart > 3.0 * spread && apart > 0.1;
    let least = if many { 0.0 } else { WEAK_PEN };
    let pen = if believed { dark_mean.max(least) } else { USUAL_PEN };
    let pen_lower = if believed { of(&dark, |p| p.lower, 0.5).unwrap_or(0.0).max(0.8 * least) } else { 0.8 * pen };

    // What the page's emptiest bubbles measure, where a kind has no empty ones to learn from.
    let fallback = Expected {
        mean: light_mean.min(DARKEST_PRINT),
        lower: of(&light, |p| p.lower, 0.5).unwrap_or(0.0).min(DARKEST_PRINT),
        ring: of(&light, |p| p.ring, 0.5).unwrap_or(0.0),
        corner: of(&light, |p| p.corner, 0.5).unwrap_or(0.0),
        sure: true,
    };
    let darkest = DARKEST_PRINT.min(0.5 * pen);
    let mut by_value: HashMap<&str, Vec<&Probe>> = HashMap::new();
    for (block, probes) in template.blocks.iter().zip(&probes) {
        let bubbles = template.fields[block.fields.clone()].iter().flat_map(|f| &f.bubbles);
        for (b, p) in bubbles.zip(probes) {
            by_value.entry(&b.value).or_default().push(p);
        }
    }
    let mut residuals = Vec::new();
    let mut expected = Vec::new();
    for (block, probes) in template.blocks.iter().zip(&probes) {
        let bubbles: Vec<_> = template.fields[block.fields.clone()].iter().flat_map(|f| &f.bubbles).collect();
        let line = |keep: &dyn Fn(&Bubble) -> bool| -> Vec<&Probe> {
            bubbles.iter().zip(probes).filter(|(b, _)| keep(b)).map(|(_, p)| p).collect()
        };
        let here: Vec<Expected> = bubbles
            .iter()
            .zip(probes)
            .map(|(b, p)| {
                let alike = line(&|o| o.value == b.value);
                let page = by_value.get(b.value.as_str()).cloned().unwrap_or_default();
                // A letter is the same in all bubbles of a value; those of the block are printed alike, too.
                let learned = [&alike, &page].into_iter().filter(|set| set.len() >= LEAST_ALIKE).find_map(|set| {
                    // Marks are the darker part of every population.
                    let get = |f: fn(&Probe) -> f64| of(set, f, 0.25).unwrap_or(0.0);
                    let e = Expected {
                        mean: get(|p| p.mean),
                        lower: get(|p| p.lower),
                        ring: get(|p| p.ring),
                        corner: get(|p| p.corner),
                        sure: true,
                    };
                    (e.lower <= darkest && e.mean <= fallback.mean + LETTERS_DIFFER).then_some(e)
                });
                // All of its kind are dark: marks, then, if they are as dark as the pen; else nobody can say.
                let e = learned.unwrap_or_else(|| {
                    let few = alike.len().max(page.len()) < LEAST_ALIKE;
                    let marked = p.lower > DARKEST_PRINT.max(0.75 * pen_lower);
                    let empty = p.lower < 0.3 * pen && p.mean < fallback.mean + LETTERS_DIFFER;
                    Expected { sure: few || marked || empty, ..fallback }
                });
                if p.lower <= threshold || !believed {
                    residuals.push((p.mean - e.mean).abs());
                }
                e
            })
            .collect();
        expected.push(here);
    }
    let noise = 1.4826 * quantile(&residuals, 0.5).unwrap_or(0.0);
    Baseline { probes, expected, pen, pen_lower, noise }
}
