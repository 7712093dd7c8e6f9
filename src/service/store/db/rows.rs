//! Many rows in few statements: one at a time would be a round trip each.

use super::{DbError, Dialect, Tx};
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe};
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

/// Values in one statement. PostgreSQL takes 65,535. SQLite takes 32,766, but finds the name of each by going through all
/// of them, so that many in one statement cost more than several statements.
fn most(dialect: Dialect) -> usize {
    match dialect {
        Dialect::Sqlite => 600,
        Dialect::Postgres => 8_000,
    }
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
    mut rows: Vec<Vec<Cell>>,
) -> Result<(), DbError> {
    let Some(width) = rows.first().map(Vec::len) else { return Ok(()) };
    let at_once = (most(dialect) / width).max(1);
    while !rows.is_empty() {
        let some: Vec<_> = rows.drain(..at_once.min(rows.len())).collect();
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
        for cell in some.into_iter().flatten() {
            query = match cell {
                Cell::Int(n) => query.bind(n),
                Cell::Text(s) => query.bind(s),
                Cell::Json(s) => query.bind(s),
            };
        }
        query.execute(&mut **tx).await?;
    }
    Ok(())
}

/// A query about some of many: `{ids}` in `text` stands for the list of `ids`, at most some thousands, before which `first`
/// are bound ($1 …).
pub fn among(
    dialect: Dialect,
    text: &'static str,
    first: &[&str],
    ids: &[String],
) -> Query<'static, Any, AnyArguments> {
    let places: Vec<String> = (0..ids.len()).map(|i| format!("${}", first.len() + 1 + i)).collect();
    // An empty list is none in PostgreSQL.
    let places = if places.is_empty() { "NULL".to_owned() } else { places.join(", ") };
    let query = sqlx::query(AssertSqlSafe(dialect.translate(text).replace("{ids}", &places)));
    let values = first.iter().copied().chain(ids.iter().map(String::as_str));
    values.fold(query, |query, value| query.bind(value.to_owned()))
}
