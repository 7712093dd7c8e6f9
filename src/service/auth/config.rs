//! Which credentials a deployment takes.

use super::google::{Account, CERTS};
use super::{Scope, is_tenant};
use crate::service::config::{Reader, Secret};
use crate::service::http::Caller;
use serde_json::Value;
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct AuthConfig {
    pub required: bool,
    pub basic: Option<Secret>,
    /// Tenant and key.
    pub keys: Vec<(String, Secret)>,
    pub token_secret: Option<Secret>,
    /// Under which the monolith hands its users over.
    pub handover_secret: Option<Secret>,
    /// How long whoever signed in at the pages need not do so again.
    pub session: Duration,
    pub oidc: Option<Oidc>,
    pub google: Option<Google>,
}

/// An issuer of tokens.
#[derive(Clone, Debug)]
pub struct Oidc {
    pub issuer: String,
    pub audience: String,
    pub jwks_url: String,
    pub tenant_claim: String,
}

/// Accounts of Google's whose ID tokens are taken.
#[derive(Clone, Debug)]
pub struct Google {
    pub accounts: Vec<Account>,
    pub audience: String,
    pub jwks_url: String,
}

impl AuthConfig {
    pub fn of(r: &mut Reader) -> Self {
        let required =
            r.flag("auth.required", false, "Ask for credentials on loopback too. Elsewhere they are always asked for.");
        let basic: Option<Secret> = r.optional(
            "auth.basic",
            "user:password",
            "The one user of a laptop or a school's own machine, as user:password.",
        );
        if basic.as_ref().is_some_and(|b| !b.expose().contains(':')) {
            r.fault("auth.basic", "user:password is expected");
        }
        let listed = r.list(
            "auth.keys",
            "API keys of tenants, as tenant=gab_…, where `gabarito key` can't be run. They may do everything.",
        );
        let mut keys = Vec::new();
        for entry in listed {
            match entry
                .split_once('=')
                .filter(|(tenant, key)| is_tenant(tenant) && key.len() >= 24 && key.starts_with("gab_"))
            {
                Some((tenant, key)) => keys.push((tenant.to_owned(), Secret::new(key))),
                None => r.fault("auth.keys", "tenant=gab_… is expected, with at least 20 characters after gab_"),
            }
        }
        let token_secret: Option<Secret> = r.optional(
            "auth.token_secret",
            "at least 32 characters",
            "Signs the tokens of POST /oauth/token and the sessions of the pages. The same in all instances; without it \
             sessions end with the process.",
        );
        let handover_secret: Option<Secret> = r.optional(
            "auth.handover_secret",
            "at least 32 characters",
            "Under it the monolith signs the tokens that it hands its users over to the pages with.",
        );
        for (name, secret) in [("auth.token_secret", &token_secret), ("auth.handover_secret", &handover_secret)] {
            if secret.as_ref().is_some_and(|s| s.expose().len() < 32) {
                r.fault(name, "at least 32 characters are expected");
            }
        }
        let session =
            r.duration("auth.session", "12h", "How long whoever signed in at the pages need not do so again.");
        let issuer: Option<String> = r.optional("auth.issuer", "an URL", "Tokens of this OIDC issuer are taken.");
        let audience: Option<String> = r.optional("auth.audience", "text", "The audience that its tokens must be for.");
        let jwks_url: Option<String> = r.optional("auth.jwks_url", "an URL", "Where its keys are.");
        let tenant_claim = r.text("auth.tenant_claim", "tenant", "The claim of its tokens that names the tenant.");
        let oidc = match (issuer, audience, jwks_url) {
            (None, None, None) => None,
            (Some(issuer), Some(audience), Some(jwks_url)) => Some(Oidc { issuer, audience, jwks_url, tenant_claim }),
            _ => {
                r.fault("auth.issuer", "auth.issuer, auth.audience and auth.jwks_url are expected together");
                None
            }
        };
        let google = Google::of(r);
        AuthConfig { required, basic, keys, token_secret, handover_secret, session, oidc, google }
    }
}

impl Google {
    /// None where no account is named.
    fn of(r: &mut Reader) -> Option<Self> {
        let accounts: Vec<Account> = r.each(
            "auth.google",
            "Service accounts of Google Cloud whose ID tokens are taken, each with its tenant and scopes: \
             account@project.iam.gserviceaccount.com=escola:print read.",
        );
        let audience: Option<String> = r.optional(
            "auth.google_audience",
            "text",
            "The audience that their tokens must be for, such as `server.public_url`.",
        );
        let jwks_url = r.text("auth.google_jwks_url", CERTS, "Where Google's keys are, which sign these tokens.");
        if accounts.is_empty() {
            return None;
        }
        if audience.is_none() {
            r.fault("auth.google_audience", "text is expected, for auth.google names accounts");
        }
        Some(Google { accounts, audience: audience?, jwks_url })
    }
}

impl Oidc {
    /// None where the token names no tenant.
    pub fn caller(&self, claims: &Value) -> Option<Caller> {
        let tenant = claims[&self.tenant_claim].as_str().filter(|t| is_tenant(t))?;
        let who = claims["sub"].as_str().unwrap_or("token");
        let scopes = Scope::parse(claims["scope"].as_str().unwrap_or_default());
        Some(Caller { tenant: tenant.to_owned(), who: who.to_owned(), scopes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_of_google_need_an_audience() {
        let read = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
            let mut reader = Reader::new(None, pairs);
            let google = Google::of(&mut reader);
            (google, reader.finish(&[]).1.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert!(matches!(read(&[]), (None, faults) if faults.is_empty()));
        let accounts = ("GABARITO_AUTH_GOOGLE", "a@p=escola:print read, b@p=outra:admin");
        let (google, faults) = read(&[accounts]);
        assert!(google.is_none() && faults[0].starts_with("auth.google_audience"), "{faults:?}");
        let (google, _) = read(&[accounts, ("GABARITO_AUTH_GOOGLE_AUDIENCE", "https://g.example")]);
        assert_eq!(google.unwrap().accounts.iter().map(|a| a.tenant.as_str()).collect::<Vec<_>>(), ["escola", "outra"]);
        let (_, faults) = read(&[("GABARITO_AUTH_GOOGLE", "a@p=escola")]);
        assert!(faults[0].starts_with("auth.google[0]"), "{faults:?}");
    }
}
