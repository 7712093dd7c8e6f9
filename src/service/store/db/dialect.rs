//! Where SQLite and PostgreSQL say the same in other words.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// A word in braces, and what SQLite and PostgreSQL say for it.
    const WORDS: &[(&str, &str, &str)] = &[
        // Of the one clock that all workers share. PostgreSQL's now() would be the transaction's beginning.
        (
            "{now}",
            "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
            "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)",
        ),
        ("{skip_locked}", "", "FOR UPDATE SKIP LOCKED"),
        // Not FOR UPDATE: a second update of a row in one transaction checks its foreign key again, which takes a KEY SHARE
        // lock on the row referred to; two that hold it and want the stronger one wait for each other.
        ("{for_update}", "", "FOR NO KEY UPDATE"),
        ("{int}", "INTEGER", "BIGINT"),
        ("{real}", "REAL", "DOUBLE PRECISION"),
        ("{blob}", "BLOB", "BYTEA"),
        ("{json}", "TEXT", "JSONB"),
        // Of a table: SQLite holds to the declared types only where it is told to.
        ("{strict}", "STRICT", ""),
        // After a bound value that is JSON, and after a column of it that is read: `$3{as_json}`, `body{as_text}`.
        ("{as_json}", "", "::jsonb"),
        ("{as_text}", "", "::text"),
    ];

    pub fn translate(self, text: &str) -> String {
        Self::WORDS.iter().fold(text.to_owned(), |text, (word, sqlite, postgres)| {
            text.replace(word, if self == Dialect::Sqlite { sqlite } else { postgres })
        })
    }
}
