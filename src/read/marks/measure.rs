//! From pixels to the ink of each bubble.
//!
//! Nothing is thresholded over the whole page: a bubble's samples are weighed against the paper in its own surroundings
//! (so shadow and stain move with it) and against the ink that this printer and this scanner show in the registration
//! tags.

use super::glance::{Glance, Label, glances};
use super::judge::{HIDDEN, RINGED};
use super::place::{FAR, Local};
use super::print::{self, Pattern};
use crate::raster::{Gray, Partial, Streaks};
use crate::read::warp::Warp;
use crate::sheet::layout::{Bubble, Field};
use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::sync::LazyLock;

/// Directions in which a bubble is judged apart: a half-filled one is full to one side only.
pub const SECTORS: usize = 8;

/// One bubble's ink. All values are 0 for paper and 1 for solid ink.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measured {
    /// Mean over the inside, what is printed there taken off.
    pub ink: f64,
    /// Part of the inside that is clearly dark, what is printed there taken off.
    pub coverage: f64,
    /// Part of the inside that is darker than half of the bubble's own darkest.
    pub evenness: f64,
    /// The ninth decile of ink: how dark the pen was.
    pub darkest: f64,
    /// Mean of the emptiest sector, and of the second emptiest.
    pub emptiest: [f64; 2],
    /// Mean of the middle.
    pub middle: f64,
    /// Part of the ring just outside that is about as dark as the mark: strokes that go well beyond it.
    pub outside: f64,
    /// Part of the inside that print alone covers darkly, on this page: 0 but for black and white scans.
    pub print: f64,
    /// Ink of the printed outline, as a part of what outlines on this page have, or those around where they are fainter;
    /// 1 where the scan shows none.
    pub outline: f64,
    /// Gray of the paper around.
    pub paper: f64,
    /// Whether all of it was inside the picture.
    pub visible: bool,
}

/// Samples across a bubble's diameter.
pub(super) const GRID: usize = 13;
/// The inside that is looked at, as part of the half-axes: within the printed outline, wherever registration is off by a
/// little.
const INSIDE: f64 = 0.80;
/// Where the paper around is looked at: between neighbours.
const AROUND: f64 = 1.27;
const AROUND_POINTS: usize = 24;
/// Where strokes that leave the bubble are looked for: a full mark spills to 1.3 half-axes, what crosses a mark out goes
/// to 1.5 and more.
pub(super) const BEYOND: f64 = 1.43;
pub(super) const BEYOND_POINTS: usize = 48;
/// Where the printed outline is looked for: registration is off by a little.
const OUTLINE: [f64; 5] = [0.82, 0.90, 0.98, 1.06, 1.14];
const OUTLINE_POINTS: usize = 12;
/// Part of a bubble that a streak may run over.
const UNDER_STREAKS: f64 = 0.5;
/// A full mark's ink reaches so far from its middle, and what is nearer than its neighbour's own half is not missed.
const NEAR_FULL: f64 = 1.95;
/// Ink that what is printed in an empty bubble has at most.
const EMPTY: f64 = 0.12;
/// Ink at which a sample counts as dark.
pub(super) const DARK: f64 = 0.40;

