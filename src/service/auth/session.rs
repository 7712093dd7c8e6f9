//! Whoever signed in at the pages: a cookie with a token of ours, which is no credential elsewhere. It names the credential that
//! it was opened with, and ends with it. Whoever leaves ends it before its time, copies of the cookie too.

use super::{Auth, token};
use crate::print::manifest::hex;
use crate::service::config::Secret;
use crate::service::http::Caller;
use crate::service::store::db::{Freshness, Millis};
use crate::service::store::{CacheKey, DbError};
use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::get_current_timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::time::Duration;
use uuid::Uuid;

/// With TLS browsers hold a name that begins so to this host alone, and to TLS.
const SECURE: &str = "__Host-gabarito";
const PLAIN: &str = "gabarito";
const ISSUER: &str = "gabarito pages";

/// What somebody signed in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opened {
    /// An API key of the database, by its hash.
    Key(String),
    /// What is configured: a key, the laptop's password, the secret under which somebody was handed over. By its MAC: a
    /// password's hash would let whoever sees the cookie try words.
    Configured(String),
}

impl Opened {
    pub fn configured(secret: &Secret, credential: &Secret) -> Self {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes a key of any length");
        mac.update(b"opened\0");
        mac.update(credential.expose().as_bytes());
        Opened::Configured(hex(&mac.finalize().into_bytes()))
    }
}

/// Somebody who signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub caller: Caller,
    pub opened: Opened,
}

/// A session as its cookie has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub session: Session,
    pub id: Uuid,
    /// Seconds since 1970.
    until: u64,
}

impl Held {
    /// How long it might still be used.
    fn rest(&self) -> Duration {
        Duration::from_secs(self.until.saturating_sub(get_current_timestamp()))
    }
}

impl Auth {
    /// Whether somebody left it. What is not remembered is looked up.
    ///
    /// # Errors
    /// Of the database.
    pub(super) async fn has_ended(&self, held: &Held) -> Result<bool, DbError> {
        let key = || CacheKey::Session(held.id);
        if let Some(ended) = self.cache().get(key()).await {
            return Ok(ended);
        }
        let query = self.db().query("SELECT 1 AS one FROM ended_sessions WHERE id = $1").bind(held.id.to_string());
        let ended = query.fetch_optional(self.db().reader(Freshness::Latest)).await?.is_some();
        let time = if ended { held.rest() } else { self.believed() };
        self.cache().put(key(), &ended, time).await;
        Ok(ended)
    }

    /// Ends the session of these headers, if there is one.
    ///
    /// # Errors
    /// Of the database.
    pub async fn leave(&self, headers: &HeaderMap) -> Result<(), DbError> {
        let Some(held) = self.held(headers) else { return Ok(()) };
        let db = self.db();
        // Clocks of instances may differ a little.
        db.execute(db.query("DELETE FROM ended_sessions WHERE expires_at < {now} - 60000")).await?;
        let text = "INSERT INTO ended_sessions (id, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        let until = Millis::try_from(held.until).unwrap_or(Millis::MAX).saturating_mul(1000);
        db.execute(db.query(text).bind(held.id.to_string()).bind(until)).await?;
        self.cache().put(CacheKey::Session(held.id), &true, held.rest()).await;
        Ok(())
    }
}

/// What a response sets: who it is, for so long.
pub fn cookie(secret: &Secret, session: &Session, time: Duration, secure: bool) -> String {
    set(&token::sign(secret, ISSUER, &session.caller, Some(&session.opened), time), time.as_secs(), secure)
}

/// What a response sets to end it.
pub fn end(secure: bool) -> String {
    set("", 0, secure)
}

fn set(value: &str, seconds: u64, secure: bool) -> String {
    let (name, also) = if secure { (SECURE, "; Secure") } else { (PLAIN, "") };
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{also}")
}

/// Whether a request says that it is of somebody who signed in.
pub fn is_said(headers: &HeaderMap) -> bool {
    said(headers, SECURE).or_else(|| said(headers, PLAIN)).is_some()
}

pub fn held(secret: &Secret, headers: &HeaderMap, secure: bool) -> Option<Held> {
    let name = if secure { SECURE } else { PLAIN };
    let said = token::verify(secret, ISSUER, said(headers, name)?)?;
    Some(Held { session: Session { caller: said.caller, opened: said.opened? }, id: said.id?, until: said.until })
}

/// A cookie's value.
pub fn said<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(COOKIE).into_iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    all.filter_map(|pair| pair.trim().split_once('=')).find(|(n, v)| *n == name && !v.is_empty()).map(|(_, v)| v)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::auth::Scope;

    #[test]
    fn a_session_is_a_cookie_and_no_token() {
        let secret = Secret::new("a secret of more than thirty-two characters");
        let caller = Caller { tenant: "escola".into(), who: "secretaria-1".into(), scopes: vec![Scope::Review] };
        let who = Session { caller, opened: Opened::configured(&secret, &Secret::new("user:password")) };
        let set = cookie(&secret, &who, Duration::from_secs(60), true);
        assert!(set.contains("; HttpOnly") && set.contains("; Secure") && set.contains("; SameSite=Lax"), "{set}");
        let pair = set.split(';').next().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, format!("idioma=en; {pair}").parse().unwrap());
        let first = held(&secret, &headers, true).unwrap();
        assert_eq!(first.session, who);
        assert!(first.rest() >= Duration::from_secs(60));
        assert_eq!(held(&secret, &headers, false), None);
        assert_eq!(held(&Secret::new("another secret of thirty-two characters"), &headers, true), None);
        let token = pair.split_once('=').unwrap().1;
        assert_eq!(token::verify(&secret, token::ISSUER, token), None);
        // Who signs in once more has another session.
        let again = cookie(&secret, &who, Duration::from_secs(60), true);
        headers.insert(COOKIE, again.split(';').next().unwrap().parse().unwrap());
        assert_ne!(held(&secret, &headers, true).unwrap().id, first.id);
    }
}
