//! Tables: rows of cells to a grid in which every span is resolved.

use super::css::{Css, Length, align, text_align};
use super::flow::{Flow, State};
use super::names::has_class;
use super::{Reader, inside};
use crate::print::rich::model::{Align, Block, Cell, Inline, Table};
use scraper::ElementRef;

const MOST_CELLS: usize = 5_000;
const MOST_COLUMNS: usize = 100;
/// Columns' widths in absolute units are parts of what an editor's page is wide.
const EDITOR_WIDTH_PT: f64 = 453.0;

/// A cell where HTML's table model puts it.
struct Placed<'a> {
    element: ElementRef<'a>,
    row: ElementRef<'a>,
    at: (usize, usize),
    spans: (usize, usize),
}

impl Reader<'_, '_> {
    pub(super) fn table(&mut self, element: ElementRef, css: &Css, state: &State, flow: &mut Flow) {
        flow.end_line(state);
        match self.grid(element, css, state) {
            Ok(table) if table.cells.is_empty() => {
                table.caption.into_iter().for_each(|inline| flow.inline(inline, state));
                flow.end_line(state);
            }
            Ok(table) => flow.block(Block::Table(table), state),
            Err(why) => flow.inline(self.context.placeholder("tabela grande demais", why), state),
        }
    }

    fn grid(&mut self, element: ElementRef, css: &Css, around: &State) -> Result<Table, String> {
        let state = State { heading: None, align: Align::Natural, ..around.clone() };
        let rows = rows(element);
        let placed = place(&rows)?;
        // Columns and rows in which no cell begins are none.
        let mut columns: Vec<usize> = placed.iter().map(|cell| cell.at.1).collect();
        columns.sort_unstable();
        columns.dedup();
        let index = |column: usize| columns.partition_point(|&c| c < column);
        let borders = has_borders(element, css, &placed);
        let mut cells = Vec::with_capacity(placed.len());
        for cell in &placed {
            let header = cell.element.value().name() == "th";
            let (own, row) = (Css::of(&cell.element), Css::of(&cell.row));
            let align = text_align(&cell.element, &own)
                .or_else(|| text_align(&cell.row, &row))
                .or_else(|| css.get("text-align").and_then(align))
                .unwrap_or(if header { Align::Center } else { Align::Natural });
            let hidden = self.is_hidden(cell.row, &row) || self.is_hidden(cell.element, &own);
            let within = State { align, ..inside(cell.element, &own, &inside(cell.row, &row, &state)) };
            let first = index(cell.at.1);
            cells.push(Cell {
                row: cell.at.0,
                column: first,
                row_span: cell.spans.0,
                column_span: index(cell.at.1 + cell.spans.1) - first,
                header,
                align,
                blocks: if hidden { Vec::new() } else { self.blocks(cell.element, &within) },
            });
        }
        let captions: Vec<ElementRef> = element.child_elements().filter(|e| e.value().name() == "caption").collect();
        let caption = captions.into_iter().flat_map(|c| self.line(c, &state)).collect::<Vec<Inline>>();
        let lengths = lengths(element, &placed, &columns);
        let own = css.length("width").or_else(|| Length::parse(element.attr("width")?));
        Ok(Table {
            columns: columns.len(),
            rows: rows.len(),
            borders,
            widths: parts(&lengths, own),
            align: css.place().or_else(|| element.attr("align").and_then(align)).unwrap_or(around.align),
            cells,
            caption,
        })
    }
}

/// Head first and foot last, as they are shown; rows without a cell are none.
fn rows(table: ElementRef) -> Vec<ElementRef> {
    let mut rows: [Vec<ElementRef>; 3] = Default::default();
    let is_row = |e: &ElementRef| {
        e.value().name() == "tr" && e.child_elements().any(|c| matches!(c.value().name(), "td" | "th"))
    };
    for child in table.child_elements() {
        let part = match child.value().name() {
            "thead" => 0,
            "tbody" => 1,
            "tfoot" => 2,
            _ => continue,
        };
        rows[part].extend(child.child_elements().filter(is_row));
    }
    rows.concat()
}

/// HTML 4.9.12: each cell goes to the row's first place that no cell from above covers.
fn place<'a>(rows: &[ElementRef<'a>]) -> Result<Vec<Placed<'a>>, String> {
    let mut placed: Vec<Placed> = Vec::new();
    // The first row that is free again, of each column.
    let mut free = [0; 2 * MOST_COLUMNS];
    for (y, row) in rows.iter().enumerate() {
        let mut x = 0;
        for element in row.child_elements().filter(|e| matches!(e.value().name(), "td" | "th")) {
            while free.get(x).is_some_and(|&from| from > y) {
                x += 1;
            }
            if x >= MOST_COLUMNS || placed.len() == MOST_CELLS {
                return Err(format!(
                    "a table of more than {MOST_COLUMNS} columns or {MOST_CELLS} cells; fewer are expected"
                ));
            }
            let span = |name| element.attr(name).and_then(|s| s.trim().parse::<usize>().ok());
            let height = match span("rowspan").unwrap_or(1) {
                0 => rows.len() - y,
                span => span.min(rows.len() - y),
            };
            // A span ends where a cell from above begins, so that none overlap.
            let width = span("colspan").unwrap_or(1).clamp(1, MOST_COLUMNS);
            let width = (1..width).find(|w| free[x + w] > y).unwrap_or(width);
            free[x..x + width].fill(y + height);
            placed.push(Placed { element, row: *row, at: (y, x), spans: (height, width) });
            x += width;
        }
    }
    Ok(placed)
}

