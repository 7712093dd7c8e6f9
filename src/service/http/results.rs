//! Grades: `/v1/applications/{id}/results`, as JSON and as files.

use super::extract::{Path, Query};
use super::key::{known, no_key};
use super::paging::{Page, Paging};
use super::pressure::whole_exam;
use super::{Caller, Kind, Problem, caller};
use crate::grade::{Detail, Standing};
use crate::output::grades::csv::Csv;
use crate::output::grades::fixed::Fixed;
use crate::output::grades::json::Grade;
use crate::output::grades::parquet::Parquet;
use crate::output::grades::xlsx::Xlsx;
use crate::service::App;
use crate::service::grades::{self, Filter, GradesError, Held, Material};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::io;

/// A pupil's grade, and where the pupil belongs.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ResultItem {
    /// Its name in this list: `student/…`, or `sheet/…` of one that names nobody.
    pub owner: String,
    pub unit: Option<String>,
    pub room: Option<String>,
    pub class: Option<String>,
    #[serde(flatten)]
    pub grade: Grade,
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Of {
    pub unit: Option<String>,
    pub room: Option<String>,
    pub class: Option<String>,
    /// `graded`, `provisional`, `absent`, `eliminated` or `not_read`.
    pub outcome: Option<String>,
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Listed {
    pub unit: Option<String>,
    pub room: Option<String>,
    pub class: Option<String>,
    /// `graded`, `provisional`, `absent`, `eliminated` or `not_read`.
    pub outcome: Option<String>,
    /// One student alone.
    pub student: Option<String>,
    /// With every question: the rule that gave its points, and why.
    pub questions: Option<bool>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Items on a page, 1 to 1000; 100 unless said.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
}

/// The grades of an exam under the key that holds.
///
/// A doubtful answer is worth nothing until a person has decided it: until then the outcome is `provisional`.
#[utoipa::path(get, path = "/v1/applications/{id}/results", tag = "applications", params(("id" = String, Path), Listed), responses(
    (status = 200, description = "Some of them", body = Page<ResultItem>),
    (status = 404, description = "No such exam of yours, or it has no key", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "No such outcome, cursor or limit", body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path(id): Path<String>,
    Query(listed): Query<Listed>,
) -> Result<axum::Json<Page<ResultItem>>, Problem> {
    let Listed { unit, room, class, outcome, student, questions, cursor, limit } = listed;
    let owner = student.map(|s| format!("student/{}", s.replace('\0', "")));
    let filter = Filter { owner, ..filter(Of { unit, room, class, outcome })? };
    let paging = Paging { cursor, limit };
    let (limit, after) = (paging.limit()?, paging.after()?.unwrap_or_default());
    let page = (limit, after.as_str());
    let items = some(&app, &caller, id, &filter, page, questions.unwrap_or(false)).await?;
    Ok(axum::Json(Page::of(items, limit, |item| item.owner.clone())))
}

/// Those after one, and one more than so many: the one too many says that there is a next page.
pub async fn some(
    app: &App,
    caller: &Caller,
    id: String,
    filter: &Filter,
    (limit, after): (i64, &str),
    explain: bool,
) -> Result<Vec<ResultItem>, Problem> {
    let id = known(app, &caller.tenant, id).await?;
    let material = material(app, &caller.tenant, &id).await?;
    let held = grades::hold(&app.db, &caller.tenant, &id, filter, after, limit + 1).await?;
    let detail = if explain { Detail::Reasons } else { Detail::Points };
    Ok(material.grade(&held, detail, |held, paper, graded| {
        let mut grade = match explain && !matches!(graded.standing, Standing::Absent | Standing::NotRead) {
            true => Grade::explained(&material.key, &graded, paper.version()),
            false => Grade::new(&material.key, &graded),
        };
        (grade.student, grade.sheet) = (held.student.clone(), held.sheet.clone());
        grade.version = paper.version();
        let (unit, room, class) = (held.unit.clone(), held.room.clone(), held.class.clone());
        ResultItem { owner: held.owner.clone(), unit, room, class, grade }
    }))
}

/// Why there is no file of grades.
#[derive(utoipa::IntoResponses)]
#[allow(dead_code, reason = "only its responses are used")]
enum NoFile {
    /// No such exam of yours, or it has no key
    #[response(status = 404, content_type = "application/problem+json")]
    Exam(Problem),
    /// No such outcome, or what the format has no room for
    #[response(status = 422, content_type = "application/problem+json")]
    Asked(Problem),
}

/// The grades of an exam as CSV, for spreadsheets in Brazil.
#[utoipa::path(get, path = "/v1/applications/{id}/results.csv", tag = "applications", params(("id" = String, Path), Of), responses(
    (status = 200, description = "All that are asked for", content_type = "text/csv; charset=utf-8"),
    NoFile,
))]
pub async fn csv(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path(id): Path<String>,
    Query(of): Query<Of>,
) -> Result<Response, Problem> {
    let write = |material: &Material, held: &[Held]| -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        let mut csv = Csv::new(&mut out, &material.key)?;
        material.rows(held, |row| csv.row(row))?;
        csv.finish()?;
        Ok(out)
    };
    export(&app, &caller, id, of, write, ("notas.csv", "text/csv; charset=utf-8")).await
}

