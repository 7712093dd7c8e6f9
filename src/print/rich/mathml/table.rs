//! Tables within formulas: matrices, cases, aligned equations.

use super::{Reader, empty, fence, is_empty};
use crate::print::rich::model::{Align, Math};
use scraper::ElementRef;

impl Reader<'_, '_> {
    pub(super) fn table(&mut self, element: ElementRef) -> Math {
        let mut rows: Vec<Vec<Math>> = Vec::new();
        let mut row_lines = line_places(element.attr("rowlines"));
        let mut column_lines = line_places(element.attr("columnlines"));
        let mut aligns = Vec::new();
        for row in element.child_elements() {
            let name = row.value().name();
            // What pulldown-latex says in classes: MathML Core has no lines.
            if has_class(row, "menv-hline") || has_class(row, "menv-hdashline") {
                row_lines.push(rows.len());
            }
            let mut cells = Vec::new();
            for cell in row.child_elements() {
                if has_class(cell, "menv-nonumber") || has_class(cell, "menv-border-only") {
                    continue;
                }
                if has_class(cell, "menv-left-solid") || has_class(cell, "menv-left-dashed") {
                    column_lines.push(cells.len());
                }
                if rows.is_empty() {
                    aligns.push(cell_align(cell));
                }
                cells.push(self.element_of_cell(cell));
                if has_class(cell, "menv-right-solid") || has_class(cell, "menv-right-dashed") {
                    column_lines.push(cells.len());
                }
                // A wider cell leaves the columns that it covers empty.
                let span = cell.attr("columnspan").and_then(|s| s.trim().parse().ok()).unwrap_or(1_usize);
                cells.extend((1..span.min(20)).map(|_| empty()));
            }
            if name == "mlabeledtr" && !cells.is_empty() {
                cells.rotate_left(1);
            }
            if !cells.is_empty() {
                rows.push(cells);
            }
        }
        // After a last line, LaTeX leaves a row of nothing.
        if row_lines.contains(&(rows.len().saturating_sub(1))) && rows.last().is_some_and(|r| r.iter().all(is_empty)) {
            rows.pop();
        }
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        rows.iter_mut().for_each(|row| row.resize_with(columns, empty));
        for lines in [&mut row_lines, &mut column_lines] {
            lines.sort_unstable();
            lines.dedup();
        }
        row_lines.retain(|at| *at <= rows.len());
        column_lines.retain(|at| *at <= columns);
        Math::Table { rows, align: column_aligns(element, aligns, columns), column_lines, row_lines }
    }

    fn element_of_cell(&mut self, cell: ElementRef) -> Math {
        if cell.value().name() == "mtd" { self.row(cell) } else { self.element(cell).unwrap_or_else(empty) }
    }
}

/// Lines of a formula, one below the other.
pub fn lines(lines: Vec<Math>) -> Math {
    let rows = lines.into_iter().map(|line| vec![line]).collect();
    Math::Table { rows, align: vec![Align::Left], column_lines: Vec::new(), row_lines: Vec::new() }
}

/// Rows of one column that is set to the right, as sums are written.
pub fn stacked(rows: Vec<Vec<Math>>, row_lines: Vec<usize>) -> Math {
    let rows = rows.into_iter().map(|row| vec![fence::row(row)]).collect();
    Math::Table { rows, align: vec![Align::Right], column_lines: Vec::new(), row_lines }
}

/// `none solid dashed`: a line after each row or column that has a word other than none.
fn line_places(words: Option<&str>) -> Vec<usize> {
    let words = words.unwrap_or_default().split_whitespace().take(100);
    words.enumerate().filter(|(_, word)| *word != "none").map(|(i, _)| i + 1).collect()
}

fn has_class(element: ElementRef, class: &str) -> bool {
    element.value().classes().any(|c| c == class)
}

fn cell_align(cell: ElementRef) -> Option<Align> {
    match cell.attr("columnalign") {
        Some(word) => align(word),
        None if has_class(cell, "cell-left") => Some(Align::Left),
        None if has_class(cell, "cell-right") => Some(Align::Right),
        None => None,
    }
}

fn align(word: &str) -> Option<Align> {
    match word {
        "left" => Some(Align::Left),
        "right" => Some(Align::Right),
        "center" => Some(Align::Center),
        _ => None,
    }
}

fn column_aligns(table: ElementRef, cells: Vec<Option<Align>>, columns: usize) -> Vec<Align> {
    let words: Vec<&str> = table.attr("columnalign").unwrap_or_default().split_whitespace().collect();
    let of = |column: usize| {
        // The last word serves for all that follow.
        let word = words.get(column).or(words.last()).and_then(|word| align(word));
        cells.get(column).copied().flatten().or(word).unwrap_or_else(|| {
            if has_class(table, "menv-cells-left") {
                Align::Left
            } else if has_class(table, "menv-cells-right") {
                Align::Right
            } else if has_class(table, "menv-alignlike") {
                [Align::Right, Align::Left][column % 2]
            } else {
                Align::Center
            }
        })
    };
    (0..columns).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::rich::{Context, NoSource, Pictures, latex, mathml};

    #[test]
    fn lines_and_alignment_are_the_same_from_latex_and_from_mathml() {
        let mut context = Context::new(&NoSource, Pictures::new(false));
        let array = r"\begin{array}{l|c}\hline a&b\\ \hline c&d\\ \hline\end{array}";
        let Math::Table { rows, align, column_lines, row_lines } = latex::read(array, true, &mut context) else {
            panic!("no table")
        };
        assert_eq!((rows.len(), rows[1].len()), (2, 2));
        assert_eq!(align, [Align::Left, Align::Center]);
        assert_eq!((column_lines, row_lines), (vec![1], vec![0, 1, 2]));

        let row = "<mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd><mtd columnspan='2'><mn>3</mn></mtd></mtr>";
        let words = "columnalign='right left' columnlines='solid none' rowlines='dashed'";
        let source = format!("<math><mtable {words}>{row}{row}<mtr></mtr></mtable></math>");
        let Math::Table { rows, align, column_lines, row_lines } = mathml::parse(&source, &mut context).0 else {
            panic!("no table")
        };
        assert_eq!((rows.len(), rows[0].len()), (2, 4));
        assert_eq!(align, [Align::Right, Align::Left, Align::Left, Align::Left]);
        assert_eq!((column_lines, row_lines), (vec![1], vec![1]));
        assert_eq!(context.warnings, []);
    }
}
