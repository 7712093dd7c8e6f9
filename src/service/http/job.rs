//! What of a job is told to whoever asked for it.

use crate::service::jobs::{JobState, Progress};
use crate::service::store::db::Millis;
use serde::Serialize;
use serde_json::Value;

/// How far it is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Job {
    pub state: JobState,
    pub progress: Counted,
    /// Why it failed: a stable code and a sentence.
    #[schema(value_type = Option<Object>)]
    pub error: Option<Value>,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub started_at: Option<String>,
    #[schema(format = DateTime)]
    pub finished_at: Option<String>,
}

/// In pages.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Counted {
    pub done: u64,
    /// Null until it is known.
    pub total: Option<u64>,
}

impl From<Progress> for Job {
    fn from(p: Progress) -> Self {
        Job {
            state: p.state,
            progress: Counted { done: p.done, total: p.total },
            error: p.error,
            created_at: time(p.created_at),
            started_at: p.started_at.map(time),
            finished_at: p.finished_at.map(time),
        }
    }
}

/// RFC 3339, UTC.
pub fn time(millis: Millis) -> String {
    jiff::Timestamp::from_millisecond(millis).map_or_else(|_| String::new(), |t| format!("{t:.3}"))
}