/// The grades of an exam as a workbook.
#[utoipa::path(get, path = "/v1/applications/{id}/results.xlsx", tag = "applications", params(("id" = String, Path), Of), responses(
    (status = 200, description = "All that are asked for", content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    NoFile,
))]
pub async fn xlsx(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path(id): Path<String>,
    Query(of): Query<Of>,
) -> Result<Response, Problem> {
    let write = |material: &Material, held: &[Held]| -> io::Result<Vec<u8>> {
        let mut book = Xlsx::new(&material.key)?;
        material.rows(held, |row| book.row(row))?;
        book.finish()
    };
    export(
        &app,
        &caller,
        id,
        of,
        write,
        ("notas.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )
    .await
}

/// The grades of an exam as Parquet: points are exact decimals.
#[utoipa::path(get, path = "/v1/applications/{id}/results.parquet", tag = "applications", params(("id" = String, Path), Of), responses(
    (status = 200, description = "All that are asked for", content_type = "application/vnd.apache.parquet"),
    NoFile,
))]
pub async fn parquet(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path(id): Path<String>,
    Query(of): Query<Of>,
) -> Result<Response, Problem> {
    let write = |material: &Material, held: &[Held]| -> io::Result<Vec<u8>> {
        let mut file = Parquet::new(&material.key)?;
        material.rows(held, |row| file.row(row))?;
        file.finish()
    };
    export(&app, &caller, id, of, write, ("notas.parquet", "application/vnd.apache.parquet")).await
}

/// The grades of an exam as lines of fixed width (docs/grading.md).
#[utoipa::path(get, path = "/v1/applications/{id}/results.txt", tag = "applications", params(("id" = String, Path), Of), responses(
    (status = 200, description = "All that are asked for", content_type = "text/plain; charset=utf-8"),
    NoFile,
))]
pub async fn txt(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path(id): Path<String>,
    Query(of): Query<Of>,
) -> Result<Response, Problem> {
    let write = |material: &Material, held: &[Held]| -> io::Result<Vec<u8>> {
        let mut lines = Fixed::new(&material.key);
        material.rows(held, |row| lines.row(row))?;
        Ok(lines.finish())
    };
    export(&app, &caller, id, of, write, ("notas.txt", "text/plain; charset=utf-8")).await
}

/// Grades what is asked for and sends it as a file.
async fn export(
    app: &App,
    caller: &Caller,
    id: String,
    of: Of,
    write: impl FnOnce(&Material, &[Held]) -> io::Result<Vec<u8>> + Send + 'static,
    (name, content_type): (&str, &'static str),
) -> Result<Response, Problem> {
    let (id, filter) = (known(app, &caller.tenant, id).await?, filter(of)?);
    let _turn = whole_exam().await?;
    let material = material(app, &caller.tenant, &id).await?;
    let held = grades::hold(&app.db, &caller.tenant, &id, &filter, "", i64::MAX).await?;
    let written = tokio::task::spawn_blocking(move || write(&material, &held));
    let bytes = written.await.map_err(GradesError::from)?.map_err(|e| match e.kind() {
        io::ErrorKind::InvalidData => Kind::Invalid.because(e.to_string()),
        _ => Problem::from(e),
    })?;
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [(header::CONTENT_TYPE, content_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, bytes).into_response())
}

pub fn filter(of: Of) -> Result<Filter, Problem> {
    if let Some(said) = of.outcome.as_deref().filter(|said| Standing::ALL.iter().all(|s| s.name() != *said)) {
        let valid = Standing::ALL.map(Standing::name).join(", ");
        return Err(Problem::field("outcome", format!("“{said}” is not known; one of {valid} is expected")));
    }
    let plain = |text: Option<String>| text.map(|t| t.replace('\0', ""));
    let (unit, room, class) = (plain(of.unit), plain(of.room), plain(of.class));
    Ok(Filter { unit, room, class, outcome: of.outcome, owner: None })
}

async fn material(app: &App, tenant: &str, id: &str) -> Result<Material, Problem> {
    Material::of(&app.db, tenant, id).await?.ok_or_else(no_key)
}
