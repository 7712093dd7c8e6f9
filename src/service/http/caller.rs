//! Who asks, and what they may do.

use super::{Kind, Problem};
use crate::service::App;
use crate::service::auth::{Scope, session};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Whoever proved who it is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Caller {
    pub tenant: String,
    /// Kept beside what was decided: an id, never a name.
    pub who: String,
    pub scopes: Vec<Scope>,
}

impl Caller {
    /// One who may do everything.
    pub fn all(tenant: &str, who: &str) -> Self {
        Caller { tenant: tenant.to_owned(), who: who.to_owned(), scopes: Scope::ALL.to_vec() }
    }

    /// # Errors
    /// The credential does not have this scope: 403.
    pub fn may(&self, scope: Scope) -> Result<(), Problem> {
        if self.scopes.contains(&scope) {
            return Ok(());
        }
        Err(Kind::Forbidden.because(format!("the scope {} is needed", scope.name())))
    }
}

/// A caller with one scope, for a handler's arguments.
macro_rules! scoped {
    ($($(#[$doc:meta])* $name:ident),*) => {$(
        $(#[$doc])*
        pub struct $name(pub Caller);

        impl FromRequestParts<App> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
                let caller = Caller::from_request_parts(parts, app).await?;
                caller.may(Scope::$name)?;
                Ok($name(caller))
            }
        }
    )*};
}

scoped! {
    /// Who may print.
    Print,
    /// Who may read.
    Read,
    /// Who may decide.
    Review,
    /// Who may administrate.
    Admin
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        app.auth.caller(&parts.headers).await
    }
}

/// Without credentials only this machine is served, and a page of another site in its browser is not this machine: its
/// name may have been made to lead here (DNS rebinding), or it may post without being asked. A session goes with whatever
/// its browser sends, and so does a password that it was once asked for (Basic): what changes something must come from our
/// own pages then (CSRF).
pub async fn host(State(app): State<App>, request: Request, next: Next) -> Response {
    if app.auth.is_open() {
        let header = |name| request.headers().get(name).and_then(|v| v.to_str().ok());
        let foreign_host = header(HOST).is_some_and(|h| !is_local(h));
        let foreign_origin = header(ORIGIN).is_some_and(|o| !o.split_once("://").is_some_and(|(_, h)| is_local(h)));
        if foreign_host || foreign_origin {
            return Kind::Forbidden.because("only pages of this machine are served").into_response();
        }
    }
    let headers = request.headers();
    let by_itself = match headers.get(AUTHORIZATION) {
        None => session::is_said(headers),
        Some(said) => is_basic(said.as_bytes()) && is_of_a_page(headers),
    };
    if by_itself && !request.method().is_safe() && !is_ours(headers, app.config.server.public_url.as_deref()) {
        return Kind::Forbidden.because("only our own pages may ask for this in somebody's name").into_response();
    }
    next.run(request).await
}

fn is_basic(said: &[u8]) -> bool {
    said.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"basic "))
}

/// Whether a browser sent this for a page: it says so itself, and a program has no reason to.
fn is_of_a_page(headers: &HeaderMap) -> bool {
    headers.contains_key("sec-fetch-site") || headers.contains_key(ORIGIN)
}

/// Whether a page of ours sent this: the browser says so, and an old one at least says where from.
fn is_ours(headers: &HeaderMap, public_url: Option<&str>) -> bool {
    let header = |name: HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = header(HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    let host = |url: &str| url.split_once("://").map(|(_, rest)| rest.to_owned());
    match header(ORIGIN).and_then(host) {
        Some(origin) => header(HOST) == Some(&origin) || public_url.and_then(host) == Some(origin),
        None => false,
    }
}

fn is_local(authority: &str) -> bool {
    let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_site_sends_is_not_ours() {
        let ours = |pairs: &[(&'static str, &str)]| {
            let pairs = pairs.iter().map(|(n, v)| (HeaderName::from_static(n), v.parse().unwrap()));
            is_ours(&pairs.collect(), Some("https://gabarito.example"))
        };
        assert!(ours(&[("sec-fetch-site", "same-origin")]));
        assert!(ours(&[("host", "a:1"), ("origin", "http://a:1")]));
        assert!(ours(&[("host", "10.0.0.1"), ("origin", "https://gabarito.example")]));
        assert!(!ours(&[("sec-fetch-site", "same-site"), ("host", "a"), ("origin", "http://a")]));
        assert!(!ours(&[("host", "a"), ("origin", "https://b")]));
        assert!(!ours(&[("host", "a"), ("origin", "null")]));
        assert!(!ours(&[("host", "a")]));
    }

    #[test]
    fn only_names_of_this_machine_are_local() {
        for local in ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080", "127.0.0.1"] {
            assert!(is_local(local), "{local}");
        }
        for foreign in ["example.com", "localhost.example.com:80", "10.0.0.1:8080", "127.0.0.1.nip.io", "[fe80::1]:80"]
        {
            assert!(!is_local(foreign), "{foreign}");
        }
    }
}
