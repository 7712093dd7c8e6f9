//! What may be forgotten at any moment: in this process, or in a Redis that all instances share. Never the record of truth: where
//! it is away everything is looked up again. Ids, states and numbers, and answers that say what was made; no name of a student.

mod redis;

use self::redis::Redis;
use crate::print::manifest::hex;
use crate::service::config::{Reader, Secret};
use hmac::{Hmac, KeyInit, Mac};
use moka::Expiry;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Bytes of entries in this process, at most. The least used go first.
const MOST: u64 = 16 << 20;
/// What an entry takes beside its name and its value, roughly.
const BESIDE: usize = 200;

#[derive(Clone, Debug)]
pub struct CacheConfig {
    /// None: in this process.
    pub url: Option<Secret>,
    pub timeout: Duration,
    pub keys: Duration,
    pub progress: Duration,
}

impl CacheConfig {
    pub fn of(r: &mut Reader) -> Self {
        let url: Option<Secret> = r.optional(
            "cache.url",
            "an URL such as redis://host:6379",
            "A Redis that all instances share: redis://, or rediss:// with TLS. Without it each process remembers for itself.",
        );
        if url.as_ref().is_some_and(|url| !Redis::is_url(url)) {
            r.fault("cache.url", "an URL such as redis://host:6379 or rediss://:password@host:6379/0 is expected");
        }
        CacheConfig {
            url,
            timeout: r.duration("cache.timeout", "100ms", "How long Redis is waited for; after that it is done without."),
            keys: r.duration_or_zero(
                "cache.keys",
                "10s",
                "How long an API key that was looked up is believed: so long one that was revoked may still be taken, and so \
                 may sessions of the pages that were opened with it; without Redis another process may take a session so \
                 long after somebody left it. 0s: all are looked up each time.",
            ),
            progress: r.duration_or_zero("cache.progress", "500ms", "How old a job's progress may be, as it is polled."),
        }
    }
}

/// What is remembered, and under which name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheKey<'a> {
    /// Whose an API key is, by the key's hash.
    ApiKey(&'a str),
    /// How far a job is.
    Progress(Uuid),
    /// Whether somebody left a session of the pages.
    Session(Uuid),
    /// What a finished request was answered: a tenant's, by its Idempotency-Key.
    Answer { tenant: &'a str, key: &'a str },
}

impl CacheKey<'_> {
    fn name(&self) -> String {
        match self {
            CacheKey::ApiKey(hash) => format!("gabarito:key:{hash}"),
            CacheKey::Progress(job) => format!("gabarito:progress:{job}"),
            CacheKey::Session(id) => format!("gabarito:session:{id}"),
            // Clients may say anything in their keys.
            CacheKey::Answer { tenant, key } => format!("gabarito:answer:{tenant}:{}", hex(&Sha256::digest(key))),
        }
    }
}

#[derive(Clone)]
pub struct Cache {
    kept: Kept,
    /// What comes from elsewhere must be ours: whoever can write into Redis is nobody's caller yet.
    secret: Secret,
}

#[derive(Clone)]
enum Kept {
    Here(moka::sync::Cache<String, (Duration, Arc<[u8]>)>),
    Redis(Redis),
}

fn weight(name: &str, value: &[u8]) -> u32 {
    u32::try_from(BESIDE + name.len() + value.len()).unwrap_or(u32::MAX)
}

/// Each entry has its own time.
struct Until;

impl Expiry<String, (Duration, Arc<[u8]>)> for Until {
    fn expire_after_create(&self, _: &String, value: &(Duration, Arc<[u8]>), _: Instant) -> Option<Duration> {
        Some(value.0)
    }

    fn expire_after_update(
        &self,
        _: &String,
        value: &(Duration, Arc<[u8]>),
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(value.0)
    }
}

impl Cache {
    /// What is configured. Redis need not be there yet.
    pub fn new(config: &CacheConfig, secret: &Secret) -> Self {
        let kept = match config.url.as_ref().and_then(|url| Redis::new(url, config.timeout)) {
            Some(redis) => Kept::Redis(redis),
            None => Kept::Here(
                moka::sync::Cache::builder()
                    .max_capacity(MOST)
                    .weigher(|name: &String, value: &(Duration, Arc<[u8]>)| weight(name, &value.1))
                    .expire_after(Until)
                    .build(),
            ),
        };
        Cache { kept, secret: secret.clone() }
    }

    /// None where it is not remembered, or not to be had.
    pub async fn get<T: DeserializeOwned>(&self, key: CacheKey<'_>) -> Option<T> {
        let name = key.name();
        let bytes: Arc<[u8]> = match &self.kept {
            Kept::Here(kept) => kept.get(&name)?.1,
            Kept::Redis(redis) => self.opened(&name, &redis.get(&name).await?)?.into(),
        };
        serde_json::from_slice(&bytes).ok()
    }

    /// Remembers it for so long, at most.
    pub async fn put<T: Serialize>(&self, key: CacheKey<'_>, value: &T, time: Duration) {
        let Ok(bytes) = serde_json::to_vec(value) else { return };
        if time.is_zero() {
            return;
        }
        let name = key.name();
        match &self.kept {
            Kept::Here(kept) => kept.insert(name, (time, bytes.into())),
            Kept::Redis(redis) => {
                let sealed = [self.mac(&name, &bytes).as_bytes(), &bytes].concat();
                redis.put(&name, sealed, time).await;
            }
        }
    }

    pub async fn forget(&self, key: CacheKey<'_>) {
        match &self.kept {
            Kept::Here(kept) => kept.invalidate(&key.name()),
            Kept::Redis(redis) => redis.forget(&key.name()).await,
        }
    }

    /// In hexadecimal: 64 characters.
    fn mac(&self, name: &str, bytes: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.expose().as_bytes()).expect("HMAC takes any key");
        for part in [b"cache".as_slice(), name.as_bytes(), bytes] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        hex(&mac.finalize().into_bytes())
    }

    fn opened<'a>(&self, name: &str, sealed: &'a [u8]) -> Option<&'a [u8]> {
        let (mac, bytes) = sealed.split_at_checked(64)?;
        bool::from(subtle::ConstantTimeEq::ct_eq(mac, self.mac(name, bytes).as_bytes())).then_some(bytes)
    }
}
