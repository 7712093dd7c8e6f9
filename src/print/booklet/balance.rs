//! The last page's columns, made equally high: a page does not end with one full column beside an empty one.

use super::look::Look;
use super::pack::PlacedAtom;

/// Nobody sees less, in points.
const FINE: f64 = 0.5;

/// `units` are the places in `atoms` where a column may begin; the columns begin at `top`.
pub fn balance(atoms: &mut [PlacedAtom], units: &[usize], look: &Look, top: f64) {
    let whole = look.bottom - top;
    if look.columns < 2 || atoms.is_empty() || begins(atoms, units, whole).is_none_or(|b| b.len() > look.columns) {
        return;
    }
    let (mut low, mut high) = (0.0, whole);
    while high - low > FINE {
        let middle = (low + high) / 2.0;
        match begins(atoms, units, middle) {
            Some(columns) if columns.len() <= look.columns => high = middle,
            _ => low = middle,
        }
    }
    let columns = begins(atoms, units, high).unwrap_or_default();
    let (mut column, mut y) = (0, top);
    for (i, placed) in atoms.iter_mut().enumerate() {
        match columns.iter().position(|&begin| begin == i) {
            Some(begun) => (column, y) = (begun, top),
            None => y += placed.atom.before,
        }
        (placed.x, placed.y) = (look.column_x(column), y);
        y += placed.atom.height;
    }
}

/// Where columns of this height begin; None where a unit is higher.
fn begins(atoms: &[PlacedAtom], units: &[usize], height: f64) -> Option<Vec<usize>> {
    let mut columns = Vec::new();
    let mut y = 0.0;
    let ends = units.iter().skip(1).copied().chain([atoms.len()]);
    for (&from, to) in units.iter().zip(ends) {
        let unit: f64 = atoms[from..to].iter().map(|p| p.atom.before + p.atom.height).sum();
        y += unit;
        if columns.is_empty() || y > height {
            columns.push(from);
            y = unit - atoms[from].atom.before;
        }
        if y > height {
            return None;
        }
    }
    Some(columns)
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::print::booklet::flow::Atom;
    use crate::print::package::{ExamLook, Family};
    use crate::sheet::{PageFormat, TextSize};

    /// Of two columns.
    pub fn look() -> Look {
        let exam = ExamLook {
            columns: 2,
            format: PageFormat::A4,
            text: TextSize::Normal,
            family: Family::Serif,
            line_spacing: 1.28,
            justify: true,
            alternatives: Default::default(),
            cover: false,
            instructions: Vec::new(),
            draft_pages: 0,
            background: None,
        };
        Look::new(&exam, PageFormat::A4, TextSize::Normal)
    }

    /// Heights of each column's atoms, when atoms of these heights with a gap of 10 between them are balanced.
    fn balanced(heights: &[f64], units: &[usize]) -> Vec<Vec<f64>> {
        let look = look();
        let placed =
            |&height| PlacedAtom { x: look.left, y: 0.0, atom: Atom { before: 10.0, height, ..Atom::default() } };
        let mut atoms: Vec<PlacedAtom> = heights.iter().map(placed).collect();
        balance(&mut atoms, units, &look, look.top);
        let of = |column| {
            let x = look.column_x(column);
            let inside: Vec<&PlacedAtom> = atoms.iter().filter(|a| a.x == x).collect();
            assert!(inside.first().is_none_or(|a| a.y == look.top || heights.len() == 1));
            assert!(inside.windows(2).all(|w| w[1].y == w[0].y + w[0].atom.height + 10.0));
            inside.iter().map(|a| a.atom.height).collect()
        };
        (0..look.columns).map(of).collect()
    }

    #[test]
    fn columns_end_as_evenly_as_their_units_allow() {
        assert_eq!(balanced(&[100.0; 4], &[0, 1, 2, 3]), [[100.0; 2], [100.0; 2]]);
        assert_eq!(balanced(&[100.0; 5], &[0, 1, 2, 3, 4]), [vec![100.0; 3], vec![100.0; 2]]);
        // What belongs together stays so, and the order too.
        assert_eq!(balanced(&[50.0, 100.0, 100.0, 100.0], &[0, 1]), [vec![50.0], vec![100.0; 3]]);
        assert_eq!(balanced(&[300.0, 50.0, 50.0], &[0, 1, 2]), [vec![300.0], vec![50.0; 2]]);
    }

    #[test]
    fn what_no_column_holds_is_left_as_it_was() {
        assert_eq!(balanced(&[2000.0], &[0]), [vec![2000.0], vec![]]);
    }
}
