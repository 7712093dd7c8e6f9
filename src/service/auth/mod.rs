//! Credentials to callers. A tenant comes from the credential and from nowhere else.
//!
//! | credential | who |
//! |---|---|
//! | `Bearer gab_…` | an API key: of the configuration, or made by `gabarito key` |
//! | `Bearer eyJ…` | a token: our own (`POST /oauth/token`), of an account of Google's, or of an OIDC issuer by its JWKS |
//! | `Basic …` | the laptop's user |
//! | a cookie | somebody who signed in at the pages: with a key or a password that holds still, or handed over by the monolith |
//! | none | this machine, where the server listens on loopback and nothing is configured |

mod config;
pub mod google;
mod handover;
mod jwks;
pub mod keys;
pub mod session;
mod token;

pub use config::{AuthConfig, Oidc};
pub use jwks::{Jwks, TokenError};
pub use token::Granted;

use self::google::{Account, IdTokens};
use self::session::{Held, Opened, Session};
use crate::service::config::{Config, Secret};
use crate::service::http::{Caller, Kind, Problem};
use crate::service::store::{Cache, CacheKey, Db, DbError};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::HashSet;
use std::sync::{Arc, RwLock};
use std::time::Duration;
use subtle::ConstantTimeEq;

/// The tenant of the embedded set-up.
pub const LOCAL: &str = "local";

/// How many unknown keys are remembered, and for how long at most: one that is made now is known soon.
const UNKNOWN: u64 = 10_000;
const MOMENT: Duration = Duration::from_secs(1);

/// What a caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Print packages and see them.
    Print,
    /// Upload scans and see what was read.
    Read,
    /// Decide what is doubtful.
    Review,
    /// Keys, webhooks, retention, erasure.
    Admin,
}

impl Scope {
    pub const ALL: [Scope; 4] = [Scope::Print, Scope::Read, Scope::Review, Scope::Admin];

    pub fn name(self) -> &'static str {
        match self {
            Scope::Print => "print",
            Scope::Read => "read",
            Scope::Review => "review",
            Scope::Admin => "admin",
        }
    }

    /// Those named, by spaces or commas. What is no scope of ours is passed over: tokens carry others' too.
    pub fn parse(text: &str) -> Vec<Scope> {
        let named = |word: &str| Scope::ALL.into_iter().find(|s| s.name() == word);
        text.split([' ', ',']).filter_map(named).collect()
    }
}

/// Whether a tenant may be called so: it is in paths.
pub fn is_tenant(id: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&id.len()) && id.bytes().all(plain) && !id.starts_with('-')
}

#[derive(Clone)]
pub struct Auth(Arc<Inner>);

struct Inner {
    config: AuthConfig,
    /// Nobody need say who they are.
    open: bool,
    db: Db,
    cache: Cache,
    /// How long a key that was looked up is believed.
    believed: Duration,
    /// Hashes of keys that nobody has: they are not looked up again for a moment.
    unknown: moka::sync::Cache<String, ()>,
    oidc: Option<Jwks>,
    google: Option<(IdTokens, Vec<Account>)>,
    /// Signs sessions.
    session_secret: Secret,
    /// Whether browsers reach the pages by TLS.
    secure: bool,
    /// Tenants that are known to have their row.
    tenants: RwLock<HashSet<String>>,
}

impl Auth {
    /// # Errors
    /// The system has no random numbers.
    pub fn new(config: &Config, db: Db, cache: Cache) -> std::io::Result<Self> {
        let (loopback, believed) = (config.server.listen.ip().is_loopback(), config.cache.keys);
        let secure = config.server.is_secure();
        let config = config.auth.clone();
        let configured = config.basic.is_some()
            || config.oidc.is_some()
            || config.google.is_some()
            || config.handover_secret.is_some()
            || !config.keys.is_empty()
            || config.required;
        let oidc = config.oidc.as_ref().map(|oidc| Jwks::new(oidc.jwks_url.clone()));
        let google = config.google.clone().map(|g| (IdTokens::new(g.jwks_url, g.audience), g.accounts));
        let session_secret = config.token_secret.clone().map_or_else(random, Ok)?;
        let (tenants, open) = (RwLock::default(), loopback && !configured);
        let unknown = moka::sync::Cache::builder().max_capacity(UNKNOWN).time_to_live(believed.min(MOMENT)).build();
        let inner = Inner { open, config, db, cache, believed, unknown, oidc, google, session_secret, secure, tenants };
        Ok(Auth(Arc::new(inner)))
    }

