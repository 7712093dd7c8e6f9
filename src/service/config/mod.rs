//! What a deployment decides: one file with a default for everything, over which a TOML file goes and then the
//! environment. It is checked whole before anything starts, and every fault is told at once.

mod bounds;
mod reader;
mod table;

pub use bounds::{BoundsConfig, or_cores};
pub use reader::{Reader, Secret, Setting, time};
pub use table::table;

use crate::json::Fault;
use crate::service::auth::AuthConfig;
use crate::service::chromium::PrintConfig;
use crate::service::cloud::{TasksConfig, VisionConfig};
use crate::service::guard::OutboundConfig;
use crate::service::http::cors::Origin;
use crate::service::jobs::{Delivery, JobsConfig};
use crate::service::retention::RetentionConfig;
use crate::service::store::objects::ObjectsKind;
use crate::service::store::{CacheConfig, DatabaseConfig, ObjectsConfig};
use crate::service::warehouse::{WarehouseConfig, WarehouseKind};
use crate::service::watch::WatchConfig;
use crate::web::WebConfig;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Config {
    pub server: Server,
    /// Where the embedded set-up keeps its database and its files.
    pub data: PathBuf,
    pub auth: AuthConfig,
    pub database: DatabaseConfig,
    pub cache: CacheConfig,
    pub objects: ObjectsConfig,
    pub retention: RetentionConfig,
    pub jobs: JobsConfig,
    /// Where `gabarito work` says how it is.
    pub work_listen: Option<SocketAddr>,
    /// Where Cloud Tasks brings the work.
    pub tasks: Option<TasksConfig>,
    pub bounds: BoundsConfig,
    pub outbound: OutboundConfig,
    pub print: PrintConfig,
    pub vision: VisionConfig,
    pub warehouse: WarehouseConfig,
    pub watch: WatchConfig,
    pub web: WebConfig,
}

#[derive(Clone, Debug)]
pub struct Server {
    pub listen: SocketAddr,
    /// How the service is reached from outside, for links. Without a slash at its end.
    pub public_url: Option<String>,
    pub max_body: u64,
    pub request_time: Duration,
    /// Connections that are open at once.
    pub connections: usize,
    /// Until the head of a request is there.
    pub head_time: Duration,
    /// Requests that are answered at once.
    pub requests: usize,
    /// Of those, what children do for them: at once, and waiting.
    /// 0: one a core.
    pub at_once: usize,
    pub waiting: usize,
    pub shutdown: Duration,
    /// Sites whose pages may call this service from a browser.
    pub cors: Vec<Origin>,
}

/// Variables that are read elsewhere.
const OTHERS: [&str; 2] = ["GABARITO_SHEET_KEY", "GABARITO_CONFIG"];

impl Config {
    /// Everything wrong at once, or the configuration. `PORT` in the environment wins over what `listen` says, as Cloud
    /// Run has it.
    ///
    /// # Errors
    /// Each with the variable or the path in the file, and what would be valid.
    pub fn read(
        file: Option<&str>,
        environment: impl IntoIterator<Item = (String, String)>,
        said: &CommandLine,
    ) -> Result<Config, Vec<Fault>> {
        let environment: Vec<_> = environment.into_iter().collect();
        let variable =
            |sought: &str| environment.iter().find(|(name, _)| name == sought).map(|(_, value)| value.clone());
        let (port, token) = (variable("PORT"), variable("AUTHORIZATION_TOKEN"));
        let on_cloud_run = variable("K_SERVICE").is_some();
        let mut reader = Reader::new(file, environment);
        let mut config = Config::of(&mut reader);
        if let Some(listen) = said.listen {
            config.server.listen = listen;
        }
        if let Some(port) = port {
            match port.parse() {
                // Cloud Run, which says so, comes from outside; elsewhere nobody does unless that was asked for.
                Ok(port) if on_cloud_run => {
                    config.server.listen = SocketAddr::from(([0, 0, 0, 0], port));
                }
                Ok(port) => config.server.listen.set_port(port),
                Err(_) => reader.fault("PORT", "a port from 0 to 65535 is expected"),
            }
        }
        if config.print.token.is_none() {
            config.print.token = token.map(Secret::new);
        }
        if let Some(data) = &said.data {
            config.data.clone_from(data);
        }
        if config.warehouse.kind == WarehouseKind::BigQuery && config.objects.kind != ObjectsKind::Cloud {
            reader.fault(
                "warehouse.kind",
                "bigquery loads from a bucket of Cloud Storage; with it, objects.kind = gcs is expected",
            );
        }
        let (_, faults) = reader.finish(&OTHERS);
        if faults.is_empty() { Ok(config) } else { Err(faults) }
    }

