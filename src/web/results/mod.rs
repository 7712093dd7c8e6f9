//! The grades of an exam: sums, a table that can be filtered, and the files of the same.

mod student;

pub use student::page as student;

use super::names::{Numbers, People, Places};
use super::says;
use super::shell::{Shell, Visitor, html, segment};
use crate::grade::{Points, Standing};
use crate::service::App;
use crate::service::grades::{self, Sums};
use crate::service::http::extract::{Path, Query};
use crate::service::http::paging::Page;
use crate::service::http::results::{self, Listed, Of, ResultItem};
use crate::service::http::{Problem, key};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Students on a page.
const ON_A_PAGE: u32 = 50;

#[derive(Template)]
#[template(path = "results.html")]
struct ResultsPage {
    s: Shell,
    title: String,
    path: String,
    here: &'static str,
    /// The exam's results in the API.
    api: String,
    /// None: it has no key.
    sums: Option<Sums>,
    chosen: Which,
    choices: Choices,
    rows: Vec<Row>,
    next: Option<String>,
    named: bool,
}

/// Whose grades.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Which {
    pub unidade: Option<String>,
    pub sala: Option<String>,
    pub turma: Option<String>,
    situacao: Option<String>,
    depois: Option<String>,
}

impl Which {
    /// An empty choice is none.
    pub fn said(self) -> Self {
        let some = |text: Option<String>| text.filter(|t| !t.is_empty());
        Which {
            unidade: some(self.unidade),
            sala: some(self.sala),
            turma: some(self.turma),
            situacao: some(self.situacao),
            depois: some(self.depois),
        }
    }

    pub fn is(&self, chosen: &Option<String>, id: &str) -> bool {
        chosen.as_deref() == Some(id)
    }

    /// Unit, room and class.
    pub fn place(&self) -> (Option<String>, Option<String>, Option<String>) {
        (self.unidade.clone(), self.sala.clone(), self.turma.clone())
    }

    /// Nothing is chosen.
    pub fn is_all(&self) -> bool {
        [&self.unidade, &self.sala, &self.turma, &self.situacao].iter().all(|choice| choice.is_none())
    }

    fn query(&self, names: [&str; 4]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in names.into_iter().zip([&self.unidade, &self.sala, &self.turma, &self.situacao]) {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }

    /// As the pages ask.
    pub fn here(&self) -> String {
        self.query(["unidade", "sala", "turma", "situacao"])
    }

    /// As the API asks.
    pub fn api(&self) -> String {
        self.query(["unit", "room", "class", "outcome"])
    }
}

/// What can be chosen: ids and names.
#[derive(Default)]
pub struct Choices {
    pub units: Vec<(String, String)>,
    pub rooms: Vec<(String, String)>,
    pub classes: Vec<(String, String)>,
}

impl Choices {
    /// A unit's name.
    pub fn unit(&self, id: &str) -> String {
        self.units.iter().find(|(unit, _)| unit == id).map_or_else(|| id.to_owned(), |(_, name)| name.clone())
    }

