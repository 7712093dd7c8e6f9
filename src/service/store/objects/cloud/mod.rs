//! Google Cloud Storage. Bytes go by Google's own client, over its JSON API: it checks CRC32C, resumes an upload at the
//! last piece that arrived and a download at the last byte. Its calls for metadata, lists, copies and deletions are gRPC
//! alone; those are made by [`rest`], so that one endpoint serves all.

mod rest;
mod token;

use super::{Listed, ObjectError, ObjectsConfig, Opened, PIECE, Reading, Rules, SignedPut};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use google_cloud_auth::credentials::{Builder, Credentials};
use google_cloud_auth::signer::Signer;
use google_cloud_gax::retry_policy::RetryPolicyExt;
use google_cloud_storage::builder::storage::SignedUrlBuilder;
use google_cloud_storage::client::Storage;
use google_cloud_storage::model_ext::ReadRange;
use google_cloud_storage::read_resume_policy::{ReadResumePolicyExt, Recommended};
use google_cloud_storage::retry_policy::RetryableErrors;
use google_cloud_storage::streaming_source::{SizeHint, StreamingSource};
use rest::Rest;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use token::Token;
use tokio::io::AsyncReadExt;
use tokio_util::io::StreamReader;

const ENDPOINT: &str = "https://storage.googleapis.com";
/// How often a download that is cut goes on where it was.
const RESUMED: u32 = 5;

#[derive(Clone, Debug)]
pub struct CloudStorage(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    data: Storage,
    rest: Rest,
    /// `projects/_/buckets/…`, as the client names it.
    resource: String,
    endpoint: String,
    /// None: an explicit token signs nothing.
    signer: Option<Signer>,
}

impl From<google_cloud_storage::Error> for ObjectError {
    fn from(e: google_cloud_storage::Error) -> Self {
        match e.http_status_code() {
            Some(404) => ObjectError::NotFound,
            _ => ObjectError::backend(e),
        }
    }
}

impl CloudStorage {
    pub async fn new(config: &ObjectsConfig) -> Result<Self, ObjectError> {
        let endpoint = config.endpoint.clone().unwrap_or_else(|| ENDPOINT.to_owned());
        let scope = "https://www.googleapis.com/auth/devstorage.full_control";
        let (credentials, signer) = match &config.token {
            Some(token) => (Credentials::from(Token::new(token)?), None),
            None => (
                Builder::default().with_scopes([scope]).build().map_err(ObjectError::backend)?,
                Some(Builder::default().build_signer().map_err(ObjectError::backend)?),
            ),
        };
        let data = Storage::builder()
            .with_endpoint(&endpoint)
            .with_credentials(credentials.clone())
            // Its own bound is five minutes: longer than a request, or the lease of an item, waits.
            .with_retry_policy(RetryableErrors.with_time_limit(config.patience))
            .with_read_resume_policy(Recommended.with_attempt_limit(RESUMED))
            .with_resumable_upload_threshold(PIECE as usize)
            .with_resumable_upload_buffer_size(PIECE as usize)
            .build()
            .await
            .map_err(ObjectError::backend)?;
        Ok(CloudStorage(Arc::new(Inner {
            data,
            rest: Rest::new(&endpoint, &config.bucket, credentials, config.patience)?,
            resource: format!("projects/_/buckets/{}", config.bucket),
            endpoint,
            signer,
        })))
    }

    pub fn bucket(&self) -> &str {
        self.0.rest.bucket()
    }

    pub async fn put(&self, to: &str, body: Reading, bytes: u64) -> Result<(), ObjectError> {
        // The generation that is replaced: a retry can't overwrite what another put there meanwhile, and so is safe.
        let replaced = match self.0.rest.meta(to).await {
            Ok(meta) => meta.generation,
            Err(ObjectError::NotFound) => 0,
            Err(e) => return Err(e),
        };
        let source = Source { body: Mutex::new(body), left: bytes };
        let write = self.0.data.write_object(&self.0.resource, to, source).set_if_generation_match(replaced);
        write.send_buffered().await?;
        Ok(())
    }

