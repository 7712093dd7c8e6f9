//! From a picture to the places of a template's bubbles in it.
//!
//! Four corners fit any map exactly and so prove nothing. Every candidate for the page (an outline, a rectangle of
//! markers, a reference laid over it, the picture's own border), in all four rotations and mirrored, is a hypothesis that has to be borne out by
//! the print: by bubbles where the template has them and gaps between.

use super::behind::from_behind;
use super::evidence::{Evidence, FAR, Flip, NEAR, View, windows};
use super::format::{Block, Bubble, Template};
use super::markers::marker_quads;
use super::marks::{Probe, probe};
use super::neighbours::heed_neighbours;
use super::outline::{Quad, border, outlines};
use super::rectify::{Darkness, Pyramid, rectify};
use super::reference::reference_quads;
use super::refine::{BlockFit, CLEAR, refine, refine_in_phase};
use super::sides::sharpen;
use super::skew::skewed;
use crate::read::result::Outcome;
use crate::units::{Homography, Mm, Point, Px};

/// Pixels to the smaller side of the smallest bubble, in the view that marks are measured in.
const BUBBLE_PX: f64 = 13.0;
const MAX_VIEW_PIXELS: f64 = 6.0e6;
/// A hypothesis that scores less is not looked at again.
const LEAST_SCORE: f64 = 0.5;
/// One that scores as much is refined before other candidates for the page are looked at.
const PROMISING: f64 = 0.75;
/// Share of bubbles that must look like a bubble or like a mark.
const LEAST_EXPLAINED: f64 = 0.85;
/// By how much the chosen orientation must be better borne out than any other.
const MARGIN: f64 = 0.1;
/// A mirrored picture of a sheet is rare: only much better evidence speaks for it. It takes less to speak against the
/// plain one, and between the two nothing is said.
const MIRROR_MARGIN: f64 = 0.15;
const MIRROR_TIE: f64 = 0.03;
/// Displacement of a layout that is its own mirror image, as a share of the reach.
const MIRROR_NEAR: f64 = 0.25;
/// A refined page that explains so much is not tried to be bettered.
const GOOD: f64 = 0.97;
/// How often a page is moved as a whole to where its bubbles were found.
const ROUNDS: usize = 3;
/// What looks as much like its block's pattern as this is a bubble.
const LIKE: f64 = 0.45;
/// The outer line of a lattice is as much like the others.
const LEAST_END: f64 = 0.7;
/// Shares of a step by which a block and the one that it follows may differ.
const APART: f64 = 0.25;
/// Where a lattice goes on beyond its block, only a block displaced by less than this share of a step is in its place.
const FARTHEST: f64 = 0.4;
/// Bubbles of as many pixels of the picture show what they look like.
const FINE_PX: f64 = 9.0;
/// What is as dark as this all over is a mark, whatever it looks like.
pub const SOLID: f64 = 0.2;

/// What a page was found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Markers,
    Reference,
    Outline,
    /// The whole picture is the page.
    Border,
}

#[derive(Clone, Debug)]
pub struct Registered {
    pub by: By,
    pub map: Homography<Mm, Px>,
    pub mirrored: bool,
    pub rotation: u16,
    pub blocks: Vec<BlockFit>,
    /// For every block, in its bubbles' order.
    pub probes: Vec<Vec<Probe>>,
    /// The same through the template's levels.
    pub toned: Option<Vec<Vec<Probe>>>,
    /// Share of each block's bubbles that are explained.
    pub explained: Vec<f64>,
    /// Blocks that are where no smooth displacement of the page would have them.
    pub astray: Vec<bool>,
    /// Blocks that may be a step or half a step off.
    pub unsure: Vec<bool>,
    /// Darkness of the page's blackest print and marks.
    pub solid_ink: f64,
    /// Whether what reads from left to right is seen to read from right to left.
    pub from_behind: bool,
}

#[derive(Clone, Debug)]
pub struct Refusal {
    pub outcome: Outcome,
    pub code: &'static str,
    pub detail: String,
    /// What came nearest.
    pub nearest: Option<Box<(Homography<Mm, Px>, By)>>,
}

struct Hypothesis {
    by: By,
    map: Homography<Mm, Px>,
    mirrored: bool,
    rotation: u16,
    evidence: Evidence,
}

impl Hypothesis {
    /// A mirrored page must be better borne out than a plain one.
    fn rank(&self) -> f64 {
        self.evidence.worth() - if self.mirrored { MIRROR_MARGIN } else { 0.0 }
    }
}

