//! From pixels to the ink of each bubble.
//!
//! Nothing is thresholded over the whole page: a bubble's samples are weighed against the paper in its own surroundings
//! (so shadow and stain move with it) and against the ink that this printer and this scanner show in the registration
//! tags.

use super::print::{self, Learner, Pattern, Patterns};
use crate::raster::{Gray, Partial, Window};
use crate::read::warp::Warp;
use crate::sheet::field::FieldKind;
use crate::sheet::layout::{Bubble, Field};
use crate::units::Point;
use std::collections::{BTreeMap, BTreeSet};
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
    /// Ink of the printed outline, as a part of what outlines on this page have; 1 where the scan shows none.
    pub outline: f64,
    /// Gray of the paper around.
    pub paper: f64,
    /// Whether all of it was inside the picture.
    pub visible: bool,
}

/// Samples across a bubble's diameter.
const GRID: usize = 13;
/// The inside that is looked at, as part of the half-axes: within the printed outline, wherever registration is off by a
/// little.
const INSIDE: f64 = 0.80;
/// Where the paper around is looked at: between neighbours.
const AROUND: f64 = 1.27;
const AROUND_POINTS: usize = 24;
/// Where strokes that leave the bubble are looked for: a full mark spills to 1.3 half-axes, what crosses a mark out goes
/// to 1.5 and more.
const BEYOND: f64 = 1.43;
const BEYOND_POINTS: usize = 48;
/// Where what spilt over has ended, and a stroke that crosses a mark out goes on: between bubbles closer than ours.
const FARTHER: f64 = 1.55;
/// So much of the ring beyond, two or three places of it, is as often spilt ink as a stroke.
const NARROW_SPILL: f64 = 3.5 / BEYOND_POINTS as f64;
/// A full mark's ink reaches so far from its middle, and what is nearer than its neighbour's own half is not missed.
const NEAR_FULL: f64 = 1.95;
/// Printed outlines reach so far from their middle.
const PRINTED: f64 = 1.14;
/// Where the printed outline is looked for: registration is off by a little.
const OUTLINE: [f64; 5] = [0.82, 0.90, 0.98, 1.06, 1.14];
const OUTLINE_POINTS: usize = 12;
/// Ink at which a sample counts as dark.
pub(super) const DARK: f64 = 0.40;

/// Measures all bubbles of `fields`, in order. `black` is the gray of solid ink as a part of that of paper.
pub fn measure(picture: &mut Partial, warp: &Warp, fields: &[Field], black: f64) -> Vec<Vec<Measured>> {
    measure_over(picture, warp, fields, black, &Patterns::new(), false)
}

/// Whether letters stand in the bubbles of a sheet that is not ours: elsewhere they stand beside them.
fn lettered(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Choice { .. } | FieldKind::IdGrid { .. })
}

/// The same where letters are printed as dark as marks are; and the labels whose letter could not be learned.
pub fn measure_dark_print(
    picture: &mut Partial,
    warp: &Warp,
    fields: &[Field],
    black: f64,
) -> (Vec<Vec<Measured>>, BTreeSet<String>) {
    let mut learner = Learner::default();
    for field in fields.iter().filter(|f| lettered(f)) {
        let labels: BTreeSet<&str> = field.bubbles.iter().map(|b| b.label.as_str()).collect();
        let labels = labels.into_iter().collect::<Vec<_>>().join("\n");
        let places = places(picture, warp, field);
        let picture = picture.gray();
        for (bubble, (local, paper)) in field.bubbles.iter().zip(&places).filter(|(_, (local, _))| local.whole) {
            let ink = Ink::new(*paper, black.clamp(0.0, 0.5));
            let mut inside = vec![None; GRID * GRID];
            for &(u, v, cell, _) in &POINTS.inside {
                inside[cell] = local.gray(picture, u, v).map(|gray| ink.of(gray));
            }
            learner.note(&labels, &bubble.label, inside);
        }
    }
    let patterns = learner.patterns(GRID);
    let labels = fields.iter().filter(|f| lettered(f)).flat_map(|f| &f.bubbles).map(|b| b.label.as_str());
    let unlearned = print::unlearned(labels, &patterns);
    (measure_over(picture, warp, fields, black, &patterns, true), unlearned)
}

