//! BigQuery's jobs, over REST (https://docs.cloud.google.com/bigquery/docs/reference/rest/v2/jobs).
//!
//! A loading job's id is made of the hash of what it loads, so that however often it is asked for, the rows are appended once: the
//! second time BigQuery answers 409, and the first one's outcome counts. A job that failed keeps its id for ever; the next
//! attempt has the next number behind it.

use super::config::WarehouseConfig;
use super::table::Table;
use crate::service::cloud::Tokens;
use reqwest::{RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// Failed jobs of the same rows, after which a person must look.
const MOST: u32 = 10;
const FIRST_LOOK: Duration = Duration::from_millis(200);
const LONGEST_LOOK: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(30);

pub struct BigQuery {
    config: WarehouseConfig,
    http: reqwest::Client,
    tokens: Tokens,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The network, a server's fault, a token that is no longer good: worth another try.
    #[error("BigQuery could not be reached: {0}")]
    Unreachable(String),
    #[error("BigQuery refused: {0}")]
    Refused(String),
    #[error("BigQuery does not find it: {0}")]
    NotFound(String),
    #[error("the job was not done in time")]
    Late,
    #[error("{MOST} jobs for the same have failed, at last: {0}")]
    Hopeless(String),
}

/// What is loaded.
#[derive(Clone, Copy, Debug)]
pub struct Load<'a> {
    pub table: &'a Table,
    /// The table's own name in the dataset.
    pub name: &'a str,
    /// Of the rows, in hexadecimal.
    pub hash: &'a str,
    /// `gs://…`, NDJSON compressed by gzip.
    pub uri: &'a str,
}

#[derive(Deserialize)]
struct Job {
    #[serde(default)]
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    state: String,
    error_result: Option<Reason>,
}

/// Why a job failed.
#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    message: String,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.reason, self.message)
    }
}

/// What asking for a job came to.
enum Asked {
    Begun,
    /// It was asked for before.
    Known,
}

