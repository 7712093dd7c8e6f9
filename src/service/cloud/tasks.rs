//! Cloud Tasks: each queued item becomes a task, which calls `POST /internal/tasks/{id}` until it is answered 2xx.
//!
//! A task is named by its item and the item's fence, so that making it twice is refused there (409) and harms nobody, while an
//! item that was given back gets a task of its own.

use super::Tokens;
use crate::service::auth::TokenError;
use crate::service::auth::google::{CERTS, IdTokens};
use crate::service::config::{Reader, Secret};
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
        if !used {
            return None;
        }
        let url = url.or_else(|| public_url.map(str::to_owned)).unwrap_or_default().trim_end_matches('/').to_owned();
        if !is_queue(&queue) {
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
        Some(TasksConfig { endpoint, queue, url, account, audience, jwks_url, deadline, token })
    }
}

fn is_queue(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    matches!(parts[..], ["projects", p, "locations", l, "queues", q] if [p, l, q].iter().all(|s| !s.is_empty()))
}

#[derive(Clone)]
pub struct Tasks(Arc<Inner>);

struct Inner {
    config: TasksConfig,
    client: reqwest::Client,
    tokens: Tokens,
    admitted: IdTokens,
    /// For items that are done at once.
    places: Arc<Semaphore>,
}

#[derive(Debug, thiserror::Error)]
#[error("Cloud Tasks did not take a task: {0}")]
pub struct TaskError(String);

impl Tasks {
    /// # Errors
    /// TLS can't be set up.
    pub fn new(config: TasksConfig, workers: usize) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder().timeout(TIMEOUT).build()?;
        let tokens = Tokens::new(config.token.clone());
        let admitted = IdTokens::new(config.jwks_url.clone(), config.audience.clone());
        Ok(Tasks(Arc::new(Inner { config, client, tokens, admitted, places: Arc::new(Semaphore::new(workers)) })))
    }

    /// A place among the items that this process works on.
    pub async fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.0.places.clone().acquire_owned().await.ok()
    }

    /// Makes the task of an item, if it is not there yet.
    ///
    /// # Errors
    /// Cloud Tasks can't be reached, or refuses.
    pub async fn create(&self, item: Uuid, fence: i64) -> Result<(), TaskError> {
        let Inner { config, client, tokens, .. } = &*self.0;
        let url = format!("{}/v2/{}/tasks", config.endpoint, config.queue);
        let body = self.task(item, fence);
        let mut last = String::new();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(BACKOFF * 2_u32.pow(attempt - 1)).await;
            }
            let token = tokens.get().await.map_err(|e| TaskError(e.to_string()))?;
            match client.post(&url).bearer_auth(token).json(&body).send().await {
                Err(e) => last = e.to_string(),
                Ok(answer) => match answer.status().as_u16() {
                    // It is there already.
                    200 | 409 => return Ok(()),
                    status @ (401 | 429 | 500..) => {
                        if status == 401 {
                            tokens.forget().await;
                        }
                        last = format!("it answered {}", answer.status());
                    }
                    _ => return Err(TaskError(format!("it answered {}", answer.status()))),
                },
            }
        }
        Err(TaskError(last))
    }

    /// As `projects.locations.queues.tasks.create` has it.
    fn task(&self, item: Uuid, fence: i64) -> Value {
        let TasksConfig { queue, url, account, audience, deadline, .. } = &self.0.config;
        json!({"task": {
            "name": format!("{queue}/tasks/{item}-{fence}"),
            "dispatchDeadline": format!("{}s", deadline.as_secs()),
            "httpRequest": {
                "url": format!("{url}/internal/tasks/{item}"),
                "httpMethod": "POST",
                "oidcToken": {"serviceAccountEmail": account, "audience": audience},
            },
        }})
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
}
