//! An exam: what was printed against what was read, room by room, with what to do.

use super::names::{Numbers, People, Places};
use super::says;
use super::shell::{Shell, Visitor, html, segment};
use crate::service::App;
use crate::service::http::applications::{self, Counts, Reconciliation};
use crate::service::http::extract::Path;
use crate::service::http::{Kind, Problem};
use crate::service::store::db::{Columns, Freshness};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "application.html")]
struct ApplicationPage {
    s: Shell,
    id: String,
    title: Option<String>,
    path: String,
    here: &'static str,
    totals: Counts,
    rooms: Vec<Room>,
    named: bool,
    /// Batches with pages of it that a person must see.
    waiting: Vec<Uuid>,
}

struct Room {
    unit: String,
    name: String,
    counts: Counts,
    missing: Vec<Missing>,
    absent: Vec<String>,
}

struct Missing {
    student: String,
    /// `p. 2`, where some of its pages are there; empty where none is.
    pages: String,
}

pub async fn page(State(app): State<App>, v: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    shown(app, v, id, false).await
}

/// The same with students' names, for a person who asked for them.
pub async fn with_names(State(app): State<App>, v: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    shown(app, v, id, true).await
}

async fn shown(app: App, v: Visitor, id: String, named: bool) -> Result<Response, Problem> {
    let read = v.read()?;
    let all = match applications::reconciliation(State(app.clone()), read, Path(id.clone())).await {
        Ok(axum::Json(all)) => all,
        // Nothing was printed here; batches may have been sent all the same.
        Err(problem) if problem.status() == StatusCode::NOT_FOUND => {
            let known = super::applications::all(&app, &v.caller).await?;
            if known.iter().all(|a| a.id != id) {
                return Err(Kind::NotFound.because("nothing of this exam was printed or read for you"));
            }
            Reconciliation::default()
        }
        Err(problem) => return Err(problem),
    };
    let places = Places::of(&app, &v.caller, &id).await?;
    let numbers = Numbers::of(&app, &v.caller, &id).await?;
    let people = if named { People::of(&app, &v.caller, &id).await? } else { People::default() };
    let s = v.shell("applications");
    let rooms = all
        .rooms
        .into_iter()
        // What is of no room is in the totals.
        .filter(|r| r.room.is_some() || r.counts.printed + r.counts.spares > 0)
        .map(|r| Room::of(&s, r, &places, &Called { numbers: &numbers, people: &people }))
        .collect();
    let title = super::applications::title(&app, &v.caller, &id).await?;
    let path = format!("/aplicacoes/{}", segment(&id));
    let waiting = if all.totals.review > 0 { waiting(&app, &v, &id).await? } else { Vec::new() };
    html(&ApplicationPage { s, id, title, path, here: "reconciliation", totals: all.totals, rooms, named, waiting })
}

async fn waiting(app: &App, v: &Visitor, id: &str) -> Result<Vec<Uuid>, Problem> {
    let text = "SELECT DISTINCT p.batch_id AS batch FROM pages p JOIN sheets s ON s.tenant_id = p.tenant_id AND s.id = p.sheet_id
                WHERE s.tenant_id = $1 AND s.application_id = $2 AND s.kind = 'sheet' AND p.outcome = 'review' ORDER BY batch";
    let query = app.db.query(text).bind(v.caller.tenant.clone()).bind(id.to_owned());
    let rows = query.fetch_all(app.db.reader(Freshness::Latest)).await?;
    let batches = rows.iter().map(|row| row.col("batch")).collect::<Result<Vec<String>, _>>()?;
    Ok(batches.iter().filter_map(|id| Uuid::parse_str(id).ok()).collect())
}

/// How students are called.
struct Called<'a> {
    numbers: &'a Numbers,
    people: &'a People,
}

impl Called<'_> {
    fn name(&self, student: &str) -> String {
        let number = self.numbers.name(student).to_owned();
        self.people.name(student).map_or(number.clone(), |name| format!("{number} {name}"))
    }
}

impl Room {
    fn of(s: &Shell, room: applications::Room, places: &Places, called: &Called) -> Room {
        let (unit, name) = places.name(room.unit.as_deref(), room.room.as_deref());
        let pages = |m: &applications::Missing| {
            let said: Vec<String> = m.pages.iter().map(|p| format!("{} {p}", s.w.p)).collect();
            said.join(", ")
        };
        let missing = room.missing_sheets.iter().map(|m| Missing { student: called.name(&m.student), pages: pages(m) });
        Room {
            unit,
            name,
            missing: missing.collect(),
            absent: room.absent_students.iter().map(|a| called.name(a)).collect(),
            counts: room.counts,
        }
    }
}

impl ApplicationPage {
    fn send(&self) -> String {
        format!("/lotes/novo?aplicacao={}", segment(&self.id))
    }

    /// `31 impressas, 28 lidas, 2 ausentes, 1 faltando`
    fn sentence(&self, c: &Counts) -> String {
        let w = self.s.w;
        let mut parts = vec![self.counted(c.printed, w.one_printed, w.many_printed)];
        for (n, one, many) in [
            (c.read, w.one_read, w.many_read),
            (c.review, w.one_to_review, w.many_to_review),
            (c.absent, w.one_absent, w.many_absent),
            (c.missing, w.one_missing, w.many_missing),
            (c.duplicate, w.one_duplicate, w.many_duplicate),
            (c.spares, w.one_spare, w.many_spare),
            (c.foreign, w.one_foreign, w.many_foreign),
        ] {
            if n > 0 {
                parts.push(self.counted(n, one, many));
            }
        }
        parts.join(", ")
    }

    /// Of the batches that wait, this is the so manieth.
    fn review_of(&self, i: &usize) -> String {
        self.s.review_of(*i, self.waiting.len())
    }

    fn counted(&self, n: u64, one: &str, many: &str) -> String {
        says::fill(if n == 1 { one } else { many }, &[&self.s.number(n)])
    }
}
