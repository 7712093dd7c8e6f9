//! What may be forgotten: one contract, in this process and in Redis; and a service whose Redis goes away.

use crate::lifecycle::open;
use crate::print_and_read::package;
use crate::redis_server::Redis;
use crate::server::{Answer, Server};
use gabarito::service::config::{Config, Secret};
use gabarito::service::store::{Cache, CacheConfig, CacheKey};
use redis::Commands;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use uuid::Uuid;

const HOUR: Duration = Duration::from_secs(3600);

fn config(url: Option<&str>) -> CacheConfig {
    let mut config = Config::embedded(Path::new("")).cache;
    config.url = url.map(Secret::new);
    // A busy machine is not an absent Redis.
    config.timeout = Duration::from_secs(10);
    config
}

fn cache(url: Option<&str>) -> Cache {
    Cache::new(&config(url), &Secret::new("a sheet key"))
}

#[tokio::test]
async fn each_cache_keeps_what_it_is_given_for_its_time() {
    let redis = Redis::start();
    for cache in [cache(None), cache(Some(&redis.url))] {
        let (a, b) = (CacheKey::Progress(Uuid::now_v7()), CacheKey::ApiKey("5e88"));
        let get = async |key: &CacheKey<'_>| cache.get::<Value>(key.clone()).await;
        assert_eq!(get(&a).await, None);
        cache.put(a.clone(), &json!({"done": 3}), HOUR).await;
        cache.put(b.clone(), &json!("escola"), HOUR).await;
        assert_eq!((get(&a).await, get(&b).await), (Some(json!({"done": 3})), Some(json!("escola"))));
        // What is of another kind is not there.
        assert_eq!(cache.get::<Vec<u8>>(a.clone()).await, None);
        cache.put(a.clone(), &json!({"done": 4}), HOUR).await;
        assert_eq!(get(&a).await, Some(json!({"done": 4})));
        cache.forget(a.clone()).await;
        assert_eq!((get(&a).await, get(&b).await), (None, Some(json!("escola"))));
        cache.put(a.clone(), &json!(1), Duration::ZERO).await;
        assert_eq!(get(&a).await, None);
        cache.put(a.clone(), &json!(1), Duration::from_millis(20)).await;
        while get(&a).await.is_some() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(get(&b).await, Some(json!("escola")));
    }
}

#[tokio::test]
async fn processes_share_redis_and_believe_only_each_other() {
    let redis = Redis::start();
    let (one, other) = (cache(Some(&redis.url)), cache(Some(&redis.url)));
    let key = || CacheKey::ApiKey("5e88");
    one.put(key(), &json!("escola"), HOUR).await;
    assert_eq!(other.get::<Value>(key()).await, Some(json!("escola")));
    let stranger = Cache::new(&config(Some(&redis.url)), &Secret::new("another key"));
    assert_eq!(stranger.get::<Value>(key()).await, None);
    // Somebody who can write into Redis can't make a caller, nor put one's value in another's place.
    let mut client = redis::Client::open(redis.url.as_str()).unwrap();
    let sealed: Vec<u8> = client.get("gabarito:key:5e88").unwrap();
    let mut forged = sealed.clone();
    let end = forged.len() - 2;
    forged[end] = b'X';
    for (name, value) in [("5e88", forged), ("5e89", sealed), ("5e8a", b"\"escola\"".to_vec())] {
        client.set::<_, _, ()>(format!("gabarito:key:{name}"), value).unwrap();
        assert_eq!(one.get::<Value>(CacheKey::ApiKey(name)).await, None, "{name}");
    }
}

#[tokio::test]
async fn where_redis_is_away_nothing_is_remembered_and_all_goes_on() {
    let mut redis = Redis::start();
    let key = "gab_aaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    let url = redis.url.clone();
    let environment = [("GABARITO_CACHE_URL", url.as_str())];
    let server = Server::start_with(&environment);
    let print = async || {
        let created = server.post_json("/v1/packages", &package()).await;
        let location = created.header("location").to_owned();
        created.expect(202);
        assert_eq!(server.finished(&location).await["state"], "done");
    };
    print().await;
    redis.stop();
    print().await;
    // One that was never there.
    let started = Server::start_with(&[("GABARITO_AUTH_KEYS", &format!("a={key}")), environment[0]]);
    started.send(started.client().get(started.url("/v1/packages")).bearer_auth(key)).await.expect(200);
    let _redis = redis.again();
    print().await;
}

