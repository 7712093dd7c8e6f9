//! How long things are kept. A tenant may have days of its own, per kind (table `retention`); a legal hold stops every
//! deletion by age or by request of what it is about.

mod erase;
pub mod hold;
mod purge;
mod sweep;

pub use erase::{EraseError, Erased, Receipt, erase};
pub use sweep::{Swept, hourly, run, sweep};

use super::config::Reader;
use super::store::db::{Columns, Freshness};
use super::store::{Db, DbError};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Scans as they came.
    Uploads,
    /// Pictures of pages.
    Images,
    /// Pictures of fields.
    Crops,
    /// Batches with all that was read and decided.
    Results,
    /// Packages with all that was printed.
    Packages,
}

impl Kind {
    pub const ALL: [Kind; 5] = [Kind::Uploads, Kind::Images, Kind::Crops, Kind::Results, Kind::Packages];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Uploads => "uploads",
            Kind::Images => "images",
            Kind::Crops => "crops",
            Kind::Results => "results",
            Kind::Packages => "packages",
        }
    }
}

/// Zero: until somebody deletes it.
#[derive(Clone, Debug)]
pub struct RetentionConfig {
    pub uploads: Duration,
    pub images: Duration,
    pub crops: Duration,
    pub results: Duration,
    pub packages: Duration,
    /// Rows of what is over ([`purge`](purge::purge)), of all tenants.
    pub answers: Duration,
    pub messages: Duration,
    pub items: Duration,
    pub ocr: Duration,
}

impl RetentionConfig {
    pub fn of(r: &mut Reader) -> Self {
        RetentionConfig {
            uploads: r.duration_or_zero(
                "retention.uploads",
                "90d",
                "How long scans are kept as they came; 0d, here and below: until somebody deletes them.",
            ),
            images: r.duration_or_zero("retention.images", "365d", "How long pictures of pages are kept."),
            crops: r.duration_or_zero("retention.crops", "365d", "How long pictures of fields are kept."),
            results: r.duration_or_zero(
                "retention.results",
                "1825d",
                "How long batches are kept, with all that was read and decided.",
            ),
            packages: r.duration_or_zero(
                "retention.packages",
                "730d",
                "How long packages are kept, with all that was printed. Their sheets can't be read any more after it.",
            ),
            answers: r.duration_or_zero(
                "retention.answers",
                "24h",
                "How long a POST with an Idempotency-Key that was used before is answered as before.",
            ),
            messages: r.duration_or_zero(
                "retention.messages",
                "30d",
                "How long messages to webhooks are kept, to be seen and replayed, once they were delivered or given up.",
            ),
            items: r.duration_or_zero(
                "retention.items",
                "30d",
                "How long it is kept by which items a finished batch was read, and what was told of finished jobs.",
            ),
            ocr: r.duration(
                "retention.ocr",
                "30d",
                "How long what OCR said of a printed code is kept, so that it is not asked again.",
            ),
        }
    }

    pub fn default_of(&self, kind: Kind) -> Duration {
        match kind {
            Kind::Uploads => self.uploads,
            Kind::Images => self.images,
            Kind::Crops => self.crops,
            Kind::Results => self.results,
            Kind::Packages => self.packages,
        }
    }

    /// How long a tenant keeps a kind; None: for ever.
    ///
    /// # Errors
    /// Of the database.
    pub async fn of_tenant(&self, db: &Db, tenant: &str, kind: Kind) -> Result<Option<Duration>, DbError> {
        let query = db.query("SELECT days FROM retention WHERE tenant_id = $1 AND kind = $2");
        let query = query.bind(tenant.to_owned()).bind(kind.name());
        let kept = match query.fetch_optional(db.reader(Freshness::Latest)).await? {
            Some(row) => Duration::from_secs(86_400).saturating_mul(row.col::<i64>("days")?.clamp(0, 1 << 20) as u32),
            None => self.default_of(kind),
        };
        Ok(Some(kept).filter(|kept| !kept.is_zero()))
    }
}
