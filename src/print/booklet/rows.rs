//! Short alternatives side by side: in a grid of equal columns, one baseline a row, in reading order.

use super::flow::{Atom, Flowing, Mark};
use super::look::Look;
use super::order::Placed;
use super::piece::Piece;
use crate::print::package::Kind;
use std::ops::Range;

/// Between a text and the next one's letter, in parts of the type's size.
const GAP: f64 = 1.0;

/// How many alternatives stand side by side, where all are short enough for two at least. Rows are as full as can be: of
/// five they are 5, 3 + 2 or 2 + 2 + 1.
pub fn columns(options: &[Range<usize>], forms: &[Piece], look: &Look) -> Option<usize> {
    let whole = |option: &Range<usize>| (option.len() == 1).then(|| forms[option.start].extent().1);
    let widths: Vec<f64> = options.iter().map(whole).collect::<Option<_>>()?;
    let widest = widths.into_iter().fold(0.0, f64::max);
    let fits = |columns: &usize| look.option_indent + widest + GAP * look.size <= look.column_width / *columns as f64;
    (1..options.len()).map(|rows| options.len().div_ceil(rows)).find(fits)
}

impl Flowing<'_> {
    pub(super) fn rows(&self, placed: &Placed, kind: Kind, columns: usize, atoms: &mut Vec<Atom>) {
        let width = self.look.column_width / columns as f64;
        for (r, row) in placed.options.chunks(columns).enumerate() {
            let mut cells: Vec<(Atom, f64)> = Vec::with_capacity(columns);
            for (c, &option) in row.iter().enumerate() {
                let mut cell = Vec::with_capacity(1);
                let baseline = self.option(placed.question, option, kind, columns * r + c, 0.0, &mut cell);
                cells.extend(cell.pop().map(|atom| (atom, baseline)));
            }
            let ascent = cells.iter().fold(0.0, |most, (_, baseline)| f64::max(most, *baseline));
            let before = if r == 0 { self.look.paragraph.max(self.look.option_gap) } else { self.look.option_gap };
            let mut all = Atom { before, ..Atom::default() };
            for (c, (cell, baseline)) in cells.into_iter().enumerate() {
                let down = ascent - baseline;
                all.height = all.height.max(cell.height + down);
                all.marks.extend(cell.marks.into_iter().map(|mark| moved(mark, width * c as f64, down)));
            }
            atoms.push(all);
        }
    }
}

fn moved(mut mark: Mark, right: f64, down: f64) -> Mark {
    if let Mark::Form { x, y, .. } | Mark::Text { x, y, .. } | Mark::Letter { x, y, .. } = &mut mark {
        (*x, *y) = (*x + right, *y + down);
    }
    mark
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::booklet::balance::tests::look;
    use crate::print::booklet::piece::{Affine, Drawn, What};

    #[test]
    fn as_many_stand_side_by_side_as_the_widest_allows() {
        let look = look();
        let side_by_side = |widths: &[f64]| {
            let piece = |&width: &f64| Piece {
                drawn: vec![Drawn {
                    at: Affine::moved(0.0, 0.0),
                    what: What::Picture { index: 0, width, height: 9.0 },
                    reach: (0.0, 9.0),
                }],
                ..Piece::default()
            };
            let forms: Vec<Piece> = widths.iter().map(piece).collect();
            let options: Vec<Range<usize>> = (0..widths.len()).map(|i| i..i + 1).collect();
            columns(&options, &forms, &look)
        };
        // A column is 244 points wide, and letter and gap take 29.
        assert_eq!(side_by_side(&[10.0; 5]), Some(5));
        assert_eq!(side_by_side(&[10.0, 40.0, 10.0, 10.0, 10.0]), Some(3));
        assert_eq!(side_by_side(&[90.0; 5]), Some(2));
        assert_eq!(side_by_side(&[40.0; 4]), Some(2));
        assert_eq!(side_by_side(&[10.0, 10.0, 10.0, 100.0]), None);
        assert_eq!(columns(&[0..2, 2..3], &[Piece::default(), Piece::default(), Piece::default()], &look), None);
    }
}
