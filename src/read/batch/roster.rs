//! The students whose numbers may be filled in by hand: a spreadsheet saved as CSV.
//!
//! Names and whatever else stands in it are not kept.

use std::collections::HashMap;

const MAX_BYTES: u64 = 64 << 20;

/// What the columns may be called, in lower case and without accents.
const NUMBER: [&str; 12] = [
    "matricula",
    "numero de matricula",
    "n de matricula",
    "numero",
    "registro",
    "ra",
    "rm",
    "enrollment",
    "enrollment number",
    "registration",
    "number",
    "roll",
];
const STUDENT: [&str; 9] =
    ["id", "student", "student id", "estudante", "aluno", "id do aluno", "id do estudante", "codigo", "student_id"];

#[derive(Clone, Debug, Default)]
pub struct Roster {
    /// Number without leading zeros, which spreadsheets drop -> student.
    students: HashMap<String, String>,
}

#[derive(Debug, thiserror::Error, PartialEq)]
pub enum RosterError {
    #[error("{0}")]
    Unreadable(String),
    #[error("line {line}: {reason}")]
    Line { line: u64, reason: String },
}

/// What a filled-in number says.
#[derive(Debug, PartialEq)]
pub enum Match<'r> {
    Exact(&'r str),
    /// The only student whose number differs in one digit (or in none, where the digits are not sure).
    Near {
        number: String,
        student: &'r str,
    },
    Nobody,
}

/// Whether a column or a field of this name holds students' numbers.
pub fn names_number(name: &str) -> bool {
    NUMBER.contains(&folded(name).as_str())
}

impl Roster {
    pub fn open(path: &std::path::Path) -> Result<Self, RosterError> {
        use std::io::Read;
        let unreadable = |e: std::io::Error| RosterError::Unreadable(e.to_string());
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).map_err(unreadable)?;
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(RosterError::Unreadable(format!("more than {} MiB are no list of students", MAX_BYTES >> 20)));
        }
        Self::parse(&bytes)
    }

    /// `;`, `,` or tabs between cells; UTF-8 (with or without its mark), or else Latin-1 as Excel writes it.
    pub fn parse(bytes: &[u8]) -> Result<Self, RosterError> {
        let text = decoded(bytes);
        let header = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
        let delimiter = b";,\t".iter().copied().max_by_key(|d| header.bytes().filter(|b| b == d).count());
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter.unwrap_or(b';'))
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let at = |line: u64, reason: String| RosterError::Line { line, reason };
        let columns: Vec<String> = reader.headers().map_err(failed)?.iter().map(folded).collect();
        let column = |names: &[&str]| columns.iter().position(|c| names.contains(&c.as_str()));
        let Some(number_column) = column(&NUMBER) else {
            let reason = format!(
                "no column holds the students' numbers: one called matrícula, RA or enrollment is expected, not {}",
                columns.join(", ")
            );
            return Err(at(1, reason));
        };
        let student_column = column(&STUDENT);
        let mut roster = Roster::default();
        // A record begins before the blank lines that lead to it.
        let line_at = |byte: usize| {
            let blank = text[byte..].len() - text[byte..].trim_start_matches(['\r', '\n']).len();
            1 + text[..byte + blank].matches('\n').count() as u64
        };
        let mut begins: HashMap<String, usize> = HashMap::new();
        for record in reader.records() {
            let record = record.map_err(failed)?;
            let begin = record.position().map_or(0, |p| p.byte() as usize);
            let at = |reason: String| RosterError::Line { line: line_at(begin), reason };
            if record.iter().all(str::is_empty) {
                continue;
            }
            let cell = |column: usize| record.get(column).unwrap_or_default();
            let number = cell(number_column);
            if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
                return Err(at(format!("“{number}” is no number: only digits are expected")));
            }
            let student = student_column.map_or(number, cell);
            if student.is_empty() {
                return Err(at("the student's id is empty".to_owned()));
            }
            if let Some(first) = begins.insert(key(number), begin) {
                return Err(at(format!("the number {number} stands on line {} already", line_at(first))));
            }
            roster.students.insert(key(number), student.to_owned());
        }
        if roster.students.is_empty() {
            return Err(at(1, "no student stands under the header".to_owned()));
        }
        Ok(roster)
    }

    pub fn len(&self) -> usize {
        self.students.len()
    }

    pub fn is_empty(&self) -> bool {
        self.students.is_empty()
    }

    /// Who has the number `digits`, in which None is a place that is blank or has several marks. Where the digits are
    /// not `sure`, even the right number is no more than a suggestion.
    pub fn find(&self, digits: &[Option<char>], sure: bool) -> Match<'_> {
        let number = |digits: &[Option<char>]| digits.iter().copied().collect::<Option<String>>();
        let student = |n: &str| self.students.get(&key(n)).map(String::as_str);
        if let Some(whole) = number(digits)
            && let Some(student) = student(&whole)
        {
            return if sure { Match::Exact(student) } else { Match::Near { number: whole, student } };
        }
        let mut near = None;
        let mut tried = digits.to_vec();
        for place in 0..digits.len() {
            for digit in '0'..='9' {
                tried[place] = Some(digit);
                let Some(number) = number(&tried) else { break };
                if let Some(student) = student(&number)
                    && near.replace(Match::Near { number, student }).is_some()
                {
                    return Match::Nobody;
                }
            }
            tried[place] = digits[place];
        }
        near.unwrap_or(Match::Nobody)
    }
}

