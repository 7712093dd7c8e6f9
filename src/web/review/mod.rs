//! What a person must decide of a batch: one doubtful thing at a time, the worst first.

mod decide;
mod item;
mod queue;
mod second;
mod students;

pub use decide::{decide, take_back};
pub use students::students;

use super::shell::{Shell, Visitor, html};
use crate::service::App;
use crate::service::child::Drawing;
use crate::service::http::batches::{self, Batch};
use crate::service::http::extract::{Path, Query};
use crate::service::http::{Caller, Kind, Problem, pictures};
use crate::service::store::db::Freshness;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use item::Item;
use queue::{Doubt, Queue, What};
use serde::Deserialize;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewPage {
    s: Shell,
    batch: Uuid,
    name: String,
    /// Only these are shown.
    kind: Option<String>,
    counts: queue::Counts,
    item: Option<Item>,
    /// Something was decided just now: it can be taken back.
    done: Option<Done>,
    /// For the script: every doubtful thing, in order.
    doubts: String,
    words: String,
    /// Kinds of doubt can be chosen.
    tabs: bool,
    /// Only this one thing is shown.
    single: bool,
}

/// A page after what was decided of it, and the other one that went with it.
struct Done {
    number: u32,
    etag: String,
    other: Option<(u32, String)>,
}

#[derive(Default, Deserialize)]
pub struct Which {
    tipo: Option<String>,
    /// What was shown last, and is passed over.
    depois: Option<String>,
    feito: Option<u32>,
    etag: Option<String>,
    outra: Option<u32>,
    etag_outra: Option<String>,
}

impl Which {
    fn done(&self) -> Option<Done> {
        let (number, etag) = self.feito.zip(self.etag.clone())?;
        Some(Done { number, etag, other: self.outra.zip(self.etag_outra.clone()) })
    }
}

/// The first thing that is in doubt; the script has the rest of them ready.
pub async fn page(
    State(app): State<App>,
    v: Visitor,
    Path(id): Path<Uuid>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    v.review()?;
    let batch = batches::find(&app, &v.caller, id, Freshness::Latest).await?;
    if !batch.job.state.is_final() {
        return Err(Kind::Conflict.because("the batch is still being read; decide when it is done"));
    }
    let done = which.done();
    let kind = which.tipo.filter(|t| !t.is_empty());
    let queue = Queue::of(&app, &v.caller, id).await?;
    let shown = queue.of_kind(kind.as_deref());
    let after = which.depois.and_then(|key| shown.iter().position(|d| d.key() == key)).map_or(0, |at| at + 1);
    let first = shown.get(after).or(shown.first());
    let item = match first {
        Some(doubt) => Some(Item::of(&app, &v, id, doubt).await?),
        None => None,
    };
    draw_ahead(&app, &v.caller, id, &shown);
    html(&ReviewPage { counts: queue.counts(), kind, done, tabs: true, ..ReviewPage::of(&v, &batch, &shown, item) })
}

/// Pages of which pictures are drawn before somebody asks for them.
const AHEAD: usize = 24;

/// Somebody may begin to review a batch: what they will see first is drawn.
pub fn soon(app: &App, v: &Visitor, id: Uuid) {
    let (app, caller) = (app.clone(), v.caller.clone());
    tokio::spawn(async move {
        if let Ok(queue) = Queue::of(&app, &caller, id).await {
            draw_ahead(&app, &caller, id, &queue.of_kind(None));
        }
    });
}

fn draw_ahead(app: &App, caller: &Caller, id: Uuid, doubts: &[Doubt]) {
    let mut wanted: Vec<(u32, Drawing)> = Vec::new();
    for doubt in doubts {
        let (is_field, drawing) = match &doubt.what {
            What::Field(field) => (true, Drawing::Field(field.clone())),
            _ => (false, Drawing::Annotated),
        };
        // All doubtful fields of a page are drawn together.
        let known = |(n, d): &(u32, Drawing)| *n == doubt.number && matches!(d, Drawing::Field(_)) == is_field;
        if !wanted.iter().any(known) {
            wanted.push((doubt.number, drawing));
        }
        if wanted.len() == AHEAD {
            break;
        }
    }
    let (app, caller) = (app.clone(), caller.clone());
    tokio::spawn(async move { pictures::ahead(&app, &caller, id, wanted).await });
}

