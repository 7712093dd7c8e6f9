//! From marks to answers: what a field says, and how surely.

use super::marks::{HIDDEN, Judged, Measured, NOTHING, PENCIL, Usual, Writing, judge};
use super::policy::{Counts, Policy};
use super::result::{FieldReading, FieldStatus, MarkReading, MarkState};
use crate::sheet::field::{CheckDigit, FieldKind, LeadingZeros, SumStyle};
use crate::sheet::layout::Field;

/// A light mark under this part of the usual ink is as likely what is left of an erased one as a hasty one.
const LIGHTEST: f64 = 0.55;
/// A stroke under this part of the usual darkness is another pen's, or a stain's edge.
const PALEST_STROKE: f64 = 0.7;

/// Decides one field from its measured bubbles, and from the ink that marks on this page usually have.
pub fn decide(field: &Field, measured: &[Measured], usual: Option<Usual>, policy: &Policy) -> FieldReading {
    let groups = groups(field);
    let mut judged: Vec<Judged> = measured.iter().map(|m| judge(m, usual)).collect();
    let one_of = takes_one(&field.kind);
    for group in &groups {
        in_company(group, one_of, usual, measured, &mut judged);
    }
    for (m, j) in measured.iter().zip(&mut judged) {
        let light = match (j.state, usual) {
            (MarkState::Faint, Some(usual)) => m.ink < LIGHTEST * usual.ink,
            (MarkState::Crossed | MarkState::Checked, Some(usual)) => m.darkest < PALEST_STROKE * usual.darkest,
            _ => false,
        };
        if light {
            j.probability = j.probability.min(0.6);
        }
    }
    for j in &mut judged {
        j.probability = match policy.counts(j.state) {
            Counts::Measured => policy.calibration.marks.at(j.probability),
            Counts::Always => SURE,
            Counts::Never => 1.0 - SURE,
            Counts::Doubtful => j.probability.clamp(0.4, 0.6),
        };
    }
    let mut readings: Vec<Group> = groups.iter().map(|g| Group::of(g, &judged)).collect();
    for group in readings.iter_mut().filter(|g| one_of && g.marked.len() > 1) {
        // With a pencil one of them may have been rubbed out, or struck out without trace.
        if group.marked.iter().any(|&i| measured[i].darkest < PENCIL) {
            group.confidence = group.confidence.min(0.6);
        }
    }
    let mut reading = value(field, &readings);
    let confidence = readings.iter().map(|g| g.confidence).fold(1.0, f64::min);
    reading.confidence = policy.calibration.fields.at(confidence);
    reading.marks = field
        .bubbles
        .iter()
        .zip(measured)
        .zip(&judged)
        .map(|((b, m), j)| MarkReading {
            label: b.label.clone(),
            ink: m.ink,
            state: j.state,
            probability: j.probability,
            row: b.row,
            column: b.column,
        })
        .collect();
    let asked = reading.status == FieldStatus::Multiple && policy.doubt_multiple;
    if reading.confidence < policy.least_confidence || asked {
        reading.status = FieldStatus::Doubtful;
    }
    reading
}

/// What a policy decides needs no evidence.
const SURE: f64 = 0.9999;

/// Whether of the bubbles of a group one is to be filled.
fn takes_one(kind: &FieldKind) -> bool {
    match kind {
        FieldKind::Choice { multiple, .. } => !multiple,
        FieldKind::Sum { style, .. } => *style == SumStyle::Grid,
        FieldKind::Flag { .. } => false,
        _ => true,
    }
}

/// Parts of an area that are dark: nothing is written under the first, something is over the second.
const WRITTEN: (f64, f64) = (0.0015, 0.02);
/// Part of an area that may be darkened and still be called empty: what is left of printed lines reaches 0.015, writing
/// in light pencil 0.033 and more.
const PENCILLED: f64 = 0.02;

