//! What a deployment says of its jobs.

use crate::service::config::Reader;
use std::time::Duration;

/// Who wakes workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Threads of `gabarito serve`.
    Local,
    /// `gabarito work`, anywhere: they look into the database.
    Database,
    /// Cloud Tasks calls `POST /internal/tasks/{id}`: for instances that scale to zero.
    CloudTasks,
}

#[derive(Clone, Debug)]
pub struct JobsConfig {
    pub delivery: Delivery,
    pub workers: usize,
    pub lease: Duration,
    pub max_attempts: u32,
    pub backoff: Duration,
    pub sweep: Duration,
    pub poll: Duration,
    /// Before a large job is run once more on Cloud Run.
    pub run_again: Duration,
}

impl JobsConfig {
    pub fn of(r: &mut Reader) -> Self {
        let words =
            [("local", Delivery::Local), ("database", Delivery::Database), ("cloud_tasks", Delivery::CloudTasks)];
        JobsConfig {
            delivery: r.word(
                "jobs.delivery",
                &words,
                "Who works: `local` threads of `serve`; `database`: processes of `gabarito work`; `cloud_tasks`: Cloud Tasks \
                 calls the service.",
            ),
            workers: r.whole("jobs.workers", "2", 1..=256, "Items that one process works on at once.") as usize,
            lease: r.duration(
                "jobs.lease",
                "60s",
                "After so long without a sign of life a worker counts as lost, and another takes its item.",
            ),
            max_attempts: r.whole(
                "jobs.max_attempts",
                "3",
                1..=20,
                "How often an item is begun, in all. What kills its worker so often is given up, and the rest goes on.",
            ) as u32,
            backoff: r.duration("jobs.backoff", "5s", "Before the second attempt; it doubles with each further one."),
            sweep: r.duration("jobs.sweep", "15s", "How often lost leases are looked for."),
            poll: r.duration("jobs.poll", "1s", "How often a worker looks for work that nobody told it of."),
            run_again: r.duration(
                "jobs.run_again",
                "10m",
                "A job that `tasks.job` works off and that nobody is at is run once more so long after it was last begun.",
            ),
        }
    }
}
