//! What is printed: how far a package is, its files, and printing one student or room again.

use super::faults;
use super::form::Form;
use super::shell::{REDIRECT, Shell, Visitor, html};
use crate::service::App;
use crate::service::http::Problem;
use crate::service::http::extract::{Json, Path, Query};
use crate::service::http::packages::{self, File, Package, Reprint};
use crate::service::http::paging::{Page, Paging};
use crate::service::store::db::{Columns, Freshness};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::collections::HashMap;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "packages.html")]
struct ListPage {
    s: Shell,
    all: Page<Package>,
    titles: HashMap<String, String>,
}

#[derive(Deserialize)]
pub struct After {
    depois: Option<String>,
}

pub async fn list(
    State(app): State<App>,
    v: Visitor,
    Query(After { depois }): Query<After>,
) -> Result<Response, Problem> {
    let paging = Paging { cursor: depois, limit: Some(30) };
    let axum::Json(all) = packages::list(State(app.clone()), v.print()?, Query(paging)).await?;
    let text = "SELECT id, title FROM packages WHERE tenant_id = $1 AND title IS NOT NULL ORDER BY id DESC LIMIT 1000";
    let query = app.db.query(text).bind(v.caller.tenant.clone());
    let mut titles = HashMap::new();
    for row in query.fetch_all(app.db.reader(Freshness::Committed)).await? {
        titles.insert(row.col("id")?, row.col("title")?);
    }
    html(&ListPage { s: v.shell("packages"), all, titles })
}

impl ListPage {
    fn title(&self, package: &Package) -> String {
        self.titles.get(&package.id.to_string()).unwrap_or(&package.application).clone()
    }
}

#[derive(Template)]
#[template(path = "package-progress.html")]
struct Progress {
    s: Shell,
    package: Package,
}

impl Progress {
    fn reported(&self, what: &str) -> u64 {
        self.package.report.as_ref().and_then(|r| r[what].as_u64()).unwrap_or(0)
    }
}

#[derive(Template)]
#[template(path = "package.html")]
struct PackagePage {
    s: Shell,
    progress: Progress,
    title: String,
    rooms: Vec<(String, String)>,
    /// What was to be printed again and can't be: what was typed, and why.
    wrong: Option<(String, String)>,
}

impl PackagePage {
    /// What a person prints, and what programs read; the first is shown at once.
    fn lists(&self) -> Vec<(&'static str, Vec<&File>, bool)> {
        let (print, other): (Vec<&File>, Vec<&File>) =
            self.progress.package.files.iter().partition(|f| is_to_print(&f.name));
        let lists = [(self.s.w.files_to_print, print, true), (self.s.w.files_for_systems, other, false)];
        lists.into_iter().filter(|(_, files, _)| !files.is_empty()).collect()
    }
}

fn is_to_print(name: &str) -> bool {
    name.ends_with(".pdf") || name.ends_with(".zip")
}

pub async fn page(State(app): State<App>, v: Visitor, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    shown(&app, &v, id, None).await
}

async fn shown(app: &App, v: &Visitor, id: Uuid, wrong: Option<(String, String)>) -> Result<Response, Problem> {
    v.print()?;
    let package = packages::find(app, &v.caller, id, Freshness::Latest).await?;
    let title = super::applications::title(app, &v.caller, &package.application).await?;
    let text = "SELECT room_id, unit_name, room_name FROM places WHERE package_id = $1 ORDER BY unit_name, room_name";
    let mut rooms = Vec::new();
    for row in app.db.query(text).bind(id.to_string()).fetch_all(app.db.reader(Freshness::Latest)).await? {
        let name = format!("{} · {}", row.col::<String>("unit_name")?, row.col::<String>("room_name")?);
        rooms.push((row.col("room_id")?, name));
    }
    let title = title.unwrap_or_else(|| package.application.clone());
    let progress = Progress { s: v.shell("packages"), package };
    html(&PackagePage { s: v.shell("packages"), progress, title, rooms, wrong })
}

pub async fn progress(State(app): State<App>, v: Visitor, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    v.print()?;
    let package = packages::find(&app, &v.caller, id, Freshness::Latest).await?;
    let done = package.job.state.is_final();
    let page = html(&Progress { s: v.shell("packages"), package })?;
    Ok(if done { ([(REDIRECT, format!("/malotes/{id}"))], page).into_response() } else { page })
}

/// A PDF, for download; or the page once more, with what is wrong.
pub async fn reprint(
    State(app): State<App>,
    v: Visitor,
    Path(id): Path<Uuid>,
    form: Form,
) -> Result<Response, Problem> {
    match reprinted(&app, &v, id, &form).await {
        Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            let said = faults::detail(v.lang, &problem).unwrap_or_else(|| v.w().fault(problem.status()).0.to_owned());
            let typed = form.get("matricula").unwrap_or_default().to_owned();
            let mut page = shown(&app, &v, id, Some((typed, said))).await?;
            *page.status_mut() = problem.status();
            Ok(page)
        }
        reprinted => reprinted,
    }
}

async fn reprinted(app: &App, v: &Visitor, id: Uuid, form: &Form) -> Result<Response, Problem> {
    let print = v.print()?;
    let package = packages::find(app, &v.caller, id, Freshness::Latest).await?;
    let what = match (form.get("sala"), form.get("matricula").map(str::trim)) {
        (Some(room), _) => Reprint { room: Some(room.to_owned()), student: None },
        (None, Some(number)) => {
            Reprint { student: Some(student(app, v, &package.application, number).await?), room: None }
        }
        (None, None) => return Err(Problem::field("matricula", "missing; a student or a room is expected")),
    };
    let mut response = packages::reprint(State(app.clone()), print, Path(id), Json(what)).await?;
    let value = HeaderValue::from_static("attachment; filename=\"reimpressao.pdf\"");
    response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    Ok(response)
}

/// By number or by id.
async fn student(app: &App, v: &Visitor, application: &str, said: &str) -> Result<String, Problem> {
    let text =
        "SELECT id FROM students WHERE tenant_id = $1 AND application_id = $2 AND (enrollment = $3 OR id = $3) LIMIT 1";
    let query = app.db.query(text).bind(v.caller.tenant.clone()).bind(application.to_owned());
    let row = query.bind(said.replace('\0', "")).fetch_optional(app.db.reader(Freshness::Latest)).await?;
    let row = row.ok_or_else(|| Problem::field("matricula", "nobody of the package has this number"))?;
    Ok(row.col("id")?)
}
