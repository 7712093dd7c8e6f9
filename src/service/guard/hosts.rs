//! Names of hosts as a configuration allows them.

use std::str::FromStr;
use url::Host;

/// `example.com`, `*.example.com` (all below it, and not itself), `example.com:8443`, `http://example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern {
    host: Host,
    below: bool,
    http: bool,
    port: u16,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a host such as example.com, *.example.com, example.com:8443 or http://example.com")]
pub struct NotAHost;

impl FromStr for HostPattern {
    type Err = NotAHost;

    fn from_str(text: &str) -> Result<Self, NotAHost> {
        let (http, rest) = match text.split_once("://") {
            None => (false, text),
            Some(("https", rest)) => (false, rest),
            Some(("http", rest)) => (true, rest),
            Some(_) => return Err(NotAHost),
        };
        let (below, rest) = rest.strip_prefix("*.").map_or((false, rest), |rest| (true, rest));
        let (host, port) = authority(rest)?;
        if below && !matches!(host, Host::Domain(_)) {
            return Err(NotAHost);
        }
        Ok(HostPattern { host, below, http, port: port.unwrap_or(if http { 80 } else { 443 }) })
    }
}

impl HostPattern {
    pub fn allows(&self, scheme: &str, host: &Host<&str>, port: u16) -> bool {
        (scheme == "https" || (self.http && scheme == "http")) && self.allows_endpoint(host, port)
    }

    pub fn allows_endpoint(&self, host: &Host<&str>, port: u16) -> bool {
        self.port == port && self.is(host)
    }

    fn is(&self, host: &Host<&str>) -> bool {
        match (&self.host, host) {
            (Host::Domain(ours), Host::Domain(name)) if self.below => {
                name.strip_suffix(ours.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            _ => same(&self.host, host),
        }
    }
}

/// A host with its port, which may be on this machine: `127.0.0.1:9000`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    host: Host,
    port: u16,
}

impl FromStr for Endpoint {
    type Err = NotAHost;

    fn from_str(text: &str) -> Result<Self, NotAHost> {
        let (host, port) = authority(text)?;
        Ok(Endpoint { host, port: port.ok_or(NotAHost)? })
    }
}

impl Endpoint {
    pub fn host(&self) -> Host<&str> {
        match &self.host {
            Host::Domain(name) => Host::Domain(name),
            Host::Ipv4(a) => Host::Ipv4(*a),
            Host::Ipv6(a) => Host::Ipv6(*a),
        }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn is(&self, host: &Host<&str>, port: u16) -> bool {
        self.port == port && same(&self.host, host)
    }
}

fn same(ours: &Host, host: &Host<&str>) -> bool {
    match (ours, host) {
        (Host::Domain(a), Host::Domain(b)) => a == b,
        (Host::Ipv4(a), Host::Ipv4(b)) => a == b,
        (Host::Ipv6(a), Host::Ipv6(b)) => a == b,
        _ => false,
    }
}

/// `host` or `host:port`, the host in the one spelling that URLs have it in.
fn authority(text: &str) -> Result<(Host, Option<u16>), NotAHost> {
    let end = text.find(']').map_or(0, |at| at + 1);
    let (host, port) = match text[end..].find(':') {
        Some(colon) => (&text[..end + colon], Some(text[end + colon + 1..].parse().map_err(|_| NotAHost)?)),
        None => (text, None),
    };
    // URLs may have a star in a name; whoever writes one here means something else.
    if host.contains('*') {
        return Err(NotAHost);
    }
    Ok((Host::parse(host).map_err(|_| NotAHost)?, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    fn allows(pattern: &str, url: &str) -> bool {
        let url = Url::parse(url).unwrap();
        let pattern: HostPattern = pattern.parse().unwrap();
        pattern.allows(url.scheme(), &url.host().unwrap(), url.port_or_known_default().unwrap())
    }

    #[test]
    fn a_pattern_is_one_host_or_all_below_it_on_one_port() {
        for (pattern, url) in [
            ("example.com", "https://example.com/a"),
            ("Example.COM", "https://EXAMPLE.com"),
            ("*.example.com", "https://a.b.example.com"),
            ("example.com:8443", "https://example.com:8443"),
            ("http://example.com", "http://example.com"),
            ("http://example.com:443", "https://example.com"),
            ("escola.example", "https://escola.example:443"),
            ("[2606:4700::1111]:8443", "https://[2606:4700::1111]:8443"),
        ] {
            assert!(allows(pattern, url), "{pattern} {url}");
        }
        for (pattern, url) in [
            ("example.com", "http://example.com"),
            ("example.com", "https://example.com:8443"),
            ("example.com", "https://a.example.com"),
            ("*.example.com", "https://example.com"),
            ("*.example.com", "https://evilexample.com"),
            ("*.example.com", "https://example.com.evil.net"),
            ("example.com", "https://example.com.evil.net"),
            ("http://example.com", "https://example.com"),
        ] {
            assert!(!allows(pattern, url), "{pattern} {url}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in ["", "*", "*.", "ftp://example.com", "example.com:x", "example.com:70000", "a b", "*.127.0.0.1"] {
            assert_eq!(text.parse::<HostPattern>(), Err(NotAHost), "{text}");
        }
        assert_eq!("example.com".parse::<Endpoint>(), Err(NotAHost));
        assert!("[::1]:80".parse::<Endpoint>().unwrap().is(&Host::Ipv6(std::net::Ipv6Addr::LOCALHOST), 80));
    }
}
