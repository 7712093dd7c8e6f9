//! What grading takes: the key that holds, the shapes of papers, the orders of booklets; and the papers.

use super::GradesError;
use crate::grade::paper::answers;
use crate::grade::versions::{Order, Versions};
use crate::grade::{Detail, Graded, Grader, Key, KeyError, Paper, Shape};
use crate::output::grades::Row;
use crate::service::store::db::{Columns, Freshness, Tx};
use crate::service::store::{Db, DbError};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use std::collections::HashMap;
use std::sync::Arc;

/// The columns of [`Held`], of papers `p`, grades `g` and the orders `o` of single sheets.
macro_rules! held_columns {
    () => {
        "SELECT p.owner AS owner, p.student_id AS student, p.sheet_id AS sheet, p.package_id AS package, p.unit_id AS unit,
            p.room_id AS room, p.class_id AS class, p.version AS version, p.shape_id AS shape, p.answers AS answers,
            p.absent AS absent, p.review AS review, g.outcome AS outcome, g.points AS points, g.max AS max, o.questions{as_text} AS questions
        FROM papers p
        LEFT JOIN grades g ON g.tenant_id = p.tenant_id AND g.application_id = p.application_id AND g.owner = p.owner
        LEFT JOIN booklet_orders o ON o.tenant_id = p.tenant_id AND o.package_id = p.package_id
            AND o.name = 'sheet/' || p.sheet_id
        WHERE p.tenant_id = $1 AND p.application_id = $2 "
    };
}
pub(super) use held_columns;

macro_rules! the_key {
    () => {
        "SELECT body{as_text} AS body, revision FROM answer_keys WHERE tenant_id = $1 AND application_id = $2"
    };
}

pub struct Material {
    pub key: Arc<Key>,
    pub revision: i64,
    shapes: HashMap<String, Arc<Shape>>,
    /// By package.
    orders: HashMap<String, Versions>,
}

/// A paper as it is kept, with the grade that it has.
#[derive(Clone, Debug)]
pub struct Held {
    pub owner: String,
    pub student: Option<String>,
    pub sheet: Option<String>,
    pub unit: Option<String>,
    pub room: Option<String>,
    pub class: Option<String>,
    /// None: not graded yet.
    pub grade: Option<Stored>,
    package: Option<String>,
    version: Option<u32>,
    shape: Option<String>,
    answers: String,
    absent: bool,
    review: bool,
    /// Of the sheet alone.
    order: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub outcome: String,
    /// In millionths.
    pub points: Option<i64>,
    pub max: i64,
}

impl Held {
    pub fn of(row: &AnyRow) -> Result<Self, DbError> {
        let grade = match row.col::<Option<String>>("outcome")? {
            Some(outcome) => Some(Stored { outcome, points: row.col("points")?, max: row.col("max")? }),
            None => None,
        };
        Ok(Held {
            owner: row.col("owner")?,
            student: row.col("student")?,
            sheet: row.col("sheet")?,
            unit: row.col("unit")?,
            room: row.col("room")?,
            class: row.col("class")?,
            grade,
            package: row.col("package")?,
            version: row.col::<Option<i64>>("version")?.and_then(|v| u32::try_from(v).ok()),
            shape: row.col("shape")?,
            answers: row.col("answers")?,
            absent: row.col::<i64>("absent")? == 1,
            review: row.col::<i64>("review")? == 1,
            order: row.col("questions")?,
        })
    }
}

/// Which papers of an exam.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub unit: Option<String>,
    pub room: Option<String>,
    pub class: Option<String>,
    pub outcome: Option<String>,
    /// `student/…`, or `sheet/…` of one that names nobody.
    pub owner: Option<String>,
}

/// Papers in the order of their owners, after one, at most so many.
///
/// # Errors
/// Of the database.
pub async fn hold(
    db: &Db,
    tenant: &str,
    application: &str,
    filter: &Filter,
    after: &str,
    limit: i64,
) -> Result<Vec<Held>, DbError> {
    let text = concat!(
        held_columns!(),
        "AND ($3 = '' OR p.unit_id = $3) AND ($4 = '' OR p.room_id = $4) AND ($5 = '' OR p.class_id = $5)
        AND ($6 = '' OR g.outcome = $6) AND ($7 = '' OR p.owner = $7) AND p.owner > $8 ORDER BY p.owner LIMIT $9"
    );
    let said = |text: &Option<String>| text.clone().unwrap_or_default();
    let query = db.query(text).bind(tenant.to_owned()).bind(application.to_owned());
    let query = query.bind(said(&filter.unit)).bind(said(&filter.room)).bind(said(&filter.class));
    let query = query.bind(said(&filter.outcome)).bind(said(&filter.owner)).bind(after.to_owned()).bind(limit);
    let rows = query.fetch_all(db.reader(Freshness::Committed)).await?;
    rows.iter().map(Held::of).collect()
}

