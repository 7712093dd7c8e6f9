//! The key of an exam: what is right and what it is worth, as a table and as a whole; annulments; and what was before.

mod expand;
mod table;

pub use expand::questions;
pub use table::said;

use super::form::Form;
use super::names::Numbers;
use super::says;
use super::shell::{Shell, Visitor, html, segment};
use crate::grade::Points;
use crate::json::Fault;
use crate::service::App;
use crate::service::analysis::{self, Printed};
use crate::service::http::Problem;
use crate::service::http::extract::{Path, Query};
use crate::service::http::key::{self, KeyPut, KeyRevision};
use crate::service::http::paging::{self, Paging};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use table::{AS_IT_IS, EFFECTS, NOT_COUNTED, Row, Table};

#[derive(Template)]
#[template(path = "key.html")]
struct KeyPage {
    s: Shell,
    title: String,
    path: String,
    here: &'static str,
    table: Table,
    rules: Vec<String>,
    /// Revisions: that which holds, and that which is shown; 0: none.
    holds: i64,
    base: i64,
    revisions: Vec<KeyRevision>,
    /// What is wrong in no row.
    faults: Vec<Fault>,
    /// Somebody else put a key in the meantime.
    stale: bool,
    done: Option<Done>,
    /// The key as JSON, and whether it was this that was sent.
    whole: String,
    is_whole: bool,
}

/// What putting a key did.
struct Done {
    graded: u64,
    moved: Vec<Moved>,
}

struct Moved {
    student: String,
    before: String,
    after: String,
}

/// Grades that moved, told one by one.
const MOST_MOVED: usize = 200;

#[derive(Default, Deserialize)]
pub struct Which {
    revisao: Option<i64>,
}

pub async fn page(
    State(app): State<App>,
    v: Visitor,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    html(&KeyPage::of(&app, &v, id, which.revisao).await?)
}

pub async fn put(State(app): State<App>, v: Visitor, Path(id): Path<String>, form: Form) -> Result<Response, Problem> {
    let review = v.review()?;
    let number = |name| form.get(name).and_then(|n| n.parse::<i64>().ok());
    let mut page = KeyPage::of(&app, &v, id.clone(), number("base").filter(|n| *n > 0)).await?;
    // Pasted, or as a file.
    let whole = form.get("arquivo").or(form.get("inteiro")).unwrap_or_default();
    page.is_whole = form.has("inteiro") || form.has("arquivo");
    let body = if page.is_whole {
        page.whole = whole.trim_start_matches('\u{feff}').to_owned();
        match page.whole.trim() {
            "" => Err(Problem::field("arquivo", "missing; at least one file is expected")),
            said => serde_json::from_str(said).map_err(|e| Problem::field("", format!("not JSON: {e}"))),
        }
    } else {
        page.table.fill(&form);
        Ok(page.table.key())
    };
    let etag = key::revision_tag(number("vale").unwrap_or_default());
    let put = match body {
        Ok(body) => key::store(&app, &review.0, id.clone(), &body, Some(&etag)).await,
        Err(problem) => Err(problem),
    };
    let status = match put {
        Ok(put) => {
            let numbers = Numbers::of(&app, &v.caller, &id).await?;
            page = KeyPage::of(&app, &v, id, None).await?;
            page.done = Some(Done::of(&page.s, put, &numbers));
            StatusCode::OK
        }
        Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            let faults = problem.errors().to_vec();
            page.faults = if page.is_whole { faults } else { page.table.place(faults) };
            problem.status()
        }
        Err(problem) if problem.status() == StatusCode::PRECONDITION_FAILED => {
            page.stale = true;
            problem.status()
        }
        Err(problem) => return Err(problem),
    };
    let mut response = html(&page)?;
    *response.status_mut() = status;
    Ok(response)
}

impl KeyPage {
    async fn of(app: &App, v: &Visitor, id: String, revision: Option<i64>) -> Result<Self, Problem> {
        let all = Query(Paging { cursor: None, limit: Some(paging::MOST) });
        let axum::Json(page) = key::revisions(State(app.clone()), v.read()?, Path(id.clone()), all).await?;
        let mut revisions = page.items;
        revisions.reverse();
        let holds = revisions.first().map_or(0, |r| r.revision);
        let base = revision.unwrap_or(holds);
        let tenant = &v.caller.tenant;
        let key = match key::find(app, tenant, id.clone(), revision).await? {
            Some((key, _)) => Some(key),
            None if revision.is_some() => return Err(key::no_key()),
            None => None,
        };
        let printed: Vec<Printed> = analysis::printed(app, tenant, &id).await?;
        let whole = key.as_ref().map(|key| serde_json::to_string_pretty(key).unwrap_or_default());
        let table = Table::of(key.unwrap_or_else(|| json!({})), &printed);
        Ok(KeyPage {
            title: super::applications::title(app, &v.caller, &id).await?.unwrap_or_else(|| id.clone()),
            path: format!("/aplicacoes/{}", segment(&id)),
            here: "key",
            rules: table.rules(),
            table,
            holds,
            base,
            revisions,
            faults: Vec::new(),
            stale: false,
            done: None,
            whole: whole.unwrap_or_default(),
            is_whole: false,
            s: v.shell("applications"),
        })
    }

    /// The revision that is shown, where it does not hold any more.
    fn earlier(&self) -> Option<String> {
        (self.base != self.holds).then(|| says::fill(self.s.w.key_earlier, &[&self.base.to_string()]))
    }

    fn is_faulty(&self) -> bool {
        !self.faults.is_empty() || self.table.rows.iter().any(|r| !r.faults.is_empty())
    }

    fn cells(&self, row: &Row) -> [(&'static str, bool); 4] {
        [
            (self.s.w.key_fault_answer, row.is_wrong("answer")),
            (self.s.w.key_fault_points, row.is_wrong("points")),
            (self.s.w.key_fault_rule, row.is_wrong("rule")),
            (self.s.w.key_fault_annulled, row.is_wrong("annulled")),
        ]
    }

    fn as_it_is(&self, row: &Row) -> String {
        says::fill(self.s.w.rule_own, &[row.own_rule.as_deref().unwrap_or("?")])
    }

    /// Of the grades that moved, how many are not told one by one.
    fn others(&self, done: &Done) -> String {
        says::fill(self.s.w.and_others, &[&self.s.number((done.moved.len() - MOST_MOVED) as u64)])
    }

    fn told(&self, done: &Done) -> String {
        let w = self.s.w;
        let graded =
            says::fill(if done.graded == 1 { w.one_regraded } else { w.many_regraded }, &[&self.s.number(done.graded)]);
        let moved = done.moved.len() as u64;
        let moved = match moved {
            0 => w.none_moved.to_owned(),
            1 => w.one_moved.to_owned(),
            n => says::fill(w.many_moved, &[&self.s.number(n)]),
        };
        format!("{} {graded} {moved}", w.key_saved)
    }
}

impl Done {
    fn of(s: &Shell, put: KeyPut, numbers: &Numbers) -> Self {
        let points = |points: Option<Points>, outcome: &str| match points {
            Some(points) => s.points(points),
            None => s.w.standing(outcome).to_owned(),
        };
        let moved = put.moved.into_iter().map(|m| Moved {
            before: points(m.before, &m.outcome_before),
            after: points(m.after, m.outcome_after),
            student: match (m.student, m.sheet) {
                (Some(student), _) => numbers.name(&student).to_owned(),
                (None, sheet) => format!("{} {}", s.w.sheet, sheet.unwrap_or_default()),
            },
        });
        Done { graded: put.graded, moved: moved.collect() }
    }
}
