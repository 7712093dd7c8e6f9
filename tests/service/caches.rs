//! What may be forgotten: one contract, in this process and in Redis; and a service whose Redis goes away.

use crate::print_and_read::package;
use crate::redis_server::Redis;
use crate::server::Server;
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
