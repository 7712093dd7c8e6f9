//! Whatever speaks S3, by `object_store`. It has no call for a bucket's rules: those two requests are signed with its
//! signer and sent by reqwest.

use super::{Listed, ObjectError, ObjectsConfig, Opened, PIECE, Reading, Rules, SignedPut};
use base64::Engine;
use bytes::BytesMut;
use futures_util::TryStreamExt;
use md5::{Digest, Md5};
use object_store::aws::{AmazonS3, AmazonS3Builder, AwsAuthorizer};
use object_store::client::{HttpRequest, HttpRequestBody};
use object_store::path::Path;
use object_store::signer::{SignedUrlOptions, Signer};
use object_store::{
    ClientOptions, Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt, RetryConfig, WriteMultipart,
};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio_util::io::StreamReader;

/// Pieces of one upload that are under way at once.
const AT_ONCE: usize = 2;

#[derive(Clone, Debug)]
pub struct S3 {
    store: Arc<AmazonS3>,
    /// The bucket itself, for its rules.
    bucket: String,
    region: String,
    http: reqwest::Client,
}

impl From<Error> for ObjectError {
    fn from(e: Error) -> Self {
        match e {
            Error::NotFound { .. } => ObjectError::NotFound,
            e => ObjectError::backend(e),
        }
    }
}

fn path(path: &str) -> Result<Path, ObjectError> {
    Path::parse(path).map_err(ObjectError::backend)
}

impl S3 {
    pub fn new(config: &ObjectsConfig) -> Result<Self, ObjectError> {
        // Every call is bounded: a retry of minutes would outlast the request or the lease that it is made for.
        let retry = RetryConfig { max_retries: 5, retry_timeout: config.patience, ..RetryConfig::default() };
        // A large file may take as long as it goes on coming; who says nothing for so long is given up.
        let client = ClientOptions::new()
            .with_connect_timeout(Duration::from_secs(5))
            .with_timeout_disabled()
            .with_read_timeout(config.patience);
        let plain = config.endpoint.as_deref().is_some_and(|e| e.starts_with("http://"));
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(&config.bucket)
            .with_region(&config.region)
            .with_retry(retry)
            .with_client_options(client.with_allow_http(plain));
        if let Some(endpoint) = &config.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let (Some(access), Some(secret)) = (&config.access_key, &config.secret_key) {
            builder = builder.with_access_key_id(access.expose()).with_secret_access_key(secret.expose());
        }
        let endpoint = config.endpoint.clone();
        let endpoint = endpoint.unwrap_or_else(|| format!("https://s3.{}.amazonaws.com", config.region));
        Ok(S3 {
            store: Arc::new(builder.build()?),
            bucket: format!("{endpoint}/{}", config.bucket),
            region: config.region.clone(),
            http: reqwest::Client::builder().timeout(config.patience).build().map_err(ObjectError::backend)?,
        })
    }

    pub async fn put(&self, to: &str, body: Reading, bytes: u64) -> Result<(), ObjectError> {
        let to = path(to)?;
        if bytes <= PIECE {
            let whole = exactly(&mut body.take(bytes + 1), bytes).await?;
            self.store.put(&to, whole.into()).await?;
            return Ok(());
        }
        let mut upload = WriteMultipart::new_with_chunk_size(self.store.put_multipart(&to).await?, PIECE as usize);
        match pieces(&mut upload, body, bytes).await {
            Ok(()) => Ok(upload.finish().await.map(|_| ())?),
            Err(e) => {
                // What stays of it in the bucket is deleted by its rules.
                let _ = upload.abort().await;
                Err(e)
            }
        }
    }

    pub async fn open(&self, from: &str, range: Option<Range<u64>>) -> Result<Opened, ObjectError> {
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        let got = self.store.get_opts(&path(from)?, options).await?;
        let (bytes, range) = (got.meta.size, got.range.clone());
        Ok(Opened { bytes, range, body: Box::pin(StreamReader::new(got.into_stream().map_err(std::io::Error::other))) })
    }

    pub async fn stat(&self, of: &str) -> Result<u64, ObjectError> {
        Ok(self.store.head(&path(of)?).await?.size)
    }

