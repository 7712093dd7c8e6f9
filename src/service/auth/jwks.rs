//! Tokens of an OIDC issuer, verified by its published keys.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
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

#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("the token is not valid")]
    Invalid,
    #[error(transparent)]
    Unreachable(#[from] reqwest::Error),
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
        decode(token, &key, &validation).map(|data| data.claims).map_err(|_| TokenError::Invalid)
    }

    async fn keys(&self, oldest: Duration) -> Result<Arc<JwkSet>, TokenError> {
        let mut kept = self.kept.lock().await;
        let away = kept.failed.is_some_and(|at| at.elapsed() < PAUSE);
        if let Some((at, keys)) = &kept.keys
            && (away || at.elapsed() < oldest)
        {
            return Ok(keys.clone());
        }
        let client = reqwest::Client::builder().timeout(TIMEOUT).build()?;
        let fetched = async { client.get(&self.url).send().await?.error_for_status()?.json::<JwkSet>().await }.await;
        match fetched {
            Ok(keys) => {
                let keys = Arc::new(keys);
                *kept = Kept { keys: Some((Instant::now(), keys.clone())), failed: None };
                Ok(keys)
            }
            Err(e) => {
                kept.failed = Some(Instant::now());
                // An issuer that is away for a while does not lock out everybody.
                let Some((_, keys)) = &kept.keys else { return Err(e.into()) };
                tracing::warn!(error = %e, "the issuer's keys can't be fetched; the last ones hold");
                Ok(keys.clone())
            }
        }
    }
}