/// Each bubble's place in the picture, and the gray of the paper around it.
fn places(picture: &mut Partial, warp: &Warp, field: &Field) -> Vec<(Local, f64)> {
    let locals: Vec<Local> = field.bubbles.iter().map(|b| Local::of(picture.gray(), warp, b)).collect();
    locals.iter().for_each(|local| picture.need(local.window()));
    let papers: Vec<f64> = locals.iter().map(|local| paper_around(picture.gray(), local)).collect();
    let mut sorted = papers.clone();
    sorted.sort_by(f64::total_cmp);
    let common = sorted.get(sorted.len() / 2).copied().unwrap_or(255.0);
    // Marks that spill over darken their own surroundings: the neighbours know better.
    locals.into_iter().zip(papers).map(|(local, own)| (local, own.max(common * 0.93))).collect()
}

/// `print` is what each label's bubbles show when they are empty, where that is as dark as a mark.
fn measure_over(
    picture: &mut Partial,
    warp: &Warp,
    fields: &[Field],
    black: f64,
    print: &Patterns,
    dark_print: bool,
) -> Vec<Vec<Measured>> {
    let black = black.clamp(0.0, 0.5);
    let mut all: Vec<Vec<Measured>> = fields
        .iter()
        .map(|f| {
            let places = places(picture, warp, f);
            let picture = picture.gray();
            // Print as dark as marks: what is close beside a full mark is spilt, sooner than in our own roomier bubbles.
            let lettered = dark_print && lettered(f);
            let one = |(b, (local, paper)): (&Bubble, &(Local, f64))| {
                inside(picture, local, *paper, black, print.get(&b.label).filter(|_| lettered), &[])
            };
            let mut measured: Vec<Measured> = f.bubbles.iter().zip(&places).map(one).collect();
            for i in 0..measured.len() {
                let full = |o: usize| o != i && measured[o].ink > DARK;
                let beside: Vec<(f64, f64)> =
                    (0..measured.len()).filter(|&o| full(o)).map(|o| offset(&f.bubbles[i], &f.bubbles[o])).collect();
                let (local, paper) = &places[i];
                let ink = Ink::new(*paper, black);
                if measured[i].outside > 0.0 && measured[i].ink > DARK {
                    measured[i].outside = outside(picture, local, &beside, ink, measured[i].darkest);
                    if lettered && measured[i].outside < NARROW_SPILL {
                        let others = f.bubbles.iter().enumerate().filter(|(o, _)| *o != i);
                        let others: Vec<(f64, f64)> = others.map(|(_, b)| offset(&f.bubbles[i], b)).collect();
                        if ends_here(picture, local, &others, &beside, ink, measured[i].darkest) {
                            measured[i].outside = 0.0;
                        }
                    }
                } else if lettered && (0.03..DARK).contains(&measured[i].ink) && !beside.is_empty() {
                    let pattern = print.get(&f.bubbles[i].label);
                    measured[i] = inside(picture, local, *paper, black, pattern, &beside);
                    measured[i].outside = outside(picture, local, &beside, ink, measured[i].darkest);
                }
            }
            measured
        })
        .collect();
    take_off_print(fields, &mut all);
    compare_outlines(&mut all);
    all
}

/// From the ink of outlines to a part of what is usual on the page. In a black and white scan they may have gone, here
/// and there or all: where a quarter of them differ, what one shows says nothing.
fn compare_outlines(all: &mut [Vec<Measured>]) {
    const FAINTEST: f64 = 0.12;
    const ENOUGH: usize = 8;
    const ALIKE: f64 = 0.2;
    let mut empty: Vec<f64> = all.iter().flatten().filter(|m| m.visible && m.ink < 0.1).map(|m| m.outline).collect();
    empty.sort_by(f64::total_cmp);
    let n = empty.len();
    let usual = empty.get(n / 2).copied().filter(|&u| u > FAINTEST && n >= ENOUGH).unwrap_or(0.0);
    let least_alike = usual > 0.0 && empty[n / 4] > (1.0 - ALIKE) * usual;
    let most_alike = usual > 0.0 && empty[n * 3 / 4] < (1.0 + ALIKE) * usual;
    for m in all.iter_mut().flatten() {
        let told = if m.outline < usual { least_alike } else { most_alike };
        m.outline = if told { m.outline / usual } else { 1.0 };
    }
}

