//! Redis, or whatever speaks its protocol: asked for a moment, and left alone for a while where it does not answer.

use crate::service::config::Secret;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands, Client, IntoConnectionInfo, RedisError, SetExpiry, SetOptions};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// After a failure nobody is asked for so long, and no request waits.
const PAUSE: Duration = Duration::from_secs(2);

#[derive(Clone)]
pub struct Redis {
    connection: ConnectionManager,
    patience: Duration,
    away_until: Arc<Mutex<Option<Instant>>>,
}

impl Redis {
    pub fn is_url(url: &Secret) -> bool {
        url.expose().into_connection_info().is_ok()
    }

    /// None where it is no URL.
    pub fn new(url: &Secret, patience: Duration) -> Option<Self> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(patience))
            .set_response_timeout(Some(patience))
            .set_number_of_retries(0);
        let client = Client::open(url.expose()).ok()?;
        let connection = ConnectionManager::new_lazy_with_config(client, config).ok()?;
        Some(Redis { connection, patience, away_until: Arc::default() })
    }

    pub async fn get(&self, name: &str) -> Option<Vec<u8>> {
        self.ask(async |mut connection| connection.get::<_, Option<Vec<u8>>>(name).await).await.flatten()
    }

    pub async fn put(&self, name: &str, value: Vec<u8>, time: Duration) {
        let options = SetOptions::default().with_expiration(SetExpiry::PX(time.as_millis() as u64));
        self.ask(async |mut connection| connection.set_options::<_, _, ()>(name, value, options).await).await;
    }

    pub async fn forget(&self, name: &str) {
        self.ask(async |mut connection| connection.del::<_, ()>(name).await).await;
    }

    async fn ask<T>(&self, what: impl AsyncFnOnce(ConnectionManager) -> Result<T, RedisError>) -> Option<T> {
        if self.away().is_some_and(|until| until > Instant::now()) {
            return None;
        }
        let error = match timeout(self.patience, what(self.connection.clone())).await {
            Ok(Ok(said)) => return Some(said),
            Ok(Err(e)) => e.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        tracing::warn!(error, "Redis is away; everything is looked up without it for a while");
        *self.away_until.lock().unwrap_or_else(|e| e.into_inner()) = Some(Instant::now() + PAUSE);
        None
    }

    fn away(&self) -> Option<Instant> {
        *self.away_until.lock().unwrap_or_else(|e| e.into_inner())
    }
}