/// Measures all bubbles of `fields`, in order. `black` is the gray of solid ink as a part of that of paper.
pub fn measure(picture: &mut Partial, warp: &Warp, fields: &[Field], black: f64) -> Vec<Vec<Measured>> {
    let black = black.clamp(0.0, 0.5);
    let mut places: Vec<Vec<Local>> =
        fields.iter().map(|f| f.bubbles.iter().map(|b| Local::of(picture.gray(), warp, b)).collect()).collect();
    let glanced = glanced(picture, fields, &places, black);
    let mut all: Vec<Vec<Measured>> = Vec::with_capacity(fields.len());
    for ((f, locals), glanced) in fields.iter().zip(&places).zip(&glanced) {
        let looked_at = locals.iter().zip(glanced).filter(|(_, g)| g.is_none());
        looked_at.for_each(|(local, _)| picture.need(local.window(BEYOND)));
        all.push(alike(picture.gray(), &f.bubbles, locals, glanced, black));
    }
    let streaks = if all.iter().flatten().all(plain) { Streaks::default() } else { Streaks::find(picture) };
    // Without the places that a streak runs over.
    for ((f, locals), measured) in fields.iter().zip(&mut places).zip(&mut all) {
        if locals.iter().any(|local| streaks.cross(&local.window(FAR))) {
            locals.iter().for_each(|local| picture.need(local.window(BEYOND)));
            locals.iter_mut().for_each(|local| local.streaks = Some(&streaks));
            let beside = alike(picture.gray(), &f.bubbles, locals, &vec![None; locals.len()], black);
            // A fold may be as long as a streak, and as wide as a bubble.
            measured.iter_mut().zip(beside).filter(|(_, b)| b.visible).for_each(|(m, b)| *m = b);
        }
    }
    in_shade(picture, &places, &mut all, black);
    take_off_print(fields, &mut all);
    take_off_spilling(&mut all);
    compare_outlines(fields, &mut all);
    all
}

/// Whether there is nothing in a bubble, or all of it is full: either for sure.
fn plain(m: &Measured) -> bool {
    (m.ink < EMPTY && m.darkest < DARK && m.outside == 0.0) || (m.coverage > 0.62 && m.ink > 0.5)
}

struct Glanced {
    field: usize,
    bubble: usize,
    glance: Glance,
}

/// Of each bubble that a glance shows to be empty: what an empty one of its label measures. The first ones are looked at
/// for that, and if they are not plainly empty, all are. Of each that it shows to be full: what was seen.
fn glanced(picture: &mut Partial, fields: &[Field], places: &[Vec<Local>], black: f64) -> Vec<Vec<Option<Measured>>> {
    const EXAMPLES: usize = 2;
    let mut out: Vec<Vec<Option<Measured>>> = places.iter().map(|locals| vec![None; locals.len()]).collect();
    let mut labels: BTreeMap<&str, Vec<Glanced>> = BTreeMap::new();
    let mut glances = glances(picture.eighth(), places.iter().flatten()).into_iter();
    for (i, f) in fields.iter().enumerate() {
        for ((k, b), glance) in f.bubbles.iter().enumerate().zip(&mut glances) {
            if let Some(glance) = glance {
                labels.entry(printed(b)).or_default().push(Glanced { field: i, bubble: k, glance });
            }
        }
    }
    for of_label in labels.values() {
        let glances: Vec<Glance> = of_label.iter().map(|l| l.glance).collect();
        let Some(label) = Label::of(&glances) else { continue };
        let mut empty = of_label.iter().filter(|l| label.is_empty(&l.glance));
        let examples: Vec<Measured> = empty
            .by_ref()
            .take(EXAMPLES)
            .map(|l| {
                let local = &places[l.field][l.bubble];
                picture.need(local.window(BEYOND));
                inside(picture.gray(), local, &|_, _| Ink::new(l.glance.paper, black))
            })
            .collect();
        if examples.iter().all(plain) {
            for (n, l) in empty.enumerate() {
                out[l.field][l.bubble] = Some(Measured { paper: l.glance.paper, ..examples[n % examples.len()] });
            }
            for l in of_label.iter().filter(|l| label.is_full(&l.glance, black)) {
                out[l.field][l.bubble] = Some(full(&l.glance, black));
            }
        }
    }
    out
}

/// A bubble that is full, as the eighth shows it.
fn full(glance: &Glance, black: f64) -> Measured {
    let ink = |dark: f64| (dark / (1.0 - black)).clamp(0.0, 1.0);
    let lightest = ink(glance.lightest);
    Measured {
        ink: ink(glance.inside),
        coverage: 1.0,
        evenness: 1.0,
        darkest: ink(glance.darkest),
        emptiest: [lightest; 2],
        middle: ink(glance.inside),
        outline: ink(glance.inside),
        paper: glance.paper,
        visible: true,
        ..Measured::default()
    }
}