/// Decides a field of handwriting, None where not all of it was seen. What is written is for a person to read.
pub fn decide_writing(field: &Field, written: Option<Writing>) -> FieldReading {
    let (status, confidence) = match written {
        Some(w) if w.dark < WRITTEN.0 && w.darkened < PENCILLED => (FieldStatus::Blank, 0.99),
        Some(w) if w.strokes > WRITTEN.1 => (FieldStatus::Answered, 0.99),
        _ => (FieldStatus::Doubtful, 0.5),
    };
    let dark = written.map(|w| w.dark);
    FieldReading {
        id: field.id.clone(),
        kind: field.kind.name().to_owned(),
        status,
        marked: Vec::new(),
        value: None,
        confidence,
        marks: vec![MarkReading {
            label: String::new(),
            ink: dark.unwrap_or(0.0),
            state: match status {
                FieldStatus::Blank => MarkState::Empty,
                FieldStatus::Answered => MarkState::Filled,
                _ => MarkState::Ambiguous,
            },
            probability: if status == FieldStatus::Blank { 1.0 - confidence } else { confidence },
            row: None,
            column: None,
        }],
    }
}

/// Bubbles that belong together: one digit, one row, or the whole field. Indices into the field's bubbles.
fn groups(field: &Field) -> Vec<Vec<usize>> {
    let key: fn(&crate::sheet::layout::Bubble) -> usize = match field.kind {
        FieldKind::Matrix { .. } | FieldKind::Competence { .. } | FieldKind::Score { .. } => |b| b.row.unwrap_or(0),
        FieldKind::Numeric { .. } | FieldKind::IdGrid { .. } | FieldKind::Sum { style: SumStyle::Grid, .. } => {
            |b| b.column.unwrap_or(0)
        }
        _ => |_| 0,
    };
    let count = field.bubbles.iter().map(|b| key(b) + 1).max().unwrap_or(0);
    (0..count).map(|g| (0..field.bubbles.len()).filter(|&i| key(&field.bubbles[i]) == g).collect()).collect()
}

/// A mark gains or loses from the company it is in: a lone clear cross among clean bubbles is meant, what is left of an
/// erased mark beside a full one is not. An empty bubble stays empty and a full one full, whatever is beside it.
fn in_company(group: &[usize], one_of: bool, usual: Option<Usual>, measured: &[Measured], judged: &mut [Judged]) {
    let alone = judged.to_vec();
    let full = group.iter().filter(|&&o| alone[o].state == MarkState::Filled).count();
    for &i in group {
        let others = || group.iter().filter(|&&o| o != i);
        let clean = others().all(|&o| alone[o].state == MarkState::Empty);
        let darkest_beside = others().map(|&o| measured[o].ink).fold(0.0, f64::max);
        let full_beside = others().any(|&o| alone[o].state == MarkState::Filled);
        let (m, j) = (&measured[i], &mut judged[i]);
        let same_pen = m.darkest > usual.map_or(0.6, |u| 0.75 * u.darkest);
        j.probability = match j.state {
            MarkState::Faint if clean && m.ink > 0.2 => 0.97,
            MarkState::Crossed if clean && m.ink > 0.14 => 0.94,
            MarkState::Checked if clean && m.ink > 0.14 && m.emptiest[1] > 0.03 => 0.93,
            // Half filled, or filled beside its place: nothing else was meant.
            MarkState::Ambiguous if clean && same_pen && m.coverage > 0.25 && m.outside == 0.0 => 0.94,
            // Covered with correction fluid, and another one filled.
            MarkState::Ambiguous if one_of && full == 1 && m.ink < NOTHING && m.outline < HIDDEN => 0.04,
            // Left of a rubbed-out mark: much lighter than the one that was meant.
            MarkState::Erased | MarkState::Faint if one_of && full_beside && m.ink < RUBBED_OUT * darkest_beside => {
                0.05
            }
            // Beside a mark at least as dark, a faint one may be either.
            MarkState::Faint if one_of && darkest_beside > m.ink => j.probability.min(0.6),
            _ => j.probability,
        };
    }
}

/// Part of a full mark's ink that is left of another at most when it was rubbed out.
const RUBBED_OUT: f64 = 0.35;

/// The marks of a group of bubbles that belong together: one digit, one row, or the whole field.
pub struct Group {
    /// Indices of the bubbles that count as marked.
    pub marked: Vec<usize>,
    pub confidence: f64,
}

impl Group {
    fn of(bubbles: &[usize], judged: &[Judged]) -> Self {
        let marked = bubbles.iter().copied().filter(|&i| judged[i].probability > 0.5).collect();
        let sure = |&i: &usize| judged[i].probability.max(1.0 - judged[i].probability);
        Group { marked, confidence: bubbles.iter().map(sure).product() }
    }
}