    pub async fn open(&self, from: &str, range: Option<Range<u64>>) -> Result<Opened, ObjectError> {
        let mut read = self.0.data.read_object(&self.0.resource, from);
        if let Some(range) = &range {
            read = read.set_read_range(ReadRange::segment(range.start, range.end - range.start));
        }
        let response = read.send().await?;
        let bytes = u64::try_from(response.object().size).unwrap_or(0);
        let range = range.unwrap_or(0..bytes);
        let body = stream::unfold(response, |mut response| async {
            let next = response.next().await?;
            Some((next.map_err(std::io::Error::other), response))
        });
        Ok(Opened { bytes, range, body: Box::pin(StreamReader::new(Box::pin(body))) })
    }

    pub async fn stat(&self, of: &str) -> Result<u64, ObjectError> {
        Ok(self.0.rest.meta(of).await?.size)
    }

    pub async fn rename(&self, from: &str, to: &str) -> Result<(), ObjectError> {
        self.0.rest.copy(from, to).await?;
        self.delete(from).await
    }

    pub async fn delete(&self, of: &str) -> Result<(), ObjectError> {
        self.0.rest.delete(of).await
    }

    pub async fn list(&self, folder: &str) -> Result<Vec<Listed>, ObjectError> {
        self.0.rest.list(&format!("{folder}/")).await
    }

    pub async fn sign_get(&self, of: &str, ttl: Duration, disposition: &str) -> Result<Option<String>, ObjectError> {
        let Some(signer) = &self.0.signer else { return Ok(None) };
        let url = self.link(of, ttl).with_query_param("response-content-disposition", disposition);
        url.sign_with(signer).await.map(Some).map_err(ObjectError::backend)
    }

    pub async fn sign_put(&self, to: &str, ttl: Duration, bytes: u64) -> Result<Option<SignedPut>, ObjectError> {
        let Some(signer) = &self.0.signer else { return Ok(None) };
        // Of this length, and once: whoever keeps the link can't replace what was checked.
        let headers = BTreeMap::from([
            ("x-goog-content-length-range".to_owned(), format!("{bytes},{bytes}")),
            ("x-goog-if-generation-match".to_owned(), "0".to_owned()),
        ]);
        let mut url = self.link(to, ttl).with_method(http::Method::PUT);
        for (name, value) in &headers {
            url = url.with_header(name, value);
        }
        let url = url.sign_with(signer).await.map_err(ObjectError::backend)?;
        Ok(Some(SignedPut { url, headers }))
    }

    fn link(&self, of: &str, ttl: Duration) -> SignedUrlBuilder {
        SignedUrlBuilder::for_object(&self.0.resource, of).with_endpoint(&self.0.endpoint).with_expiration(ttl)
    }

    pub async fn rules(&self) -> Result<Option<String>, ObjectError> {
        let rules = self.0.rest.lifecycle().await?;
        rules.map(|rules| serde_json::to_string_pretty(&rules).map_err(ObjectError::backend)).transpose()
    }

    pub async fn set_rules(&self, rules: &Rules, prefix: &str) -> Result<(), ObjectError> {
        self.0.rest.set_lifecycle(rules.to_json(prefix)).await
    }
}

/// What is put, as the client asks for it.
struct Source {
    /// Locked by nobody: a reader that may go from thread to thread, but not be seen from two.
    body: Mutex<Reading>,
    left: u64,
}

impl StreamingSource for Source {
    type Error = std::io::Error;

    async fn next(&mut self) -> Option<Result<Bytes, std::io::Error>> {
        let mut some = BytesMut::with_capacity(1 << 18);
        let body = self.body.get_mut().unwrap_or_else(|e| e.into_inner());
        match body.read_buf(&mut some).await {
            Err(e) => Some(Err(e)),
            Ok(0) if self.left == 0 => None,
            Ok(0) => Some(Err(std::io::ErrorKind::UnexpectedEof.into())),
            Ok(n) => match self.left.checked_sub(n as u64) {
                Some(left) => {
                    self.left = left;
                    Some(Ok(some.freeze()))
                }
                None => Some(Err(std::io::Error::other("longer than was said"))),
            },
        }
    }

    async fn size_hint(&self) -> Result<SizeHint, std::io::Error> {
        Ok(SizeHint::with_exact(self.left))
    }
}
