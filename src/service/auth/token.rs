//! Tokens of our own, short-lived, for OAuth 2.0 client credentials.

use super::{Scope, is_tenant};
use crate::service::config::Secret;
use crate::service::http::Caller;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode, get_current_timestamp};
use serde::{Deserialize, Serialize};

const ISSUER: &str = "gabarito";
const SECONDS: u64 = 3600;

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    tenant: String,
    scope: String,
    exp: u64,
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
    let scope = caller.scopes.iter().map(|s| s.name()).collect::<Vec<_>>().join(" ");
    let claims = Claims {
        iss: ISSUER.to_owned(),
        sub: caller.who.clone(),
        tenant: caller.tenant.clone(),
        scope: scope.clone(),
        exp: get_current_timestamp() + SECONDS,
    };
    let key = EncodingKey::from_secret(secret.expose().as_bytes());
    // An HMAC of plain text can't fail.
    let access_token = encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap_or_default();
    Granted { access_token, token_type: "Bearer", expires_in: SECONDS, scope }
}

pub fn verify(secret: &Secret, token: &str) -> Option<Caller> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&[ISSUER]);
    validation.set_required_spec_claims(&["exp", "iss", "sub"]);
    let key = DecodingKey::from_secret(secret.expose().as_bytes());
    let claims = decode::<Claims>(token, &key, &validation).ok()?.claims;
    let caller = Caller { scopes: Scope::parse(&claims.scope), tenant: claims.tenant, who: claims.sub };
    is_tenant(&caller.tenant).then_some(caller)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_who_and_only_under_its_secret() {
        let caller = Caller { tenant: "escola".into(), who: "k1".into(), scopes: vec![Scope::Read] };
        let secret = Secret::new("a secret of more than thirty-two characters");
        let granted = grant(&secret, &caller);
        assert_eq!(verify(&secret, &granted.access_token), Some(caller));
        assert_eq!(verify(&Secret::new("another secret of thirty-two characters"), &granted.access_token), None);
        let unsigned = granted.access_token.rsplit_once('.').map(|(said, _)| format!("{said}.")).unwrap();
        assert_eq!(verify(&secret, &unsigned), None);
    }
}
