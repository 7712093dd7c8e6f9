//! The table for a person at a terminal: a line a page, reasons under it, and at the end what to do next.

use super::rows::{Counts, points};
use super::words::{number, plain};
use super::{Run, Sink, summary, words};
use crate::read::batch::{Amendment, Change};
use crate::read::result::{FieldReading, FieldStatus, Outcome, PageReading};
use console::{Alignment, Style, measure_text_width, pad_str, truncate_str};
use std::io::{self, Write};

/// How wide and how colourful. What is written to a file has no width: nothing is cut.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Look {
    pub width: Option<usize>,
    pub color: bool,
}

pub struct Table<W: Write> {
    out: W,
    look: Look,
    columns: Columns,
    begun: bool,
    counts: Counts,
}

/// What fits. The narrowest form is for 80 characters.
struct Columns {
    file: usize,
    scan: bool,
    answers: usize,
}

const FIXED: usize = 2 + 4 + 2 + OUTCOME + 2 + WHO + 2 + 4 * 5 - 1;
const OUTCOME: usize = 14;
const WHO: usize = 16;
const SCAN: usize = 1 + 5 + 1 + 4;

impl Columns {
    fn fitting(width: Option<usize>) -> Self {
        let Some(width) = width else { return Columns { file: 24, scan: true, answers: usize::MAX } };
        let scan = width >= FIXED + SCAN + 14;
        let used = FIXED + if scan { SCAN } else { 0 };
        let file = width.saturating_sub(used).clamp(8, 24);
        let left = width.saturating_sub(used + file + 2);
        Columns { file, scan, answers: if left >= 12 { left } else { 0 } }
    }
}

impl<W: Write> Table<W> {
    pub fn new(out: W, look: Look) -> Self {
        Table { out, look, columns: Columns::fitting(look.width), begun: false, counts: Counts::default() }
    }

    /// Whether there is colour was decided by the caller, not by what console finds in the environment.
    fn styled(&self, text: &str, with: Style) -> String {
        with.force_styling(self.look.color).apply_to(text).to_string()
    }

    fn header(&mut self) -> io::Result<()> {
        let c = &self.columns;
        let mut line = pad("arquivo", c.file) + "  " + &left("pág", 4) + "  " + &pad("resultado", OUTCOME);
        line += &("  ".to_owned() + &pad("estudante/folha", WHO));
        if c.scan {
            line += &format!(" {} {}", left("giro", 5), left("dpi", 4));
        }
        line += &["resp", "br", "múlt", "dúv"].map(|h| " ".to_owned() + &left(h, 4)).concat().replacen(' ', "  ", 1);
        if c.answers > 0 {
            line += "  respostas";
        }
        let line = self.styled(line.trim_end(), Style::new().bold());
        writeln!(self.out, "{line}")
    }

    fn line(&self, r: &PageReading) -> String {
        let c = &self.columns;
        let sheet = r.sheet.as_ref();
        let who = sheet.and_then(|s| s.student.as_deref().or(s.id.as_deref())).unwrap_or("–");
        let file = plain(&r.source.file);
        let outcome = match r.is_duplicate() {
            true => self.styled(&pad("= repetida", OUTCOME), Style::new().dim()),
            false => self.styled(&pad(short(r.outcome), OUTCOME), summary::color(r.outcome)),
        };
        let page = left(&r.source.page.to_string(), 4);
        let mut line = format!("{}  {page}  {outcome}  {}", tail(&file, c.file), pad(&plain(who), WHO));
        if c.scan {
            let (turn, dpi) = r.registration.as_ref().map_or((String::new(), String::new()), |g| {
                let mirrored = if g.mirrored { "⇄" } else { "" };
                (format!("{}°{mirrored}", g.rotation), number(g.dpi, 0).replace('.', ""))
            });
            line += &format!(" {} {}", left(&turn, 5), left(&dpi, 4));
        }
        line.push(' ');
        use FieldStatus::*;
        for (i, statuses) in [&[Answered][..], &[Blank], &[Multiple, Invalid], &[Doubtful]].into_iter().enumerate() {
            let n = r.fields.iter().filter(|f| statuses.contains(&f.status)).count();
            let text = left(&if r.fields.is_empty() { String::new() } else { n.to_string() }, 4);
            let wanted = i == 3 && n > 0;
            line += &format!(" {}", if wanted { self.styled(&text, Style::new().yellow().bold()) } else { text });
        }
        if c.answers > 0 {
            let answers = answers(&r.fields);
            line += &format!("  {}", truncate_str(&answers, c.answers, "…"));
        }
        line.trim_end().to_owned()
    }

    /// Why a person is needed, or what is to be known. None for a page without either.
    fn reason(&self, r: &PageReading) -> Option<String> {
        let doubtful: Vec<&str> =
            r.fields.iter().filter(|f| f.status == FieldStatus::Doubtful).map(|f| f.id.as_str()).collect();
        let mut said = Vec::new();
        if let Some(score) = &r.score {
            let provisional = if score.provisional { " (provisório: há respostas em dúvida)" } else { "" };
            let max = words::number(score.max, 2);
            let max = max.trim_end_matches('0').trim_end_matches(',');
            said.push(format!("pontos: {} de {max}{provisional}", points(score).trim_end_matches('?')));
        }
        if !doubtful.is_empty() {
            said.push(format!("em dúvida: {}", doubtful.join(", ")));
        }
        said.extend(r.issues.iter().map(|i| words::issue_line(i).into_owned()));
        if said.is_empty() {
            return None;
        }
        let text = plain(&format!("  ↳ {}", said.join("; ")));
        let text = match self.look.width {
            Some(width) => truncate_str(&text, width.max(20), "…").into_owned(),
            None => text,
        };
        Some(self.styled(&text, Style::new().dim()))
    }
}

