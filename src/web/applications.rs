//! The exams: what was printed of them, and what came back.

use super::shell::{Shell, Visitor, html, segment};
use crate::service::App;
use crate::service::http::{Caller, Problem, time};
use crate::service::store::db::{Columns, Freshness};
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

pub struct Application {
    pub id: String,
    pub path: String,
    pub title: Option<String>,
    pub printed: u64,
    pub batches: u64,
    /// When anything of it was last printed or sent.
    pub latest: String,
}

#[derive(Template)]
#[template(path = "applications.html")]
struct ListPage {
    s: Shell,
    all: Vec<Application>,
}

pub async fn start() -> Response {
    Redirect::to("/aplicacoes").into_response()
}

pub async fn list(State(app): State<App>, v: Visitor) -> Result<Response, Problem> {
    v.read()?;
    let all = all(&app, &v.caller).await?;
    html(&ListPage { s: v.shell("applications"), all })
}

/// The latest first.
pub async fn all(app: &App, caller: &Caller) -> Result<Vec<Application>, Problem> {
    let text = "SELECT a.id AS id, MAX(a.title) AS title, MAX(a.at) AS latest, SUM(a.batch) AS batches,
                    (SELECT COUNT(*) FROM sheets s WHERE s.tenant_id = $1 AND s.application_id = a.id
                        AND s.kind = 'sheet' AND s.student_id IS NOT NULL) AS printed
                FROM (SELECT application_id AS id, title, created_at AS at, 0 AS batch FROM packages WHERE tenant_id = $1
                      UNION ALL
                      SELECT application_id, NULL, created_at, 1 FROM batches
                      WHERE tenant_id = $1 AND application_id IS NOT NULL) a
                GROUP BY a.id ORDER BY latest DESC LIMIT 200";
    let rows = app.db.query(text).bind(caller.tenant.clone()).fetch_all(app.db.reader(Freshness::Committed)).await?;
    let mut all = Vec::new();
    for row in rows {
        let id: String = row.col("id")?;
        all.push(Application {
            path: format!("/aplicacoes/{}", segment(&id)),
            id,
            title: row.col("title")?,
            printed: row.col::<i64>("printed")? as u64,
            batches: row.col::<i64>("batches")? as u64,
            latest: time(row.col("latest")?),
        });
    }
    Ok(all)
}

/// How an exam is called.
pub async fn title(app: &App, caller: &Caller, id: &str) -> Result<Option<String>, Problem> {
    let text = "SELECT title FROM packages WHERE tenant_id = $1 AND application_id = $2 AND title IS NOT NULL
                ORDER BY id DESC LIMIT 1";
    let query = app.db.query(text).bind(caller.tenant.clone()).bind(id.to_owned());
    let row = query.fetch_optional(app.db.reader(Freshness::Latest)).await?;
    Ok(row.map(|r| r.col("title")).transpose()?)
}
