//! The monolith hands one of its users over: a JWT under a secret that both know (HS256), good for one use within five
//! minutes. Claims: `tenant`, `sub`, `scopes` (a list, or words with spaces), `exp`, `jti`.

use super::session::{Opened, Session};
use super::{Auth, Scope, is_tenant};
use crate::service::config::Secret;
use crate::service::http::{Caller, Kind, Problem};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, get_current_timestamp};
use serde::Deserialize;

/// Longest that a token may be valid, in seconds.
const LONGEST: u64 = 300;

#[derive(Deserialize)]
struct Claims {
    tenant: String,
    sub: String,
    scopes: Scopes,
    exp: u64,
    jti: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scopes {
    Words(String),
    List(Vec<String>),
}

impl Auth {
    /// Whom a token hands over; it is used up then.
    ///
    /// # Errors
    /// Nobody may be handed over here (501), or not with this token (401).
    pub async fn handed_over(&self, token: &str) -> Result<Session, Problem> {
        let secret = self.config().handover_secret.as_ref();
        let secret = secret.ok_or_else(|| Kind::NotAvailable.because("no auth.handover_secret is configured"))?;
        let no = || Kind::Unauthenticated.because("the token is not valid, not valid any more, or was used before");
        let claims = verify(secret, token).ok_or_else(no)?;
        let db = self.db();
        let text = "DELETE FROM handovers WHERE expires_at < {now} - 60000";
        db.execute(db.query(text)).await?;
        let text = "INSERT INTO handovers (jti, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        let query = db.query(text).bind(claims.jti).bind(claims.exp as i64 * 1000);
        if db.execute(query).await?.rows_affected() == 0 {
            return Err(no());
        }
        let scopes = match claims.scopes {
            Scopes::Words(words) => Scope::parse(&words),
            Scopes::List(list) => Scope::parse(&list.join(" ")),
        };
        let caller = Caller { tenant: claims.tenant, who: claims.sub, scopes };
        self.tenant(&caller.tenant).await?;
        Ok(Session { caller, opened: Opened::configured(self.session_secret(), secret) })
    }
}

fn verify(secret: &Secret, token: &str) -> Option<Claims> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.leeway = 0;
    validation.validate_aud = false;
    validation.set_required_spec_claims(&["exp", "sub"]);
    let key = DecodingKey::from_secret(secret.expose().as_bytes());
    let claims = decode::<Claims>(token, &key, &validation).ok()?.claims;
    let short = claims.exp <= get_current_timestamp() + LONGEST;
    let named = is_tenant(&claims.tenant) && !claims.sub.is_empty() && (1..=255).contains(&claims.jti.len());
    (short && named && !claims.jti.contains('\0')).then_some(claims)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::{Value, json};

    #[test]
    fn only_a_short_token_under_the_secret_hands_somebody_over() {
        let secret = Secret::new("a secret of more than thirty-two characters");
        let now = get_current_timestamp();
        let token = |key: &str, claims: &Value| {
            encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(key.as_bytes())).unwrap()
        };
        let good = json!({"tenant": "escola", "sub": "u7", "scopes": ["read"], "exp": now + 60, "jti": "1"});
        assert_eq!(verify(&secret, &token(secret.expose(), &good)).unwrap().sub, "u7");
        assert!(verify(&secret, &token("another secret of thirty-two characters", &good)).is_none());
        for (claim, value) in [
            ("exp", json!(now - 1)),
            ("exp", json!(now + 4000)),
            ("tenant", json!("../x")),
            ("jti", json!("")),
            ("sub", json!("")),
            ("jti", Value::Null),
        ] {
            let mut bad = good.clone();
            bad[claim] = value.clone();
            assert!(verify(&secret, &token(secret.expose(), &bad)).is_none(), "{claim}: {value}");
        }
    }
}
