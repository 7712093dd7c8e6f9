//! A workbook of grades. Same input, same bytes.

use super::{Cell, Row, cells, columns};
use crate::grade::{Key, Standing};
use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, FormatBorder, Workbook, XlsxError};
use std::io;

const HEAD: Color = Color::RGB(0x1F3A5F);
const AMBER: Color = Color::RGB(0xFFE08A);
/// Excel takes 32,767 characters in a cell.
const MAX_CELL_CHARS: usize = 32_000;

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
        let mut book = Workbook::new();
        let made = ExcelDateTime::from_ymd(2026, 1, 1)?;
        book.set_properties(&DocProperties::new().set_author("gabarito").set_creation_datetime(&made));
        let head = Format::new()
            .set_bold()
            .set_font_color(Color::White)
            .set_background_color(HEAD)
            .set_border_bottom(FormatBorder::Thin);
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

fn told(e: XlsxError) -> io::Error {
    match e {
        XlsxError::IoError(e) => e,
        XlsxError::RowColumnLimitError => {
            io::Error::other("a worksheet holds 1,048,576 rows and 16,384 columns; CSV has no such limit")
        }
        e => io::Error::other(e),
    }
}

fn clipped(text: &str) -> String {
    text.chars().take(MAX_CELL_CHARS).collect()
}
