//! `gabarito serve` and its kin: the service, its schema, its documentation.

use super::{CliError, sheet_secret};
use crate::service::auth::{Scope, is_tenant, keys};
use crate::service::config::{self, CommandLine, Config, Secret};
use crate::service::store::{Cache, CacheKey};
use crate::service::{self, Task, Until, child, http};
use clap::{Args, Subcommand};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::Runtime;
use uuid::Uuid;

/// For threads that can't be told to stop.
const LAST: Duration = Duration::from_millis(250);

/// Where the configuration is.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// A TOML file of settings (docs/configuration.md) [env: GABARITO_CONFIG]
    #[arg(long, value_name = "FILE.toml")]
    pub config: Option<PathBuf>,
    /// Where the embedded set-up keeps its database and its files [default: gabarito-data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// Serve printing and reading over HTTP
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Address and port; the port in PORT wins, and on Cloud Run all addresses are served [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Work off the queue of a service: `jobs.delivery = "database"`, or one job on an instance of its own
#[derive(Debug, Args)]
pub struct WorkArgs {
    /// Work on this package, batch or job alone, and end with it
    #[arg(long, value_name = "ID")]
    pub job: Option<Uuid>,
    /// End when nothing is left to do; a job on Cloud Run (CLOUD_RUN_TASK_INDEX, CLOUD_RUN_TASK_COUNT) always does
    #[arg(long)]
    pub until_idle: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Make, list and revoke API keys
#[derive(Debug, Args)]
pub struct KeyArgs {
    #[command(subcommand)]
    pub what: KeyCommand,
    #[command(flatten)]
    pub config: ConfigArgs,
}

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a key, and show it this once
    Add {
        /// Whose: lower-case letters, digits and hyphens
        #[arg(long)]
        tenant: String,
        /// What for
        #[arg(long)]
        name: String,
        /// What it may do: print, read, review, admin
        #[arg(long, default_value = "print,read,review")]
        scopes: String,
        /// For how long: 12h, 90d [default: until it is revoked]
        #[arg(long, value_name = "TIME", value_parser = config::time)]
        expires: Option<Duration>,
    },
    /// All keys, without themselves
    List,
    /// Take a key back
    Revoke { id: String },
}

/// Longest that a key may hold, unless it holds until it is revoked: a hundred years.
const LONGEST: Duration = Duration::from_secs(36_500 * 86_400);

/// Bring the database's schema up to date
#[derive(Debug, Args)]
pub struct MigrateArgs {
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Write the OpenAPI 3.1 document of the service
#[derive(Debug, Args)]
pub struct OpenapiArgs {}

impl ConfigArgs {
    pub fn load(&self, listen: Option<SocketAddr>) -> Result<Config, CliError> {
        let path = self.config.clone().or_else(|| std::env::var_os("GABARITO_CONFIG").map(PathBuf::from));
        let file = path.as_deref().map(|p| std::fs::read_to_string(p).map_err(|e| CliError::file(p, e))).transpose()?;
        let environment = std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        let said = CommandLine { listen, data: self.data.clone() };
        let file_name = path.unwrap_or_else(|| PathBuf::from("the configuration"));
        Config::read(file.as_deref(), environment, &said).map_err(|faults| CliError::Faults { file: file_name, faults })
    }
}

pub fn failed(e: impl std::fmt::Display) -> CliError {
    CliError::Failed(e.to_string())
}

pub fn runtime() -> Result<Runtime, CliError> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)
}

pub fn serve(args: &ServeArgs) -> Result<ExitCode, CliError> {
    let config = args.config.load(args.listen)?;
    let key = Secret::new(sheet_secret()?);
    let listening = |address: SocketAddr| {
        let _ = writeln!(io::stderr(), "gabarito: http://{address}  (documentação: http://{address}/docs)");
    };
    ended(runtime()?, service::serve(config, key, stop(), listening))
}

/// What still runs then has had its time, and is left to end with the process.
fn ended(runtime: Runtime, work: impl Future<Output = Result<(), service::ServeError>>) -> Result<ExitCode, CliError> {
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(LAST);
    done.map_err(failed)?;
    Ok(ExitCode::SUCCESS)
}

/// Until the platform or a person says to stop.
async fn stop() {
    let interrupt = tokio::signal::ctrl_c();
    let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
        let _ = interrupt.await;
        return;
    };
    tokio::select! {
        _ = interrupt => {}
        _ = terminate.recv() => {}
    }
}

