//! How much of a model is on the paper: a sheet has as many rows as its exam has questions, and hides the alternatives that
//! none of them has.
//!
//! No answer is believed where the print does not bear out the model: rows fill column after column, every row has its
//! first bubbles, and around the lattice there is nothing that looks like more of it.

use super::lattice::Sighting;
use crate::sheet::Field;
use crate::sheet::lize::models::BUBBLE_R;
use crate::sheet::lize::{Block, Model, Printed, Rule};
use crate::units::{Mm, Point};
use std::ops::Range;

/// What is looked at: every bubble of a model, and places around its blocks where none must be.
#[derive(Clone, Debug)]
pub struct Lattice {
    pub places: Vec<Point<Mm>>,
    blocks: Vec<Places>,
}

#[derive(Clone, Debug)]
struct Places {
    /// For each field, its bubbles and the places beside it that must be free.
    fields: Vec<(Range<usize>, Range<usize>)>,
}

#[derive(Clone, Debug)]
pub struct Found {
    pub printed: Printed,
    /// For each block, the fields whose extent a person should see: covered, or not seen where the rest says they are.
    pub unclear: Vec<Vec<usize>>,
    /// Whether something is drawn beyond the last row, where there may be more of them.
    pub beyond: bool,
    /// Fields of the blocks that have as many as the exam has.
    questions: usize,
    /// Printed bubbles seen.
    pub seen: usize,
    /// Part of the bubbles that are believed to be there that was seen, printed or covered.
    pub borne_out: f64,
    /// Part of the places that must be free that look like bubbles.
    pub astray: f64,
}

impl Found {
    /// Whether answers can be believed.
    pub fn holds(&self) -> bool {
        // No sheet is without a question.
        if self.questions == 0 {
            return false;
        }
        const LEAST_SEEN: usize = 8;
        const LEAST_BORNE_OUT: f64 = 0.85;
        const MOST_ASTRAY: f64 = 0.25;
        self.seen >= LEAST_SEEN && self.borne_out >= LEAST_BORNE_OUT && self.astray <= MOST_ASTRAY
    }

    /// Whether nothing is missing that another map of the page could find.
    pub fn is_whole(&self) -> bool {
        const NEARLY_ALL: f64 = 0.97;
        self.holds() && self.borne_out >= NEARLY_ALL
    }
}

impl Lattice {
    pub fn of(model: &Model) -> Self {
        let mut lattice = Lattice { places: Vec::new(), blocks: Vec::new() };
        let all: Vec<Point<Mm>> = model.blocks.iter().flat_map(|b| &b.fields).flat_map(places).collect();
        for block in &model.blocks {
            let fields = block.fields.iter().map(|f| {
                let bubbles = lattice.add(places(f));
                let free = beside(block, f).into_iter().filter(|p| all.iter().all(|o| o.distance(p) > 2.0 * BUBBLE_R));
                let free = lattice.add(free);
                (bubbles, free)
            });
            let fields = fields.collect();
            lattice.blocks.push(Places { fields });
        }
        lattice
    }

    fn add(&mut self, places: impl Iterator<Item = Point<Mm>>) -> Range<usize> {
        let from = self.places.len();
        self.places.extend(places);
        from..self.places.len()
    }

    /// The first places of each block: where a sheet has anything of a block, it has these.
    pub fn beginnings(&self) -> impl Iterator<Item = &[Point<Mm>]> {
        const FIRST: usize = 10;
        let first =
            |b: &Places| b.fields.first().map(|(bubbles, _)| bubbles.start..bubbles.end.min(bubbles.start + FIRST));
        self.blocks.iter().filter_map(first).map(|places| &self.places[places])
    }

    /// The places of a field's bubbles among all.
    pub fn bubbles(&self, block: usize, field: usize) -> Range<usize> {
        self.blocks[block].fields[field].0.clone()
    }
}

fn places(field: &Field) -> impl Iterator<Item = Point<Mm>> {
    field.bubbles.iter().map(|b| Point::new(b.x, b.y))
}

