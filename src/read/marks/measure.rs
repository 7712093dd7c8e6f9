//! From pixels to the ink of each bubble.
//!
//! Nothing is thresholded over the whole page: a bubble's samples are weighed against the paper in its own surroundings
//! (so shadow and stain move with it) and against the ink that this printer and this scanner show in the registration
//! tags.

use crate::raster::Gray;
use crate::read::warp::Warp;
use crate::sheet::layout::{Bubble, Field};
use crate::units::Point;

/// Directions in which a bubble is judged apart: a half-filled one is full to one side only.
pub const SECTORS: usize = 8;

/// One bubble's ink. All values are 0 for paper and 1 for solid ink.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measured {
    /// Mean over the inside, what is printed there taken off.
    pub ink: f64,
    /// Part of the inside that is clearly dark.
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
/// Ink at which a sample counts as dark.
const DARK: f64 = 0.40;

/// Measures all bubbles of `fields`, in order. `black` is the gray of solid ink as a part of that of paper.
pub fn measure(picture: &Gray, warp: &Warp, fields: &[Field], black: f64) -> Vec<Vec<Measured>> {
    let black = black.clamp(0.0, 0.5);
    let mut all: Vec<Vec<Measured>> = fields
        .iter()
        .map(|f| {
            let papers: Vec<f64> = f.bubbles.iter().map(|b| paper_around(picture, warp, b)).collect();
            let mut sorted = papers.clone();
            sorted.sort_by(f64::total_cmp);
            let common = sorted.get(sorted.len() / 2).copied().unwrap_or(255.0);
            let one = |(b, &own): (&Bubble, &f64)| {
                // Marks that spill over darken their own surroundings: the neighbours know better.
                inside(picture, warp, b, own.max(common * 0.93), black)
            };
            f.bubbles.iter().zip(&papers).map(one).collect()
        })
        .collect();
    take_off_print(fields, &mut all);
    all
}

/// The part of a field's area that is dark, for handwriting. Rows that are dark throughout are printed lines, and the
/// border with the caption is left out. None where a part of the area is not in the picture.
pub fn writing(picture: &Gray, warp: &Warp, field: &Field, black: f64) -> Option<f64> {
    const STEP_MM: f64 = 0.4;
    const BORDER_MM: f64 = 1.5;
    const CAPTION_MM: f64 = 5.5;
    let area = &field.area;
    let (columns, rows) =
        (((area.w - 2.0 * BORDER_MM) / STEP_MM) as usize, ((area.h - BORDER_MM - CAPTION_MM) / STEP_MM) as usize);
    let mut grays = Vec::with_capacity(columns * rows);
    for r in 0..rows {
        for c in 0..columns {
            let (x, y) = (area.x + BORDER_MM + c as f64 * STEP_MM, area.y + CAPTION_MM + r as f64 * STEP_MM);
            let p = warp.to_picture(Point::new(x, y));
            if !picture.contains(p) {
                return None;
            }
            grays.push(picture.sample(p));
        }
    }
    let mut sorted = grays.clone();
    sorted.sort_by(f64::total_cmp);
    let Some(&paper) = sorted.get(sorted.len() * 3 / 4) else { return Some(0.0) };
    let level = paper * (1.0 - DARK * (1.0 - black.clamp(0.0, 0.5)));
    let dark = |row: &[f64]| row.iter().filter(|&&g| g < level).count();
    let written: usize = grays.chunks(columns.max(1)).map(dark).filter(|&n| n * 2 < columns).sum();
    Some(written as f64 / grays.len() as f64)
}

/// The letter in a bubble is printed light, but it is ink. What all bubbles of a label have in common is print: the lower
/// quartile over the page, up to what light print can be.
fn take_off_print(fields: &[Field], all: &mut [Vec<Measured>]) {
    const MOST_PRINT: f64 = 0.16;
    let mut by_label: Vec<(&str, Vec<f64>)> = Vec::new();
    for (field, measured) in fields.iter().zip(all.iter()) {
        for (bubble, m) in field.bubbles.iter().zip(measured) {
            let label = if bubble.label_inside() { bubble.label.as_str() } else { "" };
            match by_label.iter_mut().find(|l| l.0 == label) {
                Some(l) => l.1.push(m.ink),
                None => by_label.push((label, vec![m.ink])),
            }
        }
    }
    let mut everywhere: Vec<f64> = by_label.iter().flat_map(|l| l.1.iter().copied()).collect();
    let page = quartile(&mut everywhere).min(MOST_PRINT);
    let print: Vec<(&str, f64)> = by_label
        .into_iter()
        .map(|(label, mut inks)| {
            // A label that occurs a few times only may be marked each time.
            let own = if inks.len() >= 8 { quartile(&mut inks) } else { page };
            (label, own.min(page + 0.05).min(MOST_PRINT))
        })
        .collect();
    for (field, measured) in fields.iter().zip(all.iter_mut()) {
        for (bubble, m) in field.bubbles.iter().zip(measured) {
            let label = if bubble.label_inside() { bubble.label.as_str() } else { "" };
            let print = print.iter().find(|p| p.0 == label).map_or(0.0, |p| p.1);
            m.ink = ((m.ink - print) / (1.0 - print)).max(0.0);
        }
    }
}