fn value(field: &Field, groups: &[Group]) -> FieldReading {
    let labels: Vec<&str> = field.bubbles.iter().map(|b| b.label.as_str()).collect();
    let (status, value) = meaning(&field.kind, &labels, groups);
    let marked = groups.iter().flat_map(|g| g.marked.iter().map(|&i| labels[i].to_owned())).collect();
    FieldReading {
        id: field.id.clone(),
        kind: field.kind.name().to_owned(),
        status,
        marked,
        value,
        confidence: 1.0,
        marks: Vec::new(),
    }
}

/// What marks mean in a field of some kind. `labels` are those of its bubbles.
pub fn meaning(kind: &FieldKind, labels: &[&str], groups: &[Group]) -> Said {
    let label = |i: usize| labels[i].to_owned();
    let marked: Vec<&str> = groups.iter().flat_map(|g| g.marked.iter().map(|&i| labels[i])).collect();
    match kind {
        FieldKind::Choice { multiple: false, .. } | FieldKind::Version { .. } | FieldKind::Language { .. } => {
            single(groups, label)
        }
        FieldKind::Choice { multiple: true, .. } | FieldKind::Flag { .. } => several(&marked, marked.join("+")),
        FieldKind::Sum { style: SumStyle::Bubbles, .. } => {
            let total: u32 = marked.iter().filter_map(|l| l.parse::<u32>().ok()).sum();
            several(&marked, format!("{total:02}"))
        }
        FieldKind::Matrix { .. } | FieldKind::Competence { .. } => rows(groups, label),
        FieldKind::Sum { style: SumStyle::Grid, propositions } => {
            let most = (1u32 << propositions) - 1;
            let (status, value) = number(labels, groups, 0, false, LeadingZeros::Optional);
            match value.as_deref().map(str::parse::<u32>) {
                Some(Ok(n)) if n > most => (FieldStatus::Invalid, value),
                _ => (status, value),
            }
        }
        FieldKind::Numeric { decimals, sign, leading_zeros, .. } => {
            number(labels, groups, usize::from(*decimals), *sign, *leading_zeros)
        }
        FieldKind::IdGrid { check, .. } => {
            let (status, value) = number(labels, groups, 0, false, LeadingZeros::Required);
            match &value {
                Some(v) if status == FieldStatus::Answered && !check_holds(*check, v) => (FieldStatus::Invalid, value),
                _ => (status, value),
            }
        }
        FieldKind::Score { .. } => score(groups, label),
        FieldKind::Region { .. } | FieldKind::Signature {} => (FieldStatus::Blank, None),
    }
}

pub type Said = (FieldStatus, Option<String>);

fn single(groups: &[Group], label: impl Fn(usize) -> String) -> Said {
    match groups.first().map(|g| &g.marked[..]).unwrap_or_default() {
        [] => (FieldStatus::Blank, None),
        [one] => (FieldStatus::Answered, Some(label(*one))),
        _ => (FieldStatus::Multiple, None),
    }
}

fn several(marked: &[&str], value: String) -> Said {
    if marked.is_empty() { (FieldStatus::Blank, None) } else { (FieldStatus::Answered, Some(value)) }
}

/// One answer a row, `-` for an empty one: `V,F,-,V`.
fn rows(groups: &[Group], label: impl Fn(usize) -> String) -> Said {
    if groups.iter().all(|g| g.marked.is_empty()) {
        return (FieldStatus::Blank, None);
    }
    if groups.iter().any(|g| g.marked.len() > 1) {
        return (FieldStatus::Multiple, None);
    }
    let row = |g: &Group| g.marked.first().map_or("-".to_owned(), |&i| label(i));
    let value = groups.iter().map(row).collect::<Vec<_>>().join(",");
    let status = if groups.iter().any(|g| g.marked.is_empty()) { FieldStatus::Invalid } else { FieldStatus::Answered };
    (status, Some(value))
}

