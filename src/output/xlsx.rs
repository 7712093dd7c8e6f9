//! A workbook: the same columns as the CSV on “Respostas”, and counts on “Resumo”. Same input, same bytes.

use super::rows::{Counts, Rows};
use super::workbook::{self, AMBER, clipped, told};
use super::{Run, Sink, words};
use crate::read::batch::Amendment;
use crate::read::result::{FieldStatus, Outcome, PageReading};
use rust_xlsxwriter::{Color, Format, FormatAlign, Worksheet, XlsxError};
use std::io::{self, Write};

pub struct Xlsx<W: Write> {
    out: W,
    rows: Rows,
}

impl<W: Write> Xlsx<W> {
    pub fn new(out: W) -> Self {
        Xlsx { out, rows: Rows::default() }
    }
}

impl<W: Write> Sink for Xlsx<W> {
    fn page(&mut self, reading: PageReading) -> io::Result<()> {
        self.rows.add(&reading);
        Ok(())
    }

    fn amend(&mut self, amendment: &Amendment) {
        self.rows.amend(amendment);
    }

    fn finish(&mut self, _: &Run) -> io::Result<()> {
        let bytes = book(&self.rows).map_err(told)?;
        self.out.write_all(&bytes)?;
        self.out.flush()
    }
}

const RED: Color = Color::RGB(0xF8C9C4);

fn book(rows: &Rows) -> Result<Vec<u8>, XlsxError> {
    let (mut book, head) = (workbook::new()?, workbook::head());
    answers(book.add_worksheet_with_constant_memory()?, rows, &head)?;
    summary(book.add_worksheet(), &rows.counts, &head)?;
    book.save_to_buffer()
}

fn answers(sheet: &mut Worksheet, rows: &Rows, head: &Format) -> Result<(), XlsxError> {
    sheet.set_name("Respostas")?;
    // “@” keeps a value such as 007 text when a person edits its cell.
    let text = Format::new().set_num_format("@");
    let centred = text.clone().set_align(FormatAlign::Center);
    let doubtful = centred.clone().set_background_color(AMBER);
    let wrong = centred.clone().set_background_color(RED);

    let header = rows.header();
    for (column, name) in header.iter().enumerate() {
        let column = u16::try_from(column).map_err(|_| XlsxError::RowColumnLimitError)?;
        sheet.set_column_width(column, width(name))?;
        sheet.write_string_with_format(0, column, clipped(name), head)?;
    }
    for (row, line) in (1..).zip(rows.lines()) {
        for (column, cell) in (0..).zip(line) {
            if cell.text.is_empty() {
                continue;
            }
            let format = match cell.status {
                Some(FieldStatus::Doubtful) => &doubtful,
                Some(FieldStatus::Multiple | FieldStatus::Invalid) => &wrong,
                Some(_) => &centred,
                None => &text,
            };
            sheet.write_string_with_format(row, column, clipped(cell.text), format)?;
        }
    }
    sheet.set_freeze_panes(1, 2)?;
    let last_column = (header.len() - 1) as u16;
    let last_row = u32::try_from(rows.len()).map_err(|_| XlsxError::RowColumnLimitError)?;
    sheet.autofilter(0, 0, last_row, last_column)?;
    Ok(())
}

fn summary(sheet: &mut Worksheet, counts: &Counts, head: &Format) -> Result<(), XlsxError> {
    sheet.set_name("Resumo")?;
    sheet.set_column_width(0, 44)?;
    sheet.set_column_width(1, 12)?;
    let bold = Format::new().set_bold();
    let mut row = 0;
    let title = |sheet: &mut Worksheet, row: &mut u32, name: &str| -> Result<(), XlsxError> {
        sheet.write_string_with_format(*row, 0, name, head)?.write_blank(*row, 1, head)?;
        *row += 1;
        Ok(())
    };
    let line = |sheet: &mut Worksheet, row: &mut u32, name: &str, n: usize| -> Result<(), XlsxError> {
        sheet.write_string(*row, 0, clipped(name))?.write_number(*row, 1, n as f64)?;
        *row += 1;
        Ok(())
    };
    title(sheet, &mut row, "Páginas")?;
    for outcome in Outcome::ALL {
        line(sheet, &mut row, words::outcomes(outcome), counts.pages(outcome))?;
    }
    line(sheet, &mut row, "repetidas, que não contam de novo", counts.duplicates)?;
    sheet.write_string_with_format(row, 0, "total", &bold)?;
    sheet.write_number_with_format(row, 1, counts.all_pages() as f64, &bold)?;
    row += 2;
    title(sheet, &mut row, "Campos")?;
    use FieldStatus::*;
    for status in [Answered, Blank, Multiple, Invalid, Doubtful] {
        line(sheet, &mut row, words::status(status), counts.fields(status))?;
    }
    row += 1;
    title(sheet, &mut row, "Ocorrências (páginas)")?;
    for (code, n) in &counts.issues {
        line(sheet, &mut row, words::issue(code), *n)?;
    }
    row += 1;
    title(sheet, &mut row, "Como ler as respostas")?;
    for said in [
        "“B?” em amarelo: em dúvida; B é o melhor palpite e não conta até que alguém confira",
        "“A+C” em vermelho: mais de uma marca",
        "“12!” em vermelho: inválido, um número incompleto, por exemplo",
        "célula vazia: em branco, ou campo que não há nesta página",
    ] {
        sheet.write_string(row, 0, said)?;
        row += 1;
    }
    Ok(())
}

fn width(header: &str) -> f64 {
    match header {
        "arquivo" => 28.0,
        "folha" | "estudante" => 20.0,
        "situação" | "identificado por" => 17.0,
        "dúvidas" => 24.0,
        "ocorrências" => 48.0,
        // Room for the filter's button beside the name.
        name => (name.chars().count() as f64 + 4.0).min(40.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::samples;
    use std::io::{Cursor, Read};

    fn written(pages: Vec<PageReading>) -> Vec<u8> {
        let mut out = Vec::new();
        let mut sink = Xlsx::new(&mut out);
        for page in pages {
            sink.page(page).unwrap();
        }
        sink.finish(&Run::default()).unwrap();
        out
    }

    fn part(book: &[u8], name: &str) -> String {
        let mut zip = zip::ZipArchive::new(Cursor::new(book)).unwrap();
        let mut text = String::new();
        zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn answers_are_text_and_never_formulas() {
        let mut page = samples::page("=HYPERLINK(\"x\").pdf", 1, &["A", "B?", "AC"]);
        page.fields[0].value = Some("00123".into());
        let book = written(vec![page.clone(), samples::error("ruim", "damaged_file")]);
        let sheet = part(&book, "xl/worksheets/sheet1.xml");
        for said in ["=HYPERLINK(&quot;x&quot;).pdf", "00123", "B?", "A+C", "20261234"] {
            let said = said.replace("&quot;", "\"");
            assert!(sheet.contains(&format!("<t>{said}</t>")), "{said} in {sheet}");
        }
        assert!(!sheet.contains("<f>") && !sheet.contains("<v>"));
        assert!(sheet.contains("<autoFilter ref=\"A1:L3\"") && sheet.contains("state=\"frozen\""));
        assert!(part(&book, "xl/workbook.xml").contains("Respostas"));
        assert!(part(&book, "xl/sharedStrings.xml").contains("arquivo danificado"));
    }

    #[test]
    fn the_same_run_gives_the_same_bytes() {
        let pages = || vec![samples::page("a", 1, &["A"]), samples::page("a", 2, &["B", "C"])];
        assert_eq!(written(pages()), written(pages()));
        assert!(!written(Vec::new()).is_empty());
    }
}
