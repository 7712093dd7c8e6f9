//! A run as a table, a row a page and a column a field. Which columns there are is known only at the end, so rows are
//! kept until then, each as one string with its cells separated: about three bytes an answer.

use super::words;
use crate::read::batch::{Amendment, Change};
use crate::read::result::{FieldReading, FieldStatus, Outcome, PageReading, Score};
use std::collections::HashMap;

/// What stands before the fields, and after them.
const BEFORE: [&str; 7] =
    ["arquivo", "página", "situação", "folha", "página da folha", "estudante", "identificado por"];
const AFTER: [&str; 3] = ["pontos", "dúvidas", "ocorrências"];
const OUTCOME: usize = 2;
const STUDENT: usize = 5;

/// Between cells of a kept row (ASCII's unit separator).
const SEPARATOR: char = '\u{1f}';

#[derive(Default)]
pub struct Rows {
    ids: Vec<String>,
    id_numbers: HashMap<String, u32>,
    /// Which ids a page has, in order: pages of one layout share it.
    shapes: Vec<Vec<u32>>,
    shape_numbers: HashMap<Vec<u32>, u32>,
    rows: Vec<Row>,
    /// Whether there is a score: without one there is no column for it.
    scored: bool,
    pub counts: Counts,
}

struct Row {
    shape: u32,
    cells: Box<str>,
    statuses: Box<[FieldStatus]>,
}

/// How many pages, fields and issues of each kind a run had.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    pub pages: HashMap<Outcome, usize>,
    /// Pages that were read twice count once.
    pub fields: HashMap<FieldStatus, usize>,
    /// Pages that say what an earlier one says; they are not among `pages`.
    pub duplicates: usize,
    /// Of every page, in order.
    outcomes: Vec<Outcome>,
    /// By code, in the order in which they were first seen.
    pub issues: Vec<(String, usize)>,
}

impl Counts {
    pub fn add(&mut self, r: &PageReading) {
        self.outcomes.push(r.outcome);
        if r.is_duplicate() {
            self.duplicates += 1;
        } else {
            *self.pages.entry(r.outcome).or_default() += 1;
        }
        if !r.is_repeated() {
            for field in &r.fields {
                *self.fields.entry(field.status).or_default() += 1;
            }
        }
        for issue in &r.issues {
            match self.issues.iter_mut().find(|(code, _)| *code == issue.code) {
                Some((_, n)) => *n += 1,
                None => self.issues.push((issue.code.clone(), 1)),
            }
        }
    }

    /// A page that counted as read is for a person after all. Says whether that is new.
    pub fn review(&mut self, row: usize) -> bool {
        let Some(outcome) = self.outcomes.get_mut(row).filter(|o| **o == Outcome::Read) else { return false };
        *outcome = Outcome::Review;
        *self.pages.entry(Outcome::Read).or_default() -= 1;
        *self.pages.entry(Outcome::Review).or_default() += 1;
        true
    }

    pub fn all_pages(&self) -> usize {
        self.outcomes.len()
    }

    pub fn pages(&self, outcome: Outcome) -> usize {
        self.pages.get(&outcome).copied().unwrap_or(0)
    }

    pub fn fields(&self, status: FieldStatus) -> usize {
        self.fields.get(&status).copied().unwrap_or(0)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell<'a> {
    pub text: &'a str,
    /// Of the field that the cell shows.
    pub status: Option<FieldStatus>,
}

impl Rows {
    pub fn add(&mut self, r: &PageReading) {
        self.counts.add(r);
        let shape: Vec<u32> = r.fields.iter().map(|f| self.id_number(&f.id)).collect();
        let next = self.shapes.len() as u32;
        let shape = *self.shape_numbers.entry(shape).or_insert_with_key(|shape| {
            self.shapes.push(shape.clone());
            next
        });
        let mut cells = String::new();
        let mut push = |text: &str| {
            cells.extend(text.chars().map(|c| if c == SEPARATOR { ' ' } else { c }));
            cells.push(SEPARATOR);
        };
        let sheet = r.sheet.as_ref();
        push(&r.source.file);
        push(&r.source.page.to_string());
        push(if r.is_duplicate() { words::DUPLICATE } else { words::outcome(r.outcome) });
        push(sheet.and_then(|s| s.id.as_deref()).unwrap_or(""));
        push(&sheet.and_then(|s| s.page).map(|p| p.to_string()).unwrap_or_default());
        push(sheet.and_then(|s| s.student.as_deref()).unwrap_or(""));
        push(r.identified_by.map(words::identified_by).unwrap_or(""));
        for field in &r.fields {
            // Whoever adds up a column must not add a page twice.
            push(&if r.is_duplicate() { String::new() } else { answer(field) });
        }
        self.scored |= r.score.is_some();
        push(&r.score.as_ref().map(points).unwrap_or_default());
        let doubtful = r.fields.iter().filter(|f| f.status == FieldStatus::Doubtful).map(|f| f.id.as_str());
        push(&doubtful.collect::<Vec<_>>().join(", "));
        push(&r.issues.iter().map(words::issue_line).collect::<Vec<_>>().join(" | "));
        let statuses = r.fields.iter().map(|f| f.status).collect();
        self.rows.push(Row { shape, cells: cells.into_boxed_str(), statuses });
    }

