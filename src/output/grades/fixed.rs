//! Lines of fixed width, for systems that know no other: every column begins at the same character of every line
//! (docs/grading.md has the layout).

use super::{Cell, Row, cells};
use crate::grade::{Key, Points};
use std::fmt::Write;
use std::io;

/// Of student, sheet, unit, room, class, version, language and outcome, in characters.
pub const TEXTS: [usize; 8] = [64, 36, 32, 32, 32, 4, 16, 12];
/// Of every number of points: a sign or a blank, digits, a comma, six digits.
pub const POINTS: usize = 17;

pub struct Fixed<'k> {
    key: &'k Key,
    out: String,
}

impl<'k> Fixed<'k> {
    pub fn new(key: &'k Key) -> Self {
        Fixed { key, out: String::new() }
    }

    /// # Errors
    /// `InvalidData`: an id is longer than its column. Nothing is cut off in silence.
    pub fn row(&mut self, row: &Row) -> io::Result<()> {
        let cells = cells(self.key, row);
        let (texts, points) = cells.split_at(TEXTS.len());
        for (cell, width) in texts.iter().zip(TEXTS) {
            let text = match cell {
                Cell::Text(text) => text.as_str(),
                _ => "",
            };
            if text.chars().count() > width || text.contains(['\n', '\r']) {
                let message = format!("“{text}” does not fit into {width} characters of a line; CSV has no such limit");
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
            let _ = write!(self.out, "{text:<width$}");
        }
        for cell in points {
            let text = match cell {
                Cell::Points(points) => written(*points),
                _ => String::new(),
            };
            let _ = write!(self.out, "{text:>POINTS$}");
        }
        self.out.push_str("\r\n");
        Ok(())
    }

    pub fn finish(self) -> Vec<u8> {
        self.out.into_bytes()
    }
}

fn written(points: Points) -> String {
    let (sign, n) = (if points.0 < 0 { "-" } else { "" }, points.0.unsigned_abs());
    format!("{sign}{},{:06}", n / 1_000_000, n % 1_000_000)
}