pub fn work(args: &WorkArgs) -> Result<ExitCode, CliError> {
    let config = args.config.load(None)?;
    let key = Secret::new(sheet_secret()?);
    let variable = |name: &str| std::env::var(name).ok();
    let task = task(variable("CLOUD_RUN_TASK_INDEX").as_deref(), variable("CLOUD_RUN_TASK_COUNT").as_deref())?;
    let until = match args.job {
        Some(id) => Until::Done(id),
        None if args.until_idle || task.is_some() => Until::Idle,
        None => Until::Stopped,
    };
    ended(runtime()?, service::work_off(config, key, until, task, stop()))
}

/// Which task of a job on Cloud Run this process is, if it is one.
fn task(index: Option<&str>, count: Option<&str>) -> Result<Option<Task>, CliError> {
    let number = |text: Option<&str>| text.map(|text| text.parse::<u32>().ok());
    match (number(index), number(count)) {
        (None, None) => Ok(None),
        (Some(Some(index)), None) => Ok(Some(Task { index, count: index + 1 })),
        (Some(Some(index)), Some(Some(count))) if index < count => Ok(Some(Task { index, count })),
        _ => Err(CliError::Usage(
            "CLOUD_RUN_TASK_INDEX, CLOUD_RUN_TASK_COUNT: an index below the count is expected".to_owned(),
        )),
    }
}

pub fn key(args: &KeyArgs) -> Result<ExitCode, CliError> {
    let config = args.config.load(None)?;
    let mut out = io::stdout().lock();
    let work = async {
        let db = service::store::Db::open(&config.database, &config.data).await.map_err(failed)?;
        match &args.what {
            KeyCommand::Add { tenant, name, scopes, expires } => {
                let known = Scope::parse(scopes);
                if known.len() != scopes.split(',').count() {
                    return Err(CliError::Usage(
                        "--scopes: some of print, read, review, admin are expected".to_owned(),
                    ));
                }
                if !is_tenant(tenant) {
                    let said = "--tenant: lower-case letters, digits and hyphens are expected, at most 63";
                    return Err(CliError::Usage(said.to_owned()));
                }
                if expires.is_some_and(|time| time.is_zero() || time > LONGEST) {
                    return Err(CliError::Usage("--expires: more than 0s and at most 36500d are expected".to_owned()));
                }
                let (id, key) = keys::create(&db, tenant, name, &known, *expires).await.map_err(failed)?;
                writeln!(out, "{id}\n{key}").map_err(CliError::Output)?;
            }
            KeyCommand::List => {
                for key in keys::list(&db).await.map_err(failed)? {
                    let keys::Listed { id, tenant, name, scopes, created_at, expires_at, revoked_at } = key;
                    let since = http::time(created_at);
                    let at =
                        |word, at: Option<_>| at.map_or_else(String::new, |at| format!("  {word} {}", http::time(at)));
                    let state = at("expira", expires_at) + &at("revogada", revoked_at);
                    writeln!(out, "{id}  {tenant}  {scopes}  {since}  {name}{state}").map_err(CliError::Output)?;
                }
            }
            KeyCommand::Revoke { id } => {
                let Some(hash) = keys::revoke(&db, id).await.map_err(failed)? else {
                    return Err(CliError::Usage(format!("{id}: no key that holds has this id")));
                };
                let cache = Cache::new(&config.cache, &Secret::new(sheet_secret()?));
                cache.forget(CacheKey::ApiKey(&hash)).await;
            }
        }
        db.close().await;
        Ok(ExitCode::SUCCESS)
    };
    runtime()?.block_on(work)
}

pub fn migrate(args: &MigrateArgs) -> Result<ExitCode, CliError> {
    let config = args.config.load(None)?;
    let open = async {
        let db = service::store::Db::open(&config.database, &config.data).await?;
        db.close().await;
        Ok::<_, service::store::DbError>(())
    };
    runtime()?.block_on(open).map_err(failed)?;
    Ok(ExitCode::SUCCESS)
}

pub fn openapi(_: &OpenapiArgs) -> Result<ExitCode, CliError> {
    let text = http::openapi().to_pretty_json().map_err(failed)?;
    writeln!(io::stdout(), "{text}").map_err(CliError::Output)?;
    Ok(ExitCode::SUCCESS)
}

/// One task for a parent that listens: see [`child`].
pub fn child() -> ExitCode {
    child::run(io::stdin().lock(), io::stdout().lock())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_of_a_job_has_an_index_below_the_count() {
        assert!(matches!(task(None, None), Ok(None)));
        assert_eq!(task(Some("1"), Some("4")).unwrap(), Some(Task { index: 1, count: 4 }));
        for (index, count) in [(Some("4"), Some("4")), (Some("x"), Some("4")), (Some("-1"), None), (None, Some("4"))] {
            assert!(matches!(task(index, count), Err(CliError::Usage(_))), "{index:?} {count:?}");
        }
    }
}
