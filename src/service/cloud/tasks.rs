//! Cloud Tasks: each queued item becomes a task, which calls `POST /internal/tasks/{id}` until it is answered 2xx. And jobs on Cloud
//! Run, for packages and batches that are too large for that.
//!
//! A task is named by its item and the item's fence, so that making it twice is refused there (409) and harms nobody, while an
//! item that was given back gets a task of its own.

use super::Tokens;
use crate::service::auth::TokenError;
use crate::service::auth::google::{CERTS, IdTokens};
use crate::service::config::{Reader, Secret};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

const ATTEMPTS: u32 = 5;
const BACKOFF: Duration = Duration::from_millis(200);
const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
pub struct TasksConfig {
    pub endpoint: String,
    /// `projects/…/locations/…/queues/…`
    pub queue: String,
    /// Where tasks call: the service as Cloud Tasks reaches it.
    pub url: String,
    pub account: String,
    pub audience: String,
    pub jwks_url: String,
    pub deadline: Duration,
    pub token: Option<Secret>,
    pub run: Option<RunConfig>,
}

/// A job on Cloud Run, for what is large.
#[derive(Clone, Debug)]
pub struct RunConfig {
    pub endpoint: String,
    /// `projects/…/locations/…/jobs/…`
    pub job: String,
    /// Bytes of a PACKAGE.json, and of a batch's files: what has more is large.
    pub package: u64,
    pub batch: u64,
    /// Tasks of an execution, at most.
    pub most: u32,
}

impl RunConfig {
    /// None where no job is named.
    fn of(r: &mut Reader) -> Option<Self> {
        let job: String = r.text(
            "tasks.job",
            "",
            "A job on Cloud Run (`gabarito work`) for packages and batches that are too large for tasks: \
             projects/P/locations/L/jobs/J. Without it everything goes to Cloud Tasks.",
        );
        let endpoint = r.text("tasks.job_endpoint", "https://run.googleapis.com", "Where Cloud Run's API is.");
        let package =
            r.bytes("tasks.job_package", "8MiB", "A package whose PACKAGE.json is larger is worked off by that job.");
        let batch = r.bytes("tasks.job_batch", "512MiB", "A batch whose files, but for URLs, have more bytes is, too.");
        let most = r.whole(
            "tasks.job_tasks",
            "8",
            1..=10_000,
            "Tasks of one execution of it, at most: one for `jobs.workers` files of a batch; a package has one.",
        );
        if !job.is_empty() && !is_name(&job, "jobs") {
            r.fault("tasks.job", "projects/P/locations/L/jobs/J is expected");
        }
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        (!job.is_empty()).then_some(RunConfig { endpoint, job, package, batch, most: most as u32 })
    }
}

/// What may be large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Bytes of its PACKAGE.json.
    Package(u64),
    /// How many files, and their bytes.
    Batch(usize, u64),
}

impl TasksConfig {
    /// None where tasks are not `used`.
    pub fn of(r: &mut Reader, used: bool, public_url: Option<&str>) -> Option<Self> {
        let endpoint =
            r.text("tasks.endpoint", "https://cloudtasks.googleapis.com", "Where Cloud Tasks is, for `jobs.delivery`.");
        let queue: String = r.text("tasks.queue", "", "The queue: projects/P/locations/L/queues/Q.");
        let url: Option<String> =
            r.optional("tasks.url", "an URL", "Where tasks call. Without it `server.public_url`.");
        let account: String =
            r.text("tasks.service_account", "", "The service account that tasks come from, by its e-mail address.");
        let audience: Option<String> = r.optional(
            "tasks.audience",
            "text",
            "The audience of the tokens that they come with. Without it `tasks.url`.",
        );
        let jwks_url = r.text("tasks.jwks_url", CERTS, "Where Google's keys are, which sign these tokens.");
        let deadline = r.duration(
            "tasks.deadline",
            "30m",
            "How long one task may take, from 15 s to 30 min. What takes longer is for `gabarito work`.",
        );
        let token =
            r.optional("tasks.token", "text", "An access token, in place of that of the machine's own identity.");
        let run = RunConfig::of(r);
        if !used {
            return None;
        }
        let url = url.or_else(|| public_url.map(str::to_owned)).unwrap_or_default().trim_end_matches('/').to_owned();
        if !is_name(&queue, "queues") {
            r.fault("tasks.queue", "projects/P/locations/L/queues/Q is expected, for jobs.delivery is cloud_tasks");
        }
        if !url.starts_with("https://") && !url.starts_with("http://") {
            r.fault("tasks.url", "an URL is expected here or in server.public_url, for jobs.delivery is cloud_tasks");
        }
        if !account.contains('@') {
            r.fault("tasks.service_account", "an e-mail address is expected, for jobs.delivery is cloud_tasks");
        }
        if !(Duration::from_secs(15)..=Duration::from_secs(1800)).contains(&deadline) {
            r.fault("tasks.deadline", "15s to 30m is expected");
        }
        let audience = audience.unwrap_or_else(|| url.clone());
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        Some(TasksConfig { endpoint, queue, url, account, audience, jwks_url, deadline, token, run })
    }
}

