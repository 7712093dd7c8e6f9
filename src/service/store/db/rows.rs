//! Many rows in few statements: one at a time would be a round trip each.

use super::{DbError, Dialect, Tx};
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use std::fmt::Write;

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Int(Option<i64>),
    Text(Option<String>),
    /// In a column of JSON.
    Json(String),
}

impl From<i64> for Cell {
    fn from(n: i64) -> Self {
        Cell::Int(Some(n))
    }
}

impl From<String> for Cell {
    fn from(s: String) -> Self {
        Cell::Text(Some(s))
    }
}

impl From<&str> for Cell {
    fn from(s: &str) -> Self {
        Cell::Text(Some(s.to_owned()))
    }
}

impl From<Option<String>> for Cell {
    fn from(s: Option<String>) -> Self {
        Cell::Text(s)
    }
}

/// Values in one statement: PostgreSQL takes 65,535, SQLite 32,766.
const MOST: usize = 8_000;

/// Rows for some of many: `{ids}` in `text` stands for a list of `ids`, before which `first` are bound ($1 …).
///
/// # Errors
/// Of the database.
pub async fn among(
    tx: &mut Tx,
    dialect: Dialect,
    text: &str,
    first: &[&str],
    ids: &[String],
) -> Result<Vec<AnyRow>, DbError> {
    let mut found = Vec::new();
    for some in ids.chunks(MOST / 8) {
        let list: Vec<String> = (0..some.len()).map(|i| format!("${}", first.len() + 1 + i)).collect();
        let text = dialect.translate(text).replace("{ids}", &list.join(", "));
        let mut query = sqlx::query(AssertSqlSafe(text));
        for value in first.iter().copied().chain(some.iter().map(String::as_str)) {
            query = query.bind(value.to_owned());
        }
        found.extend(query.fetch_all(&mut **tx).await?);
    }
    Ok(found)
}

/// Inserts `rows` into `columns` (`"pages (batch_id, number)"`). `conflict` is what follows the values.
///
/// # Errors
/// Of the database.
pub async fn insert(
    tx: &mut Tx,
    dialect: Dialect,
    columns: &'static str,
    conflict: &'static str,
    rows: Vec<Vec<Cell>>,
) -> Result<(), DbError> {
    let Some(width) = rows.first().map(Vec::len) else { return Ok(()) };
    for some in rows.chunks((MOST / width).max(1)) {
        let mut text = format!("INSERT INTO {columns} VALUES ");
        let mut number = 0;
        for (i, row) in some.iter().enumerate() {
            text.push_str(if i == 0 { "(" } else { ", (" });
            for (j, cell) in row.iter().enumerate() {
                number += 1;
                let comma = if j == 0 { "" } else { ", " };
                let cast = if matches!(cell, Cell::Json(_)) { "{as_json}" } else { "" };
                let _ = write!(text, "{comma}${number}{cast}");
            }
            text.push(')');
        }
        text.push(' ');
        text.push_str(conflict);
        // Full chunks have one text, and so one prepared statement.
        let mut query = sqlx::query(AssertSqlSafe(dialect.translate(&text)));
        for cell in some.iter().flatten() {
            query = match cell {
                Cell::Int(n) => query.bind(*n),
                Cell::Text(s) => query.bind(s.clone()),
                Cell::Json(s) => query.bind(s.clone()),
            };
        }
        query.execute(&mut **tx).await?;
    }
    Ok(())
}
