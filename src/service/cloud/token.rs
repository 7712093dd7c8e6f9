//! Access tokens: one from the configuration, or what the machine's own identity is given.

use crate::service::config::Secret;
use google_cloud_auth::credentials::{AccessTokenCredentials, Builder};
use std::sync::Arc;
use tokio::sync::Mutex;

const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

#[derive(Clone)]
pub struct Tokens {
    fixed: Option<Secret>,
    /// Made when it is first asked for: elsewhere than on Google's machines there is nobody to ask.
    own: Arc<Mutex<Option<AccessTokenCredentials>>>,
}

#[derive(Debug, thiserror::Error)]
#[error("no access token could be had: {0}")]
pub struct NoToken(String);

impl Tokens {
    pub fn new(fixed: Option<Secret>) -> Self {
        Tokens { fixed, own: Arc::default() }
    }

    /// # Errors
    /// The machine has no identity, or the metadata server does not answer.
    pub async fn get(&self) -> Result<String, NoToken> {
        if let Some(fixed) = &self.fixed {
            return Ok(fixed.expose().to_owned());
        }
        self.own().await?.access_token().await.map(|t| t.token).map_err(|e| NoToken(e.to_string()))
    }

    /// The token was not taken: the next one is asked for anew, whatever the last one said of its age.
    pub async fn forget(&self) {
        *self.own.lock().await = None;
    }

    async fn own(&self) -> Result<AccessTokenCredentials, NoToken> {
        let mut own = self.own.lock().await;
        if let Some(own) = &*own {
            return Ok(own.clone());
        }
        let made = Builder::default().with_scopes([SCOPE]).build_access_token_credentials();
        let made = made.map_err(|e| NoToken(e.to_string()))?;
        *own = Some(made.clone());
        Ok(made)
    }
}
