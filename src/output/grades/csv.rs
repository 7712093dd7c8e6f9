//! CSV as spreadsheets in Brazil open it: `;` between cells, a byte order mark, decimal commas.

use super::{Cell, Row, cells, columns};
use crate::grade::Key;
use crate::output::csv::neutral;
use std::io::{self, Write};

pub struct Csv<'k, W: Write> {
    out: csv::Writer<W>,
    key: &'k Key,
}

impl<'k, W: Write> Csv<'k, W> {
    pub fn new(mut out: W, key: &'k Key) -> io::Result<Self> {
        out.write_all("\u{feff}".as_bytes())?;
        let mut builder = csv::WriterBuilder::new();
        let mut out = builder.delimiter(b';').terminator(csv::Terminator::CRLF).from_writer(out);
        out.write_record(columns(key).iter().map(|c| neutral(&c.heading).into_owned()))?;
        Ok(Csv { out, key })
    }

    pub fn row(&mut self, row: &Row) -> io::Result<()> {
        for cell in cells(self.key, row) {
            match cell {
                Cell::Text(text) => self.out.write_field(neutral(&text).as_ref())?,
                // A number that begins with a minus is a number.
                Cell::Points(points) => self.out.write_field(points.to_string())?,
                Cell::Empty => self.out.write_field("")?,
            }
        }
        Ok(self.out.write_record(None::<&[u8]>)?)
    }

    pub fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}