pub fn register(pyramid: &Pyramid, template: &Template) -> Result<Registered, Refusal> {
    let mut hypotheses: Vec<Hypothesis> = Vec::new();
    let mut chosen: Option<Settled> = None;
    'found: for &by in ways(template) {
        for quad in &quads(pyramid, template, by) {
            let seen = hypotheses.len();
            hypotheses.extend(orientations(pyramid, template, quad, by));
            let best = hypotheses[seen..].iter().max_by(|a, b| a.rank().total_cmp(&b.rank()));
            let Some(best) = best.filter(|h| h.evidence.score() >= PROMISING) else { continue };
            let settled = settle(pyramid, template, best);
            if chosen.as_ref().is_none_or(|c| settled.rank() > c.rank()) {
                chosen = Some(settled);
            }
            if chosen.as_ref().is_some_and(|c| c.rank() >= GOOD) {
                break 'found;
            }
        }
    }
    let Some(first) = hypotheses.iter().max_by(|a, b| a.rank().total_cmp(&b.rank())) else {
        let (code, detail) = match template.markers {
            Some(_) => ("markers_not_found", "the four markers of the template were not found"),
            None => ("template_mismatch", "the page does not look like the template's reference"),
        };
        return Err(Refusal { outcome: Outcome::Unidentified, code, detail: detail.to_owned(), nearest: None });
    };
    if chosen.is_none() && first.evidence.score() >= LEAST_SCORE && first.evidence.present >= 0.6 {
        chosen = Some(settle(pyramid, template, first));
    }
    let Some(mut chosen) = chosen else {
        return Err(unlike(pyramid, first, template));
    };
    let nearest = Some(Box::new((chosen.page.map, chosen.page.by)));
    let refused = |code, detail| Refusal { outcome: Outcome::Unidentified, code, detail, nearest };
    if chosen.score < LEAST_EXPLAINED {
        let detail = format!("only {:.0} % of the template's bubbles were found on the page", 100.0 * chosen.score);
        return Err(refused("template_mismatch", detail));
    }
    // Where the paper's edges were not seen, how far print is from its place tells no way up from another, and a lattice
    // that is a step off is as likely the whole page as one block.
    if template.crop_page && chosen.page.by == By::Border {
        let turned = hypotheses.iter().filter(|h| !h.mirrored && h.rotation != chosen.page.rotation);
        if chosen.page.mirrored || turned.into_iter().any(|h| h.evidence.print() > chosen.print - MARGIN) {
            let detail = "the print fits the template in more than one orientation, and the paper's edges are not seen";
            return Err(refused("orientation_unclear", detail.to_owned()));
        }
        let page = &mut chosen.page;
        let lost = page.astray.iter().chain(&page.unsure).any(|lost| *lost);
        page.unsure.iter_mut().for_each(|unsure| *unsure |= lost);
    }
    match unrivalled(&hypotheses, &chosen) {
        Ok(()) => Ok(chosen.page),
        Err(detail) => Err(refused("orientation_unclear", detail.to_owned())),
    }
}

/// How a template's page is looked for, the likeliest first.
fn ways(template: &Template) -> &'static [By] {
    match (&template.markers, &template.reference) {
        (Some(_), _) => &[By::Markers],
        (None, Some(_)) => &[By::Reference],
        (None, None) if template.crop_page => &[By::Outline, By::Border],
        // Somebody else's cropping may have left a rim of desk.
        (None, None) => &[By::Border, By::Outline],
    }
}

struct Settled {
    score: f64,
    worth: f64,
    print: f64,
    displaced: f64,
    page: Registered,
}

impl Settled {
    /// A page with a block that is not in its place may be one that another candidate has right.
    fn rank(&self) -> f64 {
        let lost = self.page.astray.iter().chain(&self.page.unsure).any(|lost| *lost);
        self.score - if lost { MARGIN } else { 0.0 }
    }
}

/// Whether a page could as well lie in another orientation.
fn unrivalled(hypotheses: &[Hypothesis], chosen: &Settled) -> Result<(), &'static str> {
    let top = |keep: &dyn Fn(&Hypothesis) -> bool| {
        hypotheses.iter().filter(|h| keep(h)).map(|h| h.evidence.worth()).fold(f64::MIN, f64::max)
    };
    let page = &chosen.page;
    // Same hypotheses, so that chance favours none: the chosen one's own worth is looked up among them too.
    let own = top(&|h| h.rotation == page.rotation && h.mirrored == page.mirrored).max(chosen.worth);
    if top(&|h| h.rotation != page.rotation && h.mirrored == page.mirrored) > own - MARGIN {
        return Err("the print fits the template as well in another rotation");
    }
    let other = top(&|h| h.mirrored != page.mirrored);
    let apart = own - other;
    // A layout that is its own mirror image fits both ways without being displaced: scanners do not mirror, so it is taken as
    // it is seen, unless letters or rows' numbers say otherwise.
    let symmetric = chosen.displaced < MIRROR_NEAR && apart > -MIRROR_TIE;
    match page.mirrored {
        false if page.from_behind && apart < MIRROR_MARGIN => {
            Err("the print fits the template mirrored, and its letters are")
        }
        false if apart > MIRROR_TIE || symmetric => Ok(()),
        true if apart > MIRROR_MARGIN => Ok(()),
        _ => Err("the print fits the template both mirrored and as it is"),
    }
}

