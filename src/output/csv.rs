//! CSV as spreadsheets in Brazil open it: `;` between cells, a byte order mark, CRLF (RFC 4180).

use super::rows::Rows;
use super::{Run, Sink};
use crate::read::batch::Amendment;
use crate::read::result::PageReading;
use std::borrow::Cow;
use std::io::{self, Write};

pub struct Csv<W: Write> {
    out: W,
    rows: Rows,
}

impl<W: Write> Csv<W> {
    pub fn new(out: W) -> Self {
        Csv { out, rows: Rows::default() }
    }
}

impl<W: Write> Sink for Csv<W> {
    fn page(&mut self, reading: PageReading) -> io::Result<()> {
        self.rows.add(&reading);
        Ok(())
    }

    fn amend(&mut self, amendment: &Amendment) {
        self.rows.amend(amendment);
    }

    fn finish(&mut self, _: &Run) -> io::Result<()> {
        self.out.write_all("\u{feff}".as_bytes())?;
        let mut builder = csv::WriterBuilder::new();
        let mut csv = builder.delimiter(b';').terminator(csv::Terminator::CRLF).from_writer(&mut self.out);
        csv.write_record(self.rows.header().into_iter().map(|cell| neutral(cell).into_owned()))?;
        for line in self.rows.lines() {
            for cell in line {
                csv.write_field(neutral(cell.text).as_ref())?;
            }
            csv.write_record(None::<&[u8]>)?;
        }
        csv.flush()
    }
}

/// A cell that no spreadsheet takes for a formula (OWASP, “CSV injection”): an apostrophe goes before what begins like
/// one, in its full-width and typographic forms too, also behind blanks.
pub(super) fn neutral(text: &str) -> Cow<'_, str> {
    let first = text.trim_start_matches(' ').chars().next();
    if first.is_some_and(|c| "=+-@\t\r\n−＝＋－＠".contains(c)) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::samples;

    fn written(pages: Vec<PageReading>) -> String {
        let mut out = Vec::new();
        let mut sink = Csv::new(&mut out);
        for page in pages {
            sink.page(page).unwrap();
        }
        sink.finish(&Run::default()).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_run_as_csv() {
        let text = written(vec![
            samples::page("sala 12.pdf", 1, &["A", "", "AC", "B?"]),
            samples::error("=cmd|'/c calc'!A1.pdf", "damaged_file"),
        ]);
        let expected = "\u{feff}arquivo;página;situação;folha;página da folha;estudante;identificado por;\
            q1;q2;q3;q4;dúvidas;ocorrências\r\n\
            sala 12.pdf;1;a conferir;7KQM4T9XW2HD6RPF;1;20261234;QR;A;;A+C;B?;q4;\r\n\
            '=cmd|'/c calc'!A1.pdf;1;erro;;;;;;;;;;arquivo danificado: copie ou escaneie de novo\r\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn nothing_in_a_cell_is_a_formula_or_ends_it() {
        for evil in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "−1", "＝1"] {
            assert_eq!(neutral(evil), format!("'{evil}"));
        }
        for good in ["", "A", "0123", "A+C", "q-1"] {
            assert_eq!(neutral(good), good);
        }
        let mut page = samples::page("a;b\"c\nd", 1, &["A"]);
        page.fields[0].id = "=q".into();
        let text = written(vec![page]);
        assert!(text.contains("\"a;b\"\"c\nd\";1;") && text.contains(";'=q;"), "{text}");
    }

    #[test]
    fn a_run_without_pages_has_a_header() {
        assert!(written(Vec::new()).ends_with("identificado por;dúvidas;ocorrências\r\n"));
    }
}
