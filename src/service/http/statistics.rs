//! What an exam's answers say of its questions and of its students (docs/statistics.md).

use super::extract::{Path, Query};
use super::pressure::whole_exam;
use super::{Kind, Problem, caller, key};
use crate::service::{App, analysis};
use crate::statistics::plot::{self, Language};
use crate::statistics::{self, Options, Source, Statistics, Table};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

/// Whose answers, and what is asked of them.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Of this unit's students alone.
    pub unit: Option<String>,
    /// Of this room's.
    pub room: Option<String>,
    /// Of this class's.
    pub class: Option<String>,
    /// Item response theory: with the `parameters` that the key gives, or calibrated on these answers.
    pub proficiency: Option<ParametersFrom>,
    /// Each student's proficiency too.
    pub students: Option<bool>,
    /// `false`: pairs of students are not compared.
    pub copying: Option<bool>,
}

#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParametersFrom {
    Given,
    Calibrated,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ExamStatistics {
    pub application: String,
    #[serde(flatten)]
    pub statistics: Statistics,
    /// Where `students` was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub students: Option<Vec<StudentProficiency>>,
}

/// A student's proficiency.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct StudentProficiency {
    pub student: String,
    /// Null: none of the answers is decided.
    pub mark: Option<f64>,
    /// Standard error of the mark.
    pub error: Option<f64>,
    pub theta: Option<f64>,
}

/// Facility, discrimination, reliability, distractors, groups, skills, proficiency, and pairs with improbably many wrong
/// answers in common.
#[utoipa::path(get, path = "/v1/applications/{id}/statistics", tag = "applications", params(("id" = String, Path), Asked), responses(
    (status = 200, description = "Of all students, or of those asked for", body = ExamStatistics),
    (status = 404, description = "No such exam of yours, or no key to it", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A parameter is not valid", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "Others are being computed", body = Problem, content_type = "application/problem+json"),
))]
pub async fn statistics(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<ExamStatistics>, Problem> {
    let table = table(&app, &caller.tenant, &id).await?;
    let source = asked.proficiency.map(|p| match p {
        ParametersFrom::Given => Source::Given,
        ParametersFrom::Calibrated => Source::Calibrated,
    });
    computed(move || {
        let mut options = Options { proficiency: source, ..Options::default() };
        if asked.copying == Some(false) {
            options.copying = None;
        }
        let table = asked.of(table);
        let statistics = statistics::statistics(&table, &options);
        let students = asked.students.unwrap_or(false).then(|| students(&table, &statistics));
        axum::Json(ExamStatistics { application: id, statistics, students })
    })
    .await
}

/// Why there is no picture.
#[derive(utoipa::IntoResponses)]
#[allow(dead_code, reason = "only its responses are used")]
enum NoPicture {
    /// No such exam of yours, no key to it, or no such question
    #[response(status = 404, content_type = "application/problem+json")]
    Exam(Problem),
    /// A parameter is not valid
    #[response(status = 422, content_type = "application/problem+json")]
    Asked(Problem),
    /// Others are being computed
    #[response(status = 503, content_type = "application/problem+json")]
    Busy(Problem),
}

/// How the scores are spread, as SVG.
#[utoipa::path(get, path = "/v1/applications/{id}/statistics/histogram.svg", tag = "applications", params(("id" = String, Path), Look),
    responses(
        (status = 200, description = "The picture", content_type = "image/svg+xml"),
        NoPicture,
    ))]
pub async fn histogram(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path(id): Path<String>,
    Query(look): Query<Look>,
) -> Result<Response, Problem> {
    let table = table(&app, &caller.tenant, &id).await?;
    let svg = computed(move || {
        let said = statistics::statistics(&look.of(table), &Options { copying: None, ..Options::default() });
        plot::histogram(&said.histogram, &said.scores, look.language())
    });
    Ok(picture(svg.await?))
}

/// How the share of right answers to a question rises with ability, as SVG.
#[utoipa::path(get, path = "/v1/applications/{id}/statistics/items/{question}", tag = "applications",
    params(("id" = String, Path), ("question" = String, Path, description = "Its id, and `.svg`"), Look),
    responses(
        (status = 200, description = "The picture", content_type = "image/svg+xml"),
        NoPicture,
    ))]