/// The paper around each bubble of a field, from what is seen around each. Marks that spill over darken their own
/// surroundings: the neighbours know better.
pub(super) fn with_neighbours(own: &[f64]) -> Vec<f64> {
    let mut sorted = own.to_vec();
    sorted.sort_by(f64::total_cmp);
    let common = sorted.get(sorted.len() / 2).copied().unwrap_or(255.0);
    own.iter().map(|own| own.max(common * 0.93)).collect()
}

/// Measures a field's bubbles, which are taken to lie on like paper. What a glance has told is taken over.
fn alike(
    picture: &Gray,
    bubbles: &[Bubble],
    locals: &[Local],
    glanced: &[Option<Measured>],
    black: f64,
) -> Vec<Measured> {
    let paper = |(local, glanced): (&Local, &Option<Measured>)| {
        glanced.map_or_else(|| paper_around(picture, local), |m| m.paper)
    };
    let own: Vec<f64> = locals.iter().zip(glanced).map(paper).collect();
    let papers = with_neighbours(&own);
    let level = |i: usize| Ink::new(papers[i], black);
    let mut measured: Vec<Measured> = (0..locals.len())
        .map(|i| glanced[i].unwrap_or_else(|| inside(picture, &locals[i], &|_, _| level(i))))
        .collect();
    for i in 0..measured.len() {
        if measured[i].outside > 0.0 && measured[i].ink > DARK {
            let full = |o: usize| o != i && measured[o].ink > DARK;
            let beside: Vec<(f64, f64)> =
                (0..measured.len()).filter(|&o| full(o)).map(|o| offset(&bubbles[i], &bubbles[o])).collect();
            measured[i].outside = outside(picture, &locals[i], &beside, &|_, _| level(i), measured[i].darkest);
        }
    }
    measured
}

/// A shadow's edge or a stain darkens a bubble with its surroundings, and those of the other bubbles say nothing of it.
/// Measured against what the ring around it says of every place inside, such a bubble is empty and its outline is seen;
/// and the shade goes on beyond the ring, as no mark's does.
fn in_shade(picture: &mut Partial, places: &[Vec<Local>], all: &mut [Vec<Measured>], black: f64) {
    /// By how much, as a part of paper, it may be lighter further out.
    const LIFTED: f64 = 0.04;
    /// What an empty bubble has more than others at most; what shade must explain at least.
    const MORE_INK: f64 = 0.03;
    const DARKER: f64 = 0.1;
    let Some(usual) = usual_outline(all.iter().flatten()) else { return };
    let (ink, darkest) = usual_print(all.iter().flatten());
    for (local, m) in places.iter().flatten().zip(all.iter_mut().flatten()) {
        if plain(m) || !m.visible {
            continue;
        }
        picture.need(local.window(FAR));
        let picture = picture.gray();
        let Some(ring) = Ring::around(picture, local) else { continue };
        if ring.lift > LIFTED {
            continue;
        }
        let shaded = inside(picture, local, &|u, v| Ink::new(ring.paper(u, v), black));
        let empty = shaded.ink < ink + MORE_INK && shaded.darkest < darkest + DARKER && shaded.outside == 0.0;
        let explained = m.ink - shaded.ink > MORE_INK || m.outside > 0.0;
        let seen = (HIDDEN..RINGED).contains(&(shaded.outline / usual.ink));
        if empty && explained && seen {
            *m = shaded;
        }
    }
}

/// Ink of what is printed in bubbles, and the darkest of it: of the plain ones, the median and the upper tenth.
fn usual_print<'a>(bubbles: impl Iterator<Item = &'a Measured>) -> (f64, f64) {
    let mut empty: Vec<(f64, f64)> =
        bubbles.filter(|m| m.visible && m.ink < EMPTY && plain(m)).map(|m| (m.ink, m.darkest)).collect();
    let n = empty.len();
    if n == 0 {
        return (0.0, 0.0);
    }
    let ink = empty.select_nth_unstable_by(n / 2, |a, b| a.0.total_cmp(&b.0)).1.0;
    let darkest = empty.select_nth_unstable_by(n * 9 / 10, |a, b| a.1.total_cmp(&b.1)).1.1;
    (ink, darkest)
}

