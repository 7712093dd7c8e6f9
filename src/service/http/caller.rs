//! Who asks, and what they may do.

use super::{Kind, Problem};
use crate::service::App;
use crate::service::auth::Scope;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
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
/// name may have been made to lead here (DNS rebinding), or it may post without being asked.
pub async fn host(State(app): State<App>, request: Request, next: Next) -> Response {
    if app.auth.is_open() {
        let header = |name| request.headers().get(name).and_then(|v| v.to_str().ok());
        let foreign_host = header(HOST).is_some_and(|h| !is_local(h));
        let foreign_origin = header(ORIGIN).is_some_and(|o| !o.split_once("://").is_some_and(|(_, h)| is_local(h)));
        if foreign_host || foreign_origin {
            return Kind::Forbidden.because("only pages of this machine are served").into_response();
        }
    }
    next.run(request).await
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
