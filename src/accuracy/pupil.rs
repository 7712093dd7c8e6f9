//! Fills a sheet in as a pupil of a set does, and says what is truly on it.

use super::masters::{Master, PX_PER_MM};
use super::tally::Verdict;
use crate::raster::Gray;
use crate::read::result::{FieldReading, FieldStatus};
use crate::sheet::field::{FieldKind, SumStyle};
use crate::sheet::layout::Field;
use crate::sim::Hand;
use crate::sim::handwriting::{self, Area};
use crate::sim::mark::{self, Bubble, Intent, Mark};
use crate::sim::sets::Set;
use fastrand::Rng;

/// One mark that a pupil made.
#[derive(Clone, Debug)]
pub struct Done {
    /// Which of the field's bubbles.
    pub bubble: usize,
    pub label: String,
    pub mark: Mark,
}

/// What is truly in a field.
#[derive(Clone, Debug)]
pub struct Expected {
    pub id: String,
    pub marks: Vec<Done>,
    /// For handwriting: whether there is any.
    pub writing: Option<bool>,
}

impl Expected {
    /// Right only if what counts as marked is what was chosen; where the pupil left it open, either may be read.
    pub fn judge(&self, reading: &FieldReading) -> Verdict {
        match (reading.status, self.agrees(reading)) {
            (FieldStatus::Doubtful, _) => Verdict::Doubtful,
            (_, true) => Verdict::Right,
            (_, false) => Verdict::Wrong,
        }
    }

    /// Whether what a field says is so, be it a guess.
    pub fn agrees(&self, reading: &FieldReading) -> bool {
        if let Some(there) = self.writing {
            let said = reading.status != FieldStatus::Blank;
            return said == there;
        }
        // By bubble and not by label: digits and rows repeat them.
        let said: Vec<usize> = (0..reading.marks.len()).filter(|&i| reading.marks[i].probability > 0.5).collect();
        let labelled = said.len() == reading.marked.len()
            && reading.marked.iter().all(|l| said.iter().any(|&i| reading.marks[i].label == *l));
        let known = |i: &usize| self.marks.iter().any(|done| done.bubble == *i);
        let as_meant = self.marks.iter().all(|done| match done.mark.intent() {
            Intent::Chosen => said.contains(&done.bubble),
            Intent::TakenBack => !said.contains(&done.bubble),
            Intent::Unclear => true,
        });
        labelled && as_meant && said.iter().all(known)
    }
}

impl Expected {
    /// Whether a mark in a bubble was meant; None where the pupil left it open.
    pub fn meant(&self, bubble: usize) -> Option<bool> {
        match self.marks.iter().find(|done| done.bubble == bubble).map(|done| done.mark.intent()) {
            Some(Intent::Chosen) => Some(true),
            Some(Intent::TakenBack) | None => Some(false),
            Some(Intent::Unclear) => None,
        }
    }
}

/// Draws a pupil's marks on a page. Whoever has a `number` fills it in where one is asked for; others fill in any.
pub fn fill_in(page: &mut Gray, sheet: &Master, set: &Set, number: Option<&str>, rng: &mut Rng) -> Vec<Expected> {
    let hand = (set.hand)(rng);
    let expected = sheet.page.fields.iter().map(|f| field(page, f, set, &hand, number, rng)).collect();
    for _ in 0..rng.usize(..=set.strays) {
        handwriting::stray(page, PX_PER_MM, &hand, rng);
    }
    expected
}

fn field(page: &mut Gray, field: &Field, set: &Set, hand: &Hand, number: Option<&str>, rng: &mut Rng) -> Expected {
    let mut expected = Expected { id: field.id.clone(), marks: Vec::new(), writing: None };
    if let FieldKind::Region { .. } | FieldKind::Signature {} = field.kind {
        let there = set.name != "all-blank" && rng.bool();
        if there {
            let a = &field.area;
            let area = Area { x: a.x + 3.0, y: a.y + 6.0, w: a.w - 6.0, h: a.h - 9.0 };
            match field.kind {
                FieldKind::Signature {} => handwriting::sign(page, PX_PER_MM, area, hand, rng),
                _ => handwriting::write(page, PX_PER_MM, area, 12, hand, rng),
            }
        }
        expected.writing = Some(there);
        return expected;
    }
    let wanted = number.and_then(|number| digits(field, number)).unwrap_or_else(|| wanted(field, rng));
    // In the order in which the reader lists marks: digit by digit, row by row.
    let mut order: Vec<usize> = (0..field.bubbles.len()).collect();
    if by_column(&field.kind) {
        order.sort_by_key(|&i| (field.bubbles[i].column, field.bubbles[i].row));
    }
    for i in order {
        let b = &field.bubbles[i];
        let mark = if wanted.contains(&i) { (set.chosen)(rng) } else { (set.rejected)(rng) };
        let Some(mark) = mark else { continue };
        let place = Bubble { x: b.x, y: b.y, rx: b.rx, ry: b.ry };
        mark::draw(page, PX_PER_MM, place, mark, hand, rng);
        expected.marks.push(Done { bubble: i, label: b.label.clone(), mark });
    }
    expected
}

fn by_column(kind: &FieldKind) -> bool {
    matches!(kind, FieldKind::Numeric { .. } | FieldKind::IdGrid { .. } | FieldKind::Sum { style: SumStyle::Grid, .. })
}

/// The bubbles of a pupil's number. None where the field asks for something else, or for a longer or a shorter one.
fn digits(field: &Field, number: &str) -> Option<Vec<usize>> {
    let FieldKind::IdGrid { digits, .. } = &field.kind else { return None };
    let number: Vec<String> = number.chars().map(String::from).collect();
    if number.len() != usize::from(*digits) {
        return None;
    }
    let bubbles = field.bubbles.iter().enumerate();
    let filled = bubbles.filter(|(_, b)| b.column.and_then(|column| number.get(column)) == Some(&b.label));
    Some(filled.map(|(i, _)| i).collect())
}

/// The bubbles that the pupil means: mostly one answer each, some none, few two.
fn wanted(field: &Field, rng: &mut Rng) -> Vec<usize> {
    let all: Vec<usize> = (0..field.bubbles.len()).collect();
    let free = match &field.kind {
        FieldKind::Choice { multiple, .. } => *multiple,
        FieldKind::Sum { style, .. } => *style == SumStyle::Bubbles,
        FieldKind::Flag { .. } => true,
        _ => false,
    };
    if free {
        let part = if matches!(field.kind, FieldKind::Flag { .. }) { 0.1 } else { 0.4 };
        return all.into_iter().filter(|_| rng.f64() < part).collect();
    }
    let group = |i: usize| {
        let b = &field.bubbles[i];
        if by_column(&field.kind) { b.column.unwrap_or(0) } else { b.row.unwrap_or(0) }
    };
    let groups = all.iter().map(|&i| group(i) + 1).max().unwrap_or(0);
    let mut wanted = Vec::new();
    for g in 0..groups {
        let members: Vec<usize> = all.iter().copied().filter(|&i| group(i) == g).collect();
        let count = match rng.u32(..100) {
            0..5 => 0,
            5..7 => 2,
            _ => 1,
        };
        wanted.extend((0..count).map(|_| members[rng.usize(..members.len())]));
    }
    wanted
}
