//! Conditional requests (RFC 9110, section 13).

use crate::print::manifest::hex;
use axum::http::{HeaderMap, HeaderName};
use sha2::{Digest, Sha256};

/// Names a content: the same for the same bytes.
pub fn of(content: impl AsRef<[u8]>) -> String {
    format!("\"{}\"", &hex(&Sha256::digest(content))[..24])
}

/// Whether a header of entity tags has this one; None where there is no such header. A tag that a proxy made a weak one,
/// because it compressed the answer, is still ours.
pub fn among(headers: &HeaderMap, name: HeaderName, etag: &str) -> Option<bool> {
    let mut said = headers.get_all(name).iter().peekable();
    said.peek()?;
    Some(said.filter_map(|v| v.to_str().ok()).any(|said| said.trim() == "*" || names(said, etag)))
}

/// Whether a list of entity tags has this one.
pub fn names(said: &str, etag: &str) -> bool {
    said.split(',').map(str::trim).any(|tag| tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header::IF_MATCH;

    #[test]
    fn a_tag_is_one_of_a_list() {
        let ours = of("a page");
        let among = |said: &str| {
            let headers = HeaderMap::from_iter([(IF_MATCH, said.parse().unwrap())]);
            among(&headers, IF_MATCH, &ours)
        };
        for said in [ours.clone(), format!("\"x\", {ours}"), format!("W/{ours}"), "*".to_owned()] {
            assert_eq!(among(&said), Some(true), "{said}");
        }
        assert_eq!(among("\"x\""), Some(false));
        assert_eq!(super::among(&HeaderMap::new(), IF_MATCH, &ours), None);
    }
}
