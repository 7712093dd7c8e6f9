//! Large files on their way in: `/v1/uploads`. A client puts the file where `url` says, in one request that does not pass
//! through the service where the storage signs links; or in pieces through the service, each small enough for any proxy
//! between, and goes on after a break where `received` says.

use super::extract::{Json, Path};
use super::job::time;
use super::{Caller, Kind, Problem, caller};
use crate::service::App;
use crate::service::hashed::Hash;
use crate::service::store::db::{Columns, Freshness, Millis};
use crate::service::store::objects::{PIECE, SignedPut};
use crate::service::store::{Folder, Key, ObjectError};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

/// A file that will come.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUpload {
    /// As people know it; its ending says nothing.
    #[schema(min_length = 1, max_length = 255)]
    pub name: String,
    #[schema(minimum = 1)]
    pub bytes: u64,
    /// In lower-case hexadecimal digits: what arrives is checked against it.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub sha256: Option<String>,
}

/// A file on its way in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Upload {
    pub id: Uuid,
    pub name: String,
    pub bytes: u64,
    pub sha256: Option<String>,
    pub state: UploadState,
    /// Bytes that came in pieces: the next piece begins here.
    pub received: u64,
    /// How large a piece had best be: 8 MiB.
    pub piece_bytes: u64,
    /// Where the whole file may be PUT at once; told when the upload is made. Null: only in pieces.
    pub url: Option<String>,
    /// What must go with that PUT.
    pub headers: BTreeMap<String, String>,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// What is not in a batch by then is deleted.
    #[schema(format = DateTime)]
    pub expires_at: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UploadState {
    Open,
    /// All of it is there.
    Complete,
    /// A batch has it.
    Used,
}

/// Longest that a signed link may be valid, on every storage.
const LONGEST_LINK: Duration = Duration::from_secs(7 * 86_400);

/// A place for a file of scans.
#[utoipa::path(post, path = "/v1/uploads", tag = "read", request_body = NewUpload, responses(
    (status = 201, description = "Where to put it", body = Upload, headers(("Location", description = "Where to follow it"))),
    (status = 400, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
    (status = 415, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "No such file can be taken", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The storage does not answer", body = Problem, content_type = "application/problem+json"),
))]
pub async fn create(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Json(new): Json<NewUpload>,
) -> Result<Response, Problem> {
    valid(&app, &new)?;
    let id = Uuid::now_v7();
    let ttl = app.config.objects.upload;
    let key = Key::Upload { tenant: caller.tenant.clone(), upload: id };
    let put = app.objects.sign_put(&key, ttl.min(LONGEST_LINK), new.bytes).await?;
    let text = "INSERT INTO uploads (id, tenant_id, name, bytes, received, sha256, hash, state, created_at, expires_at)
                VALUES ($1, $2, $3, $4, 0, $5, $6, 'open', {now}, {now} + $7)";
    let query = app.db.query(text).bind(id.to_string()).bind(caller.tenant.clone()).bind(new.name);
    let query = query.bind(new.bytes as i64).bind(new.sha256).bind(Hash::new().to_text());
    app.db.execute(query.bind(ttl.as_millis() as i64)).await?;
    let mut upload = find(&app, &caller, id).await?;
    let location = format!("/v1/uploads/{id}");
    // Without signed links the whole file is one piece.
    let here = SignedPut { url: app.url(&format!("{location}/pieces?offset=0")), headers: BTreeMap::new() };
    let SignedPut { url, headers } = put.unwrap_or(here);
    (upload.url, upload.headers) = (Some(url), headers);
    // By a signed link anybody may put the file.
    let headers = [(header::LOCATION, location), (header::CACHE_CONTROL, "no-store".to_owned())];
    Ok((StatusCode::CREATED, headers, axum::Json(upload)).into_response())
}

fn valid(app: &App, new: &NewUpload) -> Result<(), Problem> {
    let most = app.config.bounds.limits.max_file_bytes;
    if new.name.is_empty() || new.name.len() > 255 || new.name.chars().any(char::is_control) {
        return Err(Problem::field("name", "1 to 255 bytes of text are expected"));
    }
    if new.bytes == 0 || new.bytes > most {
        return Err(Problem::field("bytes", format!("a whole number from 1 to {most} is expected")));
    }
    let digits = |s: &String| s.len() == 64 && s.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if new.sha256.as_ref().is_some_and(|s| !digits(s)) {
        return Err(Problem::field("sha256", "64 lower-case hexadecimal digits are expected"));
    }
    Ok(())
}

/// An upload: how much of it is there.
#[utoipa::path(get, path = "/v1/uploads/{id}", tag = "read", params(("id" = Uuid, Path)), responses(
    (status = 200, description = "It", body = Upload),
    (status = 404, description = "None of yours has this id", body = Problem, content_type = "application/problem+json"),
))]
pub async fn get(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path(id): Path<Uuid>,
) -> Result<axum::Json<Upload>, Problem> {
    find(&app, &caller, id).await.map(axum::Json)
}

