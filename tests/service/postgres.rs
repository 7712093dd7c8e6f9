//! A PostgreSQL server of our own, one for all tests, with a database for each.

use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

struct Postgres {
    folder: PathBuf,
    /// The shell that holds it: it ends when this process does, for its stdin is closed then.
    _shell: Mutex<Child>,
}

/// Debian keeps the server's programs away from the path.
fn program(name: &str) -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = folders.map(|f| f.path().join("bin").join(name)).filter(|p| p.is_file()).collect();
    found.sort();
    found.pop().unwrap_or_else(|| PathBuf::from(name))
}

fn server() -> &'static Postgres {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    SERVER.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("gabarito-pg-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        // The server refuses to run as root.
        let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        let prefix = if root { "setpriv --reuid=nobody --regid=nogroup --clear-groups " } else { "" };
        if root {
            assert!(Command::new("chown").arg("nobody").arg(&folder).status().unwrap().success());
        }
        let (initdb, postgres, at) = (program("initdb"), program("postgres"), folder.display());
        let script = format!(
            "{prefix}{} -D {at}/data -U test -A trust --no-sync -E UTF8 --locale=C >{at}/log 2>&1 || exit 1
             {prefix}{} -D {at}/data -k {at} -c listen_addresses= -c fsync=off -c max_connections=200 >>{at}/log 2>&1 &
             cat; kill -INT $!; wait; rm -rf {at}",
            initdb.display(),
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
        Postgres { folder, _shell: Mutex::new(shell) }
    })
}

fn url(database: &str) -> String {
    format!("postgres://test@localhost/{database}?host={}", server().folder.display())
}

/// The URL of a new, empty database.
pub async fn database() -> String {
    sqlx::any::install_default_drivers();
    let name = format!("t{}", uuid::Uuid::now_v7().simple());
    let begun = Instant::now();
    // The socket is there a moment before the server is.
    let mut connection = loop {
        match AnyConnection::connect(&url("postgres")).await {
            Ok(connection) => break connection,
            Err(e) => assert!(begun.elapsed() < Duration::from_secs(60), "{e}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    url(&name)
}