/// The paper around a bubble, in every direction.
struct Ring {
    gray: [f64; AROUND_POINTS],
    /// By how much it is lighter further out in most directions, as a part of its lightest.
    lift: f64,
}

impl Ring {
    /// None at the picture's edge.
    fn around(picture: &Gray, local: &Local) -> Option<Self> {
        let mut gray = [0.0; AROUND_POINTS];
        let mut lift = [0.0; AROUND_POINTS];
        for (i, &(u, v)) in POINTS.around.iter().enumerate() {
            gray[i] = local.gray(picture, u, v)?;
            lift[i] = local.gray(picture, u * FAR / AROUND, v * FAR / AROUND)? - gray[i];
        }
        let lightest = gray.iter().copied().fold(1.0, f64::max);
        let lift = *lift.select_nth_unstable_by(AROUND_POINTS / 2, f64::total_cmp).1 / lightest;
        Some(Ring { gray: without_strokes(gray), lift })
    }

    /// Poisson's integral: what is smooth inside takes its values from the rim.
    fn paper(&self, u: f64, v: f64) -> f64 {
        let (u, v) = (u / AROUND, v / AROUND);
        // On the rim itself the nearest of its points would be all.
        let shrink = (0.93 / u.hypot(v).max(1e-9)).min(1.0);
        let (u, v) = (u * shrink, v * shrink);
        let (mut sum, mut weights) = (0.0, 0.0);
        for (&(x, y), gray) in POINTS.around.iter().zip(self.gray) {
            let w = 1.0 / ((x / AROUND - u).powi(2) + (y / AROUND - v).powi(2));
            (sum, weights) = (sum + w * gray, weights + w);
        }
        sum / weights
    }
}

/// Closed by five points, 3 mm of the ring: a stroke that leaves the bubble is no shade.
fn without_strokes(ring: [f64; AROUND_POINTS]) -> [f64; AROUND_POINTS] {
    let each = |ring: &[f64; AROUND_POINTS], pick: fn(f64, f64) -> f64| -> [f64; AROUND_POINTS] {
        std::array::from_fn(|i| {
            let five = (AROUND_POINTS - 2..=AROUND_POINTS + 2).map(|d| ring[(i + d) % AROUND_POINTS]);
            five.reduce(pick).unwrap_or_default()
        })
    };
    each(&each(&ring, f64::max), f64::min)
}

/// Ink of the outlines of empty bubbles, and the tenth part that is faintest, as a part of it.
struct Outlines {
    ink: f64,
    faintest: f64,
    strongest: f64,
}

/// None where the scan shows none, or too few to tell.
fn usual_outline<'a>(bubbles: impl Iterator<Item = &'a Measured>) -> Option<Outlines> {
    const FAINTEST: f64 = 0.12;
    const ENOUGH: usize = 8;
    let mut empty: Vec<f64> = bubbles.filter(|m| m.visible && m.ink < 0.1).map(|m| m.outline).collect();
    empty.sort_by(f64::total_cmp);
    let n = empty.len();
    let ink = empty.get(n / 2).copied().filter(|&usual| usual > FAINTEST && n >= ENOUGH)?;
    Some(Outlines { ink, faintest: empty[n / 4] / ink, strongest: empty[n * 3 / 4] / ink })
}

