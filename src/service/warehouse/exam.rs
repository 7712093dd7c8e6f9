//! An exam's results and questions, as they stand now: of each paper the rows that changed since the last time.

use super::RowsError;
use super::rows::Rows;
use crate::grade::{Graded, Paper};
use crate::print::manifest::hex;
use crate::service::App;
use crate::service::analysis;
use crate::service::grades::{Held, Material};
use crate::service::store::db::{Cell, Columns, Freshness, Millis, rows};
use crate::statistics::gather::Gathering;
use crate::statistics::{self, Options, Statistics};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// What was written of an exam.
pub struct Written {
    pub results: Rows,
    pub questions: Rows,
    /// What is to be noted once it is sent.
    pub sent: Sent,
}

#[derive(Default)]
pub struct Sent {
    /// Owners and hashes.
    papers: Vec<(String, String)>,
    /// Owners who have no paper any more.
    withdrawn: Vec<String>,
}

struct Writing {
    results: Rows,
    gathering: Gathering,
    known: HashMap<String, String>,
    sent: Vec<(String, String)>,
    failed: Option<std::io::Error>,
}

/// None: the exam has no key. `revision` is that of the change: the same when it is tried again.
pub async fn write(
    app: &App,
    tenant: &str,
    application: &str,
    revision: Millis,
    folder: &Path,
) -> Result<Option<Written>, RowsError> {
    let Some(material) = Material::of(&app.db, tenant, application).await? else { return Ok(None) };
    let material = Arc::new(material);
    let writing = Writing {
        results: Rows::create(&super::RESULTS, &folder.join("results"))?,
        gathering: analysis::gathering(app, tenant, application, &material.key).await?,
        known: known(app, tenant, application).await?,
        sent: Vec::new(),
        failed: None,
    };
    let (key, exam) = (material.clone(), application.to_owned());
    let each = move |writing: &mut Writing, held: &Held, paper: &Paper, graded: &Graded| {
        analysis::add(&mut writing.gathering, held, graded);
        if writing.failed.is_none() {
            writing.failed = paper_rows(writing, &key, &exam, revision, held, paper, graded).err();
        }
    };
    let Writing { mut results, gathering, sent: papers, failed, .. } =
        analysis::each(app, tenant, application, &material, writing, each).await?;
    if let Some(e) = failed {
        return Err(e.into());
    }
    let table = gathering.table();
    let (table, said) = tokio::task::spawn_blocking(move || {
        let said = statistics::statistics(&table, &Options { copying: None, ..Options::default() });
        (table, said)
    })
    .await
    .map_err(std::io::Error::other)?;
    let mut questions = Rows::create(&super::QUESTIONS, &folder.join("questions"))?;
    question_rows(&mut questions, application, revision, &table, &said)?;
    let withdrawn = withdrawn(app, tenant, application).await?;
    for owner in &withdrawn {
        results.push_named(&[
            ("revision", json!(revision)),
            ("application", json!(application)),
            ("sheet", json!(owner.strip_prefix("sheet/"))),
            ("owner", json!(owner)),
            ("withdrawn", json!(true)),
        ])?;
    }
    Ok(Some(Written { results, questions, sent: Sent { papers, withdrawn } }))
}

/// Owners of whom the warehouse has rows, and who have no paper any more.
async fn withdrawn(app: &App, tenant: &str, application: &str) -> Result<Vec<String>, RowsError> {
    let text = "SELECT owner FROM warehouse_withdrawn WHERE tenant_id = $1 AND application_id = $2
                EXCEPT SELECT owner FROM papers WHERE tenant_id = $1 AND application_id = $2 ORDER BY owner";
    let query = app.db.query(text).bind(tenant.to_owned()).bind(application.to_owned());
    let rows = query.fetch_all(app.db.reader(Freshness::Latest)).await?;
    Ok(rows.iter().map(|row| row.col("owner")).collect::<Result<_, _>>()?)
}

/// What the warehouse has of each paper.
async fn known(app: &App, tenant: &str, application: &str) -> Result<HashMap<String, String>, RowsError> {
    let text = "SELECT owner, hash FROM warehouse_sent WHERE tenant_id = $1 AND application_id = $2";
    let query = app.db.query(text).bind(tenant.to_owned()).bind(application.to_owned());
    let rows = query.fetch_all(app.db.reader(Freshness::Latest)).await?;
    rows.iter().map(|row| Ok((row.col("owner")?, row.col("hash")?))).collect()
}

