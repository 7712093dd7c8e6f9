//! From what bubbles measure to what fields say. A field is decided only where every one of its bubbles is clearly empty
//! or clearly filled: by its own darkness against paper and pen, never by being the darkest of its row.

use super::baseline::baseline;
use super::format::{Output, Template};
use super::marks::Probe;
use super::register::Registered;
use crate::read::fields::{self, Group};
use crate::read::result::{FieldReading, FieldStatus, MarkReading, MarkState};
use crate::sheet::FieldKind;

/// Shares of the way from what is expected of an empty bubble to the page's pen.
const EMPTY_BELOW: f64 = 0.16;
/// On a page whose empty bubbles are all alike a thin tick shows: beyond this it must be no more than their noise.
const SURELY_EMPTY: f64 = 0.1;
/// As far as this where the darkness itself is no more than printing and noise bring about.
const NEARLY_EMPTY: f64 = 0.24;
const FILLED_ABOVE: f64 = 0.62;
/// The lightest quarter of a filled bubble is this dark, against the pen's.
const COVERED_ABOVE: f64 = 0.5;
/// A ring this dark beside an empty inside is a mark that missed its bubble.
const RING_ABOVE: f64 = 0.3;
/// Ink at three corners beyond a filled bubble, against the pen's: strokes through it may strike it out.
const STRUCK_ABOVE: f64 = 0.1;
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
    let mut parts = parts_of(template, found, &found.probes, too_small);
    if let Some(toned) = &found.toned {
        for (part, other) in parts.iter_mut().zip(parts_of(template, found, toned, too_small)) {
            let decided = part.status != FieldStatus::Doubtful && other.status != FieldStatus::Doubtful;
            if decided && part.marked != other.marked {
                part.status = FieldStatus::Doubtful;
                part.confidence = part.confidence.min(0.5);
            }
        }
    }
    template.outputs.iter().map(|output| reading(template, &parts, output)).collect()
}

fn parts_of(template: &Template, found: &Registered, probes: &[Vec<Probe>], too_small: bool) -> Vec<Part> {
    let base = baseline(template, probes);
    let solid = base.pen.max(found.solid_ink);
    let mut parts = Vec::new();
    for (i, block) in template.blocks.iter().enumerate() {
        let lost = too_small || found.astray[i] || found.unsure[i] || found.explained[i] < LEAST_EXPLAINED;
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
                let struck = (p.corner - e.corner) / (base.pen - e.corner).max(0.05);
                // A neighbour's mark may run over its outline.
                let beside = bubbles.iter().enumerate().any(|(n, b)| {
                    b.column.abs_diff(bubble.column) <= 1 && b.row.abs_diff(bubble.row) <= 1 && n != k && fill(n) > 0.5
                });
                let state = if !e.sure {
                    MarkState::Ambiguous
                } else if f >= FILLED_ABOVE && covered >= COVERED_ABOVE && all_over >= SURE_INK {
                    if struck > STRUCK_ABOVE { MarkState::Cancelled } else { MarkState::Filled }
                } else if f <= EMPTY_BELOW && above <= LEAST_INK && (f <= SURELY_EMPTY || above < 6.0 * base.noise) {
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
            let text = |&i: &usize| match &parts[i].marked[..] {
                [] => template.fields[i].empty_value.clone(),
                marked => marked.concat(),
            };
            let value: String = members.iter().map(text).collect();
            let any = |status| members.iter().any(|&i| parts[i].status == status);
            let status = if any(FieldStatus::Multiple) {
                FieldStatus::Multiple
            } else if any(FieldStatus::Answered) {
                FieldStatus::Answered
            } else {
                FieldStatus::Blank
            };
            joined(parts, members, id, "concat", status, Some(value).filter(|v| !v.is_empty()), false)
        }
        Output::Typed { id, kind, parts: members } => {
            let mut labels = Vec::new();
            let mut groups = Vec::new();
            for &i in members {
                let from = labels.len();
                labels.extend(template.fields[i].bubbles.iter().map(|b| b.value.as_str()));
                let marked = (from..labels.len()).filter(|k| parts[i].marked.iter().any(|m| m == labels[*k]));
                groups.push(Group { marked: marked.collect(), confidence: parts[i].confidence });
            }
            let (status, value) = fields::meaning(kind, &labels, &groups);
            let by_rows =
                matches!(kind, FieldKind::Matrix { .. } | FieldKind::Competence { .. } | FieldKind::Score { .. });
            joined(parts, members, id, kind.name(), status, value, by_rows)
        }
    }
}

/// Several fields as one. `by_rows`: each of them is a row, and not a column.
fn joined(
    parts: &[Part],
    members: &[usize],
    id: &str,
    kind: &str,
    status: FieldStatus,
    value: Option<String>,
    by_rows: bool,
) -> FieldReading {
    let mut marks = Vec::new();
    for (n, &i) in members.iter().enumerate() {
        marks.extend(parts[i].marks.iter().enumerate().map(|(k, m)| {
            let (row, column) = if by_rows { (n, k) } else { (k, n) };
            MarkReading { row: Some(row), column: Some(column), ..m.clone() }
        }));
    }
    let doubtful = members.iter().any(|&i| parts[i].status == FieldStatus::Doubtful);
    FieldReading {
        id: id.to_owned(),
        kind: kind.to_owned(),
        status: if doubtful { FieldStatus::Doubtful } else { status },
        marked: members.iter().flat_map(|&i| parts[i].marked.iter().cloned()).collect(),
        value,
        confidence: members.iter().map(|&i| parts[i].confidence).fold(1.0, f64::min),
        marks,
    }
}