/// A hypothesis refined, moved as a whole where that explains more.
fn settle(pyramid: &Pyramid, template: &Template, h: &Hypothesis) -> Settled {
    let (mut score, mut page) = place(pyramid, template, h);
    for _ in 0..ROUNDS {
        let Some(better) = Some(h).filter(|_| score < GOOD).and_then(|h| adjusted(pyramid, template, h, &page)) else {
            break;
        };
        let again = place(pyramid, template, &better);
        if again.0 <= score {
            break;
        }
        (score, page) = again;
    }
    Settled { score, worth: h.evidence.worth(), print: h.evidence.print(), displaced: h.evidence.displaced, page }
}

/// The hypothesis moved to where the bubbles were found, so that a corner that was a little off does no harm.
fn adjusted(pyramid: &Pyramid, template: &Template, h: &Hypothesis, found: &Registered) -> Option<Hypothesis> {
    let mut pairs = Vec::new();
    let mut weights = Vec::new();
    for (block, fit) in template.blocks.iter().zip(&found.blocks) {
        let bubbles = template.fields[block.fields.clone()].iter().flat_map(|f| &f.bubbles);
        for ((b, s), like) in bubbles.zip(&fit.shifts).zip(&fit.likeness) {
            if *like > LIKE {
                pairs.push((b.centre, found.map.apply(Point::new(b.centre.x + s.0, b.centre.y + s.1))));
                weights.push(1.0);
            }
        }
    }
    let map = Homography::fit(&pairs, &weights)?;
    // The bubbles may fill a small part of the page: what lies outside must not be thrown about.
    let corners = [(0.0, 0.0), (template.width, 0.0), (template.width, template.height), (0.0, template.height)];
    let limit = 0.05 * template.width.max(template.height) * px_per_unit(&h.map, template);
    if corners.iter().any(|c| map.apply(Point::new(c.0, c.1)).distance(&h.map.apply(Point::new(c.0, c.1))) > limit) {
        return None;
    }
    let evidence = View::new(pyramid, &map, template).evidence(template, Flip { x: false, y: false }, NEAR);
    Some(Hypothesis { map, evidence, ..*h })
}

fn px_per_unit(map: &Homography<Mm, Px>, template: &Template) -> f64 {
    let j = map.jacobian(Point::new(template.width / 2.0, template.height / 2.0));
    (j[0][0] * j[1][1] - j[0][1] * j[1][0]).abs().sqrt()
}

fn unlike(pyramid: &Pyramid, best: &Hypothesis, template: &Template) -> Refusal {
    let nearest = Some(Box::new((best.map, best.by)));
    if View::new(pyramid, &best.map, template).is_empty() {
        let detail = "the page has no print on it".to_owned();
        return Refusal { outcome: Outcome::Blank, code: "blank_page", detail, nearest };
    }
    let detail = "the page does not look like the template in any orientation".to_owned();
    Refusal { outcome: Outcome::Foreign, code: "template_mismatch", detail, nearest }
}

fn quads(pyramid: &Pyramid, template: &Template, by: By) -> Vec<Quad> {
    let rough = match by {
        By::Markers => {
            let markers = template.markers.iter();
            return markers.flat_map(|m| marker_quads(pyramid, m, template.width / template.height)).collect();
        }
        By::Reference => return template.reference.iter().flat_map(|r| reference_quads(pyramid, r)).collect(),
        By::Outline => outlines(pyramid),
        By::Border => {
            std::iter::once(border(pyramid)).chain(skewed(pyramid, template.width / template.height)).collect()
        }
    };
    let full = pyramid.level(0);
    let alike = if by == By::Border { 0.001 } else { 0.004 } * (full.width + full.height) as f64;
    let mut quads: Vec<Quad> = Vec::new();
    for quad in rough {
        let quad = sharpen(pyramid, &quad).unwrap_or(quad);
        let same = |o: &Quad| (0..4).any(|k| (0..4).all(|i| o[i].distance(&quad[(i + k) % 4]) < alike));
        if !quads.iter().any(same) {
            quads.push(quad);
        }
    }
    quads
}

