//! Whoever signed in at the pages: a cookie with a token of ours, which is no credential elsewhere. It names the credential that
//! it was opened with, and ends with it.

use super::token;
use crate::print::manifest::hex;
use crate::service::config::Secret;
use crate::service::http::Caller;
use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::time::Duration;

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

pub fn session(secret: &Secret, headers: &HeaderMap, secure: bool) -> Option<Session> {
    let name = if secure { SECURE } else { PLAIN };
    let (caller, opened) = token::verify(secret, ISSUER, said(headers, name)?)?;
    Some(Session { caller, opened: opened? })
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
        assert_eq!(session(&secret, &headers, true), Some(who));
        assert_eq!(session(&secret, &headers, false), None);
        assert_eq!(session(&Secret::new("another secret of thirty-two characters"), &headers, true), None);
        let token = pair.split_once('=').unwrap().1;
        assert_eq!(token::verify(&secret, token::ISSUER, token), None);
    }
}
