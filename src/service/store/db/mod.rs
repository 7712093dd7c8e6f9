//! The database: SQLite in the data folder, or PostgreSQL. One text of SQL serves both; where they differ a word in
//! braces stands for what each of them says ([`Dialect`]).

mod checkpoint;
mod dialect;
mod migrate;
mod reader;
pub mod rows;

pub use dialect::Dialect;
pub use migrate::migrate;
pub use reader::ReadFrom;
pub use rows::Cell;

use crate::service::config::{Reader, Secret};
use reader::Replica;
use sqlx::any::{AnyPoolOptions, AnyQueryResult, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyPool, AssertSqlSafe, Executor, SqlSafeStr, Transaction};
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, RwLock};
use std::time::Duration;
use tokio_util::task::AbortOnDropHandle;

pub type DbError = sqlx::Error;
pub type Tx = Transaction<'static, Any>;

#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// None: SQLite in the data folder.
    pub url: Option<Secret>,
    pub replicas: Vec<Secret>,
    pub connections: u32,
    pub wait: Duration,
}

impl DatabaseConfig {
    pub fn of(r: &mut Reader) -> Self {
        DatabaseConfig {
            url: r.optional(
                "database.url",
                "an URL such as postgres://user:password@host/database",
                "PostgreSQL 15 or later. Without it SQLite in the data folder.",
            ),
            replicas: r
                .list("database.replicas", "URLs of read replicas. Lists and exports go to them in turn.")
                .into_iter()
                .map(Secret::new)
                .collect(),
            connections: r.whole("database.connections", "10", 1..=500, "Connections to each server, at most.") as u32,
            wait: r.duration(
                "database.wait",
                "5s",
                "How long a request waits for a connection, or for its turn to write, before it is answered 503.",
            ),
        }
    }
}

/// Connections to one database: a pool that writes and pools that only read.
#[derive(Clone)]
pub struct Db(Arc<Pools>);

struct Pools {
    dialect: Dialect,
    writer: AnyPool,
    readers: Vec<Replica>,
    /// Of SQLite: [`checkpoint`].
    beside: Option<AbortOnDropHandle<()>>,
    turn: AtomicUsize,
    texts: RwLock<HashMap<&'static str, Arc<str>>>,
}

/// Which rows a reader must see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// What is written this moment: the primary.
    Latest,
    /// All that was committed before it asks, by whomever: a replica that has it, or else the primary. For lists and exports,
    /// which cost a query more than they take from the primary.
    Committed,
    /// A moment old will do: a replica.
    Replica,
}

impl Db {
    /// Opens what is configured, SQLite in `data` by default, and brings its schema up to date.
    ///
    /// # Errors
    /// The server can't be reached, the schema is of a later version, or the folder can't be written.
    pub async fn open(config: &DatabaseConfig, data: &Path) -> Result<Db, DbError> {
        let db = Db::connect(config, data).await?;
        migrate(&db).await?;
        Ok(db)
    }

    /// Opens what is configured and leaves its schema as it is.
    ///
    /// # Errors
    /// The server can't be reached, or the folder can't be written.
    pub async fn connect(config: &DatabaseConfig, data: &Path) -> Result<Db, DbError> {
        sqlx::any::install_default_drivers();
        match &config.url {
            None => Db::sqlite(config, data).await,
            Some(url) if url.expose().starts_with("postgres") => Db::postgres(config, url).await,
            Some(_) => Err(DbError::Configuration("database.url: postgres://… is expected".into())),
        }
    }

    async fn sqlite(config: &DatabaseConfig, data: &Path) -> Result<Db, DbError> {
        tokio::fs::create_dir_all(data).await?;
        let file = data.join("gabarito.db");
        // SQLite has one writer at a time: a pool of one makes writers queue here, where waiting is cheap and fair.
        let url = |mode| format!("sqlite://{}?mode={mode}", file.display());
        let first = format!("PRAGMA busy_timeout = {}; PRAGMA foreign_keys = ON;", config.wait.as_millis());
        // WAL lets readers go on while one writes. NORMAL loses no commit when the process dies, only when the machine
        // does, and then the last ones; jobs are done again.
        let journal = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;";
        let writer = pool(config, 1, format!("{first} {journal} {}", checkpoint::WRITER)).connect(&url("rwc")).await?;
        let reader = pool(config, 4, first.clone()).connect(&url("ro")).await?;
        let beside = pool(config, 1, first).connect_lazy(&url("rw"))?;
        let beside = AbortOnDropHandle::new(tokio::spawn(checkpoint::run(beside)));
        Ok(Db::of(Dialect::Sqlite, writer, vec![reader], Some(beside)))
    }