    fn config(&self) -> &AuthConfig {
        &self.0.config
    }

    fn session_secret(&self) -> &Secret {
        &self.0.session_secret
    }

    fn db(&self) -> &Db {
        &self.0.db
    }

    fn cache(&self) -> &Cache {
        &self.0.cache
    }

    fn believed(&self) -> Duration {
        self.0.believed
    }

    /// The session of these headers, which may have ended.
    fn held(&self, headers: &HeaderMap) -> Option<Held> {
        session::held(&self.0.session_secret, headers, self.0.secure)
    }

    /// Whether this machine is served without credentials.
    pub fn is_open(&self) -> bool {
        self.0.open
    }

    /// Who sent these headers.
    ///
    /// # Errors
    /// Nobody who may: 401.
    pub async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let said = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok());
        let caller = match said.and_then(|said| said.split_once(' ')) {
            None if said.is_none() && session::is_said(headers) && !self.0.open => self.session(headers).await?,
            None if self.0.open => Some(Caller::all(LOCAL, LOCAL)),
            None => None,
            Some((scheme, said)) if scheme.eq_ignore_ascii_case("basic") => self.basic(said.trim()),
            Some((scheme, said)) if scheme.eq_ignore_ascii_case("bearer") => self.bearer(said.trim()).await?,
            Some(_) => None,
        };
        let caller = caller.ok_or_else(|| {
            let detail =
                if said.is_none() { "an Authorization header is expected" } else { "the credential is not valid here" };
            Kind::Unauthenticated.because(format!("{detail}: Bearer with an API key or a token, or Basic"))
        })?;
        self.tenant(&caller.tenant).await?;
        Ok(caller)
    }

    fn basic(&self, said: &str) -> Option<Caller> {
        self.user(&STANDARD.decode(said).ok()?).map(|session| session.caller)
    }

    /// The laptop's user, by `user:password`.
    fn user(&self, said: &[u8]) -> Option<Session> {
        let configured = self.0.config.basic.as_ref()?;
        let same = bool::from(said.ct_eq(configured.expose().as_bytes()));
        same.then(|| self.opened(Caller::all(LOCAL, "basic"), configured))
    }

    /// Who signs in at the pages: the laptop's user, or whoever has an API key, which is then the password.
    ///
    /// # Errors
    /// Of the database.
    pub async fn sign_in(&self, user: &str, password: &str) -> Result<Option<Session>, Problem> {
        if password.starts_with(keys::PREFIX) {
            return self.key(password).await;
        }
        Ok(self.user(format!("{user}:{password}").as_bytes()))
    }

    /// Somebody signed in with what is configured.
    fn opened(&self, caller: Caller, credential: &Secret) -> Session {
        Session { caller, opened: Opened::configured(&self.0.session_secret, credential) }
    }

    /// Who signed in and did not leave, if that which it was done with is still good: a key is looked up as it is for the API.
    async fn session(&self, headers: &HeaderMap) -> Result<Option<Caller>, Problem> {
        let Some(held) = self.held(headers) else { return Ok(None) };
        if self.has_ended(&held).await? {
            return Ok(None);
        }
        let Session { caller, opened } = held.session;
        if let Opened::Key(hash) = &opened {
            return self.known(hash).await;
        }
        let config = &self.0.config;
        let keys = config.keys.iter().filter(|(tenant, _)| *tenant == caller.tenant).map(|(_, key)| key);
        let mut all = keys.chain(&config.basic).chain(&config.handover_secret);
        let holds = all.any(|credential| Opened::configured(&self.0.session_secret, credential) == opened);
        Ok(holds.then_some(caller))
    }

    /// The cookie by which whoever signed in is known.
    pub fn cookie(&self, session: &Session) -> String {
        session::cookie(&self.0.session_secret, session, self.0.config.session, self.0.secure)
    }

    /// The cookie that ends it.
    pub fn no_session(&self) -> String {
        session::end(self.0.secure)
    }

    async fn bearer(&self, said: &str) -> Result<Option<Caller>, Problem> {
        if said.starts_with(keys::PREFIX) {
            return Ok(self.key(said).await?.map(|session| session.caller));
        }
        if let Some(secret) = &self.0.config.token_secret
            && let Some(said) = token::verify(secret, token::ISSUER, said)
        {
            return Ok(Some(said.caller));
        }
        let caller = match self.of_google(said).await {
            Ok(None) | Err(TokenError::Invalid) => self.of_the_issuer(said).await,
            told => told,
        };
        match caller {
            Ok(caller) => Ok(caller),
            Err(TokenError::Invalid) => Ok(None),
            Err(TokenError::Unreachable) => Err(Kind::Busy.because("the issuer's keys can't be fetched now")),
        }
    }

    async fn of_google(&self, token: &str) -> Result<Option<Caller>, TokenError> {
        let Some((tokens, accounts)) = &self.0.google else { return Ok(None) };
        let identified = tokens.verify(token).await?;
        let account = accounts.iter().find(|account| account.email == identified.email);
        Ok(account.map(|account| account.caller(identified.subject)))
    }

    async fn of_the_issuer(&self, token: &str) -> Result<Option<Caller>, TokenError> {
        let (Some(jwks), Some(oidc)) = (&self.0.oidc, &self.0.config.oidc) else { return Ok(None) };
        let claims = jwks.verify(token, &[&oidc.issuer], &oidc.audience).await?;
        Ok(oidc.caller(&claims))
    }

    async fn key(&self, said: &str) -> Result<Option<Session>, Problem> {
        let hash = keys::hash(said);
        for (tenant, key) in &self.0.config.keys {
            if bool::from(keys::hash(key.expose()).as_bytes().ct_eq(hash.as_bytes())) {
                return Ok(Some(self.opened(Caller::all(tenant, "key"), key)));
            }
        }
        Ok(self.known(&hash).await?.map(|caller| Session { caller, opened: Opened::Key(hash) }))
    }

    /// Whose a key of the database is, by its hash: believed for so long as is configured.
    async fn known(&self, hash: &str) -> Result<Option<Caller>, Problem> {
        if let Some(caller) = self.0.cache.get(CacheKey::ApiKey(hash)).await {
            return Ok(Some(caller));
        }
        if self.0.unknown.contains_key(hash) {
            return Ok(None);
        }
        let found = keys::find(&self.0.db, hash).await?;
        match &found {
            Some(caller) => self.0.cache.put(CacheKey::ApiKey(hash), caller, self.0.believed).await,
            None => self.0.unknown.insert(hash.to_owned(), ()),
        }
        Ok(found)
    }

    /// Who trades an API key for a token, by the key's id or the tenant, and the key.
    ///
    /// # Errors
    /// Of the database.
    pub async fn client(&self, id: &str, secret: &str) -> Result<Option<Caller>, Problem> {
        let caller = self.key(secret).await?.map(|session| session.caller);
        Ok(caller.filter(|caller| caller.who == id || caller.tenant == id))
    }

    /// A token for a client: OAuth 2.0 client credentials (RFC 6749, section 4.4).
    ///
    /// # Errors
    /// No secret is configured to sign tokens with: 501.
    pub fn grant(&self, caller: &Caller) -> Result<Granted, Problem> {
        let signing = self.0.config.token_secret.as_ref();
        let signing = signing
            .ok_or_else(|| Kind::NotAvailable.because("no auth.token_secret is configured; use the API key itself"))?;
        Ok(token::grant(signing, caller))
    }

    /// A tenant has a row before anything is written for it.
    async fn tenant(&self, id: &str) -> Result<(), DbError> {
        if self.0.tenants.read().unwrap_or_else(|e| e.into_inner()).contains(id) {
            return Ok(());
        }
        let text = "INSERT INTO tenants (id, created_at) VALUES ($1, {now}) ON CONFLICT DO NOTHING";
        self.0.db.execute(self.0.db.query(text).bind(id.to_owned())).await?;
        self.0.tenants.write().unwrap_or_else(|e| e.into_inner()).insert(id.to_owned());
        Ok(())
    }
}

fn random() -> std::io::Result<Secret> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|e| std::io::Error::other(e.to_string()))?;
    Ok(Secret::new(STANDARD.encode(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_a_plain_word() {
        for good in ["local", "escola-3", "0a"] {
            assert!(is_tenant(good), "{good}");
        }
        for bad in ["", "-a", "A", "a/b", "..", "á", &"a".repeat(64)] {
            assert!(!is_tenant(bad), "{bad}");
        }
    }

    #[test]
    fn scopes_of_others_are_passed_over() {
        assert_eq!(Scope::parse("openid print,read  x"), [Scope::Print, Scope::Read]);
    }
}
