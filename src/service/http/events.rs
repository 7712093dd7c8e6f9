//! Progress as it happens: server-sent events.

use super::batches;
use super::extract::Path;
use super::{Caller, Problem, caller};
use crate::service::App;
use crate::service::jobs::Progress;
use crate::service::store::db::{Columns, Freshness};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream;
use serde_json::json;
use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::time::Duration;
use uuid::Uuid;

/// How often the database is looked at. Whoever polls instead may do so as often.
const LOOK: Duration = Duration::from_millis(500);
/// Pages told in one go.
const AT_ONCE: i64 = 500;
/// A page is seen at most so long after the time that it bears: of two workers, the first to begin writing may be the last
/// to end.
const LATE: i64 = 2000;

/// A change of a page, in the order in which they are told. An event's id is the last up to which all is told: a client that
/// comes back with `Last-Event-ID` misses nothing, and hears again at most of what is less than [`LATE`] before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    updated_at: i64,
    number: i64,
}

impl Told {
    fn parse(id: &str) -> Option<Self> {
        let (updated_at, number) = id.split_once('-')?;
        Some(Told { updated_at: updated_at.parse().ok()?, number: number.parse().ok()? })
    }

    fn id(self) -> String {
        format!("{}-{}", self.updated_at, self.number)
    }
}

struct Watch {
    app: App,
    caller: Caller,
    batch: Uuid,
    job: Uuid,
    /// The job when pages were last looked for: until it changes there are none, and many who watch ask the cache alone.
    seen: Option<Progress>,
    /// The latest change that was told.
    told: Told,
    /// Up to here all is told, and nothing comes any more.
    settled: Told,
    /// After which to look.
    from: Told,
    /// There is more than was told in one go.
    more: bool,
    /// When the batch was finished: what its workers wrote is all there.
    finished_at: Option<i64>,
    /// What was told of what may still be joined by others.
    recent: BTreeSet<Told>,
    ready: VecDeque<Event>,
    progress: String,
    last: bool,
}

/// Progress of a batch: `page` for every page that was read or changed, `progress` for the batch, `finished` at the end.
///
/// A client that comes back with `Last-Event-ID` is told what it missed; of pages of the last moments before it left, again.
#[utoipa::path(get, path = "/v1/batches/{id}/events", tag = "read",
    params(("id" = Uuid, Path), ("Last-Event-ID" = Option<String>, Header, description = "The last event that was seen")),
    responses(
        (status = 200, description = "Events until the batch is finished", content_type = "text/event-stream"),
        (status = 404, description = "None of yours has this id", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn events(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path(batch): Path<Uuid>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let job = batches::job_of(&app, &caller, batch).await?;
    let told = headers.get("last-event-id").and_then(|v| v.to_str().ok()).and_then(Told::parse).unwrap_or_default();
    let watch = Watch {
        app,
        caller,
        batch,
        job,
        seen: None,
        told,
        settled: told,
        from: told,
        more: false,
        finished_at: None,
        recent: BTreeSet::new(),
        ready: VecDeque::new(),
        progress: String::new(),
        last: false,
    };
    let events = stream::unfold(watch, |mut watch| async move {
        loop {
            if let Some(event) = watch.ready.pop_front() {
                return Some((Ok::<_, Infallible>(event), watch));
            }
            if watch.last || watch.app.stopping.is_cancelled() {
                return None;
            }
            // The end of an item is told at once, where it was this process that ended it.
            let rung = watch.app.queue.listen();
            // What can't be told now ends the stream; the client comes back with the id of what it has.
            if watch.look().await.is_err() {
                return None;
            }
            if watch.ready.is_empty() && !watch.more {
                tokio::select! {
                    () = tokio::time::sleep(LOOK) => {}
                    () = rung => {}
                    () = watch.app.stopping.cancelled() => {}
                }
            }
        }
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

impl Watch {
    async fn look(&mut self) -> Result<(), Problem> {
        let job = self.app.queue.polled(self.job, Freshness::Latest).await?;
        if job.is_some() && job == self.seen {
            return Ok(());
        }
        // The state first: what is final now has all its pages.
        let batch = batches::find(&self.app, &self.caller, self.batch, Freshness::Latest).await?;
        if batch.job.state.is_final() && self.finished_at.is_none() {
            let job = self.app.queue.progress(self.job, Freshness::Latest).await?;
            self.finished_at = job.and_then(|job| job.finished_at);
        }
        let text = "SELECT number, updated_at, outcome, file, page FROM pages
                    WHERE batch_id = $1 AND (updated_at > $2 OR (updated_at = $2 AND number > $3))
                    ORDER BY updated_at, number LIMIT $4";
        let Told { updated_at, number } = self.from;
        let query = self.app.db.query(text).bind(self.batch.to_string()).bind(updated_at).bind(number);
        let rows = query.bind(AT_ONCE).fetch_all(self.app.db.reader(Freshness::Latest)).await?;
        self.more = rows.len() as i64 == AT_ONCE;
        for row in rows {
            let told = Told { updated_at: row.col("updated_at")?, number: row.col("number")? };
            self.from = told;
            if !self.recent.insert(told) {
                continue;
            }
            self.told = self.told.max(told);
            self.settle(told);
            let page = json!({
                "number": told.number,
                "outcome": row.col::<String>("outcome")?,
                "source": {"file": row.col::<String>("file")?, "page": row.col::<i64>("page")?},
            });
            self.ready.push_back(Event::default().event("page").id(self.settled.id()).data(page.to_string()));
        }
        if !self.more {
            self.settle(self.told);
            self.from = self.settled;
        }
        self.recent = self.recent.split_off(&self.settled);
        let progress =
            json!({"state": batch.job.state, "progress": batch.job.progress, "outcomes": batch.outcomes}).to_string();
        if progress != self.progress {
            self.ready.push_back(Event::default().event("progress").id(self.settled.id()).data(&progress));
            self.progress = progress;
        }
        self.seen = if self.more { None } else { job };
        if batch.job.state.is_final() && !self.more {
            self.ready.push_back(Event::default().event("finished").id(self.settled.id()).data(&self.progress));
            self.last = true;
        }
        Ok(())
    }

    /// All is told up to this change; before how much of it nothing comes any more?
    fn settle(&mut self, told: Told) {
        let late = self.told.updated_at.saturating_sub(LATE);
        let written = self.finished_at.map_or(late, |at| at.max(late));
        self.settled = self.settled.max(told.min(Told { updated_at: written, number: i64::MAX }));
    }
}
