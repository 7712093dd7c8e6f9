//! One page: the picture, what was read, what people decided, and what can be done with it.

use super::names;
use super::says::outcome_of;
use super::shell::{Shell, Visitor, html, segment};
use crate::read::result::{IdentifiedBy, Outcome, PageReading};
use crate::service::App;
use crate::service::child::Drawing;
use crate::service::http::extract::{Path, Query};
use crate::service::http::paging::Paging;
use crate::service::http::{Problem, pages, pictures, undo};
use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "page.html")]
struct PagePage {
    s: Shell,
    batch: Uuid,
    number: u32,
    reading: PageReading,
    etag: String,
    outcome: &'static str,
    student: Option<String>,
    issues: Vec<String>,
    fields: Vec<Field>,
    history: Vec<Decided>,
    /// Without what was read drawn on it.
    plain: bool,
}

struct Field {
    id: String,
    says: String,
    sure: u32,
    status: &'static str,
    /// Where it can be decided.
    review: String,
}

/// Who decided what, and when.
struct Decided {
    who: String,
    at: String,
    /// What changed, in words.
    what: Vec<String>,
}

#[derive(Deserialize)]
pub struct Look {
    limpa: Option<u8>,
}

pub async fn page(
    State(app): State<App>,
    v: Visitor,
    Path((id, n)): Path<(Uuid, u32)>,
    Query(look): Query<Look>,
) -> Result<Response, Problem> {
    let read = v.read()?;
    let (reading, etag) = undo::reading(&app, &v.caller, id, n).await?;
    let axum::Json(decided) =
        pages::decisions(State(app.clone()), read, Path((id, n)), Query(Paging { cursor: None, limit: Some(1000) }))
            .await?;
    let s = v.shell("batches");
    let student = match reading.sheet.as_ref().and_then(|s| s.student.as_ref()) {
        Some(id) => Some(names::number(&app, &v.caller, id).await?),
        None => None,
    };
    let field = |f: &crate::read::result::FieldReading| Field {
        says: s.w.answer(f),
        sure: super::says::percent(f.confidence),
        status: f.status.name(),
        review: format!("/lotes/{id}/revisao/{n}/unica?campo={}", segment(&f.id)),
        id: f.id.clone(),
    };
    html(&PagePage {
        batch: id,
        number: n,
        etag,
        outcome: outcome_of(reading.outcome, &reading.issues),
        student,
        issues: reading.issues.iter().filter(|i| i.code != "accepted").map(|i| s.w.issue(s.lang, i)).collect(),
        fields: reading.fields.iter().map(field).collect(),
        history: decided.items.iter().map(|d| Decided::of(&s, d)).collect::<Result<_, _>>()?,
        plain: look.limpa == Some(1),
        reading,
        s,
    })
}

impl Decided {
    fn of(s: &Shell, decided: &pages::Decided) -> Result<Self, Problem> {
        let page = |value: &Value| serde_json::from_value::<PageReading>(value.clone()).map_err(std::io::Error::from);
        let (before, after) = (page(&decided.before)?, page(&decided.after)?);
        let mut what = Vec::new();
        if decided.change.get("undo").is_some() {
            what.push(s.w.undone.to_owned());
        }
        for field in &after.fields {
            let was = before.fields.iter().find(|f| f.id == field.id);
            if was.is_none_or(|was| (was.status, &was.value) != (field.status, &field.value)) {
                let was = was.map_or_else(|| "–".to_owned(), |f| s.w.answer(f));
                what.push(format!("{}: {was} → {}", field.id, s.w.answer(field)));
            }
        }
        let student = |page: &PageReading| page.sheet.as_ref().and_then(|s| s.student.clone()).unwrap_or("–".into());
        if student(&before) != student(&after) {
            what.push(format!("{}: {} → {}", s.w.student, student(&before), student(&after)));
        }
        let outcome = |page: &PageReading| s.w.outcome(outcome_of(page.outcome, &page.issues));
        if outcome(&before) != outcome(&after) {
            what.push(format!("{}: {} → {}", s.w.state, outcome(&before), outcome(&after)));
        }
        Ok(Decided { who: decided.decided_by.clone(), at: decided.decided_at.clone(), what })
    }
}

impl PagePage {
    fn image(&self) -> String {
        let drawn = if self.plain { "?annotated=false" } else { "" };
        format!("/v1/batches/{}/pages/{}/image{drawn}", self.batch, self.number)
    }

    fn identified_by(&self) -> Option<&'static str> {
        let w = self.s.w;
        self.reading.identified_by.map(|by| match by {
            IdentifiedBy::Qr => w.by_qr,
            IdentifiedBy::Backup => w.by_backup,
            IdentifiedBy::PrintedCode => w.by_printed_code,
            IdentifiedBy::Vision => w.by_vision,
            IdentifiedBy::Roster => w.by_roster,
            IdentifiedBy::Person => w.by_person,
        })
    }

    fn can_be_discarded(&self) -> bool {
        self.outcome != "discarded" && self.reading.outcome != Outcome::Error
    }
}

pub async fn thumbnail(
    State(app): State<App>,
    v: Visitor,
    Path((id, n)): Path<(Uuid, u32)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    v.read()?;
    pictures::picture(&app, &v.caller, id, n, Drawing::Thumbnail, &headers).await
}
