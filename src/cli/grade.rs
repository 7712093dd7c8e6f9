//! `gabarito grade`: what `read` read, under a key.

use super::CliError;
use super::read::{Format, look_of_stdout};
use crate::grade::roll::Roll;
use crate::grade::versions::Versions;
use crate::grade::{Detail, Grader, Joined, Key, KeyError, Owner, Page, Standing};
use crate::output::grades::Row;
use crate::output::grades::csv::Csv;
use crate::output::grades::json::Grade;
use crate::output::grades::table::Table;
use crate::output::grades::xlsx::Xlsx;
use crate::output::words::count;
use crate::read::result::{Issue, Source};
use clap::Args;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Grade what was read: scores, with the rule that gave each
#[derive(Debug, Args)]
pub struct GradeArgs {
    /// What `gabarito read --format jsonl` wrote; `-` is stdin
    #[arg(value_name = "RESULTS.jsonl")]
    pub results: PathBuf,
    /// The right answers and what they are worth (docs/grading.md)
    #[arg(long, value_name = "KEY.json")]
    pub key: PathBuf,
    /// The order of each version's questions, as `print` left it
    #[arg(long, value_name = "versions.json")]
    pub versions: Option<PathBuf>,
    /// What was printed: units, rooms and classes, and the attendance lists' students
    #[arg(long, value_name = "manifest.json")]
    pub printed: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// What stands in the results, by whose it is, in the order in which it was first read.
#[derive(Default)]
struct Handed {
    owners: Vec<Joined>,
    numbers: HashMap<Owner, usize>,
    absent: BTreeSet<String>,
    /// Lines that can't be understood, and why.
    bad: Vec<(usize, String)>,
    /// Pages on which nobody's answers are.
    unread: usize,
}

pub fn run(args: &GradeArgs) -> Result<ExitCode, CliError> {
    let key = open_key(&args.key)?;
    let versions = args.versions.as_deref().map(|p| parsed(p, Versions::from_json)).transpose()?;
    let roll = args.printed.as_deref().map(|p| parsed(p, Roll::from_json)).transpose()?.unwrap_or_default();
    if args.format == Format::Xlsx && io::stdout().is_terminal() {
        return Err(CliError::Usage("--format xlsx is for a file: add `> notas.xlsx`".to_owned()));
    }
    let handed = Handed::read(&args.results, &roll)?;
    let mut said = Vec::new();
    for (line, why) in &handed.bad {
        said.push(format!("{}: linha {line}: {why}", args.results.display()));
    }
    if handed.unread > 0 {
        said.push(count(handed.unread, "página sem respostas de ninguém", "páginas sem respostas de ninguém"));
    }
    let of_versions: BTreeSet<u32> = handed.owners.iter().filter_map(|j| j.sheet.version).collect();
    if of_versions.len() > 1 && versions.is_none() && !key.has_versions() {
        said.push(
            "as folhas são de várias versões, e nem o gabarito nem --versions diz a ordem de cada uma: \
                   todas foram corrigidas na ordem do gabarito"
                .to_owned(),
        );
    }
    let bad = handed.bad.clone();
    let rows = graded(&key, versions.as_ref(), &roll, handed, &mut said);
    write(args.format, &key, &bad, rows).map_err(CliError::Output)?;
    // Whoever closed stderr does not want it.
    let mut stderr = io::stderr().lock();
    for line in said {
        let _ = writeln!(stderr, "{line}");
    }
    Ok(ExitCode::SUCCESS)
}

fn open_key(path: &Path) -> Result<Key, CliError> {
    let text = std::fs::read(path).map_err(|e| CliError::file(path, e))?;
    Key::parse(&text).map_err(|e| match e {
        KeyError::Invalid(faults) => CliError::Faults { file: path.to_owned(), faults },
        KeyError::Json(e) => CliError::Usage(format!("{}: not JSON: {e}", path.display())),
    })
}

fn parsed<T>(path: &Path, parse: fn(&[u8]) -> serde_json::Result<T>) -> Result<T, CliError> {
    let text = std::fs::read(path).map_err(|e| CliError::file(path, e))?;
    parse(&text).map_err(|e| CliError::Usage(format!("{}: not what `gabarito print` writes: {e}", path.display())))
}

impl Handed {
    fn read(path: &Path, roll: &Roll) -> Result<Self, CliError> {
        let input: Box<dyn BufRead> = match path == Path::new("-") {
            true => Box::new(BufReader::new(io::stdin())),
            false => Box::new(BufReader::new(std::fs::File::open(path).map_err(|e| CliError::file(path, e))?)),
        };
        let mut handed = Handed::default();
        for (number, line) in (1..).zip(input.split(b'\n')) {
            let line = line.map_err(|e| CliError::file(path, e))?;
            if line.trim_ascii().is_empty() {
                continue;
            }
            match serde_json::from_slice::<Page>(&line) {
                Ok(page) => handed.page(page, roll),
                Err(e) => handed.bad.push((number, e.to_string())),
            }
        }
        Ok(handed)
    }