fn key(number: &str) -> String {
    number.trim_start_matches('0').to_owned()
}

fn failed(error: csv::Error) -> RosterError {
    let line = error.position().map_or(1, csv::Position::line);
    RosterError::Line { line, reason: error.to_string() }
}

fn decoded(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        // Latin-1 is the first 256 characters of Unicode.
        Err(_) => bytes.iter().map(|&b| char::from(b)).collect(),
    }
}

/// `Nº de Matrícula` as `n de matricula`.
fn folded(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let plain: String = name
        .nfd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c) && !matches!(c, '.' | 'º' | '°'))
        .flat_map(char::to_lowercase)
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Vec<Option<char>> {
        text.chars().map(|c| c.is_ascii_digit().then_some(c)).collect()
    }

    #[test]
    fn spreadsheets_of_all_sorts_are_read() {
        let utf8 = "\u{feff}Nome;Nº de Matrícula;ID\r\nAna;00123;aluna-1\r\n;;\r\nJosé;20457;aluno-2\r\n";
        let latin1: Vec<u8> =
            "Nome,Matrícula\nJosé,123\nAna,20457\n".chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let tabs = b"student\tRA\naluna-1\t123\naluno-2\t20457";
        for (bytes, student) in [(utf8.as_bytes(), "aluna-1"), (&latin1, "123"), (tabs, "aluna-1")] {
            let roster = Roster::parse(bytes).unwrap();
            assert_eq!(roster.len(), 2);
            assert_eq!(roster.find(&digits("00123"), true), Match::Exact(student));
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let said = |text: &str| Roster::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(said("").starts_with("line 1: no column"), "{}", said(""));
        assert!(said("nome;turma\nAna;A\n").contains("matrícula"), "{}", said("nome;turma\nAna;A\n"));
        assert_eq!(said("matricula\n\n12a4\n"), "line 3: “12a4” is no number: only digits are expected");
        assert_eq!(said("ra,id\n12,a\n0012,b\n"), "line 3: the number 0012 stands on line 2 already");
        assert_eq!(said("ra,id\n12,\n"), "line 2: the student's id is empty");
        assert_eq!(said("ra\n"), "line 1: no student stands under the header");
    }

    #[test]
    fn only_one_near_number_is_a_suggestion() {
        let roster = Roster::parse(b"ra,id\n2026101,a\n2026102,b\n2026999,c\n").unwrap();
        let near = |n: &str, s: &'static str| Match::Near { number: n.into(), student: s };
        assert_eq!(roster.find(&digits("2026101"), true), Match::Exact("a"));
        assert_eq!(roster.find(&digits("2026101"), false), near("2026101", "a"));
        assert_eq!(roster.find(&digits("2-26999"), true), near("2026999", "c"));
        assert_eq!(roster.find(&digits("2026899"), true), near("2026999", "c"));
        // The last digit could be 1 or 2.
        assert_eq!(roster.find(&digits("202610-"), true), Match::Nobody);
        assert_eq!(roster.find(&digits("2026109"), true), Match::Nobody);
        assert_eq!(roster.find(&digits("-026-99"), true), Match::Nobody);
        assert_eq!(roster.find(&[], true), Match::Nobody);
    }
}