/// From the ink of outlines to a part of what is usual on the page, or around the bubble where toner runs out. In a black
/// and white scan they may have gone, here and there or all: where a quarter of them differ, what one shows says nothing.
pub(super) fn compare_outlines(fields: &[Field], all: &mut [Vec<Measured>]) {
    const ALIKE: f64 = 0.2;
    /// Empty bubbles around that are asked.
    const AROUND: usize = 8;
    let Some(usual) = usual_outline(all.iter().flatten()) else {
        all.iter_mut().flatten().for_each(|m| m.outline = 1.0);
        return;
    };
    let empty: Vec<(f64, f64, f64)> = fields
        .iter()
        .zip(all.iter())
        .flat_map(|(f, m)| f.bubbles.iter().zip(m))
        .filter(|(_, m)| m.visible && m.ink < 0.1)
        .map(|(b, m)| (b.x, b.y, m.outline))
        .collect();
    // What is left where a whole band is pale. Under a third of the usual it is not print that failed.
    let around = |b: &Bubble| {
        let mut near: Vec<(f64, f64)> = empty
            .iter()
            .map(|&(x, y, outline)| ((x - b.x).powi(2) + (y - b.y).powi(2), outline))
            .filter(|&(d2, _)| d2 > 0.0)
            .collect();
        let n = AROUND.min(near.len());
        if n < AROUND {
            return usual.ink;
        }
        near.select_nth_unstable_by(n - 1, |a, b| a.0.total_cmp(&b.0));
        let mut outlines: Vec<f64> = near[..n].iter().map(|n| n.1).collect();
        outlines.sort_by(f64::total_cmp);
        outlines[n / 2].clamp(usual.ink / 3.0, usual.ink)
    };
    for (f, measured) in fields.iter().zip(all.iter_mut()) {
        for (b, m) in f.bubbles.iter().zip(measured) {
            let ratio = m.outline / usual.ink;
            let told = if ratio < 1.0 { usual.faintest > 1.0 - ALIKE } else { usual.strongest < 1.0 + ALIKE };
            m.outline = match told {
                false => 1.0,
                true if ratio < HIDDEN => m.outline / around(b),
                true => ratio,
            };
        }
    }
}

/// What most full marks on the page spill beyond their bubbles is this pen's width, or how black and white was cut.
pub(super) fn take_off_spilling(all: &mut [Vec<Measured>]) {
    const MOST: f64 = 0.06;
    const ENOUGH: usize = 8;
    let full = all.iter().flatten().filter(|m| m.coverage > 0.62 && m.ink > 0.5);
    let mut spilt: Vec<f64> = full.map(|m| m.outside).collect();
    spilt.sort_by(f64::total_cmp);
    let usual = if spilt.len() < ENOUGH { 0.0 } else { spilt[spilt.len() * 3 / 4].min(MOST) };
    all.iter_mut().flatten().for_each(|m| m.outside = (m.outside - usual).max(0.0));
}

/// The letter in a bubble is printed light, but it is ink; in a black and white scan it may even be black. What all
/// bubbles of a label have in common is print: the lower quartile over the page, up to what print can be.
pub(super) fn take_off_print(fields: &[Field], all: &mut [Vec<Measured>]) {
    const MOST_INK: f64 = 0.16;
    const MOST_COVERAGE: f64 = 0.25;
    // A label that occurs a few times only may be marked each time.
    const ENOUGH: usize = 8;
    let mut by_label: BTreeMap<&str, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for (field, measured) in fields.iter().zip(all.iter()) {
        for (bubble, m) in field.bubbles.iter().zip(measured) {
            let entry = by_label.entry(printed(bubble)).or_default();
            entry.0.push(m.ink);
            entry.1.push(m.coverage);
        }
    }
    let mut inks: Vec<f64> = by_label.values().flat_map(|l| l.0.iter().copied()).collect();
    let mut coverages: Vec<f64> = by_label.values().flat_map(|l| l.1.iter().copied()).collect();
    let page = (quartile(&mut inks).min(MOST_INK), quartile(&mut coverages).min(MOST_COVERAGE));
    let print: BTreeMap<&str, (f64, f64)> = by_label
        .into_iter()
        .map(|(label, (mut inks, mut coverages))| {
            let own = if inks.len() >= ENOUGH { (quartile(&mut inks), quartile(&mut coverages)) } else { page };
            let ink = own.0.min(page.0 + 0.05).min(MOST_INK);
            (label, (ink, own.1.min(page.1 + 0.1).min(MOST_COVERAGE)))
        })
        .collect();
    for (field, measured) in fields.iter().zip(all.iter_mut()) {
        for (bubble, m) in field.bubbles.iter().zip(measured) {
            let (ink, coverage) = print.get(printed(bubble)).copied().unwrap_or_default();
            m.ink = ((m.ink - ink) / (1.0 - ink)).max(0.0);
            m.coverage = ((m.coverage - coverage) / (1.0 - coverage)).max(0.0);
            m.print = page.1;
        }
    }
}

