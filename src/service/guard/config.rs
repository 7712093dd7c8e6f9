//! What a deployment says of requests to others.

use super::hosts::{Endpoint, HostPattern};
use crate::service::config::Reader;
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct OutboundConfig {
    /// Empty: every public one.
    pub hosts: Vec<HostPattern>,
    pub allow_private: Vec<Endpoint>,
    pub time: Duration,
    /// Largest file.
    pub file: u64,
    /// Of all files of one request together.
    pub total: u64,
    pub total_time: Duration,
    /// Most URLs of one request.
    pub urls: usize,
    /// Requests that fetch files and are answered with what became of them, at once.
    pub requests: usize,
}

impl OutboundConfig {
    pub fn of(r: &mut Reader) -> Self {
        OutboundConfig {
            hosts: r.each(
                "outbound.hosts",
                "Hosts that URLs in requests may lead to: example.com, *.example.com, example.com:8443, \
                 http://example.com. Without any: every public host, by https on port 443.",
            ),
            allow_private: r.each(
                "outbound.allow_private",
                "Hosts with a port that may be reached although their address is private, by http too: \
                 127.0.0.1:9000. For a laptop and for tests.",
            ),
            time: r.duration("outbound.time", "60s", "Longest time that fetching one file may take."),
            file: r.bytes("outbound.file", "256MiB", "Largest file that is fetched."),
            total: r.bytes("outbound.total", "1GiB", "All files together that one request has fetched."),
            total_time: r.duration("outbound.total_time", "5m", "Longest time that fetching them may take."),
            urls: r.whole("outbound.urls", "500", 1..=100_000, "Most URLs of one request.") as usize,
            requests: r.whole("outbound.requests", "8", 1..=1_000, "Calls of `/merge` that are answered at once.")
                as usize,
        }
    }
}