pub async fn item(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path((id, name)): Path<(String, String)>,
    Query(look): Query<Look>,
) -> Result<Response, Problem> {
    let table = table(&app, &caller.tenant, &id).await?;
    let (question, name) = place(&table, &name)?;
    let svg = computed(move || {
        let table = look.of(table);
        let parameters = table.questions()[question].parameters;
        plot::item_curve(&table, question, parameters, &name, look.language())
    });
    svg.await?.map(picture).ok_or_else(|| Problem::not_found("question"))
}

/// Who chose which answer to a question, as SVG.
#[utoipa::path(get, path = "/v1/applications/{id}/statistics/distractors/{question}", tag = "applications",
    params(("id" = String, Path), ("question" = String, Path, description = "Its id, and `.svg`"), Look),
    responses(
        (status = 200, description = "The picture", content_type = "image/svg+xml"),
        NoPicture,
    ))]
pub async fn distractors(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path((id, name)): Path<(String, String)>,
    Query(look): Query<Look>,
) -> Result<Response, Problem> {
    let table = table(&app, &caller.tenant, &id).await?;
    let (question, name) = place(&table, &name)?;
    let svg = computed(move || {
        let said = statistics::statistics(&look.of(table), &Options { copying: None, ..Options::default() });
        plot::distractors(&said.items[question], &name, look.language())
    });
    Ok(picture(svg.await?))
}

/// Whose answers a picture is of, and in which language.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Look {
    pub unit: Option<String>,
    pub room: Option<String>,
    pub class: Option<String>,
    /// `pt` or `en`.
    pub lang: Option<Language>,
}

impl Look {
    fn language(&self) -> Language {
        self.lang.unwrap_or_default()
    }

    fn of(&self, table: Table) -> Table {
        of(table, &self.unit, &self.room, &self.class)
    }
}

impl Asked {
    fn of(&self, table: Table) -> Table {
        of(table, &self.unit, &self.room, &self.class)
    }
}

fn of(table: Table, unit: &Option<String>, room: &Option<String>, class: &Option<String>) -> Table {
    if unit.is_none() && room.is_none() && class.is_none() {
        return table;
    }
    let is = |asked: &Option<String>, own: &Option<String>| asked.is_none() || asked == own;
    table.of(|s| is(unit, &s.unit) && is(room, &s.room) && is(class, &s.class))
}

fn students(table: &Table, said: &Statistics) -> Vec<StudentProficiency> {
    let Some(known) = &said.proficiency else { return Vec::new() };
    let student = |(student, ability): (&statistics::Student, &Option<statistics::irt::Ability>)| StudentProficiency {
        student: student.id.clone(),
        mark: ability.map(|a| known.scale.mark(a.theta)),
        error: ability.map(|a| known.scale.error(a.error)),
        theta: ability.map(|a| a.theta),
    };
    table.students().iter().zip(&known.students).map(student).collect()
}

/// The answers of an exam of this tenant, as they are graded now.
async fn table(app: &App, tenant: &str, id: &str) -> Result<Table, Problem> {
    let id = key::known(app, tenant, id.to_owned()).await?;
    let _turn = whole_exam().await?;
    analysis::table(app, tenant, &id).await?.ok_or_else(key::no_key)
}

/// A question's place in the table and its id, by the name of its picture.
fn place(table: &Table, name: &str) -> Result<(usize, String), Problem> {
    let question = name.strip_suffix(".svg").ok_or_else(|| Kind::NotFound.because("pictures are QUESTION.svg"))?;
    let place = table.questions().iter().position(|q| q.id == question);
    Ok((place.ok_or_else(|| Problem::not_found("question"))?, question.to_owned()))
}

/// Away from the threads that answer requests.
async fn computed<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let _turn = whole_exam().await?;
    Ok(tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)?)
}

fn picture(svg: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, "private, no-cache"),
        // Opened by itself it is a document.
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
    ];
    (headers, svg).into_response()
}