/// The letter in a bubble is printed light, but it is ink; in a black and white scan it may even be black. What all
/// bubbles of a label have in common is print: the lower quartile over the page, up to what print can be.
fn take_off_print(fields: &[Field], all: &mut [Vec<Measured>]) {
    const MOST_INK: f64 = 0.16;
    const MOST_COVERAGE: f64 = 0.25;
    // A label that occurs a few times only may be marked each time.
    const ENOUGH: usize = 8;
    let label = |b: &Bubble| if b.label_inside() { b.label.clone() } else { String::new() };
    let mut by_label: BTreeMap<String, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for (field, measured) in fields.iter().zip(all.iter()) {
        for (bubble, m) in field.bubbles.iter().zip(measured) {
            let entry = by_label.entry(label(bubble)).or_default();
            entry.0.push(m.ink);
            entry.1.push(m.coverage);
        }
    }
    let mut inks: Vec<f64> = by_label.values().flat_map(|l| l.0.iter().copied()).collect();
    let mut coverages: Vec<f64> = by_label.values().flat_map(|l| l.1.iter().copied()).collect();
    let page = (quartile(&mut inks).min(MOST_INK), quartile(&mut coverages).min(MOST_COVERAGE));
    let print: BTreeMap<String, (f64, f64)> = by_label
        .into_iter()
        .map(|(label, (mut inks, mut coverages))| {
            let own = if inks.len() >= ENOUGH { (quartile(&mut inks), quartile(&mut coverages)) } else { page };
            let ink = own.0.min(page.0 + 0.05).min(MOST_INK);
            (label, (ink, own.1.min(page.1 + 0.1).min(MOST_COVERAGE)))
        })
        .collect();
    for (field, measured) in fields.iter().zip(all.iter_mut()) {
        for (bubble, m) in field.bubbles.iter().zip(measured) {
            let (ink, coverage) = print.get(&label(bubble)).copied().unwrap_or_default();
            m.ink = ((m.ink - ink) / (1.0 - ink)).max(0.0);
            m.coverage = ((m.coverage - coverage) / (1.0 - coverage)).max(0.0);
            m.print = page.1;
        }
    }
}

fn quartile(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 4).copied().unwrap_or(0.0)
}

/// A bubble's local map: its centre in the picture and the pixels per half-axis.
#[derive(Clone, Copy)]
struct Local {
    x: f64,
    y: f64,
    j: [[f64; 2]; 2],
    fine: bool,
    /// Whether all that is looked at is inside the picture.
    whole: bool,
}

impl Local {
    fn of(picture: &Gray, warp: &Warp, b: &Bubble) -> Self {
        let at = Point::new(b.x, b.y);
        let centre = warp.to_picture(at);
        let j = warp.base.jacobian(at);
        let j = [[j[0][0] * b.rx, j[0][1] * b.ry], [j[1][0] * b.rx, j[1][1] * b.ry]];
        // With few pixels a bubble, which pixel is nearest matters.
        let fine = j[0][0].hypot(j[1][0]) < 16.0;
        let mut local = Local { x: centre.x, y: centre.y, j, fine, whole: false };
        let Window { x0, y0, x1, y1 } = local.window();
        local.whole = x0 > 0.0 && y0 > 0.0 && x1 < picture.width as f64 && y1 < picture.height as f64;
        local
    }

    /// All that is looked at.
    fn window(&self) -> Window {
        let reach = |row: [f64; 2]| FARTHER * (row[0].abs() + row[1].abs()) + 1.0;
        let (rx, ry) = (reach(self.j[0]), reach(self.j[1]));
        Window { x0: self.x - rx, y0: self.y - ry, x1: self.x + rx, y1: self.y + ry }
    }

    fn gray(&self, picture: &Gray, u: f64, v: f64) -> Option<f64> {
        let x = self.x + self.j[0][0] * u + self.j[0][1] * v;
        let y = self.y + self.j[1][0] * u + self.j[1][1] * v;
        let seen = self.whole || (x >= 0.0 && y >= 0.0 && x < picture.width as f64 && y < picture.height as f64);
        if !seen {
            return None;
        }
        Some(if self.fine { picture.sample(Point::new(x, y)) } else { f64::from(picture.get(x as usize, y as usize)) })
    }
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

/// Where bubble `b` is from bubble `a`, in half-axes of `a`.
fn offset(a: &Bubble, b: &Bubble) -> (f64, f64) {
    ((b.x - a.x) / a.rx, (b.y - a.y) / a.ry)
}

/// The part of the ring well outside a bubble that is about as dark as its mark. Where a full mark stands `beside`, what
/// is nearer to that one has spilt from there.
fn outside(picture: &Gray, local: &Local, beside: &[(f64, f64)], ink: Ink, darkest: f64) -> f64 {
    let level = (darkest / 2.0).clamp(0.15, DARK);
    let own = |u: f64, v: f64| beside.iter().all(|&(x, y)| (u - x).hypot(v - y) > BEYOND);
    let dark = |u: f64, v: f64| local.gray(picture, u, v).is_some_and(|g| ink.of(g) > level);
    POINTS.beyond.iter().filter(|&&(u, v)| dark(u, v) && own(u, v)).count() as f64 / BEYOND_POINTS as f64
}

/// Whether nothing as dark as a mark is on the ring farther out, the bubbles around left aside.
fn ends_here(
    picture: &Gray,
    local: &Local,
    others: &[(f64, f64)],
    full: &[(f64, f64)],
    ink: Ink,
    darkest: f64,
) -> bool {
    let level = (darkest / 2.0).clamp(0.15, DARK);
    let clear =
        |bubbles: &[(f64, f64)], u: f64, v: f64, reach: f64| bubbles.iter().all(|&(x, y)| (u - x).hypot(v - y) > reach);
    POINTS.beyond.iter().map(|&(u, v)| (u * FARTHER / BEYOND, v * FARTHER / BEYOND)).all(|(u, v)| {
        let dark = local.gray(picture, u, v).is_none_or(|g| ink.of(g) > level);
        !dark || !clear(others, u, v, PRINTED) || !clear(full, u, v, FARTHER)
    })
}

/// From gray to ink.
#[derive(Clone, Copy)]
struct Ink {
    scale: f64,
    slope: f64,
}

impl Ink {
    fn new(paper: f64, black: f64) -> Self {
        let scale = 1.0 / (1.0 - black);
        Ink { scale, slope: scale / paper.max(1.0) }
    }

