//! Bubbles of sheets that are not ours, whose letters are printed as dark as marks are.

use super::Measured;
use super::measure::{
    BEYOND_POINTS, DARK, GRID, Hidden, Ink, all_around, cells, compare_outlines, inside_but, offset, outside,
    paper_around, take_off_print, with_neighbours,
};
use super::place::{FAR, Local};
use super::print::{self, Learner, Patterns};
use crate::raster::{Gray, Partial};
use crate::read::warp::Warp;
use crate::sheet::field::FieldKind;
use crate::sheet::layout::{Bubble, Field};
use std::collections::BTreeSet;

/// So much of the ring beyond, two or three places of it, is as often spilt ink as a stroke.
const NARROW_SPILL: f64 = 3.5 / BEYOND_POINTS as f64;
/// Printed outlines reach so far from their middle.
const PRINTED: f64 = 1.14;

/// Whether letters stand in the bubbles: elsewhere they stand beside them.
fn lettered(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Choice { .. } | FieldKind::IdGrid { .. })
}

/// Measures all bubbles of `fields`, in order, as [`super::measure`] does; and the labels whose letter could not be learned.
pub fn measure_dark_print(
    picture: &mut Partial,
    warp: &Warp,
    fields: &[Field],
    black: f64,
) -> (Vec<Vec<Measured>>, BTreeSet<String>) {
    let black = black.clamp(0.0, 0.5);
    let places: Vec<Vec<(Local, Ink)>> = fields.iter().map(|f| places(picture, warp, f, black)).collect();
    let picture = picture.gray();
    let mut learner = Learner::default();
    for (field, places) in fields.iter().zip(&places).filter(|(f, _)| lettered(f)) {
        let labels: BTreeSet<&str> = field.bubbles.iter().map(|b| b.label.as_str()).collect();
        let labels = labels.into_iter().collect::<Vec<_>>().join("\n");
        for (bubble, (local, ink)) in field.bubbles.iter().zip(places).filter(|(_, (local, _))| local.whole) {
            learner.note(&labels, &bubble.label, cells(picture, local, *ink));
        }
    }
    let patterns = learner.patterns(GRID);
    let labels = fields.iter().filter(|f| lettered(f)).flat_map(|f| &f.bubbles).map(|b| b.label.as_str());
    let unlearned = print::unlearned(labels, &patterns);
    let mut all: Vec<Vec<Measured>> =
        fields.iter().zip(&places).map(|(f, places)| over_print(picture, f, places, &patterns)).collect();
    take_off_print(fields, &mut all);
    compare_outlines(fields, &mut all);
    (all, unlearned)
}

/// Each bubble's place in the picture, and what ink is there.
fn places<'s>(picture: &mut Partial, warp: &Warp, field: &Field, black: f64) -> Vec<(Local<'s>, Ink)> {
    let locals: Vec<Local> = field.bubbles.iter().map(|b| Local::of(picture.gray(), warp, b)).collect();
    locals.iter().for_each(|local| picture.need(local.window(FAR)));
    let papers: Vec<f64> = locals.iter().map(|local| paper_around(picture.gray(), local)).collect();
    locals.into_iter().zip(with_neighbours(&papers)).map(|(local, paper)| (local, Ink::new(paper, black))).collect()
}

/// What is close beside a full mark is spilt, sooner than in our own roomier bubbles.
fn over_print(picture: &Gray, f: &Field, places: &[(Local, Ink)], print: &Patterns) -> Vec<Measured> {
    let lettered = lettered(f);
    let print = |b: &Bubble| print.get(&b.label).filter(|_| lettered);
    let one = |(b, (local, ink)): (&Bubble, &(Local, Ink))| {
        inside_but(picture, local, &|_, _| *ink, Hidden { print: print(b), beside: &[] })
    };
    let mut measured: Vec<Measured> = f.bubbles.iter().zip(places).map(one).collect();
    for i in 0..measured.len() {
        let full = |o: usize| o != i && measured[o].ink > DARK;
        let beside: Vec<(f64, f64)> =
            (0..measured.len()).filter(|&o| full(o)).map(|o| offset(&f.bubbles[i], &f.bubbles[o])).collect();
        let (local, ink) = &places[i];
        let level = |_, _| *ink;
        if measured[i].outside > 0.0 && measured[i].ink > DARK {
            measured[i].outside = outside(picture, local, &beside, &level, measured[i].darkest);
            if lettered && measured[i].outside < NARROW_SPILL {
                let others = f.bubbles.iter().enumerate().filter(|(o, _)| *o != i);
                let others: Vec<(f64, f64)> = others.map(|(_, b)| offset(&f.bubbles[i], b)).collect();
                if ends_here(picture, local, &others, &beside, *ink, measured[i].darkest) {
                    measured[i].outside = 0.0;
                }
            }
        } else if lettered && (0.03..DARK).contains(&measured[i].ink) && !beside.is_empty() {
            let hidden = Hidden { print: print(&f.bubbles[i]), beside: &beside };
            measured[i] = inside_but(picture, local, &level, hidden);
            measured[i].outside = outside(picture, local, &beside, &level, measured[i].darkest);
        }
    }
    measured
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
    all_around(FAR, |u, v| {
        let dark = local.gray(picture, u, v).is_none_or(|g| ink.of(g) > level);
        !dark || !clear(others, u, v, PRINTED) || !clear(full, u, v, FAR)
    })
}