impl Material {
    /// To look at. None: the exam has no key.
    ///
    /// # Errors
    /// [`GradesError`]
    pub async fn of(db: &Db, tenant: &str, application: &str) -> Result<Option<Self>, GradesError> {
        let mut connection = db.reader(Freshness::Committed).connection().await?;
        let text = the_key!();
        Self::with_key(db, &mut connection, text, tenant, application).await
    }

    /// To grade by: the key's row is locked until the transaction ends, so that two do not grade an exam at once.
    ///
    /// # Errors
    /// [`GradesError`]
    pub async fn locked(db: &Db, tx: &mut Tx, tenant: &str, application: &str) -> Result<Option<Self>, GradesError> {
        let text = concat!(the_key!(), " {for_update}");
        Self::with_key(db, tx, text, tenant, application).await
    }

    async fn with_key(
        db: &Db,
        connection: &mut AnyConnection,
        text: &'static str,
        tenant: &str,
        application: &str,
    ) -> Result<Option<Self>, GradesError> {
        let query = db.query(text).bind(tenant.to_owned()).bind(application.to_owned());
        let Some(row) = query.fetch_optional(&mut *connection).await? else { return Ok(None) };
        let key = Key::parse(row.col::<String>("body")?.as_bytes()).map_err(|e| {
            GradesError::Key(match e {
                KeyError::Invalid(faults) => faults.first().map(ToString::to_string).unwrap_or_default(),
                e => e.to_string(),
            })
        })?;
        let text = "SELECT id, fields{as_text} AS fields FROM paper_shapes WHERE tenant_id = $1 AND id IN
                        (SELECT shape_id FROM papers WHERE tenant_id = $1 AND application_id = $2)";
        let query = db.query(text).bind(tenant.to_owned()).bind(application.to_owned());
        let mut shapes = HashMap::new();
        for row in query.fetch_all(&mut *connection).await? {
            shapes.insert(row.col("id")?, Arc::new(serde_json::from_str(&row.col::<String>("fields")?)?));
        }
        let text = "SELECT package_id, name, questions{as_text} AS questions FROM booklet_orders
                    WHERE tenant_id = $1 AND name LIKE 'version/%' AND package_id IN
                        (SELECT package_id FROM papers WHERE tenant_id = $1 AND application_id = $2)";
        let query = db.query(text).bind(tenant.to_owned()).bind(application.to_owned());
        let mut orders: HashMap<String, Versions> = HashMap::new();
        for row in query.fetch_all(&mut *connection).await? {
            let order: Order = serde_json::from_str(&row.col::<String>("questions")?)?;
            let name: String = row.col("name")?;
            if let Some(version) = name.strip_prefix("version/").and_then(|n| n.parse().ok()) {
                orders.entry(row.col("package_id")?).or_default().add_version(version, order);
            }
        }
        Ok(Some(Material { key: Arc::new(key), revision: row.col("revision")?, shapes, orders }))
    }

    /// Grades papers one after another.
    pub fn grade<'h, T>(
        &self,
        papers: impl IntoIterator<Item = &'h Held>,
        detail: Detail,
        mut then: impl FnMut(&'h Held, &Paper, Graded) -> T,
    ) -> Vec<T> {
        let mut graders: HashMap<Option<&str>, Grader> = HashMap::new();
        let mut all = Vec::new();
        for held in papers {
            let paper = self.paper(held);
            let own = held.order.as_ref().and_then(|o| serde_json::from_str::<Order>(o).ok());
            let graded = match (own, &held.sheet) {
                (Some(order), Some(sheet)) => {
                    let mut versions = Versions::default();
                    versions.add_sheet(sheet.clone(), order);
                    Grader::new(&self.key, Some(&versions)).grade(&paper, held.absent, detail)
                }
                _ => {
                    let package = held.package.as_deref().filter(|p| self.orders.contains_key(*p));
                    let versions = package.and_then(|p| self.orders.get(p));
                    let grader = graders.entry(package).or_insert_with(|| Grader::new(&self.key, versions));
                    grader.grade(&paper, held.absent, detail)
                }
            };
            all.push(then(held, &paper, graded));
        }
        all
    }

    /// The rows of a table, one after another.
    ///
    /// # Errors
    /// The first of `then`.
    pub fn rows<E>(&self, papers: &[Held], mut then: impl FnMut(&Row) -> Result<(), E>) -> Result<(), E> {
        let done = self.grade(papers, Detail::Points, |held, paper, graded| {
            then(&Row {
                student: held.student.clone(),
                sheet: held.sheet.clone(),
                unit: held.unit.clone(),
                room: held.room.clone(),
                class: held.class.clone(),
                version: paper.version(),
                graded,
            })
        });
        done.into_iter().collect()
    }

    fn paper<'h>(&self, held: &'h Held) -> Paper<'h> {
        let shape = held.shape.as_ref().and_then(|s| self.shapes.get(s));
        let answers = if shape.is_some() { answers(&held.answers) } else { Vec::new() };
        Paper {
            sheet: held.sheet.clone(),
            version: held.version,
            review: held.review,
            shape: shape.cloned().unwrap_or_default(),
            answers,
        }
    }
}
