//! A server of our own for each test, on a free port, with its data in a folder that goes with it.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub struct Server {
    process: Child,
    pub base: String,
    pub data: PathBuf,
    log: Arc<Mutex<String>>,
}

/// What a server answered.
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// The body, where the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        if self.body.is_empty() { Value::Null } else { self.json() }
    }
}

impl Server {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// With these variables in its environment, and no other of ours.
    pub fn start_with(environment: &[(&str, &str)]) -> Self {
        let data = std::env::temp_dir().join(format!("gabarito-service-{}", uuid::Uuid::now_v7()));
        Self::start_in(&data, environment)
    }

    pub fn start_in(data: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = gabarito();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data).envs(environment.iter().copied());
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap());
        let base = loop {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).unwrap() > 0, "the server ended before it listened");
            if let Some((_, rest)) = line.split_once("gabarito: http://") {
                break format!("http://{}", rest.split_whitespace().next().unwrap());
            }
        };
        // Its log is shown where a test fails; a pipe that nobody reads would stop it.
        let log = Arc::<Mutex<String>>::default();
        std::thread::spawn({
            let log = log.clone();
            move || {
                for line in lines.lines().map_while(Result::ok) {
                    let mut log = log.lock().unwrap();
                    log.push_str(&line);
                    log.push('\n');
                }
                eprint!("{}", log.lock().unwrap());
            }
        });
        Server { process, base, data: data.to_owned(), log }
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Asks to stop, as the platform does, and waits.
    pub fn stop(mut self) -> std::process::ExitStatus {
        let pid = self.pid().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        let status = self.process.wait().unwrap();
        // Its data stays, for the next one.
        self.data = PathBuf::new();
        status
    }

    /// Gone at once; its data stays, for the next one.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.data = PathBuf::new();
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.client().get(self.url(path))).await
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.send(self.client().post(self.url(path)).json(body)).await
    }

    pub fn url(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) }
    }

    pub fn client(&self) -> reqwest::Client {
        reqwest::Client::new()
    }

    /// Follows a job to its end.
    pub async fn finished(&self, path: &str) -> Value {
        let begun = Instant::now();
        loop {
            let job = self.get(path).await.expect(200);
            match job["state"].as_str().unwrap() {
                "queued" | "running" => {}
                _ => return job,
            }
            assert!(begun.elapsed() < Duration::from_secs(300), "{job}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

/// A process of `gabarito work` beside a server.
pub fn worker(data: &Path, environment: &[(&str, &str)]) -> Child {
    let mut command = gabarito();
    command.arg("work").arg("--data").arg(data).envs(environment.iter().copied());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// The executable, with nothing of ours in its environment.
pub fn gabarito() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gabarito"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GABARITO_")) {
        command.env_remove(name);
    }
    command
}
