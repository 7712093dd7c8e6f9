//! Tokens of an OIDC issuer, verified by its published keys.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, dangerous, decode, decode_header};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// An unknown key is looked for once in so long, so that forged tokens make no requests.
const PAUSE: Duration = Duration::from_secs(60);
/// Keys that were withdrawn are forgotten after so long.
const FRESH: Duration = Duration::from_secs(3600);
const TIMEOUT: Duration = Duration::from_secs(5);
/// Where there are no keys at all they are looked for once in so long; meanwhile nobody waits.
const AWAY: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("the token is not valid")]
    Invalid,
    /// The log has why.
    #[error("the issuer's keys can't be fetched")]
    Unreachable,
}

/// Keys, and when they were fetched.
#[derive(Default)]
struct Kept {
    keys: Option<(Instant, Arc<JwkSet>)>,
    /// When they were last asked for in vain: nobody waits for an issuer that is away but once in so long.
    failed: Option<Instant>,
}

/// The keys of one issuer.
#[derive(Clone)]
pub struct Jwks {
    url: String,
    kept: Arc<Mutex<Kept>>,
}

impl Jwks {
    pub fn new(url: String) -> Self {
        Jwks { url, kept: Arc::default() }
    }

    /// The claims of a token of one of these issuers for this audience.
    ///
    /// # Errors
    /// It is not valid, or the keys can't be fetched.
    pub async fn verify(&self, token: &str, issuers: &[&str], audience: &str) -> Result<Value, TokenError> {
        let header = decode_header(token).map_err(|_| TokenError::Invalid)?;
        // Whose it says it is, which is checked below: for a token of somebody else no keys are fetched.
        let said: Value = dangerous::insecure_decode_claims(token).map_err(|_| TokenError::Invalid)?;
        if !said["iss"].as_str().is_some_and(|issuer| issuers.contains(&issuer)) {
            return Err(TokenError::Invalid);
        }
        // The keys are public: a token "signed" with one as the secret of an HMAC would be anybody's.
        if matches!(header.alg, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512) {
            return Err(TokenError::Invalid);
        }
        let id = header.kid.ok_or(TokenError::Invalid)?;
        let mut keys = self.keys(FRESH).await?;
        if keys.find(&id).is_none() {
            keys = self.keys(PAUSE).await?;
        }
        let key = keys.find(&id).and_then(|jwk| DecodingKey::from_jwk(jwk).ok()).ok_or(TokenError::Invalid)?;
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(issuers);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        // RFC 7519, 4.1.5: not before it is valid. The library does not look by itself.
        validation.validate_nbf = true;
        decode(token, &key, &validation).map(|data| data.claims).map_err(|_| TokenError::Invalid)
    }

    async fn keys(&self, oldest: Duration) -> Result<Arc<JwkSet>, TokenError> {
        let mut kept = self.kept.lock().await;
        let away = |pause| kept.failed.is_some_and(|at| at.elapsed() < pause);
        match &kept.keys {
            Some((at, keys)) if away(PAUSE) || at.elapsed() < oldest => return Ok(keys.clone()),
            None if away(AWAY) => return Err(TokenError::Unreachable),
            _ => {}
        }
        match self.fetch().await {
            Ok(keys) => {
                let keys = Arc::new(keys);
                *kept = Kept { keys: Some((Instant::now(), keys.clone())), failed: None };
                Ok(keys)
            }
            Err(e) => {
                kept.failed = Some(Instant::now());
                // An issuer that is away for a while does not lock out everybody.
                let Some((_, keys)) = &kept.keys else {
                    tracing::error!(error = %e, "the issuer's keys can't be fetched");
                    return Err(TokenError::Unreachable);
                };
                tracing::warn!(error = %e, "the issuer's keys can't be fetched; the last ones hold");
                Ok(keys.clone())
            }
        }
    }

    async fn fetch(&self) -> reqwest::Result<JwkSet> {
        let client = reqwest::Client::builder().timeout(TIMEOUT).build()?;
        client.get(&self.url).send().await?.error_for_status()?.json().await
    }
}
