//! A batch: how far it is, what came of its pages, what to do next.

use super::names::{self, Places};
use super::says::{self, outcome_of};
use super::shell::{REDIRECT, Shell, Visitor, html, segment};
use crate::read::result::{FieldReading, FieldStatus};
use crate::service::App;
use crate::service::http::batches::{self, Batch};
use crate::service::http::extract::{Path, Query};
use crate::service::http::{Problem, pages};
use crate::service::store::db::Freshness;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

/// Pictures on a page: each is drawn when it is first looked at.
const ON_A_PAGE: u32 = 24;

pub struct Thumb {
    pub number: u32,
    pub file: String,
    pub page: u32,
    pub outcome: &'static str,
    /// How many fields are in doubt.
    pub doubtful: usize,
}

/// Advice for whoever works the copier.
pub struct Hint {
    says: &'static str,
    pages: String,
}

/// What the counts say and what is to be done: this part of the page is told anew while the batch is read.
#[derive(Template)]
#[template(path = "batch-progress.html")]
pub struct Progress {
    s: Shell,
    batch: Batch,
    chosen: Option<String>,
}

impl Progress {
    fn count(&self, outcome: &str) -> u64 {
        self.batch.outcomes.get(outcome).copied().unwrap_or(0)
    }

    fn shown(&self) -> Vec<(&'static str, u64)> {
        let names = ["read", "review", "unidentified", "blank", "foreign", "error"];
        names.into_iter().map(|o| (o, self.count(o))).collect()
    }

    fn to_review(&self) -> u64 {
        self.count("review") + self.count("unidentified")
    }

    fn waiting(&self) -> String {
        let n = self.to_review();
        says::fill(if n == 1 { self.s.w.one_waits } else { self.s.w.many_wait }, &[&self.s.number(n)])
    }

    fn is_chosen(&self, outcome: &str) -> bool {
        self.chosen.as_deref() == Some(outcome)
    }
}

#[derive(Template)]
#[template(path = "batch.html")]
struct BatchPage {
    s: Shell,
    progress: Progress,
    name: String,
    application: Option<(String, String)>,
    thumbs: Vec<Thumb>,
    next: Option<String>,
    hints: Vec<Hint>,
    not_read: Vec<Missing>,
    /// Decisions that wait for a second person.
    second: u64,
}

/// A room of which sheets were not in the batch.
struct Missing {
    room: String,
    printed: u64,
    students: Vec<String>,
}

#[derive(Default, Deserialize)]
pub struct Which {
    situacao: Option<String>,
    depois: Option<String>,
}

pub async fn page(
    State(app): State<App>,
    v: Visitor,
    Path(id): Path<Uuid>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let read = v.read()?;
    let batch = batches::find(&app, &v.caller, id, Freshness::Latest).await?;
    let situacao = which.situacao.filter(|o| !o.is_empty());
    let filter = pages::Filter { outcome: situacao.clone(), cursor: which.depois, limit: Some(ON_A_PAGE) };
    let axum::Json(listed) = pages::list(State(app.clone()), read, Path(id), Query(filter)).await?;
    let thumbs = listed.items.into_iter().map(Thumb::of).collect::<Result<Vec<_>, _>>()?;
    let s = v.shell("batches");
    let summary = batch.summary.clone().unwrap_or_default();
    let application = batches::application(&app, &v.caller, id).await?;
    let not_read = not_read(&app, &v, application.as_deref(), &summary).await?;
    if batch.job.state.is_final() && s.may_review {
        super::review::soon(&app, &v, id);
    }
    html(&BatchPage {
        name: super::batches::files(&batch, s.w.and_others),
        application: application.map(|a| (format!("/aplicacoes/{}", segment(&a)), a)),
        thumbs,
        next: listed.next_cursor,
        second: super::review::for_second(&app, &v, id).await?,
        hints: hints(&s, &summary),
        not_read,
        progress: Progress { s: v.shell("batches"), batch, chosen: situacao },
        s,
    })
}

impl Thumb {
    fn of(page: pages::BatchPage) -> Result<Self, Problem> {
        let reading = page.reading;
        let fields: Vec<FieldReading> = serde_json::from_str(reading.fields.get()).map_err(std::io::Error::from)?;
        let doubtful = fields.iter().filter(|f| f.status == FieldStatus::Doubtful).count();
        Ok(Thumb {
            number: page.number,
            outcome: outcome_of(reading.outcome, &reading.issues),
            file: reading.source.file,
            page: reading.source.page,
            doubtful,
        })
    }
}

fn hints(s: &Shell, summary: &Value) -> Vec<Hint> {
    let hint = |hint: &Value| {
        let count = |key: &str| s.number(hint[key].as_u64().unwrap_or(0));
        let pages = says::fill(s.w.on_pages_of, &[&count("pages"), &count("of")]);
        Some(Hint { says: s.w.hint(hint["code"].as_str()?), pages })
    };
    summary["hints"].as_array().into_iter().flatten().filter_map(hint).collect()
}

async fn not_read(app: &App, v: &Visitor, application: Option<&str>, summary: &Value) -> Result<Vec<Missing>, Problem> {
    let Some(application) = application else { return Ok(Vec::new()) };
    let places = Places::of(app, &v.caller, application).await?;
    let numbers = names::Numbers::of(app, &v.caller, application).await?;
    let room = |room: &Value| {
        let (_, name) = places.name(room["unit"].as_str(), room["room"].as_str());
        let students = room["students"].as_array().into_iter().flatten().filter_map(Value::as_str);
        Missing {
            room: name,
            printed: room["printed"].as_u64().unwrap_or(0),
            students: students.map(|id| numbers.name(id).to_owned()).collect(),
        }
    };
    Ok(summary["not_read"].as_array().into_iter().flatten().map(room).collect())
}

pub async fn progress(
    State(app): State<App>,
    v: Visitor,
    Path(id): Path<Uuid>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    v.read()?;
    let batch = batches::find(&app, &v.caller, id, Freshness::Latest).await?;
    let done = batch.job.state.is_final();
    let page = html(&Progress { s: v.shell("batches"), batch, chosen: which.situacao })?;
    // Only what is finished has advice and missing sheets: the whole page is to be shown.
    Ok(if done { ([(REDIRECT, format!("/lotes/{id}"))], page).into_response() } else { page })
}

pub async fn cancel(State(app): State<App>, v: Visitor, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    batches::delete(State(app), v.read()?, Path(id)).await?;
    Ok(Redirect::to(&format!("/lotes/{id}")).into_response())
}

impl BatchPage {
    fn for_second(&self) -> String {
        let w = self.s.w;
        says::fill(if self.second == 1 { w.one_second } else { w.many_second }, &[&self.s.number(self.second)])
    }

    /// The link to more pages of the same kind.
    fn more(&self, next: &str) -> String {
        let id = self.progress.batch.id;
        let chosen = self.progress.chosen.as_deref().unwrap_or_default();
        format!("/lotes/{id}?situacao={chosen}&depois={next}#paginas")
    }
}