fn has_borders(table: ElementRef, css: &Css, placed: &[Placed]) -> bool {
    let drawn = |css: &Css| {
        let sides = ["border", "border-style", "border-top", "border-bottom", "border-left", "border-right"];
        let mut said = sides.iter().filter_map(|side| css.get(side)).peekable();
        let says = said.peek().is_some();
        let none = |v: &str| v.split_whitespace().any(|w| matches!(w, "none" | "hidden" | "0" | "0px" | "0pt"));
        says.then(|| said.any(|v| !none(v)))
    };
    let attribute = table.attr("border").map(|b| b.trim() != "0");
    let class = table.value().classes().any(|c| c.contains("bordered") || c == "MsoTableGrid");
    let in_figure = table.parent().and_then(ElementRef::wrap).is_some_and(|f| has_class(f, "table"));
    let cells = || placed.iter().take(20).any(|cell| drawn(&Css::of(&cell.element)) == Some(true));
    attribute == Some(true) || drawn(css).unwrap_or(class || in_figure) || cells()
}

/// What `col` or the first cells say of each column's width.
fn lengths(table: ElementRef, placed: &[Placed], columns: &[usize]) -> Vec<Option<Length>> {
    let length = |e: &ElementRef| Css::of(e).length("width").or_else(|| Length::parse(e.attr("width")?));
    let mut lengths = vec![None; columns.len()];
    let mut at = 0;
    let groups = table.child_elements().filter(|e| e.value().name() == "colgroup");
    for col in groups.flat_map(|group| group.child_elements()).take(MOST_COLUMNS) {
        let span = col.attr("span").and_then(|s| s.parse::<usize>().ok()).unwrap_or(1).clamp(1, MOST_COLUMNS);
        for column in at..at + span {
            if let Ok(index) = columns.binary_search(&column) {
                lengths[index] = length(&col);
            }
        }
        at += span;
    }
    for cell in placed.iter().filter(|cell| cell.spans.1 == 1) {
        if let Ok(index) = columns.binary_search(&cell.at.1) {
            lengths[index] = lengths[index].or_else(|| length(&cell.element));
        }
    }
    lengths
}

/// Widths as parts of the text's width; together they are never more than it.
fn parts(lengths: &[Option<Length>], table: Option<Length>) -> Vec<Option<f64>> {
    let part = |length: Length| match length {
        Length::Part(part) => part,
        Length::Points(points) => points / EDITOR_WIDTH_PT,
    };
    let own = table.map(part).unwrap_or(1.0).min(1.0);
    let scaled = |length: Length| match length {
        Length::Part(part) => part * own,
        length => part(length),
    };
    let sum: f64 = lengths.iter().flatten().map(|l| scaled(*l)).sum();
    let all = lengths.iter().all(Option::is_some);
    // Where every column has a width, the table's own counts; otherwise some is left to the others.
    let factor = match (all, table) {
        (true, Some(_)) => own / sum,
        (true, None) => (1.0 / sum).min(1.0),
        (false, _) => (0.9 / sum).min(1.0),
    };
    lengths.iter().map(|l| l.map(|l| scaled(l) * factor)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::rich::{Context, NoSource, Pictures, html};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_cells_overlap(rows in prop::collection::vec(prop::collection::vec((0_usize..5, 0_usize..5), 1..5), 1..6)) {
            let cell = |(down, across): &(usize, usize)| format!("<td rowspan={down} colspan={across}>x");
            let row = |cells: &Vec<(usize, usize)>| format!("<tr>{}", cells.iter().map(cell).collect::<String>());
            let source = format!("<table>{}</table>", rows.iter().map(row).collect::<String>());
            let mut context = Context::new(&NoSource, Pictures::new(false));
            let read = html::read(&source, &mut context);
            let [Block::Table(table)] = read.as_slice() else { panic!("{source}") };
            prop_assert_eq!(table.cells.len(), rows.concat().len());
            let mut covered = vec![false; table.rows * table.columns];
            for cell in &table.cells {
                for y in cell.row..cell.row + cell.row_span {
                    for x in cell.column..cell.column + cell.column_span {
                        prop_assert!(x < table.columns && y < table.rows);
                        prop_assert!(!std::mem::replace(&mut covered[y * table.columns + x], true));
                    }
                }
            }
        }
    }
}
