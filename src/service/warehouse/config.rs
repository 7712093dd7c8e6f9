//! What a deployment says of its warehouse.

use crate::service::config::{Reader, Secret};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarehouseKind {
    Off,
    Folder,
    BigQuery,
}

#[derive(Clone, Debug)]
pub struct WarehouseConfig {
    pub kind: WarehouseKind,
    pub project: String,
    pub dataset: String,
    pub location: String,
    pub endpoint: String,
    pub token: Option<Secret>,
    pub delay: Duration,
    pub patience: Duration,
    pub backoff: Duration,
}

impl WarehouseConfig {
    /// After that whoever began to send something sends nothing more of it.
    pub fn lease(&self) -> Duration {
        self.patience * 4
    }

    pub fn of(r: &mut Reader) -> Self {
        let words =
            [("off", WarehouseKind::Off), ("folder", WarehouseKind::Folder), ("bigquery", WarehouseKind::BigQuery)];
        let config = WarehouseConfig {
            kind: r.word(
                "warehouse.kind",
                &words,
                "Where results go for analysis, ids and no names (docs/warehouse.md). `folder`: files in the data folder; \
                 `bigquery`: through the bucket, so objects.kind is gcs.",
            ),
            project: r.text("warehouse.project", "", "The project of BigQuery's jobs and tables."),
            dataset: r.text("warehouse.dataset", "gabarito", "The dataset, which must be there."),
            location: r.text("warehouse.location", "southamerica-east1", "Where the dataset is."),
            endpoint: r.text("warehouse.endpoint", "https://bigquery.googleapis.com", "Where BigQuery is."),
            token: r.optional("warehouse.token", "text", "An access token, in place of that of the machine's own identity."),
            delay: r.duration(
                "warehouse.delay",
                "5m",
                "How long after a change it is sent: what changes meanwhile goes with it. A table takes 1,500 loads a day.",
            ),
            patience: r.duration("warehouse.patience", "10m", "How long a load is waited for."),
            backoff: r.duration("warehouse.backoff", "30s", "Before a load is tried again; it doubles, up to an hour."),
        };
        if config.kind == WarehouseKind::BigQuery && config.project.is_empty() {
            r.fault("warehouse.project", "the id of a project is expected, for warehouse.kind is bigquery");
        }
        config
    }
}