/// A step beyond a field's ends, and beyond its block's.
fn beside(block: &Block, field: &Field) -> Vec<Point<Mm>> {
    let least = |steps: &mut dyn Iterator<Item = f64>| steps.filter(|s| *s > 0.1).fold(f64::MAX, f64::min);
    let bubbles = || block.fields.iter().flat_map(|f| &f.bubbles);
    let Some(first) = field.bubbles.first() else { return Vec::new() };
    let step_x = least(&mut field.bubbles.iter().map(|b| (b.x - first.x).abs()));
    let step_y = least(&mut bubbles().filter(|b| (b.x - first.x).abs() < 0.1).map(|b| (b.y - first.y).abs()));
    // A block of one row has no step down.
    let (step_x, step_y) = (step_x.min(12.0), if step_y > 12.0 { step_x.min(6.0) } else { step_y });
    let ends = field.bubbles.iter().flat_map(|b| {
        [(-step_x, 0.0), (0.0, -step_y), (step_x, 0.0), (0.0, step_y)].map(|(dx, dy)| Point::new(b.x + dx, b.y + dy))
    });
    match block.rule {
        // Beyond the last row and the last alternative there may be more of what a model can have.
        Rule::Rows => ends.filter(|p| p.x < first.x - 0.1 || p.y < first.y - 0.1).collect(),
        Rule::Boxes | Rule::Whole => ends.collect(),
    }
}

/// One place of the lattice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spot {
    Printed,
    /// Something dark is there, and no outline is seen.
    Covered,
    /// Outside the picture, or some part of a circle.
    Unclear,
    Absent,
}

/// How much of a circle makes a bubble, and how little makes none.
const BUBBLE: f64 = 0.7;
const NO_BUBBLE: f64 = 0.45;
/// How dark it is where something covers the paper.
const COVERED: f64 = 0.3;
/// Part of the page's usual contrast that an outline must have.
const LEAST_CONTRAST: f64 = 0.35;
/// Contrast of an outline that nobody sees.
const NO_CONTRAST: f64 = 0.05;
/// Rows with fewer alternatives than others are believed where there are so many of them, or one in twenty.
const FEWEST_ROWS: usize = 3;
/// Rows that were not seen although others beyond were, as a part of all.
const MOST_HOLES: f64 = 0.15;

pub fn found(model: &Model, lattice: &Lattice, sightings: &[Sighting]) -> Found {
    let mut contrasts: Vec<f64> =
        sightings.iter().filter(|s| s.circle(NO_CONTRAST) >= BUBBLE).map(Sighting::contrast).collect();
    contrasts.sort_by(f64::total_cmp);
    let usual = contrasts.get(contrasts.len() / 2).copied().unwrap_or(0.0);
    let least = (LEAST_CONTRAST * usual).max(NO_CONTRAST);
    let spot = |i: usize| {
        let s = &sightings[i];
        match s.circle(least) {
            _ if !s.visible => Spot::Unclear,
            c if c >= BUBBLE => Spot::Printed,
            _ if s.inside > COVERED => Spot::Covered,
            c if c <= NO_BUBBLE => Spot::Absent,
            _ => Spot::Unclear,
        }
    };
    let spots: Vec<Spot> = (0..sightings.len()).map(spot).collect();
    let mut found = Found {
        printed: Vec::new(),
        unclear: Vec::new(),
        beyond: false,
        questions: 0,
        seen: 0,
        borne_out: 0.0,
        astray: 0.0,
    };
    let (mut believed, mut there, mut free, mut astray) = (0usize, 0usize, 0usize, 0usize);
    for (block, places) in model.blocks.iter().zip(&lattice.blocks) {
        let rows: Vec<&[Spot]> = places.fields.iter().map(|(bubbles, _)| &spots[bubbles.clone()]).collect();
        let mut extent = match block.rule {
            Rule::Rows => extent_of_rows(&rows),
            Rule::Boxes | Rule::Whole => extent_of_fields(&rows),
        };
        for ((counts, row), (_, beside)) in extent.counts.iter().zip(&rows).zip(&places.fields) {
            believed += counts;
            there += row[..*counts].iter().filter(|s| **s != Spot::Absent).count();
            found.seen += row[..*counts].iter().filter(|s| **s == Spot::Printed).count();
            free += beside.len();
            astray += spots[beside.clone()].iter().filter(|s| **s == Spot::Printed).count();
        }
        // What looks like a bubble before a row may be its first.
        let astray = |(_, beside): &&(Range<usize>, Range<usize>)| spots[beside.clone()].contains(&Spot::Printed);
        if block.rule == Rule::Rows {
            let rows = places.fields.iter().enumerate().take(extent.counts.len());
            extent.unclear.extend(rows.filter(|(_, places)| astray(places)).map(|(i, _)| i));
        }
        if matches!(block.rule, Rule::Rows | Rule::Boxes) {
            found.questions += extent.counts.len();
        }
        found.printed.push(extent.counts);
        found.unclear.push(extent.unclear);
        found.beyond |= extent.beyond;
    }
    found.borne_out = there as f64 / believed.max(1) as f64;
    found.astray = astray as f64 / free.max(1) as f64;
    found
}

