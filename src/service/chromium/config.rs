//! What a deployment says of `/print`.

use crate::service::config::{Reader, Secret};
use crate::service::guard::HostPattern;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sandbox {
    /// On, but for root, whom Chromium does not start for with it.
    Auto,
    On,
    Off,
}

#[derive(Clone, Debug)]
pub struct PrintConfig {
    /// None: looked for in `PATH`.
    pub chromium: Option<PathBuf>,
    pub sandbox: Sandbox,
    pub monolith: Vec<HostPattern>,
    pub hosts: Vec<HostPattern>,
    pub token: Option<Secret>,
    pub token_header: String,
    pub at_once: usize,
    pub waiting: usize,
    pub time: Duration,
    pub pages: u32,
    pub bytes: u64,
    pub heap: u64,
    pub recycle: usize,
}

impl PrintConfig {
    pub fn of(r: &mut Reader) -> Self {
        PrintConfig {
            chromium: r.optional(
                "print.chromium",
                "a path",
                "Chromium's executable. Without it `chromium`, `chromium-browser` or `google-chrome` of the PATH is taken.",
            ),
            sandbox: r.word(
                "print.sandbox",
                &[("auto", Sandbox::Auto), ("on", Sandbox::On), ("off", Sandbox::Off)],
                "Chromium's sandbox; `auto`: on, but for root, whom Chromium does not start for with it. Do not run as root.",
            ),
            monolith: r.each("print.monolith",
                "Hosts of the monolith, which alone are told the token: provas.example.com.",
            ),
            hosts: r.each("print.hosts", "Other hosts whose pages are printed, or that a printed page loads from."),
            token: r.optional::<Token>(
                "print.token",
                "text that a header can carry",
                "What the monolith is told in `print.token_header`. `AUTHORIZATION_TOKEN` in the environment is taken where \
                 this is absent.",
            )
            .map(|token| token.0),
            token_header: header(r),
            at_once: r.whole("print.at_once", "2", 1..=64, "Pages that are printed at once.") as usize,
            waiting: r.whole("print.waiting", "8", 0..=1_000, "Calls of `/print` that may wait; further ones are told 503.")
                as usize,
            time: r.duration("print.time", "60s", "Longest time for one page: waiting, loading, printing."),
            pages: r.whole("print.pages", "2000", 1..=100_000, "Most pages that a printed page may have.") as u32,
            bytes: r.bytes("print.bytes", "256MiB", "What one printed page may load, and how large its PDF may be."),
            heap: r.bytes("print.heap", "512MiB", "Memory of a page's scripts."),
            recycle: r.whole("print.recycle", "200", 1..=1_000_000, "After so many pages Chromium is started anew.")
                as usize,
        }
    }
}

/// What goes into a header.
struct Token(Secret);

impl FromStr for Token {
    type Err = http::header::InvalidHeaderValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        http::HeaderValue::from_str(text).map(|_| Token(Secret::new(text)))
    }
}

fn header(r: &mut Reader) -> String {
    let doc = "The header that carries the token.";
    let name: http::HeaderName = r.value("print.token_header", "Authorization", "the name of a header", doc);
    name.to_string()
}
