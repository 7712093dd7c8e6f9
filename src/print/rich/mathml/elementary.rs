//! Sums and divisions as they are done by hand (`mstack`, `mlongdiv`), which Wiris writes for the early years.

use super::{Reader, empty, placeholder, table};
use crate::print::rich::model::{Align, Math};
use scraper::ElementRef;

impl Reader<'_, '_> {
    /// Numbers one below the other, set to the right, with lines between.
    pub(super) fn stack(&mut self, element: ElementRef) -> Math {
        let (rows, lines) = self.stack_rows(element.child_elements());
        table::stacked(rows, lines)
    }

    /// As schools here write it: the divisor right of the dividend, with a line below it, and the quotient under that.
    pub(super) fn long_division(&mut self, element: ElementRef) -> Math {
        let parts: Vec<ElementRef> = element.child_elements().collect();
        let [divisor, quotient, rest @ ..] = parts.as_slice() else {
            let why = format!("<mlongdiv> has {} parts; divisor, result and dividend are expected", parts.len());
            return placeholder("divisão", why, self.context);
        };
        let divisor = self.element(*divisor).unwrap_or_else(empty);
        let quotient = self.element(*quotient).unwrap_or_else(empty);
        let notation = vec!["left".to_owned(), "bottom".to_owned()];
        let divisor = Math::Enclosed { notation, body: Box::new(divisor) };
        let (rows, lines) = self.stack_rows(rest.iter().copied());
        let right = vec![vec![divisor], vec![quotient]];
        let right =
            Math::Table { rows: right, align: vec![Align::Left], column_lines: Vec::new(), row_lines: Vec::new() };
        let sides = vec![vec![table::stacked(rows, lines), right]];
        let align = vec![Align::Right, Align::Left];
        Math::Table { rows: sides, align, column_lines: Vec::new(), row_lines: Vec::new() }
    }

    fn stack_rows<'a>(&mut self, children: impl Iterator<Item = ElementRef<'a>>) -> (Vec<Vec<Math>>, Vec<usize>) {
        let (mut rows, mut lines) = (Vec::new(), Vec::new());
        for child in children {
            match child.value().name() {
                "msline" => lines.push(rows.len()),
                // A group's rows are one below the other.
                "msgroup" => rows.extend(child.child_elements().map(|e| self.element(e).into_iter().collect())),
                _ => rows.push(self.element(child).into_iter().collect()),
            }
        }
        (rows, lines)
    }
}
