//! Pages of other sites that call this service from a browser: none, unless a deployment names them.

use axum::http::{HeaderName, HeaderValue, Method, header};
use std::str::FromStr;
use std::time::Duration;
use tower_http::cors::{AllowOrigin, CorsLayer};
use url::Url;

/// How long a browser remembers what it may do.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// A site, as browsers name it (the Fetch standard, 3.2): a scheme, a host, and a port that is not the scheme's own.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin(HeaderValue);

impl FromStr for Origin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_one = Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == text);
        let value = HeaderValue::from_str(text).ok().filter(|_| is_one);
        value.map(Origin).ok_or("a scheme and a host such as https://escola.example")
    }
}

/// Credentials that a browser adds by itself, as cookies, are not taken from other sites.
pub fn layer(origins: &[Origin]) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().map(|origin| origin.0.clone())))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
            header::RANGE,
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("last-event-id"),
            HeaderName::from_static("x-request-id"),
        ])
        .expose_headers([
            header::CONTENT_DISPOSITION,
            header::CONTENT_RANGE,
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            HeaderName::from_static("x-request-id"),
        ])
        .max_age(REMEMBERED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_browsers_call_one() {
        for origin in ["https://lize.example", "http://localhost:3000", "https://[::1]:8443"] {
            assert!(origin.parse::<Origin>().is_ok(), "{origin}");
        }
        for other in ["lize.example", "https://lize.example/", "https://lize.example:443", "*", "null", "data:,x"] {
            assert!(other.parse::<Origin>().is_err(), "{other}");
        }
    }
}