impl ReviewPage {
    /// Of these things, with one of them shown.
    fn of(v: &Visitor, batch: &Batch, shown: &[Doubt], item: Option<Item>) -> Self {
        let s = v.shell("batches");
        let keys: Vec<String> = shown.iter().map(Doubt::key).collect();
        ReviewPage {
            name: super::batches::files(batch, s.w.and_others),
            batch: batch.id,
            counts: queue::Counts { all: shown.len() as u64, ..queue::Counts::default() },
            kind: None,
            item,
            done: None,
            doubts: super::words::json(&keys),
            words: s.w.for_review(),
            tabs: false,
            single: false,
            s,
        }
    }

    fn here(&self) -> String {
        self.tab(self.kind.as_deref().unwrap_or_default())
    }

    fn tab(&self, kind: &str) -> String {
        format!("/lotes/{}/revisao?tipo={kind}", self.batch)
    }

    fn is_kind(&self, kind: &str) -> bool {
        self.kind.as_deref().unwrap_or_default() == kind
    }
}

/// What others decided, for a second look.
pub async fn second(State(app): State<App>, v: Visitor, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    v.review()?;
    let batch = batches::find(&app, &v.caller, id, Freshness::Latest).await?;
    let shown = second::Waiting::of(&app, &v.caller, id).await?.for_person(&v.caller.who);
    let item = match shown.first() {
        Some(doubt) => Some(Item::of(&app, &v, id, doubt).await?),
        None => None,
    };
    html(&ReviewPage::of(&v, &batch, &shown, item))
}

/// How many decisions wait for a second person, where one is asked for.
pub async fn for_second(app: &App, v: &Visitor, id: Uuid) -> Result<u64, Problem> {
    if !app.config.web.second_look {
        return Ok(0);
    }
    Ok(second::Waiting::of(app, &v.caller, id).await?.count())
}

/// One doubtful thing of a page.
#[derive(Deserialize)]
pub struct Of {
    campo: Option<String>,
    segunda: Option<u8>,
    caso: Option<String>,
}

pub async fn item(
    State(app): State<App>,
    v: Visitor,
    Path((id, n)): Path<(Uuid, u32)>,
    Query(of): Query<Of>,
) -> Result<Response, Problem> {
    v.review()?;
    html(&Item::of(&app, &v, id, &of.doubt(n)?).await?)
}

/// One thing of a page, in doubt or not, for whoever wants to correct it.
pub async fn single(
    State(app): State<App>,
    v: Visitor,
    Path((id, n)): Path<(Uuid, u32)>,
    Query(of): Query<Of>,
) -> Result<Response, Problem> {
    v.review()?;
    let doubt = of.doubt(n)?;
    let item = Item::of(&app, &v, id, &doubt).await?;
    alone(&app, &v, id, &doubt, item).await
}

/// A page with one thing only.
async fn alone(app: &App, v: &Visitor, id: Uuid, doubt: &Doubt, item: Item) -> Result<Response, Problem> {
    let batch = batches::find(app, &v.caller, id, Freshness::Latest).await?;
    html(&ReviewPage { single: true, ..ReviewPage::of(v, &batch, std::slice::from_ref(doubt), Some(item)) })
}

impl Of {
    fn doubt(self, number: u32) -> Result<Doubt, Problem> {
        let what = match (self.campo, self.caso) {
            (Some(field), _) => What::Field(field),
            (None, Some(case)) => What::named(&case).ok_or_else(|| Problem::field("caso", "no such case"))?,
            (None, None) => return Err(Problem::field("campo", "missing; a field or a case is expected")),
        };
        Ok(Doubt { number, what, sure: 0.0, second: self.segunda.is_some() })
    }
}
