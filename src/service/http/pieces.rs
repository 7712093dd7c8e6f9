//! A piece of a large file: `/v1/uploads/{id}/pieces`.

use super::extract::{Path, Query};
use super::incoming::Incoming;
use super::uploads::{self, Upload, UploadState};
use super::{Kind, Problem, caller};
use crate::service::App;
use crate::service::hashed::Sink;
use crate::service::store::Key;
use axum::body::Body;
use axum::extract::State;
use futures_util::StreamExt;
use serde::Deserialize;
use uuid::Uuid;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct At {
    /// Where in the file the piece begins: at `received` of the upload.
    pub offset: u64,
}

/// The next piece of an upload.
///
/// Pieces follow each other. One that breaks off is as if it had never been sent: ask the upload for `received`, and go on
/// there. Any size is taken, up to the whole file; 8 MiB pass every proxy.
#[utoipa::path(put, path = "/v1/uploads/{id}/pieces", tag = "read", params(("id" = Uuid, Path), At),
    request_body(content = String, content_type = "application/octet-stream", description = "The bytes"),
    responses(
        (status = 200, description = "They are kept", body = Upload),
        (status = 400, description = "They broke off", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "None of yours has this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another piece is expected, or none", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Nothing, or more than was announced", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The storage does not answer", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn put(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path(id): Path<Uuid>,
    Query(At { offset }): Query<At>,
    body: Body,
) -> Result<axum::Json<Upload>, Problem> {
    let (upload, hash) = uploads::row(&app, &caller, id).await?;
    if upload.state != UploadState::Open {
        return Err(Kind::Conflict.because("the upload is complete"));
    }
    if offset != upload.received {
        return Err(Kind::Conflict.because(format!("the next piece begins at offset={}", upload.received)));
    }
    let folder = Incoming::new(&app).await?;
    let path = folder.path().join("piece");
    let mut sink = Sink::create(&path, hash).await?;
    let (mut bytes, most) = (0, upload.bytes - upload.received);
    let mut body = body.into_data_stream();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| Kind::Malformed.because("the body broke off"))?;
        bytes += chunk.len() as u64;
        if bytes > most {
            return Err(Problem::field("", format!("the body has more than the {most} bytes that are missing")));
        }
        sink.write(&chunk).await?;
    }
    let hash = sink.finish().await?;
    if bytes == 0 {
        return Err(Problem::field("", "the body is empty"));
    }
    let piece = Uuid::now_v7();
    let key = Key::Piece { tenant: caller.tenant.clone(), upload: id, piece };
    app.objects.put_file(&key, &path).await?;
    let mut tx = app.db.begin().await?;
    let text =
        "UPDATE uploads SET received = received + $1, hash = $2 WHERE id = $3 AND state = 'open' AND received = $4";
    let query = app.db.query(text).bind(bytes as i64).bind(hash.to_text()).bind(id.to_string());
    if query.bind(offset as i64).execute(&mut *tx).await?.rows_affected() == 0 {
        drop(tx);
        app.objects.delete(&key).await?;
        return Err(Kind::Conflict.because("another piece came at the same time; ask the upload for `received`"));
    }
    let text = "INSERT INTO upload_pieces (upload_id, id, first) VALUES ($1, $2, $3)";
    let query = app.db.query(text).bind(id.to_string()).bind(piece.to_string()).bind(offset as i64);
    query.execute(&mut *tx).await?;
    tx.commit().await?;
    uploads::find(&app, &caller, id).await.map(axum::Json)
}