/// The eight ways to lay a template on a quadrilateral.
fn orientations(pyramid: &Pyramid, template: &Template, quad: &Quad, by: By) -> Vec<Hypothesis> {
    let (w, h) = (template.width, template.height);
    let corners = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)];
    let reach = if by == By::Border { FAR } else { NEAR };
    let mut found = Vec::new();
    for turn in 0..2 {
        let pairs: Vec<_> = (0..4).map(|i| (Point::new(corners[i].0, corners[i].1), quad[(i + turn) % 4])).collect();
        let Some(map) = Homography::<Mm, Px>::fit(&pairs, &[1.0; 4]) else { continue };
        let view = View::new(pyramid, &map, template);
        for (x, y) in [(false, false), (true, true), (true, false), (false, true)] {
            let evidence = view.evidence(template, Flip { x, y }, reach);
            let sign = |on: bool, size: f64| if on { (-1.0, size) } else { (1.0, 0.0) };
            let ((sx, ox), (sy, oy)) = (sign(x, w), sign(y, h));
            let flip: Homography<Mm, Mm> = Homography::new([sx, 0.0, ox, 0.0, sy, oy, 0.0, 0.0, 1.0]);
            let map = flip.then(&map);
            let (rotation, mirrored) = orientation(&map, template);
            found.push(Hypothesis { by, map, mirrored, rotation, evidence });
        }
    }
    found
}

/// Degrees clockwise that the picture shows the page turned, and whether it is mirrored.
fn orientation(map: &Homography<Mm, Px>, template: &Template) -> (u16, bool) {
    let j = map.jacobian(Point::new(template.width / 2.0, template.height / 2.0));
    let mirrored = j[0][0] * j[1][1] - j[0][1] * j[1][0] < 0.0;
    // The page's downward direction says the turn whether or not left and right are swapped.
    let quarter = ((-j[0][1]).atan2(j[1][1]) / std::f64::consts::FRAC_PI_2).round() as i32;
    (quarter.rem_euclid(4) as u16 * 90, mirrored)
}

/// Refines a hypothesis, and scores how well it explains the page.
fn place(pyramid: &Pyramid, template: &Template, h: &Hypothesis) -> (f64, Registered) {
    let smallest = template.blocks.iter().map(|b| 2.0 * b.rx.min(b.ry)).fold(f64::MAX, f64::min);
    let scale = (BUBBLE_PX / smallest).min((MAX_VIEW_PIXELS / (template.width * template.height)).sqrt());
    let gray = rectify(pyramid, &h.map, (template.width, template.height), scale);
    let step = template.blocks.iter().map(|b| b.step_x.max(b.step_y)).fold(0.0, f64::max);
    let dark = Darkness::of(&gray, (step * scale).max(BUBBLE_PX));
    let fine = smallest * px_per_unit(&h.map, template) >= FINE_PX;
    let settle = |refine: fn(&Darkness, f64, &Template, usize, (f64, f64)) -> BlockFit| {
        let fit = |i: usize| refine(&dark, scale, template, i, h.evidence.shifts[i]);
        let mut fits: Vec<BlockFit> = (0..template.blocks.len()).map(fit).collect();
        follow_anchored(template, &mut fits, &dark, scale);
        let astray = heed_neighbours(template, &mut fits, &dark, scale);
        let unsure: Vec<bool> = template.blocks.iter().zip(&fits).map(|(b, f)| out_of_step(b, f, fine)).collect();
        let lost = astray.iter().zip(&unsure).filter(|(a, u)| **a || **u).count();
        (lost, fits, astray, unsure)
    };
    let mut settled = settle(refine);
    if fine && settled.0 > 0 {
        let moved = settle(refine_in_phase);
        if moved.0 < settled.0 {
            settled = moved;
        }
    }
    let (_, fits, astray, unsure) = settled;
    let probes = measure(&dark, scale, template, &fits);
    let toned = template.levels.map(|levels| measure(&levels.of(&dark), scale, template, &fits));
    let mut explained = Vec::new();
    let mut edges = [(0usize, 0usize); 4];
    let mut total = (0usize, 0usize);
    for ((block, fit), measured) in template.blocks.iter().zip(&fits).zip(&probes) {
        let bubbles: Vec<_> = template.bubbles(block).collect();
        let (columns, rows) = bubbles.iter().fold((0, 0), |m, b| (m.0.max(b.column), m.1.max(b.row)));
        let mut here = 0;
        for ((b, p), like) in bubbles.iter().zip(measured).zip(&fit.likeness) {
            let good = *like > LIKE || p.lower > SOLID;
            here += usize::from(good);
            let on = [b.column == 0, b.column == columns, b.row == 0, b.row == rows];
            for (edge, on) in edges.iter_mut().zip(on) {
                *edge = (edge.0 + usize::from(on && good), edge.1 + usize::from(on));
            }
        }
        total = (total.0 + here, total.1 + bubbles.len());
        explained.push(here as f64 / bubbles.len().max(1) as f64);
    }
    let share = |e: (usize, usize)| e.0 as f64 / e.1.max(1) as f64;
    let score = 0.5 * share(total) + 0.5 * edges.iter().map(|&e| share(e)).fold(1.0, f64::min);
    let mut sample: Vec<f32> = dark.data.iter().step_by(17).copied().collect();
    sample.sort_by(f32::total_cmp);
    let solid_ink = sample.get(sample.len() * 995 / 1000).map_or(0.0, |&v| f64::from(v));
    let from_behind = from_behind(&dark, scale, template, &fits);
    let found = Registered {
        by: h.by,
        map: h.map,
        mirrored: h.mirrored,
        rotation: h.rotation,
        blocks: fits,
        probes,
        toned,
        explained,
        astray,
        unsure,
        solid_ink,
        from_behind,
    };
    (score, found)
}