    fn page(&mut self, page: Page, roll: &Roll) {
        if !page.counts() {
            self.unread += 1;
            return;
        }
        if let Some(absent) = roll.absent(&page) {
            self.absent.extend(absent);
            return;
        }
        let next = self.owners.len();
        let number = *self.numbers.entry(page.owner()).or_insert(next);
        if number == next {
            self.owners.push(Joined::default());
        }
        self.owners[number].add(page);
    }
}

/// A row of the result, where it was read, and what is to be said of it.
struct Line {
    row: Row,
    pages: Vec<Source>,
    issues: Vec<Issue>,
}

fn graded(key: &Key, versions: Option<&Versions>, roll: &Roll, handed: Handed, said: &mut Vec<String>) -> Vec<Line> {
    let mut grader = Grader::new(key, versions);
    let mut lines = Vec::new();
    let mut seen = BTreeSet::new();
    let mut line = |mut joined: Joined, absent: bool, must: bool| {
        let (student, sheet) = (joined.sheet.student.clone(), joined.sheet.id.clone());
        let (pages, differ) = (std::mem::take(&mut joined.pages), std::mem::take(&mut joined.differ));
        let paper = joined.paper();
        // Covers and lists of rooms are nobody's.
        if !must && student.is_none() && !grader.asks(&paper) {
            return;
        }
        let pupil = student.as_ref().and_then(|s| roll.pupils.get(s)).cloned().unwrap_or_default();
        let graded = grader.grade(&paper, absent, Detail::Reasons);
        let mut issues = Vec::new();
        if !differ.is_empty() {
            let detail = format!("duas páginas dizem coisas diferentes: {}", differ.join(", "));
            issues.push(Issue { fields: differ, ..Issue::new("pages_differ", detail) });
        }
        let (unit, room, class) = (pupil.unit, pupil.room, pupil.class);
        let row = Row { student, sheet, unit, room, class, version: paper.version(), graded };
        lines.push(Line { row, pages, issues });
    };
    for joined in handed.owners {
        let absent = joined.sheet.student.as_ref().is_some_and(|s| handed.absent.contains(s));
        seen.extend(joined.sheet.student.clone());
        line(joined, absent, false);
    }
    for student in handed.absent.iter().filter(|s| !seen.contains(*s)) {
        let mut joined = Joined::default();
        joined.sheet.student = Some(student.clone());
        line(joined, true, true);
    }
    let missing: Vec<&str> =
        roll.pupils.keys().map(String::as_str).filter(|s| !seen.contains(*s) && !handed.absent.contains(*s)).collect();
    if !missing.is_empty() {
        let all = count(missing.len(), "estudante sem folha lida", "estudantes sem folha lida");
        said.push(format!("{all}: {}", missing.join(", ")));
    }
    lines
}

fn write(format: Format, key: &Key, bad: &[(usize, String)], lines: Vec<Line>) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match format {
        Format::Table => {
            let mut table = Table::new(out, look_of_stdout(), key);
            lines.iter().try_for_each(|line| table.row(&line.row))?;
            table.finish()
        }
        Format::Csv => {
            let mut csv = Csv::new(out, key)?;
            lines.iter().try_for_each(|line| csv.row(&line.row))?;
            csv.finish()
        }
        Format::Xlsx => {
            let mut book = Xlsx::new(key)?;
            lines.iter().try_for_each(|line| book.row(&line.row))?;
            out.write_all(&book.finish()?)?;
            out.flush()
        }
        Format::Jsonl => {
            for (number, why) in bad {
                let issues = [Issue::new("bad_line", why.as_str())];
                writeln!(out, "{}", json!({"outcome": "error", "line": number, "issues": issues}))?;
            }
            for Line { row, pages, issues } in lines {
                let mut grade = Grade::explained(key, &row.graded, row.version);
                (grade.student, grade.sheet, grade.version, grade.pages) = (row.student, row.sheet, row.version, pages);
                grade.issues.extend(issues);
                if matches!(grade.outcome, Standing::Absent | Standing::NotRead) {
                    grade.questions.clear();
                }
                serde_json::to_writer(&mut out, &grade)?;
                out.write_all(b"\n")?;
            }
            out.flush()
        }
    }
}