/// What is printed in a bubble.
fn printed(b: &Bubble) -> &str {
    if b.label_inside() { &b.label } else { "" }
}

fn quartile(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 4).copied().unwrap_or(0.0)
}

/// Where a bubble is sampled, in half-axes: the same for every bubble.
struct Points {
    /// Within the outline; its cell of the grid, and the part of the bubble that it belongs to.
    inside: Vec<(f64, f64, usize, Part)>,
    around: [(f64, f64); AROUND_POINTS],
    beyond: [(f64, f64); BEYOND_POINTS],
    outline: [[(f64, f64); OUTLINE.len()]; OUTLINE_POINTS],
}

#[derive(Clone, Copy)]
enum Part {
    Middle,
    Sector(usize),
}

static POINTS: LazyLock<Points> = LazyLock::new(|| {
    let unit = |i: usize| (2 * i + 1) as f64 / GRID as f64 - 1.0;
    let inside = (0..GRID * GRID)
        .map(|i| (i, unit(i % GRID), unit(i / GRID)))
        .filter(|(_, u, v)| u.hypot(*v) <= 1.0)
        .map(|(i, u, v)| {
            let turn = v.atan2(u) / TAU + 1.0;
            let sector = Part::Sector((turn * SECTORS as f64) as usize % SECTORS);
            (u * INSIDE, v * INSIDE, i, if u.hypot(v) < 0.4 { Part::Middle } else { sector })
        })
        .collect();
    let ring = |i: usize, n: usize, radius: f64| {
        let (sin, cos) = (i as f64 / n as f64 * TAU).sin_cos();
        (radius * cos, radius * sin)
    };
    Points {
        inside,
        around: std::array::from_fn(|i| ring(i, AROUND_POINTS, AROUND)),
        beyond: std::array::from_fn(|i| ring(i, BEYOND_POINTS, BEYOND)),
        outline: std::array::from_fn(|i| OUTLINE.map(|radius| ring(i, OUTLINE_POINTS, radius))),
    }
});

/// Ink at each cell of a grid over the bubble, None outside it and outside the picture.
pub(super) fn cells(picture: &Gray, local: &Local, ink: Ink) -> Vec<Option<f64>> {
    let mut inside = vec![None; GRID * GRID];
    for &(u, v, cell, _) in &POINTS.inside {
        inside[cell] = local.gray(picture, u, v).map(|gray| ink.of(gray));
    }
    inside
}

/// Whether all places at `radius` half-axes are as `pleases` says.
pub(super) fn all_around(radius: f64, pleases: impl Fn(f64, f64) -> bool) -> bool {
    POINTS.beyond.iter().all(|&(u, v)| pleases(u * radius / BEYOND, v * radius / BEYOND))
}

/// Where bubble `b` is from bubble `a`, in half-axes of `a`.
pub(super) fn offset(a: &Bubble, b: &Bubble) -> (f64, f64) {
    ((b.x - a.x) / a.rx, (b.y - a.y) / a.ry)
}

/// The part of the ring well outside a bubble that is about as dark as its mark. Where a full mark stands `beside`, what
/// is nearer to that one has spilt from there.
pub(super) fn outside(
    picture: &Gray,
    local: &Local,
    beside: &[(f64, f64)],
    level_at: &impl Fn(f64, f64) -> Ink,
    darkest: f64,
) -> f64 {
    let level = (darkest / 2.0).clamp(0.15, DARK);
    let own = |u: f64, v: f64| beside.iter().all(|&(x, y)| (u - x).hypot(v - y) > BEYOND);
    let dark = |u: f64, v: f64| local.gray(picture, u, v).is_some_and(|g| level_at(u, v).of(g) > level);
    POINTS.beyond.iter().filter(|&&(u, v)| dark(u, v) && own(u, v)).count() as f64 / BEYOND_POINTS as f64
}

/// From gray to ink.
#[derive(Clone, Copy)]
pub(super) struct Ink {
    scale: f64,
    slope: f64,
    paper: f64,
}

impl Ink {
    pub(super) fn new(paper: f64, black: f64) -> Self {
        let scale = 1.0 / (1.0 - black);
        Ink { scale, slope: scale / paper.max(1.0), paper }
    }

