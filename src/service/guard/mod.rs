//! Requests to hosts that a stranger names: URLs in a request, targets of webhooks, what a printed page loads.
//!
//! Scheme, host and port are checked before a name is resolved ([`rules`]), its addresses after, and the connection goes
//! to an address that was checked: a name can't lead elsewhere a moment later (DNS rebinding). Redirects are not
//! followed blindly: each is a URL of a stranger again. No proxy of the environment is used; it would resolve by itself.

mod address;
mod config;
mod fetch;
mod hosts;
mod rules;
#[cfg(test)]
mod tests;

pub use config::OutboundConfig;
pub use fetch::{FetchError, Fetched};
pub use hosts::{Endpoint, HostPattern};
pub use rules::{Denied, Reach, Rules, resolve};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, redirect};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

#[derive(Clone)]
pub struct Guard(Arc<Inner>);

struct Inner {
    rules: Rules,
    /// Connects to public addresses alone.
    public: Client,
    private: Client,
    config: OutboundConfig,
    room: Arc<Semaphore>,
}

impl Guard {
    /// # Errors
    /// This machine has no roots of trust for TLS.
    pub fn new(config: &OutboundConfig) -> reqwest::Result<Self> {
        let private = config.allow_private.clone();
        let rules = match config.hosts.as_slice() {
            [] => Rules::any_public(private),
            hosts => Rules::only(hosts.to_vec(), private),
        };
        let (public, private) = (client(config, Reach::Public)?, client(config, Reach::Private)?);
        let room = Arc::new(Semaphore::new(config.requests));
        Ok(Guard(Arc::new(Inner { rules, public, private, config: config.clone(), room })))
    }

    /// The client for requests to this URL. It follows no redirect.
    ///
    /// # Errors
    /// The URL may not be reached.
    pub fn client(&self, url: &Url) -> Result<&Client, Denied> {
        Ok(match self.0.rules.url(url)? {
            Reach::Public => &self.0.public,
            Reach::Private => &self.0.private,
        })
    }

    /// A place among the requests that wait for files; None where all are taken.
    pub fn admit(&self) -> Option<OwnedSemaphorePermit> {
        self.0.room.clone().try_acquire_owned().ok()
    }

    pub fn config(&self) -> &OutboundConfig {
        &self.0.config
    }
}

fn client(config: &OutboundConfig, reach: Reach) -> reqwest::Result<Client> {
    Client::builder()
        .user_agent(concat!("gabarito/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Checked(reach))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .timeout(config.time)
        .build()
}

/// Gives reqwest addresses that were checked; it connects to one of them.
struct Checked(Reach);

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            // The URL's own port takes the place of this one.
            let addresses = resolve(name.as_str(), 0, reach).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
