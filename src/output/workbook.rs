//! What all our workbooks have in common.

use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, FormatBorder, Workbook, XlsxError};
use std::io;

/// Something waits for a person.
pub const AMBER: Color = Color::RGB(0xFFE08A);
const HEAD: Color = Color::RGB(0x1F3A5F);
/// Excel takes 32,767 characters in a cell.
const MAX_CELL_CHARS: usize = 32_000;

/// An empty one, always with the same date: same input, same bytes.
///
/// # Errors
/// Never: the date is valid.
pub fn new() -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    let made = ExcelDateTime::from_ymd(2026, 1, 1)?;
    book.set_properties(&DocProperties::new().set_author("gabarito").set_creation_datetime(&made));
    Ok(book)
}

/// Of the first row.
pub fn head() -> Format {
    let white = Format::new().set_bold().set_font_color(Color::White);
    white.set_background_color(HEAD).set_border_bottom(FormatBorder::Thin)
}

pub fn clipped(text: &str) -> String {
    text.chars().take(MAX_CELL_CHARS).collect()
}

pub fn told(e: XlsxError) -> io::Error {
    match e {
        XlsxError::IoError(e) => e,
        XlsxError::RowColumnLimitError => {
            io::Error::other("a worksheet holds 1,048,576 rows and 16,384 columns; CSV has no such limit")
        }
        e => io::Error::other(e),
    }
}
