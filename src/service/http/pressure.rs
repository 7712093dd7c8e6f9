//! More than can be answered, and clients that keep others waiting: both are told so, and neither fills the memory.

use super::{Kind, Problem};
use crate::service::gate::Full;
use axum::body::{Body, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// What a platform asks is answered whatever else is under way.
const ALWAYS: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Answers so many requests at once; the next ones are told to come again.
pub async fn admit(State(room): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let _place = match ALWAYS.contains(&route) {
        true => None,
        false => match room.try_acquire() {
            Ok(place) => Some(place),
            Err(_) => return Kind::Busy.because("too many requests are being answered").into_response(),
        },
    };
    next.run(request).await
}

/// Who has all of an exam's answers in memory at once, in one process.
static WHOLE_EXAMS: Semaphore = Semaphore::const_new(2);
/// How long a request waits to be one of them.
const FOR_ITS_TURN: Duration = Duration::from_secs(20);

/// A turn for what takes all of an exam's answers into memory: statistics and exports.
pub async fn whole_exam() -> Result<SemaphorePermit<'static>, Problem> {
    let busy = "other statistics are being computed, or other exports made";
    match tokio::time::timeout(FOR_ITS_TURN, WHOLE_EXAMS.acquire()).await {
        Ok(Ok(turn)) => Ok(turn),
        _ => Err(Kind::Busy.because(busy)),
    }
}

/// How long a request may take.
#[derive(Clone, Copy, Debug)]
pub enum Patience {
    /// In all.
    Whole(Duration),
    /// Without a byte of its body, and then for the answer: a large file takes as long as it takes.
    Files(Duration),
    /// Without a byte of its body; what it asks for has bounds of its own.
    Body(Duration),
}

/// How far a body has come.
#[derive(Clone, Copy)]
struct Progress {
    /// Since then nothing more of it.
    last: Instant,
    /// Somebody waits for more.
    wanted: bool,
    ended: bool,
}

impl Patience {
    fn deadline(self, begun: Instant, progress: &Mutex<Progress>) -> Option<Instant> {
        let Progress { last, ended, .. } = seen(progress);
        match self {
            Patience::Whole(time) => Some(begun + time),
            Patience::Files(time) => Some(last + time),
            Patience::Body(time) => Some(last + time).filter(|_| !ended),
        }
    }
}

/// Ends a request that takes longer, and says whose fault it is.
pub async fn bounded(State(patience): State<Patience>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let (parts, body) = request.into_parts();
    let progress = Progress { last: begun, wanted: false, ended: body.is_end_stream() };
    let progress = Arc::new(Mutex::new(progress));
    let body = watched(body, progress.clone());
    let mut answer = std::pin::pin!(next.run(Request::from_parts(parts, body)));
    while let Some(deadline) = patience.deadline(begun, &progress) {
        if let Ok(response) = tokio::time::timeout_at(deadline, &mut answer).await {
            return response;
        }
        // Bytes may have come in the meantime.
        if patience.deadline(begun, &progress) == Some(deadline) {
            return too_late(seen(&progress)).into_response();
        }
    }
    answer.await
}

fn too_late(progress: Progress) -> Problem {
    if progress.wanted && !progress.ended {
        Kind::TooSlow.because("its body did not come in time")
    } else {
        Kind::Busy.because("it could not be answered in time")
    }
}

fn seen(progress: &Mutex<Progress>) -> Progress {
    *progress.lock().unwrap_or_else(|e| e.into_inner())
}

/// A body that notes how far it has come.
fn watched(body: Body, progress: Arc<Mutex<Progress>>) -> Body {
    if body.is_end_stream() {
        return body;
    }
    let mut chunks = body.into_data_stream();
    Body::from_stream(stream::poll_fn(move |context| {
        let polled = chunks.poll_next_unpin(context);
        let mut progress = progress.lock().unwrap_or_else(|e| e.into_inner());
        match &polled {
            Poll::Pending => progress.wanted = true,
            Poll::Ready(chunk) => {
                *progress = Progress { last: Instant::now(), wanted: false, ended: chunk.is_none() };
            }
        }
        polled
    }))
}

impl From<Full> for Problem {
    fn from(e: Full) -> Problem {
        Kind::Busy.because(e.to_string())
    }
}
