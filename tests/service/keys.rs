//! API keys that the database has: made for a time, listed, and looked up without standing in anybody's way.

use crate::lifecycle::{databases, environment, open};
use crate::server::{Server, gabarito};
use axum::http::{HeaderMap, HeaderValue, header};
use gabarito::service::auth::{Auth, keys};
use gabarito::service::config::{Config, Secret};
use gabarito::service::store::{Cache, Db};
use std::path::Path;
use std::process::Output;
use std::time::Duration;

fn key(data: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = gabarito();
    command.args(["key", "--data"]).arg(data).args(arguments).envs(environment.iter().copied());
    command.output().unwrap()
}

fn text(run: Output) -> String {
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

#[tokio::test]
async fn a_key_that_is_made_for_a_time_ends_with_it() {
    for database in databases().await {
        let of_database = environment(&database);
        let asked = [("GABARITO_AUTH_REQUIRED", "true"), ("GABARITO_CACHE_KEYS", "0s")];
        let server = Server::start_with(&[&of_database[..], &asked].concat());
        let run = |arguments: &[&str]| key(&server.data, &of_database, arguments);
        let add = |name: &str, expires: &[&str]| {
            let made = text(run(&[&["add", "--tenant", "escola", "--name", name][..], expires].concat()));
            made.trim().split_once('\n').map(|(id, key)| (id.to_owned(), key.to_owned())).unwrap()
        };
        let ((id, bounded), (_, unbounded)) = (add("curta", &["--expires", "2h"]), add("sempre", &[]));
        let ask = async |key: &str| {
            server.send(server.client().get(server.url("/v1/packages")).bearer_auth(key)).await.status
        };
        assert_eq!((ask(&bounded).await, ask(&unbounded).await), (200, 200));
        let listed = text(run(&["list"]));
        let line = |word: &str| listed.lines().find(|line| line.contains(word)).unwrap();
        assert!(line(&id).contains("  expira 20") && !line("sempre").contains("expira"), "{listed}");
        // Two hours later.
        let db = open(&database, &server.data).await;
        let later = "UPDATE api_keys SET created_at = created_at - $1, expires_at = expires_at - $1";
        let pass = async |time: i64| db.execute(db.query(later).bind(time)).await.unwrap();
        pass(6_900_000).await;
        assert_eq!(ask(&bounded).await, 200);
        pass(300_000).await;
        assert_eq!((ask(&bounded).await, ask(&unbounded).await), (401, 200));
        for wrong in ["0s", "90", "x", "36501d", "-1d"] {
            let refused = run(&["add", "--tenant", "escola", "--name", "x", &format!("--expires={wrong}")]);
            let said = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert!(!refused.status.success() && said.contains("--expires"), "{wrong}: {said}");
        }
    }
}

#[tokio::test]
async fn whoever_guesses_keys_does_not_wait_for_those_who_write_nor_they_for_them() {
    let server = Server::start_with(&[("GABARITO_AUTH_REQUIRED", "true"), ("GABARITO_DATABASE_WAIT", "60s")]);
    let made = text(key(&server.data, &[], &["add", "--tenant", "escola", "--name", "x"]));
    let known = made.lines().nth(1).unwrap().to_owned();
    server.send(server.client().get(server.url("/v1/uploads/x")).bearer_auth(&known)).await.expect(404);
    // Somebody writes, and somebody else has the only connection that writes and waits for it.
    let db = open(&None, &server.data).await;
    let writes = db.begin().await.unwrap();
    let waits = server.client().post(server.url("/v1/uploads")).bearer_auth(&known);
    let waits = waits.json(&serde_json::json!({"name": "a", "bytes": 3})).send();
    let waits = tokio::spawn(waits);
    tokio::time::sleep(Duration::from_secs(1)).await;
    for n in 0..10 {
        let guess = format!("gab_guess-guess-guess-guess-{n}");
        let request = server.client().get(server.url("/v1/packages")).bearer_auth(guess);
        let answer = request.timeout(Duration::from_secs(20)).send().await.unwrap();
        assert_eq!(answer.status(), 401);
    }
    assert!(!waits.is_finished());
    writes.rollback().await.unwrap();
    assert_eq!(waits.await.unwrap().unwrap().status(), 201);
}

/// Whether this key is anybody's.
async fn is_known(auth: &Auth, key: &str) -> bool {
    let said = HeaderValue::try_from(format!("Bearer {key}")).unwrap();
    auth.caller(&HeaderMap::from_iter([(header::AUTHORIZATION, said)])).await.is_ok()
}

#[tokio::test]
async fn a_key_that_nobody_has_is_not_looked_up_again_for_a_moment() {
    let folder = std::env::temp_dir().join(format!("gabarito-keys-{}", uuid::Uuid::now_v7()));
    let mut config = Config::embedded(&folder);
    config.auth.required = true;
    let db = Db::open(&config.database, &folder).await.unwrap();
    let auth = |config: &Config| {
        let cache = Cache::new(&config.cache, &Secret::new("a sheet key"));
        Auth::new(config, db.clone(), cache).unwrap()
    };
    let believing = auth(&config);
    config.cache.keys = Duration::ZERO;
    let each_time = auth(&config);
    let (id, key) = keys::create(&db, "escola", "x", &[], None).await.unwrap();
    let hash = async |hash: String| {
        let query = db.query("UPDATE api_keys SET hash = $1 WHERE id = $2").bind(hash).bind(id.clone());
        db.execute(query).await.unwrap();
    };
    hash("another".to_owned()).await;
    assert!(!is_known(&believing, &key).await && !is_known(&each_time, &key).await);
    hash(keys::hash(&key)).await;
    assert!(is_known(&each_time, &key).await, "what is looked up each time is known at once");
    assert!(!is_known(&believing, &key).await, "it was looked up a moment ago");
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert!(is_known(&believing, &key).await);
    db.close().await;
    std::fs::remove_dir_all(&folder).unwrap();
}
