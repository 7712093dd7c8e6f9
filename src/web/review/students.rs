//! Whose page is it? Students of the exam by what was typed of their number or name. It comes in the body of the request:
//! no name is in an address.

use super::super::form::Form;
use super::super::names::{People, Person};
use super::super::shell::{Shell, Visitor, html};
use super::item::Item;
use super::queue::{Doubt, What};
use crate::service::App;
use crate::service::http::extract::Path;
use crate::service::http::{Problem, batches};
use crate::service::store::db::{Columns, Freshness};
use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "students.html")]
struct Found {
    s: Shell,
    students: Vec<Person>,
    asked: bool,
}

/// Most students that are listed.
const MOST: usize = 8;

pub async fn students(
    State(app): State<App>,
    v: Visitor,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Problem> {
    v.review()?;
    let sought = form.get("busca").unwrap_or_default();
    batches::job_of(&app, &v.caller, id).await?;
    let application = batches::application(&app, &v.caller, id).await?;
    let mut students = Vec::new();
    if let Some(application) = &application {
        let people = People::of(&app, &v.caller, application).await?;
        students = people.find(sought, MOST).into_iter().cloned().collect();
    }
    if students.is_empty() {
        students = by_number(&app, &v, application.as_deref().unwrap_or_default(), sought).await?;
    }
    let found = Found { s: v.shell("batches"), students, asked: !sought.trim().is_empty() };
    // A form without scripts wants the whole page.
    let page = form.get("pagina").and_then(|n| n.parse().ok());
    match page.filter(|_| !headers.contains_key("hx-request")) {
        Some(n) => {
            let doubt = Doubt { number: n, what: What::Identity, sure: 0.0, second: false };
            let mut item = Item::of(&app, &v, id, &doubt).await?;
            item.found = found.render().map_err(std::io::Error::other)?;
            super::alone(&app, &v, id, &doubt, item).await
        }
        None => html(&found),
    }
}

/// Where the package is not kept any more, or the exam is not known.
async fn by_number(app: &App, v: &Visitor, application: &str, sought: &str) -> Result<Vec<Person>, Problem> {
    // What LIKE takes for a pattern is none in a number.
    let plain: String = sought.trim().chars().filter(|c| !"%_\\\0".contains(*c)).collect();
    if plain.is_empty() {
        return Ok(Vec::new());
    }
    let text = "SELECT DISTINCT id, enrollment FROM students
                WHERE tenant_id = $1 AND ($2 = '' OR application_id = $2)
                    AND (enrollment LIKE $3 OR lower(id) LIKE lower($4))
                ORDER BY enrollment, id LIMIT $5";
    let query = app.db.query(text).bind(v.caller.tenant.clone()).bind(application.to_owned());
    let query = query.bind(format!("%{plain}%")).bind(format!("{plain}%")).bind(MOST as i64);
    let rows = query.fetch_all(app.db.reader(Freshness::Committed)).await?;
    let person = |row: &sqlx::any::AnyRow| {
        Ok(Person { id: row.col("id")?, name: String::new(), number: row.col("enrollment")? })
    };
    rows.iter().map(person).collect()
}