    pub fn amend(&mut self, amendment: &Amendment) {
        let Some(row) = self.rows.get_mut(amendment.row) else { return };
        let mut cells: Vec<String> = row.cells.split(SEPARATOR).map(str::to_owned).collect();
        match &amendment.change {
            Change::Student(student) => cells[STUDENT] = student.replace(SEPARATOR, " "),
            Change::Review(issue) => {
                if self.counts.review(amendment.row) {
                    cells[OUTCOME] = words::outcome(Outcome::Review).to_owned();
                }
                // The last cell has a separator after it too.
                let last = cells.len() - 2;
                let said = words::issue_line(issue);
                cells[last] =
                    if cells[last].is_empty() { said.into_owned() } else { format!("{} | {said}", cells[last]) };
            }
        }
        row.cells = cells.join("\u{1f}").into_boxed_str();
    }

    fn id_number(&mut self, id: &str) -> u32 {
        if let Some(&n) = self.id_numbers.get(id) {
            return n;
        }
        let n = self.ids.len() as u32;
        self.ids.push(id.to_owned());
        self.id_numbers.insert(id.to_owned(), n);
        n
    }

    /// Ids that begin alike stand together, where the first of them was seen, and in natural order: q2 before q10, even
    /// where a sheet's second page was scanned before its first.
    fn order(&self) -> Vec<u32> {
        let mut families: HashMap<&str, usize> = HashMap::new();
        let mut keyed: Vec<_> = (0..self.ids.len())
            .map(|i| {
                let id = self.ids[i].as_str();
                let stem = id.split(|c: char| c.is_ascii_digit()).next().unwrap_or(id);
                (*families.entry(stem).or_insert(i), natural(id), i as u32)
            })
            .collect();
        keyed.sort();
        keyed.into_iter().map(|(_, _, i)| i).collect()
    }

