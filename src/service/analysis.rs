//! An exam's papers graded one after another, for whoever looks at all of them: statistics, and the warehouse.

use super::App;
use super::grades::{Filter, GradesError, Held, Material, hold};
use super::store::DbError;
use super::store::db::{Columns, Freshness};
use crate::grade::versions::Order;
use crate::grade::{Detail, Graded, Key, Paper, Question, Shape};
use crate::sheet::Layout;
use crate::sheet::field::FieldKind;
use crate::statistics::gather::Gathering;
use crate::statistics::{Student, Table};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Papers that are read from the database at once.
const AT_ONCE: i64 = 5_000;

/// Hands every paper with its grade to `each`, away from the threads that answer requests, and gives back what they made.
///
/// # Errors
/// [`GradesError`]
pub async fn each<S: Send + 'static>(
    app: &App,
    tenant: &str,
    application: &str,
    material: &Arc<Material>,
    mut made: S,
    each: impl Fn(&mut S, &Held, &Paper, &Graded) + Clone + Send + 'static,
) -> Result<S, GradesError> {
    let mut after = String::new();
    loop {
        let held = hold(&app.db, tenant, application, &Filter::default(), &after, AT_ONCE).await?;
        let Some(last) = held.last() else { return Ok(made) };
        after.clone_from(&last.owner);
        let (material, each) = (material.clone(), each.clone());
        made = tokio::task::spawn_blocking(move || {
            material.grade(&held, Detail::Answers, |held, paper, graded| each(&mut made, held, paper, &graded));
            made
        })
        .await?;
    }
}

/// What statistics are made of; None: the exam has no key.
///
/// # Errors
/// [`GradesError`]
pub async fn table(app: &App, tenant: &str, application: &str) -> Result<Option<Table>, GradesError> {
    let Some(material) = Material::of(&app.db, tenant, application).await? else { return Ok(None) };
    let material = Arc::new(material);
    let gathering = gathering(app, tenant, application, &material.key).await?;
    let add = |gathering: &mut Gathering, held: &Held, _: &Paper, graded: &Graded| add(gathering, held, graded);
    Ok(Some(each(app, tenant, application, &material, gathering, add).await?.table()))
}

/// An empty table of the key's questions.
///
/// # Errors
/// [`GradesError`]
pub async fn gathering(app: &App, tenant: &str, application: &str, key: &Key) -> Result<Gathering, GradesError> {
    let labels = labels(app, tenant, application).await?;
    // Where booklets have versions a question need not name a field of any sheet; most questions are alike.
    let usual = usual(&labels);
    let of = |question: &Question| labels.get(&question.field).unwrap_or(&usual).clone();
    Ok(Gathering::new(key, of))
}

pub fn add(gathering: &mut Gathering, held: &Held, graded: &Graded) {
    // A sheet that names nobody answers too.
    let id = held.student.clone().unwrap_or_else(|| held.owner.clone());
    let student = Student { id, unit: held.unit.clone(), room: held.room.clone(), class: held.class.clone() };
    if let Err(e) = gathering.add(student, graded) {
        tracing::error!(reason = e.reason, "a grade does not fit its key");
    }
}

/// The alternatives of every field of the exam's sheets; of one without any an empty list.
async fn labels(app: &App, tenant: &str, application: &str) -> Result<HashMap<String, Vec<String>>, GradesError> {
    let labels = |(id, kind)| match kind {
        FieldKind::Choice { labels, .. } => (id, labels),
        _ => (id, Vec::new()),
    };
    Ok(fields(app, tenant, application).await?.into_iter().map(labels).collect())
}

