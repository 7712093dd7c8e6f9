//! API keys: 256 random bits, kept as their hash, shown once.

use super::Scope;
use crate::print::manifest::hex;
use crate::service::http::Caller;
use crate::service::store::db::{Columns, Freshness, Millis};
use crate::service::store::{Db, DbError};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::time::Duration;
use uuid::Uuid;

pub const PREFIX: &str = "gab_";

/// A key as it is listed: never the key itself.
#[derive(Clone, Debug)]
pub struct Listed {
    pub id: String,
    pub tenant: String,
    pub name: String,
    pub scopes: String,
    pub created_at: Millis,
    /// Never, where it is none.
    pub expires_at: Option<Millis>,
    pub revoked_at: Option<Millis>,
}

pub fn hash(key: &str) -> String {
    hex(&Sha256::digest(key))
}

/// Makes a key that holds for so long, or until it is revoked; gives its id, and the key, which nobody can be told again.
///
/// # Errors
/// Of the database, or the system has no random numbers.
pub async fn create(
    db: &Db,
    tenant: &str,
    name: &str,
    scopes: &[Scope],
    time: Option<Duration>,
) -> Result<(String, String), DbError> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|e| DbError::Io(std::io::Error::other(e.to_string())))?;
    let (id, key) = (Uuid::now_v7().to_string(), format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random)));
    let scopes = scopes.iter().map(|s| s.name()).collect::<Vec<_>>().join(",");
    let mut tx = db.begin().await?;
    let query = db.query("INSERT INTO tenants (id, created_at) VALUES ($1, {now}) ON CONFLICT DO NOTHING");
    query.bind(tenant.to_owned()).execute(&mut *tx).await?;
    let text = "INSERT INTO api_keys (id, tenant_id, name, hash, scopes, created_at, expires_at)
                VALUES ($1, $2, $3, $4, $5, {now}, {now} + CAST($6 AS {int}))";
    let query = db.query(text).bind(id.clone()).bind(tenant.to_owned()).bind(name.to_owned());
    let time = time.map(|time| time.as_millis() as i64);
    query.bind(hash(&key)).bind(scopes).bind(time).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok((id, key))
}

/// # Errors
/// Of the database.
pub async fn list(db: &Db) -> Result<Vec<Listed>, DbError> {
    let text = "SELECT id, tenant_id, name, scopes, created_at, expires_at, revoked_at FROM api_keys
                ORDER BY tenant_id, id";
    let listed = db.query(text).fetch_all(db.writer()).await?;
    let key = |row: &sqlx::any::AnyRow| {
        Ok(Listed {
            id: row.col("id")?,
            tenant: row.col("tenant_id")?,
            name: row.col("name")?,
            scopes: row.col("scopes")?,
            created_at: row.col("created_at")?,
            expires_at: row.col("expires_at")?,
            revoked_at: row.col("revoked_at")?,
        })
    };
    listed.iter().map(key).collect()
}

/// The hash of the key that was revoked, if there was such a key.
///
/// # Errors
/// Of the database.
pub async fn revoke(db: &Db, id: &str) -> Result<Option<String>, DbError> {
    let query = db.query("UPDATE api_keys SET revoked_at = {now} WHERE id = $1 AND revoked_at IS NULL RETURNING hash");
    let row = query.bind(id.to_owned()).fetch_optional(db.writer()).await?;
    row.map(|row| row.col("hash")).transpose()
}

/// Whose key has this hash.
pub(super) async fn find(db: &Db, hash: &str) -> Result<Option<Caller>, DbError> {
    let text = "SELECT id, tenant_id, scopes FROM api_keys
                WHERE hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > {now})";
    let row = db.query(text).bind(hash.to_owned()).fetch_optional(db.reader(Freshness::Latest)).await?;
    let Some(row) = row else { return Ok(None) };
    let scopes = Scope::parse(&row.col::<String>("scopes")?);
    Ok(Some(Caller { tenant: row.col("tenant_id")?, who: row.col("id")?, scopes }))
}