impl<W: Write> Sink for Table<W> {
    fn page(&mut self, r: PageReading) -> io::Result<()> {
        if !std::mem::replace(&mut self.begun, true) {
            self.header()?;
        }
        self.counts.add(&r);
        let line = self.line(&r);
        writeln!(self.out, "{line}")?;
        if let Some(reason) = self.reason(&r) {
            writeln!(self.out, "{reason}")?;
        }
        Ok(())
    }

    fn amend(&mut self, amendment: &Amendment) {
        if let Change::Review(_) = amendment.change {
            self.counts.review(amendment.row);
        }
    }

    fn finish(&mut self, run: &Run) -> io::Result<()> {
        summary::write(&mut self.out, &self.counts, run, self.look)?;
        self.out.flush()
    }
}

/// A character for every single choice: its label, “-” blank, “*” several marks, “?” doubtful, “!” invalid.
fn answers(fields: &[FieldReading]) -> String {
    let choices = fields.iter().filter(|f| f.kind == "choice");
    let text: String = choices
        .map(|f| match (f.status, f.value.as_deref()) {
            (FieldStatus::Answered, Some(value)) if value.chars().count() == 1 => value.to_owned(),
            (FieldStatus::Answered, Some(value)) => format!("[{value}]"),
            (FieldStatus::Answered | FieldStatus::Multiple, _) => "*".to_owned(),
            (FieldStatus::Blank, _) => "-".to_owned(),
            (FieldStatus::Invalid, _) => "!".to_owned(),
            (FieldStatus::Doubtful, _) => "?".to_owned(),
        })
        .collect();
    plain(&text)
}

fn short(o: Outcome) -> &'static str {
    match o {
        Outcome::Read => "✓ lida",
        Outcome::Review => "? conferir",
        Outcome::Unidentified => "∅ sem identif.",
        Outcome::Blank => "· em branco",
        Outcome::Foreign => "≠ outro sist.",
        Outcome::Error => "✗ erro",
    }
}

fn pad(text: &str, width: usize) -> String {
    pad_str(text, width, Alignment::Left, Some("…")).into_owned()
}

fn left(text: &str, width: usize) -> String {
    pad_str(text, width, Alignment::Right, None).into_owned()
}

/// A file's name is told from others by its end.
fn tail(text: &str, width: usize) -> String {
    if measure_text_width(text) <= width {
        return pad(text, width);
    }
    let mut kept: Vec<char> = Vec::new();
    let mut used = 1;
    for c in text.chars().rev() {
        used += measure_text_width(c.encode_utf8(&mut [0; 4]));
        if used > width {
            break;
        }
        kept.push(c);
    }
    pad(&format!("…{}", kept.iter().rev().collect::<String>()), width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::samples;
    use crate::read::result::Issue;
    use std::time::Duration;

    fn written(look: Look, pages: Vec<PageReading>) -> String {
        let mut out = Vec::new();
        let mut table = Table::new(&mut out, look);
        for page in pages {
            table.page(page).unwrap();
        }
        table.finish(&Run { elapsed: Duration::from_millis(2500), threads: 2 }).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn pages() -> Vec<PageReading> {
        let mut doubtful = samples::page("turma/日本/são joão da boa vista – 3º ano.pdf", 12, &["A", "", "AC", "B?"]);
        doubtful.issues.push(Issue::new("low_resolution", "120 dpi; 200 is advised"));
        vec![
            samples::page("scan.pdf", 1, &["A", "B", "C", "D"]),
            doubtful,
            samples::error("x\u{1b}[2Jy.pdf", "damaged_file"),
        ]
    }

    #[test]
    fn every_line_fits_its_terminal() {
        for width in [80, 100, 120, 200] {
            let text = written(Look { width: Some(width), color: false }, pages());
            let rows = text.split("\n\n").next().unwrap();
            for line in rows.lines() {
                assert!(measure_text_width(line) <= width, "{width}: {line}");
            }
        }
    }

    #[test]
    fn columns_stand_under_their_headings() {
        let text = written(Look { width: Some(140), color: false }, pages());
        let lines: Vec<&str> = text.lines().collect();
        let column = |line: &str, word: &str| measure_text_width(&line[..line.find(word).unwrap()]);
        assert_eq!(column(lines[0], "respostas"), column(lines[1], "ABCD"));
        assert_eq!(column(lines[0], "respostas"), column(lines[2], "A-*?"));
        assert_eq!(column(lines[0], "resultado"), column(lines[2], "? conferir"));
        assert!(lines[3].contains("em dúvida: q4; resolução baixa: escaneie"));
    }

    #[test]
    fn the_summary_says_what_to_do() {
        let text = written(Look::default(), pages());
        for said in ["3 páginas em 2,5 s (1,2 por segundo", "1 a conferir\n", "→ Confira 1 página com “?”"] {
            assert!(text.contains(said), "{said} in {text}");
        }
        assert!(written(Look::default(), Vec::new()).contains("Nenhuma página"));
        assert!(written(Look::default(), pages()[..1].to_vec()).contains("Nada a conferir."));
    }

    #[test]
    fn foreign_text_does_not_steer_the_terminal() {
        assert!(!written(Look::default(), pages()).contains('\u{1b}'));
        assert!(written(Look { width: None, color: true }, pages()).contains("\u{1b}[32m✓ lida"));
    }
}