/// Blocks whose lattice goes on beyond both ends show no phase of their own: they begin where the nearest block is that
/// does.
fn follow_anchored(template: &Template, fits: &mut [BlockFit], dark: &Darkness, scale: f64) {
    let goes_on = |f: &BlockFit| [0, 2].map(|n| f.beyond[n].min(f.beyond[n + 1]) > LEAST_END);
    let place = |i: usize| {
        let bubbles = template.bubbles(&template.blocks[i]);
        let (n, x, y) = bubbles.fold((0.0, 0.0, 0.0), |s, b| (s.0 + 1.0, s.1 + b.centre.x, s.2 + b.centre.y));
        Point::<Mm>::new(x / n, y / n)
    };
    let clear = |f: &BlockFit| f.typical > CLEAR && f.ends.iter().all(|e| *e > LEAST_END) && goes_on(f) == [false; 2];
    let anchors: Vec<_> = (0..fits.len()).filter(|&i| clear(&fits[i])).map(|i| (place(i), fits[i].mean())).collect();
    for (i, fit) in fits.iter_mut().enumerate().filter(|(_, f)| goes_on(f) != [false; 2]) {
        let at = place(i);
        let Some(near) = anchors.iter().min_by(|a, b| a.0.distance(&at).total_cmp(&b.0.distance(&at))) else {
            continue;
        };
        let (block, own, expected) = (&template.blocks[i], fit.mean(), near.1);
        let apart = ((own.0 - expected.0) / block.step_x).abs().max(((own.1 - expected.1) / block.step_y).abs());
        if apart > APART {
            let again = refine(dark, scale, template, i, expected);
            if again.typical > 0.9 * fit.typical {
                *fit = again;
            }
        }
    }
}

/// Whether a block's lattice has no clear ends; or it goes on beyond both, and so says nothing about a step more or less,
/// and was not found where the template has it.
fn out_of_step(block: &Block, fit: &BlockFit, fine: bool) -> bool {
    let mean = fit.mean();
    let axis = |ends: &[f64], beyond: &[f64], displaced: f64| {
        let (end, on) = (ends[0].min(ends[1]), beyond[0].min(beyond[1]));
        end < LEAST_END || on > LEAST_END && displaced > FARTHEST
    };
    // In a coarse picture nothing looks much alike; in a fine one bubbles in their places do.
    fine && (fit.typical < CLEAR
        || axis(&fit.ends[..2], &fit.beyond[..2], mean.0.abs() / block.step_x)
        || axis(&fit.ends[2..], &fit.beyond[2..], mean.1.abs() / block.step_y))
}

fn measure(dark: &Darkness, scale: f64, template: &Template, fits: &[BlockFit]) -> Vec<Vec<Probe>> {
    let block = |(block, fit): (&Block, &BlockFit)| {
        let (_, cell) = windows(block);
        let (size, cell) = ((block.rx * scale, block.ry * scale), (cell.0 * scale, cell.1 * scale));
        let at = |b: &Bubble, s: &(f64, f64)| ((b.centre.x + s.0) * scale, (b.centre.y + s.1) * scale);
        template.bubbles(block).zip(&fit.shifts).map(|(b, s)| probe(dark, at(b, s), size, cell)).collect()
    };
    template.blocks.iter().zip(fits).map(block).collect()
}