#[derive(Default)]
struct Extent {
    counts: Vec<usize>,
    unclear: Vec<usize>,
    beyond: bool,
}

fn count(row: &[Spot], what: Spot) -> usize {
    row.iter().filter(|s| **s == what).count()
}

/// Rows from the first to the last that is seen; each with its alternatives.
fn extent_of_rows(rows: &[&[Spot]]) -> Extent {
    let seen = |row: &[Spot]| count(row, Spot::Printed) >= 2;
    let Some(last) = rows.iter().rposition(|r| seen(r)) else { return Extent::default() };
    let n = last + 1;
    let holes: Vec<usize> = (0..n).filter(|&i| !seen(rows[i])).collect();
    // One row far from the others is a drawing, not a question: the rest must be nearly whole.
    if holes.len() as f64 > MOST_HOLES * n as f64 {
        let whole = (0..n).take_while(|&i| seen(rows[i])).count();
        let beyond = whole < n;
        let extent = if whole > 0 { extent_of_rows(&rows[..whole]) } else { Extent::default() };
        return Extent { beyond, ..extent };
    }
    let width = |row: &[Spot]| row.iter().rposition(|s| *s == Spot::Printed).map_or(0, |i| i + 1);
    // What a row says of its last alternatives for itself: all of them seen, or clearly not there.
    let says = |row: &[Spot]| {
        let k = width(row);
        (k >= 2 && row[k..].iter().all(|s| *s == Spot::Absent)).then_some(k)
    };
    let mut votes = vec![0usize; rows[0].len() + 1];
    rows[..n].iter().filter_map(|r| says(r)).for_each(|k| votes[k] += 1);
    let usual = (0..votes.len()).max_by_key(|&k| votes[k]).filter(|&k| votes[k] > 0).unwrap_or(rows[0].len());
    // One or two rows of a sheet that lack what all others have were painted over.
    let rare = |k: usize| k < usual && votes[k] < FEWEST_ROWS && votes[k] * 20 < n;
    let own = |r: &[Spot]| says(r).filter(|&k| !rare(k)).unwrap_or(usual);
    let counts: Vec<usize> = rows[..n].iter().map(|r| own(r).max(width(r))).collect();
    // A mark may hide an alternative that the others have not; that it hides one that they have is what marks do.
    let hidden = |&i: &usize| says(rows[i]).is_none() && rows[i][counts[i]..].contains(&Spot::Covered);
    let unclear = (0..n).filter(|i| holes.contains(i) || hidden(i)).collect();
    let beyond = rows[n..].iter().any(|r| count(r, Spot::Covered) + count(r, Spot::Printed) >= 2);
    Extent { counts, unclear, beyond }
}

/// Fields that are there with all of their bubbles, from the first on.
fn extent_of_fields(rows: &[&[Spot]]) -> Extent {
    const THERE: f64 = 0.5;
    let part =
        |row: &[Spot], what: &[Spot]| row.iter().filter(|s| what.contains(s)).count() as f64 / row.len().max(1) as f64;
    let there = |row: &&&[Spot]| part(row, &[Spot::Printed]) > THERE;
    let n = rows.iter().take_while(there).count();
    let unclear = (0..n).filter(|&i| part(rows[i], &[Spot::Absent]) > 0.1).collect();
    let beyond = rows[n..].iter().any(|r| part(r, &[Spot::Printed, Spot::Covered]) > 0.25);
    Extent { counts: rows[..n].iter().map(|r| r.len()).collect(), unclear, beyond }
}