/// Notes what was sent.
pub async fn note(app: &App, tenant: &str, application: &str, sent: Sent) -> Result<(), RowsError> {
    let mut tx = app.db.begin().await?;
    for owner in sent.withdrawn {
        let text = "DELETE FROM warehouse_withdrawn WHERE tenant_id = $1 AND application_id = $2 AND owner = $3";
        let query = app.db.query(text).bind(tenant.to_owned()).bind(application.to_owned()).bind(owner);
        query.execute(&mut *tx).await?;
    }
    // Papers that were deleted meanwhile have no place to be noted in.
    let text = "SELECT owner FROM papers WHERE tenant_id = $1 AND application_id = $2";
    let query = app.db.query(text).bind(tenant.to_owned()).bind(application.to_owned());
    let there = query.fetch_all(&mut *tx).await?;
    let there =
        there.iter().map(|row| row.col::<String>("owner")).collect::<Result<std::collections::HashSet<_>, _>>()?;
    let row = |(owner, hash): (String, String)| -> Vec<Cell> {
        vec![tenant.into(), application.into(), owner.into(), hash.into()]
    };
    let all = sent.papers.into_iter().filter(|(owner, _)| there.contains(owner)).map(row).collect();
    let columns = "warehouse_sent (tenant_id, application_id, owner, hash)";
    let latest = "ON CONFLICT (tenant_id, application_id, owner) DO UPDATE SET hash = excluded.hash";
    rows::insert(&mut tx, app.db.dialect(), columns, latest, all).await?;
    tx.commit().await?;
    Ok(())
}

fn paper_rows(
    writing: &mut Writing,
    material: &Material,
    application: &str,
    revision: Millis,
    held: &Held,
    paper: &Paper,
    graded: &Graded,
) -> std::io::Result<()> {
    // Everything that a row is made of.
    let whose = [&held.student, &held.sheet, &held.unit, &held.room, &held.class];
    let says =
        format!("{}|{}|{whose:?}|{:?}|{}", material.revision, graded.standing.name(), paper.version(), paper.written());
    let hash = hex(&Sha256::digest(says));
    if writing.known.get(&held.owner) == Some(&hash) {
        return Ok(());
    }
    writing.sent.push((held.owner.clone(), hash));
    let of_paper = [
        json!(revision),
        json!(application),
        json!(material.revision),
        json!(held.student),
        json!(held.sheet),
        json!(held.unit),
        json!(held.room),
        json!(held.class),
        json!(paper.version()),
        json!(graded.language),
        json!(graded.standing.name()),
        json!(graded.points.map(|p| p.to_f64())),
        json!(graded.max.to_f64()),
    ];
    for marked in &graded.questions {
        let float = |n: crate::grade::Exact| *n.numer() as f64 / *n.denom() as f64;
        let own = [
            json!(material.key.questions[marked.question].id),
            json!(marked.status.name()),
            json!(Some(&marked.answer).filter(|a| !a.is_empty())),
            json!(marked.verdict),
            json!(Some(float(marked.points)).filter(|_| !marked.verdict.waits())),
            json!(float(marked.max)),
            json!(held.owner),
        ];
        writing.results.push(of_paper.iter().cloned().chain(own))?;
    }
    Ok(())
}

fn question_rows(
    rows: &mut Rows,
    application: &str,
    revision: Millis,
    table: &statistics::Table,
    said: &Statistics,
) -> std::io::Result<()> {
    for (question, item) in table.questions().iter().zip(&said.items) {
        let key: Vec<&str> = question.key.iter().map(|&a| question.answers[usize::from(a)].as_str()).collect();
        let parameter = |of: fn(&statistics::irt::Parameters) -> f64| json!(question.parameters.as_ref().map(of));
        let values: Vec<Value> = vec![
            json!(revision),
            json!(application),
            json!(question.id),
            json!(question.annulled),
            json!(question.max),
            json!(key.join(" ")),
            json!(question.skills.join(" ")),
            json!(item.students),
            json!(item.blank),
            json!(item.invalid),
            json!(item.doubtful),
            json!(item.facility),
            json!(item.discrimination),
            json!(item.point_biserial),
            json!(item.biserial),
            json!(item.item_rest),
            parameter(|p| p.a),
            parameter(|p| p.b),
            parameter(|p| p.c),
        ];
        rows.push(values)?;
    }
    Ok(())
}