    pub async fn rename(&self, from: &str, to: &str) -> Result<(), ObjectError> {
        Ok(self.store.rename(&path(from)?, &path(to)?).await?)
    }

    pub async fn delete(&self, of: &str) -> Result<(), ObjectError> {
        match self.store.delete(&path(of)?).await {
            Err(Error::NotFound { .. }) | Ok(()) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    pub async fn list(&self, folder: &str) -> Result<Vec<Listed>, ObjectError> {
        let listed = self.store.list(Some(&path(folder)?)).map_ok(|meta| Listed {
            path: meta.location.to_string(),
            bytes: meta.size,
            modified: meta.last_modified.timestamp_millis(),
        });
        Ok(listed.try_collect().await?)
    }

    pub async fn sign_get(&self, of: &str, ttl: Duration, disposition: &str) -> Result<String, ObjectError> {
        let options = SignedUrlOptions::new().with_query([("response-content-disposition", disposition)]);
        Ok(self.store.signed_url_opts(http::Method::GET, &path(of)?, ttl, &options).await?.into())
    }

    /// Its length can't be signed by `object_store`: what came is measured when the upload is completed.
    pub async fn sign_put(&self, to: &str, ttl: Duration) -> Result<SignedPut, ObjectError> {
        let url = self.store.signed_url(http::Method::PUT, &path(to)?, ttl).await?;
        Ok(SignedPut { url: url.into(), headers: BTreeMap::new() })
    }

    pub async fn rules(&self) -> Result<Option<String>, ObjectError> {
        let response = self.bucket(http::Method::GET, String::new()).await?;
        match response.status().as_u16() {
            404 => Ok(None),
            200 => Ok(Some(response.text().await.map_err(ObjectError::backend)?)),
            status => Err(ObjectError::backend(format!("GET of the bucket's rules: {status}"))),
        }
    }

    pub async fn set_rules(&self, rules: &Rules, prefix: &str) -> Result<(), ObjectError> {
        let response = self.bucket(http::Method::PUT, rules.to_xml(prefix)).await?;
        match response.status() {
            status if status.is_success() => Ok(()),
            status => Err(ObjectError::backend(format!("PUT of the bucket's rules: {status}"))),
        }
    }

    /// A request about the bucket's rules.
    async fn bucket(&self, method: http::Method, body: String) -> Result<reqwest::Response, ObjectError> {
        let md5 = base64::engine::general_purpose::STANDARD.encode(Md5::digest(&body));
        let mut request: HttpRequest = http::Request::builder()
            .method(method)
            .uri(format!("{}?lifecycle=", self.bucket))
            // S3 refuses rules without it.
            .header("content-md5", md5)
            .body(HttpRequestBody::from(body.clone()))
            .map_err(ObjectError::backend)?;
        let credential = self.store.credentials().get_credential().await?;
        AwsAuthorizer::new(&credential, "s3", &self.region).try_authorize(&mut request, None)?;
        let (parts, _) = request.into_parts();
        let send = self.http.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body);
        send.send().await.map_err(|e| ObjectError::backend(e.without_url()))
    }
}

/// All of `body`, which must have so many bytes.
async fn exactly(body: &mut (impl tokio::io::AsyncRead + Unpin), bytes: u64) -> Result<bytes::Bytes, ObjectError> {
    let mut whole = BytesMut::with_capacity(bytes as usize + 1);
    while body.read_buf(&mut whole).await? > 0 {}
    if whole.len() as u64 == bytes { Ok(whole.freeze()) } else { Err(short()) }
}

async fn pieces(upload: &mut WriteMultipart, mut body: Reading, bytes: u64) -> Result<(), ObjectError> {
    let mut read = 0;
    loop {
        let mut some = BytesMut::with_capacity(1 << 18);
        if body.read_buf(&mut some).await? == 0 {
            break;
        }
        read += some.len() as u64;
        upload.wait_for_capacity(AT_ONCE).await?;
        upload.put(some.freeze());
    }
    if read == bytes { Ok(()) } else { Err(short()) }
}

fn short() -> ObjectError {
    std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into()
}