/// All of it was put: check it.
///
/// Its length is checked, and its SHA-256 where it came in pieces. What came by a signed link is hashed when a batch first
/// opens it, and measured once more; if it is not what was announced, the batch fails with the code `sha256_mismatch` or
/// `size_mismatch`.
#[utoipa::path(post, path = "/v1/uploads/{id}/complete", tag = "read", params(("id" = Uuid, Path)), responses(
    (status = 200, description = "It is complete", body = Upload),
    (status = 404, description = "None of yours has this id", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "Not all of it is there", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "It is not what was announced", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The storage does not answer", body = Problem, content_type = "application/problem+json"),
))]
pub async fn complete(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path(id): Path<Uuid>,
) -> Result<axum::Json<Upload>, Problem> {
    completed(&app, &caller, id).await.map(axum::Json)
}

/// The upload, complete.
pub async fn completed(app: &App, caller: &Caller, id: Uuid) -> Result<Upload, Problem> {
    let (upload, hash) = row(app, caller, id).await?;
    if upload.state != UploadState::Open {
        return Ok(upload);
    }
    let sha256 = if upload.received > 0 {
        if upload.received < upload.bytes {
            let (received, bytes) = (upload.received, upload.bytes);
            return Err(Kind::Conflict.because(format!("{received} of {bytes} bytes are here; the rest is expected")));
        }
        let found = hash.digest();
        if upload.sha256.as_ref().is_some_and(|announced| *announced != found) {
            return Err(Problem::field("sha256", "what arrived has another; begin a new upload"));
        }
        Some(found)
    } else {
        let key = Key::Upload { tenant: caller.tenant.clone(), upload: id };
        match app.objects.stat(&key).await {
            Ok(bytes) if bytes == upload.bytes => {}
            Ok(bytes) => {
                return Err(Problem::field("bytes", format!("{bytes} arrived; {} were announced", upload.bytes)));
            }
            Err(ObjectError::NotFound) => return Err(Kind::Conflict.because("nothing of it is here; PUT it first")),
            Err(e) => return Err(e.into()),
        }
        upload.sha256
    };
    let text = "UPDATE uploads SET state = 'complete', received = bytes, sha256 = $1
                WHERE id = $2 AND state = 'open' AND received = $3";
    let query = app.db.query(text).bind(sha256).bind(id.to_string()).bind(upload.received as i64);
    app.db.execute(query).await?;
    find(app, caller, id).await
}

/// Give an upload up. One that a batch has is the batch's, and stays.
#[utoipa::path(delete, path = "/v1/uploads/{id}", tag = "read", params(("id" = Uuid, Path)), responses(
    (status = 204, description = "It is deleted"),
    (status = 404, description = "None of yours has this id", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "A batch has it", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The storage does not answer", body = Problem, content_type = "application/problem+json"),
))]
pub async fn delete(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    find(&app, &caller, id).await?;
    // From here on no batch can take it; if the rest is interrupted, the sweeper ends it.
    let text = "UPDATE uploads SET expires_at = 0, state = 'open' WHERE id = $1 AND state <> 'used'";
    if app.db.execute(app.db.query(text).bind(id.to_string())).await?.rows_affected() == 0 {
        return Err(Kind::Conflict.because("a batch has it; DELETE the batch"));
    }
    app.objects.delete_folder(&Folder::Upload { tenant: caller.tenant, upload: id }).await?;
    app.db.execute(app.db.query("DELETE FROM uploads WHERE id = $1").bind(id.to_string())).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn find(app: &App, caller: &Caller, id: Uuid) -> Result<Upload, Problem> {
    row(app, caller, id).await.map(|(upload, _)| upload)
}

/// An upload of the caller's, and the hash of what came of it in pieces.
pub async fn row(app: &App, caller: &Caller, id: Uuid) -> Result<(Upload, Hash), Problem> {
    let text = "SELECT name, bytes, received, sha256, hash, state, created_at, expires_at FROM uploads
                WHERE id = $1 AND tenant_id = $2 AND (expires_at > {now} OR state = 'used')";
    let query = app.db.query(text).bind(id.to_string()).bind(caller.tenant.clone());
    let row = query.fetch_optional(app.db.reader(Freshness::Latest)).await?;
    let row = row.ok_or_else(|| Problem::not_found("upload"))?;
    let hash = Hash::of_text(&row.col::<String>("hash")?)?;
    Ok((Upload::of(id, &row)?, hash))
}

impl Upload {
    fn of(id: Uuid, row: &AnyRow) -> Result<Self, Problem> {
        Ok(Upload {
            id,
            name: row.col("name")?,
            bytes: row.col::<i64>("bytes")? as u64,
            sha256: row.col("sha256")?,
            state: match row.col::<String>("state")?.as_str() {
                "open" => UploadState::Open,
                "complete" => UploadState::Complete,
                _ => UploadState::Used,
            },
            received: row.col::<i64>("received")? as u64,
            piece_bytes: PIECE,
            url: None,
            headers: BTreeMap::new(),
            created_at: time(row.col::<Millis>("created_at")?),
            expires_at: time(row.col::<Millis>("expires_at")?),
        })
    }
}
