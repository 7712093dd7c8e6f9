//! What may be reached: scheme, host and port before a name is resolved, and its addresses after.

use super::address::not_public;
use super::hosts::{Endpoint, HostPattern};
use std::net::{IpAddr, SocketAddr};
use url::{Host, Url};

/// Why a URL is not followed. It says nothing of what a name resolves to here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("it is no URL; https://… is expected")]
    NotAUrl,
    #[error("https is expected")]
    Scheme,
    #[error("a URL without a user and a password is expected")]
    Credentials,
    #[error("this host, with this scheme and port, is not among those that may be reached")]
    Host,
    #[error("its address is {0}; only public ones are reached")]
    NotPublic(&'static str),
    #[error("the name is not known")]
    Unknown,
}

#[derive(Clone, Debug)]
pub struct Rules {
    /// None: every public host.
    hosts: Option<Vec<HostPattern>>,
    private: Vec<Endpoint>,
}

/// How far a host is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Public,
    /// The configuration names it with its port: its address may be private.
    Private,
}

impl Rules {
    pub fn any_public(private: Vec<Endpoint>) -> Self {
        Rules { hosts: None, private }
    }

    pub fn only(hosts: Vec<HostPattern>, private: Vec<Endpoint>) -> Self {
        Rules { hosts: Some(hosts), private }
    }

    /// # Errors
    /// Not a URL that may be followed. Its name is not resolved yet.
    pub fn url(&self, url: &Url) -> Result<Reach, Denied> {
        if !matches!(url.scheme(), "https" | "http") {
            return Err(Denied::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Denied::Credentials);
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else { return Err(Denied::NotAUrl) };
        if self.private.iter().any(|p| p.is(&host, port)) {
            return Ok(Reach::Private);
        }
        let allowed = match &self.hosts {
            None if url.scheme() == "http" => return Err(Denied::Scheme),
            None => port == 443,
            Some(hosts) => hosts.iter().any(|h| h.allows(url.scheme(), &host, port)),
        };
        Rules::literal(&host, allowed)
    }

    /// For what has no URL: a connection through a proxy.
    ///
    /// # Errors
    /// As [`Rules::url`].
    pub fn endpoint(&self, host: &Host<&str>, port: u16) -> Result<Reach, Denied> {
        if self.private.iter().any(|p| p.is(host, port)) {
            return Ok(Reach::Private);
        }
        let allowed = match &self.hosts {
            None => port == 443,
            Some(hosts) => hosts.iter().any(|h| h.allows_endpoint(host, port)),
        };
        Rules::literal(host, allowed)
    }

    fn literal(host: &Host<&str>, allowed: bool) -> Result<Reach, Denied> {
        let address = match host {
            Host::Domain(_) => None,
            Host::Ipv4(a) => not_public(IpAddr::V4(*a)),
            Host::Ipv6(a) => not_public(IpAddr::V6(*a)),
        };
        match address {
            Some(kind) => Err(Denied::NotPublic(kind)),
            None if allowed => Ok(Reach::Public),
            None => Err(Denied::Host),
        }
    }
}

/// The addresses of a name. Whoever connects must take one of these, and not ask again: the next answer may differ.
///
/// # Errors
/// It has none, or one of them is not public.
pub async fn resolve(name: &str, port: u16, reach: Reach) -> Result<Vec<SocketAddr>, Denied> {
    let addresses: Vec<SocketAddr> =
        tokio::net::lookup_host((name, port)).await.map_err(|_| Denied::Unknown)?.collect();
    let inside = addresses.iter().find_map(|a| not_public(a.ip()));
    match inside {
        // A name that leads inside and outside is not a mishap.
        Some(kind) if reach == Reach::Public => Err(Denied::NotPublic(kind)),
        _ if addresses.is_empty() => Err(Denied::Unknown),
        _ => Ok(addresses),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(rules: &Rules, url: &str) -> Result<Reach, Denied> {
        Url::parse(url).map_err(|_| Denied::NotAUrl).and_then(|url| rules.url(&url))
    }

    #[test]
    fn every_spelling_of_an_inner_address_is_seen_through() {
        let rules = Rules::any_public(Vec::new());
        for url in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://017700000001/",
            "https://127.1/",
            "https://127.0.1/",
            "https://%31%32%37.0.0.1/",
            "https://１２７.0.0.1/",
            "https://①②⑦.0.0.1/",
            "https://127.0.0.1./",
            "https://0/",
            "https://[::1]/",
            "https://[0:0:0:0:0:0:0:1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://[64:ff9b::169.254.169.254]/",
            "https://[2002:a9fe:a9fe::]/",
            "https://169.254.169.254/computeMetadata/v1/",
            "https://2852039166/",
        ] {
            assert!(matches!(judge(&rules, url), Err(Denied::NotPublic(_))), "{url}: {:?}", judge(&rules, url));
        }
    }

    #[test]
    fn scheme_port_and_credentials_are_checked() {
        let any = Rules::any_public(vec!["127.0.0.1:9000".parse().unwrap()]);
        assert_eq!(judge(&any, "https://example.com/a.pdf"), Ok(Reach::Public));
        assert_eq!(judge(&any, "http://127.0.0.1:9000/"), Ok(Reach::Private));
        for (url, why) in [
            ("http://example.com/", Denied::Scheme),
            ("file:///etc/passwd", Denied::Scheme),
            ("ftp://example.com/", Denied::Scheme),
            ("gopher://example.com/", Denied::Scheme),
            ("data:application/pdf,", Denied::Scheme),
            ("https://example.com:22/", Denied::Host),
            ("https://example.com:80/", Denied::Host),
            ("https://user:pass@example.com/", Denied::Credentials),
            ("https://127.0.0.1:9001/", Denied::NotPublic("loopback")),
            ("https://", Denied::NotAUrl),
        ] {
            assert_eq!(judge(&any, url), Err(why), "{url}");
        }
        let only = Rules::only(vec!["*.example.com".parse().unwrap(), "10.0.0.1".parse().unwrap()], Vec::new());
        assert_eq!(judge(&only, "https://a.example.com/"), Ok(Reach::Public));
        assert_eq!(judge(&only, "https://example.org/"), Err(Denied::Host));
        // Its name is allowed; its address is not.
        assert_eq!(judge(&only, "https://10.0.0.1/"), Err(Denied::NotPublic("private")));
        let endpoint = |host, port| only.endpoint(&Host::Domain(host), port);
        assert_eq!(endpoint("a.example.com", 443), Ok(Reach::Public));
        assert_eq!(endpoint("a.example.com", 80), Err(Denied::Host));
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_denied_whatever_it_is_called() {
        assert_eq!(resolve("localhost", 443, Reach::Public).await, Err(Denied::NotPublic("loopback")));
        assert!(resolve("localhost", 443, Reach::Private).await.unwrap().iter().all(|a| a.ip().is_loopback()));
    }
}
