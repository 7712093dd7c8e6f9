//! Grading anew what was handed in, and telling whose grade moved. Only grades that changed are written.

use super::GradesError;
use super::material::{Held, Material, Stored, held_columns};
use crate::grade::{Detail, Points};
use crate::service::store::Db;
use crate::service::store::db::{Cell, Tx, rows};
use serde::Serialize;
use std::sync::Arc;

/// Papers in memory at once.
const AT_ONCE: i64 = 5_000;

/// What came of grading anew.
#[derive(Clone, Debug, Default, Serialize, utoipa::ToSchema)]
pub struct Regraded {
    /// How many were graded.
    pub graded: u64,
    /// Whose grade is another now. Who had none before is not among them.
    pub moved: Vec<Moved>,
}

#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Moved {
    pub student: Option<String>,
    pub sheet: Option<String>,
    /// Null: no grade.
    #[schema(value_type = Option<f64>)]
    pub before: Option<Points>,
    #[schema(value_type = Option<f64>)]
    pub after: Option<Points>,
    pub outcome_before: String,
    pub outcome_after: &'static str,
}

/// All papers of an exam.
pub async fn all(db: &Db, tx: &mut Tx, tenant: &str, application: &str) -> Result<Regraded, GradesError> {
    let mut done = Regraded::default();
    let Some(material) = Material::locked(db, tx, tenant, application).await? else { return Ok(done) };
    let material = Arc::new(material);
    let mut after = String::new();
    loop {
        let text = concat!(held_columns!(), "AND p.owner > $3 ORDER BY p.owner LIMIT $4");
        let query = db.query(text).bind(tenant.to_owned()).bind(application.to_owned());
        let rows = query.bind(after.clone()).bind(AT_ONCE).fetch_all(&mut **tx).await?;
        let held = rows.iter().map(Held::of).collect::<Result<Vec<_>, _>>()?;
        let Some(last) = held.last() else { return Ok(done) };
        after.clone_from(&last.owner);
        grade(db, tx, tenant, application, &material, held, &mut done).await?;
    }
}

/// The papers of these owners.
pub async fn some(
    db: &Db,
    tx: &mut Tx,
    tenant: &str,
    application: &str,
    owners: &[String],
) -> Result<Regraded, GradesError> {
    let mut done = Regraded::default();
    let Some(material) = Material::locked(db, tx, tenant, application).await? else { return Ok(done) };
    let material = Arc::new(material);
    for some in owners.chunks(AT_ONCE as usize) {
        let text = concat!(held_columns!(), "AND p.owner IN ({ids})");
        let rows = rows::among(db.dialect(), text, &[tenant, application], some).fetch_all(&mut **tx).await?;
        let held = rows.iter().map(Held::of).collect::<Result<Vec<_>, _>>()?;
        grade(db, tx, tenant, application, &material, held, &mut done).await?;
    }
    Ok(done)
}

async fn grade(
    db: &Db,
    tx: &mut Tx,
    tenant: &str,
    application: &str,
    material: &Arc<Material>,
    held: Vec<Held>,
    done: &mut Regraded,
) -> Result<(), GradesError> {
    done.graded += held.len() as u64;
    let material = material.clone();
    let changed = tokio::task::spawn_blocking(move || {
        let all = material.grade(&held, Detail::Points, |held, _, graded| {
            let standing = graded.standing.name();
            let stored = Stored { outcome: standing.to_owned(), points: graded.points.map(|p| p.0), max: graded.max.0 };
            (held.grade.as_ref() != Some(&stored)).then(|| (held.clone(), stored, standing))
        });
        all.into_iter().flatten().collect::<Vec<_>>()
    })
    .await?;
    let mut written = Vec::with_capacity(changed.len());
    for (held, now, standing) in changed {
        if let Some(before) = held.grade.filter(|before| before.points != now.points || before.outcome != now.outcome) {
            done.moved.push(Moved {
                student: held.student,
                sheet: held.sheet,
                before: before.points.map(Points),
                after: now.points.map(Points),
                outcome_before: before.outcome,
                outcome_after: standing,
            });
        }
        let (points, max) = (Cell::Int(now.points), now.max.into());
        written.push(vec![tenant.into(), application.into(), held.owner.into(), now.outcome.into(), points, max]);
    }
    let columns = "grades (tenant_id, application_id, owner, outcome, points, max)";
    let latest = "ON CONFLICT (tenant_id, application_id, owner) DO UPDATE SET outcome = excluded.outcome,
        points = excluded.points, max = excluded.max";
    rows::insert(tx, db.dialect(), columns, latest, written).await?;
    Ok(())
}
