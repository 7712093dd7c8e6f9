//! `"edition": "lize"`: the fields that a package asks for, held against a model of the Lize sheet.

use crate::json::{Faults, Object};
use crate::sheet::field::{FieldKind, FieldSpec};
use crate::sheet::lize::{Block, Model, Models, Operation, Printed, Rule};
use crate::sheet::{Field, Layout};

/// What a Lize sheet's code says besides whose it is.
#[derive(Clone, Debug)]
pub struct LizeOrder {
    pub operation: Operation,
    pub model: Model,
}

impl LizeOrder {
    /// Reads what is peculiar to the edition; the models are those of the table that the command was given.
    pub fn read(o: &mut Object, models: &Models, faults: &mut Faults) -> Option<Self> {
        let words = Operation::ALL.map(|op| (op.letter(), op));
        let operation = o.word("operation", &words, faults);
        o.word("page", &[("A4", ())], faults);
        let number = o.whole("model", 0..=999_999, faults).unwrap_or(1) as u32;
        let Some(model) = models.get(number) else {
            let known: Vec<String> = models.iter().map(|m| format!("{} ({})", m.number, m.name)).collect();
            let message = format!("{number} is not in the table of models; one of {} is expected", known.join(", "));
            faults.add(o.path("model"), message);
            return None;
        };
        let grid = model.blocks.iter().flat_map(|b| &b.fields).any(|f| matches!(f.kind, FieldKind::IdGrid { .. }));
        if operation == Operation::Loose && !grid {
            let message = "a loose sheet (A) needs a model with a matrícula grid: nothing else says whose it is";
            faults.add(o.path("operation"), message);
        }
        Some(LizeOrder { operation, model: model.clone() })
    }

    /// The layout with the fields asked for. What a model always has (the matrícula grid, the language) need not be.
    pub fn layout(&self, specs: &[FieldSpec], path: &str, faults: &mut Faults) -> Option<Layout> {
        let before = faults.0.len();
        let mut left: Vec<&FieldSpec> = specs.iter().collect();
        let mut printed = Printed::new();
        for block in &self.model.blocks {
            let asked: Vec<&FieldSpec> =
                block.fields.iter().map_while(|f| Some(left.remove(left.iter().position(|s| s.id == f.id)?))).collect();
            printed.push(self.counts(block, &asked, path, faults));
        }
        let Model { number, name, .. } = &self.model;
        let offered = self.offered();
        for spec in left {
            let message = format!(
                "“{}” is not a field of model {number} ({name}), or its number skips one; it has {offered}",
                spec.id
            );
            faults.add(path, message);
        }
        if printed.iter().all(Vec::is_empty) {
            faults.add(path, format!("none of the fields of model {number} ({name}) is asked for; it has {offered}"));
        }
        (faults.0.len() == before).then(|| self.model.layout(&printed))
    }

    /// The fields that the model can have: `matricula (id_grid), q1 … q150 (choice)`.
    fn offered(&self) -> String {
        let of = |block: &Block| match &block.fields[..] {
            [] => None,
            [one] => Some(format!("{} ({})", one.id, one.kind.name())),
            [first, .., last] => Some(format!("{} … {} ({})", first.id, last.id, first.kind.name())),
        };
        self.model.blocks.iter().filter_map(of).collect::<Vec<_>>().join(", ")
    }

    fn counts(&self, block: &Block, asked: &[&FieldSpec], path: &str, faults: &mut Faults) -> Vec<usize> {
        let mut count = |field: &Field, spec: &FieldSpec| {
            let bubbles = fitting(field, spec);
            if bubbles.is_none() {
                let like = match &field.kind {
                    FieldKind::Choice { labels, .. } => format!("with the first of {}", labels.concat()),
                    _ => format!("with {} bubbles, as the table of models says", field.bubbles.len()),
                };
                faults.add(path, format!("“{}”: a field of type {} {like} is expected", spec.id, field.kind.name()));
            }
            bubbles.unwrap_or_default()
        };
        let counts: Vec<usize> = block.fields.iter().zip(asked).map(|(f, s)| count(f, s)).collect();
        match block.rule {
            Rule::Whole => block.fields.iter().map(|f| f.bubbles.len()).collect(),
            Rule::Rows | Rule::Boxes => counts,
        }
    }
}

/// How many of a field's bubbles a field of a package has, if it is of that kind.
fn fitting(field: &Field, spec: &FieldSpec) -> Option<usize> {
    match (&field.kind, &spec.kind) {
        (FieldKind::Choice { labels: all, .. }, FieldKind::Choice { labels, multiple: false }) => {
            (labels.len() >= 2 && all.starts_with(labels)).then_some(labels.len())
        }
        (FieldKind::IdGrid { digits: all, .. }, FieldKind::IdGrid { digits, .. }) if all == digits => {
            Some(field.bubbles.len())
        }
        (FieldKind::Language { labels: all, .. }, FieldKind::Language { labels, .. }) => {
            (all.len() == labels.len()).then_some(field.bubbles.len())
        }
        (all @ FieldKind::Score { .. }, one) if all == one => Some(field.bubbles.len()),
        _ => None,
    }
}
