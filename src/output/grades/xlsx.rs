//! A workbook of grades. Same input, same bytes.

use super::{Cell, Row, cells, columns};
use crate::grade::{Key, Standing};
use crate::output::workbook::{self, AMBER, clipped, told};
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use std::io;

pub struct Xlsx<'k> {
    key: &'k Key,
    book: Workbook,
    columns: u16,
    rows: u32,
    text: Format,
    points: Format,
    /// Points that may still change.
    waits: Format,
}

impl<'k> Xlsx<'k> {
    /// # Errors
    /// More questions than a worksheet has columns, or no room on the disk.
    pub fn new(key: &'k Key) -> io::Result<Self> {
        Self::begin(key).map_err(told)
    }

    fn begin(key: &'k Key) -> Result<Self, XlsxError> {
        let (mut book, head) = (workbook::new()?, workbook::head());
        let sheet = book.add_worksheet_with_constant_memory()?;
        sheet.set_name("Notas")?;
        sheet.set_freeze_panes(1, 1)?;
        let mut count = 0;
        for said in columns(key) {
            sheet.set_column_width(count, (said.heading.chars().count() as f64 + 3.0).clamp(8.0, 30.0))?;
            sheet.write_string_with_format(0, count, clipped(&said.heading), &head)?;
            count = count.checked_add(1).ok_or(XlsxError::RowColumnLimitError)?;
        }
        let points = Format::new().set_num_format("0.00####");
        let (text, waits) = (Format::new().set_num_format("@"), points.clone().set_background_color(AMBER));
        Ok(Xlsx { key, book, columns: count, rows: 0, text, points, waits })
    }

    /// # Errors
    /// More rows than a worksheet has, or no room on the disk.
    pub fn row(&mut self, row: &Row) -> io::Result<()> {
        self.write(row).map_err(told)
    }

    fn write(&mut self, row: &Row) -> Result<(), XlsxError> {
        self.rows += 1;
        let points = if row.graded.standing == Standing::Provisional { &self.waits } else { &self.points };
        let sheet = self.book.worksheet_from_index(0)?;
        for (column, cell) in (0..).zip(cells(self.key, row)) {
            match cell {
                Cell::Text(said) => sheet.write_string_with_format(self.rows, column, clipped(&said), &self.text)?,
                Cell::Points(n) => sheet.write_number_with_format(self.rows, column, n.to_f64(), points)?,
                Cell::Empty => continue,
            };
        }
        Ok(())
    }

    /// # Errors
    /// No room on the disk.
    pub fn finish(mut self) -> io::Result<Vec<u8>> {
        let sheet = self.book.worksheet_from_index(0).map_err(told)?;
        sheet.autofilter(0, 0, self.rows, self.columns - 1).map_err(told)?;
        self.book.save_to_buffer().map_err(told)
    }
}