    async fn postgres(config: &DatabaseConfig, url: &Secret) -> Result<Db, DbError> {
        let pool = || pool(config, config.connections, String::new());
        let writer = pool().connect(url.expose()).await?;
        let mut readers = Vec::new();
        for replica in &config.replicas {
            // Connected when it is first read from: it may be away, and then the primary does.
            let patience = config.wait.min(REPLICA);
            readers.push(pool().acquire_timeout(patience).connect_lazy(replica.expose())?);
        }
        Ok(Db::of(Dialect::Postgres, writer, readers, None))
    }

    fn of(dialect: Dialect, writer: AnyPool, readers: Vec<AnyPool>, beside: Option<AbortOnDropHandle<()>>) -> Db {
        let readers = readers.into_iter().map(Replica::new).collect();
        let (turn, texts) = Default::default();
        Db(Arc::new(Pools { dialect, writer, readers, beside, turn, texts }))
    }

    pub fn dialect(&self) -> Dialect {
        self.0.dialect
    }

    /// A query of `text`, with its words in braces replaced. Values go in by `.bind`.
    pub fn query(&self, text: &'static str) -> Query<'static, Any, sqlx::any::AnyArguments> {
        sqlx::query(AssertSqlSafe(self.text(text)))
    }

    fn text(&self, text: &'static str) -> Arc<str> {
        if let Some(known) = self.0.texts.read().unwrap_or_else(|e| e.into_inner()).get(text) {
            return known.clone();
        }
        let made: Arc<str> = self.0.dialect.translate(text).into();
        self.0.texts.write().unwrap_or_else(|e| e.into_inner()).insert(text, made.clone());
        made
    }

    /// A transaction on the primary that may write.
    ///
    /// # Errors
    /// No connection within `database.wait`.
    pub async fn begin(&self) -> Result<Tx, DbError> {
        match self.0.dialect {
            // A deferred transaction that reads before it writes fails with SQLITE_BUSY when another process wrote.
            Dialect::Sqlite => self.0.writer.begin_with("BEGIN IMMEDIATE").await,
            Dialect::Postgres => self.0.writer.begin().await,
        }
    }

    pub fn writer(&self) -> &AnyPool {
        &self.0.writer
    }

    /// Where to read: SQLite's readers see every commit at once; PostgreSQL's replicas are taken in turn, and where none
    /// answers the primary.
    pub fn reader(&self, freshness: Freshness) -> ReadFrom<'_> {
        let postgres = self.0.dialect == Dialect::Postgres;
        let replicas = if postgres && freshness == Freshness::Latest { &[][..] } else { &self.0.readers };
        let committed = postgres && freshness == Freshness::Committed;
        ReadFrom { primary: &self.0.writer, replicas, turn: &self.0.turn, committed }
    }

    /// Runs one statement that writes.
    ///
    /// # Errors
    /// Of the database.
    pub async fn execute(
        &self,
        query: Query<'static, Any, sqlx::any::AnyArguments>,
    ) -> Result<AnyQueryResult, DbError> {
        query.execute(&self.0.writer).await
    }

    /// Whether the primary answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), DbError> {
        let mut connection = self.reader(Freshness::Latest).connection().await?;
        connection.execute("SELECT 1".into_sql_str()).await.map(|_| ())
    }

    pub async fn close(&self) {
        for pool in &self.0.readers {
            pool.close().await;
        }
        if let Some(beside) = &self.0.beside {
            beside.abort();
        }
        self.0.writer.close().await;
    }
}

/// How long a replica may take to answer.
const REPLICA: Duration = Duration::from_secs(1);

/// A pool whose connections begin with some SQL.
fn pool(config: &DatabaseConfig, connections: u32, first: String) -> AnyPoolOptions {
    let first: Arc<str> = first.into();
    AnyPoolOptions::new().max_connections(connections).acquire_timeout(config.wait).after_connect(
        move |connection, _| {
            let first = first.clone();
            Box::pin(async move {
                if !first.is_empty() {
                    connection.execute(AssertSqlSafe(first)).await?;
                }
                Ok(())
            })
        },
    )
}

/// Milliseconds since 1970, as the database keeps times.
pub type Millis = i64;

/// A row's column, or the fault that it is not there.
pub trait Columns {
    /// # Errors
    /// No such column, or of another type.
    fn col<'r, T>(&'r self, name: &str) -> Result<T, DbError>
    where
        T: sqlx::Decode<'r, Any> + sqlx::Type<Any>;
}

impl Columns for AnyRow {
    fn col<'r, T>(&'r self, name: &str) -> Result<T, DbError>
    where
        T: sqlx::Decode<'r, Any> + sqlx::Type<Any>,
    {
        sqlx::Row::try_get(self, name)
    }
}
