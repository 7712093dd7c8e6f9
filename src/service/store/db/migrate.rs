//! Migrations: each a file of SQL in both dialects, applied once, in order, under a lock.

use super::{Db, DbError, Dialect};
use sqlx::AssertSqlSafe;
use sqlx::SqlSafeStr;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

/// Number, name and text. One that was released is never changed: its checksum is in every database.
const MIGRATIONS: &[(i64, &str, &str)] = &[(1, "first", include_str!("migrations/0001_first.sql"))];

/// Brings the schema up to date.
///
/// # Errors
/// A migration fails, was changed after it was applied, or the database is of a later version of this program.
pub async fn migrate(db: &Db) -> Result<(), DbError> {
    migrator(db.dialect()).run(db.writer()).await.map_err(|e| match e {
        MigrateError::Execute(e) => e,
        e => DbError::Migrate(Box::new(e)),
    })
}

fn migrator(dialect: Dialect) -> Migrator {
    let migration = |(version, name, text): &(i64, &'static str, &'static str)| {
        let text = AssertSqlSafe(dialect.translate(text)).into_sql_str();
        Migration::new(*version, (*name).into(), MigrationType::Simple, text, false)
    };
    Migrator::with_migrations(MIGRATIONS.iter().map(migration).collect())
}
