//! Access tokens: one from the configuration, or what the machine's own identity is given.

use crate::service::config::Secret;
use google_cloud_auth::credentials::{AccessTokenCredentials, Builder};
use std::sync::Arc;
use tokio::sync::OnceCell;

const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

#[derive(Clone)]
pub struct Tokens {
    fixed: Option<Secret>,
    /// Made when it is first asked for: elsewhere than on Google's machines there is nobody to ask.
    own: Arc<OnceCell<AccessTokenCredentials>>,
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
        let make = || async { Builder::default().with_scopes([SCOPE]).build_access_token_credentials() };
        let own = self.own.get_or_try_init(make).await.map_err(|e| NoToken(e.to_string()))?;
        own.access_token().await.map(|t| t.token).map_err(|e| NoToken(e.to_string()))
    }
}
