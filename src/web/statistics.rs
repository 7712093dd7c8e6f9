//! What an exam's answers say of its questions: how hard, how well they tell students apart, who chose what; with pictures.

use super::names::Places;
use super::results::{Choices, Which};
use super::says::fill;
use super::shell::{Shell, Visitor, html, segment};
use super::words::Lang;
use crate::service::App;
use crate::service::http::extract::{Path, Query};
use crate::service::http::statistics::{self, Asked};
use crate::service::http::{Problem, key};
use crate::statistics::groups::GroupKind;
use crate::statistics::{Item, Statistics, Summary};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

#[derive(Template)]
#[template(path = "statistics.html")]
struct StatisticsPage {
    s: Shell,
    title: String,
    path: String,
    here: &'static str,
    /// The exam's statistics in the API.
    api: String,
    chosen: Which,
    choices: Choices,
    /// None: the exam has no key.
    all: Option<Statistics>,
    groups: Vec<Group>,
}

struct Group {
    kind: &'static str,
    name: String,
    scores: Summary,
}

pub async fn page(
    State(app): State<App>,
    v: Visitor,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let read = v.read()?;
    let id = key::known(&app, &v.caller.tenant, id).await?;
    let chosen = which.said();
    let (unit, room, class) = chosen.place();
    let asked = Asked { unit, room, class, copying: Some(false), ..Asked::default() };
    let mut page = StatisticsPage {
        s: v.shell("applications"),
        title: super::applications::title(&app, &v.caller, &id).await?.unwrap_or_else(|| id.clone()),
        path: format!("/aplicacoes/{}", segment(&id)),
        here: "statistics",
        api: format!("/v1/applications/{}/statistics", segment(&id)),
        chosen,
        choices: Choices::default(),
        all: None,
        groups: Vec::new(),
    };
    let all = match statistics::statistics(State(app.clone()), read, Path(id.clone()), Query(asked)).await {
        Ok(axum::Json(all)) => all.statistics,
        // The exam is known: it is its key that is missing.
        Err(problem) if problem.status() == StatusCode::NOT_FOUND => return html(&page),
        Err(problem) => return Err(problem),
    };
    let places = Places::of(&app, &v.caller, &id).await?;
    page.choices = Choices::of(&app, &v, &id, &places).await?;
    let w = page.s.w;
    let group = |g: &crate::statistics::Group| Group {
        kind: match g.kind {
            GroupKind::Unit => w.unit,
            GroupKind::Room => w.room,
            GroupKind::Class => w.class,
        },
        name: match g.kind {
            GroupKind::Unit => page.choices.unit(&g.id),
            GroupKind::Room => places.name(g.unit.as_deref(), Some(&g.id)).1,
            GroupKind::Class => g.id.clone(),
        },
        scores: g.scores.clone(),
    };
    page.groups = all.groups.iter().map(group).collect();
    page.all = Some(all);
    html(&page)
}

impl StatisticsPage {
    fn share(&self, share: &Option<f64>) -> String {
        share.map_or_else(|| "–".to_owned(), |share| format!("{}%", self.s.decimal(100.0 * share, 0)))
    }

    fn percent(&self, percent: &Option<f64>) -> String {
        percent.map_or_else(|| "–".to_owned(), |percent| format!("{}%", self.s.decimal(percent, 1)))
    }

    fn two(&self, value: &Option<f64>) -> String {
        value.map_or_else(|| "–".to_owned(), |value| self.s.decimal(value, 2))
    }

    fn count(&self, n: &usize) -> String {
        self.s.number(*n as u64)
    }

    fn blank(&self, item: &Item) -> String {
        self.s.number((item.blank + item.invalid) as u64)
    }

    /// KR-20 where every question is right or wrong; alpha says the same of others.
    fn reliability(&self, all: &Statistics) -> (&'static str, String) {
        match all.reliability.kr20 {
            Some(_) => ("KR-20", self.two(&all.reliability.kr20)),
            None => (self.s.w.alpha, self.two(&all.reliability.alpha)),
        }
    }

    /// Of whom that is, where not of all; and why it can't be said.
    fn reliability_of(&self, all: &Statistics) -> Option<String> {
        let (w, said, students) = (self.s.w, &all.reliability, all.scores.students);
        let number = |n: usize| self.s.number(n as u64);
        match said.alpha {
            Some(_) if said.students >= students => None,
            Some(_) => Some(fill(w.alpha_of, &[&number(said.students), &number(students)])),
            None if said.questions < 2 => Some(w.alpha_no_questions.to_owned()),
            None if said.students < 2 => Some(fill(w.alpha_no_students, &[&number(said.students)])),
            None => Some(w.alpha_no_spread.to_owned()),
        }
    }

    /// `kind` is `histogram`, `items/q1`, `distractors/q1`.
    fn picture(&self, kind: &str) -> String {
        let query = self.chosen.api();
        let lang = if self.s.lang == Lang::En { "en" } else { "pt" };
        format!("{}/{kind}.svg{query}{}lang={lang}", self.api, if query.is_empty() { '?' } else { '&' })
    }

    fn picture_of(&self, kind: &str, item: &Item) -> String {
        self.picture(&format!("{kind}/{}", segment(&item.question)))
    }

    fn alt(&self, text: &str, item: &Item) -> String {
        fill(text, &[&item.question])
    }

    fn remarks(&self, item: &Item) -> Vec<&'static str> {
        item.remarks.iter().map(|remark| self.s.w.remark(*remark)).collect()
    }
}
