//! Who draws what now: pictures of a page are drawn by one alone, since most of the work is to open it, and all that are
//! likely to be asked for are drawn at once.

use moka::sync::Cache;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

/// Pages that may be under way at once, in the whole process.
const MOST: u64 = 10_000;
const IDLE: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub struct Drawings {
    pages: Cache<(Uuid, u32), Arc<tokio::sync::Mutex<()>>>,
    /// Batches of which pictures are drawn that nobody has asked for yet.
    ahead: Arc<Mutex<HashSet<Uuid>>>,
}

impl Default for Drawings {
    fn default() -> Self {
        let pages = Cache::builder().max_capacity(MOST).time_to_idle(IDLE).build();
        Drawings { pages, ahead: Arc::default() }
    }
}

/// Until it is dropped, nobody else draws ahead for this batch.
pub struct Ahead(Arc<Mutex<HashSet<Uuid>>>, Uuid);

impl Drop for Ahead {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

impl Drawings {
    /// Waits until nobody else draws this page.
    pub async fn alone(&self, batch: Uuid, page: u32) -> OwnedMutexGuard<()> {
        self.pages.get_with((batch, page), Arc::default).lock_owned().await
    }

    /// None: somebody draws it now.
    pub fn try_alone(&self, batch: Uuid, page: u32) -> Option<OwnedMutexGuard<()>> {
        self.pages.get_with((batch, page), Arc::default).try_lock_owned().ok()
    }

    /// None: somebody does already.
    pub fn begin_ahead(&self, batch: Uuid) -> Option<Ahead> {
        let begun = self.ahead.lock().unwrap_or_else(PoisonError::into_inner).insert(batch);
        begun.then(|| Ahead(self.ahead.clone(), batch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn one_draws_a_page_and_one_draws_ahead_for_a_batch() {
        let (drawings, batch) = (Drawings::default(), Uuid::now_v7());
        let first = drawings.alone(batch, 1).await;
        let mut second = Box::pin(drawings.alone(batch, 1));
        assert!((&mut second).now_or_never().is_none());
        assert!(drawings.try_alone(batch, 1).is_none() && drawings.try_alone(batch, 2).is_some());
        drop(first);
        second.await;
        let ahead = drawings.begin_ahead(batch);
        assert!(ahead.is_some() && drawings.begin_ahead(batch).is_none());
        drop(ahead);
        assert!(drawings.begin_ahead(batch).is_some());
    }
}
