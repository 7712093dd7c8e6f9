//! Which jobs go first: the header `Priority` (RFC 9218, “Extensible Prioritization Scheme for HTTP”).

use axum::http::HeaderMap;

/// What a request that does not say is taken for (RFC 9218, 4.1).
const DEFAULT: i32 = 3;

/// The priority of the job that a request makes: the more urgent, the higher. `u=0` is the most urgent and `u=7` the least; what
/// can't be understood is as if it were not said.
pub fn priority(headers: &HeaderMap) -> i32 {
    let said = headers.get_all("priority").iter().filter_map(|value| value.to_str().ok());
    let members = said.flat_map(|value| value.split(',')).map(str::trim);
    let urgency = members.filter_map(|member| member.strip_prefix("u=")?.parse().ok()).next_back();
    DEFAULT - urgency.filter(|u| (0..=7).contains(u)).unwrap_or(DEFAULT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_urgent_is_highest_and_what_is_no_urgency_is_none() {
        let of = |text: &str| priority(&HeaderMap::from_iter([("priority".parse().unwrap(), text.parse().unwrap())]));
        assert_eq!(priority(&HeaderMap::new()), 0);
        assert_eq!([of("u=0"), of("u=3"), of("u=7"), of("i, u=1"), of("u=5, i")], [3, 0, -4, 2, -2]);
        assert_eq!([of("u=8"), of("u=-1"), of("i"), of("urgent"), of("u=")], [0; 5]);
    }
}