    fn of(reader: &mut Reader) -> Config {
        let server = Server::of(reader);
        let data = reader.value(
            "data",
            "gabarito-data",
            "a folder",
            "Where the embedded set-up keeps its database and its files; `--data` wins.",
        );
        let auth = AuthConfig::of(reader);
        let database = DatabaseConfig::of(reader);
        let cache = CacheConfig::of(reader);
        let objects = ObjectsConfig::of(reader);
        let retention = RetentionConfig::of(reader);
        let jobs = JobsConfig::of(reader);
        let work_listen = reader.optional(
            "work.listen",
            "an address and a port such as 0.0.0.0:9090",
            "Where `gabarito work` serves /healthz, /readyz and /metrics to whoever reaches it, and nothing else. Without it a \
             worker opens no port.",
        );
        let tasks = TasksConfig::of(reader, jobs.delivery == Delivery::CloudTasks, server.public_url.as_deref());
        Config {
            server,
            data,
            auth,
            database,
            cache,
            objects,
            retention,
            jobs,
            work_listen,
            tasks,
            bounds: BoundsConfig::of(reader),
            outbound: OutboundConfig::of(reader),
            print: PrintConfig::of(reader),
            vision: VisionConfig::of(reader),
            warehouse: WarehouseConfig::of(reader),
            watch: WatchConfig::of(reader),
            web: WebConfig::of(reader),
        }
    }

    /// All defaults, with the data in `data`: what `gabarito serve` does on a laptop, and tests.
    pub fn embedded(data: &Path) -> Config {
        let mut config = Config::of(&mut Reader::new(None, []));
        config.data = data.to_owned();
        config
    }
}

/// What the command line says, which wins over the configuration.
#[derive(Clone, Debug, Default)]
pub struct CommandLine {
    pub listen: Option<SocketAddr>,
    pub data: Option<PathBuf>,
}

impl Server {
    /// Whether browsers reach the service by TLS.
    pub fn is_secure(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.starts_with("https://"))
    }

    fn of(r: &mut Reader) -> Self {
        Server {
            listen: r.value(
                "server.listen",
                "127.0.0.1:8080",
                "an address and a port such as 127.0.0.1:8080",
                "Where HTTP is served. `--listen` wins over it, and the port in `PORT` over both.",
            ),
            public_url: r.optional::<String>(
                "server.public_url",
                "an URL",
                "How the service is reached from outside, for the links in its answers: https://gabarito.example. Without it \
                 links have no host.",
            )
            .map(|url| url.trim_end_matches('/').to_owned()),
            max_body: r.bytes(
                "server.max_body",
                "1GiB",
                "Largest body of a request that takes files; others take 8 MiB. On Cloud Run HTTP/1 lets 32 MiB through.",
            ),
            request_time: r.duration(
                "server.request_time",
                "60s",
                "Longest time that a request without files may take; with files, that no byte of them may come, and then that \
                 the answer may take. `/print` and `/merge` have their own.",
            ),
            connections: r.whole(
                "server.connections",
                "4096",
                1..=1_000_000,
                "Connections that are open at once; further ones wait until another is closed.",
            ) as usize,
            head_time: r.duration(
                "server.head_time",
                "75s",
                "Longest time that the head of a request may take to come, or that a connection may wait for the next one.",
            ),
            requests: r.whole(
                "server.requests",
                "512",
                1..=100_000,
                "Requests that are answered at once; further ones are told 503 and when to come again.",
            ) as usize,
            at_once: r.whole(
                "server.at_once",
                "0",
                0..=512,
                "Processes that read, print again or draw pictures for requests that wait for it, at once; 0: one a core.",
            ) as usize,
            waiting: r.whole(
                "server.waiting",
                "64",
                0..=10_000,
                "Requests that may wait for one of them; further ones are told 503 and when to come again.",
            ) as usize,
            shutdown: r.duration(
                "server.shutdown",
                "8s",
                "After SIGTERM: how long requests and pages under way may still take. What is told and closed after them takes 1.5 s at \
                 most: Cloud Run gives 10 s in all.",
            ),
            cors: r.each(
                "server.cors",
                "Sites whose pages may call this service from a browser, with an API key or a token: \
                 https://escola.example. Without any: none (CORS is off).",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_wins_over_the_command_line_and_that_over_the_file() {
        let file = Some("[server]\nlisten = \"127.0.0.1:1\"");
        let listen = |env: &[(&str, &str)], said: &CommandLine| {
            let env = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
            Config::read(file, env, said).unwrap().server.listen.to_string()
        };
        let said = CommandLine { listen: Some("127.0.0.1:2".parse().unwrap()), data: None };
        assert_eq!(listen(&[], &CommandLine::default()), "127.0.0.1:1");
        assert_eq!(listen(&[], &said), "127.0.0.1:2");
        assert_eq!(listen(&[("PORT", "3")], &said), "127.0.0.1:3");
        assert_eq!(listen(&[("PORT", "3"), ("K_SERVICE", "gabarito")], &said), "0.0.0.0:3");
    }
}