    fn of(self, gray: f64) -> f64 {
        (self.scale - gray * self.slope).clamp(0.0, 1.0)
    }
}

/// The upper quartile of the ring around a bubble.
fn paper_around(picture: &Gray, local: &Local) -> f64 {
    let mut ring = [0.0; AROUND_POINTS];
    let mut n = 0;
    for gray in POINTS.around.iter().filter_map(|&(u, v)| local.gray(picture, u, v)) {
        ring[n] = gray;
        n += 1;
    }
    if n == 0 { 255.0 } else { *ring[..n].select_nth_unstable_by(n * 3 / 4, f64::total_cmp).1 }
}

/// Of the places within `NEAR_FULL` of a full mark `beside` nothing is taken: what is there has spilt.
fn inside(
    picture: &Gray,
    local: &Local,
    paper: f64,
    black: f64,
    pattern: Option<&Pattern>,
    beside: &[(f64, f64)],
) -> Measured {
    let level = Ink::new(paper, black);
    let ink = |gray: f64| level.of(gray);
    let mut samples = [0.0; GRID * GRID];
    let mut n = 0;
    let (mut sum, mut dark) = (0.0, 0);
    let mut sectors = [(0.0, 0.0); SECTORS];
    let mut middle = (0.0, 0.0);
    let mut visible = true;
    for &(u, v, cell, part) in &POINTS.inside {
        if beside.iter().any(|&(x, y)| (u - x).hypot(v - y) < NEAR_FULL) {
            continue;
        }
        let Some(gray) = local.gray(picture, u, v) else {
            visible = false;
            continue;
        };
        let Some(a) = pattern.map_or(Some(ink(gray)), |p| print::above(ink(gray), p[cell])) else { continue };
        samples[n] = a;
        n += 1;
        sum += a;
        dark += usize::from(a > DARK);
        match part {
            Part::Middle => middle = (middle.0 + a, middle.1 + 1.0),
            Part::Sector(s) => sectors[s] = (sectors[s].0 + a, sectors[s].1 + 1.0),
        }
    }
    if n == 0 {
        return Measured { paper, ..Measured::default() };
    }
    let samples = &mut samples[..n];
    let darkest = *samples.select_nth_unstable_by(n * 9 / 10, f64::total_cmp).1;
    let even = samples.iter().filter(|&&a| a > darkest / 2.0).count();
    // Of a part that print hides nothing is known: it is as the rest.
    let mean = sum / n as f64;
    let known = |part: (f64, f64)| if part.1 > 1.0 { part.0 / part.1 } else { mean };
    let mut emptiest = sectors.map(known);
    emptiest.sort_by(f64::total_cmp);
    let darkest_across = |across: &[(f64, f64); OUTLINE.len()]| {
        across.iter().filter_map(|&(u, v)| local.gray(picture, u, v)).fold(f64::MAX, f64::min)
    };
    let outline = POINTS.outline.iter().map(|across| ink(darkest_across(across))).sum::<f64>() / OUTLINE_POINTS as f64;
    Measured {
        ink: mean,
        coverage: dark as f64 / n as f64,
        evenness: even as f64 / n as f64,
        darkest,
        emptiest: [emptiest[0], emptiest[1]],
        middle: known(middle),
        outside: outside(picture, local, &[], level, darkest),
        print: 0.0,
        outline,
        paper,
        visible,
    }
}