impl BigQuery {
    /// # Errors
    /// TLS can't be set up.
    pub fn new(config: WarehouseConfig) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder().timeout(TIMEOUT).build()?;
        let tokens = Tokens::new(config.token.clone());
        Ok(BigQuery { config, http, tokens })
    }

    /// Appends the rows to their table, once; makes the table, and columns that it lacks.
    ///
    /// # Errors
    /// [`LoadError`]; asking again is safe.
    pub async fn load(&self, load: &Load<'_>) -> Result<(), LoadError> {
        let job = json!({"load": {
            "sourceUris": [load.uri],
            "sourceFormat": "NEWLINE_DELIMITED_JSON",
            "destinationTable": self.table(load.name),
            "schema": {"fields": load.table.schema()},
            "createDisposition": "CREATE_IF_NEEDED",
            "writeDisposition": "WRITE_APPEND",
            "schemaUpdateOptions": ["ALLOW_FIELD_ADDITION"],
        }});
        self.once(&format!("gabarito-{}-{}", load.name, load.hash), &job).await
    }

    /// Deletes the rows of a student and of the student's sheets from a table, if there is such a table. `id` tells this
    /// from earlier times.
    ///
    /// # Errors
    /// [`LoadError`]; asking again is safe.
    pub async fn erase(&self, table: &str, student: &str, id: &str) -> Result<(), LoadError> {
        let WarehouseConfig { project, dataset, .. } = &self.config;
        let name = format!("`{project}.{dataset}.{table}`");
        let job = json!({"query": {
            "query": format!("DELETE FROM {name} WHERE student = @student OR sheet IN \
                              (SELECT sheet FROM {name} WHERE student = @student)"),
            "useLegacySql": false,
            "parameterMode": "NAMED",
            "queryParameters": [
                {"name": "student", "parameterType": {"type": "STRING"}, "parameterValue": {"value": student}},
            ],
        }});
        let id = id.replace('/', "-");
        match self.once(&format!("gabarito-erase-{table}-{id}"), &job).await {
            Err(LoadError::NotFound(_)) => Ok(()),
            done => done,
        }
    }

    /// Has a job done, once.
    async fn once(&self, name: &str, configuration: &Value) -> Result<(), LoadError> {
        let until = Instant::now() + self.config.patience;
        let mut last = String::new();
        for number in 0..MOST {
            let id = format!("{name}-{number}");
            let asked = self.insert(&id, configuration).await?;
            match self.outcome(&id, until).await? {
                None => return Ok(()),
                Some(failure) if failure.reason == "notFound" && matches!(asked, Asked::Begun) => {
                    return Err(LoadError::NotFound(failure.message));
                }
                // It failed now: whoever asks next takes the next number.
                Some(failure) if matches!(asked, Asked::Begun) => return Err(LoadError::Refused(failure.to_string())),
                Some(failure) => last = failure.to_string(),
            }
        }
        Err(LoadError::Hopeless(last))
    }

    fn table(&self, name: &str) -> Value {
        let WarehouseConfig { project, dataset, .. } = &self.config;
        json!({"projectId": project, "datasetId": dataset, "tableId": name})
    }

    fn jobs(&self) -> String {
        let BigQuery { config: WarehouseConfig { endpoint, project, .. }, .. } = self;
        format!("{}/bigquery/v2/projects/{project}/jobs", endpoint.trim_end_matches('/'))
    }

    async fn insert(&self, id: &str, configuration: &Value) -> Result<Asked, LoadError> {
        let WarehouseConfig { project, location, .. } = &self.config;
        let reference = json!({"projectId": project, "jobId": id, "location": location});
        let body = json!({"jobReference": reference, "configuration": configuration});
        let (status, answer) = self.send(self.http.post(self.jobs()).json(&body)).await?;
        match status {
            StatusCode::CONFLICT => Ok(Asked::Known),
            status if status.is_success() => Ok(Asked::Begun),
            status => Err(LoadError::Refused(said(status, &answer))),
        }
    }

    /// Why the job failed, once it is done; None: it did not.
    async fn outcome(&self, id: &str, until: Instant) -> Result<Option<Reason>, LoadError> {
        let url = format!("{}/{id}", self.jobs());
        let mut pause = FIRST_LOOK;
        loop {
            let request = self.http.get(&url).query(&[("location", &self.config.location)]);
            match self.send(request).await {
                Ok((status, answer)) if status.is_success() => {
                    let job: Job = serde_json::from_value(answer).map_err(|e| LoadError::Unreachable(e.to_string()))?;
                    if job.status.state == "DONE" {
                        return Ok(job.status.error_result);
                    }
                }
                Ok((status, answer)) => return Err(LoadError::Refused(said(status, &answer))),
                // The job goes on whether it is looked at or not.
                Err(LoadError::Unreachable(_)) if Instant::now() + pause < until => {}
                Err(e) => return Err(e),
            }
            if Instant::now() + pause >= until {
                return Err(LoadError::Late);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_LOOK);
        }
    }

    /// The status and the JSON of an answer that is worth reading.
    async fn send(&self, request: RequestBuilder) -> Result<(StatusCode, Value), LoadError> {
        let unreachable = |e: String| LoadError::Unreachable(e);
        let token = self.tokens.get().await.map_err(|e| unreachable(e.to_string()))?;
        let response = request.bearer_auth(token).send().await.map_err(|e| unreachable(e.without_url().to_string()))?;
        let status = response.status();
        let again =
            matches!(status, StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS) || status.is_server_error();
        let answer: Value = response.json().await.unwrap_or_default();
        let reason = answer["error"]["errors"][0]["reason"].as_str().unwrap_or_default();
        // Quotas are told as 403.
        if again || matches!(reason, "rateLimitExceeded" | "quotaExceeded" | "backendError") {
            return Err(LoadError::Unreachable(said(status, &answer)));
        }
        Ok((status, answer))
    }
}

fn said(status: StatusCode, answer: &Value) -> String {
    format!("it answered {status}: {}", answer["error"]["message"].as_str().unwrap_or("without a reason"))
}