    pub(super) fn of(self, gray: f64) -> f64 {
        (self.scale - gray * self.slope).clamp(0.0, 1.0)
    }
}

/// The upper quartile of the ring around a bubble.
pub(super) fn paper_around(picture: &Gray, local: &Local) -> f64 {
    let mut ring = [0.0; AROUND_POINTS];
    let mut n = 0;
    for gray in POINTS.around.iter().filter_map(|&(u, v)| local.gray(picture, u, v)) {
        ring[n] = gray;
        n += 1;
    }
    if n == 0 { 255.0 } else { *ring[..n].select_nth_unstable_by(n * 3 / 4, f64::total_cmp).1 }
}

/// What of a bubble says nothing of a mark in it.
#[derive(Clone, Copy, Default)]
pub(super) struct Hidden<'a> {
    /// Places that print hides.
    pub print: Option<&'a Pattern>,
    /// Full marks beside: what is within `NEAR_FULL` of them has spilt.
    pub beside: &'a [(f64, f64)],
}

fn inside(picture: &Gray, local: &Local, level_at: &impl Fn(f64, f64) -> Ink) -> Measured {
    inside_but(picture, local, level_at, Hidden::default())
}

/// `level_at` is what counts as paper and ink at a place.
pub(super) fn inside_but(
    picture: &Gray,
    local: &Local,
    level_at: &impl Fn(f64, f64) -> Ink,
    hidden: Hidden,
) -> Measured {
    let mut samples = [0.0; GRID * GRID];
    let mut n = 0;
    let (mut sum, mut dark) = (0.0, 0);
    let mut sectors = [(0.0, 0.0); SECTORS];
    let mut middle = (0.0, 0.0);
    let mut lost = 0;
    for &(u, v, cell, part) in &POINTS.inside {
        if hidden.beside.iter().any(|&(x, y)| (u - x).hypot(v - y) < NEAR_FULL) {
            continue;
        }
        let Some(gray) = local.gray(picture, u, v) else {
            lost += 1;
            continue;
        };
        let all = level_at(u, v).of(gray);
        let Some(a) = hidden.print.map_or(Some(all), |p| print::above(all, p[cell])) else { continue };
        samples[n] = a;
        n += 1;
        sum += a;
        dark += usize::from(a > DARK);
        match part {
            Part::Middle => middle = (middle.0 + a, middle.1 + 1.0),
            Part::Sector(s) => sectors[s] = (sectors[s].0 + a, sectors[s].1 + 1.0),
        }
    }
    let paper = level_at(0.0, 0.0).paper;
    if n == 0 {
        return Measured { paper, ..Measured::default() };
    }
    let samples = &mut samples[..n];
    let darkest = *samples.select_nth_unstable_by(n * 9 / 10, f64::total_cmp).1;
    let even = samples.iter().filter(|&&a| a > darkest / 2.0).count();
    // A part of which nothing is known is as the rest.
    let mean = sum / n as f64;
    let known = |part: (f64, f64)| if part.1 > 1.0 { part.0 / part.1 } else { mean };
    let mut emptiest = sectors.map(known);
    emptiest.sort_by(f64::total_cmp);
    let (mut outline, mut seen) = (0.0, 0);
    for across in &POINTS.outline {
        let inks = across.iter().filter_map(|&(u, v)| Some(level_at(u, v).of(local.gray(picture, u, v)?)));
        if let Some(darkest) = inks.reduce(f64::max) {
            (outline, seen) = (outline + darkest, seen + 1);
        }
    }
    Measured {
        ink: mean,
        coverage: dark as f64 / n as f64,
        evenness: even as f64 / n as f64,
        darkest,
        emptiest: [emptiest[0], emptiest[1]],
        middle: known(middle),
        outside: outside(picture, local, &[], level_at, darkest),
        print: 0.0,
        outline: outline / f64::from(seen.max(1)),
        paper,
        visible: lost == 0 || (local.whole && (lost as f64) < UNDER_STREAKS * POINTS.inside.len() as f64),
    }
}
