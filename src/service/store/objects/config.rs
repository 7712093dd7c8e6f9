//! What a deployment says of its files.

use crate::service::config::{Reader, Secret};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectsKind {
    Local,
    S3,
    Cloud,
}

#[derive(Clone, Debug)]
pub struct ObjectsConfig {
    pub kind: ObjectsKind,
    pub bucket: String,
    pub prefix: String,
    pub endpoint: Option<String>,
    pub region: String,
    pub access_key: Option<Secret>,
    pub secret_key: Option<Secret>,
    pub token: Option<Secret>,
    pub link: Duration,
    pub patience: Duration,
    pub upload: Duration,
}

impl ObjectsConfig {
    pub fn of(r: &mut Reader) -> Self {
        let words = [("local", ObjectsKind::Local), ("s3", ObjectsKind::S3), ("gcs", ObjectsKind::Cloud)];
        let config = ObjectsConfig {
            kind: r.word(
                "objects.kind",
                &words,
                "Where files are kept. `local`: the data folder; `s3`: whatever speaks S3 (AWS, DigitalOcean Spaces, Oracle, \
                 MinIO); `gcs`: Google Cloud Storage.",
            ),
            bucket: r.text("objects.bucket", "", "The bucket, for `s3` and `gcs`."),
            prefix: r.text("objects.prefix", "", "How the names of all files in the bucket begin, to share it with others."),
            endpoint: r
                .optional::<url::Url>(
                    "objects.endpoint",
                    "an URL such as https://nyc3.digitaloceanspaces.com",
                    "Where the storage is reached; without it AWS, or Google.",
                )
                .map(|url| url.as_str().trim_end_matches('/').to_owned()),
            region: r.text("objects.region", "us-east-1", "The bucket's region, for `s3`."),
            access_key: r.optional(
                "objects.access_key",
                "a key",
                "For `s3`. Without it AWS's own variables (AWS_ACCESS_KEY_ID …), web identity, or the machine's role.",
            ),
            secret_key: r.optional("objects.secret_key", "a key", "For `s3`, with objects.access_key."),
            token: r.optional(
                "objects.token",
                "a token",
                "An access token for `gcs`. Without it Google's default: GOOGLE_APPLICATION_CREDENTIALS, or the metadata \
                 server. With it no links are signed.",
            ),
            link: r.duration("objects.link", "15m", "How long a signed link to a download can be used."),
            patience: r.duration("objects.patience", "30s", "How long a call of the storage is tried again, and how long it may be silent."),
            upload: r.duration("objects.upload", "24h", "How long a file may be on its way in; what is not complete by then is deleted."),
        };
        if config.kind != ObjectsKind::Local && config.bucket.is_empty() {
            r.fault("objects.bucket", "the name of a bucket is expected, for objects.kind is not local");
        }
        if config.access_key.is_some() != config.secret_key.is_some() {
            r.fault("objects.secret_key", "objects.access_key and objects.secret_key are expected together");
        }
        config
    }
}