#[tokio::test]
async fn a_key_that_is_revoked_is_forgotten_by_all_who_share_redis() {
    let redis = Redis::start();
    let environment = [
        ("GABARITO_CACHE_URL", redis.url.as_str()),
        ("GABARITO_CACHE_KEYS", "1h"),
        ("GABARITO_CACHE_TIMEOUT", "10s"),
        ("GABARITO_AUTH_REQUIRED", "true"),
    ];
    let server = Server::start_with(&environment);
    let key = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_gabarito"));
        command.arg("key").arg("--data").arg(&server.data).args(args).envs(environment);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let made = key(&["add", "--tenant", "escola", "--name", "teste"]);
    let (id, secret) = made.trim().split_once('\n').unwrap();
    let ask = async || server.send(server.client().get(server.url("/v1/packages")).bearer_auth(secret)).await.status;
    assert_eq!((ask().await, ask().await), (200, 200));
    key(&["revoke", id]);
    assert_eq!(ask().await, 401);
}

/// A package, under an Idempotency-Key.
async fn print(server: &Server, key: &str, package: &Value) -> Answer {
    let request = server.client().post(server.url("/v1/packages")).header("Idempotency-Key", key).json(package);
    server.send(request).await
}

/// The database forgets what was answered.
async fn forget(server: &Server) {
    let db = open(&None, &server.data).await;
    assert!(db.execute(db.query("DELETE FROM idempotency")).await.unwrap().rows_affected() > 0);
    db.close().await;
}

#[tokio::test]
async fn a_repeated_request_is_answered_from_the_cache_and_from_the_database_without_it() {
    let redis = Redis::start();
    let mut client = redis::Client::open(redis.url.as_str()).unwrap();
    let shared = [("GABARITO_CACHE_URL", redis.url.as_str()), ("GABARITO_CACHE_TIMEOUT", "10s")];
    for environment in [&shared[..], &[]] {
        // Nobody works.
        let server = Server::start_with(&[environment, &[("GABARITO_JOBS_DELIVERY", "database")]].concat());
        let first = print(&server, "aluno-jose", &package()).await;
        forget(&server).await;
        let again = print(&server, "aluno-jose", &package()).await;
        assert_eq!((again.status, again.header("idempotency-replayed")), (202, "true"));
        assert_eq!((again.header("location"), again.json()), (first.header("location"), first.json()));
        let mut other = package();
        other["application"]["title"] = json!("Outra");
        let reused = print(&server, "aluno-jose", &other).await.expect(422);
        assert_eq!(reused["type"], "urn:gabarito:problem:key-reused");
        assert_eq!(server.get("/v1/packages").await.expect(200)["items"].as_array().unwrap().len(), 1);
    }
    let server = Server::start_with(&[&shared[..], &[("GABARITO_JOBS_DELIVERY", "database")]].concat());
    let answers = |client: &mut redis::Client| client.keys::<_, Vec<String>>("gabarito:answer:*").unwrap();
    let first = print(&server, "k", &package()).await;
    assert!(answers(&mut client).iter().all(|name| !name.contains("aluno")), "keys are anybody's words");
    redis::cmd("FLUSHALL").exec(&mut client).unwrap();
    let again = print(&server, "k", &package()).await;
    assert_eq!((again.header("idempotency-replayed"), again.json()), ("true", first.json()));
    // What was read from the database is in the cache from then on; answers with a secret are not.
    assert_eq!(answers(&mut client).len(), 1);
    let new = json!({"url": "https://example.com/", "events": []});
    let request = server.client().post(server.url("/v1/webhooks")).header("Idempotency-Key", "w").json(&new);
    let made = server.send(request.try_clone().unwrap()).await;
    let again = server.send(request).await;
    assert_eq!((made.header("cache-control"), again.header("cache-control")), ("no-store", "no-store"));
    assert_eq!((again.header("idempotency-replayed"), again.json()), ("true", made.json()));
    assert_eq!(answers(&mut client).len(), 1);
}
