//! Calls of the JSON API that Google's client makes by gRPC alone
//! (https://docs.cloud.google.com/storage/docs/json_api/v1).

use crate::service::store::objects::{Listed, ObjectError};
use google_cloud_auth::credentials::{CacheableResource, Credentials};
use http::{Extensions, HeaderMap};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// A name of an object within a path: its slashes too are escaped.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[derive(Debug)]
pub struct Rest {
    http: reqwest::Client,
    /// Up to the bucket.
    base: String,
    bucket: String,
    credentials: Credentials,
    patience: Duration,
}

/// What is told of an object.
#[derive(Debug, Deserialize)]
pub struct Meta {
    name: String,
    #[serde(deserialize_with = "text")]
    pub size: u64,
    #[serde(deserialize_with = "text")]
    pub generation: i64,
    #[serde(deserialize_with = "text")]
    updated: jiff::Timestamp,
}

/// The API writes 64-bit numbers, and times, as text.
fn text<'de, D: Deserializer<'de>, T: std::str::FromStr>(deserializer: D) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| serde::de::Error::custom("a number or a time is expected"))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    #[serde(default)]
    items: Vec<Meta>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rewritten {
    done: bool,
    rewrite_token: Option<String>,
}

impl Rest {
    pub fn new(
        endpoint: &str,
        bucket: &str,
        credentials: Credentials,
        patience: Duration,
    ) -> Result<Self, ObjectError> {
        let http = reqwest::Client::builder().connect_timeout(Duration::from_secs(5)).timeout(patience);
        Ok(Rest {
            http: http.build().map_err(ObjectError::backend)?,
            base: format!("{endpoint}/storage/v1/b/{}", utf8_percent_encode(bucket, NAME)),
            bucket: bucket.to_owned(),
            credentials,
            patience,
        })
    }

    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    fn object(&self, name: &str) -> String {
        format!("{}/o/{}", self.base, utf8_percent_encode(name, NAME))
    }

    pub async fn meta(&self, name: &str) -> Result<Meta, ObjectError> {
        let url = format!("{}?fields=name,size,generation,updated", self.object(name));
        json(self.send(|| self.http.get(&url)).await?).await
    }

    /// Copies within the bucket. Large ones take several calls.
    pub async fn copy(&self, from: &str, to: &str) -> Result<(), ObjectError> {
        let (bucket, to) = (utf8_percent_encode(&self.bucket, NAME), utf8_percent_encode(to, NAME));
        let url = format!("{}/rewriteTo/b/{bucket}/o/{to}", self.object(from));
        let mut token = None;
        loop {
            let call = || {
                let query = token.as_ref().map(|token: &String| [("rewriteToken", token)]);
                // Said, because Google answers a POST without a length by 411.
                self.http.post(query_of(&url, query.iter().flatten())).header(http::header::CONTENT_LENGTH, 0)
            };
            let rewritten: Rewritten = json(self.send(call).await?).await?;
            if rewritten.done {
                return Ok(());
            }
            token = rewritten.rewrite_token;
        }
    }

    pub async fn delete(&self, name: &str) -> Result<(), ObjectError> {
        match self.send(|| self.http.delete(self.object(name))).await {
            Ok(_) | Err(ObjectError::NotFound) => Ok(()),
            Err(e) => Err(e),
        }
    }

    pub async fn list(&self, prefix: &str) -> Result<Vec<Listed>, ObjectError> {
        let base = format!("{}/o?fields=items(name,size,generation,updated),nextPageToken", self.base);
        let (mut listed, mut token) = (Vec::new(), None::<String>);
        loop {
            let mut query = vec![("prefix", prefix)];
            query.extend(token.as_deref().map(|token| ("pageToken", token)));
            let url = query_of(&base, &query);
            let page: List = json(self.send(|| self.http.get(&url)).await?).await?;
            listed.extend(page.items.into_iter().map(|meta| Listed {
                path: meta.name,
                bytes: meta.size,
                modified: meta.updated.as_millisecond(),
            }));
            token = page.next_page_token;
            if token.is_none() {
                return Ok(listed);
            }
        }
    }

    /// The bucket's rules.
    pub async fn lifecycle(&self) -> Result<Option<Value>, ObjectError> {
        let url = format!("{}?fields=lifecycle", self.base);
        let mut bucket: Value = json(self.send(|| self.http.get(&url)).await?).await?;
        Ok(bucket.get_mut("lifecycle").map(Value::take))
    }

    pub async fn set_lifecycle(&self, rules: Value) -> Result<(), ObjectError> {
        let body = json!({"lifecycle": rules});
        let url = format!("{}?fields=lifecycle", self.base);
        self.send(|| self.http.patch(&url).json(&body)).await.map(|_| ())
    }

    /// Sends, and again while it is worth it and the patience lasts: every call here may be repeated.
    async fn send(&self, call: impl Fn() -> RequestBuilder) -> Result<Response, ObjectError> {
        let begun = Instant::now();
        let mut wait = Duration::from_millis(100);
        loop {
            let headers = self.headers().await?;
            let failed = match call().headers(headers).send().await {
                Ok(response) if response.status().is_success() => return Ok(response),
                Ok(response) => match response.status() {
                    StatusCode::NOT_FOUND => return Err(ObjectError::NotFound),
                    status if !worth_again(status) => return Err(refused(status)),
                    status => refused(status),
                },
                Err(e) => ObjectError::backend(e.without_url()),
            };
            // Up to twice as long, so that many instances do not come back together.
            let pause = wait.mul_f64(1.0 + fastrand::f64());
            if begun.elapsed() + pause > self.patience {
                return Err(failed);
            }
            tokio::time::sleep(pause).await;
            wait = (wait * 2).min(Duration::from_secs(8));
        }
    }

    async fn headers(&self) -> Result<HeaderMap, ObjectError> {
        match self.credentials.headers(Extensions::new()).await.map_err(ObjectError::backend)? {
            CacheableResource::New { data, .. } => Ok(data),
            CacheableResource::NotModified => Ok(HeaderMap::new()),
        }
    }
}

fn query_of<'q>(url: &str, pairs: impl IntoIterator<Item = &'q (&'q str, impl AsRef<str> + 'q)>) -> String {
    let mut url = url.to_owned();
    for (name, value) in pairs {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(name);
        url.push('=');
        url.extend(utf8_percent_encode(value.as_ref(), NAME));
    }
    url
}

/// https://docs.cloud.google.com/storage/docs/retry-strategy
fn worth_again(status: StatusCode) -> bool {
    status == StatusCode::REQUEST_TIMEOUT || status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

fn refused(status: StatusCode) -> ObjectError {
    ObjectError::backend(format!("Cloud Storage answered {status}"))
}

async fn json<T: serde::de::DeserializeOwned>(response: Response) -> Result<T, ObjectError> {
    response.json().await.map_err(|e| ObjectError::backend(e.without_url()))
}
