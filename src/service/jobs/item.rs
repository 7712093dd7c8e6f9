//! Jobs, their items and what becomes of them.

use crate::service::store::DbError;
use crate::service::store::db::{Columns, Millis};
use serde_json::Value;
use sqlx::any::AnyRow;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// What a worker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ItemKind {
    /// Prints a package.
    Print,
    /// Counts the pages of a batch's files and makes the items that read them.
    List,
    /// Reads some pages of one file.
    Read,
    /// Looks at a batch whose pages are all read as a whole.
    Settle,
}

impl ItemKind {
    pub const ALL: [ItemKind; 4] = [ItemKind::Print, ItemKind::List, ItemKind::Read, ItemKind::Settle];

    pub fn name(self) -> &'static str {
        match self {
            ItemKind::Print => "print",
            ItemKind::List => "list",
            ItemKind::Read => "read",
            ItemKind::Settle => "settle",
        }
    }
}

impl FromStr for ItemKind {
    type Err = DbError;

    fn from_str(s: &str) -> Result<Self, DbError> {
        let known = ItemKind::ALL.into_iter().find(|k| k.name() == s);
        known.ok_or_else(|| DbError::Protocol(format!("an item of kind {s}, of a later version")))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    Queued,
    Running,
    Done,
    Failed,
    Cancelled,
}

impl JobState {
    pub const ALL: [JobState; 5] =
        [JobState::Queued, JobState::Running, JobState::Done, JobState::Failed, JobState::Cancelled];

    pub fn name(self) -> &'static str {
        match self {
            JobState::Queued => "queued",
            JobState::Running => "running",
            JobState::Done => "done",
            JobState::Failed => "failed",
            JobState::Cancelled => "cancelled",
        }
    }

    /// Nothing more will happen.
    pub fn is_final(self) -> bool {
        matches!(self, JobState::Done | JobState::Failed | JobState::Cancelled)
    }
}

impl FromStr for JobState {
    type Err = DbError;

    fn from_str(s: &str) -> Result<Self, DbError> {
        let known = JobState::ALL.into_iter().find(|k| k.name() == s);
        known.ok_or_else(|| DbError::Protocol(format!("a job in state {s}, of a later version")))
    }
}

#[derive(Clone, Debug)]
pub struct NewJob {
    pub id: Uuid,
    pub tenant: String,
    pub kind: &'static str,
    /// More is sooner; 0 is usual.
    pub priority: i32,
    /// Pages, where they are known.
    pub total: Option<u64>,
    /// Of one that is too large for Cloud Tasks: tasks of an execution on Cloud Run that works it off.
    pub run_tasks: Option<u32>,
}

#[derive(Clone, Debug)]
pub struct NewItem {
    pub kind: ItemKind,
    pub payload: Value,
    pub input_hash: Option<String>,
}

/// An item that this worker has, and the fence under which it may write.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub id: Uuid,
    pub job: Uuid,
    pub tenant: String,
    pub kind: ItemKind,
    pub payload: Value,
    /// From 1.
    pub attempt: u32,
    pub max_attempts: u32,
    pub fence: i64,
    pub lease_until: Millis,
}

impl Claimed {
    pub(super) fn of(row: &AnyRow) -> Result<Self, DbError> {
        let id =
            |name| row.col::<String>(name).and_then(|s| Uuid::parse_str(&s).map_err(|e| DbError::Decode(e.into())));
        Ok(Claimed {
            id: id("id")?,
            job: id("job_id")?,
            tenant: row.col("tenant_id")?,
            kind: row.col::<String>("kind")?.parse()?,
            payload: serde_json::from_str(&row.col::<String>("payload")?).map_err(|e| DbError::Decode(e.into()))?,
            attempt: row.col::<i64>("attempts")? as u32,
            max_attempts: row.col::<i64>("max_attempts")? as u32,
            fence: row.col("fence")?,
            lease_until: row.col("lease_until")?,
        })
    }

    /// The trace of whoever made it.
    pub fn traceparent(&self) -> Option<&str> {
        self.payload.get(super::queue::TRACE)?.as_str()
    }

    pub fn is_last_attempt(&self) -> bool {
        self.attempt >= self.max_attempts
    }
}

/// Why an item was not done. The reason goes to whoever asked for the job: it names no person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// A stable word: `worker_lost`, `not_a_package`.
    pub code: String,
    pub detail: String,
    /// Whether another attempt may succeed.
    pub again: bool,
}

impl Failure {
    /// Another attempt may succeed.
    pub fn transient(code: &str, detail: impl Into<String>) -> Self {
        Failure { code: code.to_owned(), detail: detail.into(), again: true }
    }

    /// It would fail again.
    pub fn lasting(code: &str, detail: impl Into<String>) -> Self {
        Failure { code: code.to_owned(), detail: detail.into(), again: false }
    }

    pub fn to_json(&self) -> Value {
        serde_json::json!({"code": self.code, "detail": self.detail})
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}