/// `projects/P/locations/L/KIND/N`
fn is_name(name: &str, kind: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    let full = |parts: [&str; 3]| parts.iter().all(|s| !s.is_empty());
    matches!(parts[..], ["projects", p, "locations", l, k, n] if k == kind && full([p, l, n]))
}

#[derive(Clone)]
pub struct Tasks(Arc<Inner>);

struct Inner {
    config: TasksConfig,
    client: reqwest::Client,
    workers: usize,
    tokens: Tokens,
    admitted: IdTokens,
    /// For items that are done at once.
    places: Arc<Semaphore>,
}

#[derive(Debug, thiserror::Error)]
#[error("Google did not take what there is to do: {0}")]
pub struct TaskError(String);

impl Tasks {
    /// # Errors
    /// TLS can't be set up.
    pub fn new(config: TasksConfig, workers: usize) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder().timeout(TIMEOUT).build()?;
        let tokens = Tokens::new(config.token.clone());
        let admitted = IdTokens::new(config.jwks_url.clone(), config.audience.clone());
        let places = Arc::new(Semaphore::new(workers));
        Ok(Tasks(Arc::new(Inner { config, client, workers, tokens, admitted, places })))
    }

    /// A place among the items that this process works on.
    pub async fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.0.places.clone().acquire_owned().await.ok()
    }

    /// Of what is large: tasks of an execution on Cloud Run that works it off. None of what goes to Cloud Tasks.
    pub fn run_tasks(&self, size: Size) -> Option<u32> {
        let run = self.0.config.run.as_ref()?;
        match size {
            // It is one item.
            Size::Package(bytes) => (bytes > run.package).then_some(1),
            Size::Batch(files, bytes) => (bytes > run.batch).then(|| {
                let wanted = u32::try_from(files.div_ceil(self.0.workers)).unwrap_or(u32::MAX);
                wanted.clamp(1, run.most)
            }),
        }
    }

    /// Makes the task of an item, if it is not there yet; for later, where it is not due before.
    ///
    /// # Errors
    /// Cloud Tasks can't be reached, or refuses.
    pub async fn create(&self, item: Uuid, fence: i64, due: Option<Timestamp>) -> Result<(), TaskError> {
        let TasksConfig { endpoint, queue, .. } = &self.0.config;
        let url = format!("{endpoint}/v2/{queue}/tasks");
        // 409: it is there already.
        self.post(&url, &self.task(item, fence, due), |status| matches!(status, 200 | 409)).await
    }

    /// Begins an execution of the job on Cloud Run that works off this one, and shares it among so many tasks.
    ///
    /// # Errors
    /// Cloud Run can't be reached, or refuses; or no job is configured any more.
    pub async fn run(&self, job: Uuid, tasks: u32) -> Result<(), TaskError> {
        let run = self.0.config.run.as_ref().ok_or_else(|| TaskError("tasks.job is not set any more".to_owned()))?;
        // As `projects.locations.jobs.run` has it.
        let overrides =
            json!({"containerOverrides": [{"args": ["work", "--job", job.to_string()]}], "taskCount": tasks});
        let url = format!("{}/v2/{}:run", run.endpoint, run.job);
        self.post(&url, &json!({"overrides": overrides}), |status| status == 200).await
    }

    /// Again where Google has no time, or the token has expired.
    async fn post(&self, url: &str, body: &Value, taken: impl Fn(u16) -> bool) -> Result<(), TaskError> {
        let Inner { client, tokens, .. } = &*self.0;
        let mut last = String::new();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(BACKOFF * 2_u32.pow(attempt - 1)).await;
            }
            let token = tokens.get().await.map_err(|e| TaskError(e.to_string()))?;
            match client.post(url).bearer_auth(token).json(body).send().await {
                Err(e) => last = e.to_string(),
                Ok(answer) => match answer.status().as_u16() {
                    status if taken(status) => return Ok(()),
                    status @ (401 | 409 | 429 | 500..) => {
                        if status == 401 {
                            tokens.forget().await;
                        }
                        last = format!("{url} answered {}", answer.status());
                    }
                    _ => return Err(TaskError(format!("{url} answered {}", answer.status()))),
                },
            }
        }
        Err(TaskError(last))
    }

    /// As `projects.locations.queues.tasks.create` has it.
    fn task(&self, item: Uuid, fence: i64, due: Option<Timestamp>) -> Value {
        let TasksConfig { queue, url, account, audience, deadline, .. } = &self.0.config;
        let mut task = json!({
            "name": format!("{queue}/tasks/{item}-{fence}"),
            "dispatchDeadline": format!("{}s", deadline.as_secs()),
            "httpRequest": {
                "url": format!("{url}/internal/tasks/{item}"),
                "httpMethod": "POST",
                "oidcToken": {"serviceAccountEmail": account, "audience": audience},
            },
        });
        if let Some(due) = due {
            task["scheduleTime"] = due.to_string().into();
        }
        json!({"task": task})
    }

    /// Whether this token is of the account under which tasks come.
    ///
    /// # Errors
    /// It is not valid, or Google's keys can't be fetched.
    pub async fn admit(&self, token: &str) -> Result<(), TokenError> {
        let identified = self.0.admitted.verify(token).await?;
        if identified.email == self.0.config.account { Ok(()) } else { Err(TokenError::Invalid) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)], used: bool) -> (Option<TasksConfig>, Vec<String>) {
        let pairs = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let mut reader = Reader::new(None, pairs);
        let config = TasksConfig::of(&mut reader, used, Some("https://g.example"));
        (config, reader.finish(&[]).1.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_is_missing_is_said_only_where_tasks_are_used() {
        assert!(matches!(read(&[], false), (None, faults) if faults.is_empty()));
        let (_, faults) = read(&[("GABARITO_TASKS_DEADLINE", "31m"), ("GABARITO_TASKS_QUEUE", "q")], true);
        let said = |path: &str| faults.iter().any(|f| f.starts_with(path));
        assert!(["tasks.queue", "tasks.service_account", "tasks.deadline"].iter().all(|p| said(p)), "{faults:?}");
        let queue = ("GABARITO_TASKS_QUEUE", "projects/p/locations/l/queues/q");
        let (config, faults) = read(&[queue, ("GABARITO_TASKS_SERVICE_ACCOUNT", "t@p.iam")], true);
        assert!(faults.is_empty(), "{faults:?}");
        let config = config.unwrap();
        assert_eq!((config.url.as_str(), config.audience.as_str()), ("https://g.example", "https://g.example"));
    }

    #[test]
    fn what_is_larger_than_was_said_is_for_a_job_with_a_task_for_so_many_files() {
        let tasks = |job: &str| {
            let queue = ("GABARITO_TASKS_QUEUE", "projects/p/locations/l/queues/q");
            let pairs = [queue, ("GABARITO_TASKS_SERVICE_ACCOUNT", "t@p.iam"), ("GABARITO_TASKS_JOB", job)];
            let (config, faults) = read(&pairs, true);
            assert_eq!(faults.len(), usize::from(job == "j"), "{faults:?}");
            Tasks::new(config.unwrap(), 2).unwrap()
        };
        let (none, some) = (tasks(""), tasks("projects/p/locations/l/jobs/j"));
        tasks("j");
        let (package, batch) = (8 << 20, 512 << 20);
        for (size, run) in [
            (Size::Package(package), None),
            (Size::Package(package + 1), Some(1)),
            (Size::Batch(9, batch), None),
            (Size::Batch(1, batch + 1), Some(1)),
            (Size::Batch(9, batch + 1), Some(5)),
            (Size::Batch(900, batch + 1), Some(8)),
        ] {
            assert_eq!((some.run_tasks(size), none.run_tasks(size)), (run, None), "{size:?}");
        }
    }
}
