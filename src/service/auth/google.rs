//! ID tokens that Google signs for service accounts: of Cloud Tasks, and of callers whom the configuration names.
//!
//! <https://docs.cloud.google.com/docs/authentication/token-types#id>

use super::{Jwks, Scope, TokenError, is_tenant};
use crate::service::http::Caller;
use serde_json::Value;
use std::str::FromStr;

/// Google's two spellings of itself.
const ISSUERS: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];
/// Where Google's keys are.
pub const CERTS: &str = "https://www.googleapis.com/oauth2/v3/certs";

/// Google's ID tokens for one audience.
#[derive(Clone)]
pub struct IdTokens {
    jwks: Jwks,
    audience: String,
}

/// Whose an ID token is.
pub struct Identified {
    /// An id that is never given to another account.
    pub subject: String,
    /// Which Google has verified.
    pub email: String,
}

impl IdTokens {
    pub fn new(jwks_url: String, audience: String) -> Self {
        IdTokens { jwks: Jwks::new(jwks_url), audience }
    }

    /// # Errors
    /// It is not valid, its e-mail address is not verified, or Google's keys can't be fetched.
    pub async fn verify(&self, token: &str) -> Result<Identified, TokenError> {
        let claims = self.jwks.verify(token, &ISSUERS, &self.audience).await?;
        let text = |claim: &str| claims[claim].as_str().map(str::to_owned);
        match (&claims["email_verified"], text("sub"), text("email")) {
            (Value::Bool(true), Some(subject), Some(email)) => Ok(Identified { subject, email }),
            _ => Err(TokenError::Invalid),
        }
    }
}

/// An account of Google's, and whom it speaks for: `email=tenant:scopes`, the scopes with spaces between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub email: String,
    pub tenant: String,
    pub scopes: Vec<Scope>,
}

impl Account {
    pub fn caller(&self, subject: String) -> Caller {
        Caller { tenant: self.tenant.clone(), who: subject, scopes: self.scopes.clone() }
    }
}

impl FromStr for Account {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "account@project.iam.gserviceaccount.com=tenant:print read";
        let (email, rest) = text.split_once('=').ok_or(EXPECTED)?;
        let (tenant, said) = rest.split_once(':').ok_or(EXPECTED)?;
        let scopes = Scope::parse(said);
        let known = !scopes.is_empty() && scopes.len() == said.split_whitespace().count();
        if !email.contains('@') || !is_tenant(tenant) || !known {
            return Err(EXPECTED);
        }
        Ok(Account { email: email.to_owned(), tenant: tenant.to_owned(), scopes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_a_tenant_and_scopes_that_there_are() {
        let account: Account = "a@p.iam.gserviceaccount.com=escola:print read".parse().unwrap();
        assert_eq!((account.email.as_str(), account.tenant.as_str()), ("a@p.iam.gserviceaccount.com", "escola"));
        assert_eq!(account.scopes, [Scope::Print, Scope::Read]);
        for bad in ["a@p=escola", "a@p=escola:", "a@p=escola:print write", "a=escola:print", "a@p=../x:print", ""] {
            assert!(bad.parse::<Account>().is_err(), "{bad}");
        }
    }
}
