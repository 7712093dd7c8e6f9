//! One student's grade: each question, what was read, what is right, and why it gave what it gave.

use super::super::key::{questions, said};
use super::super::names::{Numbers, Places};
use super::super::says::fill;
use super::super::shell::{Shell, Visitor, html, segment};
use super::{called, percent};
use crate::output::grades::json::QuestionOfGrade;
use crate::service::App;
use crate::service::grades::{self, Filter};
use crate::service::http::extract::Path;
use crate::service::http::{Kind, Problem, key, results};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::Value;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "result.html")]
struct ResultPage {
    s: Shell,
    title: String,
    path: String,
    student: String,
    unit: String,
    room: String,
    class: Option<String>,
    version: Option<u32>,
    language: Option<String>,
    standing: &'static str,
    points: Option<String>,
    max: String,
    percent: Option<String>,
    issues: Vec<String>,
    questions: Vec<Question>,
    /// The batch, the page's number in it, and in the sheet.
    pages: Vec<(Uuid, u32, Option<u32>)>,
}

struct Question {
    id: String,
    read: String,
    right: String,
    points: Option<String>,
    max: String,
    verdict: &'static str,
    class: &'static str,
    rule: &'static str,
    why: String,
}

pub async fn page(
    State(app): State<App>,
    v: Visitor,
    Path((id, owner)): Path<(String, String)>,
) -> Result<Response, Problem> {
    v.read()?;
    let tenant = &v.caller.tenant;
    let id = key::known(&app, tenant, id).await?;
    let owner = owner.replace('\0', "");
    let filter = Filter { owner: Some(owner.clone()), ..Filter::default() };
    let mut found = results::some(&app, &v.caller, id.clone(), &filter, (1, ""), true).await?;
    let item = found.pop().ok_or_else(|| Kind::NotFound.because("nobody of this exam has this id"))?;
    let (key, _) = key::find(&app, tenant, id.clone(), None).await?.ok_or_else(key::no_key)?;
    let right = Right::of(&key, item.grade.version);
    let places = Places::of(&app, &v.caller, &id).await?;
    let numbers = Numbers::of(&app, &v.caller, &id).await?;
    let (unit, room) = places.name(item.unit.as_deref(), item.room.as_deref());
    let s = v.shell("applications");
    let grade = &item.grade;
    html(&ResultPage {
        title: super::super::applications::title(&app, &v.caller, &id).await?.unwrap_or_else(|| id.clone()),
        path: format!("/aplicacoes/{}", segment(&id)),
        student: called(&s, &item, &numbers),
        unit,
        room,
        class: item.class.clone(),
        version: grade.version,
        language: grade.language.clone(),
        standing: grade.outcome.name(),
        points: grade.points.map(|points| s.points(points)),
        max: s.points(grade.max),
        percent: grade.points.and_then(|points| percent(&s, points, grade.max)),
        issues: grade.issues.iter().map(|issue| s.w.issue(s.lang, issue)).collect(),
        questions: grade.questions.iter().map(|question| Question::of(&s, question, &right)).collect(),
        pages: grades::pages(&app.db, tenant, &id, &owner).await?,
        s,
    })
}

impl ResultPage {
    fn of_max(&self) -> String {
        fill(self.s.w.of_max, &[&self.max])
    }
}

/// What is right, by question: where the booklet's version has an answer of its own, that.
struct Right(Vec<(String, String)>);

impl Right {
    fn of(key: &Value, version: Option<u32>) -> Self {
        let own = key["versions"].as_array().into_iter().flatten();
        let own = own.filter(|v| version.is_some() && v["version"].as_u64() == version.map(u64::from));
        let all = own.flat_map(questions).chain(questions(key));
        Right(
            all.map(|q| (said(q.get("id").unwrap_or(&Value::Null)), said(q.get("answer").unwrap_or(&Value::Null))))
                .collect(),
        )
    }

    fn answer(&self, question: &str) -> &str {
        self.0.iter().find(|(id, _)| id == question).map_or("", |(_, answer)| answer)
    }
}

impl Question {
    fn of(s: &Shell, question: &QuestionOfGrade, right: &Right) -> Self {
        let (verdict, class) = s.w.verdict(question.verdict);
        let read = match (question.status, &question.answer) {
            ("blank", _) => s.w.answer_blank.to_owned(),
            ("missing", _) => s.w.answer_missing.to_owned(),
            ("doubtful", Some(answer)) => format!("{answer}?"),
            (_, Some(answer)) => answer.clone(),
            (_, None) => "–".to_owned(),
        };
        Question {
            id: question.id.clone(),
            read,
            right: right.answer(&question.id).to_owned(),
            points: question.points.map(|points| s.points(points)),
            max: s.points(question.max),
            verdict,
            class,
            rule: question.rule,
            why: question.why.clone(),
        }
    }
}
