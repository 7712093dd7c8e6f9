//! An S3 server of our own, one for all tests, with a bucket for each. `tests/run` installs it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};

struct Moto {
    base: String,
    /// The shell that holds it: it ends when this process does, for its stdin is closed then.
    _shell: Mutex<Child>,
}

fn server() -> &'static Moto {
    static SERVER: OnceLock<Moto> = OnceLock::new();
    SERVER.get_or_init(|| {
        let installed = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("moto/bin/moto_server");
        let program = if installed.is_file() { installed } else { PathBuf::from("moto_server") };
        let script = format!("{} -H 127.0.0.1 -p 0 2>&1 & cat >/dev/null; kill $!", program.display());
        let mut shell =
            Command::new("sh").args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(shell.stdout.take().unwrap()).lines();
        let base = loop {
            let line = lines.next().expect("moto_server does not start; tests/run installs it").unwrap();
            if let Some((_, base)) = line.split_once("Running on ") {
                break base.trim().to_owned();
            }
        };
        // A pipe that nobody reads would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        Moto { base, _shell: Mutex::new(shell) }
    })
}

/// The server's address, and a new bucket there.
pub async fn bucket() -> (String, String) {
    let base = server().base.clone();
    let bucket = format!("b{}", uuid::Uuid::now_v7().simple());
    let created = reqwest::Client::new().put(format!("{base}/{bucket}")).send().await.unwrap();
    assert_eq!(created.status(), 200);
    (base, bucket)
}