    pub fn header(&self) -> Vec<&str> {
        let ids = self.order().into_iter().map(|i| self.ids[i as usize].as_str());
        BEFORE.into_iter().chain(ids).chain(AFTER.into_iter().skip(usize::from(!self.scored))).collect()
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Every row, its cells under the header's.
    pub fn lines(&self) -> impl Iterator<Item = Vec<Cell<'_>>> {
        let mut column = vec![0; self.ids.len()];
        for (at, i) in self.order().into_iter().enumerate() {
            column[i as usize] = BEFORE.len() + at;
        }
        let blank = Cell { text: "", status: None };
        self.rows.iter().map(move |row| {
            let mut line = vec![blank; BEFORE.len() + self.ids.len() + AFTER.len()];
            let after = BEFORE.len() + self.ids.len();
            let shape = &self.shapes[row.shape as usize];
            let places = (0..BEFORE.len()).chain(shape.iter().map(|&i| column[i as usize])).chain(after..);
            let statuses = [None; BEFORE.len()].into_iter().chain(row.statuses.iter().copied().map(Some));
            let cells = row.cells.split(SEPARATOR).zip(statuses.chain([None; AFTER.len()]));
            for (place, (text, status)) in places.zip(cells) {
                line[place] = Cell { text, status };
            }
            if !self.scored {
                line.remove(after);
            }
            line
        })
    }
}

/// What a cell shows: the value; several labels with “+” between them; nothing for a blank field. “?” at the end is a
/// doubt (the best guess stands before it), “!” something that means nothing, such as an incomplete number.
pub fn answer(f: &FieldReading) -> String {
    let said = match &f.value {
        Some(value) if f.status != FieldStatus::Multiple => value.clone(),
        _ => f.marked.join("+"),
    };
    match f.status {
        FieldStatus::Answered | FieldStatus::Multiple => said,
        FieldStatus::Blank => String::new(),
        FieldStatus::Invalid => said + "!",
        FieldStatus::Doubtful => said + "?",
    }
}

/// Points as they are written in Brazil; “?” where a doubtful answer may change them.
pub fn points(score: &Score) -> String {
    let text = words::number(score.points, 2);
    let text = text.trim_end_matches('0').trim_end_matches(',');
    format!("{text}{}", if score.provisional { "?" } else { "" })
}

/// A key by which runs of digits sort as numbers.
fn natural(id: &str) -> Vec<(bool, u64, String)> {
    let mut key: Vec<(bool, u64, String)> = Vec::new();
    for c in id.chars() {
        match (c.to_digit(10), key.last_mut()) {
            (Some(d), Some((false, n, _))) => *n = n.saturating_mul(10).saturating_add(d.into()),
            (Some(d), _) => key.push((false, d.into(), String::new())),
            (None, Some((true, _, text))) => text.push(c),
            (None, _) => key.push((true, 0, c.into())),
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::samples;

    #[test]
    fn columns_are_the_union_in_natural_order() {
        let mut rows = Rows::default();
        let mut second = samples::page("a", 1, &["A", "B", "C"]);
        for (field, id) in second.fields.iter_mut().zip(["matricula", "q10", "q11"]) {
            field.id = id.into();
        }
        rows.add(&second);
        let mut first = samples::page("a", 2, &["D", "E", "A"]);
        for (field, id) in first.fields.iter_mut().zip(["q2", "nota", "q1"]) {
            field.id = id.into();
        }
        rows.add(&first);
        assert_eq!(rows.header()[7..], ["matricula", "q1", "q2", "q10", "q11", "nota", "dúvidas", "ocorrências"]);
        let text = |line: &Vec<Cell<'_>>| line[7..].iter().map(|c| c.text.to_owned()).collect::<Vec<_>>();
        let lines: Vec<_> = rows.lines().map(|l| text(&l)).collect();
        assert_eq!(lines[0], ["A", "", "", "B", "C", "", "", ""]);
        assert_eq!(lines[1], ["", "A", "D", "", "", "E", "", ""]);
    }

    #[test]
    fn a_cell_says_the_status() {
        let said = |status, value: Option<&str>, marked: &[&str]| {
            let mut field = samples::page("a", 1, &["A"]).fields.remove(0);
            field.status = status;
            field.value = value.map(Into::into);
            field.marked = marked.iter().map(|&m| m.into()).collect();
            answer(&field)
        };
        assert_eq!(said(FieldStatus::Answered, Some("0123"), &["0", "1", "2", "3"]), "0123");
        assert_eq!(said(FieldStatus::Blank, None, &[]), "");
        assert_eq!(said(FieldStatus::Multiple, None, &["A", "C"]), "A+C");
        assert_eq!(said(FieldStatus::Doubtful, Some("B"), &["B"]), "B?");
        assert_eq!(said(FieldStatus::Doubtful, None, &[]), "?");
        assert_eq!(said(FieldStatus::Invalid, None, &["1", "2"]), "1+2!");
    }

    #[test]
    fn a_score_has_a_column_where_there_is_one() {
        let mut rows = Rows::default();
        let mut scored = samples::page("a", 1, &["A"]);
        scored.score = Some(Score { points: 1234.5, max: 2000.0, provisional: true, questions: Vec::new() });
        rows.add(&scored);
        rows.add(&samples::page("a", 2, &["B"]));
        assert_eq!(rows.header()[7..], ["q1", "pontos", "dúvidas", "ocorrências"]);
        let cells: Vec<_> = rows.lines().map(|l| (l[7].text.to_owned(), l[8].text.to_owned())).collect();
        assert_eq!(cells, [("A".into(), "1.234,5?".into()), ("B".into(), String::new())]);
    }

    #[test]
    fn a_separator_in_foreign_text_moves_no_cell() {
        let mut rows = Rows::default();
        rows.add(&samples::page("a\u{1f}b", 1, &["A"]));
        let line = rows.lines().next().unwrap();
        assert_eq!((line[0].text, line[7].text), ("a b", "A"));
        assert_eq!(line[7].status, Some(FieldStatus::Answered));
    }
}
