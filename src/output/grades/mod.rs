//! Grades for people and programs: a line of JSON, a table at the terminal, and one list of columns that CSV, workbooks
//! and what the service exports share.

pub mod csv;
pub mod fixed;
pub mod json;
#[cfg(feature = "service")]
pub mod parquet;
pub mod table;
pub mod xlsx;

use crate::grade::{Graded, Key, Points, Standing};

/// A pupil's grade, and where the pupil belongs. What is not known is None.
#[derive(Clone, Debug)]
pub struct Row {
    pub student: Option<String>,
    pub sheet: Option<String>,
    pub unit: Option<String>,
    pub room: Option<String>,
    pub class: Option<String>,
    pub version: Option<u32>,
    pub graded: Graded,
}

/// A column: its name for programs, its heading for people, and whether it holds points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub heading: String,
    pub is_points: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    Text(String),
    Points(Points),
    Empty,
}

/// Of a key: who, how it stands, the grade, blocks and subjects, and every question's points.
pub fn columns(key: &Key) -> Vec<Column> {
    let column = |name: String, heading: &str, is_points| Column { name, heading: heading.to_owned(), is_points };
    let texts = [
        ("student", "estudante"),
        ("sheet", "folha"),
        ("unit", "unidade"),
        ("room", "sala"),
        ("class", "turma"),
        ("version", "versão"),
        ("language", "língua"),
        ("outcome", "situação"),
    ];
    let mut all: Vec<Column> = texts.map(|(name, heading)| column(name.to_owned(), heading, false)).into();
    all.push(column("points".to_owned(), "nota", true));
    all.push(column("max".to_owned(), "máximo", true));
    all.extend(key.blocks.iter().map(|b| column(format!("block.{}", b.id), &b.title, true)));
    all.extend(key.subjects.iter().map(|s| column(format!("subject.{}", s.id), &s.title, true)));
    all.extend(key.questions.iter().map(|q| column(format!("question.{}", q.id), &q.id, true)));
    all
}

/// A row's cells, under [`columns`]. A question that was not the pupil's is empty, and so is one that still waits.
pub fn cells(key: &Key, row: &Row) -> Vec<Cell> {
    let graded = &row.graded;
    let text = |t: &Option<String>| t.clone().filter(|t| !t.is_empty()).map_or(Cell::Empty, Cell::Text);
    let version = row.version.map(|v| v.to_string());
    let mut cells: Vec<Cell> =
        [&row.student, &row.sheet, &row.unit, &row.room, &row.class, &version, &graded.language].map(text).into();
    cells.push(Cell::Text(standing(graded.standing).to_owned()));
    cells.push(graded.points.map_or(Cell::Empty, Cell::Points));
    cells.push(Cell::Points(graded.max));
    for (count, parts) in [(key.blocks.len(), &graded.blocks), (key.subjects.len(), &graded.subjects)] {
        let of = |group| parts.iter().find(|p| p.group == Some(group));
        cells.extend((0..count).map(|g| of(g).map_or(Cell::Empty, |p| Cell::Points(Points::near(p.points)))));
    }
    let mut questions = vec![Cell::Empty; key.questions.len()];
    let has_grade = matches!(graded.standing, Standing::Graded | Standing::Provisional);
    for marked in graded.questions.iter().filter(|m| has_grade && !m.verdict.waits()) {
        questions[marked.question] = Cell::Points(Points::near(marked.points));
    }
    cells.extend(questions);
    cells
}

/// What is said of it to people.
pub fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Graded => "corrigida",
        Standing::Provisional => "provisória",
        Standing::Absent => "ausente",
        Standing::Eliminated => "eliminado",
        Standing::NotRead => "não lida",
    }
}

#[cfg(test)]
mod tests;
