//! What a person who looks at an exam's grades asks: how many there are of each kind, where pupils sat, what was scanned.

use super::Filter;
use crate::service::store::db::{Columns, Freshness};
use crate::service::store::{Db, DbError};
use sqlx::any::AnyRow;
use std::collections::BTreeMap;
use uuid::Uuid;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sums {
    /// How many, by outcome.
    pub counts: BTreeMap<String, u64>,
    /// Of those that are graded for good, in millionths of points.
    pub mean: Option<i64>,
    /// With papers whose grade is provisional.
    pub batches: Vec<Uuid>,
}

/// Of the papers that a filter takes, whatever their outcome.
///
/// # Errors
/// Of the database.
pub async fn sums(db: &Db, tenant: &str, application: &str, filter: &Filter) -> Result<Sums, DbError> {
    let text = "SELECT g.outcome AS outcome, p.batch_id AS batch, COUNT(*) AS count,
                    CAST(COALESCE(SUM(g.points), 0) AS BIGINT) AS points
                FROM papers p JOIN grades g ON g.tenant_id = p.tenant_id AND g.application_id = p.application_id
                    AND g.owner = p.owner
                WHERE p.tenant_id = $1 AND p.application_id = $2 AND ($3 = '' OR p.unit_id = $3)
                    AND ($4 = '' OR p.room_id = $4) AND ($5 = '' OR p.class_id = $5)
                GROUP BY g.outcome, p.batch_id ORDER BY p.batch_id";
    let said = |text: &Option<String>| text.clone().unwrap_or_default();
    let query = db.query(text).bind(tenant.to_owned()).bind(application.to_owned());
    let query = query.bind(said(&filter.unit)).bind(said(&filter.room)).bind(said(&filter.class));
    let (mut sums, mut points) = (Sums::default(), 0);
    for row in query.fetch_all(db.reader(Freshness::Latest)).await? {
        let outcome: String = row.col("outcome")?;
        let batch = row.col::<Option<String>>("batch")?.and_then(|id| Uuid::parse_str(&id).ok());
        if outcome == "graded" {
            points += row.col::<i64>("points")?;
        }
        if outcome == "provisional" {
            sums.batches.extend(batch);
        }
        *sums.counts.entry(outcome).or_default() += row.col::<i64>("count")? as u64;
    }
    sums.mean = sums.counts.get("graded").map(|n| points / (*n).max(1) as i64);
    Ok(sums)
}

/// Where some pupils sat, and their class.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    pub unit: Option<String>,
    pub room: Option<String>,
    pub class: Option<String>,
}

/// All that an exam's papers have.
///
/// # Errors
/// Of the database.
pub async fn places(db: &Db, tenant: &str, application: &str) -> Result<Vec<Place>, DbError> {
    let text = "SELECT DISTINCT unit_id, room_id, class_id FROM papers WHERE tenant_id = $1 AND application_id = $2
                ORDER BY unit_id, room_id, class_id";
    let query = db.query(text).bind(tenant.to_owned()).bind(application.to_owned());
    let rows = query.fetch_all(db.reader(Freshness::Latest)).await?;
    let place =
        |row: &AnyRow| Ok(Place { unit: row.col("unit_id")?, room: row.col("room_id")?, class: row.col("class_id")? });
    rows.iter().map(place).collect()
}

/// The scanned pages of which a paper was gathered: the batch, the page's number in it, and in the sheet.
///
/// # Errors
/// Of the database.
pub async fn pages(
    db: &Db,
    tenant: &str,
    application: &str,
    owner: &str,
) -> Result<Vec<(Uuid, u32, Option<u32>)>, DbError> {
    let text = "SELECT p.batch_id AS batch, p.number AS number, p.sheet_page AS sheet_page
                FROM pages p JOIN sheets s ON s.tenant_id = p.tenant_id AND s.id = p.sheet_id
                WHERE p.tenant_id = $1 AND s.application_id = $2 AND s.kind = 'sheet' AND p.outcome IN ('read', 'review')
                    AND COALESCE('student/' || COALESCE(p.student_id, s.student_id), 'sheet/' || s.id) = $3
                ORDER BY p.sheet_page, p.batch_id, p.number";
    let query = db.query(text).bind(tenant.to_owned()).bind(application.to_owned()).bind(owner.to_owned());
    let mut all = Vec::new();
    for row in query.fetch_all(db.reader(Freshness::Latest)).await? {
        let Ok(batch) = Uuid::parse_str(&row.col::<String>("batch")?) else { continue };
        let sheet_page = row.col::<Option<i64>>("sheet_page")?.and_then(|n| u32::try_from(n).ok());
        all.push((batch, row.col::<i64>("number")? as u32, sheet_page));
    }
    Ok(all)
}