    pub async fn of(app: &App, v: &Visitor, application: &str, places: &Places) -> Result<Self, Problem> {
        let (mut units, mut rooms, mut classes) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for place in grades::places(&app.db, &v.caller.tenant, application).await? {
            let (unit, room) = places.name(place.unit.as_deref(), place.room.as_deref());
            units.extend(place.unit.map(|id| (id, unit)));
            rooms.extend(place.room.map(|id| (id, room)));
            classes.extend(place.class.map(|id| (id.clone(), id)));
        }
        let listed = |all: BTreeMap<String, String>| all.into_iter().collect();
        Ok(Choices { units: listed(units), rooms: listed(rooms), classes: listed(classes) })
    }
}

struct Row {
    path: String,
    /// Number, and the name where it was asked for.
    student: String,
    room: String,
    class: String,
    points: Option<String>,
    percent: Option<String>,
    standing: &'static str,
}

pub async fn page(
    State(app): State<App>,
    v: Visitor,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    shown(app, v, id, which, false).await
}

/// The same with students' names, for a person who asked for them.
pub async fn with_names(
    State(app): State<App>,
    v: Visitor,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    shown(app, v, id, which, true).await
}

async fn shown(app: App, v: Visitor, id: String, which: Which, named: bool) -> Result<Response, Problem> {
    let read = v.read()?;
    let chosen = which.said();
    let known = key::known(&app, &v.caller.tenant, id.clone()).await?;
    let title = super::applications::title(&app, &v.caller, &known).await?.unwrap_or_else(|| known.clone());
    let (unit, room, class) = chosen.place();
    let listed = Listed {
        unit,
        room,
        class,
        outcome: chosen.situacao.clone(),
        cursor: chosen.depois.clone(),
        limit: Some(ON_A_PAGE),
        ..Listed::default()
    };
    let mut page = ResultsPage {
        s: v.shell("applications"),
        title,
        path: format!("/aplicacoes/{}", segment(&known)),
        here: "results",
        api: format!("/v1/applications/{}/results", segment(&known)),
        sums: None,
        chosen,
        choices: Choices::default(),
        rows: Vec::new(),
        next: None,
        named,
    };
    let Page { items, next_cursor } = match results::list(State(app.clone()), read, Path(known), Query(listed)).await {
        Ok(axum::Json(items)) => items,
        // The exam is known: it is its key that is missing.
        Err(problem) if problem.status() == StatusCode::NOT_FOUND => return html(&page),
        Err(problem) => return Err(problem),
    };
    let (unit, room, class) = page.chosen.place();
    let filter = results::filter(Of { unit, room, class, outcome: None })?;
    page.sums = Some(grades::sums(&app.db, &v.caller.tenant, &id, &filter).await?);
    let places = Places::of(&app, &v.caller, &id).await?;
    let numbers = Numbers::of(&app, &v.caller, &id).await?;
    let people = if named { People::of(&app, &v.caller, &id).await? } else { People::default() };
    page.choices = Choices::of(&app, &v, &id, &places).await?;
    page.rows = items.into_iter().map(|item| Row::of(&page, item, &places, &numbers, &people)).collect();
    page.next = next_cursor;
    html(&page)
}

impl Row {
    fn of(page: &ResultsPage, item: ResultItem, places: &Places, numbers: &Numbers, people: &People) -> Self {
        let s = &page.s;
        let (_, room) = places.name(item.unit.as_deref(), item.room.as_deref());
        let name = item.grade.student.as_deref().and_then(|id| people.name(id));
        let number = called(s, &item, numbers);
        Row {
            path: format!("{}/resultados/{}", page.path, segment(&item.owner)),
            student: name.map_or_else(|| number.clone(), |name| format!("{number} {name}")),
            room,
            class: item.class.unwrap_or_default(),
            points: item.grade.points.map(|points| s.points(points)),
            percent: item.grade.points.and_then(|points| percent(s, points, item.grade.max)),
            standing: item.grade.outcome.name(),
        }
    }
}

/// A student's number; of a sheet that names nobody the sheet's.
fn called(s: &Shell, item: &ResultItem, numbers: &Numbers) -> String {
    match (&item.grade.student, &item.grade.sheet) {
        (Some(student), _) => numbers.name(student).to_owned(),
        (None, sheet) => format!("{} {}", s.w.sheet, sheet.as_deref().unwrap_or_default()),
    }
}

fn percent(s: &Shell, points: Points, max: Points) -> Option<String> {
    (max.0 > 0).then(|| format!("{}%", s.decimal(100.0 * points.to_f64() / max.to_f64(), 1)))
}

impl ResultsPage {
    fn count(&self, sums: &Sums, outcome: &str) -> String {
        self.s.number(sums.counts.get(outcome).copied().unwrap_or(0))
    }

    /// What was chosen, on paper.
    fn only(&self) -> Option<String> {
        let Which { unidade, sala, turma, situacao, .. } = &self.chosen;
        let named = |chosen: &Option<String>, all: &[(String, String)]| {
            let id = chosen.as_ref()?;
            Some(all.iter().find(|(known, _)| known == id).map_or(id.clone(), |(_, name)| name.clone()))
        };
        let choices = &self.choices;
        let said = [
            named(unidade, &choices.units),
            named(sala, &choices.rooms),
            named(turma, &choices.classes),
            situacao.as_deref().map(|s| self.s.w.standings(s).to_owned()),
        ];
        let said: Vec<String> = said.into_iter().flatten().collect();
        (!said.is_empty()).then(|| says::fill(self.s.w.chosen_here, &[&said.join(", ")]))
    }

    fn mean(&self, sums: &Sums) -> String {
        sums.mean.map_or_else(|| "–".to_owned(), |mean| self.s.decimal(mean as f64 / 1e6, 2))
    }

    fn standings(&self) -> [&'static str; 5] {
        Standing::ALL.map(Standing::name)
    }

    fn of_standing(&self, outcome: &str) -> String {
        let which = Which { situacao: Some(outcome.to_owned()), ..self.chosen.clone() };
        format!("{}/resultados{}", self.path, which.here())
    }

    fn file(&self, kind: &str) -> String {
        format!("{}.{kind}{}", self.api, self.chosen.api())
    }

    /// The same with names, or the page after.
    fn link(&self, cursor: Option<&String>) -> String {
        let here = format!("{}/resultados{}", self.path, self.chosen.here());
        match cursor {
            Some(cursor) => format!("{here}{}depois={cursor}", if here.contains('?') { '&' } else { '?' }),
            None => here,
        }
    }

    /// Of the batches with provisional grades, this is the so manieth.
    fn review_of(&self, i: &usize, sums: &Sums) -> String {
        self.s.review_of(*i, sums.batches.len())
    }
}