fn quartile(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 4).copied().unwrap_or(0.0)
}

/// A bubble's local map: its centre in the picture and the pixels per half-axis.
struct Local {
    x: f64,
    y: f64,
    j: [[f64; 2]; 2],
    fine: bool,
}

impl Local {
    fn of(warp: &Warp, b: &Bubble) -> Self {
        let at = Point::new(b.x, b.y);
        let centre = warp.to_picture(at);
        let j = warp.base.jacobian(at);
        let j = [[j[0][0] * b.rx, j[0][1] * b.ry], [j[1][0] * b.rx, j[1][1] * b.ry]];
        // With few pixels a bubble, which pixel is nearest matters.
        let fine = j[0][0].hypot(j[1][0]) < 16.0;
        Local { x: centre.x, y: centre.y, j, fine }
    }

    fn gray(&self, picture: &Gray, u: f64, v: f64) -> Option<f64> {
        let x = self.x + self.j[0][0] * u + self.j[0][1] * v;
        let y = self.y + self.j[1][0] * u + self.j[1][1] * v;
        if !(x >= 0.0 && y >= 0.0 && x < picture.width as f64 && y < picture.height as f64) {
            return None;
        }
        Some(if self.fine { picture.sample(Point::new(x, y)) } else { f64::from(picture.get(x as usize, y as usize)) })
    }
}

/// Point `i` of `n` on a circle around the bubble.
fn ring(i: usize, n: usize, radius: f64) -> (f64, f64) {
    let (sin, cos) = (i as f64 / n as f64 * std::f64::consts::TAU).sin_cos();
    (radius * cos, radius * sin)
}

/// The upper quartile of the ring around a bubble.
fn paper_around(picture: &Gray, warp: &Warp, b: &Bubble) -> f64 {
    let local = Local::of(warp, b);
    let mut ring: Vec<f64> = (0..AROUND_POINTS)
        .filter_map(|i| {
            let (u, v) = ring(i, AROUND_POINTS, AROUND);
            local.gray(picture, u, v)
        })
        .collect();
    ring.sort_by(f64::total_cmp);
    ring.get(ring.len() * 3 / 4).copied().unwrap_or(255.0)
}

fn inside(picture: &Gray, warp: &Warp, b: &Bubble, paper: f64, black: f64) -> Measured {
    let local = Local::of(warp, b);
    let paper = paper.max(1.0);
    let ink = |gray: f64| ((1.0 - gray / paper) / (1.0 - black)).clamp(0.0, 1.0);
    let mut samples = [0.0; GRID * GRID];
    let mut n = 0;
    let (mut sum, mut dark) = (0.0, 0);
    let mut sectors = [(0.0, 0.0); SECTORS];
    let mut middle = (0.0, 0.0);
    let mut visible = true;
    for row in 0..GRID {
        for column in 0..GRID {
            let unit = |i: usize| (2 * i + 1) as f64 / GRID as f64 - 1.0;
            let (u, v) = (unit(column), unit(row));
            let distance = u.hypot(v);
            if distance > 1.0 {
                continue;
            }
            let Some(gray) = local.gray(picture, u * INSIDE, v * INSIDE) else {
                visible = false;
                continue;
            };
            let a = ink(gray);
            samples[n] = a;
            n += 1;
            sum += a;
            dark += usize::from(a > DARK);
            if distance < 0.4 {
                middle = (middle.0 + a, middle.1 + 1.0);
            } else {
                let turn = v.atan2(u) / std::f64::consts::TAU + 1.0;
                let s = &mut sectors[(turn * SECTORS as f64) as usize % SECTORS];
                *s = (s.0 + a, s.1 + 1.0);
            }
        }
    }
    if n == 0 {
        return Measured { paper, ..Measured::default() };
    }
    let samples = &mut samples[..n];
    samples.sort_by(f64::total_cmp);
    let darkest = samples[n * 9 / 10];
    let even = samples.iter().filter(|&&a| a > darkest / 2.0).count();
    let mut emptiest = sectors.map(|s| s.0 / f64::max(s.1, 1.0));
    emptiest.sort_by(f64::total_cmp);
    let outside = (0..BEYOND_POINTS)
        .filter(|&i| {
            let (u, v) = ring(i, BEYOND_POINTS, BEYOND);
            local.gray(picture, u, v).is_some_and(|g| ink(g) > (darkest / 2.0).clamp(0.15, DARK))
        })
        .count();
    Measured {
        ink: sum / n as f64,
        coverage: dark as f64 / n as f64,
        evenness: even as f64 / n as f64,
        darkest,
        emptiest: [emptiest[0], emptiest[1]],
        middle: middle.0 / f64::max(middle.1, 1.0),
        outside: outside as f64 / BEYOND_POINTS as f64,
        paper,
        visible,
    }
}
