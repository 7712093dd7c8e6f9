//! The parent's side of a child: spawning, listening, and what its end means.

use super::{Bounds, Event, Order, Task};
use crate::limits::Limits;
use futures_util::StreamExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::{ChildStdout, Command};
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};

/// Of what a child says: a page with all its marks takes a hundredth of it.
const LONGEST_LINE: usize = 32 << 20;

/// What all children are told.
#[derive(Clone)]
pub struct Children(Arc<Common>);

struct Common {
    executable: PathBuf,
    bounds: Bounds,
    limits: Limits,
    sheet_key: String,
    /// Longest silence.
    patience: Duration,
}

/// A child at work. Dropped, it is killed.
pub struct Child {
    process: tokio::process::Child,
    lines: FramedRead<ChildStdout, LinesCodec>,
    patience: Duration,
}

#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// It ended without saying why: out of memory, a stack overflow, or its CPU time was used up.
    #[error("the process that opened it died ({0})")]
    Died(String),
    #[error("the process that opened it said nothing for {} s", .0.as_secs())]
    Silent(Duration),
    #[error("no process could be started to open it: {0}")]
    Io(#[from] std::io::Error),
    #[error("the process that opened it can't be understood: {0}")]
    Garbled(#[from] serde_json::Error),
}

impl From<LinesCodecError> for ChildError {
    fn from(e: LinesCodecError) -> Self {
        match e {
            LinesCodecError::Io(e) => ChildError::Io(e),
            LinesCodecError::MaxLineLengthExceeded => ChildError::Died("it said too much at once".to_owned()),
        }
    }
}

impl Children {
    /// # Errors
    /// This executable can't be found.
    pub fn new(bounds: Bounds, limits: Limits, sheet_key: String, patience: Duration) -> std::io::Result<Self> {
        let executable = std::env::current_exe()?;
        Ok(Children(Arc::new(Common { executable, bounds, limits, sheet_key, patience })))
    }

    /// The same with another executable.
    #[cfg(test)]
    pub fn by(self, executable: PathBuf) -> Self {
        let Common { bounds, limits, sheet_key, patience, .. } = &*self.0;
        let (limits, sheet_key) = (limits.clone(), sheet_key.clone());
        Children(Arc::new(Common { executable, bounds: *bounds, limits, sheet_key, patience: *patience }))
    }

    /// Starts a task, with all threads that a child may have.
    ///
    /// # Errors
    /// The process can't be started.
    pub async fn start(&self, task: Task) -> Result<Child, ChildError> {
        self.start_on(task, self.0.bounds.threads).await
    }

    /// Starts a task on so many threads.
    ///
    /// # Errors
    /// The process can't be started.
    pub async fn start_on(&self, task: Task, threads: usize) -> Result<Child, ChildError> {
        let common = &self.0;
        let bounds = Bounds { threads, ..common.bounds };
        let order = Order { bounds, limits: common.limits.clone(), sheet_key: common.sheet_key.clone(), task };
        // Nothing of the parent's environment: it holds secrets.
        let mut process = Command::new(&common.executable)
            .arg("child")
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let order = serde_json::to_vec(&order)?;
        if let Some(mut stdin) = process.stdin.take() {
            stdin.write_all(&order).await?;
            stdin.shutdown().await?;
        }
        let stdout = process.stdout.take().ok_or_else(|| std::io::Error::other("the child has no stdout"))?;
        Ok(Child {
            process,
            lines: FramedRead::with_capacity(stdout, LinesCodec::new_with_max_length(LONGEST_LINE), 1 << 16),
            patience: common.patience,
        })
    }
}

impl Child {
    /// The next thing that it says; None after [`Event::End`].
    ///
    /// # Errors
    /// It died, or was silent for too long.
    pub async fn next(&mut self) -> Result<Option<Event>, ChildError> {
        let line = tokio::time::timeout(self.patience, self.lines.next());
        match line.await.map_err(|_| ChildError::Silent(self.patience))?.transpose()? {
            Some(line) => match serde_json::from_str(&line)? {
                Event::End => Ok(None),
                event => Ok(Some(event)),
            },
            None => Err(ChildError::Died(self.process.wait().await?.to_string())),
        }
    }

    /// All that it says.
    ///
    /// # Errors
    /// As [`Child::next`].
    pub async fn all(mut self) -> Result<Vec<Event>, ChildError> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await? {
            events.push(event);
        }
        Ok(events)
    }
}
