//! Tokens of our own, short-lived, for OAuth 2.0 client credentials.

use super::session::Opened;
use super::{Scope, is_tenant};
use crate::service::config::Secret;
use crate::service::http::Caller;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode, get_current_timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// Of those that are credentials of the API.
pub const ISSUER: &str = "gabarito";
const TIME: Duration = Duration::from_secs(3600);

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    tenant: String,
    scope: String,
    exp: u64,
    /// Of a session: its id, and what it was opened with.
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    opened: Option<Opened>,
}

/// What a token of ours says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub caller: Caller,
    pub id: Option<Uuid>,
    pub opened: Option<Opened>,
    /// From when on it is not taken any more: seconds since 1970.
    pub until: u64,
}

/// The answer of RFC 6749, section 5.1.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Granted {
    pub access_token: String,
    /// `Bearer`
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: u64,
    pub scope: String,
}

pub fn grant(secret: &Secret, caller: &Caller) -> Granted {
    let access_token = sign(secret, ISSUER, caller, None, TIME);
    Granted { access_token, token_type: "Bearer", expires_in: TIME.as_secs(), scope: words(caller) }
}

fn words(caller: &Caller) -> String {
    caller.scopes.iter().map(|s| s.name()).collect::<Vec<_>>().join(" ")
}

/// Who it is, for so long. `issuer` says what the token is good for.
pub fn sign(secret: &Secret, issuer: &str, caller: &Caller, opened: Option<&Opened>, time: Duration) -> String {
    let claims = Claims {
        iss: issuer.to_owned(),
        sub: caller.who.clone(),
        tenant: caller.tenant.clone(),
        scope: words(caller),
        exp: get_current_timestamp() + time.as_secs(),
        jti: opened.map(|_| Uuid::now_v7()),
        opened: opened.cloned(),
    };
    let key = EncodingKey::from_secret(secret.expose().as_bytes());
    // An HMAC of plain text can't fail.
    encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap_or_default()
}

pub fn verify(secret: &Secret, issuer: &str, token: &str) -> Option<Said> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&[issuer]);
    validation.set_required_spec_claims(&["exp", "iss", "sub"]);
    let key = DecodingKey::from_secret(secret.expose().as_bytes());
    let claims = decode::<Claims>(token, &key, &validation).ok()?.claims;
    let caller = Caller { scopes: Scope::parse(&claims.scope), tenant: claims.tenant, who: claims.sub };
    let until = claims.exp + validation.leeway;
    is_tenant(&caller.tenant).then_some(Said { caller, id: claims.jti, opened: claims.opened, until })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_who_and_only_under_its_secret() {
        let caller = Caller { tenant: "escola".into(), who: "k1".into(), scopes: vec![Scope::Read] };
        let secret = Secret::new("a secret of more than thirty-two characters");
        let granted = grant(&secret, &caller);
        let said = verify(&secret, ISSUER, &granted.access_token).unwrap();
        assert_eq!((said.caller, said.id, said.opened), (caller, None, None));
        assert_eq!(
            verify(&Secret::new("another secret of thirty-two characters"), ISSUER, &granted.access_token),
            None
        );
        let unsigned = granted.access_token.rsplit_once('.').map(|(said, _)| format!("{said}.")).unwrap();
        assert_eq!(verify(&secret, ISSUER, &unsigned), None);
    }
}