fn number(labels: &[&str], groups: &[Group], decimals: usize, sign: bool, zeros: LeadingZeros) -> Said {
    if groups.iter().all(|g| g.marked.is_empty()) {
        return (FieldStatus::Blank, None);
    }
    if groups.iter().any(|g| g.marked.len() > 1) {
        return (FieldStatus::Multiple, None);
    }
    let mark = |g: &Group| g.marked.first().map(|&i| labels[i]);
    let (sign_group, digits) = if sign { groups.split_at(1) } else { (&groups[..0], groups) };
    let digits: Vec<Option<&str>> = digits.iter().map(mark).collect();
    let first = digits.iter().position(Option::is_some).unwrap_or(digits.len());
    let whole = match zeros {
        LeadingZeros::Required => digits.iter().all(Option::is_some),
        // Nothing may be left out after the first digit.
        LeadingZeros::Optional => first < digits.len() && digits[first..].iter().all(Option::is_some),
    };
    let text: String = digits.iter().map(|d| d.unwrap_or("-")).collect();
    if !whole {
        return (FieldStatus::Invalid, Some(text));
    }
    let mut text = match zeros {
        LeadingZeros::Required => text,
        LeadingZeros::Optional => {
            let plain = text.trim_start_matches(['-', '0']);
            format!("{plain:0>width$}", width = decimals + 1)
        }
    };
    if decimals > 0 {
        text.insert(text.len() - decimals, ',');
    }
    if sign_group.first().and_then(mark) == Some("−") {
        text.insert(0, '-');
    }
    (FieldStatus::Answered, Some(text))
}

/// Whole points and a fraction: the fraction may be left empty.
fn score(groups: &[Group], label: impl Fn(usize) -> String) -> Said {
    if groups.iter().all(|g| g.marked.is_empty()) {
        return (FieldStatus::Blank, None);
    }
    if groups.iter().any(|g| g.marked.len() > 1) {
        return (FieldStatus::Multiple, None);
    }
    let part = |g: Option<&Group>| g.and_then(|g| g.marked.first()).map(|&i| label(i));
    let fraction = part(groups.get(1)).filter(|f| f != ",0").unwrap_or_default();
    match part(groups.first()) {
        Some(points) => (FieldStatus::Answered, Some(points + &fraction)),
        None => (FieldStatus::Invalid, Some(format!("-{fraction}"))),
    }
}

fn check_holds(check: CheckDigit, digits: &str) -> bool {
    let d: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(10)).collect();
    // The weighted sum from the right, without the last digit.
    let mod11 = |d: &[u32], last_weight: u32| {
        let weights = (2..=last_weight).cycle();
        let sum: u32 = d.iter().rev().zip(weights).map(|(d, w)| d * w).sum();
        match 11 - sum % 11 {
            10 | 11 => 0,
            n => n,
        }
    };
    match check {
        CheckDigit::None => true,
        CheckDigit::Mod11 => d.split_last().is_some_and(|(c, rest)| *c == mod11(rest, 9)),
        CheckDigit::Mod10 => {
            let double = |(i, &d): (usize, &u32)| if i % 2 == 1 { (2 * d) / 10 + (2 * d) % 10 } else { d };
            d.iter().rev().enumerate().map(double).sum::<u32>() % 10 == 0
        }
        CheckDigit::Cpf => d.len() == 11 && d[9] == mod11(&d[..9], 10) && d[10] == mod11(&d[..10], 11),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::frame::PageFormat;
    use crate::sheet::place::{Order, place, tests::specs};
    use serde_json::json;

    #[test]
    fn a_lone_light_mark_among_dark_ones_is_doubtful() {
        let layout = place(&Order::new(PageFormat::A4), &specs(json!([{"type": "choice", "id": "q"}]))).unwrap();
        let field = &layout.content.pages[0].fields[0];
        let mark = |ink: f64| Measured {
            ink,
            coverage: if ink > 0.5 { 1.0 } else { 0.0 },
            evenness: 0.95,
            darkest: ink,
            emptiest: [ink, ink],
            middle: ink,
            outline: 1.0,
            visible: true,
            ..Measured::default()
        };
        let light = [mark(0.0), mark(0.23), mark(0.0), mark(0.0), mark(0.0)];
        let status = |page: &[Vec<Measured>]| decide(field, &light, Usual::of(page), &Policy::default()).status;
        assert_eq!(status(&[vec![mark(0.8); 20]]), FieldStatus::Doubtful);
        assert_eq!(status(&[vec![mark(0.8); 16], vec![mark(0.23); 20]]), FieldStatus::Doubtful, "much was rubbed out");
        assert_eq!(status(&[vec![mark(0.25); 20]]), FieldStatus::Answered, "a light pen throughout");
        assert_eq!(Usual::of(&[vec![mark(0.8); 7]]), None);
    }
}
