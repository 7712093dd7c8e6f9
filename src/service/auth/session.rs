//! Whoever signed in at the pages: a cookie with a token of ours, which is no credential elsewhere.

use super::token;
use crate::service::config::Secret;
use crate::service::http::Caller;
use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use std::time::Duration;

/// With TLS browsers hold a name that begins so to this host alone, and to TLS.
const SECURE: &str = "__Host-gabarito";
const PLAIN: &str = "gabarito";
const ISSUER: &str = "gabarito pages";

/// What a response sets: who it is, for so long.
pub fn cookie(secret: &Secret, caller: &Caller, time: Duration, secure: bool) -> String {
    set(&token::sign(secret, ISSUER, caller, time), time.as_secs(), secure)
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

pub fn caller(secret: &Secret, headers: &HeaderMap, secure: bool) -> Option<Caller> {
    let name = if secure { SECURE } else { PLAIN };
    token::verify(secret, ISSUER, said(headers, name)?)
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
        let who = Caller { tenant: "escola".into(), who: "secretaria-1".into(), scopes: vec![Scope::Review] };
        let set = cookie(&secret, &who, Duration::from_secs(60), true);
        assert!(set.contains("; HttpOnly") && set.contains("; Secure") && set.contains("; SameSite=Lax"), "{set}");
        let pair = set.split(';').next().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, format!("idioma=en; {pair}").parse().unwrap());
        assert_eq!(caller(&secret, &headers, true), Some(who));
        assert_eq!(caller(&secret, &headers, false), None);
        assert_eq!(caller(&Secret::new("another secret of thirty-two characters"), &headers, true), None);
        let token = pair.split_once('=').unwrap().1;
        assert_eq!(token::verify(&secret, token::ISSUER, token), None);
    }
}
