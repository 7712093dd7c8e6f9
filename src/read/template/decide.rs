//! From what bubbles measure to what fields say. A field is decided only where every one of its bubbles is clearly empty
//! or clearly filled: by its own darkness against paper and pen, never by being the darkest of its row.

use super::baseline::baseline;
use super::format::{Output, Template};
use super::register::Registered;
use crate::read::result::{FieldReading, FieldStatus, MarkReading, MarkState};

/// Shares of the way from what is expected of an empty bubble to the page's pen.
const EMPTY_BELOW: f64 = 0.16;
/// As far as this where the darkness itself is no more than printing and noise bring about.
const NEARLY_EMPTY: f64 = 0.24;
const FILLED_ABOVE: f64 = 0.62;
/// The lightest quarter of a filled bubble is this dark, against the pen's.
const COVERED_ABOVE: f64 = 0.5;
/// A ring this dark beside an empty inside is a mark that missed its bubble.
const RING_ABOVE: f64 = 0.3;
/// A block of which fewer bubbles were recognised is not where it was looked for.
const LEAST_EXPLAINED: f64 = 0.75;
/// A darkness that is no noise of paper or camera, whatever the pen.
const LEAST_INK: f64 = 0.14;
/// A darkness that erasers do not leave behind.
const SURE_INK: f64 = 0.2;
/// One that letters and outlines bring about by themselves, a pixel off.
const NO_INK: f64 = 0.055;

struct Part {
    status: FieldStatus,
    marked: Vec<String>,
    confidence: f64,
    marks: Vec<MarkReading>,
}

/// `too_small`: bubbles of so few pixels that nothing is sure.
pub fn decide(template: &Template, found: &Registered, too_small: bool) -> Vec<FieldReading> {
    let parts = parts(template, found, too_small);
    template.outputs.iter().map(|output| reading(template, &parts, output)).collect()
}

fn parts(template: &Template, found: &Registered, too_small: bool) -> Vec<Part> {
    let base = baseline(template, &found.probes);
    let solid = base.pen.max(found.solid_ink);
    let mut parts = Vec::new();
    for (i, block) in template.blocks.iter().enumerate() {
        let lost = too_small || found.astray[i] || found.explained[i] < LEAST_EXPLAINED;
        let fields = &template.fields[block.fields.clone()];
        let bubbles: Vec<_> = fields.iter().flat_map(|f| &f.bubbles).collect();
        let fill = |k: usize| {
            let (p, e) = (&base.probes[i][k], &base.expected[i][k]);
            (p.mean - e.mean) / (base.pen - e.mean).max(0.05)
        };
        let mut k = 0;
        for field in fields {
            let mut marks = Vec::new();
            let mut confidence: f64 = 1.0;
            for bubble in &field.bubbles {
                let (p, e, f) = (&base.probes[i][k], &base.expected[i][k], fill(k));
                let covered = (p.lower - e.lower) / (base.pen_lower - e.lower).max(0.05);
                let above = p.mean - e.mean;
                // Letters hide some of a mark from the mean, and none of it from the lightest quarter.
                let all_over = above.max(p.lower - e.lower);
                let ring = (p.ring - e.ring) / (base.pen - e.ring).max(0.05);
                // A neighbour's mark may run over its outline.
                let beside = bubbles.iter().enumerate().any(|(n, b)| {
                    b.column.abs_diff(bubble.column) <= 1 && b.row.abs_diff(bubble.row) <= 1 && n != k && fill(n) > 0.5
                });
                let state = if !e.sure {
                    MarkState::Ambiguous
                } else if f >= FILLED_ABOVE && covered >= COVERED_ABOVE && all_over >= SURE_INK {
                    MarkState::Filled
                } else if f <= EMPTY_BELOW && above <= LEAST_INK {
                    if ring > RING_ABOVE && !beside { MarkState::Outside } else { MarkState::Empty }
                } else if f <= NEARLY_EMPTY && (above < NO_INK || above < 0.5 * LEAST_INK && above < 3.0 * base.noise) {
                    MarkState::Empty
                } else if covered > 0.1 {
                    MarkState::Faint
                } else {
                    MarkState::Ambiguous
                };
                let middle = (EMPTY_BELOW + FILLED_ABOVE) / 2.0;
                let probability = 1.0 / (1.0 + (-(f - middle) / 0.05).exp());
                let certain = match state {
                    MarkState::Empty => 1.0 - probability,
                    MarkState::Filled => probability,
                    _ => 0.5,
                };
                confidence = confidence.min(certain);
                let ink = ((p.mean - e.mean) / (solid - e.mean).max(0.05)).clamp(0.0, 1.0);
                let (row, column) = (None, None);
                marks.push(MarkReading { label: bubble.value.clone(), ink, state, probability, row, column });
                k += 1;
            }
            let settled = |m: &MarkReading| matches!(m.state, MarkState::Empty | MarkState::Filled);
            let doubtful = lost || !marks.iter().all(settled);
            let counts = |m: &&MarkReading| match m.state {
                MarkState::Filled => true,
                MarkState::Empty => false,
                _ => m.probability > 0.5,
            };
            let marked: Vec<String> = marks.iter().filter(counts).map(|m| m.label.clone()).collect();
            let status = match (doubtful, marked.len()) {
                (true, _) => FieldStatus::Doubtful,
                (false, 0) => FieldStatus::Blank,
                (false, 1) => FieldStatus::Answered,
                (false, _) => FieldStatus::Multiple,
            };
            if doubtful {
                confidence = confidence.min(0.5);
            }
            let trust = 0.5 + 0.5 * found.explained[i];
            parts.push(Part { status, marked, confidence: confidence * trust, marks });
        }
    }
    parts
}

fn reading(template: &Template, parts: &[Part], output: &Output) -> FieldReading {
    match output {
        Output::Single(i) => {
            let (field, part) = (&template.fields[*i], &parts[*i]);
            let value = if part.marked.is_empty() {
                Some(field.empty_value.clone()).filter(|v| !v.is_empty())
            } else {
                Some(part.marked.concat())
            };
            FieldReading {
                id: field.id.clone(),
                kind: "choice".to_owned(),
                status: part.status,
                marked: part.marked.clone(),
                value,
                confidence: part.confidence,
                marks: part.marks.clone(),
            }
        }
        Output::Concat { id, parts: members } => {
            let mut value = String::new();
            let (mut marked, mut marks) = (Vec::new(), Vec::new());
            for (column, &i) in members.iter().enumerate() {
                let (field, part) = (&template.fields[i], &parts[i]);
                value += &if part.marked.is_empty() { field.empty_value.clone() } else { part.marked.concat() };
                marked.extend(part.marked.iter().cloned());
                marks.extend(part.marks.iter().enumerate().map(|(row, m)| MarkReading {
                    row: Some(row),
                    column: Some(column),
                    ..m.clone()
                }));
            }
            let any = |status| members.iter().any(|&i| parts[i].status == status);
            let status = if any(FieldStatus::Doubtful) {
                FieldStatus::Doubtful
            } else if any(FieldStatus::Multiple) {
                FieldStatus::Multiple
            } else if any(FieldStatus::Answered) {
                FieldStatus::Answered
            } else {
                FieldStatus::Blank
            };
            FieldReading {
                id: id.clone(),
                kind: "concat".to_owned(),
                status,
                marked,
                value: Some(value).filter(|v| !v.is_empty()),
                confidence: members.iter().map(|&i| parts[i].confidence).fold(1.0, f64::min),
                marks,
            }
        }
    }
}