/// The fields of the exam's sheets, in their order.
async fn fields(app: &App, tenant: &str, application: &str) -> Result<Vec<(String, FieldKind)>, GradesError> {
    let text = "SELECT body{as_text} AS body FROM layouts WHERE tenant_id = $1 AND id IN
                    (SELECT layout_id FROM sheets WHERE tenant_id = $1 AND application_id = $2 AND kind = 'sheet')
                ORDER BY id";
    let query = app.db.query(text).bind(tenant.to_owned()).bind(application.to_owned());
    let mut all: Vec<(String, FieldKind)> = Vec::new();
    for row in query.fetch_all(app.db.reader(Freshness::Committed)).await? {
        let body = serde_json::from_str(&row.col::<String>("body")?)?;
        let layout = Layout::from_json(body).map_err(|e| DbError::Decode(Box::new(e)))?;
        for field in layout.content.pages.into_iter().flat_map(|p| p.fields) {
            if all.iter().all(|(id, _)| *id != field.id) {
                all.push((field.id, field.kind));
            }
        }
    }
    Ok(all)
}

/// A question as it was printed: what a key would name.
#[derive(Clone, Debug, Default)]
pub struct Printed {
    pub question: String,
    pub language: Option<String>,
    /// Its field's type, where that is known.
    pub field_type: Option<String>,
    /// All of its field, where the sheet was printed here.
    pub kind: Option<FieldKind>,
}

impl Printed {
    fn field((question, kind): (String, FieldKind)) -> Self {
        Printed { question, field_type: Some(kind.name().to_owned()), kind: Some(kind), ..Printed::default() }
    }
}

/// The questions of an exam as they were printed: of its booklets, where it has some, or the fields of its sheets. Of
/// sheets that were not printed here, the fields that were read.
///
/// # Errors
/// [`GradesError`]
pub async fn printed(app: &App, tenant: &str, application: &str) -> Result<Vec<Printed>, GradesError> {
    let fields = fields(app, tenant, application).await?;
    let text = "SELECT questions{as_text} AS questions FROM booklet_orders WHERE tenant_id = $1 AND package_id IN
                    (SELECT id FROM packages WHERE tenant_id = $1 AND application_id = $2)
                ORDER BY package_id, CASE WHEN name = 'version/1' THEN 0 ELSE 1 END, name LIMIT 1";
    let query = app.db.query(text).bind(tenant.to_owned()).bind(application.to_owned());
    let Some(row) = query.fetch_optional(app.db.reader(Freshness::Committed)).await? else {
        return match fields.is_empty() {
            true => read(app, tenant, application).await,
            false => Ok(fields.into_iter().map(Printed::field).collect()),
        };
    };
    let order: Order = serde_json::from_str(&row.col::<String>("questions")?)?;
    let printed = order.printed().map(|mapped| {
        let field = fields.iter().find(|(id, kind)| mapped.is_answered_by(id, kind.name()));
        let (question, language) = (mapped.question().to_owned(), mapped.language().map(str::to_owned));
        let kind = field.map(|(_, kind)| kind.clone());
        Printed { question, language, field_type: kind.as_ref().map(|k| k.name().to_owned()), kind }
    });
    Ok(printed.collect())
}

/// The fields of what was handed in.
async fn read(app: &App, tenant: &str, application: &str) -> Result<Vec<Printed>, GradesError> {
    let text = "SELECT id, fields{as_text} AS fields FROM paper_shapes WHERE tenant_id = $1 AND id IN
                    (SELECT shape_id FROM papers WHERE tenant_id = $1 AND application_id = $2) ORDER BY id";
    let query = app.db.query(text).bind(tenant.to_owned()).bind(application.to_owned());
    let mut all: Vec<Printed> = Vec::new();
    for row in query.fetch_all(app.db.reader(Freshness::Committed)).await? {
        let shape: Shape = serde_json::from_str(&row.col::<String>("fields")?)?;
        for (question, kind) in shape.0 {
            if all.iter().all(|p| p.question != question) {
                all.push(Printed { question, field_type: Some(kind), ..Printed::default() });
            }
        }
    }
    Ok(all)
}

fn usual(labels: &HashMap<String, Vec<String>>) -> Vec<String> {
    let mut counts: BTreeMap<&Vec<String>, usize> = BTreeMap::new();
    labels.values().filter(|l| !l.is_empty()).for_each(|l| *counts.entry(l).or_default() += 1);
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(labels, _)| labels.clone()).unwrap_or_default()
}
