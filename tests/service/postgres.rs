//! PostgreSQL servers of our own: one for all tests, with a database for each, and others where a test wants them.

use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

/// A server, until it is dropped or the process ends.
pub struct Postgres {
    folder: PathBuf,
    /// The shell that holds it: it ends the server when its stdin is closed.
    shell: Mutex<Child>,
}

/// Debian keeps the server's programs away from the path.
fn program(name: &str) -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = folders.map(|f| f.path().join("bin").join(name)).filter(|p| p.is_file()).collect();
    found.sort();
    found.pop().unwrap_or_else(|| PathBuf::from(name))
}

impl Postgres {
    /// An empty one.
    pub fn start() -> Self {
        Self::on(|at| {
            format!("{} -D {at}/data -U test -A trust --no-sync -E UTF8 --locale=C", program("initdb").display())
        })
    }

    /// One that has, and will have, all that another has; nobody writes to it.
    pub fn following(primary: &Postgres) -> Self {
        let (copy, from) = (program("pg_basebackup"), primary.folder.display());
        Self::on(|at| format!("{} -h {from} -U test -D {at}/data -R -X stream -c fast --no-sync", copy.display()))
    }

    /// `make` says how the folder of its data is made.
    fn on(make: impl FnOnce(&str) -> String) -> Self {
        let folder = std::env::temp_dir().join(format!("gabarito-pg-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir_all(&folder).unwrap();
        // The server refuses to run as root.
        let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        let prefix = if root { "setpriv --reuid=nobody --regid=nogroup --clear-groups " } else { "" };
        if root {
            assert!(Command::new("chown").arg("nobody").arg(&folder).status().unwrap().success());
        }
        let at = folder.display().to_string();
        let (make, postgres) = (make(&at), program("postgres"));
        let script = format!(
            "{prefix}{make} >{at}/log 2>&1 || exit 1
             {prefix}{} -D {at}/data -k {at} -c listen_addresses= -c fsync=off -c max_connections=200 >>{at}/log 2>&1 &
             cat; kill -INT $!; wait; rm -rf {at}",
            postgres.display(),
        );
        let shell = Command::new("sh").args(["-c", &script]).stdin(Stdio::piped()).spawn().unwrap();
        let begun = Instant::now();
        while !folder.join(".s.PGSQL.5432").exists() {
            let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "PostgreSQL does not start (Debian: postgresql): {}",
                log()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        Postgres { folder, shell: Mutex::new(shell) }
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://test@localhost/{database}?host={}", self.folder.display())
    }

    /// The name of a new, empty database.
    pub async fn database(&self) -> String {
        sqlx::any::install_default_drivers();
        let name = format!("t{}", uuid::Uuid::now_v7().simple());
        let begun = Instant::now();
        // The socket is there a moment before the server is.
        let mut connection = loop {
            match AnyConnection::connect(&self.url("postgres")).await {
                Ok(connection) => break connection,
                Err(e) => assert!(begun.elapsed() < Duration::from_secs(60), "{e}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
        name
    }

    pub fn stop(&self) {
        let mut shell = self.shell.lock().unwrap();
        drop(shell.stdin.take());
        shell.wait().unwrap();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The URL of a new, empty database on a server that all tests share.
pub async fn database() -> String {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    // A static is never dropped; the shell ends it when this process is gone.
    let server = SERVER.get_or_init(Postgres::start);
    server.url(&server.database().await)
}
