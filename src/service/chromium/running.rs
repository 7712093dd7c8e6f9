//! One Chromium process and the connection to it.

use super::config::{PrintConfig, Sandbox};
use chromiumoxide::Browser;
use chromiumoxide::handler::HandlerConfig;
use futures_util::StreamExt;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{ChildStdin, Command};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const START: Duration = Duration::from_secs(30);
/// Chromium goes when our end of this script's stdin does, however we ended, and its profile with it.
const WATCH: &str =
    r#"profile=$1; shift; "$@" & exec 2>/dev/null; cat >/dev/null; kill -KILL $!; wait; rm -rf "$profile""#;
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Nothing that Chromium itself would fetch leaves: no one listens where its own proxy should be, and no name has an
/// address. A page's proxy is that of its context.
const ARGUMENTS: [&str; 24] = [
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-features=Translate,MediaRouter,OptimizationHints,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable",
    "--metrics-recording-only",
    "--password-store=basic",
    "--hide-scrollbars",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
    "--proxy-server=socks5://127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    // WebRTC knows no SOCKS: it would go around it.
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
];

/// Dropped, it is killed ([`WATCH`]).
pub struct Running {
    pub browser: Browser,
    /// Cancelled when it is there no more, or should not be used any more.
    pub gone: CancellationToken,
    /// Pages that it was given.
    pub served: AtomicUsize,
    _leash: ChildStdin,
}

/// The executable, where there is one.
pub fn executable(config: &PrintConfig) -> Option<PathBuf> {
    match &config.chromium {
        Some(path) => path.is_file().then(|| path.clone()),
        None => {
            let path = std::env::var_os("PATH")?;
            let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
            NAMES.iter().find_map(|name| folders.iter().map(|f| f.join(name)).find(|at| at.is_file()))
        }
    }
}

impl Running {
    /// Starts Chromium with a profile below `data`.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start(executable: &Path, config: &PrintConfig, data: &Path) -> io::Result<Self> {
        let folder = data.join("chromium").join(Uuid::now_v7().to_string());
        tokio::fs::create_dir_all(&folder).await?;
        let folder = tokio::fs::canonicalize(folder).await?;
        let mut process = command(executable, config, &folder).spawn()?;
        let (Some(leash), Some(stderr)) = (process.stdin.take(), process.stderr.take()) else {
            return Err(io::Error::other("it has no pipes"));
        };
        let mut lines = BufReader::new(stderr).lines();
        let address = async {
            let mut last = String::new();
            while let Some(line) = lines.next_line().await? {
                if let Some((_, address)) = line.split_once("DevTools listening on ") {
                    return Ok(address.trim().to_owned());
                }
                last = line;
            }
            Err(io::Error::other(format!("it ended before it listened: {last}")))
        };
        let address = tokio::time::timeout(START, address).await.unwrap_or(Err(io::ErrorKind::TimedOut.into()))?;
        // A pipe that nobody reads would stop it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let handling = HandlerConfig {
            ignore_https_errors: false,
            viewport: None,
            // Commands end with the page that they are for.
            request_timeout: config.time * 2,
            ..HandlerConfig::default()
        };
        let (browser, mut handler) = Browser::connect_with_config(address, handling).await.map_err(io::Error::other)?;
        let gone = CancellationToken::new();
        let ended = gone.clone();
        tokio::spawn(async move {
            while let Some(Ok(())) = handler.next().await {}
            ended.cancel();
        });
        Ok(Running { browser, gone, served: AtomicUsize::new(0), _leash: leash })
    }
}

fn command(executable: &Path, config: &PrintConfig, folder: &Path) -> Command {
    let mut command = Command::new("sh");
    // Nothing of our environment, which holds secrets.
    command.env_clear();
    for kept in ["PATH", "LANG", "LC_ALL", "TZ", "FONTCONFIG_PATH", "FONTCONFIG_FILE"] {
        command.envs(std::env::var_os(kept).map(|value| (kept, value)));
    }
    command.env("HOME", folder).env("XDG_CONFIG_HOME", folder).env("XDG_CACHE_HOME", folder);
    command.args(["-c", WATCH, "sh"]).arg(folder).arg(executable);
    command.args(ARGUMENTS).arg(format!("--user-data-dir={}", folder.display()));
    command.arg(format!("--js-flags=--max-old-space-size={}", (config.heap >> 20).max(16)));
    let root = || std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    if config.sandbox == Sandbox::Off || (config.sandbox == Sandbox::Auto && root()) {
        tracing::warn!("Chromium runs without its sandbox; run the service as another user than root");
        command.arg("--no-sandbox");
    }
    command.arg("about:blank").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

impl Drop for Running {
    fn drop(&mut self) {
        self.gone.cancel();
    }
}
